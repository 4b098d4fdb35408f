//! What each view shows.

use serde_json::json;

use crate::lines::{Files, case, finding, forms, known, leak, report, reported};

#[test]
fn a_run_is_shown_in_every_form() {
    let files = Files::new();
    let mut unsupported = case("b/unsupported", "unsupported");
    unsupported["expected"] = true.into();
    let run = files.run(
        "run",
        "example",
        &[
            case("a/passes", "pass"),
            leak("a/leaks"),
            known(case("b/known", "fail"), true),
            known(case("b/fixed", "pass"), false),
            case("b/new", "fail"),
            unsupported,
        ],
    );
    for (format, text) in forms(&files, &[&run], &[]) {
        // The lines are those that were read, and the page has tests of its own.
        if !matches!(format, "html" | "jsonl") {
            insta::assert_snapshot!(format, text);
        }
    }
}

#[test]
fn further_forms_go_to_files_of_their_own() {
    let files = Files::new();
    let run = files.run("run", "example", &[case("a/passes", "pass")]);
    let [html, markdown] = ["page.html", "comment.md"].map(|name| files.path(name).display().to_string());
    let text = reported(&[&run], &["--html", &html, "--markdown", &markdown]);
    assert!(text.ends_with(": all as expected\n"), "{text}");
    assert!(std::fs::read_to_string(html).unwrap().starts_with("<!doctype html>"));
    assert!(std::fs::read_to_string(&markdown).unwrap().starts_with("| subject |"));
    let output = report(&[&run], &["--html", &markdown, "--markdown", &markdown]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("is named for two forms of the results\nhint: "), "{errors}");
}

#[test]
fn what_has_changed_is_shown_the_worse_first() {
    let files = Files::new();
    let mut other_reason = case("a/reason", "fail");
    other_reason["findings"] = json!([finding("client/other", "", "")]);
    let old = files.run(
        "old",
        "example 1",
        &[
            case("a/fixed", "fail"),
            case("a/gone", "pass"),
            case("a/reason", "fail"),
            case("a/same", "fail"),
            case("a/worse", "pass"),
        ],
    );
    let new = files.run(
        "new",
        "example 2",
        &[
            case("a/fixed", "pass"),
            case("a/new", "pass"),
            other_reason,
            case("a/same", "fail"),
            leak("a/worse"),
        ],
    );
    let against = ["--against", old.to_str().unwrap()];
    let text = reported(&[&new], &against);
    let (_, changes) = text.split_once("unexpected\n").unwrap();
    insta::assert_snapshot!("changes", changes);
    let markdown = reported(&[&new], &[&against[..], &["--format", "markdown"]].concat());
    let (_, changes) = markdown.split_once("- **Changed").unwrap();
    insta::assert_snapshot!("changes_markdown", changes);
}

#[test]
fn markdown_has_at_most_forty_lines() {
    let files = Files::new();
    let cases: Vec<_> = (0..60)
        .map(|number| {
            let id = format!("a/{number}");
            match number % 4 {
                0 => leak(&id),
                1 => known(case(&id, "fail"), true),
                2 => known(case(&id, "pass"), false),
                _ => case(&id, "fail"),
            }
        })
        .collect();
    let mut paths = Vec::new();
    for number in 0..20 {
        let subject = format!("subject {number}");
        let mut header = crate::lines::header(&subject, 99);
        header["partition"] = "hash:1/2".into();
        let summary = json!({
            "type": "summary", "cases": 60, "verdicts": {}, "areas": {}, "unexpected": 0, "duration_us": 1,
            "expectation_errors": ["known.toml:2: `x` matches no case of this run"]
        });
        paths.push(files.write(&subject, std::iter::once(&header).chain(&cases).chain([&summary])));
    }
    let old = files.run("old", "subject 0", &[case("a/0", "pass"), case("a/other", "pass")]);
    let paths: Vec<_> = paths.iter().map(AsRef::as_ref).collect();
    let text = reported(&paths, &["--format", "markdown", "--against", old.to_str().unwrap()]);
    assert!(text.lines().count() <= 40, "{text}");
    for words in
        ["and 10 more", "The run itself: ", "Dangerous: 300, of which", "New: 300", "Fixed: 300", "Changed: "]
    {
        assert!(text.contains(words), "{words:?} is missing in {text}");
    }
}

/// What would break out of whatever it stands in: HTML, a script, a comment, an attribute, a cell, code and links of Markdown,
/// CDATA, and what acts on a terminal or turns text round.
pub(crate) const HOSTILE: &str = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\" ' onclick=alert(3) x='\
     | `` [link](https://attacker.example/) ![x](https://attacker.example/x) @everyone #1\n# head ]]> &amp; \
     \u{1b}[8m\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{9b}31m\u{202e}\u{2066}\u{2028}\u{feff}\u{fffe}{{ 7*7 }}";

