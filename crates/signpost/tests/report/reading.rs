//! Which files are read, and as what.

use std::fs;

use serde_json::{Value, json};

use crate::lines::{Files, case, forms, header, known, leak, report, reported};

#[test]
fn shards_of_one_subject_are_one_run() {
    let files = Files::new();
    let cases =
        [case("a/one", "pass"), case("b/two", "fail"), leak("a/three"), known(case("b/four", "fail"), true)];
    let whole = files.run("whole", "example", &cases);
    let [first, second] =
        [files.run("first", "example", &cases[2..]), files.run("second", "example", &cases[..2])];
    let merged = forms(&files, &[&first, &second], &[]);
    for ((format, merged), (_, whole)) in merged.iter().zip(forms(&files, &[&whole], &[])) {
        // Only how long they took adds up.
        let merged = merged.replace("3000000", "1500000").replace("3.00", "1.50");
        assert_eq!(merged, whole, "{format}");
    }
    // What was merged can be read again.
    let (_, lines) = merged.iter().find(|(format, _)| *format == "jsonl").unwrap();
    fs::write(files.path("merged"), lines).unwrap();
    let markdown = ["--format", "markdown"];
    assert_eq!(reported(&[&files.path("merged")], &markdown), reported(&[&whole], &markdown));
}

#[test]
fn several_subjects_and_versions_stand_side_by_side() {
    let files = Files::new();
    let one = files.run("one", "one", &[case("a/one", "pass"), leak("a/two")]);
    let mut other = header("one", 1);
    other["subject_version"] = "2.0".into();
    let summary = json!({ "type": "summary", "cases": 1, "verdicts": {}, "areas": {}, "unexpected": 0, "duration_us": 1 });
    let other = files.write("other", [&other, &case("a/one", "pass"), &summary]);
    let third = files.run("third", "third", &[case("a/two", "pass")]);
    insta::assert_snapshot!(reported(&[&one, &other, &third], &[]));
}

#[test]
fn what_is_not_whole_is_said() {
    let files = Files::new();
    let mut part = header("example", 5);
    part["partition"] = "hash:2/3".into();
    let stopped = json!({
        "type": "summary", "cases": 1, "verdicts": {}, "areas": {}, "unexpected": 0, "duration_us": 1,
        "incomplete": { "because": "stopped", "missing": 4 }
    });
    let stopped = files.write("stopped", [&part, &case("a/one", "pass"), &stopped]);
    let cut = files.write("cut", [&header("example", 3), &case("a/two", "pass")]);
    let forms = forms(&files, &[&stopped, &cut], &[]);
    for (format, text) in &forms {
        let words: &[&str] = match *format {
            "badge" => &["incomplete"],
            "jsonl" => &["\"incomplete\":{\"because\":\"missing\",\"missing\":6}"],
            _ => &[
                "4 cases not judged, because somebody stopped it",
                "was cut off: 2 cases not judged",
                "2 of 3 parts",
            ],
        };
        for words in words {
            assert!(text.contains(words), "{format}: {words:?} is missing in {text}");
        }
    }
    // Merged, it is no more whole than before.
    let (_, lines) = forms.iter().find(|(format, _)| *format == "jsonl").unwrap();
    fs::write(files.path("merged"), lines).unwrap();
    let again = reported(&[&files.path("merged")], &[]);
    assert!(
        again.contains("incomplete: 6 cases not judged, because not all of its results are there"),
        "{again}"
    );
}

#[test]
fn numbers_that_are_too_large_are_no_panic() {
    let files = Files::new();
    let shards: Vec<_> = ["a/one", "a/two"]
        .map(|id| {
            let mut header = header("example", 1);
            (header["cases"], header["partition"]) = (u64::MAX.into(), format!("hash:1/{}", u64::MAX).into());
            let summary = json!({
                "type": "summary", "cases": u64::MAX, "verdicts": {}, "areas": {}, "unexpected": u64::MAX,
                "duration_us": u64::MAX, "incomplete": { "because": "max-fail", "missing": u64::MAX }
            });
            let mut case = case(id, "fail");
            (case["duration_us"], case["findings"][0]["lines"]) = (u64::MAX.into(), json!([u32::MAX, 0]));
            files.write(&id.replace('/', "-"), [&header, &case, &summary])
        })
        .into();
    let mut other = header("other", 0);
    other["version"] = 3.into();
    let summary = json!({ "type": "summary", "cases": 0, "verdicts": {}, "areas": {}, "unexpected": 0, "duration_us": u64::MAX });
    let other = files.write("other", [&other, &summary]);
    forms(&files, &[&shards[0], &shards[1], &other], &[]);
    reported(&[&shards[0], &shards[1]], &[]);
}

#[test]
fn older_versions_are_read_and_say_how_a_subject_is_wrong() {
    let files = Files::new();
    let older = |version: u32| {
        let mut header = header("example", 2);
        header["version"] = version.into();
        let resolver = json!({
            "type": "case", "id": "resolver/signature-broken-srv[dns]", "title": "", "verdict": "fail", "expected": false,
            "severity": "high", "requirements": [], "duration_us": 1, "runs": 1, "reproduce": "",
            "report": { "role": "resolve", "outcome": "answered", "status": "secure" }
        });
        let mut leak = leak("a/leak");
        leak.as_object_mut().unwrap().remove("wrong");
        files.write("older", [&header, &resolver, &leak])
    };
    for version in [2, 3] {
        let text = reported(&[&older(version)], &[]);
        let words = "wrong in 2 cases, dangerous in 2 (a credential or mail given away 1, secure against the RFCs 1)\n";
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_place_and_a_remedy() {
    let files = Files::new();
    let [run, pass] = [header("example", 1), case("a/one", "pass")];
    let with = |key: &str, value: Value| {
        let mut changed = run.clone();
        changed[key] = value;
        changed
    };
    let errors = |paths: &[&str]| {
        let paths: Vec<_> = paths.iter().map(|name| files.path(name)).collect();
        let output = report(&paths.iter().map(AsRef::as_ref).collect::<Vec<_>>(), &[]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{paths:?}");
        let folder = files.path("").display().to_string();
        String::from_utf8(output.stderr).unwrap().replace(&folder, "")
    };
    let mut said = Vec::new();
    files.write("foreign", [&json!({ "event": "started", "type": "test" })]);
    files.write("headless", [&pass]);
    files.write("newer", [&with("version", 5.into()), &pass]);
    files.write("ancient", [&with("version", 1.into()), &pass]);
    files.write("broken", [&run, &json!({ "type": "case", "id": 7 })]);
    files.write("good", [&run, &pass]);
    files.write("seed", [&with("seed", 7.into()), &case("a/two", "pass")]);
    fs::write(files.path("empty"), "\n").unwrap();
    fs::write(files.path("xml"), "<testsuites/>\n").unwrap();
    fs::write(files.path("torn"), format!("{run}\n{}", &pass.to_string()[..50])).unwrap();
    for paths in [
        &["foreign"][..],
        &["headless"],
        &["newer"],
        &["ancient"],
        &["broken"],
        &["empty"],
        &["xml"],
        &["torn"],
        &["none"],
        &["good", "good"],
        &["good", "seed"],
    ] {
        said.push(errors(paths));
    }
    insta::assert_snapshot!(said.join("\n"));
}
