//! The one thing that a scenario breaks: as its file says it, and as the lab does it.

use std::time::Duration;

use hickory_proto::rr::{Name, RecordType};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_protocol::{Label, UnknownLabel};
use signpost_source::Problem;
use signpost_transcript::Channel;

use signpost_protocol::Service;

use crate::expand;

/// A `[[fault]]` table: where, what, and the parameters of that kind. Which parameters a kind takes is checked when
/// it is turned into a [`Fault`].
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// `dns:NAME/TYPE`, `dns:*`, `zone:ORIGIN`, `pki:CERTIFICATE` or `mail:SERVER`; `{service}` stands for the
    /// case's service.
    #[schemars(with = "String")]
    pub at: Spanned<String>,
    /// What is done there, in kebab case.
    #[schemars(with = "String")]
    pub kind: Spanned<String>,
    /// `clear` or `tls`: only replies in that channel.
    #[schemars(with = "Option<String>")]
    pub channel: Option<Spanned<String>>,
    /// Extended error or reply code, where the kind takes one.
    #[schemars(with = "Option<u16>")]
    pub code: Option<Spanned<u16>>,
    /// How long a reply is held back, in milliseconds.
    #[schemars(with = "Option<u64>")]
    pub delay_ms: Option<Spanned<u64>>,
    /// In which way a handshake breaks: `alert`, `closed` or `garbage`.
    #[schemars(with = "Option<String>")]
    pub how: Option<Spanned<String>>,
    /// SASL mechanisms, where the kind takes some.
    #[schemars(with = "Option<Vec<String>>")]
    pub mechanisms: Option<Spanned<Vec<String>>>,
    /// DNS or subject alternative names, where the kind takes some.
    #[schemars(with = "Option<Vec<String>>")]
    pub names: Option<Spanned<Vec<String>>>,
    /// Owner of the record set that the kind works on, relative to the zone.
    #[schemars(with = "Option<String>")]
    pub owner: Option<Spanned<String>>,
    /// RCODE mnemonic.
    #[schemars(with = "Option<String>")]
    pub rcode: Option<Spanned<String>>,
    /// Master-file lines.
    #[schemars(with = "Option<String>")]
    pub records: Option<Spanned<String>>,
    /// Seconds, where the kind moves a clock.
    #[schemars(with = "Option<i64>")]
    pub seconds: Option<Spanned<i64>>,
    /// Service label that an `unreachable` server does not listen for; without it, none.
    #[schemars(with = "Option<String>")]
    pub service: Option<Spanned<String>>,
    /// Octets in one piece.
    #[schemars(with = "Option<usize>")]
    pub size: Option<Spanned<usize>>,
    /// Step of a mail session: `greeting`, `ehlo`, `starttls`, …
    #[schemars(with = "Option<String>")]
    pub step: Option<Spanned<String>>,
    /// Raw text; `\r\n` and other escapes are TOML's.
    #[schemars(with = "Option<String>")]
    pub text: Option<Spanned<String>>,
    /// Type mnemonic of the record set that the kind works on.
    #[serde(rename = "type")]
    #[schemars(with = "Option<String>")]
    pub record_type: Option<Spanned<String>>,
    /// View in which it is done, for faults at `dns:` and `zone:`; without it, in all.
    #[schemars(with = "Option<String>")]
    pub view: Option<Spanned<String>>,
}

/// One thing broken, ready for the part of the lab that breaks it.
#[derive(Clone, Debug)]
pub enum Fault {
    /// In what is answered to a DNS question.
    Answer(signpost_dns::Fault),
    /// In a certificate.
    Certificate(signpost_pki::Fault),
    /// An [`Answer`](Self::Answer) or [`Zone`](Self::Zone) fault, for those who ask in one view.
    InView {
        /// The view's name.
        view: String,
        /// What they get.
        fault: Box<Fault>,
    },
    /// At a mail server.
    Server {
        /// The server's name, or `*`.
        server: String,
        /// What it does.
        fault: signpost_mail::Fault,
    },
    /// Nothing listens where a server should.
    Unreachable {
        /// The `at` of the scenario.
        at: String,
        /// The server's name, or `*`.
        server: String,
        /// The one service that is down; without it, all of the server's.
        label: Option<Label>,
    },
    /// In what the zone's publisher put there, properly signed.
    Zone {
        /// The `at` of the scenario.
        at: String,
        /// The kind of the scenario.
        kind: String,
        /// The zone.
        origin: Name,
        /// What is published.
        change: ZoneChange,
    },
}

