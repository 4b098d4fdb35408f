//! Policy and key records.

#![no_main]

use libfuzzer_sys::fuzz_target;
use signpost_record::{KeyRecord, PolicyRecord};

fuzz_target!(|octets: &[u8]| {
    // What is printed reads back as the same.
    if let Ok(Some(policy)) = PolicyRecord::parse(octets, "submission") {
        let printed = policy.to_string();
        assert_eq!(PolicyRecord::parse(printed.as_bytes(), "submission"), Ok(Some(policy)));
    }
    if let Ok(Some(keys)) = KeyRecord::parse(octets) {
        let printed = keys.to_string();
        assert_eq!(KeyRecord::parse(printed.as_bytes()), Ok(Some(keys)));
    }
});
