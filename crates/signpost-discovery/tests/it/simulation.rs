//! A world without I/O and clock: answers and servers are tables, time passes when nothing else happens, and everything
//! that happens is written down.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::rr::rdata::{A, MX, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use rustls::pki_types::ServerName;
use signpost_discovery::{
    Action, Client, Event, Mode, Outcome, Reason, Request, Rules, Untrusted, VerificationRule,
};
use signpost_protocol::Service;
use signpost_validate::{Answer, Failure, Lookup, SecurityStatus};

/// Base64 of 32 octets of which nothing else is known.
pub(crate) const SHA256: &str = "sha256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// Base64 of 20 octets.
pub(crate) const SHA1: &str = "sha1=AAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A domain, its servers and a client.
#[derive(Clone)]
pub(crate) struct World {
    answers: HashMap<(Name, RecordType), Lookup>,
    /// Questions that are never answered.
    mute: HashSet<(Name, RecordType)>,
    servers: HashMap<String, Server>,
    pub(crate) request: Request,
    pub(crate) rules: Rules,
}

/// What became of a client in a world.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    /// One line for each action, and for each line that the client sent: `connect ADDRESS`, `tls NAME RULE`,
    /// `clear LINE`, `tls LINE`, `close`.
    pub(crate) trace: Vec<String>,
    /// When each of these happened, since the client was made.
    times: Vec<Duration>,
    /// When the client was done.
    pub(crate) end: Duration,
}

/// When the client is made: its time has no beginning of its own.
const START: Duration = Duration::from_secs(1_000_000);

/// A mail server as a table.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) reachable: bool,
    /// Connections are neither taken nor refused, as behind a firewall.
    pub(crate) drops_packets: bool,
    pub(crate) greeting: Reply,
    /// Channel, beginning of the command, and the reply. The first that fits is taken.
    replies: Vec<(Channel, &'static str, Reply)>,
    pub(crate) handshake: Result<(), Reason>,
    /// The handshake never comes to an end.
    pub(crate) handshake_hangs: bool,
    /// It does not take the end of the connection.
    pub(crate) farewell_hangs: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Clear,
    Tls,
}

/// What a server does when it is its turn; nothing at all is silence.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Close,
    Says(Vec<u8>),
    /// Says the second after as long as the first, and then the others in the same way.
    SaysSlowly(Duration, Vec<&'static str>),
}

struct Connection {
    server: Server,
    channel: Channel,
    is_implicit: bool,
    /// What the server has done and the client not yet seen.
    said: VecDeque<Reply>,
}

impl World {
    /// `example.com` publishes one submission server with STARTTLS and a pinned policy, all signed.
    pub(crate) fn submission() -> Self {
        let mut world = Self::bare(Service::Submission);
        world.srv("_submission", &[(1, 1, 587, "submit1.example.com.")]);
        world.txt(
            "_submission._tcp.example.com.",
            &["v=submission STARTTLS=_certroot.example.com SMTP-AUTH=Required"],
        );
        world.txt("_certroot.example.com.", &[&format!("v=keyrecord {SHA256}")]);
        world.address("submit1.example.com.", "192.0.2.1");
        world.serve("192.0.2.1:587", Server::submission());
        world
    }

    /// The same for POP3.
    pub(crate) fn pop3() -> Self {
        let mut world = Self::bare(Service::Pop3);
        world.srv("_pop3", &[(1, 1, 110, "pop1.example.com.")]);
        world.txt("_pop3._tcp.example.com.", &["v=pop3 STARTTLS=_certroot.example.com"]);
        world.txt("_certroot.example.com.", &[&format!("v=keyrecord {SHA256}")]);
        world.address("pop1.example.com.", "192.0.2.1");
        world.serve("192.0.2.1:110", Server::pop3());
        world
    }

