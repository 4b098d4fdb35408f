//! Scenarios, requirements and expectations, as TOML that anybody wrote.

#![no_main]

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
        Scenario::parse("area/name", source()).map(|scenario| {
            assert_eq!(scenario.area(), "area");
            assert_eq!(scenario.source.text, text);
        }),
        Expectations::parse(&source()).map(drop),
        Requirements::parse(&source()).map(drop),
    ];
    for problems in read.iter().filter_map(|read| read.as_ref().err()) {
        check_places(text, problems);
    }
});
