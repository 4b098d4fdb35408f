//! `{service}` in scenarios and `${sha256:NAME}` in zones.

use std::ops::Range;

use data_encoding::BASE64;
use signpost_pki::{Digest, Pki};
use signpost_protocol::Service;

/// Fills `{service}` and `{port}` of a scenario in: the service's name, and the standard port of its STARTTLS label. Where
/// no service is set up, they stand for nothing.
#[must_use]
pub fn expand(text: &str, service: Option<Service>) -> String {
    let Some(service) = service else { return text.to_owned() };
    let [_, starttls] = service.labels();
    text.replace("{service}", service.name()).replace("{port}", &starttls.port().to_string())
}

/// Fills `${sha1:NAME}`, `${sha256:NAME}`, `${sha384:NAME}` and `${sha512:NAME}` in: padded base64 of the digest of
/// the certificate's DER, as it stands in a key record.
///
/// # Errors
///
/// The first placeholder that is not one of these or names no certificate.
pub(crate) fn fill_digests(text: &str, pki: &Pki) -> Result<String, PlaceholderError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(OPENING) {
        let start = text.len() - behind.len() - OPENING.len();
        let (placeholder, after) = behind
            .split_once('}')
            .ok_or_else(|| PlaceholderError { span: start..start + OPENING.len(), placeholder: None })?;
        let digest = placeholder
            .split_once(':')
            .and_then(|(digest, name)| pki.digest(name, digest.parse::<Digest>().ok()?))
            .ok_or_else(|| PlaceholderError {
                span: start..text.len() - after.len(),
                placeholder: Some(placeholder.to_owned()),
            })?;
        filled.push_str(before);
        filled.push_str(&BASE64.encode(&digest));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

const OPENING: &str = "${";

/// A placeholder that stands for nothing.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}: expected `${{sha256:CERTIFICATE}}`", match placeholder {
    Some(placeholder) => format!("${{{placeholder}}}` names no digest of a certificate"),
    None => "${` without `}`".to_owned(),
})]
pub struct PlaceholderError {
    /// Its octets in the text.
    pub span: Range<usize>,
    /// What stands between the braces; nothing where no brace closes.
    pub placeholder: Option<String>,
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::UnixTime;
    use signpost_pki::CertificateSpec;

    use super::*;

    #[test]
    fn service_and_port_are_filled_in() {
        assert_eq!(
            expand("_{service}._tcp SRV 1 1 {port} a", Some(Service::Pop3)),
            "_pop3._tcp SRV 1 1 110 a"
        );
    }

    #[test]
    fn digests_are_filled_in_and_mistakes_named() {
        let specs = [CertificateSpec { ca: true, ..CertificateSpec::new("root") }];
        let pki = Pki::build(&specs, &[], UnixTime::now()).unwrap();
        let filled = fill_digests("a=${sha1:root} b", &pki).unwrap();
        assert_eq!(filled.len(), "a= b".len() + 28);
        for (wrong, place, message) in [
            ("${sha1:nobody}", "${sha1:nobody}", "`${sha1:nobody}` names no digest of a certificate"),
            ("${md5:root}", "${md5:root}", "`${md5:root}` names no digest of a certificate"),
            ("${sha1}", "${sha1}", "`${sha1}` names no digest of a certificate"),
            ("${sha1:root", "${", "`${` without `}`"),
        ] {
            let text = format!("a=${{sha256:root}} b={wrong}");
            let error = fill_digests(&text, &pki).unwrap_err();
            assert_eq!(error.to_string(), format!("{message}: expected `${{sha256:CERTIFICATE}}`"));
            assert_eq!(error.span.start, text.len() - wrong.len());
            assert_eq!(&text[error.span], place);
        }
    }
}