    /// The same for IMAP.
    pub(crate) fn imap() -> Self {
        let mut world = Self::bare(Service::Imap);
        world.srv("_imap", &[(1, 1, 143, "imap1.example.com.")]);
        world.txt("_imap._tcp.example.com.", &["v=imap STARTTLS=_certroot.example.com"]);
        world.txt("_certroot.example.com.", &[&format!("v=keyrecord {SHA256}")]);
        world.address("imap1.example.com.", "192.0.2.1");
        world.serve("192.0.2.1:143", Server::imap());
        world
    }

    /// `example.com` has two exchanges under a pinned policy, all signed, and a message is brought to it.
    pub(crate) fn exchanges() -> Self {
        let mut world = Self::bare(Service::Mx);
        let sender = "bob@sender.example".parse().unwrap();
        world.request =
            Request::relay(world.request.address, sender, b"Subject: hello\r\n\r\nhello\r\n".to_vec());
        world.mx(&[(10, "mx1.example.com."), (20, "mx2.example.com.")]);
        world.txt("_mx._tcp.example.com.", &["v=mx STARTTLS=_certroot.example.com"]);
        world.txt("_certroot.example.com.", &[&format!("v=keyrecord {SHA256}")]);
        world.address("mx1.example.com.", "192.0.2.1");
        world.address("mx2.example.com.", "192.0.2.2");
        world.serve("192.0.2.1:25", Server::exchange());
        world.serve("192.0.2.2:25", Server::exchange());
        world
    }

    /// `example.com` publishes nothing: every other answer is a secure denial.
    pub(crate) fn bare(service: Service) -> Self {
        let request =
            Request::new("alice@example.com".parse().unwrap(), "correct horse".parse().unwrap(), service);
        Self {
            answers: HashMap::new(),
            mute: HashSet::new(),
            servers: HashMap::new(),
            request,
            rules: Rules::default(),
        }
    }

    pub(crate) fn srv(&mut self, label: &str, targets: &[(u16, u16, u16, &str)]) {
        let data = targets
            .iter()
            .map(|&(priority, weight, port, host)| RData::SRV(SRV::new(priority, weight, port, name(host))));
        self.records(&format!("{label}._tcp.example.com."), RecordType::SRV, data.collect());
    }

    pub(crate) fn mx(&mut self, exchanges: &[(u16, &str)]) {
        let data = exchanges.iter().map(|&(preference, host)| RData::MX(MX::new(preference, name(host))));
        self.records("example.com.", RecordType::MX, data.collect());
    }

    /// TXT records, in each of which `|` separates character-strings.
    pub(crate) fn txt(&mut self, owner: &str, texts: &[&str]) {
        let data =
            texts.iter().map(|text| RData::TXT(TXT::new(text.split('|').map(str::to_owned).collect())));
        self.records(owner, RecordType::TXT, data.collect());
    }

    pub(crate) fn address(&mut self, owner: &str, address: &str) {
        self.records(owner, RecordType::A, vec![RData::A(A(address.parse().unwrap()))]);
    }

    /// The owner is an alias of a target that has the address.
    pub(crate) fn alias(&mut self, owner: &str, target: &str, address: &str) {
        let record = Record::from_rdata(name(target), 300, RData::A(A(address.parse().unwrap())));
        let lookup = Lookup::new(SecurityStatus::Secure, Answer::Records(vec![record]));
        self.answer(owner, RecordType::A, lookup);
    }

    fn records(&mut self, owner: &str, record_type: RecordType, data: Vec<RData>) {
        let records = data.into_iter().map(|data| Record::from_rdata(name(owner), 300, data)).collect();
        self.answer(owner, record_type, Lookup::new(SecurityStatus::Secure, Answer::Records(records)));
    }

    pub(crate) fn answer(&mut self, owner: &str, record_type: RecordType, lookup: Lookup) {
        self.answers.insert((name(owner), record_type), lookup);
    }

    /// Changes how far the answer to a question can be believed.
    pub(crate) fn believe(&mut self, owner: &str, record_type: RecordType, security: SecurityStatus) {
        let mut lookup = self.lookup(&name(owner), record_type);
        lookup.security = security;
        self.answer(owner, record_type, lookup);
    }

