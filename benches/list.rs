//! What a key press may cost in a list of 100,000 rows: filter, sort, fill; and the joins below them.
#![allow(missing_docs, clippy::unwrap_used)]

mod made;

use std::hint::black_box;

use certdeck::app::list::Sort;
use certdeck::app::pane::{Pane, PaneName};
use certdeck::rules::{Profile, Rules};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const ROWS: usize = 100_000;

fn list(bench: &mut Criterion) {
    let (estate, rules) = (made::estate(ROWS), Rules::load(Profile::Current).unwrap());
    for name in [PaneName::Private, PaneName::Bindings] {
        let mut pane = Pane::new(name);
        bench.bench_function(&format!("{name:?}: fill 100,000 rows"), |bench| {
            bench.iter(|| pane.fill(black_box(&estate), &rules, made::now()));
        });
        for filter in ["w", "www", "team777", "!www1 team", "~wt9", "source:managed", "nothing-matches"] {
            bench.bench_function(&format!("{name:?}: filter 100,000 rows by {filter}"), |bench| {
                bench.iter(|| {
                    pane.filter.set(filter);
                    pane.refilter();
                    black_box(pane.list.len())
                });
            });
        }
        pane.filter.set("");
        pane.refilter();
        for column in [0, 3] {
            bench.bench_function(&format!("{name:?}: sort 100,000 rows by {}", name.columns()[column].title), |bench| {
                bench.iter(|| {
                    pane.sort = Sort { column, reversed: !pane.sort.reversed };
                    pane.resort(&estate);
                });
            });
        }
    }
    bench.bench_function("index 100,000 certificates", |bench| {
        bench.iter_batched(|| estate.clone(), certdeck::model::Estate::indexed, BatchSize::PerIteration);
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = list
}
criterion_main!(benches);
