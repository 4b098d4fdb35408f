//! `signpost lab`: a lab to try a client in by hand.

use camino::Utf8Path;
use signpost_conformance::case::Case;
use signpost_conformance::judge::Run;
use signpost_conformance::runner;
use signpost_conformance::suite::Suite;
use signpost_conformance::verdict::Verdict;
use signpost_lab::{Blueprint, ConfiguredEndpoint, Lab, Network, Report, Security};
use signpost_transcript::{Channel, Event, Transcript};

use super::{find_case, load_suite, print, tell};
use crate::argument::LabOptions;
use crate::exit::{Exit, Failure};
use crate::report;

/// Raises the lab of a case, waits for ctrl-c, and judges.
pub(crate) fn lab(options: &LabOptions) -> Result<Exit, Failure> {
    let suite = load_suite(&options.suite)?;
    let case = find_case(&suite, &options.case)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_started(format_args!("no runtime: {error}")))?;
    runtime.block_on(async {
        let blueprint = Blueprint::new(&case.world, &case.faults).map_err(Failure::not_started)?;
        let ca_file = tempfile::Builder::new()
            .prefix("signpost-ca-")
            .suffix(".pem")
            .tempfile()
            .map_err(Failure::not_started)?;
        std::fs::write(ca_file.path(), blueprint.ca_pem()).map_err(Failure::not_started)?;
        let mut lab = blueprint
            .start(case.service, case.scenario.table.stance, Network::Loopback)
            .map_err(Failure::not_started)?;
        lab.ask(case.question.clone());
        if let Some(folder) = &options.zones {
            write_zones(&lab, folder)?;
        }
        lab.begin_run(None);
        let shown = if options.json {
            serde_json::to_string(lab.assignment()).map_err(Failure::not_started)? + "\n"
        } else {
            describe(case, &lab, &ca_file.path().display().to_string())
        };
        print(&shown)?;
        let ends = if case.question.is_some() { "shows" } else { "judges" };
        tell(&format!("the lab runs; ctrl-c ends it and {ends} what was seen"));
        tokio::signal::ctrl_c().await.map_err(Failure::not_started)?;
        lab.settle().await;
        let transcript = lab.take_transcript();
        // What a resolver made of the answers is not seen here.
        if case.question.is_some() {
            print(&show(case, &transcript))?;
            return Ok(Exit::AsExpected);
        }
        let ended = Ok(seen_outcome(&transcript));
        judge(&suite, case, &lab, Run { transcript, ended })
    })
}

fn write_zones(lab: &Lab, folder: &Utf8Path) -> Result<(), Failure> {
    let failed = |path: &Utf8Path, error: std::io::Error| {
        Failure::usage(format_args!("failed to write {path}: {error}"))
            .hint("name a folder that you may write to, or one that can be made")
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (origin, text) in lab.zone_files() {
        let name = if origin == "." { "root" } else { origin.trim_end_matches('.') };
        let path = folder.join(format!("{name}.zone"));
        std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    Ok(())
}

fn describe(case: &Case, lab: &Lab, ca_file: &str) -> String {
    let assignment = lab.assignment();
    let anchor = assignment.trust_anchor.join("\n               ");
    let ports: Vec<String> = assignment.ports.iter().map(|(label, port)| format!("{label} {port}")).collect();
    let views: String = case
        .views
        .iter()
        .filter_map(|view| Some((&view.name, lab.source_of(&view.name)?)))
        .map(|(name, source)| format!("view           {name}: ask DNS from {source}\n"))
        .collect();
    let anchor = format!("trust anchor   {anchor}");
    let dns = format!(
        "DNS            {} (not validating)\nDNS            {} (validating)\n",
        assignment.dns.authority, assignment.dns.resolver
    );
    let head = format!("{}\n  {}\n", case.id, case.scenario.table.title);
    if let Some(question) = &assignment.question {
        return format!(
            "{head}question       {} {}\nexpected       {}\n{dns}{anchor}\n{views}",
            question.name,
            question.record_type,
            expected(case)
        );
    }
    format!(
        "{head}service        {}\naddress        {}\npassword       {}\n{dns}{anchor}\nCA file        {ca_file}\n\
         guessed ports  {}\n{views}",
        assignment.service,
        assignment.address,
        assignment.password,
        ports.join(", "),
    )
}

fn expected(case: &Case) -> String {
    case.expectation.outcomes.iter().map(|outcome| outcome.name()).collect::<Vec<_>>().join(" or ")
}

/// The questions that came, the faults that bit, and what a resolver has to make of it.
fn show(case: &Case, transcript: &Transcript) -> String {
    let lines = transcript.observations.iter().map(|seen| format!("{:>5} {}\n", seen.sequence, seen.event));
    lines.chain([format!("expected of a resolver: {}\n", expected(case))]).collect()
}

/// Nobody reports what a client did that was used by hand, so the servers' word stands for it.
fn seen_outcome(transcript: &Transcript) -> Report {
    let mut accepted = transcript.events().filter_map(|event| match event {
        Event::Credential { connection, channel: Channel::Tls, accepted: true, .. } => Some(*connection),
        _ => None,
    });
    let Some(connection) = accepted.next() else {
        return Report::Declined { detail: Some("no server accepted a login inside TLS".to_owned()) };
    };
    let (host, service) = transcript
        .events()
        .find_map(|event| match event {
            Event::Accepted { connection: accepted, server, service, .. } if *accepted == connection => {
                Some((server.clone(), service.clone()))
            }
            _ => None,
        })
        .unwrap_or_default();
    let security = if service.ends_with('s') { Security::Tls } else { Security::Starttls };
    Report::Configured {
        endpoint: ConfiguredEndpoint { host, port: 0, security },
        user: None,
        notes: Vec::new(),
    }
}

fn judge(suite: &Suite, case: &Case, lab: &Lab, run: Run) -> Result<Exit, Failure> {
    let result = runner::judge_by_hand(case, lab, run);
    let text = match result.verdict {
        Verdict::Pass => report::one_line(&result) + "\n",
        _ => report::human::failure(suite, &result),
    };
    print(&text)?;
    Ok(if result.verdict == Verdict::Pass { Exit::AsExpected } else { Exit::Unexpected })
}
