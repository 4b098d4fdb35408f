//! How a world's zone is signed, as `world.toml` says it.

use std::ops::Range;

use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_dns::{Algorithm, Denial, Signing};
use signpost_source::Problem;

/// The keys of a `[[zone]]` table that say how it is signed.
pub(crate) struct SigningKeys {
    /// Whether, and how non-existence is proven.
    pub(crate) way: Way,
    /// Number in the IANA registry.
    pub(crate) algorithm: Option<Spanned<u8>>,
    /// Additional iterations of NSEC3.
    pub(crate) iterations: Option<Spanned<u16>>,
    /// Salt of NSEC3: four octets in hexadecimal.
    pub(crate) salt: Option<Spanned<String>>,
}

/// The key `signing`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    #[default]
    Nsec,
    Nsec3,
    Nsec3OptOut,
    Unsigned,
}

impl SigningKeys {
    pub(crate) fn read(self) -> Result<Signing, Problem> {
        let hashed = |opt_out| {
            Ok(Denial::Nsec3 {
                iterations: self.iterations.as_ref().map_or(0, |iterations| *iterations.get_ref()),
                salt: self.salt.as_ref().map(read_salt).transpose()?,
                opt_out,
            })
        };
        let denial = match self.way {
            Way::Nsec3 => hashed(false)?,
            Way::Nsec3OptOut => hashed(true)?,
            way @ (Way::Nsec | Way::Unsigned) => {
                let idle = [
                    ("iterations", self.iterations.as_ref().map(Spanned::span)),
                    ("salt", self.salt.as_ref().map(Spanned::span)),
                    (
                        "algorithm",
                        self.algorithm.as_ref().map(Spanned::span).filter(|_| way == Way::Unsigned),
                    ),
                ];
                if let Some((key, span)) = idle.into_iter().find_map(|(key, span)| Some((key, span?))) {
                    return Err(idle_key(key, span));
                }
                if way == Way::Unsigned {
                    return Ok(Signing::Unsigned);
                }
                Denial::Nsec
            }
        };
        let algorithm = self.algorithm.as_ref().map(read_algorithm).transpose()?.unwrap_or_default();
        Ok(Signing::Signed { algorithm, denial })
    }
}

fn idle_key(key: &str, span: Range<usize>) -> Problem {
    Problem::at(span, format!("`{key}` changes nothing in a zone that is signed so"))
        .help("`iterations` and `salt` are for `nsec3` and `nsec3-opt-out`, `algorithm` for signed zones")
}

fn read_algorithm(number: &Spanned<u8>) -> Result<Algorithm, Problem> {
    Algorithm::from_number(*number.get_ref()).ok_or_else(|| {
        let known: Vec<String> =
            Algorithm::ALL.iter().map(|algorithm| algorithm.number().to_string()).collect();
        Problem::at(number.span(), format!("no zone can be signed with algorithm {}", number.get_ref()))
            .help(format!("known are {}", known.join(", ")))
    })
}

fn read_salt(text: &Spanned<String>) -> Result<[u8; 4], Problem> {
    data_encoding::HEXLOWER_PERMISSIVE
        .decode(text.get_ref().as_bytes())
        .ok()
        .and_then(|octets| octets.try_into().ok())
        .ok_or_else(|| {
            Problem::at(text.span(), format!("`{}` is no salt", text.get_ref()))
                .help("write four octets in hexadecimal, such as `aabbccdd`")
        })
}
