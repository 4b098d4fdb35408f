//! Policy records: what a service promises and demands.

use core::fmt;

use crate::element::{Element, elements, is};
use crate::{DomainName, ErrorKind, RecordError};

/// A policy record that is well-formed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PolicyRecord<'a> {
    /// The service whose record it is, as written in `v=`.
    pub service: &'a str,
    /// `STARTTLS`: TLS is always offered, with a chain to what the key records of this owner name.
    pub starttls: Option<DomainName<'a>>,
    /// `SMTP-AUTH=Required`: nobody submits without logging in.
    pub is_authentication_required: bool,
    /// `SASL`: only these mechanisms may be used.
    pub sasl: Option<Mechanisms<'a>>,
}

impl<'a> PolicyRecord<'a> {
    /// Reads the joined character-strings of one TXT record.
    ///
    /// Nothing comes back for a record whose first element is not `v=` with this service: it is somebody else's.
    ///
    /// # Errors
    ///
    /// The first mistake in a record of this service, which may stand directly behind the service's name. A malformed
    /// policy is never an absence of one.
    #[inline]
    pub fn parse(text: &'a [u8], service: &str) -> Result<Option<Self>, RecordError> {
        let mut elements = elements(text);
        let Some(version) = elements.version(service, &["starttls", "smtp-auth", "sasl"])? else {
            return Ok(None);
        };
        let mut policy =
            Self { service: version.value, starttls: None, is_authentication_required: false, sasl: None };
        for element in elements {
            policy.take(&element?)?;
        }
        Ok(Some(policy))
    }

    #[inline(always)]
    fn take(&mut self, element: &Element<'a>) -> Result<(), RecordError> {
        let is_duplicate = if element.is_named(b"starttls") {
            let owner = DomainName::new(element.value);
            let owner = owner.ok_or_else(|| element.value_error(ErrorKind::DomainName))?;
            self.starttls.replace(owner).is_some()
        } else if element.is_named(b"smtp-auth") {
            if !is(element.value, b"required") {
                return Err(element.value_error(ErrorKind::UnknownValue));
            }
            core::mem::replace(&mut self.is_authentication_required, true)
        } else if element.is_named(b"sasl") {
            let mechanisms = Mechanisms::new(element.value);
            let mechanisms = mechanisms.ok_or_else(|| element.value_error(ErrorKind::Mechanism))?;
            self.sasl.replace(mechanisms).is_some()
        } else {
            element.is_named(b"v")
        };
        if is_duplicate {
            return Err(RecordError { kind: ErrorKind::Duplicate, span: element.span.clone() });
        }
        Ok(())
    }

    /// Whether everything that `other` demands is demanded here too: TLS with a pin, logging in, a choice of
    /// mechanisms. Which pin and which mechanisms is not compared: another one is another demand, not a lesser.
    #[must_use]
    pub fn demands_what_does(&self, other: &Self) -> bool {
        (self.starttls.is_some() || other.starttls.is_none())
            && (self.is_authentication_required || !other.is_authentication_required)
            && (self.sasl.is_some() || other.sasl.is_none())
    }
}

/// The canonical form: known elements only, in a fixed order.
impl fmt::Display for PolicyRecord<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v={}", self.service)?;
        if let Some(owner) = self.starttls {
            write!(formatter, " STARTTLS={owner}")?;
        }
        if self.is_authentication_required {
            formatter.write_str(" SMTP-AUTH=Required")?;
        }
        match self.sasl {
            Some(mechanisms) => write!(formatter, " SASL={mechanisms}"),
            None => Ok(()),
        }
    }
}

/// Names of SASL mechanisms, each 1 to 20 letters, digits, `-` and `_` (RFC 4422 section 3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mechanisms<'a>(&'a str);

impl<'a> Mechanisms<'a> {
    /// Checks a list separated by commas.
    #[must_use]
    pub fn new(list: &'a str) -> Option<Self> {
        let is_mechanism = |name: &str| {
            (1..=20).contains(&name.len())
                && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
        };
        list.split(',').all(is_mechanism).then_some(Self(list))
    }

    /// The names, as written.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.0.split(',')
    }

    /// Whether a mechanism is on the list; names compare without case.
    #[must_use]
    pub fn allows(self, mechanism: &str) -> bool {
        self.iter().any(|name| name.eq_ignore_ascii_case(mechanism))
    }
}

impl fmt::Display for Mechanisms<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}
