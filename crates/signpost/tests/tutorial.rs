//! The tutorial comes to the adapter that it says, and each of its steps does what it shows.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The language and the text of each block of code.
fn blocks(document: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut parts = document.split("\n```");
    parts.next();
    while let Some(block) = parts.next() {
        let (language, text) = block.split_once('\n').unwrap();
        found.push((language.to_owned(), format!("{text}\n")));
        parts.next();
    }
    found
}

/// What stands between two blank lines of a Python file, and the first line, by which its place is known.
fn paragraphs(text: &str) -> Vec<String> {
    text.trim_end().split("\n\n\n").map(|part| part.trim_end().to_owned()).collect()
}

fn first_line(paragraph: &str) -> &str {
    paragraph.lines().next().unwrap_or_default()
}

/// Does what the reader is told to: puts a definition in the place of the one of its name, or above the end.
fn edit(file: &mut Vec<String>, block: &str) {
    for new in paragraphs(block) {
        match file.iter_mut().find(|old| first_line(old) == first_line(&new)) {
            Some(old) => *old = new,
            None => {
                let end = file.iter().position(|old| old.starts_with("if __name__")).unwrap_or(file.len());
                file.insert(end, new);
            }
        }
    }
}

#[test]
fn the_steps_come_to_the_example() {
    let mut file = Vec::new();
    for (language, text) in blocks(&read("docs/tutorial.md")) {
        if language == "python" {
            edit(&mut file, &text);
        }
    }
    let mut built: Vec<String> = file;
    let mut example = paragraphs(&read("fixtures/adapters/set-up.py"));
    // In which order the definitions stand means nothing.
    built.sort();
    example.sort();
    assert!(built == example, "{:#?}", built.iter().find(|part| !example.contains(part)));
}

#[test]
fn every_step_does_what_it_shows() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(python, folder.path().join("python3")).unwrap();
    let own = Path::new(env!("CARGO_BIN_EXE_signpost")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{}:{path}", folder.path().display(), own.display());
    let (mut file, mut said) = (Vec::new(), String::new());
    let document = read("docs/tutorial.md");
    let steps = document.split("\n## 4.").next().unwrap();
    for (language, text) in blocks(steps) {
        match language.as_str() {
            "python" => {
                edit(&mut file, &text);
                std::fs::write(folder.path().join("adapter.py"), file.join("\n\n\n") + "\n").unwrap();
            }
            "sh" => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("chmod +x adapter.py\n{text}")]);
                let output = shell
                    .current_dir(folder.path())
                    .env("PATH", &path)
                    .stdin(Stdio::null())
                    .output()
                    .unwrap();
                said = String::from_utf8_lossy(&output.stdout).into_owned();
            }
            "text" => {
                for line in text.lines() {
                    assert!(said.contains(line.trim()), "{line} is not in {said}");
                }
            }
            other => panic!("a block of {other}"),
        }
    }
}

/// Every key of what is read and written stands in the document.
#[test]
fn the_document_of_adapters_names_every_key() {
    fn keys(schema: &serde_json::Value, found: &mut Vec<String>) {
        match schema {
            serde_json::Value::Object(entries) => {
                if let Some(properties) = entries.get("properties").and_then(serde_json::Value::as_object) {
                    found.extend(properties.keys().cloned());
                }
                entries.values().for_each(|value| keys(value, found));
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }
    let document = read("docs/adapters.md");
    let mut found = Vec::new();
    for name in ["assignment", "report"] {
        keys(&serde_json::from_str(&read(&format!("docs/{name}.schema.json"))).unwrap(), &mut found);
    }
    assert!(found.len() > 20);
    for key in found {
        // In a table: `key`, or `dns.key` of what lies within another.
        let row = |line: &str| {
            let words = line.strip_prefix("| ").and_then(|row| row.split(" | ").next()).unwrap_or_default();
            words.split(", ").any(|word| word.trim_matches('`').split('.').any(|part| part == key))
        };
        assert!(document.lines().any(row), "docs/adapters.md has no row for `{key}`");
    }
}

fn python() -> Option<PathBuf> {
    let found = ["python3", "/usr/bin/python3"].into_iter().find_map(|python| {
        let script = "import sys, dns.resolver; print(sys.executable)";
        let output = Command::new(python).args(["-c", script]).output().ok()?;
        let place = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| PathBuf::from(place.trim()))
    });
    if found.is_none() {
        assert!(std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_none(), "dnspython is not installed");
        eprintln!("skipped: dnspython is not installed");
    }
    found
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).unwrap()
}
