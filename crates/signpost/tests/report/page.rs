//! The page, in a browser.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::lines::{Files, case, header, known, leak, reported, transcript};
use crate::views::hostile;

#[test]
fn it_loads_filters_and_opens_a_cell_and_fetches_nothing() {
    let files = Files::new();
    let one = files.run(
        "one",
        "one",
        &[case("a/same", "pass"), leak("b/leaks"), case("b/fails", "fail"), case("c/only", "weak")],
    );
    let other = files.run(
        "other",
        "other",
        &[case("a/same", "pass"), case("b/leaks", "pass"), known(case("b/fails", "fail"), true)],
    );
    let page = written(&files, &[one, other]);
    let Some(mut browser) = Browser::open(&page) else { return };
    let rows =
        "[...document.querySelectorAll('.map tbody tr:not(.area) th')].map((row) => row.firstChild.data)";
    // At first, the rows in which the subjects differ; the unsafe before the others.
    assert_eq!(browser.evaluate(rows), json!(["leaks"]));
    browser.evaluate("document.getElementById('differing').click()");
    assert_eq!(browser.evaluate(rows), json!(["leaks", "fails", "only", "same"]));
    assert_eq!(browser.evaluate("document.getElementById('shown').textContent"), "4 of 4 cases");
    let choose = |selector: &str, value: &str| {
        format!(
            "(() => {{ const it = document.querySelector({selector:?}); it.value = {value:?}; \
             it.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
        )
    };
    for (selector, value, shown) in [
        ("#area", "b", json!(["leaks", "fails"])),
        ("#area", "", json!(["leaks", "fails", "only", "same"])),
        ("#search", "title of C", json!(["only"])),
        ("#search", "", json!(["leaks", "fails", "only", "same"])),
    ] {
        browser.evaluate(&choose(selector, value));
        assert_eq!(browser.evaluate(rows), shown, "{selector} {value}");
    }
    for (chip, shown) in
        [("dangerous", json!(["leaks"])), ("fail", json!(["fails"])), ("critical", json!(["leaks"]))]
    {
        let click = format!("document.querySelector('input[value={chip}]').click()");
        browser.evaluate(&click);
        assert_eq!(browser.evaluate(rows), shown, "{chip}");
        browser.evaluate(&click);
    }

    browser.evaluate("document.querySelector('td.d').click()");
    assert_eq!(browser.evaluate("document.getElementById('detail').open"), true);
    let text = browser.evaluate("document.getElementById('detail').innerText");
    let text = text.as_str().unwrap();
    for words in [
        "b/leaks",
        "Title of b/leaks",
        "fail: a credential or mail given away",
        "invariant/no-credential-in-clear",
        "no credential outside TLS",
        "A target that fails a security demand gets no credential",
        "refused no-tls",
        "signpost run 'b/leaks' --subject example",
        "decoded: \u{2400}alice\u{2400}secret",
    ] {
        assert!(text.contains(words), "{words:?} is missing in {text}");
    }
    for (lane, words) in [
        ("dns", "_submission._tcp.example.com"),
        ("tcp", "accepted"),
        ("clear", "220 ready"),
        ("tls", "QUIT"),
        ("clear.convicts mark", "AUTH PLAIN AGFsaWNlAHNlY3JldA=="),
    ] {
        let there = format!(
            "[...document.querySelectorAll('.line > :not(.lane).{lane}, .line > .{lane}')].some((entry) => entry.textContent.includes({words:?}))"
        );
        assert_eq!(browser.evaluate(&there), true, "{lane}: {words}");
    }
    is_quiet(&browser);
}

#[test]
fn what_has_changed_can_be_filtered_and_a_cell_has_a_link() {
    let files = Files::new();
    let old = [case("a/same", "fail"), case("a/worse", "pass"), case("a/gone", "pass")];
    let old = files.run("old", "one", &old);
    let new = files.run("new", "one", &[case("a/same", "fail"), leak("a/worse")]);
    let page = files.path("page.html");
    reported(&[&new], &["--against", old.to_str().unwrap(), "--html", page.to_str().unwrap()]);
    let linked = PathBuf::from(format!("{}#a%2Fworse@0", page.display()));
    let Some(mut browser) = Browser::open(&linked) else { return };
    assert_eq!(browser.evaluate("document.getElementById('detail').open"), true);
    let text = browser.evaluate("document.getElementById('detail').innerText");
    assert!(text.as_str().unwrap().contains("pass -> fail"), "{text}");
    browser.evaluate("document.getElementById('detail').close()");
    let rows =
        "[...document.querySelectorAll('.map tbody tr:not(.area) th')].map((row) => row.firstChild.data)";
    assert_eq!(browser.evaluate(rows), json!(["worse", "same"]));
    browser.evaluate("document.getElementById('changed').click()");
    assert_eq!(browser.evaluate(rows), json!(["worse"]));
    is_quiet(&browser);
}

/// Without script there is a table of all cases; the browser's own parser says so.
#[test]
fn without_script_there_is_a_table() {
    let files = Files::new();
    let run = files.run("one", "one", &[case("a/same", "pass"), leak("b/leaks"), case("c/weak", "weak")]);
    let page = fs::read_to_string(written(&files, &[run])).unwrap();
    let (_, table) = page.split_once("<noscript>").unwrap();
    let (table, _) = table.split_once("</noscript>").unwrap();
    insta::assert_snapshot!(table.trim());
}