/// What a publisher did to a zone.
#[derive(Clone, Debug)]
pub enum ZoneChange {
    /// Put records there, in place of those with the same owner and type.
    Publish {
        /// Master-file lines, with placeholders.
        records: String,
    },
    /// Took records away.
    Remove {
        /// Their owner, relative to the zone or absolute.
        owner: Name,
        /// Their type; without it, all.
        record_type: Option<RecordType>,
    },
}

impl Fault {
    /// The `at` of the scenario, expanded.
    #[must_use]
    pub fn at(&self) -> &str {
        match self {
            Self::Answer(fault) => &fault.at,
            Self::Certificate(fault) => &fault.at,
            Self::InView { fault, .. } => fault.at(),
            Self::Server { fault, .. } => &fault.at,
            Self::Unreachable { at, .. } | Self::Zone { at, .. } => at,
        }
    }

    /// The kind, as scenarios write it.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Answer(fault) => fault.kind.name(),
            Self::Certificate(fault) => fault.kind.name(),
            Self::InView { fault, .. } => fault.kind(),
            Self::Server { fault, .. } => fault.kind.name(),
            Self::Unreachable { .. } => UNREACHABLE,
            Self::Zone { kind, .. } => kind,
        }
    }

    /// The view that it is restricted to.
    #[must_use]
    pub fn view(&self) -> Option<&str> {
        match self {
            Self::InView { view, .. } => Some(view),
            _ => None,
        }
    }

    /// The fault itself, whoever gets to see it.
    #[must_use]
    pub fn everywhere(&self) -> &Self {
        match self {
            Self::InView { fault, .. } => fault.everywhere(),
            fault => fault,
        }
    }

    /// Whether who asks in this view, or in none, gets to see it.
    #[must_use]
    pub fn is_seen_in(&self, view: Option<&str>) -> bool {
        self.view().is_none_or(|name| view == Some(name))
    }

    /// Reads a fault for a case of a service.
    ///
    /// # Errors
    ///
    /// An unknown place or kind, or a parameter that the kind does not take or lacks, with its place in the file.
    pub fn read(spec: &FaultSpec, service: Option<Service>) -> Result<Self, Problem> {
        let at = expand(spec.at.get_ref(), service);
        let problem = |message: String| Problem::at(spec.at.span(), message);
        let Some((place, target)) = at.split_once(':').filter(|(_, target)| !target.is_empty()) else {
            return Err(problem(format!("`{at}` names no place")).help(PLACES));
        };
        let fault = match place {
            "dns" => read_answer(spec, &at, target, service).map(Self::Answer),
            "mail" => read_server(spec, &at, target, service),
            "pki" => read_certificate(spec, target).map(Self::Certificate),
            "zone" => read_zone(spec, &at, target, service),
            _ => Err(problem(format!("`{place}:` is no place for a fault")).help(PLACES)),
        }?;
        let Some(view) = &spec.view else { return Ok(fault) };
        if !matches!(fault, Self::Answer(_) | Self::Zone { .. }) {
            return Err(Problem::at(view.span(), format!("a fault at `{place}:` is the same in every view"))
                .help("remove `view`, or break something at `dns:` or `zone:`"));
        }
        Ok(Self::InView { view: view.get_ref().clone(), fault: Box::new(fault) })
    }
}

const UNREACHABLE: &str = "unreachable";
const PLACES: &str =
    "expected `dns:NAME/TYPE`, `dns:*`, `zone:ORIGIN`, `pki:CERTIFICATE`, `mail:SERVER` or `mail:*`";

