//! Real validators judge every fault of the catalogue.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{Lab, ask, delv, has_program, hierarchy, run_for, unbound};
use hickory_proto::op::ResponseCode;
use signpost_dns::{CatalogueRow, Verdict, catalogue};
use signpost_transcript::Event;

/// Longer than validators need for any answer that comes at all.
const PATIENCE: Duration = Duration::from_secs(4);

/// Where a validator says something else than the RFC: kind, question, what it says, and why.
type Deviation = (&'static str, &'static str, Verdict, &'static str);

const HOST: &str = "submit1.example.com/A";
const PARENT: &str = "data of a zone may be signed by a zone above it";

fn judge(
    row: &CatalogueRow,
    verdict: impl FnOnce(&signpost_dns::Hierarchy, &Lab) -> Verdict,
) -> (Verdict, bool) {
    let hierarchy = hierarchy(&[row.fault()]);
    let lab = Lab::start(hierarchy.clone());
    let verdict = verdict(&hierarchy, &lab);
    let shown = lab.recorder.transcript().events().any(|event| matches!(event, Event::Fault { .. }));
    (verdict, shown)
}

fn check(
    program: &str,
    deviations: &[Deviation],
    verdict: impl Fn(&CatalogueRow, &signpost_dns::Hierarchy, &Lab) -> Verdict + Sync,
) {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let work = || {
        while let Some(row) = catalogue().get(next.fetch_add(1, Ordering::Relaxed)) {
            let (seen, shown) = judge(row, |hierarchy, lab| verdict(row, hierarchy, lab));
            let expected = deviations
                .iter()
                .find(|(kind, question, ..)| *kind == row.kind && *question == row.question)
                .map_or_else(|| row.verdicts.to_vec(), |(.., verdict, _)| vec![*verdict]);
            // A validator that has no answer says that it failed, and no more.
            let failed = seen == Verdict::Bogus && expected.contains(&Verdict::Indeterminate);
            if !shown || !(failed || expected.contains(&seen)) {
                let shown = if shown { "" } else { ", and the fault never showed" };
                let (kind, at, question) = (row.kind, row.at, row.question);
                let line = format!("{kind} at {at} for {question}: {seen:?} instead of {expected:?}{shown}");
                wrong.lock().unwrap().push(line);
            }
        }
    };
    // Most of the time is spent waiting for answers that do not come.
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{program}:\n{}", wrong.join("\n"));
}

#[test]
fn unbound_gives_the_verdicts_of_the_catalogue() {
    if !has_program("unbound") {
        return;
    }
    const DEVIATIONS: &[Deviation] = &[
        ("signature-signer-parent", HOST, Verdict::Secure, PARENT),
        ("cname-from-parent", HOST, Verdict::Secure, PARENT),
        ("dnskey-revoked", HOST, Verdict::Secure, "RFC 5011 is applied to trust anchors only"),
        ("ds-sha1-good-sha256-bad", HOST, Verdict::Secure, "a weaker digest counts beside a stronger one"),
        ("nsec-overreach", "zzz.example.com/A", Verdict::Secure, "the next name may be outside the zone"),
    ];
    check("unbound", DEVIATIONS, |row, hierarchy, lab| {
        let forward = format!(
            "forward-zone:\n name: \".\"\n forward-addr: {}@{}\n",
            lab.address.ip(),
            lab.address.port()
        );
        let daemon = unbound(hierarchy, &forward);
        let (name, record_type) = row.asked();
        let Some(answer) = ask(daemon.address, &name, record_type, false, PATIENCE) else {
            return Verdict::Bogus;
        };
        match (answer.metadata.response_code, answer.metadata.authentic_data) {
            (ResponseCode::NoError | ResponseCode::NXDomain, true) => Verdict::Secure,
            (ResponseCode::NoError | ResponseCode::NXDomain, false) => Verdict::Insecure,
            _ => Verdict::Bogus,
        }
    });
}

#[test]
fn delv_gives_the_verdicts_of_the_catalogue() {
    if !has_program("delv") {
        return;
    }
    const DEVIATIONS: &[Deviation] = &[
        ("signature-signer-parent", HOST, Verdict::Secure, PARENT),
        ("cname-from-parent", HOST, Verdict::Secure, PARENT),
        (
            "signature-extra",
            HOST,
            Verdict::Bogus,
            "one failed signature is the limit of a lookup (CVE-2023-50387)",
        ),
        (
            "dnskey-zone-bit-clear-ksk",
            HOST,
            Verdict::Secure,
            "the zone bit is not asked of the key that DS names",
        ),
        ("nsec-self-loop", "nope.example.com/A", Verdict::Secure, "a loop is taken to cover the whole zone"),
        (
            "nsec3-flags-unknown",
            "_pop3s._tcp.nope.nsec3.example.com/SRV",
            Verdict::Secure,
            "unknown flags are not looked at",
        ),
    ];
    check("delv", DEVIATIONS, |row, hierarchy, lab| {
        let directory = tempfile::tempdir().unwrap();
        let (name, record_type) = row.asked();
        let mut command = delv(hierarchy, lab.address, &directory);
        command.args([name.to_string(), record_type.to_string()]);
        let Some(output) = run_for(&mut command, PATIENCE) else { return Verdict::Bogus };
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if text.contains("fully validated") {
            Verdict::Secure
        } else if text.contains("unsigned answer") {
            Verdict::Insecure
        } else {
            Verdict::Bogus
        }
    });
}