#[test]
fn nothing_that_a_file_says_runs_or_becomes_markup() {
    let files = Files::new();
    let page = written(&files, &[hostile(&files)]);
    let Some(mut browser) = Browser::open(&page) else { return };
    browser.evaluate("document.querySelector('td.d').click()");
    assert_eq!(browser.evaluate("document.getElementById('detail').open"), true);
    let text = browser.evaluate("document.getElementById('detail').innerText");
    assert!(
        text.as_str().unwrap().contains("</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>"),
        "{text}"
    );
    for (selector, number) in [("script", 2), ("img", 0), ("a", 0), ("[onclick]", 0), ("[onerror]", 0)] {
        assert_eq!(
            browser.evaluate(&format!("document.querySelectorAll({selector:?}).length")),
            number,
            "{selector}"
        );
    }
    is_quiet(&browser);
}

/// A hole in the page would not be one: what is not the page's own script does not run, and nothing is fetched.
#[test]
fn its_policy_holds_what_nobody_thought_of() {
    let files = Files::new();
    let path = written(&files, &[files.run("one", "one", &[case("a/one", "fail")])]);
    let page = fs::read_to_string(&path).unwrap();
    let holed = page.replace("<main>", "<main><script>document.title = 'owned'</script><img src='http://127.0.0.1:9/x' onerror='document.title = \"owned\"'>");
    fs::write(&path, holed).unwrap();
    let Some(mut browser) = Browser::open(&path) else { return };
    assert_ne!(browser.evaluate("document.title"), "owned");
    assert!(!browser.told("Log.entryAdded").is_empty(), "nothing was refused");
}

#[test]
fn forty_subjects_and_two_thousand_cases_are_small_and_open_at_once() {
    let files = Files::new();
    // Written as text: eighty thousand values would take longer than all that is tested.
    let [leaks, fails, passes] = [long(ID), case(ID, "fail"), case(ID, "pass")].map(|case| case.to_string());
    let paths: Vec<_> = (0..40)
        .map(|subject| {
            let name = format!("subject {subject}");
            let mut text = format!("{}\n", header(&name, 2000));
            for number in 0..2000 {
                let kind = match (number * 7 + subject * 13) % 11 {
                    0 => &leaks,
                    1 => &fails,
                    _ => &passes,
                };
                let id = format!("area-{}/case-number-{number}[submission]", number % 30);
                let line = kind.replace(ID, &id).replace(OWN, &format!("{}", subject * number % 997));
                text.push_str(&line);
                text.push('\n');
            }
            let path = files.path(&name);
            fs::write(&path, text).unwrap();
            path
        })
        .collect();
    let page = written(&files, &paths);
    let size = fs::metadata(&page).unwrap().len();
    assert!(size < 5_000_000, "{size} octets");
    let Some(mut browser) = Browser::open(&page) else { return };
    // Other things may go on beside it, so that the best of a few counts.
    let mut times = Vec::new();
    for _ in 0..3 {
        browser.load(&page);
        let time = "performance.getEntriesByType('navigation')[0].loadEventStart";
        times.push(browser.evaluate(time).as_f64().unwrap());
    }
    assert!(times.iter().any(|time| *time < 2000.0), "{times:?} ms");
    assert_eq!(browser.evaluate("document.getElementById('shown').textContent"), "2000 of 2000 cases");
    is_quiet(&browser);
}

/// What stands for the ID in a text, and for what is a subject's alone.
const ID: &str = "@id@";
const OWN: &str = "@own@";

/// A leak with as long a transcript as real ones, in which much is the subject's own.
fn long(id: &str) -> Value {
    let mut case = leak(id);
    let said = |text: String| json!({ "event": "bytes", "connection": 1, "by": "client", "channel": "clear", "bytes": text });
    let line = |line: usize| {
        let own = if line.is_multiple_of(4) { OWN } else { "" };
        said(format!("line {line} of the usual length {own}"))
    };
    case["transcript"] = transcript((0..40).map(line));
    case["findings"][0]["seen"] = format!("something of its own: {OWN} in {id}").into();
    case
}

/// Nothing went wrong, was said on the console, or was fetched but the page.
fn is_quiet(browser: &Browser) {
    for method in [
        "Runtime.exceptionThrown",
        "Runtime.consoleAPICalled",
        "Log.entryAdded",
        "Page.javascriptDialogOpening",
    ] {
        assert_eq!(browser.told(method), Vec::<&Value>::new());
    }
    for request in browser.told("Network.requestWillBeSent") {
        let url = request["params"]["request"]["url"].as_str().unwrap();
        assert!(url.starts_with("file://") || url.starts_with("data:"), "{url}");
    }
}

fn written(files: &Files, runs: &[PathBuf]) -> PathBuf {
    let page = files.path("page.html");
    let runs: Vec<_> = runs.iter().map(AsRef::as_ref).collect();
    reported(&runs, &["--html", page.to_str().unwrap()]);
    page
}
