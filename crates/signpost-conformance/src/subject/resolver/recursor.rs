//! PowerDNS Recursor.

use super::RecordType;
use super::program::{Answers, LISTEN, ProgramKind, Setup};
use crate::subject::SubjectError;
use signpost_sandbox::Invocation;

pub(in crate::subject) const PDNS_RECURSOR: ProgramKind = ProgramKind {
    name: "pdns-recursor",
    program: "pdns_recursor",
    product: "PowerDNS",
    version: "--version",
    set_up,
    answers: Answers::OverDns,
};

fn set_up(setup: Setup<'_>) -> Result<Invocation, SubjectError> {
    let Setup { session, task, invocation } = setup;
    let home = session.home().display();
    let anchors: String = task
        .anchors(RecordType::DS)
        .iter()
        .map(|fields| format!("addTA('.', '{}')\n", fields.join(" ")))
        .collect();
    let lua = session.save("anchors.lua", &format!("clearTA('.')\n{anchors}"))?;
    let (host, port) = (LISTEN.ip(), LISTEN.port());
    let authority = task.authority;
    let configuration = format!(
        "local-address={host}\nlocal-port={port}\nallow-from=127.0.0.0/8\ndont-query=\n\
         forward-zones-recurse=.={authority}\ndnssec=validate\nlua-config-file={lua}\n\
         extended-resolution-errors=yes\nsecurity-poll-suffix=\nthreads=1\n\
         daemon=no\ndisable-syslog=yes\nwrite-pid=no\nsocket-dir={home}\n",
        lua = lua.display()
    );
    session.save("recursor.conf", &configuration)?;
    Ok(invocation.argument(format!("--config-dir={home}")))
}
