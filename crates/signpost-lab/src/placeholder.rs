//! `{service}` in scenarios and `${sha256:NAME}` in zones.

use std::ops::Range;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use signpost_pki::{Digest, Pki};
use signpost_protocol::Service;

/// Fills `{service}` and `{port}` of a scenario in: the service's name, and the standard port of its STARTTLS label. Where
/// no service is set up, they stand for nothing.
#[must_use]
pub fn expand(text: &str, service: Option<Service>) -> String {
    let Some(service) = service else { return text.to_owned() };
    text.replace("{service}", service.name()).replace("{port}", &service.starttls_label().port().to_string())
}

/// Fills `${sha1:NAME}`, `${sha256:NAME}`, `${sha384:NAME}` and `${sha512:NAME}` in: padded base64 of the digest of
/// the certificate's DER, as it stands in a key record. Behind a second colon stands how it is misspelt (see [`Spelling`]), or
/// `key`, which makes it the digest of the public key.
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
        let digest = fill(placeholder, pki).ok_or_else(|| PlaceholderError {
            span: start..text.len() - after.len(),
            placeholder: Some(placeholder.to_owned()),
        })?;
        filled.push_str(before);
        filled.push_str(&digest);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

const OPENING: &str = "${";

/// What a placeholder stands for, which is given without its braces.
fn fill(placeholder: &str, pki: &Pki) -> Option<String> {
    let (digest, rest) = placeholder.split_once(':')?;
    let digest = digest.parse::<Digest>().ok()?;
    let (name, spelling) = match rest.split_once(':') {
        Some((name, "key")) => return Some(BASE64.encode(&pki.key_digest(name, digest)?)),
        Some((name, spelling)) => (name, Spelling::named(spelling)?),
        None => (rest, Spelling::Canonical),
    };
    Some(spelling.spell(&pki.digest(name, digest)?))
}

/// How the octets of a digest are written: all but one of these are mistakes that a careless decoder does not see.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Spelling {
    /// Padded base64.
    Canonical,
    /// Lower-case hexadecimal.
    Hexadecimal,
    /// Padded base64 of the digest and one octet more.
    Longer,
    /// Padded base64 whose last character has bits that belong to no octet, and they are set. A digest whose octets fill
    /// all characters, as those of SHA-384, has none.
    LooseBits,
    /// Base64 without padding.
    Unpadded,
    /// Base64 of the alphabet for URLs and file names, without padding as is usual there (RFC 4648 section 5).
    Url,
    /// Padded base64 with the end of a line after 32 characters, as a zone file writes it.
    Wrapped,
}

impl Spelling {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "hexadecimal" => Self::Hexadecimal,
            "longer" => Self::Longer,
            "loose-bits" => Self::LooseBits,
            "unpadded" => Self::Unpadded,
            "url" => Self::Url,
            "wrapped" => Self::Wrapped,
            _ => return None,
        })
    }

    fn spell(self, digest: &[u8]) -> String {
        match self {
            Self::Canonical => BASE64.encode(digest),
            Self::Hexadecimal => HEXLOWER.encode(digest),
            Self::Longer => BASE64.encode(&[digest, &[0]].concat()),
            Self::LooseBits => with_loose_bits(&BASE64.encode(digest)),
            Self::Unpadded => BASE64_NOPAD.encode(digest),
            Self::Url => BASE64URL_NOPAD.encode(digest),
            Self::Wrapped => wrapped(&BASE64.encode(digest)),
        }
    }
}

/// Base64 as tools write it for mail, but with shorter lines, so that each digest has two.
fn wrapped(base64: &str) -> String {
    let (first, rest) = base64.split_at_checked(32).unwrap_or((base64, ""));
    format!("{first}\\010{rest}")
}

/// Base64 with the bits set that belong to no octet: two before one `=`, four before two.
fn with_loose_bits(base64: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let data = base64.trim_end_matches('=');
    let padding = base64.len() - data.len();
    let (before, last) = data.split_at(data.len().saturating_sub(1));
    let value = last.bytes().next().and_then(|last| ALPHABET.iter().position(|&octet| octet == last));
    let loose = value.unwrap_or_default() | ((1 << (2 * padding)) - 1);
    format!("{before}{}{}", char::from(ALPHABET[loose]), "=".repeat(padding))
}

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
            (
                "${sha1:root:shouted}",
                "${sha1:root:shouted}",
                "`${sha1:root:shouted}` names no digest of a certificate",
            ),
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

    /// A misspelling differs from the canonical form, and only in the way that it says.
    #[test]
    fn digests_are_misspelt_as_is_asked_for() {
        let specs = [CertificateSpec { ca: true, ..CertificateSpec::new("root") }];
        let pki = Pki::build(&specs, &[], UnixTime::now()).unwrap();
        for (algorithm, padding) in [("sha1", 1), ("sha256", 1), ("sha512", 2)] {
            let fill =
                |spelling: &str| fill_digests(&format!("${{{algorithm}:root{spelling}}}"), &pki).unwrap();
            let canonical = fill("");
            let digest = BASE64.decode(canonical.as_bytes()).unwrap();
            assert_eq!(fill(":hexadecimal"), HEXLOWER.encode(&digest));
            let longer = BASE64.decode(fill(":longer").as_bytes()).unwrap();
            assert_eq!(longer, [&digest[..], &[0]].concat());
            assert_eq!(fill(":unpadded"), canonical.trim_end_matches('='));
            assert_eq!(fill(":url"), canonical.trim_end_matches('=').replace('+', "-").replace('/', "_"));
            let loose = fill(":loose-bits");
            assert!(BASE64.decode(loose.as_bytes()).is_err());
            let kept = canonical.len() - padding - 1;
            assert_eq!(loose[..kept], canonical[..kept]);
            assert_eq!(loose.len(), canonical.len());
            let mut careless = data_encoding::Specification::new();
            careless.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
            careless.check_trailing_bits = false;
            let decoded = careless.encoding().unwrap().decode(loose.trim_end_matches('=').as_bytes());
            assert_eq!(decoded.unwrap(), digest);
        }
    }
}