fn read_answer(
    spec: &FaultSpec,
    at: &str,
    target: &str,
    service: Option<Service>,
) -> Result<signpost_dns::Fault, Problem> {
    only(spec, &["rcode", "records", "seconds"])?;
    let params = signpost_dns::FaultParams {
        records: spec.records.as_ref().map(|records| expand(records.get_ref(), service)),
        rcode: spec.rcode.as_ref().map(|rcode| rcode.get_ref().clone()),
        seconds: spec.seconds.as_ref().map(|seconds| *seconds.get_ref()),
    };
    let kind =
        signpost_dns::FaultKind::parse(spec.kind.get_ref(), &params).map_err(|error| of_kind(spec, error))?;
    let target = question(target).map_err(|error| {
        Problem::at(spec.at.span(), error).help("expected `dns:NAME/TYPE`, `dns:NAME/*` or `dns:*`")
    })?;
    Ok(signpost_dns::Fault { at: at.to_owned(), target, kind })
}

/// Reads `NAME/TYPE`, `NAME/*` or `*`.
fn question(text: &str) -> Result<signpost_dns::Target, String> {
    if text == "*" {
        return Ok(signpost_dns::Target::default());
    }
    let (name, record_type) = text.rsplit_once('/').ok_or_else(|| format!("`{text}` has no type"))?;
    let mut owner = Name::from_ascii(name).map_err(|error| format!("`{name}` is no domain name: {error}"))?;
    owner.set_fqdn(true);
    let record_type = match record_type {
        "*" => None,
        mnemonic => Some(mnemonic.parse().map_err(|_| format!("`{mnemonic}` is no record type"))?),
    };
    Ok(signpost_dns::Target { owner: Some(owner), record_type })
}

fn read_certificate(spec: &FaultSpec, certificate: &str) -> Result<signpost_pki::Fault, Problem> {
    let kind = spec.kind.get_ref().parse().map_err(|error: signpost_pki::FaultError| of_kind(spec, error))?;
    only(spec, &["names"])?;
    let params =
        signpost_pki::FaultParams { names: spec.names.as_ref().map(|names| names.get_ref().clone()) };
    signpost_pki::Fault::new(certificate, kind, params).map_err(|error| of_kind(spec, error))
}

fn read_server(spec: &FaultSpec, at: &str, server: &str, service: Option<Service>) -> Result<Fault, Problem> {
    let server = server.to_owned();
    if spec.kind.get_ref() == UNREACHABLE {
        only(spec, &["service"])?;
        let label = match &spec.service {
            Some(name) => Some(
                expand(name.get_ref(), service)
                    .parse()
                    .map_err(|error: UnknownLabel| Problem::at(name.span(), error.to_string()))?,
            ),
            None => None,
        };
        return Ok(Fault::Unreachable { at: at.to_owned(), server, label });
    }
    let kind =
        spec.kind.get_ref().parse().map_err(|error: signpost_mail::FaultError| of_kind(spec, error))?;
    only(spec, &["channel", "code", "delay_ms", "how", "mechanisms", "size", "step", "text"])?;
    let params = signpost_mail::FaultParams {
        channel: spec.channel.as_ref().map(channel).transpose()?,
        code: spec.code.as_ref().map(|code| *code.get_ref()),
        delay: spec.delay_ms.as_ref().map(|delay| Duration::from_millis(*delay.get_ref())),
        how: parse(spec.how.as_ref())?,
        mechanisms: spec.mechanisms.as_ref().map(|mechanisms| mechanisms.get_ref().clone()),
        size: spec.size.as_ref().map(|size| *size.get_ref()),
        step: parse(spec.step.as_ref())?,
        text: spec.text.as_ref().map(|text| text.get_ref().clone()),
    };
    let fault = signpost_mail::Fault::new(at, kind, params).map_err(|error| of_kind(spec, error))?;
    Ok(Fault::Server { server, fault })
}

