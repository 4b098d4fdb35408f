//! A lookup from question to end of the alias chain, with any judge of single replies.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::base::Message;
use hickory_proto::rr::{Name, RecordType};

use crate::belief::Belief;
use crate::exchange::Exchange;
use crate::reading::{MAX_ALIASES, Reading, domain_name, domain_type, redirection};
use crate::{Answer, Failure, Lookup, SecurityStatus};

/// Says how far one reply can be believed.
#[async_trait]
pub(crate) trait Judge: Send + Sync {
    /// The verdict on `message`, a reply to `question` that is neither unreadable nor an error.
    async fn judge(&self, question: &Question<'_>, message: &Message<Bytes>) -> Verdict;
}

/// How far a reply can be believed.
pub(crate) struct Verdict {
    pub(crate) belief: Belief,
    /// What was judged, where that is less than the whole reply: only this may be passed on.
    pub(crate) judged: Option<Answer>,
}

impl Verdict {
    pub(crate) fn new(security: SecurityStatus, reason: impl Into<String>) -> Self {
        Belief::new(security, reason).into()
    }

    /// The same verdict on what depends on `first`.
    pub(crate) fn after(self, first: Belief) -> Self {
        Self { belief: self.belief.after(first), judged: self.judged }
    }
}

impl From<Belief> for Verdict {
    fn from(belief: Belief) -> Self {
        Self { belief, judged: None }
    }
}

/// What was asked, and what the reply claims.
pub(crate) struct Question<'a> {
    pub(crate) record_type: RecordType,
    pub(crate) reading: &'a Reading,
}

/// Asks for `name`, goes after aliases that the server does not resolve itself, and keeps the weakest security
/// on the way.
pub(crate) async fn follow(
    judge: &dyn Judge,
    exchange: &Exchange,
    limit: Duration,
    name: &Name,
    record_type: RecordType,
) -> Lookup {
    // A name that a caller built label by label is meant from the root, too.
    let mut name = name.clone();
    name.set_fqdn(true);
    match tokio::time::timeout(limit, chase(judge, exchange, &name, record_type)).await {
        Ok(lookup) => lookup,
        Err(_) => Lookup::failed(Failure::TimedOut, format!("{name} {record_type}: no verdict in time")),
    }
}

async fn chase(judge: &dyn Judge, exchange: &Exchange, name: &Name, record_type: RecordType) -> Lookup {
    // An alias that anybody could have forged makes everything behind it his choice, so that no later answer, however
    // well signed, is believed more than it.
    let mut weakest = Belief::secure();
    let mut end = name.clone();
    for _ in 0..=MAX_ALIASES {
        let (reading, verdict) = match ask(judge, exchange, &end, record_type).await {
            Ok(judged) => judged,
            Err(lookup) => return lookup,
        };
        let Some(alias) = reading.aliases.first().filter(|_| reading.unfinished) else {
            let Verdict { belief, judged } = verdict.after(weakest);
            let answer = match judged {
                _ if belief.panicked => Answer::Failed(Failure::Panicked),
                judged => judged.unwrap_or(reading.answer),
            };
            return Lookup::new(belief.security, answer).because(belief.reason);
        };
        // A validator cannot judge a reply that stops at an alias, so the redirection is asked for alone. Where it
        // leads is read from that answer: the one that is judged.
        let (link, verdict) = match ask(judge, exchange, &alias.owner, alias.record_type).await {
            Ok(judged) => judged,
            Err(lookup) => return lookup,
        };
        let target = match verdict.judged.as_ref().unwrap_or(&link.answer) {
            Answer::Records(records) => redirection(records, &end),
            Answer::Failed(_) | Answer::NoData | Answer::NxDomain => None,
        };
        let verdict = verdict.after(weakest);
        let Some(target) = target else {
            let reason = format!("{} {} is gone when asked for alone", alias.owner, alias.record_type);
            return Lookup::new(SecurityStatus::Bogus, Answer::NoData).because(reason);
        };
        weakest = verdict.belief;
        end = target;
    }
    Lookup::failed(Failure::AliasLoop, format!("{name}: more than {MAX_ALIASES} aliases"))
}

async fn ask(
    judge: &dyn Judge,
    exchange: &Exchange,
    name: &Name,
    record_type: RecordType,
) -> Result<(Reading, Verdict), Lookup> {
    let Some(wire_name) = domain_name(name) else {
        return Err(Lookup::failed(Failure::Malformed, format!("{name}: not a name that can be asked for")));
    };
    let message = exchange
        .ask(&wire_name, domain_type(record_type))
        .await
        .map_err(|error| Lookup::failed(error.failure, format!("{name} {record_type}: {}", error.detail)))?;
    let reading = Reading::new(&message, name, record_type);
    if let Answer::Failed(failure) = reading.answer {
        return Err(Lookup::failed(failure, format!("{name} {record_type}: {failure}")));
    }
    if reading.unfinished {
        return Ok((reading, Belief::secure().into()));
    }
    let verdict = judge.judge(&Question { record_type, reading: &reading }, &message).await;
    Ok((reading, verdict))
}
