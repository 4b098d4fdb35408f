//! The server's turn to speak.

use signpost_serve::{Effect, Script};
use signpost_transcript::{Channel, ConnectionId, Event, Transfer};

use crate::fault::ServerFaultName;
use crate::{ServerFault, ServerFaultKind, ServerSpec, Step};

/// The server's turn to speak, after a line or at an event.
pub(crate) struct Turn<'a> {
    pub(crate) spec: &'a ServerSpec,
    pub(crate) connection: ConnectionId,
    pub(crate) channel: Channel,
    /// The handshake failed and the client goes on in clear.
    pub(crate) exposed: bool,
    pub(crate) script: &'a mut Script<Step>,
    /// Which faults were observed already, apart from the script's.
    pub(crate) applied: &'a mut Vec<usize>,
    pub(crate) effects: &'a mut Vec<Effect>,
}

impl<'a> Turn<'a> {
    pub(crate) fn secure(&self) -> bool {
        self.channel == Channel::Tls
    }

    /// Says something, as far as the script lets it.
    pub(crate) fn reply(&mut self, step: Step, reply: impl Into<Vec<u8>>) {
        self.effects.extend(self.script.say(step, self.channel, reply.into()));
    }

    pub(crate) fn close(&mut self) {
        self.effects.extend(self.script.close());
    }

    pub(crate) fn has(&self, name: ServerFaultName) -> bool {
        self.fault(name).is_some()
    }

    /// The first fault of this name, whether or not it is applied.
    pub(crate) fn fault(&self, name: ServerFaultName) -> Option<&'a ServerFaultKind> {
        self.spec.faults.iter().map(|fault| &fault.kind).find(|kind| kind.is(name))
    }

    /// A fault that is being applied now; the first time this is observed.
    pub(crate) fn apply(&mut self, name: ServerFaultName, detail: &str) -> Option<&'a ServerFaultKind> {
        self.apply_where(|fault| fault.kind.is(name), detail)
    }

    /// The same of the first fault of which something holds.
    pub(crate) fn apply_where(
        &mut self,
        holds: impl Fn(&ServerFault) -> bool,
        detail: &str,
    ) -> Option<&'a ServerFaultKind> {
        let (index, fault) = self.spec.faults.iter().enumerate().find(|(_, fault)| holds(fault))?;
        if !self.applied.contains(&index) {
            self.applied.push(index);
            let (at, kind) = (fault.at.clone(), fault.kind.name().to_owned());
            self.observe(Event::Fault { number: fault.number, at, kind, detail: detail.to_owned() });
        }
        Some(&fault.kind)
    }

    /// Mail, or the envelope of it, changed hands.
    pub(crate) fn mail(&mut self, action: Transfer, octets: usize) {
        self.observe(Event::Mail { connection: self.connection, channel: self.channel, action, octets });
    }

    pub(crate) fn observe(&mut self, event: Event) {
        self.effects.push(Effect::Observe(event));
    }
}
