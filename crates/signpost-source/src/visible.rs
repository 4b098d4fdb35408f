//! Text of others where a person reads it: what would act on a terminal, hide or turn round what stands beside it is shown by
//! its number. Rust's own tables say what is printable.

use std::borrow::Cow;

/// The same text in one line, with everything that is not printable escaped as Rust does: controls (ESC, CR, BEL, those of C1),
/// what changes the direction of text, what has no width, and what is no character.
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, |_| None)
}

/// The same for a text that is laid out already: it keeps its lines, tabs and styles (ECMA-48 SGR), and nothing else that
/// begins with ESC. Whatever of it is somebody else's has been made [`visible`] before.
pub fn visible_layout(text: &str) -> Cow<'_, str> {
    escape(text, |rest| match rest.as_bytes()[0] {
        b'\n' | b'\t' => Some(1),
        b'\x1b' => {
            let parameters = rest.strip_prefix("\x1b[")?;
            let end = parameters.find(|octet: char| !matches!(octet, '0'..='9' | ';' | ':'))?;
            parameters[end..].starts_with('m').then_some("\x1b[".len() + end + 1)
        }
        _ => None,
    })
}

/// The same for the text of a file: it keeps its lines and tabs.
pub(crate) fn visible_source(text: &str) -> Cow<'_, str> {
    escape(text, |rest| match rest.as_bytes() {
        [b'\n' | b'\t', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    })
}

/// Escapes whatever is not printable, but for so many octets at the beginning of what is left as are to be kept.
fn escape(text: &str, kept: impl Fn(&str) -> Option<usize>) -> Cow<'_, str> {
    if text.bytes().all(|octet| octet == b' ' || octet.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = kept(rest).unwrap_or_else(|| {
            push(next, &mut shown);
            0
        });
        shown.push_str(&rest[..length]);
        rest = &rest[length.max(next.len_utf8())..];
    }
    Cow::Owned(shown)
}

fn push(next: char, shown: &mut String) {
    if next == ' ' || next.is_ascii_graphic() {
        shown.push(next);
        return;
    }
    // Behind a letter, as a mark that stands upon it is printable.
    let mut octets = [0; 4];
    let behind_letter = format!("a{}", next.encode_utf8(&mut octets));
    shown.extend(behind_letter.escape_debug().skip(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_or_hides_is_shown_by_its_number() {
        for (text, shown) in [
            ("plain `text` \"it's\" \\n", "plain `text` \"it's\" \\n"),
            ("Grüße, 世界, e\u{301}…", "Grüße, 世界, e\u{301}…"),
            ("a\u{1b}]0;owned\u{7}b", "a\\u{1b}]0;owned\\u{7}b"),
            ("pass\r\u{1b}[2Kfail\n", "pass\\r\\u{1b}[2Kfail\\n"),
            ("\u{9b}31m \u{9d} \u{7f}", "\\u{9b}31m \\u{9d} \\u{7f}"),
            (
                "\u{202e}txt\u{2066}\u{200f}\u{200b}\u{feff}",
                "\\u{202e}txt\\u{2066}\\u{200f}\\u{200b}\\u{feff}",
            ),
            ("\u{fffe}\u{ffff}\u{e000}\u{2028}", "\\u{fffe}\\u{ffff}\\u{e000}\\u{2028}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn a_layout_keeps_lines_and_styles_alone() {
        for (text, shown) in [
            ("a\tb\n\u{1b}[1;31mred\u{1b}[0m", "a\tb\n\u{1b}[1;31mred\u{1b}[0m"),
            ("\u{1b}[2J\u{1b}]8;;x\u{1b}\\\u{1b}", "\\u{1b}[2J\\u{1b}]8;;x\\u{1b}\\\\u{1b}"),
            ("a\r\n\u{1b}[1", "a\\r\n\\u{1b}[1"),
        ] {
            assert_eq!(visible_layout(text), shown);
        }
    }
}
