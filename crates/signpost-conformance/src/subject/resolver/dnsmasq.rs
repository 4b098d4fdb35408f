//! dnsmasq, a forwarder that validates what it passes on.

use super::RecordType;
use super::program::{Answers, LISTEN, ProgramKind, Setup};
use crate::subject::SubjectError;
use signpost_sandbox::Invocation;

pub(in crate::subject) const DNSMASQ: ProgramKind = ProgramKind {
    name: "dnsmasq",
    program: "dnsmasq",
    product: "Dnsmasq",
    version: "--version",
    set_up,
    answers: Answers::OverDns,
};

fn set_up(setup: Setup<'_>) -> Result<Invocation, SubjectError> {
    let Setup { session, task, invocation } = setup;
    let anchors: String = task
        .anchors(RecordType::DS)
        .iter()
        .map(|fields| format!("trust-anchor=.,{}\n", fields.join(",")))
        .collect();
    let (host, port) = (LISTEN.ip(), LISTEN.port());
    let (authority, authority_port) = (task.authority.ip(), task.authority.port());
    let configuration = format!(
        "port={port}\nlisten-address={host}\nbind-interfaces\nno-resolv\nno-hosts\npid-file=\nlog-facility=-\n\
         user=root\ngroup=root\nserver={authority}#{authority_port}\n\
         dnssec\ndnssec-check-unsigned\n{anchors}"
    );
    let file = session.save("dnsmasq.conf", &configuration)?;
    let conf_file = format!("--conf-file={}", file.display());
    Ok(invocation.argument("--keep-in-foreground").argument(conf_file))
}
