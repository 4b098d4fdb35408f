//! Where something can be broken, and which kinds there are at each place.

use hickory_proto::rr::Name;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_dns::{AnswerFault, AnswerFaultKind, Target};
use signpost_mail::{ServerFault, ServerFaultKind};
use signpost_pki::{CertificateFault, CertificateFaultKind};
use signpost_protocol::Label;
use signpost_source::{Parameters, Problem};
use strum::{EnumIter, IntoEnumIterator as _, IntoStaticStr, VariantNames};

use super::zone::parsed;
use super::{Broken, Servers, ZoneChange};
use crate::World;
use crate::question::read_record_type;

/// What stands before the colon of an `at`.
#[derive(Clone, Copy, Debug, EnumIter, Eq, IntoStaticStr, PartialEq)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Place {
    Dns,
    Mail,
    Pki,
    Zone,
}

/// What is none of the mail server's faults, because the lab decides it: whether it is there, and with what.
#[derive(Clone, Debug, Deserialize, JsonSchema, VariantNames)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Premises {
    /// Another certificate of the world is presented than the server's own.
    Presents {
        /// The certificate's name.
        #[schemars(with = "String")]
        certificate: Spanned<String>,
    },
    /// Another certificate of the world is presented to whoever names, by SNI, none of the hosts of the server's own.
    PresentsToOthers {
        /// The certificate's name.
        #[schemars(with = "String")]
        certificate: Spanned<String>,
    },
    /// Nothing listens where the server should.
    Unreachable {
        /// The service label that is not listened for; without it, none is.
        #[serde(rename = "service", default, deserialize_with = "parsed")]
        #[schemars(with = "Option<String>")]
        label: Option<Label>,
    },
}

impl Premises {
    pub(super) const PRESENTS: &str = Self::VARIANTS[0];
    pub(super) const PRESENTS_TO_OTHERS: &str = Self::VARIANTS[1];
    pub(super) const UNREACHABLE: &str = Self::VARIANTS[2];
}

/// Longer lists are no help beside a mistake.
const MOST_NAMES: usize = 40;

impl Place {
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::iter().find(|place| place.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        self.into()
    }

    /// Whether those who ask in different views can be given different things here.
    pub(super) const fn has_views(self) -> bool {
        matches!(self, Self::Dns | Self::Zone)
    }

    pub(super) fn kinds(self) -> Vec<&'static str> {
        match self {
            Self::Dns => AnswerFaultKind::names().to_vec(),
            Self::Mail => [ServerFaultKind::names(), Premises::VARIANTS].concat(),
            Self::Pki => CertificateFaultKind::names().to_vec(),
            Self::Zone => ZoneChange::VARIANTS.to_vec(),
        }
    }

    /// What is said of a kind that there is not here.
    pub(super) fn unknown_kind(self, kind: &Spanned<String>) -> Option<Problem> {
        let (name, known) = (kind.get_ref().as_str(), self.kinds());
        if known.contains(&name) {
            return None;
        }
        let problem = Problem::at(kind.span(), format!("`{name}` is no kind of fault at `{}:`", self.name()));
        let elsewhere = Self::iter().find(|place| place.kinds().contains(&name));
        Some(match (elsewhere, signpost_source::nearest(name, &known)) {
            (Some(place), _) => problem.help(format!("`{name}` is a kind of fault at `{}:`", place.name())),
            (None, None) if known.len() > MOST_NAMES => problem
                .help("docs/scenarios.md says what the kinds do; the schema of scenario files lists them"),
            _ => problem.one_of(name, &known),
        })
    }

    /// Reads what is broken at a target, as the owner of the place says it.
    pub(super) fn read(self, fault: Reading<'_>) -> Result<Broken, Vec<Problem>> {
        match self {
            Self::Dns => {
                let (target, kind) = both(fault.question(), fault.kind())?;
                Ok(Broken::Answer(AnswerFault {
                    number: fault.number,
                    at: fault.at.to_owned(),
                    target,
                    kind,
                }))
            }
            Self::Mail => {
                let servers = fault.servers();
                if Premises::VARIANTS.contains(&fault.kind.get_ref().as_str()) {
                    return match both(servers, fault.kind())? {
                        (servers, Premises::Presents { certificate }) => {
                            fault
                                .known_certificate(certificate.get_ref(), certificate.span())
                                .map_err(|problem| vec![problem])?;
                            Ok(Broken::Presents { servers, certificate: certificate.into_inner() })
                        }
                        (servers, Premises::PresentsToOthers { certificate }) => {
                            fault
                                .known_certificate(certificate.get_ref(), certificate.span())
                                .map_err(|problem| vec![problem])?;
                            Ok(Broken::PresentsToOthers { servers, certificate: certificate.into_inner() })
                        }
                        (servers, Premises::Unreachable { label }) => {
                            Ok(Broken::Unreachable { servers, label })
                        }
                    };
                }
                let (servers, kind) = both(servers, fault.kind())?;
                let fault = ServerFault { number: fault.number, at: fault.at.to_owned(), kind };
                Ok(Broken::Server { servers, fault })
            }
            Self::Pki => {
                let (certificate, kind) = both(fault.certificate(), fault.kind())?;
                Ok(Broken::Certificate(CertificateFault::new(certificate, kind)))
            }
            Self::Zone => {
                let (origin, change) = both(fault.origin(), fault.kind())?;
                Ok(Broken::Zone { origin, change })
            }
        }
    }
}

