//! `signpost record`: policy and key records, explained.

use std::io::Read as _;

use signpost_record::{DigestAlgorithm, ErrorKind, KeyRecord, PolicyRecord, RecordError, elements, join};
use signpost_source::{Problem, Source};

use super::print;
use crate::argument::RecordOptions;
use crate::exit::{Exit, Failure};
use crate::master_file::character_strings;

/// Explains each record and shows what is wrong with it.
pub(crate) fn record(options: &RecordOptions) -> Result<Exit, Failure> {
    let mut exit = Exit::AsExpected;
    for (index, text) in texts(options)?.iter().enumerate() {
        let place = text
            .line
            .map_or_else(|| format!("record {}", index + 1), |line| format!("{}:{line}", text.origin));
        let explained = explain(&place, &text.octets);
        if !explained.is_well_formed {
            exit = Exit::Unexpected;
        }
        let gap = if index == 0 { "" } else { "\n" };
        print(&format!("{gap}{}", explained.text))?;
    }
    Ok(exit)
}

/// A record as the user gave it.
struct Text {
    origin: String,
    line: Option<usize>,
    octets: Vec<u8>,
}

fn texts(options: &RecordOptions) -> Result<Vec<Text>, Failure> {
    if options.texts.is_empty() {
        return standard_input();
    }
    let mut texts = Vec::new();
    for text in &options.texts {
        if text == "-" {
            texts.extend(standard_input()?);
        } else {
            texts.push(Text { origin: String::new(), line: None, octets: text.clone().into_bytes() });
        }
    }
    Ok(texts)
}

/// One record a line; empty lines and comments of master files are passed over.
fn standard_input() -> Result<Vec<Text>, Failure> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).map_err(|error| Failure::unread("standard input", &error))?;
    let texts: Vec<Text> = input
        .split(|&octet| octet == b'\n')
        .enumerate()
        .map(|(index, line)| Text {
            origin: "stdin".to_owned(),
            line: Some(index + 1),
            octets: line.strip_suffix(b"\r").unwrap_or(line).to_vec(),
        })
        .filter(|text| !text.octets.trim_ascii().is_empty() && !text.octets.starts_with(b";"))
        .collect();
    if texts.is_empty() {
        return Err(Failure::nothing_selected("standard input holds no record")
            .hint("give the text of a TXT record as an argument, or one a line on standard input"));
    }
    Ok(texts)
}

struct Explained {
    text: String,
    is_well_formed: bool,
}

fn explain(place: &str, octets: &[u8]) -> Explained {
    let joined = match character_strings(octets) {
        Ok(None) => octets.to_vec(),
        Ok(Some(strings)) => join(&strings.iter().map(Vec::as_slice).collect::<Vec<_>>()).into_owned(),
        Err(problem) => {
            return malformed(place, octets, vec![problem]);
        }
    };
    let problems = problems(&joined);
    if !problems.is_empty() {
        return malformed(place, &joined, problems);
    }
    Explained { text: meaning(&joined), is_well_formed: true }
}

fn malformed(place: &str, octets: &[u8], mut problems: Vec<Problem>) -> Explained {
    let (text, starts) = shown(octets);
    for problem in &mut problems {
        problem.span =
            starts[problem.span.start.min(octets.len())]..starts[problem.span.end.min(octets.len())];
    }
    let frames = Source::new(place, text);
    let frames = frames.check(problems).err().map(|problems| problems.styled() + "\n");
    Explained { text: frames.unwrap_or_default(), is_well_formed: false }
}

/// Octets as text, and where each of them starts in it: what is not ASCII is shown as in master files.
fn shown(octets: &[u8]) -> (String, Vec<usize>) {
    let mut text = String::new();
    let mut starts = Vec::with_capacity(octets.len() + 1);
    for &octet in octets {
        starts.push(text.len());
        match octet {
            b' '..=b'~' => text.push(char::from(octet)),
            _ => text.push_str(&format!("\\{octet:03}")),
        }
    }
    starts.push(text.len());
    (text, starts)
}

/// Every mistake: an element that holds one is left out, and the rest is read again.
fn problems(octets: &[u8]) -> Vec<Problem> {
    let mut rest = octets.to_vec();
    let mut problems = Vec::new();
    loop {
        match parse(&rest) {
            Ok(()) => return problems,
            // That nothing is left without the broken digests is no mistake of its own.
            Err(error) if error.kind == ErrorKind::NoDigest && !problems.is_empty() => return problems,
            Err(error) => {
                let help = format!("{} ({})", error.kind.hint(), error.kind.rule());
                problems.push(Problem::at(error.span.clone(), error.kind.to_string()).help(help));
                if error.kind == ErrorKind::NoDigest || !blank_element(&mut rest, error.span.start) {
                    return problems;
                }
            }
        }
    }
}

