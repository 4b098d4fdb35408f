//! `signpost discover --look-up`: what the reference client finds before it connects, and how far it believes it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use signpost_discovery::{Action, Client, Event, Outcome, Request, Rules};
use signpost_validate::{Answer, Lookup, Resolver};
use tokio::time::Instant;

use super::{print, print_json};
use crate::argument::{DiscoverOptions, ObjectFormat};
use crate::exit::{Exit, Failure};

/// How far the client came.
enum End {
    /// It would connect now.
    Connect(std::net::SocketAddr),
    /// It is done without a connection.
    Done(Outcome),
}

/// One question that the client asked, and what it was told.
struct Asked {
    question: String,
    lookup: Lookup,
}

/// Runs the client until it would connect. Nothing is sent but questions, and the password of the request is never used.
pub(super) async fn look_up(
    request: Request,
    resolver: &dyn Resolver,
    entropy: impl FnMut() -> u64 + Send + 'static,
    options: &DiscoverOptions,
) -> Result<Exit, Failure> {
    let start = Instant::now();
    let mut client = Client::new(Arc::new(request), Rules::default(), Duration::ZERO, entropy);
    let mut asked = Vec::new();
    let end = loop {
        match client.next_action(start.elapsed()) {
            Some(Action::Connect(address)) => break End::Connect(address),
            Some(Action::Done(outcome)) => break End::Done(outcome),
            Some(Action::Query { name, record_type }) => {
                let lookup = resolver.lookup(&name, record_type).await;
                asked.push(Asked { question: format!("{record_type} {name}"), lookup: lookup.clone() });
                client.handle(start.elapsed(), Event::Answer { name, record_type, lookup });
            }
            // Nothing is connected, so there is nothing to say and nobody to wait for but the client's own time.
            Some(Action::Close | Action::Send(_) | Action::StartTls { .. }) => {}
            None => {
                if let Some(limit) = client.next_timeout() {
                    tokio::time::sleep_until(start + limit).await;
                }
                client.handle_timeout(start.elapsed());
            }
        }
    };
    match options.format {
        ObjectFormat::Human => print(&human(&asked, &end))?,
        ObjectFormat::Json => print_json(&as_json(&asked, &end))?,
    }
    Ok(if matches!(end, End::Connect(_)) { Exit::AsExpected } else { Exit::Unexpected })
}

fn human(asked: &[Asked], end: &End) -> String {
    let mut text = String::new();
    for Asked { question, lookup } in asked {
        text.push_str(&format!("{:<14}{question}\n", lookup.security.to_string()));
        for line in answer(lookup) {
            text.push_str(&format!("{:<14}  {line}\n", ""));
        }
        if !lookup.reason.is_empty() {
            text.push_str(&format!("{:<14}  because {}\n", "", lookup.reason));
        }
    }
    text + &match end {
        End::Connect(address) => format!("the client would connect to {address} now\n"),
        End::Done(outcome) => format!("{outcome}\n"),
    }
}

/// What was answered, a line each.
fn answer(lookup: &Lookup) -> Vec<String> {
    match &lookup.answer {
        Answer::Failed(failure) => vec![failure.to_string()],
        Answer::NoData => vec!["no such record".to_owned()],
        Answer::NxDomain => vec!["no such name".to_owned()],
        Answer::Records(records) => records.iter().map(|record| record.data.to_string()).collect(),
    }
}

fn as_json(asked: &[Asked], end: &End) -> serde_json::Value {
    let lookups = asked.iter().map(|Asked { question, lookup }| {
        json!({
            "question": question,
            "security": lookup.security.to_string(),
            "answer": answer(lookup),
            "reason": lookup.reason,
        })
    });
    let (connect, outcome) = match end {
        End::Connect(address) => (Some(address.to_string()), None),
        End::Done(outcome) => (None, Some(outcome.to_string())),
    };
    json!({ "lookups": lookups.collect::<Vec<_>>(), "connect": connect, "outcome": outcome })
}
