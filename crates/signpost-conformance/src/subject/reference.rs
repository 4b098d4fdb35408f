//! The reference client as a subject, honest or with a defect.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use signpost_discovery::{
    Address, AddressError, Defect, Limits, Manner, Note, Outcome, PasswordError, Ports, Reason, Request,
    Rules, TrustStore, drive,
};
use signpost_format::set_up::{self, ConfiguredEndpoint, Security, Stance};
use signpost_format::{Assignment, Dns, Label, Profile, Report, Role, Service, relay};
use signpost_validate::flawed::{AdTrustingResolver, AdditionalTrustingResolver, FlawedValidator};
use signpost_validate::{AuditedValidator, Resolver, Shortage, TrustAnchor, Upstream};

use super::resolver::{answer, not_exhausted};
use super::{Environment, Isolation, Session, Subject, SubjectError};

/// How long the reference waits for one reply, by DNS or by a server, in a lab on the same machine.
const PATIENCE: Duration = Duration::from_millis(800);

/// The reference client.
#[derive(Clone, Debug)]
pub struct Reference {
    name: String,
    rules: Rules,
    strict: bool,
    manner: Manner,
}

impl Reference {
    /// The client as the specification wants it.
    #[must_use]
    pub fn honest() -> Self {
        Self {
            name: "reference".to_owned(),
            rules: Rules::default(),
            strict: false,
            manner: Manner::default(),
        }
    }

    /// The client with one deliberate flaw.
    #[must_use]
    pub fn with_defect(defect: Defect) -> Self {
        let name = format!("reference?defect={defect}");
        Self { name, rules: Rules::default().with(defect), ..Self::honest() }
    }

    /// The client as the specification wants it, which refuses pins that rest on SHA-1 alone.
    #[must_use]
    pub fn strict() -> Self {
        Self { name: "reference?strict".to_owned(), strict: true, ..Self::honest() }
    }

    /// The client as the specification wants it, in a manner of this name that it leaves free.
    #[must_use]
    pub fn in_manner(name: &str) -> Option<Self> {
        let manner = Manner::named(name)?;
        Some(Self { name: format!("reference?manner={name}"), manner, ..Self::honest() })
    }

    /// What answers the client's questions, and those that a resolver is asked.
    fn resolver(&self, upstream: &Upstream) -> Box<dyn Resolver> {
        match self.rules.resolver_flaw() {
            Some(flaw) => Box::new(FlawedValidator::new(upstream, flaw)),
            None if !self.rules.asks_for_addresses() => Box::new(AdditionalTrustingResolver::new(upstream)),
            None if self.rules.validates() => Box::new(AuditedValidator::new(upstream)),
            None => Box::new(AdTrustingResolver::new(upstream)),
        }
    }
}

#[async_trait(?Send)]
impl Subject for Reference {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn profiles(&self) -> &[Profile] {
        &[Profile::Dnssec, Profile::MailTransfer, Profile::PolicyRecords]
    }

    fn roles(&self) -> &[Role] {
        &Role::ALL
    }

    fn reproduce(&self, case: &str) -> String {
        match self.name.as_str() {
            "reference" => format!("signpost run '{case}'"),
            name => format!("signpost run '{case}' --subject '{name}'"),
        }
    }

    fn isolation(&self) -> Isolation {
        Isolation::granted()
    }

    fn is_in_process(&self) -> bool {
        true
    }

    async fn run(
        &self,
        assignment: &Assignment,
        environment: Environment<'_>,
    ) -> Result<Report, SubjectError> {
        Stay::new(self, environment).ask(assignment).await
    }

    fn can_be_asked_again(&self) -> bool {
        true
    }

    fn stay<'s>(&'s self, environment: Environment<'s>) -> Option<Box<dyn Session + 's>> {
        Some(Box::new(Stay::new(self, environment)))
    }
}

/// The reference with what it remembers: what its resolver does, and whether it has worked.
struct Stay<'s> {
    reference: &'s Reference,
    /// Of the next step: another in each.
    seed: u64,
    resolver: Option<Arc<dyn Resolver>>,
    /// Whether that resolver had nothing left to ask with.
    shortage: Shortage,
    has_worked: bool,
}

impl<'s> Stay<'s> {
    fn new(reference: &'s Reference, environment: Environment<'_>) -> Self {
        Self {
            reference,
            seed: environment.seed,
            resolver: None,
            shortage: Shortage::default(),
            has_worked: false,
        }
    }

    /// The resolver that was made at the first step.
    fn resolver(&mut self, upstream: &Upstream) -> Arc<dyn Resolver> {
        let made = || Arc::from(self.reference.resolver(upstream));
        Arc::clone(self.resolver.get_or_insert_with(made))
    }

    fn rules(&self, stance: Stance) -> Rules {
        let rules = self.reference.rules;
        let rules = if self.has_worked { rules.after_success() } else { rules };
        if stance < Stance::Required { rules.for_a_lesser_stance() } else { rules }
    }
}

