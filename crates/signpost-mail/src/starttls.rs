//! The way into TLS, or what a fault makes of it.

use signpost_serve::{Effect, Handshake};

use crate::fault::ServerFaultName;
use crate::turn::Turn;
use crate::{BrokenHandshake, ServerFault, ServerFaultKind, Step};

impl Turn<'_> {
    /// Whether STARTTLS is to be offered.
    pub(crate) fn offers_starttls(&mut self) -> bool {
        !self.secure()
            && !self.exposed
            && self.apply(ServerFaultName::StripStarttls, "STARTTLS was not offered").is_none()
    }

    /// Goes over to TLS, honestly or not. Nothing is said in clear after this, but by a fault: `unavailable` is how the
    /// protocol would say there that TLS is not to be had.
    pub(crate) fn start_tls(&mut self, unavailable: &str) {
        if self.script.is_silent() {
            return;
        }
        let at_handshake = |name| {
            move |fault: &ServerFault| fault.kind.is(name) && fault.kind.step() == Some(Step::Handshake)
        };
        let handshake = if let Some(ServerFaultKind::HandshakeBroken { how }) =
            self.apply(ServerFaultName::HandshakeBroken, "something else came in place of the ServerHello")
        {
            broken(*how)
        } else if let Some(fault) = self.apply(
            ServerFaultName::HandshakeCleartextError,
            "an error in clear came in place of the ServerHello",
        ) {
            Handshake::Clear(fault.octets().unwrap_or(unavailable).as_bytes().to_vec())
        } else if self
            .apply_where(at_handshake(ServerFaultName::Silence), "the ClientHello was not answered")
            .is_some()
        {
            Handshake::Silent
        } else if self
            .apply_where(
                at_handshake(ServerFaultName::Close),
                "the connection was cut in place of the ServerHello",
            )
            .is_some()
        {
            Handshake::Cut
        } else {
            Handshake::Honest
        };
        self.script.release(self.effects);
        self.effects.push(Effect::StartTls(handshake));
    }
}

fn broken(how: BrokenHandshake) -> Handshake {
    match how {
        BrokenHandshake::Alert => Handshake::Alert,
        BrokenHandshake::Closed => Handshake::Cut,
        BrokenHandshake::Garbage => Handshake::Garbage,
        BrokenHandshake::Version => Handshake::VersionAlert,
    }
}