/// A run in which every text that is somebody's is hostile.
pub(crate) fn hostile(files: &Files) -> std::path::PathBuf {
    let mut case = leak(&format!("area{HOSTILE}/case{HOSTILE}"));
    case["title"] = HOSTILE.into();
    case["requirements"] = json!([HOSTILE]);
    case["reproduce"] = HOSTILE.into();
    case["findings"][0]["requirement"] = HOSTILE.into();
    case["findings"][0]["expected"] = HOSTILE.into();
    case["findings"][0]["seen"] = HOSTILE.into();
    case["report"] = json!({ "role": "set-up", "outcome": "refused", "reason": HOSTILE, "detail": HOSTILE });
    let mut events: Vec<_> =
        case["transcript"].as_array().unwrap().iter().map(|seen| seen["event"].clone()).collect();
    events.push(json!({ "event": "subject", "line": "stderr", "text": HOSTILE }));
    events[0]["name"] = HOSTILE.into();
    case["transcript"] = crate::lines::transcript(events);
    let mut known = known(crate::lines::case("a/known", "fail"), true);
    known["known"]["reason"] = HOSTILE.into();
    let mut header = crate::lines::header(&format!("subject{HOSTILE}"), 9);
    header["subject_version"] = HOSTILE.into();
    let summary = json!({
        "type": "summary", "cases": 2, "verdicts": {}, "areas": {}, "unexpected": 0, "duration_us": 1,
        "expectation_errors": [HOSTILE]
    });
    files.write("hostile", [&header, &case, &known, &summary])
}

/// Of styles, a terminal gets those of signpost alone, and every text of others stays in its line.
#[test]
fn nothing_that_a_file_says_acts_on_a_terminal() {
    let files = Files::new();
    let run = hostile(&files);
    let mut command = crate::lines::command();
    let output = command.arg("report").arg(&run).env("CLICOLOR_FORCE", "1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\u{1b}[1m"), "no styles at all: {text:?}");
    assert!(!text.contains("\u{1b}[8m"), "a style of the file's: {text:?}");
    assert!(text.lines().all(|line| !line.starts_with("# head")), "{text}");
}

#[test]
fn nothing_that_a_file_says_breaks_out_of_any_view() {
    let files = Files::new();
    let run = hostile(&files);
    for (format, text) in forms(&files, &[&run], &[]) {
        let acts = |next: char| {
            next.is_control() && next != '\n'
                || matches!(next, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}')
        };
        assert_eq!(text.chars().find(|next| acts(*next)), None, "{format}");
        match format {
            "jsonl" | "badge" => {
                text.lines().for_each(|line| drop(serde_json::from_str::<serde_json::Value>(line).unwrap()));
            }
            "junit" => {
                let mut reader = quick_xml::Reader::from_str(&text);
                while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
            }
            "html" => {
                // The page's own scripts, and nothing else that is markup.
                assert_eq!(text.matches("<script").count(), 2, "{text}");
                assert_eq!(text.matches("</script>").count(), 2, "{text}");
                for markup in ["<img", "<!--", "onerror=alert(2)>", "'><"] {
                    assert!(!text.contains(markup), "{markup}: {text}");
                }
            }
            "markdown" => {
                for line in text.lines() {
                    assert!(
                        line.is_empty()
                            || line.starts_with("| ")
                            || line.starts_with("|--")
                            || line.trim_start().starts_with("- "),
                        "{line}"
                    );
                    assert!(!outside_code(line).contains("attacker"), "{line}");
                }
            }
            _ => assert!(text.contains(r"\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{9b}31m\u{202e}\u{2066}"), "{text}"),
        }
    }
}

/// What of a line of Markdown is no code, by the rule of CommonMark: as many backticks end it as began it.
fn outside_code(line: &str) -> String {
    let (mut outside, mut rest) = (String::new(), line);
    while let Some(begin) = rest.find('`') {
        outside.push_str(&rest[..begin]);
        let fence: usize = rest[begin..].chars().take_while(|next| *next == '`').count();
        let inside = &rest[begin + fence..];
        let mut at = 0;
        let end = loop {
            let found = inside[at..].find('`').map(|found| at + found).expect("code that does not end");
            let length = inside[found..].chars().take_while(|next| *next == '`').count();
            if length == fence {
                break found;
            }
            at = found + length;
        };
        rest = &inside[end + fence..];
    }
    outside + rest
}
