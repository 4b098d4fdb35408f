//! SMTP, POP3 and IMAP from the side of the client and of a relay: what a server says and does, in pieces of any size.

#![no_main]

use std::sync::Arc;
use std::time::Duration;

use hickory_proto::rr::rdata::{A, MX, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use libfuzzer_sys::fuzz_target;
use signpost_discovery::{Action, Client, Event, Mode, Outcome, Reason, Request, Rules, Untrusted};
use signpost_protocol::{Label, Service};
use signpost_validate::{Answer, Lookup, SecurityStatus};

const USER: &str = "alice";
const DOMAIN: &str = "example.com";
const PASSWORD: &str = "correct-horse-battery";

/// What happens when the client waits. Any other octet is the length of what the server says.
const CLOSES: u8 = 0xff;
const SAYS_NOTHING: u8 = 0xfe;

/// More steps than any dialogue of so many octets has.
const MOST_STEPS: usize = 20_000;

// The first octet says what the domain publishes and what is wanted. Of the others, each is what happens next.
fuzz_target!(|input: &[u8]| {
    let Some((&setting, mut script)) = input.split_first() else { return };
    let world = World::of(setting);
    let address = format!("{USER}@{DOMAIN}").parse().expect("an address");
    let mut request = if world.service == Service::Mx {
        let sender = format!("{USER}@sender.example").parse().expect("an address");
        Request::relay(address, sender, b"Subject: hello\r\n".to_vec())
    } else {
        Request::new(address, PASSWORD.parse().expect("a password"), world.service)
    };
    if setting & 0x20 != 0 {
        request.mode = Mode::Configure;
    }
    let mut now = Duration::from_secs(1_000);
    let end = now + request.limits.overall;
    let mut client = Client::new(Arc::new(request), Rules::default(), now, || 1);
    let mut connection = Connection::Closed;
    let mut was_secured = false;
    for _ in 0..MOST_STEPS + 10 * input.len() {
        match client.next_action(now) {
            Some(Action::Done(outcome)) => {
                let is_configured = matches!(outcome, Outcome::Configured(_));
                assert!(!is_configured || was_secured, "configured without TLS");
                assert_eq!(client.next_timeout(), None);
                return;
            }
            Some(Action::Close) => connection = Connection::Closed,
            Some(Action::Query { name, record_type }) => {
                let lookup = world.lookup(&name, record_type);
                client.handle(now, Event::Answer { name, record_type, lookup });
            }
            Some(Action::Connect(_)) => {
                connection = Connection::Clear;
                client.handle(now, Event::Connected);
            }
            Some(Action::StartTls { .. }) => {
                assert_eq!(connection, Connection::Clear, "TLS begins once, on a connection");
                let event = match next(&mut script) {
                    // Not every server that is wrong fails; most of them are who they should be.
                    Some(octet) if octet % 4 == 3 => {
                        connection = Connection::Distrusted;
                        let (reason, detail) = (Reason::TlsFailed, String::new());
                        Event::TlsFailed(Untrusted { reason, detail })
                    }
                    // Bytes that came before the handshake are handed over in its place.
                    Some(octet) if octet % 4 == 2 => Event::Received(said(&mut script, octet)),
                    _ => {
                        connection = Connection::Secured;
                        was_secured = true;
                        Event::TlsEstablished
                    }
                };
                client.handle(now, event);
            }
            Some(Action::Send(bytes)) => match connection {
                Connection::Closed => panic!("says something to nobody"),
                Connection::Clear => may_be_said_in_clear(&bytes),
                Connection::Distrusted => {
                    panic!("speaks behind a failed handshake: {}", bytes.escape_ascii())
                }
                Connection::Secured => {}
            },
            None => {
                let limit = client.next_timeout().expect("a client that is not done has a limit");
                assert!(limit <= end, "waits past the time for everything");
                match next(&mut script).filter(|_| connection != Connection::Closed) {
                    Some(CLOSES) => client.handle(now, Event::Closed),
                    None | Some(SAYS_NOTHING) => {
                        now = limit;
                        client.handle_timeout(now);
                    }
                    Some(length) => client.handle(now, Event::Received(said(&mut script, length))),
                }
            }
        }
    }
    panic!("does not come to an end");
});

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Connection {
    Clear,
    Closed,
    Distrusted,
    Secured,
}

/// Whatever a server says, these are all the words that need no protection, and nothing in them is the user's.
fn may_be_said_in_clear(bytes: &[u8]) {
    for line in bytes.split_inclusive(|octet| *octet == b'\n') {
        let line = std::str::from_utf8(line).expect("a command is a text");
        let command = line.strip_suffix("\r\n").expect("a command ends");
        let mut words = command.split(' ');
        // In IMAP a tag stands before it.
        let verb = words.find(|word| !(word.starts_with('a') && word[1..].parse::<u32>().is_ok()));
        let known = ["CAPA", "CAPABILITY", "EHLO", "LOGOUT", "QUIT", "STARTTLS", "STLS"];
        assert!(verb.is_some_and(|verb| known.contains(&verb)), "{command} in clear");
        assert!(!command.contains(USER) && !command.contains(PASSWORD), "{command} in clear");
    }
}

fn next(script: &mut &[u8]) -> Option<u8> {
    let (&octet, rest) = script.split_first()?;
    *script = rest;
    Some(octet)
}

fn said(script: &mut &[u8], length: u8) -> Vec<u8> {
    let (said, rest) = script.split_at(usize::from(length).min(script.len()));
    *script = rest;
    said.to_vec()
}

/// What the domain publishes, all of it signed.
struct World {
    service: Service,
    /// Of STARTTLS, of TLS from the start.
    publishes: [bool; 2],
    has_policy: bool,
}

impl World {
    fn of(setting: u8) -> Self {
        let service = Service::ALL[usize::from(setting & 3) % Service::ALL.len()];
        // Without a policy a relay may say everything in clear, and nothing would be left to look for.
        let is_bound = service == Service::Mx;
        Self {
            service,
            publishes: [setting & 4 == 0 || is_bound, setting & 8 != 0],
            has_policy: setting & 0x10 == 0 || is_bound,
        }
    }

    fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        let answer = match self.data(&name.to_lowercase().to_ascii(), record_type) {
            Some(data) => Answer::Records(vec![Record::from_rdata(name.clone(), 300, data)]),
            None => Answer::NoData,
        };
        Lookup::new(SecurityStatus::Secure, answer)
    }

    fn data(&self, owner: &str, record_type: RecordType) -> Option<RData> {
        let text = |text: String| RData::TXT(TXT::new(vec![text]));
        let label = Label::ALL.iter().copied().find(|label| {
            label.service() == self.service
                && self.publishes[usize::from(label.is_implicit_tls())]
                && owner == format!("_{}._tcp.{DOMAIN}.", label.name())
        });
        match (record_type, label) {
            (RecordType::MX, _) => {
                let host = Name::from_ascii("mail.example.com.").expect("a name");
                Some(RData::MX(MX::new(1, host)))
            }
            (RecordType::A, _) => Some(RData::A(A::new(192, 0, 2, 1))),
            (RecordType::SRV, Some(label)) => {
                let host = Name::from_ascii("mail.example.com.").expect("a name");
                Some(RData::SRV(SRV::new(1, 1, label.port(), host)))
            }
            (RecordType::TXT, Some(label)) if self.has_policy && !label.is_implicit_tls() => {
                Some(text(format!("v={} STARTTLS=_certroot.{DOMAIN}", label.name())))
            }
            (RecordType::TXT, _) if owner == format!("_certroot.{DOMAIN}.") => {
                Some(text("v=keyrecord sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()))
            }
            _ => None,
        }
    }
}
