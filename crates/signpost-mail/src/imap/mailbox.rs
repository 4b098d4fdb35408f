//! The one mailbox that there is, INBOX, and what may be asked of it.

use std::fmt::Write as _;

use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::fetch::{
    Macro, MacroOrMessageDataItemNames, MessageDataItemName as Item, Section,
};
use imap_codec::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_codec::imap_types::mailbox::Mailbox as Name;
use imap_codec::imap_types::sequence::{Sequence, SequenceSet};
use imap_codec::imap_types::status::StatusDataItemName;
use signpost_transcript::Transfer;

use crate::Step;
use crate::maildrop::{Maildrop, Message};
use crate::turn::Turn;

/// INBOX as it was when it was selected.
#[derive(Debug)]
pub(super) struct Mailbox {
    messages: Vec<Entry>,
    is_writable: bool,
}

#[derive(Debug)]
struct Entry {
    message: Message,
    is_seen: bool,
    is_deleted: bool,
}

/// What became of a command.
#[derive(Debug)]
pub(super) enum Answer {
    /// The mailbox was left.
    Left,
    Said,
    Selected(Mailbox),
    /// It is not known here.
    Unknown,
}

/// What may be asked whether or not a mailbox is selected.
pub(super) fn without_mailbox(
    tag: &str,
    body: &CommandBody<'_>,
    maildrop: &Maildrop,
    turn: &mut Turn<'_>,
) -> Answer {
    match body {
        CommandBody::Select { mailbox, .. } => select(tag, mailbox, true, maildrop, turn),
        CommandBody::Examine { mailbox, .. } => select(tag, mailbox, false, maildrop, turn),
        CommandBody::List { .. } | CommandBody::Lsub { .. } => {
            let word = if matches!(body, CommandBody::List { .. }) { "LIST" } else { "LSUB" };
            turn.reply(Step::List, format!("* {word} () \"/\" INBOX\r\n{tag} OK done\r\n"));
            Answer::Said
        }
        CommandBody::Status { mailbox: Name::Inbox, item_names } => {
            let messages = maildrop.messages();
            let mut items = Vec::new();
            for name in item_names.iter() {
                items.push(match name {
                    StatusDataItemName::Messages => format!("MESSAGES {}", messages.len()),
                    StatusDataItemName::Unseen => format!("UNSEEN {}", messages.len()),
                    StatusDataItemName::Recent => "RECENT 0".to_owned(),
                    StatusDataItemName::UidNext => format!("UIDNEXT {}", next_uid(&messages)),
                    StatusDataItemName::UidValidity => "UIDVALIDITY 1".to_owned(),
                    _ => continue,
                });
            }
            turn.reply(Step::Stat, format!("* STATUS INBOX ({})\r\n{tag} OK done\r\n", items.join(" ")));
            Answer::Said
        }
        CommandBody::Namespace => {
            turn.reply(Step::Other, format!("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n{tag} OK done\r\n"));
            Answer::Said
        }
        CommandBody::Subscribe { .. } | CommandBody::Unsubscribe { .. } => {
            turn.reply(Step::Other, format!("{tag} OK done\r\n"));
            Answer::Said
        }
        _ => Answer::Unknown,
    }
}

fn select(tag: &str, name: &Name<'_>, is_writable: bool, maildrop: &Maildrop, turn: &mut Turn<'_>) -> Answer {
    if !matches!(name, Name::Inbox) {
        turn.reply(Step::Select, format!("{tag} NO [NONEXISTENT] there is only INBOX\r\n"));
        return Answer::Left;
    }
    let messages = maildrop.messages();
    let access = if is_writable { "READ-WRITE" } else { "READ-ONLY" };
    turn.reply(
        Step::Select,
        format!(
            "* {} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Deleted)\r\n\
             * OK [PERMANENTFLAGS (\\Seen \\Deleted)] flags\r\n* OK [UIDVALIDITY 1] valid\r\n\
             * OK [UIDNEXT {}] next\r\n{tag} OK [{access}] done\r\n",
            messages.len(),
            next_uid(&messages)
        ),
    );
    let entry = |message| Entry { message, is_seen: false, is_deleted: false };
    Answer::Selected(Mailbox { messages: messages.into_iter().map(entry).collect(), is_writable })
}

