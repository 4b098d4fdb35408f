//! What the fuzz targets share.

mod every_fault;
#[path = "../../signpost-dns/tests/resolver_world/mod.rs"]
mod resolver_world;
pub mod responders;

use signpost_source::Problems;

/// Every mistake has a place in the file that it is in, and can be shown there.
pub fn check_places(text: &str, problems: &Problems) {
    assert!(!problems.problems().is_empty(), "an error that names no mistake");
    for problem in problems.problems() {
        let span = &problem.span;
        assert!(text.get(span.clone()).is_some(), "{span:?} is no place in {} octets", text.len());
        assert!(!problem.message.is_empty());
    }
    assert!(!problems.to_string().is_empty() && !problems.styled().is_empty());
}
