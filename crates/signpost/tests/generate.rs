//! What `signpost generate` writes is what a client sets itself up from, and what docs/operators.md says can be done with it.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls_pki_types::UnixTime;
use signpost_pki::{CertificateSpec, Pki, pem};

/// The chain of a host below a root of this name, in PEM.
fn chain(root: &str, host: &str) -> String {
    let intermediate = format!("{root} intermediate");
    let specs = [
        CertificateSpec { ca: true, ..CertificateSpec::new(root) },
        CertificateSpec { ca: true, issuer: Some(root.to_owned()), ..CertificateSpec::new(&intermediate) },
        CertificateSpec {
            issuer: Some(intermediate),
            names: vec![host.to_owned()],
            ..CertificateSpec::new("leaf")
        },
    ];
    #[expect(
        clippy::disallowed_methods,
        reason = "the command judges certificates by the time of this machine"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let pki = Pki::build(&specs, &[], UnixTime::since_unix_epoch(now)).expect("a chain");
    pem(&pki.identity("leaf").expect("the leaf").chain)
}

fn signpost(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_signpost");
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
    std::fs::write(path, text).expect("the file is written");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder is made");
    for entry in from.read_dir().expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file is copied");
        }
    }
}

/// The digests are those of the lab's own root, which is made anew in each process; everything else stands as it was generated.
#[test]
fn the_reference_sets_itself_up_from_what_is_generated() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write(folder, "chain.pem", &chain("root", "post.example.com"));
    let output = signpost(
        folder,
        &[
            "generate",
            "example.com",
            "--chain",
            "chain.pem",
            "--server",
            "post.example.com",
            "--service",
            "imap",
            "--service",
            "pop3",
            "--service",
            "submission",
        ],
    );
    assert!(output.status.success(), "{output:?}");
    let mut records = String::from_utf8(output.stdout).expect("text");
    for (name, end) in [("sha256", ' '), ("sha512", '"')] {
        let start = records.find(&format!("{name}=")).expect("a digest") + name.len() + 1;
        let length = records[start..].find(end).expect("an end");
        records.replace_range(start..start + length, &format!("${{{name}:root}}"));
    }
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let own = folder.join("scenarios");
    copy(&suite.join("worlds"), &own.join("worlds"));
    for file in ["requirements.toml", "tombstones.toml"] {
        std::fs::copy(suite.join(file), own.join(file)).expect("the file is copied");
    }
    let world = "base = \"two-servers\"\ntitle = \"As generated\"\n\n[[zone]]\norigin = \"example.com.\"\nfile = \"example.com.zone\"\n\n\
                 [[certificate]]\nname = \"post\"\nissuer = \"intermediate\"\nnames = [\"post.example.com\"]\n\n\
                 [[server]]\nname = \"post\"\nhost = \"post.example.com\"\naddress = \"192.0.2.99\"\ncertificate = \"post\"\n\
                 services = [\"imap\", \"imaps\", \"pop3\", \"pop3s\", \"submission\", \"submissions\"]\n";
    write(&own, "worlds/generated/world.toml", world);
    let zone = "$TTL 3600\n@ SOA ns.example. hostmaster.example. 1 7200 900 1209600 300\n@ NS ns.example.\n@ A 192.0.2.30\n\
                @ MX 10 mail\nmail A 192.0.2.30\nsmtp A 192.0.2.30\nsubmission A 192.0.2.30\npop A 192.0.2.30\npop3 A 192.0.2.30\n\
                imap A 192.0.2.30\npost A 192.0.2.99\n";
    write(&own, "worlds/generated/example.com.zone", &format!("{zone}{records}"));
    let control = std::fs::read_to_string(suite.join("honest/both-labels.toml")).expect("a scenario");
    write(&own, "honest/generated.toml", &control.replace("\"both-labels\"", "\"generated\""));
    let output = signpost(folder, &["run", "--scenarios", "scenarios", "honest/generated"]);
    assert!(output.status.success(), "{output:?}\n{records}");
    let shown =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(shown.contains("3 cases against reference") && shown.contains("all as expected"), "{shown}");
}

#[test]
fn nothing_is_written_where_something_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write(folder, "key.pem", "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n");
    write(folder, "chain.pem", &chain("root", "mail.example.com"));
    for (arguments, expected) in [
        (&["--chain", "key.pem", "--server", "mail.example.com"][..], "a private key and no certificate"),
        (&["--chain", "none.pem", "--server", "mail.example.com"], "failed to read none.pem"),
        (&["--chain", "chain.pem"], "nothing is to be published"),
        (&["--chain", "chain.pem", "--server", "mail.example.com", "--autoconfig"], "--files FOLDER"),
        (&["--chain", "chain.pem", "--server", "mail.example.com", "--port", "imap"], "imap"),
        (
            &["--chain", "chain.pem", "--server", "mail.example.com", "--autoconfig", "--files", "key.pem/x"],
            "failed to write",
        ),
    ] {
        let output = signpost(folder, &[&["generate", "example.com"], arguments].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(output.stdout.is_empty() && stderr.contains(expected), "{stderr}");
    }
    let output = signpost(
        folder,
        &[
            "generate",
            "example.com",
            "--chain",
            "chain.pem",
            "--server",
            "mail.example.com",
            "--format",
            "json",
            "--autoconfig",
        ],
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["records"][0]["type"], "SRV");
    assert!(json["files"]["config-v1.1.xml"].as_str().is_some_and(|text| text.contains("clientConfig")));
}

/// Each block of commands in docs/operators.md ends as it says.
#[test]
fn operators_can_do_what_their_document_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    write(folder, "fullchain.pem", &chain("root", "mail.example.com"));
    write(folder, "next.pem", &chain("next root", "mail.example.com"));
    write(
        folder,
        "example.com.db",
        "$TTL 1h\n@ SOA ns hostmaster 1 2h 15m 2w 5m\n@ NS ns\n@ MX 10 mail\nns A 192.0.2.1\nmail A 192.0.2.2\nmta-sts A 192.0.2.3\n\
         autoconfig A 192.0.2.3\n",
    );
    let document = include_str!("../../../docs/operators.md");
    let program = Path::new(env!("CARGO_BIN_EXE_signpost")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut count = 0;
    for block in document.split("```sh\n").skip(1) {
        let block = block.split("```").next().expect("a block");
        let expected = i32::from(block.starts_with("# exits with 1"));
        let output =
            Command::new("sh").args(["-eu", "-c", block]).current_dir(folder).env("PATH", &path).output();
        let output = output.expect("a shell");
        let said = [output.stdout, output.stderr]
            .map(|octets| String::from_utf8_lossy(&octets).into_owned())
            .concat();
        assert_eq!(output.status.code(), Some(expected), "{block}\n{said}");
        if expected == 1 {
            assert!(said.contains("pin-unsigned"), "{said}");
        }
        count += 1;
    }
    assert!(count >= 6, "{count} blocks");
}
