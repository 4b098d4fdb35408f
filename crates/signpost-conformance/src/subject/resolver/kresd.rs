//! Knot Resolver.

use super::RecordType;
use super::program::{Answers, LISTEN, ProgramKind, Setup};
use crate::subject::SubjectError;
use signpost_sandbox::Invocation;

pub(in crate::subject) const KRESD: ProgramKind = ProgramKind {
    name: "knot-resolver",
    program: "kresd",
    product: "Knot",
    version: "--version",
    set_up,
    answers: Answers::OverDns,
};

fn set_up(setup: Setup<'_>) -> Result<Invocation, SubjectError> {
    let Setup { session, task, invocation } = setup;
    let anchors: String = task
        .anchors(RecordType::DNSKEY)
        .iter()
        .map(|fields| format!("trust_anchors.add('. 3600 IN DNSKEY {}')\n", fields.join(" ")))
        .collect();
    let (host, port) = (LISTEN.ip(), LISTEN.port());
    let (authority, authority_port) = (task.authority.ip(), task.authority.port());
    // Three modules ask the root by themselves, which would stand in the transcript as if the question needed it.
    let configuration = format!(
        "net.ipv6 = false\nnet.listen('{host}', {port}, {{ kind = 'dns' }})\n\
         modules.unload('priming')\nmodules.unload('detect_time_skew')\nmodules.unload('ta_signal_query')\n\
         trust_anchors.remove('.')\n{anchors}cache.size = 4 * MB\n\
         policy.add(policy.all(policy.FORWARD({{ '{authority}@{authority_port}' }})))\n"
    );
    let file = session.save("kresd.conf", &configuration)?;
    Ok(invocation.arguments(["-n", "-c"]).argument(file).argument(session.home()))
}
