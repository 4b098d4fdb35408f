//! What an adapter writes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signpost_format::{Report, Role};

fuzz_target!(|text: &str| {
    for role in Role::ALL {
        let Ok(report) = Report::from_json(role, text) else { continue };
        assert_eq!(report.role(), role);
        assert!(!report.outcome().is_empty() && !report.to_string().is_empty());
        // Results say it with its role besides, and read back as the same.
        let printed = serde_json::to_string(&report).expect("a report can be written");
        assert_eq!(serde_json::from_str::<Report>(&printed).expect("what is written can be read"), report);
    }
});