    /// Makes all of the domain provably unsigned.
    pub(crate) fn unsigned(&mut self) {
        for lookup in self.answers.values_mut() {
            lookup.security = SecurityStatus::Insecure;
        }
    }

    pub(crate) fn fail(&mut self, owner: &str, record_type: RecordType, failure: Failure) {
        self.answer(owner, record_type, Lookup::failed(failure, ""));
    }

    /// Lets a question wait for ever.
    pub(crate) fn mute(&mut self, owner: &str, record_type: RecordType) {
        self.mute.insert((name(owner), record_type));
    }

    pub(crate) fn serve(&mut self, address: &str, server: Server) {
        self.servers.insert(address.to_owned(), server);
    }

    /// Changes the server at `192.0.2.1`.
    pub(crate) fn server(&mut self) -> &mut Server {
        self.servers.iter_mut().find(|(address, _)| address.starts_with("192.0.2.1:")).unwrap().1
    }

    fn lookup(&self, name: &Name, record_type: RecordType) -> Lookup {
        let known = self.answers.get(&(name.clone(), record_type)).cloned();
        known.unwrap_or_else(|| Lookup::new(SecurityStatus::Secure, Answer::NoData))
    }

    /// Runs a client whose random numbers are all `draw`.
    pub(crate) fn run_drawing(&self, draw: u64) -> Run {
        let mut now = START;
        let mut client = Client::new(Arc::new(self.request.clone()), self.rules, now, move || draw);
        let (mut trace, mut times): (Vec<String>, Vec<Duration>) = (Vec::new(), Vec::new());
        let mut connection: Option<Connection> = None;
        // The number of steps is bounded, so that a client that turns in circles fails its test.
        for _ in 0..1000 {
            times.resize(trace.len(), now - START);
            match client.next_action(now) {
                Some(Action::Done(outcome)) => {
                    assert_eq!(client.next_timeout(), None);
                    return Run { outcome, trace, times, end: now - START };
                }
                Some(Action::Close) => {
                    trace.push("close".to_owned());
                    if connection.take().is_some_and(|connection| connection.server.farewell_hangs) {
                        now = client.next_timeout().expect("a client that is not done has a limit");
                        client.handle_timeout(now);
                    }
                }
                Some(Action::Query { name, record_type }) => {
                    trace.push(format!("query {name} {record_type}"));
                    if !self.mute.contains(&(name.clone(), record_type)) {
                        let lookup = self.lookup(&name, record_type);
                        client.handle(now, Event::Answer { name, record_type, lookup });
                    }
                }
                Some(Action::Connect(address)) => {
                    trace.push(format!("connect {address}"));
                    match self.servers.get(&address.to_string()) {
                        Some(server) if server.drops_packets => {}
                        Some(server) if server.reachable => {
                            let is_implicit = [465, 995].contains(&address.port());
                            let said = if is_implicit { vec![] } else { vec![server.greeting.clone()] };
                            let server = server.clone();
                            connection = Some(Connection {
                                server,
                                channel: Channel::Clear,
                                is_implicit,
                                said: said.into(),
                            });
                            client.handle(now, Event::Connected);
                        }
                        _ => client.handle(now, Event::ConnectFailed("connection refused".to_owned())),
                    }
                }
                Some(Action::StartTls { server_name, aliases, sni, rule }) => {
                    // Flaws apart, nothing but the host is named or looked for.
                    if (sni.as_ref(), &aliases[..]) != (Some(&server_name), &[]) {
                        let name = |name: &ServerName<'_>| name.to_str().into_owned();
                        let named = sni.as_ref().map_or_else(|| "nothing".to_owned(), name);
                        let aliases: Vec<String> = aliases.iter().map(name).collect();
                        trace.push(format!("names {named} looks for {aliases:?}"));
                    }
                    let rule = match rule {
                        VerificationRule::Anyone => "anyone".to_owned(),
                        VerificationRule::Pinned(pins) => format!("pinned {:?}", pins[0].algorithm),
                        VerificationRule::WebPki => "webpki".to_owned(),
                    };
                    trace.push(format!("starttls {} {rule}", server_name.to_str()));
                    let connection = connection.as_mut().expect("TLS without a connection");
                    match connection.server.handshake {
                        _ if connection.server.handshake_hangs => {}
                        Ok(()) => {
                            connection.channel = Channel::Tls;
                            if connection.is_implicit {
                                connection.said.push_back(connection.server.greeting.clone());
                            }
                            client.handle(now, Event::TlsEstablished);
                        }
                        Err(reason) => {
                            let untrusted = Untrusted { reason, detail: "not trusted".into() };
                            client.handle(now, Event::TlsFailed(untrusted));
                        }
                    }
                }
                Some(Action::Send(bytes)) => {
                    let connection = connection.as_mut().expect("bytes without a connection");
                    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                    let word = if connection.channel == Channel::Clear { "clear" } else { "tls" };
                    trace.extend(text.lines().map(|line| format!("{word} {line}")));
                    connection.said.extend(connection.server.reply(connection.channel, &text));
                }
                None => {
                    let said = connection.as_mut().and_then(|connection| connection.said.front_mut());
                    let limit = client.next_timeout().expect("a client that is not done has a limit");
                    let event = match said {
                        Some(Reply::Says(bytes)) => Some((now, Event::Received(std::mem::take(bytes)))),
                        Some(Reply::Close) => Some((now, Event::Closed)),
                        Some(Reply::SaysSlowly(pause, texts)) => {
                            let text = texts.remove(0);
                            Some((now + *pause, Event::Received(text.as_bytes().to_vec())))
                        }
                        None => None,
                    };
                    if let Some(connection) = &mut connection
                        && !matches!(connection.said.front(), Some(Reply::SaysSlowly(_, texts)) if !texts.is_empty())
                    {
                        connection.said.pop_front();
                    }
                    match event {
                        Some((moment, event)) if moment < limit => {
                            now = moment;
                            client.handle(now, event);
                        }
                        // Nothing happens before the client's limit, and nothing happens by itself just before it.
                        _ => {
                            assert!(limit > now, "the client waits for nothing: {trace:#?}");
                            client.handle_timeout(limit - Duration::from_nanos(1));
                            assert_eq!(client.next_action(limit - Duration::from_nanos(1)), None);
                            now = limit;
                            client.handle_timeout(now);
                        }
                    }
                }
            }
        }
        panic!("the client does not come to an end: {trace:#?}");
    }

