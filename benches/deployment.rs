//! A deployment of 1,000 nodes, each stage apart: reading and parsing, resolving, linting, reporting.
//! Beside them the floor: parsing the same files and nothing else.

mod many;

use std::collections::HashMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use carbonlint::config::{Document, Format};
use carbonlint::project::Engine;
use carbonlint::report::{Report, Run, Style, human, json, sarif};
use carbonlint::source::{Content, TextKind};
use criterion::{Criterion, criterion_group, criterion_main};

use many::{FILES, lay_out};

const NODES: usize = 1000;
fn parse_all(folder: &Path) -> usize {
    let homes = fs::read_dir(folder.join("homes")).expect("homes");
    homes
        .flatten()
        .flat_map(|home| FILES.map(|file| home.path().join("repository/conf").join(file)))
        .filter(|path| {
            let content = Content::decode(fs::read(path).expect("a file"), TextKind::Xml);
            Document::parse(&content, Format::Xml).is_ok()
        })
        .count()
}

fn stages(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    lay_out(folder.path(), NODES);
    let topology = folder.path().join("topology.yaml");
    let engine = Engine::new().expect("the embedded rules load");
    let load = || engine.load(&topology).unwrap_or_else(|error| panic!("{error}"));
    let mut group = criterion.benchmark_group("1000 nodes");
    group.sample_size(10);
    group.bench_function("floor: read and parse on one core", |bencher| bencher.iter(|| black_box(parse_all(folder.path()))));
    group.bench_function("load", |bencher| bencher.iter(|| black_box(load())));
    group.bench_function("resolve", |bencher| {
        bencher.iter_batched(load, |loaded| black_box(loaded.resolve()), criterion::BatchSize::LargeInput);
    });
    let project = load().resolve();
    group.bench_function("lint", |bencher| bencher.iter(|| black_box(engine.lint(&project, &HashMap::new()))));
    let linted = engine.lint(&project, &HashMap::new());
    let report = Report { project: &project, linted: &linted, mended: None };
    let run = Run { rules: &engine.rules, reports: vec![report], unread: Vec::new(), show_ignored: false };
    println!("{} findings to report", linted.findings.len());
    group.bench_function("report: human", |bencher| bencher.iter(|| black_box(human::render(&run, &Style::default()))));
    group.bench_function("report: json", |bencher| bencher.iter(|| black_box(json::render(&run))));
    group.bench_function("report: sarif", |bencher| bencher.iter(|| black_box(sarif::render(&run))));
    group.finish();
    criterion
        .bench_function("start: load the catalogue and the rules", |bencher| bencher.iter(|| black_box(Engine::new().is_ok())));
}

criterion_group!(benches, stages);
criterion_main!(benches);
