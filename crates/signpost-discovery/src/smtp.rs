//! Submission and mail between servers (RFC 5321, 3207, 4954, 6409).

mod content;
mod reply;

use crate::line::LineBuffer;
use crate::outcome::Reason;
use crate::protocol::{Awaited, Meaning, Move, Offers, Protocol, Silence, Words};
use crate::rules::Rules;
use crate::sasl::Mechanism;
use crate::terms::Terms;
use content::transparent;
use reply::{PartialReply, Reply};

/// A session in SMTP.
#[derive(Debug, Default)]
pub(crate) struct Smtp {
    coming: PartialReply,
}

/// What is waited for in SMTP alone.
#[derive(Debug)]
pub(crate) enum Step {
    Content,
    Data,
    /// The answer to HELO, which only a defect says.
    HelloWithoutExtensions,
    Recipient,
    Sender,
}

impl Protocol for Smtp {
    type Reply = Reply;
    type Step = Step;

    const WORDS: Words = Words {
        capabilities: "EHLO [127.0.0.1]",
        upgrade: "STARTTLS",
        authenticate: "AUTH",
        // RFC 4954 §4.
        command_limit: 12_286,
        login: "AUTH",
        own_login: None,
        goes_without_login: true,
        quit: "QUIT",
        nothing_offered: "no usable AUTH is offered",
    };

    fn read(&mut self, lines: &mut LineBuffer, _: Awaited<'_, Step>) -> Result<Option<Reply>, String> {
        self.coming.read(lines)
    }

    fn greeting(reply: &Reply) -> Meaning {
        match reply.code {
            220 => Meaning::Yes,
            400..=499 | 554 => Meaning::No,
            _ => Meaning::Odd,
        }
    }

    fn upgrade(reply: &Reply) -> Meaning {
        match reply.code {
            220 => Meaning::Yes,
            400..=599 => Meaning::No,
            _ => Meaning::Odd,
        }
    }

    fn looks_like_success(reply: &Reply) -> bool {
        (200..300).contains(&reply.code)
    }

    fn has_several_lines(reply: &Reply) -> bool {
        reply.lines.len() > 1
    }

    fn is_usual_rejection(reply: &Reply) -> bool {
        reply.code == 535
    }

    fn login(reply: &Reply, _: Rules) -> Meaning {
        match reply.code {
            235 => Meaning::Yes,
            334 => Meaning::Challenge,
            // RFC 4954 §4, §6: the mechanism alone is refused.
            400..=499 | 504 | 534 => Meaning::Later,
            500..=599 => Meaning::No,
            _ => Meaning::Odd,
        }
    }

    fn challenge(reply: &Reply) -> &[u8] {
        reply.lines.first().map_or(&[], |line| line.as_bytes())
    }

    fn capabilities(reply: &Reply, terms: &Terms, protected: bool) -> Result<Offers, Move<Step>> {
        match reply.code {
            250 => Ok(offers(reply, terms.rules)),
            421 if terms.rules.requires_ehlo() => Err(Move::Fail(Reason::Unreachable, reply.describe())),
            _ if !protected && (!terms.tls_required || !terms.rules.requires_ehlo()) => {
                Err(Move::Command("HELO [127.0.0.1]".to_owned(), Step::HelloWithoutExtensions))
            }
            // HELO has no extensions, so it is no way on.
            _ if terms.upgrade && !protected => {
                Err(Move::Fail(Reason::StarttlsNotOffered, format!("EHLO rejected: {}", reply.describe())))
            }
            _ => Err(unexpected("EHLO", reply)),
        }
    }

    fn ask_for_user(terms: &Terms) -> String {
        format!("MAIL FROM:<{}>", terms.sender())
    }

    fn introduce(terms: &Terms) -> Option<String> {
        Some(format!("HELO {}", terms.request.address))
    }

    fn exchange(terms: &Terms) -> Move<Step> {
        Move::Command(format!("MAIL FROM:<{}>", terms.sender()), Step::Sender)
    }

    fn proceed(step: &Step, reply: Reply, terms: &Terms, has_logged_in: bool) -> Move<Step> {
        match (step, reply.code) {
            (Step::Content, 250) => Move::Succeed { retrieved: None, note: None },
            (Step::Content, _) => untaken("the message", &reply, terms),
            (Step::Data, 354) => Move::Content(transparent(&terms.request.message), Step::Content),
            (Step::Data, _) => untaken("DATA", &reply, terms),
            (Step::HelloWithoutExtensions, 250) if terms.logs_in() && terms.rules.authenticates_first() => {
                Move::LogIn
            }
            (Step::HelloWithoutExtensions, 250) => Self::exchange(terms),
            (Step::HelloWithoutExtensions, _) => unexpected("HELO", &reply),
            (Step::Recipient, 250 | 251) => Move::Command("DATA".to_owned(), Step::Data),
            (Step::Recipient, _) => untaken("RCPT", &reply, terms),
            (Step::Sender, 250) => {
                Move::Command(format!("RCPT TO:<{}>", terms.request.address), Step::Recipient)
            }
            // RFC 4954 §6: authentication required.
            (Step::Sender, 530) if !terms.rules.authenticates_first() && !has_logged_in => Move::LogIn,
            (Step::Sender, _) => untaken("MAIL", &reply, terms),
        }
    }

    fn silence(&self, step: &Step) -> Silence {
        match step {
            // Between the end mark and the answer nobody can tell whether the message was taken (RFC 1047).
            Step::Content => Silence { awaited: "reply to the message", is_final: true },
            Step::Data | Step::HelloWithoutExtensions | Step::Recipient | Step::Sender => {
                Silence { awaited: "reply", is_final: false }
            }
        }
    }

    fn describe(reply: &Reply) -> String {
        reply.describe()
    }

    fn describe_odd(question: &str, reply: &Reply) -> String {
        format!("{question} answered with {}", reply.describe())
    }
}

/// What a reply other than yes means to whoever brings a message: an exchange may put it off or turn it away for good (RFC 5321
/// section 4.2.1).
fn untaken(question: &str, reply: &Reply, terms: &Terms) -> Move<Step> {
    let rules = terms.rules;
    let reason = match reply.code {
        400..=499 if terms.request.is_relay() && rules.tells_put_off_from_rejected() => Reason::MessagePutOff,
        500..=599 if terms.request.is_relay() && !rules.tells_rejected_from_put_off() => {
            Reason::MessagePutOff
        }
        400..=599 if terms.request.is_relay() => Reason::MessageRejected,
        _ => Reason::ProtocolError,
    };
    Move::Fail(reason, Smtp::describe_odd(question, reply))
}

fn unexpected(question: &str, reply: &Reply) -> Move<Step> {
    Move::Fail(Reason::ProtocolError, Smtp::describe_odd(question, reply))
}

fn offers(reply: &Reply, rules: Rules) -> Offers {
    let mut offers = Offers { listed: true, ..Offers::default() };
    // The first line is the greeting, whatever it looks like (RFC 5321 §4.1.1.1).
    for line in reply.lines.iter().skip(1) {
        let (keyword, parameters) = line.split_once(' ').unwrap_or((line, ""));
        if keyword.eq_ignore_ascii_case("STARTTLS") {
            offers.upgrade = true;
        } else if keyword.eq_ignore_ascii_case("AUTH") {
            offers.authentication = true;
            offers.mechanisms.extend(Mechanism::known(parameters, rules));
        }
    }
    offers
}
