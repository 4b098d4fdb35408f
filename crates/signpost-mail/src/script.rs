//! The script: what becomes of an honest reply on its way out.

use signpost_transcript::Channel;

use crate::dialogue::{Action, Turn};
use crate::{FaultKind, Step};

/// What the script remembers of one connection.
#[derive(Debug, Default)]
pub(crate) struct Script {
    applied: Vec<usize>,
    /// Replies that wait for the next one.
    held: Vec<u8>,
    last: Vec<u8>,
    silent: bool,
}

const FLOOD: usize = 1 << 20;

impl Script {
    /// Whether nothing more is said, by fault or since the connection is to be closed.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    pub(crate) fn end(&mut self) {
        self.silent = true;
    }

    /// The client goes on in clear after the handshake: a reply may be said again.
    pub(crate) fn resume(&mut self) {
        self.silent = false;
    }

    pub(crate) fn first_time(&mut self, index: usize) -> bool {
        let first = !self.applied.contains(&index);
        if first {
            self.applied.push(index);
        }
        first
    }

    /// Whether the last reply, as it went out, began like this.
    pub(crate) fn said(&self, beginning: &str) -> bool {
        self.last.starts_with(beginning.as_bytes())
    }

    /// Says `reply` on `turn`, or what the faults make of it.
    pub(crate) fn say(turn: &mut Turn<'_>, step: Step, mut reply: Vec<u8>) {
        if turn.script.silent {
            return;
        }
        let spec = turn.spec;
        let mut hold = false;
        let mut piece = usize::MAX;
        for (index, fault) in spec.faults.iter().enumerate() {
            let params = &fault.params;
            let here = params.step.is_none_or(|at| at == step)
                && params.channel.is_none_or(|channel| channel == turn.channel);
            if !here {
                continue;
            }
            let place = match turn.channel {
                Channel::Clear => format!("{step} in clear"),
                Channel::Tls => format!("{step} inside TLS"),
            };
            match fault.kind {
                FaultKind::Close => {
                    turn.observe_fault(index, fault, &format!("the connection was cut at {place}"));
                    turn.script.last.clear();
                    reply.truncate(params.size.unwrap_or(0));
                    if !reply.is_empty() {
                        turn.actions.push(Action::Send(reply));
                    }
                    turn.cut();
                    return;
                }
                FaultKind::Delay => {
                    turn.observe_fault(index, fault, &format!("the reply at {place} was held back"));
                    turn.actions.extend(params.delay.map(Action::Delay));
                }
                FaultKind::Flood => {
                    turn.observe_fault(index, fault, &format!("the reply at {place} had no end"));
                    reply = vec![b'x'; FLOOD];
                }
                FaultKind::Merge => hold = true,
                FaultKind::Say => {
                    turn.observe_fault(index, fault, &format!("the reply at {place} was replaced"));
                    reply = params.text.clone().unwrap_or_default().into_bytes();
                }
                FaultKind::Silence => {
                    turn.observe_fault(index, fault, &format!("the server fell silent at {place}"));
                    turn.script.last.clear();
                    turn.script.silent = true;
                    return;
                }
                FaultKind::Split => {
                    turn.observe_fault(index, fault, &format!("the reply at {place} came in pieces"));
                    piece = params.size.unwrap_or(1);
                }
                _ => {}
            }
        }
        turn.script.last = reply.clone();
        if !turn.script.held.is_empty() {
            let merge = spec.faults.iter().enumerate().find(|(_, fault)| fault.kind == FaultKind::Merge);
            if let Some((index, fault)) = merge {
                turn.observe_fault(index, fault, "two replies went out in one segment");
            }
            reply.splice(0..0, std::mem::take(&mut turn.script.held));
        }
        if hold {
            turn.script.held = reply;
        } else {
            turn.actions.extend(reply.chunks(piece.max(1)).map(|piece| Action::Send(piece.to_vec())));
        }
    }

    /// There is no next reply for now: what was held goes out by itself.
    pub(crate) fn release(&mut self, actions: &mut Vec<Action>) {
        if !self.held.is_empty() {
            actions.push(Action::Send(std::mem::take(&mut self.held)));
        }
    }
}
