//! Reports merge in any order and any grouping, and the parts of a source make the whole.

#[path = "common/cases.rs"]
mod cases;

use cases::cases;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use sluice_engine::batch::{Batch, Start};
use sluice_engine::encoding::Encoding;
use sluice_engine::limits::Limits;
use sluice_engine::render::Base;
use sluice_engine::report::{Counts, Report, RuleCount, Sample};
use sluice_engine::schema::{Options, compile};
use sluice_engine::setup::{Form, Setup};
use sluice_engine::severity::Severity;
use sluice_engine::stitch::Stitcher;
use std::sync::Arc;

fn source() -> impl Strategy<Value = Option<String>> {
    option::of(select(vec!["x".to_owned(), "y".to_owned()]))
}

fn sample() -> impl Strategy<Value = Sample> {
    (source(), 1u64..4, option::of(1u64..3), option::of(0u64..3), option::of(0u32..2), 0u32..2)
        .prop_map(|(source, record, line, byte, column, value)| Sample { source, record, line, byte, column, value: value.into() })
}

fn rule() -> impl Strategy<Value = RuleCount> {
    let name = || option::of(select(vec!["a".to_owned(), "b".to_owned()]));
    let severity = select(vec![Severity::Error, Severity::Error, Severity::Warning, Severity::Abort]);
    (name(), name(), select(vec!["type", "required"]), name(), severity, 1u64..4, vec(sample(), 0..6)).prop_map(
        |(field, keyword, code, rule, severity, count, samples)| RuleCount {
            field,
            keyword,
            code: code.to_owned(),
            rule,
            severity,
            count,
            samples,
        },
    )
}

fn report() -> impl Strategy<Value = Report> {
    let texts = (
        select(vec!["0.9.0", "0.10.0", "0.10.0-rc.1", "another"]),
        select(vec!["csv", "ndjson", "mixed"]),
        "[a-c]",
        "[a-c]",
        any::<bool>(),
    );
    let counts = (0u64..9, 0u64..9, 0u64..9, 0u64..9, 0u64..9, 0u64..9);
    (texts, source(), btree_set("[xyz]", 0..3), counts, 1usize..4, vec(rule(), 0..5)).prop_map(
        |((version, format, started_at, ended_at, complete), source, sources, counts, samples_per_rule, rules)| {
            let (read, valid, invalid, violations, bytes, violations_unwritten) = counts;
            let mut report = Report {
                version: version.to_owned(),
                schema_digest: "sha256:0".to_owned(),
                format: format.to_owned(),
                encoding: ["utf-8", "latin1"].get(read as usize % 3).map(|name| (*name).to_owned()),
                delimiter: [",", ";"].get(valid as usize % 3).map(|name| (*name).to_owned()),
                delimiter_confidence_percent: (invalid < 5).then_some(invalid as u32),
                source,
                sources,
                bytes,
                undecided: invalid.min(1),
                counts: Counts { read, valid, invalid, undecided: 0, violations, warnings: bytes },
                violations_unwritten,
                samples_per_rule,
                rules,
                stream_rules: None,
                started_at,
                ended_at,
                complete,
            };
            report.settle();
            report
        },
    )
}

fn merged(one: &Report, other: &Report) -> Report {
    one.clone().merge(other.clone()).expect("one schema")
}

/// The report of `input`, which begins at `base`, in batches of `size` bytes.
fn of(setup: &Setup, input: &[u8], base: Base, size: usize) -> Report {
    let mut stitcher = Stitcher::new(setup, base);
    for part in input.chunks(size) {
        let batch = Batch { bytes: part.to_vec(), last: false, document: None };
        let checked = setup.check(&batch.bytes, Start::Record, batch.last);
        stitcher.take(setup, batch, checked).expect("no foreign keys");
    }
    let batch = Batch { bytes: Vec::new(), last: true, document: None };
    let checked = setup.check(&batch.bytes, Start::Record, batch.last);
    stitcher.take(setup, batch, checked).expect("no foreign keys");
    setup.report(&stitcher, "a", "b", true)
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn merging_is_associative_and_commutative(one in report(), two in report(), three in report()) {
        prop_assert_eq!(merged(&one, &two), merged(&two, &one));
        prop_assert_eq!(merged(&merged(&one, &two), &three), merged(&one, &merged(&two, &three)));
        let both = merged(&one, &two);
        prop_assert_eq!(both.counts.read, one.counts.read + two.counts.read);
        let total = |report: &Report| report.rules.iter().map(|rule| rule.count).sum::<u64>();
        prop_assert_eq!(total(&both), total(&one) + total(&two));
        let text = serde_json::to_string(&both).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Report>(&text).expect("a report"), both);
    }

    #[test]
    fn the_parts_of_a_source_make_the_whole(
        lines in vec(select(vec![
            "{\"a\":1}\n", "{\"a\":\"x\"}\n", "{\"a\":[3]}\n", "{\"b\":[1,\"z\",\"y\",2,\"x\",\"w\",true]}\n", "{\"b\":[null,{},\"a\"]}\n",
            "{\n", "\n", "\u{e9}\n",
        ]), 0..12),
        at in any::<prop::sample::Index>(), sizes in (1usize..40, 1usize..40), samples_per_rule in 1usize..5,
    ) {
        let schema = r#"{"properties":{"a":{"type":"integer"},"b":{"items":{"type":"integer"}}}}"#;
        let setup = Setup {
            plan: Arc::new(compile(schema, &Options::default()).expect("a schema")),
            limits: Limits { samples_per_rule, ..Limits::default() },
            form: Form::Ndjson,
            encoding: Encoding::Utf8,
            delimiter_confidence_percent: None,
            missing: Vec::new(),
            source: Some("x".to_owned()),
            max_errors: None,
            policy: sluice_engine::policy::Policy::default(),
            program: None,
            references: std::sync::Weak::new(),
        };
        let split = at.index(lines.len() + 1);
        let (front, back) = (lines[..split].concat(), lines[split..].concat());
        let base = Base {
            records: lines[..split].iter().filter(|line| **line != "\n").count() as u64,
            lines: split as u64,
            bytes: front.len() as u64,
        };
        let whole = of(&setup, lines.concat().as_bytes(), Base::default(), sizes.0);
        let mut back = of(&setup, back.as_bytes(), base, sizes.1);
        // A part tells how far it read, and the bytes before it are told by the part before it.
        back.bytes -= base.bytes;
        prop_assert_eq!(whole, merged(&of(&setup, front.as_bytes(), Base::default(), sizes.1), &back));
    }
}

#[test]
fn reports_of_different_schemas_do_not_merge() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let one = report().new_tree(&mut runner).expect("a report").current();
    let other = Report { schema_digest: "sha256:1".to_owned(), ..one.clone() };
    assert_eq!(one.merge(other).expect_err("two schemas").code, "report/mismatch");
}
