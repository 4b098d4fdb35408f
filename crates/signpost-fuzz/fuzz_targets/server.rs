//! SMTP, POP3 and IMAP from the server's side: what a client says, in pieces of any size.

#![no_main]

use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use rustls::ServerConfig;
use rustls::server::ResolvesServerCertUsingSni;
use signpost_mail::{Account, Limits, ServerFault, ServerFaultKind, ServerSpec, session};
use signpost_protocol::Label;
use signpost_serve::{Effect, Handshake, Session};
use signpost_transcript::{Channel, ConnectionId, Event, Transfer};

const LINE: usize = 200;
const OCTETS: usize = 4000;

// The first octet says what is served, the second what is wrong with the server, the third how long the pieces are.
fuzz_target!(|input: &[u8]| {
    let [label, fault, size, octets @ ..] = input else { return };
    let label = Label::ALL[usize::from(*label) % Label::ALL.len()];
    let kinds = faults();
    let fault = (usize::from(*fault) % (kinds.len() + 1)).checked_sub(1).map(|number| &kinds[number]);
    let spec = Arc::new(spec(label, fault));
    let size = usize::from(*size) + 1;
    let effects = talk(&spec, octets.chunks(size));
    if fault.is_none() {
        let whole = talk(&spec, std::iter::once(octets));
        assert_eq!(up_to_tls(&effects), up_to_tls(&whole), "how the octets are cut changes nothing");
        honest(&effects);
    }
});

/// All that comes of a connection on which this is said.
fn talk<'a>(spec: &Arc<ServerSpec>, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Effect> {
    let mut session = session(Arc::clone(spec), ConnectionId(1));
    let mut channel = Channel::Clear;
    let mut all = Vec::new();
    let opening = session.open();
    let mut next = act(session.as_mut(), &mut channel, opening, &mut all);
    // Octets that came since the last end of a line, and in all.
    let (mut line, mut total) = (0, 0);
    for piece in pieces {
        if next == Next::Ends {
            break;
        }
        let effects = session.receive(piece, channel);
        next = act(session.as_mut(), &mut channel, effects, &mut all);
        total += piece.len();
        let behind = piece.iter().rev().take_while(|octet| **octet != b'\n').count();
        line = if behind < piece.len() { behind } else { line + behind };
        if next == Next::ShookHands {
            // What stood behind the wish for TLS is thrown away.
            line = 0;
        }
        // No line is kept that is longer than the limit, and nothing is taken past the other.
        let is_too_much = line > LINE || total > OCTETS;
        assert!(
            !is_too_much || next == Next::Ends || !spec.faults.is_empty(),
            "{line} of {total} octets kept"
        );
    }
    all.extend(session.end().into_iter().map(Effect::Observe));
    if next == Next::Ends && spec.faults.is_empty() {
        let late = session.receive(b"NOOP\r\nQUIT\r\n", channel);
        assert!(!late.iter().any(|effect| matches!(effect, Effect::Send(_))), "speaks after its end");
    }
    all
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Next {
    Ends,
    GoesOn,
    ShookHands,
}

/// Does what the session wants as a connection does it, where every client can do TLS.
fn act(
    session: &mut dyn Session,
    channel: &mut Channel,
    effects: Vec<Effect>,
    all: &mut Vec<Effect>,
) -> Next {
    let ends = |effect: &Effect| matches!(effect, Effect::Close | Effect::Cut | Effect::StartTls(_));
    if let Some(end) = effects.iter().position(ends) {
        let after = &effects[end + 1..];
        assert!(after.iter().all(|effect| matches!(effect, Effect::Observe(_))), "{after:?} after an end");
    }
    let end = effects.iter().find(|effect| ends(effect)).cloned();
    all.extend(effects);
    match end {
        None => Next::GoesOn,
        Some(Effect::StartTls(Handshake::Honest)) => {
            *channel = Channel::Tls;
            let effects = session.secured();
            let secured = act(session, channel, effects, all);
            if secured == Next::GoesOn { Next::ShookHands } else { secured }
        }
        Some(Effect::StartTls(_)) => {
            *channel = Channel::Clear;
            session.exposed();
            Next::ShookHands
        }
        Some(_) => Next::Ends,
    }
}

/// A server without a fault lets nobody in in clear, nor anybody but its user, and breaks no rule itself.
fn honest(effects: &[Effect]) {
    for effect in effects {
        match effect {
            Effect::Observe(Event::Credential { channel, user, accepted: true, .. }) => {
                assert_eq!(*channel, Channel::Tls, "let in in clear");
                assert!(
                    user.eq_ignore_ascii_case(USER) || user.eq_ignore_ascii_case("alice"),
                    "let {user} in"
                );
            }
            // What a client tries to submit in clear is seen as well, and no mail is handed out there.
            Effect::Observe(Event::Mail { channel, action: Transfer::Retrieved, .. }) => {
                assert_eq!(*channel, Channel::Tls, "mail in clear");
            }
            Effect::Observe(Event::Fault { kind, .. }) => panic!("{kind} where nothing is wrong"),
            Effect::Send(said) => assert!(said.ends_with(b"\r\n"), "half a line: {}", said.escape_ascii()),
            Effect::Cut | Effect::Delay(_) => panic!("{effect:?} where nothing is wrong"),
            _ => {}
        }
    }
}

fn up_to_tls(effects: &[Effect]) -> &[Effect] {
    let end = effects.iter().position(|effect| matches!(effect, Effect::StartTls(_)));
    &effects[..end.unwrap_or(effects.len())]
}

const USER: &str = "alice@example.com";

fn spec(label: Label, fault: Option<&ServerFaultKind>) -> ServerSpec {
    let broken =
        |kind: &ServerFaultKind| ServerFault { number: 1, at: "mail:*".to_owned(), kind: kind.clone() };
    ServerSpec {
        name: "server".to_owned(),
        label,
        identity: "leaf".to_owned().into(),
        tls: tls(),
        hostname: "mail.example.com".to_owned(),
        hosts: Vec::new(),
        account: Account { user: USER.to_owned(), password: "secret".to_owned() },
        mechanisms: ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"].map(str::to_owned).to_vec(),
        mailbox: vec![b"Subject: one\r\n\r\n.first\r\n".to_vec()],
        faults: fault.map(broken).into_iter().collect(),
        limits: Limits {
            line: LINE,
            message: 1000,
            serving: signpost_serve::Limits { octets: OCTETS, ..signpost_serve::Limits::default() },
        },
    }
}

fn faults() -> &'static [ServerFaultKind] {
    static FAULTS: OnceLock<Vec<ServerFaultKind>> = OnceLock::new();
    FAULTS.get_or_init(|| ServerFaultKind::all().collect())
}

/// Nobody shakes hands here, so that no certificate is needed.
fn tls() -> Arc<ServerConfig> {
    static TLS: OnceLock<Arc<ServerConfig>> = OnceLock::new();
    let make = || {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions that ring has").with_no_client_auth();
        Arc::new(config.with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new())))
    };
    Arc::clone(TLS.get_or_init(make))
}
