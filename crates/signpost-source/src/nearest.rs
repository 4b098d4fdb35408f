//! The known name that a misspelt one was meant to be.

/// The most similar of the known names, if one is similar at all.
pub fn nearest<'k, K: AsRef<str>>(name: &str, known: &'k [K]) -> Option<&'k str> {
    let similar = |known: &'k K| {
        let known = known.as_ref();
        // Edits count against the length: two in a long name are a slip, in a short one another name.
        let edits = strsim::damerau_levenshtein(name, known);
        (edits <= name.len().max(known.len()) / 3).then_some((edits, known))
    };
    known.iter().filter_map(similar).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["title", "requirements", "why"];
        assert_eq!(nearest("tilte", &known), Some("title"));
        assert_eq!(nearest("requirement", &known), Some("requirements"));
        assert_eq!(nearest("world", &known), None);
        assert_eq!(nearest("", &known), None);
    }
}
