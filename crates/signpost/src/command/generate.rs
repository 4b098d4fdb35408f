//! `signpost generate`: records for the mail services of a domain, and the files that go with them.

use std::collections::BTreeSet;
use std::io::Write as _;

use serde_json::json;
use signpost_protocol::Service;
use signpost_zone::generate::{Chain, Generated, Pin, Plan, StsMode};

use super::lint::source;
use super::{print, print_json, tell};
use crate::argument::{GenerateFormat, GenerateOptions, PinArgument, StsArgument};
use crate::exit::{Exit, Failure};

/// Generates everything before anything is written, so that nothing partial looks whole.
pub(crate) fn generate(options: &GenerateOptions) -> Result<Exit, Failure> {
    let plan = plan(options)?;
    let generated = signpost_zone::generate::generate(&plan).map_err(Failure::usage)?;
    if options.format == GenerateFormat::Zone && options.files.is_none() && !generated.files.is_empty() {
        let names: Vec<&str> = generated.files.iter().map(|(name, _)| *name).collect();
        return Err(Failure::usage(format_args!("there is no place for {}", names.join(" and ")))
            .hint("name a folder with `--files FOLDER`"));
    }
    write_files(options, &generated)?;
    match options.format {
        GenerateFormat::Json => print_json(&as_json(&generated))?,
        GenerateFormat::Zone => print(&generated.master_file())?,
    }
    for note in &generated.notes {
        tell(&format!("note: {note}"));
    }
    Ok(Exit::AsExpected)
}

fn plan(options: &GenerateOptions) -> Result<Plan, Failure> {
    let now = i64::from(options.now.unwrap_or_else(super::clock));
    let chain = Chain::read(&source(&options.chain)?, now)?;
    let services: BTreeSet<Service> = match &options.services[..] {
        [] if options.servers.is_empty() => BTreeSet::new(),
        [] => [Service::Imap, Service::Submission].into(),
        named => named.iter().copied().collect(),
    };
    Ok(Plan {
        domain: options.domain.clone(),
        services,
        servers: options.servers.clone(),
        without: options.without.iter().copied().collect(),
        ports: options.ports.clone(),
        exchanges: options.exchanges.clone(),
        chain,
        pin: match options.pin {
            PinArgument::Intermediate => Pin::Intermediate,
            PinArgument::Leaf => Pin::Leaf,
            PinArgument::Root => Pin::Root,
        },
        ttl: options.ttl,
        mechanisms: options.sasl.clone(),
        tlsa: options.tlsa,
        mta_sts: options.mta_sts.map(|mode| match mode {
            StsArgument::Enforce => StsMode::Enforce,
            StsArgument::Testing => StsMode::Testing,
        }),
        tls_reports: options.tls_reports.clone(),
        autoconfig: options.autoconfig,
    })
}

/// Each file appears whole or not at all.
fn write_files(options: &GenerateOptions, generated: &Generated) -> Result<(), Failure> {
    let Some(folder) = options.files.as_deref().filter(|_| !generated.files.is_empty()) else {
        return Ok(());
    };
    let failed = |error: std::io::Error| {
        Failure::usage(format_args!("failed to write into {folder}: {error}"))
            .hint("name a folder that you may write to, or one that can be made")
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut written = Vec::new();
    for (name, text) in &generated.files {
        let mut file = crate::output::new_file(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        written.push((name, file));
    }
    for (name, file) in written {
        file.persist(folder.join(name)).map_err(|error| failed(error.error))?;
    }
    Ok(())
}

fn as_json(generated: &Generated) -> serde_json::Value {
    let records = generated.records.iter().map(|record| {
        json!({
            "owner": record.owner,
            "ttl": record.ttl,
            "type": record.record_type,
            "data": record.data,
            "comment": record.comment,
        })
    });
    let files = generated.files.iter().map(|(name, text)| ((*name).to_owned(), json!(text)));
    json!({
        "records": records.collect::<Vec<_>>(),
        "files": files.collect::<serde_json::Map<_, _>>(),
        "notes": generated.notes,
    })
}
