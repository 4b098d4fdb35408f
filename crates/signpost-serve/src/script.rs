//! The script: what becomes of a reply on its way out.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use signpost_transcript::{Channel, Event};

use crate::Effect;

/// One thing that is done to replies. `P` is the session's word for the places of its dialogue at which it replies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule<P> {
    /// The number of the fault, for the transcript.
    pub number: u32,
    /// The `at` of the fault, for the transcript.
    pub at: String,
    /// The kind of the fault, for the transcript.
    pub kind: String,
    /// Only the reply at this place; none: every reply.
    pub place: Option<P>,
    /// Only replies in clear, or only replies inside TLS; none: both.
    pub channel: Option<Channel>,
    /// What is done.
    pub change: Change,
}

/// What is done to a reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// The connection is ended properly in place of the reply, or after this many octets of it.
    Close {
        /// Octets of the reply that still go out.
        after: usize,
    },
    /// The same, without a TLS close_notify.
    Cut {
        /// Octets of the reply that still go out.
        after: usize,
    },
    /// It is held back for this long.
    Delay(Duration),
    /// This many octets without a line's end stand in its place.
    Flood {
        /// How many octets.
        octets: usize,
    },
    /// It goes out in one segment with the next one, if there is a next one before the client has to speak again.
    Merge,
    /// These octets stand in its place. In them `${tag}` stands for what the command that is answered calls itself, where a
    /// protocol has that ([`Script::tag`]).
    Replace(Vec<u8>),
    /// From here on nothing is said, but the client is heard.
    Silence,
    /// It goes out in pieces of so many octets, each in a segment of its own.
    Split {
        /// Octets in a piece; at least 1.
        size: usize,
    },
}

/// The rules of one connection, and how far they have come. Each rule is observed when it is first applied.
#[derive(Debug)]
pub struct Script<P> {
    rules: Arc<[Rule<P>]>,
    applied: Vec<usize>,
    /// Replies that wait for the next one, and the rule that holds them.
    held: Option<(usize, Vec<u8>)>,
    last: Vec<u8>,
    tag: Vec<u8>,
    silent: bool,
}

impl<P: Copy + Display + Eq> Script<P> {
    /// The script at the beginning of a connection. Where several rules are about one reply they are applied in order.
    #[must_use]
    pub fn new(rules: impl Into<Arc<[Rule<P>]>>) -> Self {
        Self {
            rules: rules.into(),
            applied: Vec::new(),
            held: None,
            last: Vec::new(),
            tag: Vec::new(),
            silent: false,
        }
    }

    /// Says `reply`, or what the rules make of it.
    pub fn say(&mut self, place: P, channel: Channel, mut reply: Vec<u8>) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.silent {
            return effects;
        }
        let mut hold = None;
        let mut piece = usize::MAX;
        let rules = Arc::clone(&self.rules);
        for (index, rule) in rules.iter().enumerate() {
            if rule.place.is_some_and(|at| at != place) || rule.channel.is_some_and(|only| only != channel) {
                continue;
            }
            let place = match channel {
                Channel::Clear => format!("{place} in clear"),
                Channel::Tls => format!("{place} inside TLS"),
            };
            let mut observe = |detail: String| effects.extend(self.first_time(index, detail));
            match &rule.change {
                Change::Close { after } | Change::Cut { after } => {
                    let properly = matches!(rule.change, Change::Close { .. });
                    let how = if properly { "closed" } else { "cut" };
                    observe(format!("the connection was {how} at {place}"));
                    self.last.clear();
                    self.release(&mut effects);
                    reply.truncate(*after);
                    if !reply.is_empty() {
                        effects.push(Effect::Send(reply));
                    }
                    effects.extend(if properly { self.close() } else { self.cut() });
                    return effects;
                }
                Change::Delay(delay) => {
                    observe(format!("the reply at {place} was held back"));
                    effects.push(Effect::Delay(*delay));
                }
                Change::Flood { octets } => {
                    observe(format!("the reply at {place} had no end"));
                    reply = vec![b'x'; *octets];
                }
                Change::Merge => hold = Some(index),
                Change::Replace(octets) => {
                    observe(format!("the reply at {place} was replaced"));
                    reply = with_tag(octets, &self.tag);
                }
                Change::Silence => {
                    observe(format!("the server fell silent at {place}"));
                    self.last.clear();
                    self.silent = true;
                    return effects;
                }
                Change::Split { size } => {
                    observe(format!("the reply at {place} came in pieces"));
                    piece = (*size).max(1);
                }
            }
        }
        self.last.clone_from(&reply);
        if let Some((index, held)) = self.held.take() {
            effects.extend(self.first_time(index, "two replies went out in one segment".to_owned()));
            reply.splice(0..0, held);
        }
        match hold {
            Some(index) => self.held = Some((index, reply)),
            None => effects.extend(reply.chunks(piece).map(|piece| Effect::Send(piece.to_vec()))),
        }
        effects
    }

    /// The command that is answered next calls itself so.
    pub fn tag(&mut self, tag: &[u8]) {
        self.tag = tag.to_vec();
    }

    /// There is no next reply for now: what was held goes out by itself.
    pub fn release(&mut self, effects: &mut Vec<Effect>) {
        if let Some((_, held)) = self.held.take() {
            effects.push(Effect::Send(held));
        }
    }

    /// Ends the connection properly, unless the server fell silent: then only the client can.
    pub fn close(&mut self) -> Vec<Effect> {
        if self.silent { Vec::new() } else { self.end(Effect::Close) }
    }

    /// Ends the connection without a word.
    pub fn cut(&mut self) -> Vec<Effect> {
        self.end(Effect::Cut)
    }

    /// Whether nothing more is said, by a rule or since the connection is to be closed.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// Whether a line of the last reply, as it went out, began like this.
    #[must_use]
    pub fn said(&self, beginning: &str) -> bool {
        self.last.split(|octet| *octet == b'\n').any(|line| line.starts_with(beginning.as_bytes()))
    }

    /// The client goes on in clear where TLS has failed: a silent server speaks again.
    pub fn resume(&mut self) {
        self.silent = false;
    }

    fn end(&mut self, end: Effect) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.release(&mut effects);
        self.silent = true;
        effects.push(end);
        effects
    }

    fn first_time(&mut self, index: usize, detail: String) -> Option<Effect> {
        if self.applied.contains(&index) {
            return None;
        }
        self.applied.push(index);
        let Rule { number, at, kind, .. } = &self.rules[index];
        let (at, kind) = (at.clone(), kind.clone());
        Some(Effect::Observe(Event::Fault { number: *number, at, kind, detail }))
    }
}

