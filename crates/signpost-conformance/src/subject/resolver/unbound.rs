//! Unbound.

use super::RecordType;
use super::program::{Answers, LISTEN, ProgramKind, Setup};
use crate::subject::SubjectError;
use signpost_sandbox::Invocation;

pub(in crate::subject) const UNBOUND: ProgramKind = ProgramKind {
    name: "unbound",
    program: "unbound",
    product: "Version",
    version: "-V",
    set_up,
    answers: Answers::OverDns,
};

fn set_up(setup: Setup<'_>) -> Result<Invocation, SubjectError> {
    let Setup { session, task, invocation } = setup;
    let home = session.home().display();
    let anchors: String = task
        .anchors(RecordType::DNSKEY)
        .iter()
        .map(|fields| format!(" trust-anchor: \". DNSKEY {}\"\n", fields.join(" ")))
        .collect();
    let (host, port) = (LISTEN.ip(), LISTEN.port());
    let (authority, authority_port) = (task.authority.ip(), task.authority.port());
    // At this level of logging it also keeps the reason of a failure, without which the code that it gives may be that of
    // a later one.
    let configuration = format!(
        "server:\n interface: {host}\n port: {port}\n directory: \"{home}\"\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n \
         use-syslog: no\n do-daemonize: no\n do-ip6: no\n num-threads: 1\n do-not-query-localhost: no\n \
         access-control: 127.0.0.0/8 allow\n module-config: \"validator iterator\"\n outbound-msg-retry: 2\n ede: yes\n \
         val-log-level: 2\n\
         {anchors}forward-zone:\n name: \".\"\n forward-addr: {authority}@{authority_port}\n\
         remote-control:\n control-enable: no\n"
    );
    let file = session.save("unbound.conf", &configuration)?;
    Ok(invocation.arguments(["-d", "-c"]).argument(file))
}
