//! Building a hierarchy, as published and as presented.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use rcgen::KeyPair;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::key::key;
use crate::template::{Purpose, Slip, Template, Validity, dns_name};
use crate::{
    CertificateFault, CertificateFaultKind, CertificateSpec, Digest, HostNames, IdentifierForm, Identity,
    PkiError, PkiErrorKind, pem,
};

/// The certificates of one world with its faults.
#[derive(Debug)]
pub struct Pki {
    published: HashMap<String, CertificateDer<'static>>,
    presented: HashMap<String, Identity>,
    roots: Vec<CertificateDer<'static>>,
    /// Certificates that name addresses, which are known later than all else.
    addressed: Vec<Addressed>,
    now: UnixTime,
}

/// A certificate that is to be issued again once the addresses are known.
#[derive(Debug)]
struct Addressed {
    name: String,
    template: Template,
    key: Arc<KeyPair>,
    issuer: Option<(Template, Arc<KeyPair>)>,
}

impl Pki {
    /// Issues every certificate. `now` is the lab's time: validity is around it.
    ///
    /// # Errors
    /// If a specification or a fault does not fit the others; the error names the certificate or the fault.
    pub fn build(
        specs: &[CertificateSpec],
        faults: &[CertificateFault],
        now: UnixTime,
    ) -> Result<Self, PkiError> {
        let order = issuing_order(specs)?;
        let mut builder = Builder::plan(&order, faults, now)?;
        builder.publish(&order)?;
        let identities = builder.present(&order)?;
        let mut roots: Vec<_> = order
            .iter()
            .filter(|spec| spec.trusted)
            .map(|spec| builder.published[spec.name.as_str()].der().clone())
            .collect();
        roots.append(&mut builder.other_roots);
        let addressed = order
            .iter()
            .map(|spec| (spec, &builder.published[spec.name.as_str()]))
            .filter(|(_, issued)| issued.template.form == Some(IdentifierForm::Address))
            .map(|(spec, issued)| Addressed {
                name: spec.name.clone(),
                template: issued.template.clone(),
                key: Arc::clone(&issued.key),
                issuer: spec
                    .issuer
                    .as_ref()
                    .and_then(|issuer| builder.published.get(issuer.as_str()))
                    .map(|issuer| (issuer.template.clone(), Arc::clone(&issuer.key))),
            })
            .collect();
        Ok(Self {
            published: builder
                .published
                .into_iter()
                .map(|(name, issued)| (name.to_owned(), issued.der().clone()))
                .collect(),
            presented: identities,
            roots,
            addressed,
            now,
        })
    }

    /// Issues the certificates that name the addresses at which they are presented: `addresses` gives those of the
    /// certificate that it is asked for. Nothing else is issued again, so that every other digest holds.
    ///
    /// # Errors
    /// If the library that writes certificates refuses.
    pub fn place(&mut self, addresses: impl Fn(&str) -> Vec<IpAddr>) -> Result<(), PkiError> {
        for Addressed { name, template, key, issuer } in &self.addressed {
            let template = Template { addresses: addresses(name), ..template.clone() };
            let issuer = issuer.as_ref().map(|(template, key)| (template, &**key));
            let issued =
                template.issue(key, issuer, self.now).map_err(|kind| PkiError::certificate(name, kind))?;
            if let Some(first) = self.presented.get_mut(name).and_then(|identity| identity.chain.first_mut())
            {
                first.clone_from(&issued);
            }
            self.published.insert(name.clone(), issued);
        }
        Ok(())
    }

    /// The certificate as its owner has it, whatever an attacker presents; `None`: no such name.
    #[must_use]
    pub fn certificate(&self, name: &str) -> Option<&CertificateDer<'static>> {
        self.published.get(name)
    }

    /// The digest of [`Pki::certificate`], for key records.
    #[must_use]
    pub fn digest(&self, name: &str, digest: Digest) -> Option<Vec<u8>> {
        self.certificate(name).map(|certificate| digest.of(certificate))
    }

    /// The digest of its public key, which no key record means: HTTP's pins and TLSA records of selector 1 do.
    #[must_use]
    pub fn key_digest(&self, name: &str, digest: Digest) -> Option<Vec<u8>> {
        let (_, certificate) = X509Certificate::from_der(self.certificate(name)?).ok()?;
        Some(digest.of(certificate.public_key().raw))
    }

    /// What a server with this certificate presents, root included unless a fault leaves it out (see
    /// [`Identity::without_root`]); `None`: no such name.
    #[must_use]
    pub fn identity(&self, name: &str) -> Option<&Identity> {
        self.presented.get(name)
    }

    /// What the subject's WebPKI store holds: the certificates with `trusted`, and the roots that the fault
    /// `other-root` brought in.
    #[must_use]
    pub fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }

    /// [`Pki::roots`] as a PEM bundle.
    #[must_use]
    pub fn roots_pem(&self) -> String {
        pem(&self.roots)
    }
}