fn read_zone(spec: &FaultSpec, at: &str, origin: &str, service: Option<Service>) -> Result<Fault, Problem> {
    let mut absolute = Name::from_ascii(origin)
        .map_err(|error| Problem::at(spec.at.span(), format!("`{origin}` is no domain name: {error}")))?;
    absolute.set_fqdn(true);
    let change = match spec.kind.get_ref().as_str() {
        "publish" => {
            only(spec, &["records"])?;
            let records = needed(spec, spec.records.as_ref(), "records")?;
            ZoneChange::Publish { records: expand(records.get_ref(), service) }
        }
        "remove" => {
            only(spec, &["owner", "type"])?;
            let owner = needed(spec, spec.owner.as_ref(), "owner")?;
            let owner = Name::from_ascii(expand(owner.get_ref(), service))
                .map_err(|error| Problem::at(owner.span(), format!("not a domain name: {error}")))?;
            ZoneChange::Remove { owner, record_type: parse(spec.record_type.as_ref())? }
        }
        other => {
            return Err(Problem::at(spec.kind.span(), format!("unknown kind `{other}` of zone fault"))
                .help("expected `publish` with `records`, or `remove` with `owner` and `type`"));
        }
    };
    Ok(Fault::Zone { at: at.to_owned(), kind: spec.kind.get_ref().clone(), origin: absolute, change })
}

fn of_kind(spec: &FaultSpec, error: impl std::fmt::Display) -> Problem {
    Problem::at(spec.kind.span(), error.to_string())
}

fn channel(name: &Spanned<String>) -> Result<Channel, Problem> {
    match name.get_ref().as_str() {
        "clear" => Ok(Channel::Clear),
        "tls" => Ok(Channel::Tls),
        other => {
            Err(Problem::at(name.span(), format!("`{other}` is no channel"))
                .help("expected `clear` or `tls`"))
        }
    }
}

fn parse<T>(value: Option<&Spanned<String>>) -> Result<Option<T>, Problem>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    value
        .map(|value| {
            value.get_ref().parse().map_err(|error: T::Err| Problem::at(value.span(), error.to_string()))
        })
        .transpose()
}

fn needed<'a>(
    spec: &FaultSpec,
    value: Option<&'a Spanned<String>>,
    name: &str,
) -> Result<&'a Spanned<String>, Problem> {
    value.ok_or_else(|| {
        Problem::at(spec.kind.span(), format!("`{}` needs `{name}`", spec.kind.get_ref()))
            .help(format!("add `{name} = …` to this `[[fault]]`"))
    })
}

/// Complains about the first parameter that this kind of place does not know.
fn only(spec: &FaultSpec, known: &[&str]) -> Result<(), Problem> {
    let given = [
        ("channel", spec.channel.as_ref().map(Spanned::span)),
        ("code", spec.code.as_ref().map(Spanned::span)),
        ("delay_ms", spec.delay_ms.as_ref().map(Spanned::span)),
        ("how", spec.how.as_ref().map(Spanned::span)),
        ("mechanisms", spec.mechanisms.as_ref().map(Spanned::span)),
        ("names", spec.names.as_ref().map(Spanned::span)),
        ("owner", spec.owner.as_ref().map(Spanned::span)),
        ("rcode", spec.rcode.as_ref().map(Spanned::span)),
        ("records", spec.records.as_ref().map(Spanned::span)),
        ("seconds", spec.seconds.as_ref().map(Spanned::span)),
        ("service", spec.service.as_ref().map(Spanned::span)),
        ("size", spec.size.as_ref().map(Spanned::span)),
        ("step", spec.step.as_ref().map(Spanned::span)),
        ("text", spec.text.as_ref().map(Spanned::span)),
        ("type", spec.record_type.as_ref().map(Spanned::span)),
    ];
    match given
        .into_iter()
        .find_map(|(name, span)| span.filter(|_| !known.contains(&name)).map(|span| (name, span)))
    {
        None => Ok(()),
        Some((name, span)) => {
            let at = spec.at.get_ref();
            Err(Problem::at(span, format!("`{name}` has no meaning for `{}` at `{at}`", spec.kind.get_ref()))
                .help("remove it"))
        }
    }
}
