//! `signpost lab`: a lab to try a client in by hand.

use camino::Utf8Path;
use signpost_conformance::case::Case;
use signpost_conformance::judge::Run;
use signpost_conformance::runner;
use signpost_conformance::suite::Suite;
use signpost_format::set_up::{self, ConfiguredEndpoint};
use signpost_format::{Assignment, Report, Role, Verdict, resolve};
use signpost_lab::{Blueprint, Lab, Network};
use signpost_protocol::TlsStart;
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
        let mut lab = blueprint.start(Network::Loopback).map_err(Failure::not_started)?;
        if let Some(folder) = &options.zones {
            write_zones(&lab, folder)?;
        }
        lab.begin_run(None);
        let step = case.first_step().ok_or_else(|| Failure::not_started("the case asks nothing"))?;
        let assignment = lab.assign(&step.task);
        let shown = if options.json {
            serde_json::to_string(&assignment).map_err(Failure::not_started)? + "\n"
        } else {
            describe(case, &lab, &assignment, &ca_file.path().display().to_string())
        };
        print(&shown)?;
        let is_shown_only = case.role() == Role::Resolve;
        let ends = if is_shown_only { "shows" } else { "judges" };
        tell(&format!("the lab runs; ctrl-c ends it and {ends} what was seen"));
        tokio::signal::ctrl_c().await.map_err(Failure::not_started)?;
        lab.settle().await;
        let transcript = lab.take_transcript();
        // What a resolver made of the answers is not seen here.
        if is_shown_only {
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

fn describe(case: &Case, lab: &Lab, assignment: &Assignment, ca_file: &str) -> String {
    let dns = assignment.dns();
    let anchor = dns.trust_anchor.join("\n               ");
    let views: String = case
        .views()
        .filter_map(|view| Some((view, lab.source_of(view)?)))
        .map(|(name, source)| format!("view           {name}: ask DNS from {source}\n"))
        .collect();
    let anchor = format!("trust anchor   {anchor}");
    let servers = format!(
        "DNS            {} (not validating)\nDNS            {} (validating)\n",
        dns.authority, dns.resolver
    );
    let head = format!("{}\n  {}\n", case.id, case.scenario.table.title);
    match assignment {
        Assignment::Resolve(resolve::Assignment { question, .. }) => format!(
            "{head}question       {} {}\nexpected       {}\n{servers}{anchor}\n{views}",
            question.name,
            question.record_type,
            expected(case)
        ),
        Assignment::SetUp(set_up::Assignment { service, address, password, ports, .. }) => {
            let ports: Vec<String> = ports.iter().map(|(label, port)| format!("{label} {port}")).collect();
            format!(
                "{head}service        {service}\naddress        {address}\npassword       {password}\n{servers}{anchor}\n\
                 CA file        {ca_file}\nguessed ports  {}\n{views}",
                ports.join(", "),
            )
        }
    }
}

fn expected(case: &Case) -> String {
    case.first_step().map(|step| step.expectation.end.outcomes().join(" or ")).unwrap_or_default()
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
        let detail = Some("no server accepted a login inside TLS".to_owned());
        return set_up::Report::Declined { detail }.into();
    };
    let listener = transcript.events().find_map(|event| match event {
        Event::Accepted { connection: accepted, server, label, .. } if *accepted == connection => {
            Some((server.clone(), label.tls()))
        }
        _ => None,
    });
    let (host, tls) = listener.unwrap_or((String::new(), TlsStart::Starttls));
    let security = tls.into();
    set_up::Report::Configured {
        endpoint: ConfiguredEndpoint { host, port: 0, security },
        user: None,
        notes: Vec::new(),
    }
    .into()
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