/// Puts spaces over the element at this octet. The first, which says whose record it is, stays.
fn blank_element(octets: &mut [u8], at: usize) -> bool {
    let is_space = |octet: &u8| *octet == b' ';
    let start = octets[..at].iter().rposition(is_space).map_or(0, |space| space + 1);
    let end = octets[at..].iter().position(is_space).map_or(octets.len(), |space| at + space);
    let is_first = octets[..start].iter().all(is_space);
    octets[start..end].fill(b' ');
    !is_first && start < end
}

/// Reads the record as every service does: the first element itself may be what is wrong.
fn parse(octets: &[u8]) -> Result<(), RecordError> {
    KeyRecord::parse(octets)?;
    SERVICES.iter().try_for_each(|service| PolicyRecord::parse(octets, service).map(|_| ()))
}

const KEY_RECORD: &str = "keyrecord";

/// What the first element says, if it is `v=`.
fn service(octets: &[u8]) -> Option<&str> {
    let first = elements(octets).next()?.ok()?;
    first.name.eq_ignore_ascii_case("v").then_some(first.value)
}

/// Services that have policies, by the names of their SRV labels, and `mx`.
const SERVICES: [&str; 7] = ["imap", "imaps", "mx", "pop3", "pop3s", "submission", "submissions"];

fn is_known(service: &str) -> bool {
    SERVICES.iter().any(|known| known.eq_ignore_ascii_case(service))
}

/// What a well-formed record says.
fn meaning(octets: &[u8]) -> String {
    let ignored = |why: &str| {
        format!("{}\n  neither a policy nor a key record, therefore ignored: {why}\n", shown(octets).0)
    };
    let Some(service) = service(octets) else { return ignored("the first element is not v=") };
    if !service.eq_ignore_ascii_case(KEY_RECORD) && !is_known(service) {
        return ignored(&format!(
            "{service} is no service that clients ask for; known are {} and {KEY_RECORD}",
            SERVICES.join(", ")
        ));
    }
    let is_key_record = service.eq_ignore_ascii_case(KEY_RECORD);
    let mut text = format!("{}\n", shown(octets).0);
    let mut line = |name: &str, meaning: &str| text.push_str(&format!("  {name:<10} {meaning}\n"));
    for element in elements(octets).flatten() {
        let meaning = if is_key_record {
            of_key_record(element.name, element.value)
        } else {
            of_policy(element.name, element.value)
        };
        line(element.name, &meaning);
    }
    let canonical = if is_key_record {
        KeyRecord::parse(octets).ok().flatten().map(|record| {
            if record.strongest().is_some_and(|digest| digest.algorithm.is_weak()) {
                line("warning:", "only a sha1 digest; add sha256, because sha1 collides");
            }
            record.to_string()
        })
    } else {
        PolicyRecord::parse(octets, service).ok().flatten().map(|policy| policy.to_string())
    };
    if let Some(canonical) = canonical {
        line("canonical", &canonical);
    }
    text
}

fn of_policy(name: &str, value: &str) -> String {
    match name.to_ascii_lowercase().as_str() {
        "v" => format!("the policy of the service {value}"),
        "starttls" => {
            format!(
                "TLS is always offered, and the chain leads to a certificate named by a key record at {value}"
            )
        }
        "smtp-auth" => "nobody submits without logging in".to_owned(),
        "sasl" => format!("no other mechanism may be used than {}", value.replace(',', ", ")),
        _ => "unknown, therefore ignored".to_owned(),
    }
}

