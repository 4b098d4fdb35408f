//! The command line as its users see it: what is written where, and the exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[test]
fn help_names_every_command_and_exit_code() {
    insta::assert_snapshot!(success(&["--help"]));
}

#[test]
fn help_of_run_names_every_option() {
    insta::assert_snapshot!(success(&["run", "-h"]));
}

#[test]
fn cases_are_listed() {
    insta::assert_snapshot!(success(&["list", "downgrade/starttls-stripped["]));
    insta::assert_snapshot!(success(&["list", "downgrade/starttls-stripped[pop3]", "--format", "json"]));
}

#[test]
fn requirements_and_defects_are_listed() {
    insta::assert_snapshot!(success(&["list", "--requirements", "rfc2782/weight"]));
    insta::assert_snapshot!(success(&["list", "--defects", "weight-ignored"]));
}

#[test]
fn a_case_is_explained() {
    insta::assert_snapshot!(success(&["explain", "downgrade/starttls-stripped[pop3]"]));
}

#[test]
fn a_record_is_explained() {
    insta::assert_snapshot!(success(&["record", "v=pop3 STARTTLS=_certroot.example.com"]));
}

#[test]
fn the_honest_reference_is_as_expected() {
    let output = signpost(&["run", "honest/two-servers"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains("3 cases against reference"), "{text}");
    assert!(text.ends_with("all as expected\n"), "{text}");
}

#[test]
fn an_unexpected_verdict_is_1_and_says_how_to_see_it_again() {
    let subject = "reference?defect=ignores-stripped-starttls";
    let output = signpost(&["run", "downgrade/starttls-stripped[pop3]", "--subject", subject, "--seed", "7"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    for part in [
        "fail downgrade/starttls-stripped[pop3] (critical)",
        "  requirement: ",
        "  expected:    ",
        "  seen:        ",
        "  reproduce:   signpost run 'downgrade/starttls-stripped[pop3]' --subject \
         'reference?defect=ignores-stripped-starttls' --seed 7",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    assert!(!text.contains('\u{1b}'), "styles where there is no terminal: {text:?}");
}

#[test]
fn a_malformed_record_is_1() {
    insta::assert_snapshot!(refusal(1, &["record", "v=submission STARTTLS=_certroot..example"]));
}

#[test]
fn wrong_command_lines_and_files_are_2() {
    insta::assert_snapshot!(refusal(2, &["run", "--partition", "hash:4/3"]));
    insta::assert_snapshot!(refusal(2, &["run", "--subject", "msmpt"]));
    insta::assert_snapshot!(refusal(2, &["run", "--subject", "reference?defect=skips-pins"]));
    insta::assert_snapshot!("mode", refusal(2, &["run", "--subject", "msmtp:defalt"]));
    insta::assert_snapshot!(
        "recipe",
        refusal(2, &["run", "--subject", "fixtures/subjects-malformed/serving.toml"])
    );
    insta::assert_snapshot!("no_recipe", refusal(2, &["run", "--subject", "./no-such-client.toml:strict"]));
    insta::assert_snapshot!(refusal(2, &["run", "--expectations", "fixtures/no-such-file.toml"]));
    let malformed = "fixtures/expectations-malformed.toml";
    insta::assert_snapshot!(refusal(2, &["run", "--expectations", malformed]));
    insta::assert_snapshot!(refusal(2, &["run", "--output", "no-such-folder/results.xml"]));
    insta::assert_snapshot!(refusal(2, &["list", "--scenarios", "no-such-folder"]));
}

#[test]
fn a_subject_that_cannot_start_is_3() {
    insta::assert_snapshot!(refusal(3, &["run", "--subject", "cmd:./no-such-adapter --fast"]));
    let recipe = "fixtures/subjects-malformed/not-installed.toml";
    insta::assert_snapshot!("not_installed", refusal(3, &["run", "--subject", recipe]));
}

/// Limits that leave no room are found before the first case, and not by a panic or an abort in one of them.
#[test]
fn too_little_room_is_3_and_says_what_can_be_done() {
    for limit in ["ulimit -v 100000", "ulimit -d 100000"] {
        for arguments in ["run honest/two-servers", "check honest/two-servers"] {
            let script = format!("{limit}; exec \"$0\" {arguments} --jobs 4");
            let output = Command::new("sh")
                .args(["-c", &script, env!("CARGO_BIN_EXE_signpost")])
                .current_dir(root())
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{errors}");
            assert!(errors.starts_with("error: making room for 4 cases at a time: "), "{errors}");
            assert!(errors.contains("hint: run fewer cases at a time"), "{errors}");
        }
    }
}

/// What a program may use can be said, and is said again where a case is repeated.
#[test]
fn limits_are_set_and_repeated() {
    let subject = "cmd:fixtures/hostile/memory-hog.sh";
    let output =
        signpost(&["run", "honest/two-servers[pop3]", "--limit", "memory=96MiB", "--subject", subject]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("using more than 96 MiB of memory"), "{text}");
    assert!(text.contains(" --limit memory=100663296"), "{text}");
    let output = signpost(&["run", "--limit", "memory=96MB"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors.contains("the units are KiB, MiB and GiB"), "{errors}");
}

/// A program in a folder that a case hides, found by its name through a link, as `pipx` and `cargo install` leave it.
#[test]
#[cfg(target_os = "linux")]
fn a_program_of_the_users_own_is_found_wherever_it_is() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(place("bin")).unwrap();
    std::fs::create_dir_all(place("opt")).unwrap();
    std::fs::write(place("opt/own"), "#!/bin/sh\necho own was here >&2\nexit 3\n").unwrap();
    std::fs::set_permissions(place("opt/own"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink(place("opt/own"), place("bin/signpost-own")).unwrap();
    let recipe = "about = \"own\"\nrole = \"set-up\"\nprofiles = [\"srv-discovery\"]\nservices = [\"pop3\"]\n\
                  [[mode]]\nname = \"usual\"\nstance = \"verified\"\nabout = \"as it is\"\n\
                  [[command]]\nrun = [\"signpost-own\"]\n\
                  [[command.read]]\nstdout = '(?<host>\\S+) (?<port>\\d+)'\nset = { security = \"tls\" }\n";
    std::fs::write(place("own.toml"), recipe).unwrap();
    let path = std::env::join_paths(
        [place("bin")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let arguments = ["run", "honest/two-servers[pop3]", "--format", "jsonl", "--subject"];
    let mut command = command(&arguments);
    let output = command.arg(place("own.toml")).env("PATH", path.unwrap()).output().unwrap();
    let (text, errors) = (stdout(&output), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(3) && std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_none() {
        eprintln!("skipped: {errors}");
        return;
    }
    assert!(text.contains("\"outcome\":\"declined\",\"detail\":\"own was here"), "{text}{errors}");
}

#[test]
fn nothing_selected_is_4() {
    insta::assert_snapshot!(refusal(4, &["run", "no-such-area/"]));
    insta::assert_snapshot!(refusal(4, &["explain", "downgrade/startls-stripped[pop3]"]));
}

#[test]
fn results_fit_the_published_schema() {
    let subject = "reference?defect=ignores-stripped-starttls";
    let output =
        signpost(&["run", "downgrade/starttls-stripped[", "--subject", subject, "--format", "jsonl"]);
    let schema = std::fs::read_to_string(root().join("docs/results.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let mut kinds = Vec::new();
    for line in stdout(&output).lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Err(error) = schema.validate(&line) {
            panic!("{error}: {line:#}");
        }
        kinds.push(line["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds, ["run", "case", "case", "case", "summary"]);
}

#[test]
fn results_go_to_a_file_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("results.xml");
    let arguments = ["run", "honest/no-srv", "--format", "junit", "--output", file.to_str().unwrap()];
    let output = signpost(&arguments);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("<testcase name=\"honest/no-srv[pop3]\""), "{text}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 1, "something else is left behind");
}

#[test]
fn one_run_writes_every_form_and_its_failures_are_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let subject = "reference?defect=ignores-stripped-starttls";
    let cases = ["downgrade/starttls-stripped[", "honest/two-servers"];
    let run = |arguments: &[&str]| signpost(&[&["run", cases[0], cases[1], "--subject"], arguments].concat());
    let names = ["lines", "junit", "markdown", "page", "badge"].map(path);
    let options = ["--jsonl", "--junit", "--markdown", "--html", "--badge"];
    let files: Vec<&str> =
        options.iter().zip(&names).flat_map(|(option, name)| [option, name.as_str()]).collect();
    let output = run(&[&[subject], &files[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains("wrong in 3 cases, dangerous in 3 (a credential or mail given away 3)\n"),
        "{text}"
    );
    assert!(text.ends_with(": 3 unexpected\n"), "{text}");
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    assert_eq!(read("lines").lines().count(), 8);
    assert!(read("junit").contains("tests=\"6\" skipped=\"0\" failures=\"3\""));
    assert!(read("markdown").contains("| 6 | 3 | 3 | 0 | 0 | 3 | **3** |"));
    assert!(read("badge").contains("3 pass, 3 unexpected, 3 dangerous"));
    assert!(read("page").ends_with("</html>\n"));

    let again = |subject: &str| run(&[subject, "--last-failed", &names[0]]);
    let text = stdout(&again(subject));
    assert!(text.contains("3 cases against reference?defect="), "{text}");
    let output = again("reference");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors.contains("has no results of `reference`\nhint: `--last-failed` wants"), "{errors}");
    run(&["reference", "--jsonl", &names[0]]);
    let output = again("reference");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4));
    assert!(errors.contains("everything came as expected\nhint: leave out"), "{errors}");
}

#[test]
fn expectations_are_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.toml");
    let name = file.to_str().unwrap();
    let subject = "reference?defect=ignores-stripped-starttls";
    let on = |command: &[&str]| {
        let case = ["downgrade/starttls-stripped[pop3]", "--subject", subject, "--expectations", name];
        let output = signpost(&[command, &case].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = on(&["expectations", "update"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("new downgrade/starttls-stripped[pop3]\n"), "{told}");
    assert!(told.contains("is rewritten\n1 case without a reason: say which sentence"), "{told}");
    let text = std::fs::read_to_string(&file).unwrap();
    insta::assert_snapshot!(text);
    let (code, told) = on(&["run"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("a deviation without a reason"), "{told}");
    let reasoned = text.replace("reason   = \"\"", "# Asked for.\nreason = \"for this test\"");
    std::fs::write(&file, &reasoned).unwrap();
    assert_eq!(on(&["run"]).0, Some(0));
    let (code, told) = on(&["expectations", "update"]);
    assert_eq!((code, std::fs::read_to_string(&file).unwrap()), (Some(0), reasoned.clone()), "{told}");
    // Another kind of failure is no more what is known.
    std::fs::write(&file, reasoned.replace("invariant/no-mail-in-clear", "invariant/other")).unwrap();
    assert_eq!(on(&["run"]).0, Some(1));

    let (code, told) = {
        let output = signpost(&["expectations", "update", "--subject", subject]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(code, Some(2));
    assert!(told.contains("hint: name it with `--expectations FILE`"), "{told}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let list = ["list", "--requirements"].as_slice();
    for arguments in [list, &["explain", "honest/two-servers"], &["run", "honest/two-servers"]] {
        let mut child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// 200 jobs with 1024 files failed the honest reference.
#[test]
fn jobs_are_as_many_as_there_are_files_for_and_fewer_are_told() {
    let run = |jobs: &str| {
        let mut shell = Command::new("sh");
        let script = "ulimit -n 256 && exec \"$0\" run honest/two-servers honest/no-srv --jobs \"$1\"";
        shell.args(["-c", script, env!("CARGO_BIN_EXE_signpost"), jobs]).current_dir(root());
        let output = shell.stdin(Stdio::null()).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{errors}");
        errors
    };
    assert_eq!(run("3"), "");
    assert_eq!(
        run("200"),
        "3 cases run at a time instead of 200: no more than 256 files may be open\n\
         hint: raise the hard limit of open files (`ulimit -Hn`)\n"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signpost"));
    command.args(arguments).current_dir(root()).env("COLUMNS", "100").stdin(Stdio::null());
    command
}

fn signpost(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard output of a command that succeeds and has nothing else to say.
fn success(arguments: &[&str]) -> String {
    let output = signpost(arguments);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    stdout(&output)
}

/// What a command says that ends with this code: on standard error, unless it is the answer that was asked for.
fn refusal(code: i32, arguments: &[&str]) -> String {
    let output = signpost(arguments);
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert_eq!(stdout(&output).is_empty(), code != 1);
    stdout(&output) + &errors
}
