//! BIND's server.

use super::delv::trust_anchors;
use super::program::{Answers, LISTEN, ProgramKind, Setup};
use crate::subject::SubjectError;
use signpost_sandbox::Invocation;

pub(in crate::subject) const NAMED: ProgramKind = ProgramKind {
    name: "named",
    program: "named",
    product: "BIND",
    version: "-v",
    set_up,
    answers: Answers::OverDns,
};

fn set_up(setup: Setup<'_>) -> Result<Invocation, SubjectError> {
    let Setup { session, task, invocation } = setup;
    let home = session.home().display();
    let anchors = trust_anchors(task);
    let (host, port) = (LISTEN.ip(), LISTEN.port());
    let (authority, authority_port) = (task.authority.ip(), task.authority.port());
    let configuration = format!(
        "options {{\n directory \"{home}\";\n listen-on port {port} {{ {host}; }};\n listen-on-v6 {{ none; }};\n \
         forward only;\n forwarders {{ {authority} port {authority_port}; }};\n allow-query {{ 127.0.0.0/8; }};\n \
         dnssec-validation yes;\n empty-zones-enable no;\n pid-file none;\n session-keyfile none;\n}};\n\
         controls {{ }};\n{anchors}"
    );
    let file = session.save("named.conf", &configuration)?;
    Ok(invocation.arguments(["-g", "-4", "-n", "1", "-c"]).argument(file))
}
