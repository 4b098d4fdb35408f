//! The order of SRV targets, beside rand's weighted choice.
//!
//! The first choice alone is what a healthy service costs; the whole order is what one costs of which nothing answers.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::distr::weighted::WeightedIndex;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use signpost_select::{Selection, Target};

/// Targets of one priority; none has weight 0, which rand's choice never takes beside others.
fn targets(count: u16) -> Vec<Target<u16>> {
    (0..count).map(|value| Target { priority: 1, weight: 10 + value, value }).collect()
}

fn first_choice(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("first choice");
    for count in [2, 4, 30] {
        let targets = targets(count);
        let mut random = StdRng::seed_from_u64(1);
        group.bench_function(BenchmarkId::new("signpost-select Selection", count), |bencher| {
            bencher
                .iter(|| Selection::new(black_box(&targets).iter().copied()).next(&mut || random.next_u64()));
        });
        group.bench_function(BenchmarkId::new("rand choose_weighted", count), |bencher| {
            bencher.iter(|| {
                let chosen = black_box(&targets)
                    .choose_weighted(&mut random, |target: &Target<u16>| u32::from(target.weight));
                *chosen.unwrap()
            });
        });
        group.bench_function(BenchmarkId::new("rand WeightedIndex", count), |bencher| {
            bencher.iter(|| {
                let weights = black_box(&targets).iter().map(|target| u32::from(target.weight));
                targets[random.sample(WeightedIndex::new(weights).unwrap())]
            });
        });
    }
    group.finish();
}

fn whole_order(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("whole order");
    for count in [2, 4, 30] {
        let targets = targets(count);
        let mut random = StdRng::seed_from_u64(1);
        group.bench_function(BenchmarkId::new("signpost-select Selection", count), |bencher| {
            bencher.iter_batched(
                || Vec::with_capacity(targets.len()),
                |mut order| {
                    let mut selection = Selection::new(black_box(&targets).iter().copied());
                    while let Some(target) = selection.next(&mut || random.next_u64()) {
                        order.push(target);
                    }
                    order
                },
                BatchSize::SmallInput,
            );
        });
        group.bench_function(BenchmarkId::new("rand choose_weighted, the rest again", count), |bencher| {
            bencher.iter_batched(
                || Vec::with_capacity(targets.len()),
                |mut order| {
                    let mut rest: Vec<(usize, Target<u16>)> =
                        black_box(&targets).iter().copied().enumerate().collect();
                    while !rest.is_empty() {
                        let chosen =
                            rest.choose_weighted(&mut random, |(_, target)| u32::from(target.weight));
                        let place = chosen.unwrap().0;
                        order.push(rest.remove(place).1);
                        for (place, (index, _)) in rest.iter_mut().enumerate().skip(place) {
                            *index = place;
                        }
                    }
                    order
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, first_choice, whole_order);
criterion_main!(benches);
