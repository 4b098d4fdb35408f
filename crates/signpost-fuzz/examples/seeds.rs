//! Writes the seeds: real questions of every kind, whole dialogues from both sides, TLS records, reports. Zones, records and
//! files of suites are there already, in scenarios and fixtures.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, Name, RecordType};

fn main() -> std::io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let questions = questions(&here.join("../../scenarios/resolver"))?;
    let messages: Vec<Vec<u8>> =
        messages(questions).iter().map(|message| message.to_vec().expect("it fits")).collect();
    let mut datagrams = messages.clone();
    // Cut in the header, in the name, and before the end.
    datagrams.extend([5, 14, 25].map(|length| messages[0][..length].to_vec()));
    write(&here.join("seeds/datagram"), datagrams.into_iter().map(|message| [vec![0], message].concat()))?;

    let framed = |message: &Vec<u8>| {
        let length = u16::try_from(message.len()).expect("it fits");
        [length.to_be_bytes().to_vec(), message.clone()].concat()
    };
    let one = messages.iter().step_by(5).map(|message| [vec![0, 255], framed(message)].concat());
    let pipelined = [vec![0, 3], messages.iter().take(8).flat_map(framed).collect()].concat();
    let unfinished = [vec![0, 0], framed(&messages[0]), vec![0, 200, 1, 2, 3]].concat();
    let empty = vec![0, 0, 0, 0, 0, 0];
    write(&here.join("seeds/stream"), one.chain([pipelined, unfinished, empty]))?;

    write(&here.join("seeds/client"), client_dialogues())?;
    write(&here.join("seeds/server"), server_dialogues())?;
    write(&here.join("seeds/tls_records"), tls_records())?;
    write(&here.join("seeds/report"), REPORTS.iter().map(|report| report.as_bytes().to_vec()))
}

const REPORTS: &[&str] = &[
    r#"{"outcome":"configured","endpoint":{"host":"mail.example.com","port":587,"security":"starttls"},"user":"alice","notes":["policy-ignored"]}"#,
    r#"{"outcome":"configured","endpoint":{"host":"mail.example.com","port":995,"security":"tls"}}"#,
    r#"{"outcome":"refused","reason":"pin-mismatch","detail":"no pin fits"}"#,
    r#"{"outcome":"unavailable","reason":"service-denied"}"#,
    r#"{"outcome":"ask-user","reason":"nothing-published"}"#,
    r#"{"outcome":"declined","detail":"exit code 1"}"#,
    r#"{"outcome":"unsupported","reason":"no POP3"}"#,
    r#"{"outcome":"answered","status":"secure","rcode":"NOERROR","ede":[6,9],"ttl":300}"#,
    r#"{"outcome":"answered","status":"failed","rcode":"SERVFAIL","ede":[],"detail":"no SEP"}"#,
];

