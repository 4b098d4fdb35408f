//! The messages that wait for a user, shared by all connections to one server.

use std::sync::{Mutex, PoisonError};

/// A maildrop (RFC 1939 §4). A session sees the messages that were there when it logged in.
#[derive(Debug)]
pub(crate) struct Maildrop {
    mailbox: Vec<Vec<u8>>,
    /// The number in the first message's unique ID.
    first: usize,
    messages: Mutex<Vec<Message>>,
}

/// One message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Message {
    /// Unique among all that the maildrop and those before it ever held.
    pub(crate) unique_id: String,
    pub(crate) content: Vec<u8>,
}

impl Maildrop {
    pub(crate) fn new(mailbox: &[Vec<u8>]) -> Self {
        Self::numbered(mailbox, 1)
    }

    fn numbered(mailbox: &[Vec<u8>], first: usize) -> Self {
        let message = |(index, content): (usize, &Vec<u8>)| Message {
            unique_id: format!("signpost-{}", first + index),
            content: content.clone(),
        };
        let messages = mailbox.iter().enumerate().map(message).collect();
        Self { mailbox: mailbox.to_vec(), first, messages: Mutex::new(messages) }
    }

    /// Whether these were its messages before a session deleted any.
    pub(crate) fn began_with(&self, mailbox: &[Vec<u8>]) -> bool {
        self.mailbox == mailbox
    }

    /// The maildrop with these messages in place of its own. They are numbered on from its own, since a client knows a
    /// message by its unique ID even when it comes back another day (RFC 1939 §7, UIDL).
    pub(crate) fn replaced_by(&self, mailbox: &[Vec<u8>]) -> Self {
        Self::numbered(mailbox, self.first + self.mailbox.len())
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn delete(&self, unique_ids: &[String]) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.retain(|message| !unique_ids.contains(&message.unique_id));
    }
}
