//! A master file, and what is signed and served of it.

#![no_main]

use std::sync::Once;

use hickory_proto::rr::Name;
use libfuzzer_sys::fuzz_target;
use signpost_dns::{Hierarchy, KeyPool, Zone};

fuzz_target!(|text: &str| {
    // The reader of master files panics on some, which becomes an error before it gets here; libFuzzer's own hook would
    // end the process first. What does get here still ends it.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|_| ())));
    let origin = Name::from_ascii("example.com.").expect("a name");
    let Ok(zone) = Zone::parse(origin.clone(), text) else { return };
    // A zone that can be read can be signed and written, or says why not.
    if let Ok(hierarchy) = Hierarchy::build(vec![zone], KeyPool::global(), 1_800_000_000, &[]) {
        assert!(hierarchy.write_zone(&origin).is_some());
    }
});