/// What the target reads as: the server says this; what a handshake comes to is one octet.
enum Does {
    Says(&'static str),
    ShakesHands,
    FailsHandshake,
    Closes,
}

/// Servers as clients meet them: honest ones, and such as an attacker's.
fn client_dialogues() -> impl Iterator<Item = Vec<u8>> {
    use Does::{Closes, FailsHandshake, Says, ShakesHands};

    const SMTP: &[&str] = &[
        "250-mail.example.com\r\n250 AUTH PLAIN LOGIN\r\n",
        "235 2.7.0 in\r\n",
        "250 2.1.0 ok\r\n",
        "250 2.1.5 ok\r\n",
        "354 go on\r\n",
        "250 2.0.0 taken\r\n",
        "221 2.0.0 bye\r\n",
    ];
    const LOGIN: &[&str] = &[
        "250-mail.example.com\r\n250-SIZE 1000\r\n250 AUTH LOGIN\r\n",
        "334 VXNlcm5hbWU6\r\n",
        "334 UGFzc3dvcmQ6\r\n",
        "535 5.7.8 no\r\n",
        "334 VXNlcm5hbWU6\r\n",
        "334 UGFzc3dvcmQ6\r\n",
        "235 2.7.0 in\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "354 go on\r\n",
        "250 taken\r\n",
    ];
    const POP3: &[&str] = &[
        "+OK\r\nSASL PLAIN\r\nUSER\r\nUIDL\r\n.\r\n",
        "+OK in\r\n",
        "+OK 1 20\r\n",
        "+OK\r\nSubject: one\r\n\r\n..first\r\n.\r\n",
        "+OK bye\r\n",
    ];
    const IMAP: &[&str] = &[
        "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na3 OK done\r\n",
        "+ \r\n",
        "a4 OK welcome\r\n",
        "* 1 EXISTS\r\na5 OK [READ-WRITE] done\r\n",
        "* 1 FETCH (BODY[] {22}\r\nSubject: hello\r\n\r\n.dot)\r\na6 OK done\r\n",
        "* BYE\r\na7 OK done\r\n",
    ];
    let imap_clear = || {
        vec![
            Says("* OK ready\r\n"),
            Says("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na1 OK done\r\n"),
            Says("a2 OK go ahead\r\n"),
        ]
    };
    let says = |lines: &'static [&'static str]| lines.iter().map(|line| Says(line)).collect::<Vec<_>>();
    let smtp_clear = || {
        vec![
            Says("220 mail.example.com ESMTP\r\n"),
            Says("250-mail.example.com\r\n250 STARTTLS\r\n"),
            Says("220 2.0.0 go ahead\r\n"),
        ]
    };
    let pop3_clear = || {
        vec![
            Says("+OK POP3 <1896.697170952@mail.example.com>\r\n"),
            Says("+OK\r\nSTLS\r\nUSER\r\n.\r\n"),
            Says("+OK go ahead\r\n"),
        ]
    };
    let with = |before: Vec<Does>, then: Does, behind: Vec<Does>| {
        before.into_iter().chain([then]).chain(behind).collect::<Vec<_>>()
    };
    let injected = Says("220 go ahead\r\n250 AUTH PLAIN\r\n235 in\r\n");
    let greeting = |text| with(vec![], ShakesHands, vec![Says(text)]);
    let dialogues = vec![
        (2, with(smtp_clear(), ShakesHands, says(SMTP))),
        (0x22, with(smtp_clear(), ShakesHands, says(LOGIN))),
        (2, with(smtp_clear(), FailsHandshake, says(SMTP))),
        (
            2,
            vec![
                Says("220 mail\r\n"),
                Says("250 AUTH PLAIN LOGIN\r\n"),
                Says("235 in\r\n"),
                Says("221 bye\r\n"),
            ],
        ),
        (0x12, with(vec![Says("220 mail\r\n"), Says("250 STARTTLS\r\n")], injected, vec![ShakesHands])),
        (14, with(greeting("220 mail.example.com\r\n"), says(SMTP).remove(0), says(&SMTP[1..]))),
        (2, vec![Says("421 4.3.2 later\r\n"), Closes]),
        (1, with(pop3_clear(), ShakesHands, says(POP3))),
        (0x21, with(pop3_clear(), FailsHandshake, says(POP3))),
        (1, vec![Says("+OK <1@mail>\r\n"), Says("-ERR what\r\n"), Says("+OK\r\n"), Says("+OK in\r\n")]),
        (13, with(greeting("+OK <1@mail>\r\n"), says(POP3).remove(0), says(&POP3[1..]))),
        (0, with(imap_clear(), ShakesHands, says(IMAP))),
        (0x20, with(imap_clear(), FailsHandshake, says(IMAP))),
        (0, vec![Says("* PREAUTH in\r\n"), Says("a1 OK done\r\n"), Closes]),
        (12, with(greeting("* OK ready\r\n"), says(IMAP).remove(0), says(&IMAP[1..]))),
    ];
    dialogues.into_iter().map(|(setting, dialogue)| {
        let octets = dialogue.into_iter().flat_map(|does| match does {
            Says(text) => [vec![u8::try_from(text.len()).expect("a short reply")], text.into()].concat(),
            ShakesHands => vec![0],
            FailsHandshake => vec![3],
            Closes => vec![0xff],
        });
        std::iter::once(setting).chain(octets).collect()
    })
}

/// Clients as servers meet them, of each service and with TLS begun in each way: those that wait and those that do not.
fn server_dialogues() -> impl Iterator<Item = Vec<u8>> {
    const SMTP: &str = "EHLO client\r\nSTARTTLS\r\n|EHLO client\r\nAUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAHNlY3JldA==\r\n\
                        MAIL FROM:<alice@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n\
                        Subject: x\r\n\r\n..x\r\n.\r\nRSET\r\nVRFY b\r\nNOOP\r\nQUIT\r\n";
    const LOGIN: &str = "EHLO client\r\n|STARTTLS\r\n|EHLO client\r\nAUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\nAUTH PLAIN\r\n*\r\n\
                         HELO x\r\nXYZ\r\nQUIT\r\n";
    const POP3: &str = "CAPA\r\n|STLS\r\n|CAPA\r\nUSER alice@example.com\r\nPASS secret\r\nSTAT\r\nLIST\r\nLIST 1\r\nUIDL\r\n\
                        RETR 1\r\nTOP 1 1\r\nDELE 1\r\nRSET\r\nXYZ\r\nNOOP\r\nQUIT\r\n";
    const IMAP: &str = "a1 CAPABILITY\r\n|a2 STARTTLS\r\n|a3 CAPABILITY\r\na4 AUTHENTICATE PLAIN\r\n\
                        AGFsaWNlQGV4YW1wbGUuY29tAHNlY3JldA==\r\na5 LOGIN alice {6}\r\nsecret\r\na6 SELECT INBOX\r\n\
                        a7 FETCH 1 BODY.PEEK[]\r\na8 XYZ\r\na9 NOOP\r\na10 LOGOUT\r\n";
    let dialogues = (0..6).flat_map(|label| [IMAP, SMTP, LOGIN, POP3].map(|dialogue| (label, dialogue)));
    let in_pieces = dialogues.flat_map(|(label, dialogue)| {
        // Where the server parts what it hears at the length of the first piece, TLS begins behind it.
        let first = dialogue.find('|').expect("a dialogue has parts");
        [u8::try_from(first - 1).expect("a short part"), 255, 0].map(|size| (label, 0, size, dialogue))
    });
    let spoken = |label: u8| [IMAP, POP3, SMTP][usize::from(label / 2)];
    let faults = (1..=70).map(move |fault| (fault % 6, fault, 18, spoken(fault % 6)));
    in_pieces.chain(faults).map(|(label, fault, size, dialogue)| {
        [&[label, fault, size][..], dialogue.replace('|', "").as_bytes()].concat()
    })
}

