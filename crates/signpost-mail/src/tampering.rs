//! Faults that change replies on their way out, as rules of a script.

use signpost_serve::{Change, Rule};

use crate::{Fault, FaultKind, Step};

/// A flood is longer than what any client should take for a line.
const FLOOD: usize = 1 << 20;

/// The rules of those faults that change a reply whatever it says. The other faults change what is said, and belong to the
/// dialogues.
pub(crate) fn rules(faults: &[Fault]) -> Vec<Rule<Step>> {
    faults.iter().filter_map(rule).collect()
}

fn rule(fault: &Fault) -> Option<Rule<Step>> {
    let params = &fault.params;
    let change = match fault.kind {
        FaultKind::Close => Change::Cut { after: params.size.unwrap_or(0) },
        FaultKind::Delay => Change::Delay(params.delay.unwrap_or_default()),
        FaultKind::Flood => Change::Flood { octets: FLOOD },
        FaultKind::Merge => Change::Merge,
        FaultKind::Say => Change::Replace(params.text.clone().unwrap_or_default().into_bytes()),
        FaultKind::Silence => Change::Silence,
        FaultKind::Split => Change::Split { size: params.size.unwrap_or(1) },
        _ => return None,
    };
    Some(Rule {
        at: fault.at.clone(),
        kind: fault.kind.name().to_owned(),
        place: params.step,
        channel: params.channel,
        change,
    })
}