/// A fault that is being read for a world.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) world: &'a World,
    pub(super) number: u32,
    /// The whole `at`, its bytes of the file, and what stands behind the place.
    pub(super) at: &'a str,
    pub(super) span: &'a std::ops::Range<usize>,
    pub(super) target: &'a str,
    pub(super) kind: &'a Spanned<String>,
    pub(super) parameters: &'a Parameters,
}

impl<'a> Reading<'a> {
    fn kind<T: serde::de::DeserializeOwned>(self) -> Result<T, Vec<Problem>> {
        self.parameters.clone().read(self.kind)
    }

    fn problem(self, message: String) -> Problem {
        Problem::at(self.span.clone(), message)
    }

    /// `NAME/TYPE`, `NAME/*` or `*`.
    fn question(self) -> Result<Target, Problem> {
        if self.target == "*" {
            return Ok(Target::default());
        }
        let fail =
            |message: String| self.problem(message).help("expected `dns:NAME/TYPE`, `dns:NAME/*` or `dns:*`");
        let (name, record_type) =
            self.target.rsplit_once('/').ok_or_else(|| fail(format!("`{}` has no type", self.target)))?;
        let owner = absolute(name).map_err(fail)?;
        let record_type = match record_type {
            "*" => None,
            written => Some(
                read_record_type(written).ok_or_else(|| fail(format!("`{written}` is no record type")))?,
            ),
        };
        Ok(Target { owner: Some(owner), record_type })
    }

    fn servers(self) -> Result<Servers, Problem> {
        if self.target == "*" {
            return Ok(Servers::AllHonest);
        }
        self.world.server(self.target, self.span.clone())?;
        Ok(Servers::Named(self.target.to_owned()))
    }

    fn certificate(self) -> Result<&'a str, Problem> {
        self.known_certificate(self.target, self.span.clone()).map(|()| self.target)
    }

    fn known_certificate(self, name: &str, span: std::ops::Range<usize>) -> Result<(), Problem> {
        let known: Vec<&str> = self.world.certificates.iter().map(|spec| spec.name.as_str()).collect();
        if known.contains(&name) {
            return Ok(());
        }
        Err(Problem::at(span, format!("the world has no certificate `{name}`")).one_of(name, &known))
    }

    fn origin(self) -> Result<Name, Problem> {
        let origin = absolute(self.target).map_err(|message| self.problem(message))?;
        let known: Vec<&str> = self.world.zones.iter().map(|zone| zone.origin.as_str()).collect();
        if !known.iter().any(|zone| zone.eq_ignore_ascii_case(&origin.to_ascii())) {
            return Err(self
                .problem(format!("the world has no zone `{origin}`"))
                .help(format!("known are {}", known.join(", "))));
        }
        Ok(origin)
    }
}

fn absolute(name: &str) -> Result<Name, String> {
    let mut absolute =
        Name::from_ascii(name).map_err(|error| format!("`{name}` is no domain name: {error}"))?;
    absolute.set_fqdn(true);
    Ok(absolute)
}

/// Both, or what is wrong with both.
fn both<A, B>(a: Result<A, Problem>, b: Result<B, Vec<Problem>>) -> Result<(A, B), Vec<Problem>> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (a, b) => Err(a.err().into_iter().chain(b.err().into_iter().flatten()).collect()),
    }
}
