//! The one thing that a scenario breaks, as its file says it.

use serde::Deserialize;
use serde_spanned::Spanned;

/// A `[[fault]]` table: where, what, and the parameters of that kind. Which parameters a kind takes is checked when
/// it is turned into a fault of the DNS, the certificates or a mail server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// `dns:NAME/TYPE`, `dns:*`, `zone:ORIGIN`, `pki:CERTIFICATE` or `mail:SERVER`; `{service}` stands for the
    /// case's service.
    pub at: Spanned<String>,
    /// What is done there, in kebab case.
    pub kind: Spanned<String>,
    /// Octet, extended error or reply code, where the kind takes one.
    pub code: Option<Spanned<u16>>,
    /// DNS or subject alternative names, where the kind takes some.
    pub names: Option<Vec<Spanned<String>>>,
    /// Owner of the record set that the kind works on.
    pub owner: Option<Spanned<String>>,
    /// RCODE mnemonic.
    pub rcode: Option<Spanned<String>>,
    /// Master-file lines.
    pub records: Option<Spanned<String>>,
    /// Seconds, where the kind moves a clock.
    pub seconds: Option<Spanned<i64>>,
    /// Step of a mail session: `greeting`, `ehlo`, `starttls`, …
    pub step: Option<Spanned<String>>,
    /// Raw text; `\r\n` and other escapes are TOML's.
    pub text: Option<Spanned<String>>,
    /// Type mnemonic of the record set that the kind works on.
    #[serde(rename = "type")]
    pub record_type: Option<Spanned<String>>,
}
