//! The messages that wait for a user, shared by all connections to one server.

use std::sync::{Mutex, PoisonError};

/// A maildrop (RFC 1939 §4). A session sees the messages that were there when it logged in.
#[derive(Debug)]
pub(crate) struct Maildrop {
    messages: Mutex<Vec<Message>>,
}

/// One message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Message {
    /// Unique among all that the maildrop ever held.
    pub(crate) unique_id: String,
    pub(crate) content: Vec<u8>,
}

impl Maildrop {
    pub(crate) fn new(mailbox: &[Vec<u8>]) -> Self {
        let message = |(index, content): (usize, &Vec<u8>)| Message {
            unique_id: format!("signpost-{}", index + 1),
            content: content.clone(),
        };
        Self { messages: Mutex::new(mailbox.iter().enumerate().map(message).collect()) }
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn delete(&self, unique_ids: &[String]) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.retain(|message| !unique_ids.contains(&message.unique_id));
    }
}