impl Mailbox {
    pub(super) fn command(
        &mut self,
        tag: &str,
        body: &CommandBody<'_>,
        maildrop: &Maildrop,
        turn: &mut Turn<'_>,
    ) -> Answer {
        match body {
            CommandBody::Fetch { sequence_set, macro_or_item_names, uid, .. } => {
                self.fetch(tag, sequence_set, macro_or_item_names, *uid, turn);
                Answer::Said
            }
            CommandBody::Search { uid, .. } => {
                // Whoever looks for something finds all there is, as the messages of a lab are there to be found.
                let found: String =
                    (0..self.messages.len()).map(|index| format!(" {}", self.number(index, *uid))).collect();
                turn.reply(Step::Search, format!("* SEARCH{found}\r\n{tag} OK done\r\n"));
                Answer::Said
            }
            CommandBody::Store { sequence_set, kind, response, flags, uid, .. } => {
                self.store(tag, sequence_set, *kind, *response, flags, *uid, turn);
                Answer::Said
            }
            CommandBody::Expunge | CommandBody::ExpungeUid { .. } => {
                let said: String =
                    self.expunge(maildrop).iter().map(|number| format!("* {number} EXPUNGE\r\n")).collect();
                turn.reply(Step::Dele, format!("{said}{tag} OK done\r\n"));
                Answer::Said
            }
            CommandBody::Check => {
                turn.reply(Step::Other, format!("{tag} OK done\r\n"));
                Answer::Said
            }
            CommandBody::Close | CommandBody::Unselect => {
                if matches!(body, CommandBody::Close) {
                    self.expunge(maildrop);
                }
                turn.reply(Step::Other, format!("{tag} OK done\r\n"));
                Answer::Left
            }
            _ => Answer::Unknown,
        }
    }

    fn fetch(
        &mut self,
        tag: &str,
        set: &SequenceSet,
        names: &MacroOrMessageDataItemNames<'_>,
        uid: bool,
        turn: &mut Turn<'_>,
    ) {
        let mut names = match names {
            MacroOrMessageDataItemNames::MessageDataItemNames(names) => names.clone(),
            MacroOrMessageDataItemNames::Macro(Macro::All | Macro::Fast | Macro::Full) => {
                vec![Item::Flags, Item::Rfc822Size]
            }
            MacroOrMessageDataItemNames::Macro(_) => Vec::new(),
        };
        if uid && !names.contains(&Item::Uid) {
            names.insert(0, Item::Uid);
        }
        let mut reply = Vec::new();
        for index in self.within(set, uid) {
            let mut items: Vec<Vec<u8>> = Vec::new();
            let mut handed_out = None;
            for name in &names {
                let Some(item) = self.item(index, name) else {
                    turn.reply(Step::Retr, format!("{tag} BAD this item is not known here\r\n"));
                    return;
                };
                self.messages[index].is_seen |= item.is_read;
                handed_out = handed_out.max(item.octets);
                items.push(item.said);
            }
            if let Some(octets) = handed_out {
                turn.mail(Transfer::Retrieved, octets);
            }
            reply.extend_from_slice(format!("* {} FETCH (", index + 1).as_bytes());
            reply.extend_from_slice(&items.join(&b' '));
            reply.extend_from_slice(b")\r\n");
        }
        reply.extend_from_slice(format!("{tag} OK done\r\n").as_bytes());
        turn.reply(Step::Retr, reply);
    }