/// Sorts the specifications so that every issuer comes before what it issues, and checks them.
fn issuing_order(specs: &[CertificateSpec]) -> Result<Vec<&CertificateSpec>, PkiError> {
    let known = || specs.iter().map(|spec| format!("`{}`", spec.name)).collect::<Vec<_>>().join(", ");
    let mut by_name: HashMap<&str, &CertificateSpec> = HashMap::new();
    for spec in specs {
        let fail = |kind| Err(PkiError::certificate(&spec.name, kind));
        if by_name.insert(&spec.name, spec).is_some() {
            return fail(PkiErrorKind::Duplicate);
        }
        for name in spec.names.iter().chain(&spec.permitted_names) {
            dns_name(name).map_err(|kind| PkiError::certificate(&spec.name, kind))?;
        }
        if !spec.ca && spec.path_length.is_some() {
            return fail(PkiErrorKind::CaOnly { key: "path_length" });
        }
        if !spec.ca && !spec.permitted_names.is_empty() {
            return fail(PkiErrorKind::CaOnly { key: "permitted_names" });
        }
    }
    let mut order: Vec<&CertificateSpec> = Vec::with_capacity(specs.len());
    for spec in specs {
        let mut path = Vec::new();
        let mut next = Some(spec);
        while let Some(current) = next {
            if order.iter().any(|placed| placed.name == current.name) {
                break;
            }
            let fail = |kind| Err(PkiError::certificate(&current.name, kind));
            if let Some(start) = path.iter().position(|passed: &&CertificateSpec| passed.name == current.name)
            {
                let ring: Vec<_> = path[start..].iter().map(|passed| format!("`{}`", passed.name)).collect();
                return fail(PkiErrorKind::Cycle { through: ring.join(", ") });
            }
            path.push(current);
            next = match &current.issuer {
                None => None,
                Some(issuer) => match by_name.get(issuer.as_str()) {
                    None => {
                        return fail(PkiErrorKind::UnknownIssuer { issuer: issuer.clone(), known: known() });
                    }
                    Some(found) if !found.ca => {
                        return fail(PkiErrorKind::IssuerNotCa { issuer: issuer.clone() });
                    }
                    Some(found) => Some(*found),
                },
            };
        }
        order.extend(path.into_iter().rev());
    }
    Ok(order)
}

/// A certificate with its chain and key.
#[derive(Clone)]
struct Issued {
    template: Template,
    key: Arc<KeyPair>,
    /// Itself first, its root last.
    chain: Vec<CertificateDer<'static>>,
    forged: bool,
}

impl Issued {
    fn der(&self) -> &CertificateDer<'static> {
        &self.chain[0]
    }
}

/// What is to become of one certificate.
struct Plan<'a> {
    issuer: Option<&'a str>,
    template: Template,
    /// CAs to put between the issuer and this certificate, the upper first.
    inserted: Vec<Template>,
    forgery: Option<&'a CertificateFault>,
    without_intermediates: bool,
    without_root: bool,
    root_first: bool,
    /// Whether another certificate of its issuer is sent along.
    is_issuer_cross_signed: bool,
}

struct Builder<'a> {
    now: UnixTime,
    plans: HashMap<&'a str, Plan<'a>>,
    published: HashMap<&'a str, Issued>,
    other_roots: Vec<CertificateDer<'static>>,
}

/// The root that an impostor's chain ends in.
#[derive(Clone, Copy)]
enum Impostor {
    /// The real root's name on another key.
    Forged,
    /// A stranger that WebPKI trusts.
    Trusted,
    /// A stranger.
    Unknown,
}