    pub(crate) fn run(&self) -> Run {
        self.run_drawing(0)
    }

    /// What is done with the world, and that the client ends with `expected`, which is `configured`, or an
    /// outcome and its reason.
    #[track_caller]
    pub(crate) fn check(&self, expected: &str) -> Run {
        let run = self.run();
        assert_eq!(run.summary(), expected, "{run:#?}");
        if self.rules.is_honest() {
            run.assert_nothing_leaked(&self.request);
        }
        run
    }
}

impl Run {
    pub(crate) fn summary(&self) -> String {
        let word = match &self.outcome {
            Outcome::AskUser { .. } => "ask-user",
            Outcome::Configured(_) => return "configured".to_owned(),
            Outcome::Delayed { .. } => "delayed",
            Outcome::Failed { .. } => "failed",
            Outcome::Relayed(relayed) => return format!("relayed {relayed}"),
            Outcome::Refused { .. } => "refused",
            Outcome::Unavailable { .. } => "unavailable",
        };
        format!("{word} {}", self.outcome.reason().unwrap())
    }

    pub(crate) fn notes(&self) -> Vec<&'static str> {
        match &self.outcome {
            Outcome::Configured(configured) => configured.notes.iter().map(|note| note.slug()).collect(),
            _ => panic!("{self:#?}"),
        }
    }

    pub(crate) fn host(&self) -> &str {
        match &self.outcome {
            Outcome::Configured(configured) => &configured.endpoint.host,
            _ => panic!("{self:#?}"),
        }
    }

    /// When the first line with this beginning was written.
    pub(crate) fn when(&self, beginning: &str) -> Duration {
        let at = self.trace.iter().position(|line| line.starts_with(beginning));
        self.times[at.unwrap_or_else(|| panic!("no {beginning}: {self:#?}"))]
    }

    pub(crate) fn has(&self, beginning: &str) -> bool {
        self.trace.iter().any(|line| line.starts_with(beginning))
    }

    /// The addresses that were connected to, in order.
    pub(crate) fn connections(&self) -> Vec<&str> {
        self.trace.iter().filter_map(|line| line.strip_prefix("connect ")).collect()
    }

    /// Whether a credential or a message went out in clear.
    pub(crate) fn leaks(&self) -> bool {
        let secret = ["AUTH", "USER", "PASS", "MAIL", "RCPT", "DATA", "Subject"];
        self.trace
            .iter()
            .filter_map(|line| line.strip_prefix("clear "))
            .any(|line| secret.iter().any(|word| line.starts_with(word)))
    }

    /// Nothing but talk about TLS in clear, and nothing at all after a failure of TLS.
    fn assert_nothing_leaked(&self, request: &Request) {
        let allowed: HashSet<&str> = match request.service {
            Service::Imap => HashSet::from(["CAPABILITY", "STARTTLS", "LOGOUT"]),
            Service::Pop3 => HashSet::from(["CAPA", "STLS", "QUIT"]),
            _ => HashSet::from(["EHLO [127.0.0.1]", "STARTTLS", "QUIT"]),
        };
        let said = self.trace.iter().filter_map(|line| line.strip_prefix("clear "));
        for line in said.map(|line| without_tag(request, line)) {
            assert!(allowed.contains(line), "{line:?} in clear: {self:#?}");
        }
        if request.mode == Mode::Configure {
            assert!(
                !self.has("tls MAIL") && !self.has("tls RETR") && !self.has("tls a5 SELECT"),
                "{self:#?}"
            );
        }
    }
}

