//! Faults that change replies on their way out, as rules of a script.

use std::num::NonZeroUsize;

use signpost_serve::{Change, Rule};

use crate::{ServerFault, ServerFaultKind, Step};

/// A flood is longer than what any client should take for a line.
const FLOOD: usize = 1 << 20;

/// The rules of those faults that change a reply whatever it says. The other faults change what is said, and belong to the
/// dialogues.
pub(crate) fn rules(faults: &[ServerFault]) -> Vec<Rule<Step>> {
    faults.iter().filter_map(rule).collect()
}

fn rule(fault: &ServerFault) -> Option<Rule<Step>> {
    let change = match &fault.kind {
        ServerFaultKind::Close { size, .. } => Change::Cut { after: size.map_or(0, NonZeroUsize::get) },
        ServerFaultKind::Delay { delay, .. } => Change::Delay(*delay),
        ServerFaultKind::Flood { .. } => Change::Flood { octets: FLOOD },
        ServerFaultKind::Merge { .. } => Change::Merge,
        ServerFaultKind::Say { text, .. } => Change::Replace(text.clone().into_bytes()),
        ServerFaultKind::Silence { .. } => Change::Silence,
        ServerFaultKind::Split { size, .. } => Change::Split { size: size.map_or(1, NonZeroUsize::get) },
        _ => return None,
    };
    Some(Rule {
        number: fault.number,
        at: fault.at.clone(),
        kind: fault.kind.name().to_owned(),
        place: fault.kind.step(),
        channel: fault.kind.channel(),
        change,
    })
}