impl<'a> Builder<'a> {
    fn plan(
        order: &[&'a CertificateSpec],
        faults: &'a [CertificateFault],
        now: UnixTime,
    ) -> Result<Self, PkiError> {
        let plans = order.iter().map(|spec| {
            let plan = Plan {
                issuer: spec.issuer.as_deref(),
                template: Template::from_spec(spec),
                inserted: Vec::new(),
                forgery: None,
                without_intermediates: false,
                without_root: false,
                root_first: false,
                is_issuer_cross_signed: false,
            };
            (spec.name.as_str(), plan)
        });
        let mut builder =
            Self { now, plans: plans.collect(), published: HashMap::new(), other_roots: Vec::new() };
        for fault in faults {
            if !builder.plans.contains_key(fault.certificate.as_str()) {
                let known =
                    order.iter().map(|spec| format!("`{}`", spec.name)).collect::<Vec<_>>().join(", ");
                let kind = PkiErrorKind::UnknownCertificate { name: fault.certificate.clone(), known };
                return Err(PkiError::fault(&fault.certificate, &fault.at, kind));
            }
            builder.apply(fault).map_err(|kind| PkiError::fault(&fault.certificate, &fault.at, kind))?;
        }
        Ok(builder)
    }

    fn apply(&mut self, fault: &'a CertificateFault) -> Result<(), PkiErrorKind> {
        let kind = &fault.kind;
        let certificate = || fault.certificate.clone();
        let issuer = self.plans[fault.certificate.as_str()].issuer;
        let below_intermediate = issuer.is_some_and(|issuer| self.plans[issuer].issuer.is_some());
        if kind.needs_issuer() && issuer.is_none() {
            return Err(PkiErrorKind::SelfSigned { fault: kind.clone(), certificate: certificate() });
        }
        if kind.needs_intermediate() && !below_intermediate {
            return Err(PkiErrorKind::NoIntermediate { fault: kind.clone(), certificate: certificate() });
        }
        if kind.needs_ca() && !self.plans[fault.certificate.as_str()].template.ca {
            return Err(PkiErrorKind::NoCa { fault: kind.clone(), certificate: certificate() });
        }
        // Some kinds speak of the certificate named but change the one above it.
        let changed = match kind {
            CertificateFaultKind::IssuerCrossSigned
            | CertificateFaultKind::IssuerExpired
            | CertificateFaultKind::IssuerMayNotSign
            | CertificateFaultKind::IssuerNotCa
            | CertificateFaultKind::IssuerPathLengthExceeded => issuer,
            _ => Some(fault.certificate.as_str()),
        };
        let Some(plan) = changed.and_then(|name| self.plans.get_mut(name)) else {
            return Err(PkiErrorKind::SelfSigned { fault: kind.clone(), certificate: certificate() });
        };
        if kind.needs_names() && plan.template.names.is_empty() {
            return Err(PkiErrorKind::NoNames { fault: kind.clone(), certificate: certificate() });
        }
        match kind {
            CertificateFaultKind::ChainOutOfOrder => plan.root_first = true,
            CertificateFaultKind::CommonNameOnly => {
                plan.template.common_name = plan.template.names.swap_remove(0);
                plan.template.names.clear();
            }
            CertificateFaultKind::CriticalExtensionUnknown => plan.template.riddle = true,
            CertificateFaultKind::Expired | CertificateFaultKind::IssuerExpired => {
                plan.template.validity = Validity::Expired
            }
            CertificateFaultKind::IssuerCrossSigned => {
                plan.template.validity = Validity::Expired;
                if let Some(plan) = self.plans.get_mut(fault.certificate.as_str()) {
                    plan.is_issuer_cross_signed = true;
                }
            }
            CertificateFaultKind::IssuerMayNotSign => plan.template.slip = Some(Slip::MayNotSign),
            CertificateFaultKind::IssuerNotCa => plan.template.slip = Some(Slip::DeniesCa),
            CertificateFaultKind::IssuerPathLengthExceeded => plan.template.path_length = Some(0),
            CertificateFaultKind::MissingIntermediate => plan.without_intermediates = true,
            CertificateFaultKind::NameConstraintsViolated { names } => {
                let names = host_names(names)?;
                let mut constrained = Template::authority(format!("{} constrained CA", fault.certificate));
                constrained.permitted_names = names;
                plan.inserted.push(constrained);
            }
            CertificateFaultKind::NotYetValid => plan.template.validity = Validity::NotYet,
            CertificateFaultKind::OtherIdentifier { form } => plan.template.form = Some(*form),
            CertificateFaultKind::OtherName { names } => plan.template.names = host_names(names)?,
            CertificateFaultKind::PathLengthExceeded => {
                let mut upper = Template::authority(format!("{} last CA", fault.certificate));
                upper.path_length = Some(0);
                plan.inserted.push(upper);
                plan.inserted.push(Template::authority(format!("{} excess CA", fault.certificate)));
            }
            CertificateFaultKind::RootNotSent => plan.without_root = true,
            CertificateFaultKind::WrongPurpose => plan.template.purpose = Purpose::Client,
            CertificateFaultKind::ForgedIssuer
            | CertificateFaultKind::ForgedRoot
            | CertificateFaultKind::LeafAsIssuer
            | CertificateFaultKind::LongChain
            | CertificateFaultKind::OtherRoot
            | CertificateFaultKind::ReplacedKey
            | CertificateFaultKind::RootBesideChain
            | CertificateFaultKind::RootBesideOtherChain
            | CertificateFaultKind::SelfSigned
            | CertificateFaultKind::UnknownRoot => {
                if let Some(first) = plan.forgery {
                    return Err(PkiErrorKind::Exclusive { first: first.kind.clone(), second: kind.clone() });
                }
                plan.forgery = Some(fault);
            }
        }
        Ok(())
    }

    fn publish(&mut self, order: &[&'a CertificateSpec]) -> Result<(), PkiError> {
        for spec in order {
            let name = spec.name.as_str();
            let parent = self.plans[name].issuer.map(|issuer| &self.published[issuer]);
            let issued = self
                .issue(name, self.plans[name].template.clone(), name, parent)
                .map_err(|kind| PkiError::certificate(name, kind))?;
            self.published.insert(name, issued);
        }
        Ok(())
    }

    fn present(&mut self, order: &[&'a CertificateSpec]) -> Result<HashMap<String, Identity>, PkiError> {
        let mut presented: HashMap<&str, Issued> = HashMap::new();
        let mut identities = HashMap::new();
        for spec in order {
            let name = spec.name.as_str();
            let parent = self.plans[name].issuer.map(|issuer| presented[issuer].clone());
            let issued = self.forge(name, parent.as_ref()).map_err(|kind| {
                let at = self.plans[name].forgery.map_or("", |fault| &fault.at);
                PkiError::fault(name, at, kind)
            })?;
            let plan = &self.plans[name];
            let key = match plan.forgery {
                Some(CertificateFault { kind: CertificateFaultKind::ReplacedKey, .. }) => {
                    key(&format!("replaced {name}")).map_err(|error| {
                        PkiError::certificate(name, PkiErrorKind::Encoding(error.to_string()))
                    })?
                }
                _ => Arc::clone(&issued.key),
            };
            let mut identity = Identity {
                name: name.to_owned(),
                chain: issued.chain.clone(),
                key: PrivatePkcs8KeyDer::from(key.serialized_der().to_vec()),
                // What a forger sends along is no root that could as well be left out.
                root_sent: !plan.forgery.is_some_and(|fault| {
                    matches!(
                        fault.kind,
                        CertificateFaultKind::RootBesideChain | CertificateFaultKind::RootBesideOtherChain
                    )
                }),
            };
            if plan.without_intermediates && identity.chain.len() > 2 {
                identity.chain.drain(1..identity.chain.len() - 1);
            }
            if plan.without_root {
                identity = identity.without_root();
            }
            if plan.root_first {
                identity.chain[1..].reverse();
                identity.root_sent = false;
            }
            if plan.is_issuer_cross_signed
                && let Some(issuer) = plan.issuer
            {
                let cross = self.cross_sign(issuer).map_err(|kind| PkiError::certificate(name, kind))?;
                identity.chain.extend(cross);
                identity.root_sent = false;
            }
            identities.insert(name.to_owned(), identity);
            presented.insert(name, issued);
        }
        Ok(identities)
    }

    /// The certificate as it is presented under the presented issuer `parent`.
    fn forge(&mut self, name: &'a str, parent: Option<&Issued>) -> Result<Issued, PkiErrorKind> {
        let template = self.plans[name].template.clone();
        let role = format!("forged {name}");
        let forged = |issued| Issued { forged: true, ..issued };
        match self.plans[name].forgery.map(|fault| &fault.kind) {
            Some(CertificateFaultKind::ForgedIssuer) => {
                let mut issued = self.impostor(name, Impostor::Forged)?;
                issued.chain.pop();
                issued.chain.extend(self.published[name].chain.last().cloned());
                Ok(issued)
            }
            Some(CertificateFaultKind::ForgedRoot) => self.impostor(name, Impostor::Forged),
            Some(CertificateFaultKind::OtherRoot) => self.impostor(name, Impostor::Trusted),
            Some(CertificateFaultKind::RootBesideChain) => {
                let mut issued = self.impostor(name, Impostor::Unknown)?;
                issued.chain.extend(self.published[name].chain.last().cloned());
                Ok(issued)
            }
            Some(CertificateFaultKind::RootBesideOtherChain) => {
                let mut issued = self.impostor(name, Impostor::Trusted)?;
                issued.chain.extend(self.published[name].chain.last().cloned());
                Ok(issued)
            }
            Some(CertificateFaultKind::UnknownRoot) => self.impostor(name, Impostor::Unknown),
            Some(CertificateFaultKind::LongChain) => {
                let root = self.sign(Template::authority("far root"), "far root", None)?;
                let between: Vec<_> =
                    (2..LONG_CHAIN).rev().map(|place| Template::authority(format!("CA {place}"))).collect();
                self.issue_below(template, &role, &between, Some(&root)).map(forged)
            }
            Some(CertificateFaultKind::SelfSigned) => {
                self.issue_below(template, &role, &[], None).map(forged)
            }
            Some(CertificateFaultKind::LeafAsIssuer) => {
                let mut leaf = Template::from_spec(&CertificateSpec::new(format!("{name} attacker")));
                leaf.names = vec!["attacker.example".to_owned()];
                let leaf = self.issue_below(leaf, &format!("attacker {name}"), &[], parent)?;
                self.issue_below(template, &role, &[], Some(&leaf)).map(forged)
            }
            _ => match parent {
                Some(parent) if parent.forged => self.issue(name, template, &role, Some(parent)).map(forged),
                _ => Ok(self.published[name].clone()),
            },
        }
    }

    /// The chain of `name` made again below another root, by keys that are not the owner's.
    fn impostor(&mut self, name: &'a str, root: Impostor) -> Result<Issued, PkiErrorKind> {
        let mut template = self.plans[name].template.clone();
        let parent = match self.plans[name].issuer {
            Some(issuer) => Some(self.impostor(issuer, root)?),
            None => None,
        };
        let prefix = match root {
            Impostor::Forged => "forged",
            Impostor::Trusted => "other",
            Impostor::Unknown => "unknown",
        };
        let is_root = parent.is_none();
        if is_root && !matches!(root, Impostor::Forged) {
            template.common_name = format!("{prefix} {}", template.common_name);
        }
        let issued = self.issue(name, template, &format!("{prefix} {name}"), parent.as_ref())?;
        if is_root && matches!(root, Impostor::Trusted) {
            self.other_roots.push(issued.der().clone());
        }
        Ok(Issued { forged: true, ..issued })
    }

    /// Another certificate of a CA's name and key that is good, and the root that issued it, which WebPKI trusts.
    fn cross_sign(&mut self, name: &str) -> Result<[CertificateDer<'static>; 2], PkiErrorKind> {
        let root = self.sign(Template::authority("cross root"), "cross root", None)?;
        let Issued { template, key, .. } = &self.published[name];
        let template = Template { validity: Validity::Now, ..template.clone() };
        let cross = template.issue(key, Some((&root.template, &root.key)), self.now)?;
        self.other_roots.push(root.der().clone());
        Ok([cross, root.der().clone()])
    }

    fn issue(
        &self,
        name: &str,
        template: Template,
        role: &str,
        parent: Option<&Issued>,
    ) -> Result<Issued, PkiErrorKind> {
        self.issue_below(template, role, &self.plans[name].inserted, parent)
    }

    fn issue_below(
        &self,
        template: Template,
        role: &str,
        inserted: &[Template],
        parent: Option<&Issued>,
    ) -> Result<Issued, PkiErrorKind> {
        let mut parent = parent.cloned();
        for authority in inserted {
            parent =
                Some(self.sign(authority.clone(), &format!("{role}, {}", authority.common_name), parent)?);
        }
        self.sign(template, role, parent)
    }

    fn sign(&self, template: Template, role: &str, parent: Option<Issued>) -> Result<Issued, PkiErrorKind> {
        let key = key(role).map_err(|error| PkiErrorKind::Encoding(error.to_string()))?;
        let issuer = parent.as_ref().map(|parent| (&parent.template, &*parent.key));
        let mut chain = vec![template.issue(&key, issuer, self.now)?];
        chain.extend(parent.into_iter().flat_map(|parent| parent.chain));
        Ok(Issued { template, key, chain, forged: false })
    }
}

/// How many certificates are sent where a chain is to be long.
const LONG_CHAIN: usize = 100;

fn host_names(names: &HostNames) -> Result<Vec<String>, PkiErrorKind> {
    names.as_slice().iter().map(|name| dns_name(name).map(str::to_owned)).collect()
}
