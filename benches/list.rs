//! What a key press costs in a list of 100,000 rows: filter, sort, fill; the joins below them; and the rows
//! of an earlier run.
#![allow(missing_docs, clippy::unwrap_used)]

mod made;

use std::hint::black_box;

use certdeck::app::list::Sort;
use certdeck::app::pane::Pane;
use certdeck::health::findings::{Findings, Limits};
use certdeck::model::{Changes, EstateRows};
use certdeck::rules::{Profile, Rules};
use certdeck::snapshot::{self, SnapshotHeading};
use certdeck::tables::{Basis, PaneName};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const ROWS: usize = 100_000;

fn list(bench: &mut Criterion) {
    let (estate, rules) = (made::estate(ROWS), Rules::load(Profile::Current).unwrap());
    let basis = Basis::new(&estate, &rules, made::now());
    for name in [PaneName::Private, PaneName::Bindings] {
        let mut pane = Pane::new(name);
        bench.bench_function(&format!("{name:?}: fill 100,000 rows"), |bench| {
            bench.iter(|| pane.fill(black_box(&basis)));
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
        for heading in name.table().headings() {
            bench.bench_function(&format!("{name:?}: sort 100,000 rows by {}", heading.title), |bench| {
                bench.iter(|| {
                    pane.sort = Sort { key: heading.key, reversed: !pane.sort.reversed };
                    pane.resort(&basis);
                });
            });
        }
    }
    bench.bench_function("find what is urgent among 100,000 certificates", |bench| {
        bench.iter(|| Findings::of(black_box(&basis), Limits::USUAL));
    });
    bench.bench_function("index 100,000 certificates", |bench| {
        bench.iter_batched(|| estate.clone().into_rows(), EstateRows::indexed, BatchSize::PerIteration);
    });
}

/// What stands between a start and the first rows.
fn recall(bench: &mut Criterion) {
    for rows in [10_000, ROWS] {
        let estate = made::estate(rows);
        let heading = SnapshotHeading {
            context: "bench".to_owned(),
            as_of: made::now(),
            practice: false,
            national: false,
        };
        let kept = snapshot::encode(&heading, &estate).unwrap();
        bench.bench_function(&format!("keep {rows} certificates, {} MB", kept.len() / 1_000_000), |bench| {
            bench.iter(|| snapshot::encode(&heading, black_box(&estate)).unwrap());
        });
        bench.bench_function(&format!("recall {rows} certificates"), |bench| {
            bench.iter(|| snapshot::decode(black_box(&kept)).unwrap());
        });
        let again = made::estate(rows);
        bench.bench_function(&format!("compare {rows} certificates with those before"), |bench| {
            bench.iter(|| Changes::between(black_box(&estate), black_box(&again)));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = list, recall
}
criterion_main!(benches);
