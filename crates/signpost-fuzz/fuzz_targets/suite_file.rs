//! Scenarios, requirements and expectations, as TOML that anybody wrote.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use signpost_conformance::expectation_file::Expectations;
use signpost_conformance::requirement::Requirements;
use signpost_conformance::scenario::Scenario;
use signpost_fuzz::check_places;
use signpost_source::Source;

// It is read as each of them: what a key means is decided by who reads it.
fuzz_target!(|text: &str| {
    let source = || Source::new("area/name.toml", text);
    let read = [
        Scenario::parse("area/name", &source()).map(|scenarios| {
            // One file may be several, as many as it has values, each with a name of its own.
            assert!((1..=text.len()).contains(&scenarios.len()));
            let ids: BTreeSet<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
            assert_eq!(ids.len(), scenarios.len(), "two scenarios of one name");
            assert!(scenarios.iter().all(|scenario| scenario.area() == "area"));
        }),
        Expectations::parse(&source()).map(drop),
        Requirements::parse(&source()).map(drop),
    ];
    for problems in read.iter().filter_map(|read| read.as_ref().err()) {
        check_places(text, problems);
    }
});