impl Server {
    pub(crate) fn submission() -> Self {
        Self::new(
            "220 submit1.example.com ESMTP\r\n",
            &[
                (Channel::Clear, "EHLO", "250-submit1.example.com\r\n250-STARTTLS\r\n250 8BITMIME\r\n"),
                (Channel::Clear, "STARTTLS", "220 go ahead\r\n"),
                (Channel::Tls, "EHLO", "250-submit1.example.com\r\n250 AUTH PLAIN LOGIN\r\n"),
                (Channel::Tls, "AUTH PLAIN", "235 welcome\r\n"),
                (Channel::Tls, "MAIL", "250 ok\r\n"),
                (Channel::Tls, "RCPT", "250 ok\r\n"),
                (Channel::Tls, "DATA", "354 go on\r\n"),
                (Channel::Tls, "From:", "250 queued\r\n"),
                (Channel::Tls, "QUIT", "221 bye\r\n"),
            ],
        )
    }

    pub(crate) fn exchange() -> Self {
        let replies = [Channel::Clear, Channel::Tls].map(|channel| {
            let offers = if channel == Channel::Clear { "250-mx\r\n250 STARTTLS\r\n" } else { "250 mx\r\n" };
            [
                (channel, "EHLO", offers),
                (channel, "MAIL", "250 ok\r\n"),
                (channel, "RCPT", "250 ok\r\n"),
                (channel, "DATA", "354 go on\r\n"),
                (channel, "Subject:", "250 queued\r\n"),
                (channel, "QUIT", "221 bye\r\n"),
            ]
        });
        let mut server = Self::new("220 mx ESMTP\r\n", &replies.concat());
        server.on(Channel::Clear, "STARTTLS", says("220 go ahead\r\n"));
        server
    }

