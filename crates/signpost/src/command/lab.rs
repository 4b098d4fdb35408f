//! `signpost lab`: a lab to try a client in by hand.

use camino::Utf8Path;
use signpost_conformance::case::{Case, Step};
use signpost_conformance::judge::Run;
use signpost_conformance::runner;
use signpost_conformance::suite::Suite;
use signpost_format::set_up::{self, ConfiguredEndpoint, Security};
use signpost_format::{Assignment, Report, Role, Verdict, relay, resolve};
use signpost_lab::{Lab, Network};
use signpost_transcript::{Channel, ConnectionId, Event, Transcript};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{find_case, load_suite, print, tell};
use crate::argument::LabOptions;
use crate::exit::{Exit, Failure};
use crate::report;
use crate::report::escaped;
use crate::signal::Signals;

/// Raises the lab of a case, waits for ctrl-c or another wish that it end, and judges.
pub(crate) fn lab(options: &LabOptions) -> Result<Exit, Failure> {
    let suite = load_suite(&options.suite)?;
    let case = find_case(&suite, &options.case)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::not_started(format_args!("no runtime: {error}")))?;
    runtime.block_on(async {
        // Before there is anything that a signal could leave behind.
        let mut signals = Signals::listen().map_err(Failure::not_started)?;
        let blueprint = case.blueprint().map_err(Failure::not_started)?;
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
        lab.begin_run(None).map_err(Failure::not_started)?;
        let steps = case.visits.first().map_or(&[][..], |visit| &visit.steps);
        let mut runs = Vec::with_capacity(steps.len());
        for (number, step) in steps.iter().enumerate() {
            if number > 0 {
                lab.next_step(number, None).map_err(Failure::not_started)?;
            }
            let assignment = lab.assign(&step.task);
            let shown = if options.json {
                escaped(&serde_json::to_string(&assignment).map_err(Failure::not_started)?) + "\n"
            } else {
                describe(case, step, &lab, &assignment, &ca_file.path().display().to_string())
            };
            print(&shown)?;
            let is_last = number + 1 == steps.len();
            let goes_on = if is_last {
                wait_for_end(options, &mut signals).await?
            } else {
                wait_for_next(number, &mut signals).await?
            };
            lab.settle().await;
            let transcript = lab.recorder().take_step();
            let reported = options.report.as_deref().map(|file| read_report(file, assignment.role()));
            let report = reported.transpose()?.flatten();
            // What a resolver made of the answers is not seen here.
            let Some(report) = report.or_else(|| seen_outcome(&assignment, &transcript)) else {
                print(&show(step, &transcript))?;
                return Ok(Exit::AsExpected);
            };
            runs.push(Run { transcript, ended: Ok(report) });
            if !goes_on {
                break;
            }
        }
        judge(&suite, case, &lab, runs)
    })
}

/// Waits for a signal, at the last step. Nothing goes on then.
async fn wait_for_end(options: &LabOptions, signals: &mut Signals) -> Result<bool, Failure> {
    let report = options.report.as_ref().map(|file| format!(", reads {file}")).unwrap_or_default();
    tell(&format!("the lab runs; ctrl-c ends it{report} and judges what was seen"));
    signals.next().await.map_err(Failure::not_started)?;
    Ok(false)
}

/// Waits until a person says that the next step may come, or that there is to be none.
async fn wait_for_next(number: usize, signals: &mut Signals) -> Result<bool, Failure> {
    tell(&format!("step {}; the enter key makes what changes before the next, ctrl-c ends here", number + 1));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    tokio::select! {
        line = lines.next_line() => Ok(line.map_err(Failure::not_started)?.is_some()),
        ended = signals.next() => ended.map(|()| false).map_err(Failure::not_started),
    }
}