#[async_trait(?Send)]
impl Session for Stay<'_> {
    async fn ask(&mut self, assignment: &Assignment) -> Result<Report, SubjectError> {
        let (request, stance) = match assignment {
            Assignment::Relay(assignment) => (delivery(assignment)?, Stance::Verified),
            Assignment::Resolve(assignment) => {
                let shortage = self.shortage.clone();
                return answer(assignment, shortage, |upstream| self.resolver(upstream)).await;
            }
            Assignment::SetUp(assignment) => (request(assignment)?, assignment.stance),
        };
        let Reference { strict, manner, .. } = *self.reference;
        let limits = Limits { step: PATIENCE, overall: Duration::from_millis(assignment.deadline_ms()) };
        let request = Request { strict, manner, limits, ..request };
        let upstream = Upstream { shortage: self.shortage.clone(), ..upstream(assignment.dns())? };
        let resolver = self.resolver(&upstream);
        let rules = self.rules(stance);
        let mut random = StdRng::seed_from_u64(self.seed);
        self.seed = self.seed.wrapping_add(1);
        let outcome = drive(request, rules, resolver, move || random.next_u64()).await;
        not_exhausted(&self.shortage)?;
        let outcome = outcome.map_err(|error| SubjectError::Exhausted(error.to_string()))?;
        self.has_worked |= matches!(outcome, Outcome::Configured(_) | Outcome::Relayed(_));
        Ok(report(outcome))
    }
}

fn request(assignment: &set_up::Assignment) -> Result<Request, SubjectError> {
    let password = assignment.password.parse().map_err(|error: PasswordError| wrong(&error))?;
    let mut ports = Ports::default();
    for &label in Service::OF_USERS.iter().flat_map(|service| service.labels()) {
        let port = assignment.ports.get(&label);
        ports.set(label, *port.ok_or_else(|| wrong(&format_args!("no port for {label}")))?);
    }
    let mut request = Request::new(address(&assignment.address)?, password, assignment.service);
    request.roots = roots(&assignment.ca_pem)?;
    request.ports = ports;
    Ok(request)
}

fn delivery(assignment: &relay::Assignment) -> Result<Request, SubjectError> {
    let [recipient, sender] = [&assignment.recipient, &assignment.sender].map(|text| address(text));
    let mut request = Request::relay(recipient?, sender?, assignment.message.clone().into_bytes());
    request.roots = roots(&assignment.ca_pem)?;
    request.ports.set(Label::Mx, assignment.port);
    Ok(request)
}

fn address(text: &str) -> Result<Address, SubjectError> {
    text.parse().map_err(|error: AddressError| wrong(&error))
}

fn roots(pem: &str) -> Result<TrustStore, SubjectError> {
    let roots = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    roots.map(TrustStore::from).map_err(|error| wrong(&error))
}

fn wrong(error: &dyn std::fmt::Display) -> SubjectError {
    SubjectError::NotStarted(format!("assignment: {error}"))
}

fn upstream(dns: &Dns) -> Result<Upstream, SubjectError> {
    let anchor: TrustAnchor = dns
        .trust_anchor
        .join("\n")
        .parse()
        .map_err(|error| SubjectError::NotStarted(format!("assignment: trust anchor, {error}")))?;
    let mut upstream = Upstream::new(dns.authority, anchor);
    upstream.source = dns.source;
    upstream.timeout = PATIENCE;
    upstream.attempts = 1;
    Ok(upstream)
}

fn report(outcome: Outcome) -> Report {
    let slugs = |notes: &[Note]| notes.iter().map(|note| note.slug().to_owned()).collect();
    let told = |reason: Reason, detail| (Some(reason.slug().to_owned()), Some(detail));
    match outcome {
        Outcome::AskUser { reason, detail } => {
            let (reason, detail) = told(reason, detail);
            set_up::Report::AskUser { reason, detail }.into()
        }
        Outcome::Configured(configured) => set_up::Report::Configured {
            endpoint: ConfiguredEndpoint {
                host: configured.endpoint.host,
                port: configured.endpoint.port,
                security: configured.endpoint.tls.into(),
            },
            user: Some(configured.user),
            notes: slugs(&configured.notes),
        }
        .into(),
        Outcome::Delayed { reason, detail } => {
            let (reason, detail) = told(reason, detail);
            relay::Report::Delayed { reason, detail }.into()
        }
        Outcome::Failed { reason, detail } => {
            let (reason, detail) = told(reason, detail);
            relay::Report::Failed { reason, detail }.into()
        }
        Outcome::Refused { reason, detail } => {
            let (reason, detail) = told(reason, detail);
            set_up::Report::Refused { reason, detail }.into()
        }
        Outcome::Relayed(relayed) => relay::Report::Relayed {
            exchange: relayed.exchange,
            security: relayed.tls.map_or(Security::None, Security::from),
            notes: slugs(&relayed.notes),
        }
        .into(),
        Outcome::Unavailable { reason, detail } => {
            let (reason, detail) = told(reason, detail);
            set_up::Report::Unavailable { reason, detail }.into()
        }
    }
}