    pub(crate) fn pop3() -> Self {
        Self::new(
            "+OK ready\r\n",
            &[
                (Channel::Clear, "CAPA", "+OK\r\nSTLS\r\nUIDL\r\n.\r\n"),
                (Channel::Clear, "STLS", "+OK go ahead\r\n"),
                (Channel::Tls, "CAPA", "+OK\r\nUSER\r\n.\r\n"),
                (Channel::Tls, "USER", "+OK\r\n"),
                (Channel::Tls, "PASS", "+OK\r\n"),
                (Channel::Tls, "STAT", "+OK 1 30\r\n"),
                (Channel::Tls, "RETR", "+OK\r\nSubject: hello\r\n\r\n..dot\r\n.\r\n"),
                (Channel::Tls, "QUIT", "+OK bye\r\n"),
            ],
        )
    }

    pub(crate) fn imap() -> Self {
        Self::new(
            "* OK ready\r\n",
            &[
                (
                    Channel::Clear,
                    "a1 CAPABILITY",
                    "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n",
                ),
                (Channel::Clear, "a2 STARTTLS", "a2 OK go ahead\r\n"),
                (Channel::Tls, "a3 CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK done\r\n"),
                (Channel::Tls, "a4 AUTHENTICATE PLAIN", "+ \r\n"),
                (Channel::Tls, "AGFsaWNl", "a4 OK welcome\r\n"),
                (Channel::Tls, "a4 LOGIN", "a4 OK welcome\r\n"),
                (Channel::Tls, "a5 SELECT INBOX", "* 1 EXISTS\r\na5 OK [READ-WRITE] done\r\n"),
                (
                    Channel::Tls,
                    "a6 FETCH 1 BODY.PEEK[]",
                    "* 1 FETCH (BODY[] {22}\r\nSubject: hello\r\n\r\n.dot)\r\na6 OK done\r\n",
                ),
                (Channel::Tls, "a5 LOGOUT", "* BYE\r\na5 OK done\r\n"),
                (Channel::Tls, "a6 LOGOUT", "* BYE\r\na6 OK done\r\n"),
                (Channel::Tls, "a7 LOGOUT", "* BYE\r\na7 OK done\r\n"),
            ],
        )
    }

    fn new(greeting: &str, replies: &[(Channel, &'static str, &str)]) -> Self {
        Self {
            reachable: true,
            drops_packets: false,
            greeting: says(greeting),
            replies: replies.iter().map(|&(channel, command, text)| (channel, command, says(text))).collect(),
            handshake: Ok(()),
            handshake_hangs: false,
            farewell_hangs: false,
        }
    }

    /// Answers a command otherwise.
    pub(crate) fn on(&mut self, channel: Channel, command: &'static str, reply: Reply) -> &mut Self {
        self.replies.insert(0, (channel, command, reply));
        self
    }

    /// Nothing is said to a command that the table lacks.
    fn reply(&self, channel: Channel, command: &str) -> Option<Reply> {
        let fits = |on: Channel, beginning: &str| on == channel && command.starts_with(beginning);
        self.replies.iter().find(|(on, beginning, _)| fits(*on, beginning)).map(|(_, _, reply)| reply.clone())
    }

    /// The commands of `self`, at which anything may be said.
    pub(crate) fn commands(&self) -> Vec<(Channel, &'static str)> {
        self.replies.iter().map(|&(channel, command, _)| (channel, command)).collect()
    }
}

pub(crate) fn says(text: &str) -> Reply {
    Reply::Says(text.as_bytes().to_vec())
}

pub(crate) fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// The command behind its tag, where the protocol has tags.
fn without_tag<'a>(request: &Request, line: &'a str) -> &'a str {
    match request.service {
        Service::Imap => line.split_once(' ').map_or(line, |(_, command)| command),
        _ => line,
    }
}
