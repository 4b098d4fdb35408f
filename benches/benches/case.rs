//! One whole case of the suite: raise the lab, run the reference client, judge.

use criterion::{Criterion, criterion_group, criterion_main};
use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::Reference;
use signpost_conformance::suite::Suite;
use signpost_format::Verdict;

fn case(criterion: &mut Criterion) {
    let suite = Suite::built_in().unwrap_or_else(|error| panic!("the suite does not load: {error}"));
    let subject = Reference::honest();
    let mut group = criterion.benchmark_group("case");
    group.sample_size(50);
    for id in ["honest/two-servers[submission]", "downgrade/starttls-stripped[submission]"] {
        let case = suite.case(id).unwrap_or_else(|| panic!("no case {id}"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let result = run_case(case, &subject, Options::default());
                assert_eq!(result.verdict, Verdict::Pass, "{id}");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, case);
criterion_main!(benches);
