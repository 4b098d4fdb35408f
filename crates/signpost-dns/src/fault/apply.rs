//! Which faults touch an answer.

use signpost_transcript::Transport;

use super::path::Delivery;
use super::scene::Scene;
use super::{AnswerFault, AnswerFaultKind};
use crate::answer::Answer;
use crate::question::Question;
use crate::tree::Tree;

/// Applies a fault to an answer and its delivery. Returns what it did, or `None` if it had nothing to do with it.
///
/// What it did need not be visible: a signature is broken whether or not the client wants signatures.
pub(crate) fn apply(
    fault: &AnswerFault,
    tree: &Tree,
    question: &Question,
    transport: Transport,
    answer: &mut Answer,
    delivery: &mut Delivery,
) -> Option<String> {
    let scene = Scene { tree, question, transport, target: &fault.target };
    match &fault.kind {
        AnswerFaultKind::Alias(fault) => fault.apply(scene, answer),
        AnswerFaultKind::Denial(fault) => fault.apply(scene, answer),
        AnswerFaultKind::Dnskey(fault) => fault.apply(scene, answer),
        AnswerFaultKind::Ds(fault) => fault.apply(scene, answer),
        AnswerFaultKind::Forge(fault) => fault.apply(scene, answer),
        AnswerFaultKind::Path(fault) => fault.apply(scene, answer, delivery),
        AnswerFaultKind::Publish(fault) => fault.show(answer),
        AnswerFaultKind::Rcode(fault) => scene.is_asked().then(|| {
            *answer = Answer::empty(fault.rcode());
            format!("answered {} alone", crate::reply::mnemonic(fault.rcode()))
        }),
        AnswerFaultKind::Record(fault) => fault.apply(scene, answer),
        AnswerFaultKind::Signature(fault) => fault.apply(scene, answer),
    }
}
