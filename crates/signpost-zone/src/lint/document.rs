//! The rules as a document: `docs/lint.md`.

use std::fmt::Write as _;

use super::RULES;

/// All rules, a table for each severity, in Markdown.
#[must_use]
pub fn document() -> String {
    let mut text = HEADING.to_owned();
    for rule in RULES {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n## {}\n\n{}: {}\n\n- by: {}\n- instead: {}\n",
            rule.code,
            rule.severity.name(),
            rule.summary,
            rule.authority,
            rule.remedy
        );
    }
    text
}

const HEADING: &str = "\
# What `signpost lint` looks for

*Made by `signpost lint --rules`; a test holds it against the rules.*

An **error** is refused by clients, name servers or senders, or takes away what the record is there for. A **warning** works, and
not as it seems to be meant. **Advice** could be better; it is told with `--advice`. Codes are permanent. What an operator wants
all the same is allowed by `--allow CODE`, or in a file with its reason, which `--allowances FILE` names:

```toml
[[allow]]
code = \"host-outside-unsigned-zone\"
owner = \"_imaps._tcp.example.com\"     # where it is left out, at every owner
reason = \"the provider's hosts, until the registrar takes DS records\"
```
";