fn of_key_record(name: &str, value: &str) -> String {
    let algorithm = DigestAlgorithm::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name));
    match algorithm {
        Some(algorithm) => format!("digest of a certificate's DER, {} octets", algorithm.length()),
        None if name.eq_ignore_ascii_case("v") => "a key record".to_owned(),
        None if name.eq_ignore_ascii_case("uri") => format!("the certificate can be had at {value}"),
        None => "unknown, therefore ignored".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(text: &[u8]) -> String {
        let explained = explain("record 1", text);
        anstream::adapter::strip_str(&explained.text).to_string()
    }

    #[test]
    fn each_element_is_explained() {
        insta::assert_snapshot!(explained(b"v=submission STARTTLS=_certroot.example.com SMTP-AUTH=Required x=y"), @r#"
        v=submission STARTTLS=_certroot.example.com SMTP-AUTH=Required x=y
          v          the policy of the service submission
          STARTTLS   TLS is always offered, and the chain leads to a certificate named by a key record at _certroot.example.com
          SMTP-AUTH  nobody submits without logging in
          x          unknown, therefore ignored
          canonical  v=submission STARTTLS=_certroot.example.com SMTP-AUTH=Required
        "#);
        insta::assert_snapshot!(explained(b"v=keyrecord sha1=2jmj7l5rSw0yVb/vlWAYkK/YBwk="), @r#"
        v=keyrecord sha1=2jmj7l5rSw0yVb/vlWAYkK/YBwk=
          v          a key record
          sha1       digest of a certificate's DER, 20 octets
          warning:   only a sha1 digest; add sha256, because sha1 collides
          canonical  v=keyrecord sha1=2jmj7l5rSw0yVb/vlWAYkK/YBwk=
        "#);
        insta::assert_snapshot!(explained(b"v=spf1 -all"), @r#"
        v=spf1 -all
          neither a policy nor a key record, therefore ignored: spf1 is no service that clients ask for; known are imap, imaps, mx, pop3, pop3s, submission, submissions and keyrecord
        "#);
        insta::assert_snapshot!(explained(b"google-site-verification=abc"), @r#"
        google-site-verification=abc
          neither a policy nor a key record, therefore ignored: the first element is not v=
        "#);
    }

    #[test]
    fn every_mistake_is_shown() {
        insta::assert_snapshot!(explained(b"v=submission STARTTLS=a..b SMTP-AUTH=Maybe plain x=\xe4 x=1"), @r#"
        error: not a domain name
         --> record 1:1:23
          |
        1 | v=submission STARTTLS=a..b SMTP-AUTH=Maybe plain x=\228 x=1
          |                       ^^^^
          |
          = help: expected labels of letters, digits, `-` and `_`, such as `_certroot.example.com` (grammar/known-values-only)

        error: the value is not one that this name knows
         --> record 1:1:38
          |
        1 | v=submission STARTTLS=a..b SMTP-AUTH=Maybe plain x=\228 x=1
          |                                      ^^^^^
          |
          = help: expected `Required`; leave the element out if it is not (grammar/known-values-only)

        error: the element has no equals sign
         --> record 1:1:44
          |
        1 | v=submission STARTTLS=a..b SMTP-AUTH=Maybe plain x=\228 x=1
          |                                            ^^^^^
          |
          = help: write `name=value`, without spaces around the equals sign (grammar/element-has-equals-sign)

        error: not a visible ASCII character
         --> record 1:1:52
          |
        1 | v=submission STARTTLS=a..b SMTP-AUTH=Maybe plain x=\228 x=1
          |                                                    ^^^^
          |
          = help: write visible ASCII only, with a space between elements (grammar/visible-ascii-only)
        "#);
        insta::assert_snapshot!(explained(b"v=keyrecord sha1=AAAA sha256=%"), @r#"
        error: not a digest of this length
         --> record 1:1:18
          |
        1 | v=keyrecord sha1=AAAA sha256=%
          |                  ^^^^
          |
          = help: expected padded base64 with 28 characters for sha1, 44 for sha256, 64 for sha384, 88 for sha512 (key/digest-has-exact-length)

        error: not a digest of this length
         --> record 1:1:30
          |
        1 | v=keyrecord sha1=AAAA sha256=%
          |                              ^
          |
          = help: expected padded base64 with 28 characters for sha1, 44 for sha256, 64 for sha384, 88 for sha512 (key/digest-has-exact-length)
        "#);
        insta::assert_snapshot!(explained(b"v=keyrecord"), @r#"
        error: the key record has no digest
         --> record 1:1:1
          |
        1 | v=keyrecord
          | ^^^^^^^^^^^
          |
          = help: add one of sha256=, sha384=, sha512= (or sha1=, which is weak) (key/no-usable-record-is-refused)
        "#);
    }

    #[test]
    fn what_touches_the_first_element_is_shown() {
        insta::assert_snapshot!(explained(b"v=submission; STARTTLS=_c.example"), @r#"
        error: not a space behind the first element
         --> record 1:1:13
          |
        1 | v=submission; STARTTLS=_c.example
          |             ^
          |
          = help: put a space, and nothing else, behind the first element (grammar/first-element-ends-with-space)
        "#);
        insta::assert_snapshot!(explained(br#"TXT "v=pop3" "STARTTLS=_c.example""#), @r#"
        error: not a space behind the first element
         --> record 1:1:7
          |
        1 | v=pop3STARTTLS=_c.example
          |       ^^^^^^^^
          |
          = help: put a space, and nothing else, behind the first element (grammar/first-element-ends-with-space)
        "#);
    }

    #[test]
    fn strings_of_master_files_are_joined() {
        insta::assert_snapshot!(explained(br#"_pop3._tcp TXT "v=pop3 START" "TLS=_c.example.com""#), @r#"
        v=pop3 STARTTLS=_c.example.com
          v          the policy of the service pop3
          STARTTLS   TLS is always offered, and the chain leads to a certificate named by a key record at _c.example.com
          canonical  v=pop3 STARTTLS=_c.example.com
        "#);
        insta::assert_snapshot!(explained(br#""v=pop3"#), @r#"
        error: the string is not closed
         --> record 1:1:1
          |
        1 | "v=pop3
          | ^^^^^^^
          |
          = help: add a quote at its end
        "#);
    }
}