/// Records, speech, and the one behind the other.
fn tls_records() -> impl Iterator<Item = Vec<u8>> {
    const ALERT: &[u8] = b"\x15\x03\x03\x00\x02\x02\x30";
    let hello = [&b"\x16\x03\x01\x00\x40"[..], &[1; 0x40]].concat();
    let data = [&b"\x17\x03\x03\x40\x11"[..], &[0xab; 0x4011]].concat();
    let speech = b"EHLO client\r\nAUTH PLAIN AGFs\r\n".to_vec();
    let several = [&hello, ALERT, &data, ALERT].concat();
    let seeds = vec![
        ALERT.to_vec(),
        [&hello[..], &speech].concat(),
        [ALERT, &speech, ALERT].concat(),
        speech,
        several[..hello.len() + 3].to_vec(),
        several,
        b"\x16\x03\x01\xff\xff".to_vec(),
        b"\x17\x03\x03\x00\x00\x17\x02".to_vec(),
    ];
    seeds.into_iter().zip([0, 255, 3, 6, 200, 4, 1, 2]).map(|(octets, size)| [vec![size], octets].concat())
}

/// What the scenarios for resolvers ask, by name and type.
fn questions(scenarios: &Path) -> std::io::Result<BTreeSet<(Name, u16)>> {
    let mut questions = BTreeSet::new();
    for entry in fs::read_dir(scenarios)? {
        let scenario: toml::Table =
            fs::read_to_string(entry?.path())?.parse().expect("the suite's scenarios can be read");
        // One of several steps asks in each of them, and its questions are asked elsewhere too.
        let Some(question) = scenario.get("question").and_then(toml::Value::as_str) else { continue };
        let (name, record_type) = question.split_once('/').expect("NAME/TYPE");
        let mut name = Name::from_ascii(name).expect("a name");
        name.set_fqdn(true);
        questions.insert((name, record_type.parse::<RecordType>().expect("a type").into()));
    }
    Ok(questions)
}

/// Every question as validators ask it, one of them in every other way, and what is no question.
fn messages(asked: BTreeSet<(Name, u16)>) -> Vec<Message> {
    let asked = asked.into_iter().map(|(name, record_type)| query(name, record_type.into()));
    let mut messages: Vec<Message> = asked.map(|message| with_edns(message, 1232, 0)).collect();
    let name = Name::from_ascii("_submission._tcp.example.com.").expect("a name");
    let srv = || query(name.clone(), RecordType::SRV);
    messages.push(srv());
    messages.extend(
        [(512, 0), (0, 0), (4096, 0), (1232, 1)].map(|(size, version)| with_edns(srv(), size, version)),
    );
    for record_type in
        [RecordType::ANY, RecordType::AXFR, RecordType::IXFR, RecordType::RRSIG, RecordType::OPT]
    {
        messages.push(with_edns(query(name.clone(), record_type), 1232, 0));
    }
    for op_code in [OpCode::Notify, OpCode::Update, OpCode::Status] {
        let mut message = srv();
        message.metadata.op_code = op_code;
        messages.push(message);
    }
    let mut chaos = srv();
    chaos.queries[0].query_class = DNSClass::CH;
    let mut twice = srv();
    twice.add_query(twice.queries[0].clone());
    let mut response = srv();
    response.metadata.message_type = MessageType::Response;
    let mut mixed = srv();
    mixed.queries[0].name = Name::from_ascii("_SubMission._TCP.Example.COM.").expect("a name");
    messages.extend([chaos, twice, response, mixed]);
    messages
}

fn query(name: Name, record_type: RecordType) -> Message {
    let mut message = Message::new(0x5349, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, record_type));
    message
}

fn with_edns(mut message: Message, payload: u16, version: u8) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload).set_dnssec_ok(true).set_version(version);
    message.set_edns(edns);
    message
}

fn write(folder: &Path, seeds: impl Iterator<Item = Vec<u8>>) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, seed) in seeds.enumerate() {
        fs::write(folder.join(format!("{number:02}")), seed)?;
    }
    Ok(())
}
