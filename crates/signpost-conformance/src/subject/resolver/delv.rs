//! delv, BIND's tool that validates by itself.

use signpost_format::resolve::{Report, Status};
use signpost_sandbox::Invocation;

use super::program::{Answers, ProgramKind, Setup};
use super::{NOERROR, NXDOMAIN, RecordType, Task};
use crate::subject::SubjectError;

pub(in crate::subject) const DELV: ProgramKind = ProgramKind {
    name: "delv",
    program: "delv",
    product: "delv",
    version: "-v",
    set_up,
    answers: Answers::InWords(read),
};

fn set_up(setup: Setup<'_>) -> Result<Invocation, SubjectError> {
    let Setup { session, task, invocation } = setup;
    let anchors = session.save("anchors", &trust_anchors(task))?;
    Ok(invocation
        .argument(format!("@{}", task.authority.ip()))
        .arguments(["-p", &task.authority.port().to_string(), "-4", "+root=.", "-a"])
        .argument(anchors)
        .arguments([task.name.to_string(), task.record_type.to_string()]))
}

/// The root's keys as BIND's programs read them.
pub(super) fn trust_anchors(task: &Task) -> String {
    let keys = task.anchors(RecordType::DNSKEY);
    let lines = keys.iter().map(|fields| {
        let (numbers, key) = fields.split_at(3.min(fields.len()));
        format!(" \".\" static-key {} \"{}\";\n", numbers.join(" "), key.concat())
    });
    format!("trust-anchors {{\n{}}};\n", lines.collect::<String>())
}

/// Words of complaints about a broken chain; any other complaint is about an answer that did not come.
const BROKEN: [&str; 5] =
    ["broken trust chain", "insecurity proof failed", "RRSIG", "no valid", "not validate"];

/// What delv calls an answer that there is nothing, and the RCODE that it stands for.
const ABSENCES: [(&str, &str); 2] = [("ncache nxdomain", NXDOMAIN), ("ncache nxrrset", NOERROR)];

/// A line stands there for each RRset on the way: the weakest counts.
fn read(output: &str) -> Report {
    let complaint = output.lines().find_map(|line| line.strip_prefix(";; resolution failed: "));
    let absence = ABSENCES.iter().find(|(words, _)| complaint == Some(*words));
    let status = match complaint.filter(|_| absence.is_none()) {
        Some(text) if BROKEN.iter().any(|words| text.contains(words)) => Status::Bogus,
        Some(_) => Status::Failed,
        None if output.contains("unsigned answer") => Status::Insecure,
        None if output.contains("fully validated") => Status::Secure,
        None => Status::Failed,
    };
    let rcode = match (status, absence) {
        (_, Some((_, rcode))) => Some(*rcode),
        (Status::Insecure | Status::Secure, None) => Some(NOERROR),
        _ => None,
    };
    let detail = complaint.or_else(|| output.lines().find(|line| line.starts_with(';')));
    Report::Answered {
        status,
        rcode: rcode.map(str::to_owned),
        ede: Vec::new(),
        // Records are master-file lines, everything else is a comment.
        ttl: output
            .lines()
            .filter(|line| !line.starts_with(';'))
            .filter_map(|line| line.split_whitespace().nth(1)?.parse().ok())
            .max(),
        detail: Some(detail.unwrap_or("no output").trim_start_matches([';', ' ']).to_owned()),
    }
}