/// What the client reported, if it has: an adapter's line in a file.
fn read_report(file: &Utf8Path, role: Role) -> Result<Option<Report>, Failure> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::unread(file, &error)),
    };
    Report::from_json(role, &text).map(Some).map_err(|error| {
        Failure::usage(format_args!("{file} is no report of the role {role}: {error}"))
            .hint("docs/adapters.md says what an adapter writes")
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

fn describe(case: &Case, step: &Step, lab: &Lab, assignment: &Assignment, ca_file: &str) -> String {
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
        Assignment::Relay(relay::Assignment { sender, recipient, port, .. }) => format!(
            "{head}sender         {sender}\nrecipient      {recipient}\n{servers}{anchor}\nCA file        {ca_file}\n\
             port 25        {port}\n{views}"
        ),
        Assignment::Resolve(resolve::Assignment { question, .. }) => format!(
            "{head}question       {} {}\nexpected       {}\n{servers}{anchor}\n{views}",
            question.name,
            question.record_type,
            expected(step)
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

fn expected(step: &Step) -> String {
    step.expectation.end.outcomes().join(" or ")
}

/// The questions that came, the faults that bit, and what a resolver has to make of it.
fn show(step: &Step, transcript: &Transcript) -> String {
    let lines = transcript.observations.iter().map(|seen| format!("{:>5} {}\n", seen.sequence, seen.event));
    lines.chain([format!("expected of a resolver: {}\n", expected(step))]).collect()
}

/// Nobody reports what a client did that was used by hand, so the servers' word stands for it. Of a resolver they have
/// none.
fn seen_outcome(assignment: &Assignment, transcript: &Transcript) -> Option<Report> {
    match assignment {
        Assignment::Relay(_) => return Some(seen_delivery(transcript).into()),
        Assignment::Resolve(_) => return None,
        Assignment::SetUp(_) => {}
    }
    let accepted = transcript.events().find_map(|event| match event {
        Event::Credential { connection, channel: Channel::Tls, accepted: true, user, .. } => {
            Some((*connection, user))
        }
        _ => None,
    });
    let configured = accepted.and_then(|(connection, user)| {
        let endpoint = seen_endpoint(connection, transcript)?;
        Some(set_up::Report::Configured { endpoint, user: Some(user.clone()), notes: Vec::new() })
    });
    let declined =
        || set_up::Report::Declined { detail: Some("no server accepted a login inside TLS".to_owned()) };
    Some(configured.unwrap_or_else(declined).into())
}

/// What became of a message, by what the exchanges saw.
fn seen_delivery(transcript: &Transcript) -> relay::Report {
    let taken = transcript.events().find_map(|event| match event {
        Event::Mail { connection, channel, octets: 1.., .. } => Some((*connection, *channel)),
        _ => None,
    });
    let relayed = taken.and_then(|(connection, channel)| {
        let ConfiguredEndpoint { host, .. } = seen_endpoint(connection, transcript)?;
        let security = if channel == Channel::Tls { Security::Starttls } else { Security::None };
        Some(relay::Report::Relayed { exchange: host, security, notes: Vec::new() })
    });
    let detail = || Some("no exchange was handed the message".to_owned());
    relayed.unwrap_or_else(|| relay::Report::Delayed { reason: None, detail: detail() })
}

/// Where a connection went, by the name that the client asked for, or else by one that leads there.
fn seen_endpoint(connection: ConnectionId, transcript: &Transcript) -> Option<ConfiguredEndpoint> {
    let asked = transcript.events().find_map(|event| match event {
        Event::Handshake { connection: shaken, sni, .. } if *shaken == connection => sni.as_ref(),
        _ => None,
    });
    transcript.events().find_map(|event| match event {
        Event::Accepted { connection: accepted, label, port, hosts, .. } if *accepted == connection => {
            let leads_there = |name: &&String| hosts.iter().any(|host| host.eq_ignore_ascii_case(name));
            let host = asked.filter(leads_there).or(hosts.first()).or(asked)?;
            Some(ConfiguredEndpoint { host: host.clone(), port: *port, security: label.tls().into() })
        }
        _ => None,
    })
}

fn judge(suite: &Suite, case: &Case, lab: &Lab, runs: Vec<Run>) -> Result<Exit, Failure> {
    let result = runner::judge_by_hand(case, lab, runs);
    let text = match result.verdict {
        Verdict::Pass => report::one_line(&result) + "\n",
        _ => report::failure(suite, &result),
    };
    print(&text)?;
    Ok(if result.verdict == Verdict::Pass { Exit::AsExpected } else { Exit::Unexpected })
}
