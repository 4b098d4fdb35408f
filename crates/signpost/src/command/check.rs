//! `signpost check`: whether a suite catches what it says that it catches.

use signpost_conformance::proof::{self, Controls};

use super::{jobs, load_suite, print, progress_bar, tell};
use crate::argument::CheckOptions;
use crate::exit::{Exit, Failure};

/// Proves the selected cases of a suite, as its own tests would.
pub(crate) fn check(options: &CheckOptions) -> Result<Exit, Failure> {
    let jobs = jobs(options.jobs, true)?;
    let suite = load_suite(&options.selection.suite)?;
    let selected = suite.select(&options.selection.filters, None, None);
    if selected.is_empty() {
        return Err(Failure::nothing_selected("no case is selected").hint("`signpost list` shows all"));
    }
    let claims = proof::claims(&suite, selected.iter(), Controls::Every);
    let bar = progress_bar(claims.len());
    let refuted = proof::prove_all(&claims, jobs, || bar.inc(1));
    bar.finish_and_clear();
    for (claim, reason) in &refuted {
        print(&format!("refuted {}\n{}\n", claim.name(), indented(&reason.to_string())))?;
    }
    for defect in proof::unknown_defects(&selected) {
        tell(&format!(
            "unproven: the reference has no defect `{defect}`\nhint: run a subject that has it: `signpost run --subject …`"
        ));
    }
    print(&format!("{} of {} claims hold\n", claims.len() - refuted.len(), claims.len()))?;
    Ok(if refuted.is_empty() { Exit::AsExpected } else { Exit::Unexpected })
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