    fn item(&self, index: usize, name: &Item<'_>) -> Option<Said> {
        let entry = &self.messages[index];
        let content = &entry.message.content;
        let short = |text: String| Some(Said { said: text.into_bytes(), is_read: false, octets: None });
        let long = |name: &str, part: &[u8], is_read| {
            let said = [format!("{name} {{{}}}\r\n", part.len()).as_bytes(), part].concat();
            Some(Said { said, is_read, octets: Some(part.len()) })
        };
        let (header, body) = halves(content);
        match name {
            Item::Uid => short(format!("UID {}", uid_of(&entry.message))),
            Item::Flags => short(format!("FLAGS ({})", self.flags(index))),
            Item::Rfc822Size => short(format!("RFC822.SIZE {}", content.len())),
            Item::InternalDate => short("INTERNALDATE \"01-Jan-2026 00:00:00 +0000\"".to_owned()),
            Item::Rfc822 => long("RFC822", content, true),
            Item::Rfc822Header => long("RFC822.HEADER", header, false),
            Item::Rfc822Text => long("RFC822.TEXT", body, true),
            Item::BodyExt { section, partial, peek } => {
                let (what, part) = match section {
                    None => ("", content.as_slice()),
                    Some(Section::Header(None)) => ("HEADER", header),
                    // More than was asked for, which names its fields all the same: nobody is hurt.
                    Some(Section::HeaderFields(None, _)) => ("HEADER", header),
                    Some(Section::Text(None)) => ("TEXT", body),
                    Some(_) => return None,
                };
                match partial {
                    None => long(&format!("BODY[{what}]"), part, !peek),
                    Some((origin, length)) => {
                        let from = usize::try_from(*origin).unwrap_or(usize::MAX).min(part.len());
                        let length = usize::try_from(length.get()).unwrap_or(usize::MAX);
                        let part = &part[from..from.saturating_add(length).min(part.len())];
                        long(&format!("BODY[{what}]<{origin}>"), part, !peek)
                    }
                }
            }
            _ => None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "they are the parts of the command, which has so many")]
    fn store(
        &mut self,
        tag: &str,
        set: &SequenceSet,
        kind: StoreType,
        response: StoreResponse,
        flags: &[Flag<'_>],
        uid: bool,
        turn: &mut Turn<'_>,
    ) {
        if !self.is_writable {
            turn.reply(Step::Other, format!("{tag} NO the mailbox is only to be read\r\n"));
            return;
        }
        let mut said = String::new();
        for index in self.within(set, uid) {
            let entry = &mut self.messages[index];
            let change = |is: &mut bool, flag: Flag<'static>| {
                let is_named = flags.contains(&flag);
                *is = match kind {
                    StoreType::Replace => is_named,
                    StoreType::Add => *is || is_named,
                    StoreType::Remove => *is && !is_named,
                };
            };
            change(&mut entry.is_seen, Flag::Seen);
            change(&mut entry.is_deleted, Flag::Deleted);
            if response == StoreResponse::Answer {
                let _ = write!(said, "* {} FETCH (FLAGS ({}))\r\n", index + 1, self.flags(index));
            }
        }
        turn.reply(Step::Other, format!("{said}{tag} OK done\r\n"));
    }

    /// The sequence numbers of what went, each as it was when its turn came.
    fn expunge(&mut self, maildrop: &Maildrop) -> Vec<usize> {
        let mut gone = Vec::new();
        let mut numbers = Vec::new();
        let mut index = 0;
        while self.is_writable && index < self.messages.len() {
            if self.messages[index].is_deleted {
                gone.push(self.messages.remove(index).message.unique_id);
                numbers.push(index + 1);
            } else {
                index += 1;
            }
        }
        maildrop.delete(&gone);
        numbers
    }

    fn flags(&self, index: usize) -> String {
        let entry = &self.messages[index];
        let flags = [(entry.is_seen, "\\Seen"), (entry.is_deleted, "\\Deleted")];
        flags.into_iter().filter_map(|(is, name)| is.then_some(name)).collect::<Vec<_>>().join(" ")
    }

    fn number(&self, index: usize, uid: bool) -> u32 {
        if uid { uid_of(&self.messages[index].message) } else { as_number(index + 1) }
    }

    /// The places of the messages that a set names, in their order.
    fn within(&self, set: &SequenceSet, uid: bool) -> Vec<usize> {
        let last = self.messages.len().checked_sub(1).map_or(0, |index| self.number(index, uid));
        let value = |end: &imap_codec::imap_types::sequence::SeqOrUid| match end {
            imap_codec::imap_types::sequence::SeqOrUid::Value(value) => value.get(),
            imap_codec::imap_types::sequence::SeqOrUid::Asterisk => last,
        };
        let holds = |number: u32| {
            set.0.as_ref().iter().any(|sequence| match sequence {
                Sequence::Single(one) => value(one) == number,
                Sequence::Range(one, other) => {
                    let (one, other) = (value(one), value(other));
                    (one.min(other)..=one.max(other)).contains(&number)
                }
            })
        };
        (0..self.messages.len()).filter(|index| holds(self.number(*index, uid))).collect()
    }
}

/// One item of one message.
struct Said {
    said: Vec<u8>,
    /// Whether the message counts as read by it.
    is_read: bool,
    /// How much of the message it holds, if it holds any.
    octets: Option<usize>,
}

/// The header with its empty line, and what follows.
fn halves(content: &[u8]) -> (&[u8], &[u8]) {
    let end = content.windows(4).position(|window| window == b"\r\n\r\n").map_or(content.len(), |at| at + 4);
    content.split_at(end)
}

/// The number in a message's unique ID: it grows from message to message and never comes again, as a UID has to.
fn uid_of(message: &Message) -> u32 {
    let digits = message.unique_id.rsplit('-').next().unwrap_or_default();
    digits.parse().unwrap_or(1)
}

fn next_uid(messages: &[Message]) -> u32 {
    messages.iter().map(uid_of).max().unwrap_or_default() + 1
}

fn as_number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
