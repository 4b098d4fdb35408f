//! drill, ldns's tool, which chases signatures with `-S`.

use signpost_format::resolve::{Report, Status};
use signpost_sandbox::Invocation;

use super::RecordType;
use super::program::{Answers, ProgramKind, Setup};
use crate::subject::SubjectError;

pub(in crate::subject) const DRILL: ProgramKind = ProgramKind {
    name: "drill",
    program: "drill",
    product: "drill",
    version: "-v",
    set_up,
    answers: Answers::InWords(read),
};

fn set_up(setup: Setup<'_>) -> Result<Invocation, SubjectError> {
    let Setup { session, task, invocation } = setup;
    let keys: String = task
        .anchors(RecordType::DNSKEY)
        .iter()
        .map(|fields| format!(". 3600 IN DNSKEY {}\n", fields.join(" ")))
        .collect();
    let anchors = session.save("anchors", &keys)?;
    Ok(invocation
        .arguments(["-S", "-k"])
        .argument(anchors)
        .arguments(["-p", &task.authority.port().to_string()])
        .argument(format!("@{}", task.authority.ip()))
        .arguments([task.name.to_string(), task.record_type.to_string()]))
}

/// drill says whether a chain holds, and does not tell a broken one from one that is proven not to be there.
fn read(output: &str) -> Report {
    let is_whole = output.contains("Chase successful");
    let line = |words| output.lines().find(|line: &&str| line.contains(words));
    let detail = line("first error was").or_else(|| line("Chase ")).unwrap_or("no chain was chased");
    Report::Answered {
        status: if is_whole { Status::Secure } else { Status::Failed },
        rcode: None,
        ede: Vec::new(),
        ttl: None,
        detail: Some(detail.trim_start_matches([';', ' ']).to_owned()),
    }
}
