//! Which certificate a client was shown, for the transcript.

/// The name of the certificate that a server presents, or of each of two that it chooses from by SNI.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presented {
    certificate: String,
    others: Option<Others>,
}

/// Who is presented something else.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Others {
    names: Vec<String>,
    certificate: String,
}

impl Presented {
    /// `certificate` to who asks for one of `names`, and `otherwise` to everybody else.
    #[must_use]
    pub fn by_name(certificate: String, names: Vec<String>, otherwise: String) -> Self {
        Self { certificate, others: Some(Others { names, certificate: otherwise }) }
    }

    /// What is presented to who asks for this name, or for none.
    #[must_use]
    pub fn to(&self, sni: Option<&str>) -> &str {
        let asks_for = |name: &String| sni.is_some_and(|sni| name.eq_ignore_ascii_case(sni));
        match &self.others {
            Some(others) if !others.names.iter().any(asks_for) => &others.certificate,
            _ => &self.certificate,
        }
    }
}

impl From<String> for Presented {
    fn from(certificate: String) -> Self {
        Self { certificate, others: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_another_name_or_none_sees_the_other() {
        let one = Presented::from("one".to_owned());
        assert_eq!((one.to(None), one.to(Some("a.example"))), ("one", "one"));
        let two = Presented::by_name("one".to_owned(), vec!["a.example".to_owned()], "two".to_owned());
        assert_eq!(
            (two.to(None), two.to(Some("b.example")), two.to(Some("A.example"))),
            ("two", "two", "one")
        );
    }
}
