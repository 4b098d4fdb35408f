//! The character-strings of a TXT record as master files write them (RFC 1035 section 5.1).

use signpost_source::Problem;

/// The quoted strings of a line, or nothing where it holds no quote and is the bare text.
pub(crate) fn character_strings(line: &[u8]) -> Result<Option<Vec<Vec<u8>>>, Problem> {
    let Some(first) = line.iter().position(|&octet| octet == b'"') else { return Ok(None) };
    let mut strings = Vec::new();
    let mut at = first;
    while let Some(open) = line[at..].iter().position(|&octet| octet == b'"') {
        let (string, end) = quoted(line, at + open)?;
        strings.push(string);
        at = end;
    }
    Ok(Some(strings))
}

/// The string whose quote opens here, and the octet behind its closing quote.
fn quoted(line: &[u8], open: usize) -> Result<(Vec<u8>, usize), Problem> {
    let mut string = Vec::new();
    let mut at = open + 1;
    while let Some(&octet) = line.get(at) {
        at += 1;
        match octet {
            b'"' => return Ok((string, at)),
            b'\\' => {
                let (escaped, length) = escaped(&line[at..]).ok_or_else(|| {
                    Problem::at(at - 1..at, "an escape that means nothing")
                        .help("write `\\DDD` with three digits up to 255, or `\\` and the character itself")
                })?;
                string.push(escaped);
                at += length;
            }
            other => string.push(other),
        }
    }
    Err(Problem::at(open..line.len(), "the string is not closed").help("add a quote at its end"))
}

/// What stands behind a backslash: three digits or one other octet.
fn escaped(rest: &[u8]) -> Option<(u8, usize)> {
    let first = *rest.first()?;
    if !first.is_ascii_digit() {
        return Some((first, 1));
    }
    let digits = rest.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, digits.len()))
}
