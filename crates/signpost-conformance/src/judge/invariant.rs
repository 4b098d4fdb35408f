//! What must hold in every case of every profile, whether the scenario asks for it or not.

mod digest;
mod encoding;
mod login_name;
mod secret;

use std::collections::BTreeSet;

use signpost_protocol::Overheard;
use signpost_transcript::{Channel, ConnectionId, Event, Observation, Party};

use crate::carriage::Carriage;
use crate::evidence::Index;
use digest::AnswerEar;
use login_name::{LoginNames, NameEar};
pub(crate) use secret::gives_away;
use secret::{Ear, Secrets};
use signpost_format::Finding;

/// What the judge knows of a case besides its transcript and expectation.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// Servers that only forged data names.
    pub attackers: &'a [String],
    /// Servers whose certificate the rules reject in this case.
    pub rejected: &'a [String],
    /// The user's login names, and the password.
    pub users: &'a [String],
    /// The user's password.
    pub password: &'a str,
    /// The name of the machine that the subject runs on, which it may say of itself; empty if it is not known.
    pub machine: &'a str,
    /// Whose mail it is.
    pub carriage: Carriage,
}

/// The invariants that a transcript breaks.
pub(super) fn broken_invariants(index: &Index<'_>, ground: Ground<'_>) -> Vec<Finding> {
    let derived = digest::derived(index.observations(), ground.password);
    let given_away = given_away(index, &Secrets::of(ground, &derived));
    let named = named(index, ground);
    [
        credential_in_clear(index, &given_away),
        (ground.carriage == Carriage::OfUser).then(|| login_name_in_clear(index, &named)).flatten(),
        mail_in_clear(index, ground.carriage, &named),
        to_forged_host(index, ground, &given_away),
        to_rejected_certificate(index, ground, &given_away, &named),
        speech_after_tls(index),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A place where the password, what lets its reader log in, or the user's name was told.
struct GivenAway {
    sequence: u32,
    /// None: to whoever sees names.
    connection: Option<ConnectionId>,
    in_clear: bool,
}

fn given_away(index: &Index<'_>, secrets: &Secrets) -> Vec<GivenAway> {
    let mut ear = Ear::new(secrets);
    let mut answers = AnswerEar::default();
    let mut places: Vec<GivenAway> = Vec::new();
    for Observation { sequence, event, .. } in index.observations() {
        let (connection, in_clear) = match event {
            Event::Credential { connection, channel, .. } => (Some(*connection), *channel == Channel::Clear),
            Event::Bytes { connection, by: Party::Client, channel, bytes }
                if ear.hears(*connection, *channel, bytes) =>
            {
                (Some(*connection), *channel == Channel::Clear)
            }
            Event::Bytes { connection, by: Party::Client, channel: Channel::Clear, bytes }
                if answers.hears(*connection, bytes) =>
            {
                (Some(*connection), true)
            }
            Event::Query { name, .. } if secrets.are_in_name(name) => (None, true),
            Event::Handshake { connection, sni: Some(name), .. } if secrets.are_in_name(name) => {
                (Some(*connection), true)
            }
            _ => continue,
        };
        places.push(GivenAway { sequence: *sequence, connection, in_clear });
    }
    // The judge may not know the secret itself: it may be another password, or a digest.
    let commands = index.overheard(Overheard::Password);
    places.extend(commands.map(|spoken| GivenAway {
        sequence: spoken.sequence,
        connection: Some(spoken.connection),
        in_clear: true,
    }));
    places
}

/// Where the user was named: in clear anywhere, and inside TLS where the certificate is rejected. Elsewhere it is right.
fn named(index: &Index<'_>, ground: Ground<'_>) -> Vec<GivenAway> {
    let names = LoginNames::of(ground);
    let mut ear = NameEar::new(&names);
    let mut places: Vec<GivenAway> = Vec::new();
    for Observation { sequence, event, .. } in index.observations() {
        let (connection, in_clear) = match event {
            Event::Bytes { connection, by: Party::Client, channel, bytes }
                if (*channel == Channel::Clear || is_one_of(index, ground.rejected, *connection))
                    && ear.hears(*connection, *channel, *sequence, bytes) =>
            {
                (Some(*connection), *channel == Channel::Clear)
            }
            Event::Query { name, .. } if names.are_in_host(name) => (None, true),
            Event::Handshake { connection, sni: Some(name), .. } if names.are_in_host(name) => {
                (Some(*connection), true)
            }
            _ => continue,
        };
        places.push(GivenAway { sequence: *sequence, connection, in_clear });
    }
    places.extend(ear.rest().map(|(connection, channel, sequence)| GivenAway {
        sequence,
        connection: Some(connection),
        in_clear: channel == Channel::Clear,
    }));
    places
}

fn login_name_in_clear(index: &Index<'_>, named: &[GivenAway]) -> Option<Finding> {
    let lines = named.iter().filter(|place| place.in_clear).map(|place| place.sequence);
    finding(index, "invariant/no-login-name-in-clear", "no login name outside TLS", lines)
}

fn credential_in_clear(index: &Index<'_>, given_away: &[GivenAway]) -> Option<Finding> {
    let lines = given_away.iter().filter(|place| place.in_clear).map(|place| place.sequence);
    finding(index, "invariant/no-credential-in-clear", "no credential outside TLS", lines)
}

fn mail_in_clear(index: &Index<'_>, carriage: Carriage, named: &[GivenAway]) -> Option<Finding> {
    let of_envelope = match carriage {
        Carriage::OfUser => &[],
        Carriage::BetweenServers { bound: true } => named,
        Carriage::BetweenServers { bound: false } => return None,
    };
    let of_envelope = of_envelope.iter().filter(|place| place.in_clear).map(|place| place.sequence);
    let seen = sequences(index, |event| matches!(event, Event::Mail { channel: Channel::Clear, .. }));
    // A server throws away what stands behind STARTTLS, so that it sees no mail there. A listener does.
    let said = index.overheard(Overheard::Envelope).map(|spoken| spoken.sequence);
    finding(
        index,
        "invariant/no-mail-in-clear",
        "no mail outside TLS",
        seen.into_iter().chain(said).chain(of_envelope),
    )
}

fn to_forged_host(index: &Index<'_>, ground: Ground<'_>, given_away: &[GivenAway]) -> Option<Finding> {
    finding(
        index,
        "invariant/nothing-to-forged-host",
        "no credential and no mail to a host that only forged data names",
        handed_to(index, ground.attackers, given_away),
    )
}

fn to_rejected_certificate(
    index: &Index<'_>,
    ground: Ground<'_>,
    given_away: &[GivenAway],
    named: &[GivenAway],
) -> Option<Finding> {
    let names = named
        .iter()
        .filter(|place| place.connection.is_some_and(|at| is_one_of(index, ground.rejected, at)))
        // What was said before TLS was said to nobody in particular, and is found as such.
        .filter(|place| !place.in_clear)
        .map(|place| place.sequence);
    finding(
        index,
        "invariant/nothing-to-rejected-certificate",
        "no credential, no login name and no mail to a server whose certificate the rules reject",
        handed_to(index, ground.rejected, given_away).into_iter().chain(names),
    )
}

/// Where a credential or mail was handed to one of these servers.
fn handed_to(index: &Index<'_>, servers: &[String], given_away: &[GivenAway]) -> Vec<u32> {
    let is_one = |connection: ConnectionId| is_one_of(index, servers, connection);
    let credentials = given_away.iter().filter(|place| place.connection.is_some_and(is_one));
    let mail =
        sequences(index, |event| matches!(event, Event::Mail { connection, .. } if is_one(*connection)));
    credentials.map(|place| place.sequence).chain(mail).collect()
}

fn is_one_of(index: &Index<'_>, servers: &[String], connection: ConnectionId) -> bool {
    servers.iter().any(|name| name == index.server(connection))
}

/// Speech in clear behind a handshake. A client may reject a certificate when the handshake is completed already, so a
/// failure is not always seen as one; and whatever ended TLS, nothing may follow it.
fn speech_after_tls(index: &Index<'_>) -> Option<Finding> {
    let mut shaken: Vec<ConnectionId> = Vec::new();
    let lines = sequences(index, |event| match event {
        Event::Handshake { connection, .. } => {
            shaken.push(*connection);
            false
        }
        Event::Bytes { connection, by: Party::Client, channel: Channel::Clear, bytes } => {
            !bytes.is_empty() && shaken.contains(connection)
        }
        _ => false,
    });
    finding(
        index,
        "invariant/silence-after-tls-failure",
        "nothing said in clear on a connection whose TLS handshake failed",
        lines,
    )
}

/// The observations of which something holds.
fn sequences(index: &Index<'_>, mut holds: impl FnMut(&Event) -> bool) -> Vec<u32> {
    index
        .observations()
        .filter(|observation| holds(&observation.event))
        .map(|observation| observation.sequence)
        .collect()
}

/// What is broken, if there are observations that show it.
fn finding(
    index: &Index<'_>,
    requirement: &str,
    expected: &str,
    lines: impl IntoIterator<Item = u32>,
) -> Option<Finding> {
    let lines: Vec<u32> = lines.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let first = index.observations().find(|observation| lines.contains(&observation.sequence))?;
    Some(Finding {
        requirement: requirement.to_owned(),
        expected: expected.to_owned(),
        seen: match &first.event {
            Event::Credential { connection, .. }
            | Event::Mail { connection, .. }
            | Event::Bytes { connection, .. } => {
                format!("{} (server {})", first.event, index.server(*connection))
            }
            event => event.to_string(),
        },
        lines,
    })
}
