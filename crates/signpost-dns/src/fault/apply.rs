//! Which faults touch an answer.

use signpost_transcript::Transport;

use super::path::Delivery;
use super::scene::Scene;
use super::{Fault, FaultKind};
use crate::answer::Answer;
use crate::question::Question;
use crate::tree::Tree;

/// Applies a fault to an answer and its delivery. Returns what it did, or `None` if it had nothing to do with it.
///
/// What it did need not be visible: a signature is broken whether or not the client wants signatures.
pub(crate) fn apply(
    fault: &Fault,
    tree: &Tree,
    question: &Question,
    transport: Transport,
    answer: &mut Answer,
    delivery: &mut Delivery,
) -> Option<String> {
    let scene = Scene { tree, question, transport, target: &fault.target };
    match &fault.kind {
        FaultKind::Alias(fault) => fault.apply(scene, answer),
        FaultKind::Denial(fault) => fault.apply(scene, answer),
        FaultKind::Dnskey(fault) => fault.apply(scene, answer),
        FaultKind::Ds(fault) => fault.apply(scene, answer),
        FaultKind::Forge { records, signature } => super::forge::replace(scene, records, *signature, answer),
        FaultKind::ForgedAdditional { records } => super::forge::add(scene, records, answer),
        FaultKind::Path(fault) => fault.apply(scene, answer, delivery),
        FaultKind::Publish { fault, .. } => fault.show(scene, answer),
        FaultKind::Rcode(rcode) => scene.is_asked().then(|| {
            *answer = Answer::empty(*rcode);
            format!("answered {} alone", crate::reply::mnemonic(*rcode))
        }),
        FaultKind::Record(fault) => fault.apply(scene, answer),
        FaultKind::Signature { fault, seconds } => fault.apply(scene, *seconds, answer),
    }
}
