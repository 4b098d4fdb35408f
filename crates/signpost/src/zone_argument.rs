//! Words of the command line that speak of zones: names, times, rules.

use std::str::FromStr as _;

use domain::rdata::dnssec::Timestamp;
use hickory_proto::rr::Name;
use signpost_protocol::Label;
use signpost_source::nearest;
use signpost_zone::lint::{RULES, Rule};

/// A domain name.
pub(crate) fn domain_name(text: &str) -> Result<Name, String> {
    let mut name =
        Name::from_ascii(text).map_err(|_| "expected a domain name such as example.com".to_owned())?;
    name.set_fqdn(true);
    Ok(name)
}

/// A label and its port: `submission=2587`.
pub(crate) fn label_port(text: &str) -> Result<(Label, u16), String> {
    let expected = || "expected a label and a port, such as submission=2587".to_owned();
    let (label, port) = text.split_once('=').ok_or_else(expected)?;
    let label = label.parse().map_err(|error: signpost_protocol::UnknownLabel| error.to_string())?;
    Ok((label, port.parse().map_err(|_| expected())?))
}

/// A rule by its code.
pub(crate) fn rule(code: &str) -> Result<&'static Rule, String> {
    Rule::named(code).ok_or_else(|| {
        let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
        match nearest(code, &codes) {
            Some(meant) => format!("there is no rule `{code}`; did you mean `{meant}`?"),
            None => format!("there is no rule `{code}`; `signpost lint --rules` shows all"),
        }
    })
}

/// A time as signatures write it (RFC 4034 section 3.2).
pub(crate) fn time(text: &str) -> Result<u32, String> {
    let time =
        Timestamp::from_str(text).map_err(|_| "expected seconds since 1970, or YYYYMMDDHHmmSS".to_owned())?;
    Ok(time.into_int())
}
