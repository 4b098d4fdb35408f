//! Replies of IMAP: what comes untagged, up to the line that bears a command's tag (RFC 9051 section 2.2).

use std::collections::VecDeque;

use data_encoding::BASE64;
use imap_codec::decode::{Decoder as _, GreetingDecodeError, ResponseDecodeError};
use imap_codec::imap_types::IntoStatic as _;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::response::{
    Capability, Code, CommandContinuationRequest, Data as Untagged, GreetingKind, Response, Status,
    StatusKind,
};
use imap_codec::{GreetingCodec, ResponseCodec};

use crate::line::{LineBuffer, quote};

/// The most octets of one response that is no message.
pub(super) const REPLY_LIMIT: usize = 64 * 1024;

/// The most octets of a response with a message.
pub(super) const MESSAGE_LIMIT: usize = 32 * 1024 * 1024;

/// What a server said to a command, or unasked at the beginning and at the end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(super) said: Said,
    pub(super) code: Option<Code<'static>>,
    pub(super) text: String,
    pub(super) data: Data,
}

/// How it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Bad,
    Bye,
    /// More is wanted of the command.
    Continue,
    No,
    Ok,
    PreAuth,
}

impl Said {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bad => "BAD",
            Self::Bye => "BYE",
            Self::Continue => "+",
            Self::No => "NO",
            Self::Ok => "OK",
            Self::PreAuth => "PREAUTH",
        }
    }
}

/// What came untagged before an answer, as far as this client wants it.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) capabilities: Vec<Capability<'static>>,
    pub(super) exists: Option<u32>,
    pub(super) message: Option<Vec<u8>>,
    /// Whether anything but capabilities came.
    pub(super) unasked: bool,
}

/// Reads the greeting, before which nothing was said.
pub(super) fn greeting(lines: &mut LineBuffer) -> Result<Option<Reply>, String> {
    let waiting = lines.waiting();
    let (reply, rest) = match GreetingCodec::default().decode(waiting) {
        Ok((rest, greeting)) => {
            let said = match greeting.kind {
                GreetingKind::Ok => Said::Ok,
                GreetingKind::PreAuth => Said::PreAuth,
                GreetingKind::Bye => Said::Bye,
            };
            let code = greeting.code.map(|code| code.into_static());
            let text = greeting.text.inner().to_owned();
            (Reply { said, code, text, data: Data::default() }, rest.len())
        }
        Err(GreetingDecodeError::Incomplete) => return incomplete(waiting, REPLY_LIMIT),
        Err(GreetingDecodeError::Failed) => return Err(not_understood(waiting)),
    };
    lines.take(waiting.len() - rest);
    Ok(Some(reply))
}

/// Takes what comes untagged and answers nothing (RFC 9051 section 7), as far as it is whole.
pub(super) fn take_untagged(lines: &mut LineBuffer, data: &mut Data) {
    loop {
        let waiting = lines.waiting();
        let length = waiting.len();
        let rest = match ResponseCodec::default().decode(waiting) {
            Ok((rest, Response::Data(untagged))) => {
                take(untagged, data);
                rest.len()
            }
            Ok((rest, Response::Status(Status::Untagged(_)))) => rest.len(),
            _ => return,
        };
        lines.take(length - rest);
    }
}

/// Reads up to the answer to the first command of `unanswered`, or to what is said to none.
pub(super) fn read(
    lines: &mut LineBuffer,
    limit: usize,
    unanswered: &mut VecDeque<String>,
    data: &mut Data,
) -> Result<Option<Reply>, String> {
    loop {
        let waiting = lines.waiting();
        let length = waiting.len();
        let (rest, response) = match ResponseCodec::default().decode(waiting) {
            Ok((rest, response)) => (rest.len(), response),
            Err(ResponseDecodeError::Incomplete | ResponseDecodeError::LiteralFound { .. }) => {
                return incomplete(waiting, limit);
            }
            Err(ResponseDecodeError::Failed) => return Err(not_understood(waiting)),
        };
        let reply = match response {
            Response::CommandContinuationRequest(request) => {
                let text = match request {
                    CommandContinuationRequest::Base64(octets) => BASE64.encode(&octets),
                    CommandContinuationRequest::Basic(basic) => basic.text().inner().to_owned(),
                };
                Some((Said::Continue, None, text, Data::default()))
            }
            Response::Data(untagged) => {
                take(untagged, data);
                None
            }
            // What a server remarks is for people.
            Response::Status(Status::Untagged(_)) => None,
            Response::Status(Status::Bye(bye)) => Some((
                Said::Bye,
                bye.code.map(|code| code.into_static()),
                bye.text.inner().to_owned(),
                std::mem::take(data),
            )),
            Response::Status(Status::Tagged(tagged)) => {
                if unanswered.front().is_none_or(|tag| tag != tagged.tag.inner()) {
                    return Err(format!(
                        "the server answers a command {} that waits for none",
                        tagged.tag.inner()
                    ));
                }
                unanswered.pop_front();
                let said = match tagged.body.kind {
                    StatusKind::Ok => Said::Ok,
                    StatusKind::No => Said::No,
                    StatusKind::Bad => Said::Bad,
                };
                let code = tagged.body.code.map(|code| code.into_static());
                Some((said, code, tagged.body.text.inner().to_owned(), std::mem::take(data)))
            }
        };
        lines.take(length - rest);
        if let Some((said, code, text, data)) = reply {
            return Ok(Some(Reply { said, code, text, data }));
        }
    }
}

fn take(untagged: Untagged<'_>, data: &mut Data) {
    data.unasked |= !matches!(untagged, Untagged::Capability(_));
    match untagged {
        Untagged::Capability(capabilities) => {
            data.capabilities = capabilities.into_static().into_inner();
        }
        Untagged::Exists(count) => data.exists = Some(count),
        Untagged::Fetch { items, .. } => {
            for item in items.as_ref() {
                if let MessageDataItem::BodyExt { section: None, origin: None, data: content } = item {
                    data.message = content.0.as_ref().map(|content| content.as_ref().to_vec());
                }
            }
        }
        _ => {}
    }
}

fn incomplete(waiting: &[u8], limit: usize) -> Result<Option<Reply>, String> {
    if waiting.len() > limit { Err("the server sent a line that is too long".to_owned()) } else { Ok(None) }
}

fn not_understood(waiting: &[u8]) -> String {
    let end = waiting.iter().position(|octet| *octet == b'\n').unwrap_or(waiting.len());
    format!("the server sent {:?}", quote(waiting[..end].trim_ascii_end()))
}