/// The octets with the tag wherever `${tag}` stands in them.
fn with_tag(octets: &[u8], tag: &[u8]) -> Vec<u8> {
    const PLACEHOLDER: &[u8] = b"${tag}";
    let mut filled = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(at) = rest.windows(PLACEHOLDER.len()).position(|window| window == PLACEHOLDER) {
        filled.extend_from_slice(&rest[..at]);
        filled.extend_from_slice(tag);
        rest = &rest[at + PLACEHOLDER.len()..];
    }
    filled.extend_from_slice(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(changes: &[(Option<char>, Change)]) -> Script<char> {
        let rule = |(place, change): &(Option<char>, Change)| Rule {
            number: 1,
            at: "server:*".to_owned(),
            kind: "change".to_owned(),
            place: *place,
            channel: None,
            change: change.clone(),
        };
        Script::new(changes.iter().map(rule).collect::<Vec<_>>())
    }

    /// Says `a` to `c`, each twice in a row, and shows what goes out: segments in brackets, observations as `!`.
    fn check(changes: &[(Option<char>, Change)], expected: &str) {
        let mut script = script(changes);
        let mut effects = Vec::new();
        for place in ['a', 'b', 'c'] {
            effects.extend(script.say(place, Channel::Clear, vec![place as u8; 2]));
        }
        script.release(&mut effects);
        let shown = effects.iter().map(|effect| match effect {
            Effect::Close => "close".to_owned(),
            Effect::Cut => "cut".to_owned(),
            Effect::Delay(_) => "delay".to_owned(),
            Effect::Observe(_) => "!".to_owned(),
            Effect::Send(bytes) => format!("[{}]", bytes.escape_ascii()),
            Effect::StartTls(_) => "tls".to_owned(),
        });
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{changes:?}");
    }

    #[test]
    fn replies_go_out_as_the_rules_make_them() {
        let at = |place, change| (Some(place), change);
        check(&[], "[aa] [bb] [cc]");
        check(&[at('b', Change::Replace(b"no".to_vec()))], "[aa] ! [no] [cc]");
        check(&[at('b', Change::Flood { octets: 4 })], "[aa] ! [xxxx] [cc]");
        check(&[(None, Change::Delay(Duration::ZERO))], "! delay [aa] delay [bb] delay [cc]");
        check(&[at('c', Change::Split { size: 1 })], "[aa] [bb] ! [c] [c]");
        check(&[at('a', Change::Merge)], "! [aabb] [cc]");
        check(&[at('a', Change::Merge), at('b', Change::Merge)], "! ! [aabbcc]");
        check(&[at('c', Change::Merge)], "[aa] [bb] [cc]");
        check(&[at('b', Change::Silence)], "[aa] !");
        check(&[at('b', Change::Cut { after: 0 })], "[aa] ! cut");
        check(&[at('b', Change::Cut { after: 1 })], "[aa] ! [b] cut");
        check(&[at('b', Change::Close { after: 1 })], "[aa] ! [b] close");
        check(&[at('a', Change::Merge), at('b', Change::Cut { after: 1 })], "! [aa] [b] cut");
    }

    #[test]
    fn a_rule_may_be_about_one_channel() {
        let mut rule = script(&[(None, Change::Replace(b"no".to_vec()))]).rules[0].clone();
        rule.channel = Some(Channel::Tls);
        let mut script = Script::new(vec![rule]);
        assert_eq!(script.say('a', Channel::Clear, b"yes".to_vec()), [Effect::Send(b"yes".to_vec())]);
        assert!(script.said("yes"));
        let inside = script.say('a', Channel::Tls, b"yes".to_vec());
        assert_eq!(inside.last(), Some(&Effect::Send(b"no".to_vec())));
        assert!(script.said("no"));
    }

    #[test]
    fn a_replaced_reply_can_name_the_command() {
        assert_eq!(with_tag(b"${tag} OK\r\n* ${tag}${tag", b"a1"), b"a1 OK\r\n* a1${tag");
        assert_eq!(with_tag(b"+OK", b"a1"), b"+OK");
    }
}
