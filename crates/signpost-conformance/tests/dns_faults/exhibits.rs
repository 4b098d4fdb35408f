//! The scenarios for resolvers, each as the one fault that it shows.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use hickory_proto::rr::{Name, RecordType};
use signpost_conformance::case::Case;
use signpost_conformance::suite::Suite;
use signpost_dns::{AnswerFault, AnswerFaultKind, Hierarchy, KeyPool, Responder, Scope, Zone};
use signpost_format::Task;
use signpost_lab::{Broken, Fault, FaultTable};
use signpost_source::Source;

/// A moment for what must not depend on the day.
pub(crate) const NOW: u32 = 1_800_000_000;

/// Each link of the loop is signed and no answer is at its end: the RFCs leave every verdict but Insecure open, so that no
/// scenario for resolvers shows it.
const WITHOUT_VERDICT: &str = r#"
at   = "dns:submit1.example.com/A"
kind = "cname-loop"
"#;

/// One fault, a question that shows it, and what a validator must say of the answer.
#[derive(Debug)]
pub(crate) struct Exhibit {
    pub(crate) id: String,
    pub(crate) fault: AnswerFault,
    pub(crate) question: (Name, RecordType),
    pub(crate) outcomes: BTreeSet<&'static str>,
}

impl Exhibit {
    pub(crate) fn kind(&self) -> &'static str {
        self.fault.kind.name()
    }
}

/// One for each scenario for resolvers that breaks one thing in answers, and those that no scenario shows.
pub(crate) fn exhibits() -> &'static [Exhibit] {
    static EXHIBITS: OnceLock<Vec<Exhibit>> = OnceLock::new();
    EXHIBITS.get_or_init(|| {
        let table: FaultTable = Source::new("fault.toml", WITHOUT_VERDICT).parse().unwrap();
        let world = &cases().next().unwrap().world;
        let read = table.read(1, str::to_owned, world).unwrap();
        let Broken::Answer(fault) = read.broken else { unreachable!() };
        let question = (name("submit1.example.com"), RecordType::A);
        let outcomes = BTreeSet::from(["secure", "bogus", "indeterminate"]);
        let without = Exhibit { id: "cname-loop".to_owned(), fault, question, outcomes };
        cases().filter_map(exhibit).chain([without]).collect()
    })
}

fn exhibit(case: &Case) -> Option<Exhibit> {
    let [Fault { broken: Broken::Answer(fault), .. }] = case.faults.as_slice() else { return None };
    let [step] = case.steps().collect::<Vec<_>>()[..] else { return None };
    let Task::Resolve(question) = &step.task else { return None };
    Some(Exhibit {
        id: case.id.clone(),
        fault: fault.clone(),
        question: (name(&question.name), question.record_type.parse().unwrap()),
        outcomes: step.expectation.end.outcomes().into_iter().collect(),
    })
}

/// The cases that play in the world for resolvers.
fn cases() -> impl Iterator<Item = &'static Case> {
    static SUITE: OnceLock<Suite> = OnceLock::new();
    let suite = SUITE.get_or_init(|| Suite::built_in().unwrap());
    suite.cases.iter().map(AsRef::as_ref).filter(|case| case.scenario.table.world.get_ref() == "resolver")
}

/// The world's zones.
pub(crate) fn zones() -> Vec<Zone> {
    let world = &cases().next().unwrap().world;
    let read = |zone: &signpost_lab::WorldZone| {
        let mut parsed = Zone::parse(name(&zone.origin), &zone.source.text).unwrap();
        parsed.signing = zone.signing;
        parsed
    };
    world.zones.iter().map(read).collect()
}

/// What answers for the world with these faults.
pub(crate) fn responder(faults: &[AnswerFault]) -> Responder {
    let hierarchy = Hierarchy::build(zones(), KeyPool::global(), NOW, faults).unwrap();
    Responder::new(Arc::new(hierarchy), Scope::Forward)
}

pub(crate) fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}

#[test]
fn every_kind_is_shown() {
    let kinds: BTreeSet<&str> = exhibits().iter().map(Exhibit::kind).collect();
    let missing: Vec<&&str> = AnswerFaultKind::names().iter().filter(|name| !kinds.contains(*name)).collect();
    assert!(missing.is_empty(), "no scenario below scenarios/resolver shows {missing:?}");
}

#[test]
fn every_verdict_has_a_rule_of_an_rfc() {
    let suite = Suite::built_in().unwrap();
    for case in cases() {
        let Some(exhibit) = exhibit(case) else { continue };
        let is_of_rfc =
            |(slug, _): &(String, _)| suite.requirements.find(slug).unwrap().source.contains("RFC");
        assert!(case.requirements.iter().any(is_of_rfc), "{}", case.id);
        assert!(!exhibit.outcomes.is_empty(), "{}", case.id);
    }
}
