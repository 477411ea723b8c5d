//! The laws: what may not change the outcome does not, on any bytes whatever.

#[path = "common/cases.rs"]
mod cases;
mod common;
#[path = "common/inputs.rs"]
mod inputs;
#[path = "common/lines.rs"]
mod lines;

use cases::cases;
use common::{Outcome, request, run};
use inputs::{csv, dialect, sizes};
use lines::ndjson;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;
use serde_json::Value;
use sluice_engine::batch::{Batch, Start};
use sluice_engine::error::Error;
use sluice_engine::frame::csv::Dialect;
use sluice_engine::intake::{Format, Intake, Opened, Request, Take};
use sluice_engine::setup::MaxErrors;
use sluice_engine::stitch::Stitcher;

const SCHEMA: &str = r#"{"properties":{"a":{"type":"integer","maximum":5},"b":{"type":"string","maxLength":2},"c":{"type":["null","string"]},
    "d":{"type":"array","items":{"type":"integer"}}},"required":["a"]}"#;
const CELLS: &str = r#"{"properties":{"a":{"type":"integer","maximum":5},"b":{"type":"string","maxLength":2},"c":{"type":["null","string"]}},
    "required":["a"]}"#;

/// A stream and its input.
#[derive(Clone)]
struct Case(Request, Vec<u8>);

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Case(request, input) = self;
        let Request { format, dialect, limits, header, max_errors, .. } = request;
        write!(f, "b\"{}\" {format:?} {dialect:?} {limits:?} {header:?} {max_errors:?}", input.escape_ascii())
    }
}

/// A CSV stream of any dialect under small limits, with a header row or given names, and its input.
fn csv_stream() -> impl Strategy<Value = Case> {
    let names = prop_oneof![1 => Just(None), 1 => Just(Some(1usize)), 2 => Just(Some(2)), 1 => Just(Some(3))];
    dialect().prop_flat_map(move |dialect| {
        let input = csv(&dialect);
        let front =
            select(vec!["", "", "\u{FEFF}", "\u{FEFF}#x\"\r\n\n", "#xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r", "\n\r\n", "\0\0"]);
        (Just(dialect), names.clone(), 1usize..60, 1usize..5, front, input).prop_map(
            |(dialect, names, bytes_max, lines_max, front, input)| {
                let row = [b'a', dialect.delimiter, b'b', b'\n'];
                let input = if names.is_none() { [front.as_bytes(), &row, &input].concat() } else { input };
                Case(csv_request(dialect, names, bytes_max, lines_max), input)
            },
        )
    })
}

fn csv_request(dialect: Dialect, names: Option<usize>, bytes_max: usize, lines_max: usize) -> Request {
    let mut request = request(CELLS, Format::Csv);
    request.dialect = dialect;
    request.header = names.map(|count| ["a", "b", "c"][..count].iter().map(|name| (*name).to_owned()).collect());
    request.limits.record_bytes_max = bytes_max;
    request.limits.record_lines_max = lines_max;
    request.limits.samples_per_rule = 2;
    request.allow_empty = true;
    request
}

fn ndjson_stream() -> impl Strategy<Value = Case> {
    let format =
        prop_oneof![3 => Just(Format::Ndjson), 1 => Just(Format::Records { cells: true, glanced: false }), 1 => Just(Format::Auto)];
    (format, 1usize..80, 1usize..6, 1usize..4, ndjson()).prop_map(|(format, bytes_max, depth_max, written, input)| {
        // What would be taken for a document has laws of its own.
        let first = input.iter().find(|byte| !b" \t\r\n\xEF\xBB\xBF".contains(byte));
        let format = if format == Format::Auto && first == Some(&b'[') { Format::Ndjson } else { format };
        let mut request = request(if format == Format::Auto { CELLS } else { SCHEMA }, format);
        request.limits.record_bytes_max = bytes_max;
        request.limits.depth_max = depth_max;
        request.limits.violations_per_record_max = written;
        request.limits.value_bytes_max = 8;
        request.allow_empty = true;
        Case(request, input)
    })
}

fn any_stream() -> impl Strategy<Value = Case> {
    let max_errors = prop_oneof![3 => Just(None), 1 => (0u64..5).prop_map(|count| Some(MaxErrors::Count(count)))];
    (prop_oneof![csv_stream(), ndjson_stream()], max_errors).prop_map(|(Case(mut request, input), max_errors)| {
        request.max_errors = max_errors;
        Case(request, input)
    })
}

/// Opens the source, and gives what follows its header row.
fn open(request: &Request, input: &[u8]) -> Result<(Opened, Vec<u8>), Error> {
    let mut intake = Intake::new(Request { batch_bytes: 1 << 20, batch_lines_max: 1 << 20, ..request.clone() });
    assert_eq!(intake.push(input), input.len());
    let mut body = Vec::new();
    while let Some(batch) = intake.take(Take::Last)? {
        body.extend(batch.bytes);
    }
    Ok((intake.opened().expect("the source was opened").clone(), body))
}

/// Checks batches cut at `cuts`, whatever stands there, each on the guess that it begins at a record.
fn run_cut(request: &Request, input: &[u8], cuts: &[usize]) -> Result<Outcome, Error> {
    let (opened, body) = open(request, input)?;
    let mut edges: Vec<usize> = cuts.iter().map(|cut| cut % (body.len() + 1)).chain([0, body.len()]).collect();
    // Such a batch is never made.
    edges.retain(|&edge| body[..edge].last() != Some(&b'\r') || body.get(edge) != Some(&b'\n'));
    edges.sort_unstable();
    let parts: Vec<Batch> = edges
        .windows(2)
        .map(|edge| Batch { bytes: body[edge[0]..edge[1]].to_vec(), last: edge[1] == body.len(), document: None })
        .collect();
    // Several cuts at the end make several last batches; the reader makes one, so only the first of them is kept.
    let count = parts.iter().position(|part| part.last).map_or(parts.len(), |at| at + 1);
    let setup = &opened.setup;
    let checked: Vec<_> = parts.iter().rev().map(|part| setup.check(&part.bytes, Start::Record, part.last)).collect();
    let mut stitcher = Stitcher::new(setup, opened.base);
    let (mut valid, mut invalid, mut violations) = (Vec::new(), Vec::new(), Vec::new());
    for (batch, checked) in parts.into_iter().zip(checked.into_iter().rev()).take(count) {
        let verdict = stitcher.take(setup, batch, checked).expect("no foreign keys").verdict(setup);
        valid.extend(verdict.valid);
        invalid.extend(verdict.invalid);
        violations.extend(verdict.violations);
    }
    let report = setup.report(&stitcher, "a", "b", true);
    let violations = String::from_utf8(violations).expect("violations are text");
    Ok(Outcome { header: opened.header.to_vec(), valid, invalid, violations, report })
}

fn numbers(violations: &str, member: &str) -> Vec<u64> {
    violations.lines().filter_map(|line| serde_json::from_str::<Value>(line).expect("JSON")[member].as_u64()).collect()
}

fn same(one: &Result<Outcome, Error>, other: &Result<Outcome, Error>) -> Result<(), TestCaseError> {
    if let (Ok(one), Ok(other)) = (one, other) {
        prop_assert_eq!(&one.brief(), &other.brief());
        prop_assert_eq!(String::from_utf8_lossy(&one.valid), String::from_utf8_lossy(&other.valid));
        prop_assert_eq!(String::from_utf8_lossy(&one.invalid), String::from_utf8_lossy(&other.invalid));
    }
    prop_assert_eq!(one, other);
    Ok(())
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn chunks_and_batches_change_nothing(
        Case(request, input) in any_stream(), chunks in sizes(), batch_bytes in 1usize..100, batch_lines_max in 1usize..6,
    ) {
        let whole = run(&request, &input, &[usize::MAX]);
        let cut = run(&Request { batch_bytes, batch_lines_max, ..request.clone() }, &input, &chunks);
        same(&whole, &cut)?;
    }

    #[test]
    fn cuts_at_wrong_places_change_nothing(Case(request, input) in any_stream(), cuts in proptest::collection::vec(any::<usize>(), 0..8)) {
        same(&run(&request, &input, &[usize::MAX]), &run_cut(&request, &input, &cuts))?;
    }

    #[test]
    fn valid_and_invalid_are_the_input(Case(request, input) in prop_oneof![csv_stream(), ndjson_stream()]) {
        let Ok((opened, body)) = open(&request, &input) else { return Ok(()) };
        let outcome = run(&request, &input, &[usize::MAX]).expect("a stream that opens is read");
        let checked = opened.setup.check(&body, Start::Record, true);
        prop_assert_eq!(checked.consumed, body.len());
        let (mut valid, mut invalid, mut from) = (Vec::<u8>::new(), Vec::<u8>::new(), 0);
        for refused in &checked.refused {
            let (start, end) = (refused.start as usize, refused.end as usize);
            prop_assert!(from <= start && start < end && end <= body.len());
            valid.extend(&body[from..start]);
            invalid.extend(&body[start..end]);
            from = end;
        }
        valid.extend(&body[from..]);
        prop_assert_eq!(&valid, &outcome.valid);
        prop_assert_eq!(&invalid, &outcome.invalid);
        prop_assert_eq!(outcome.header.len() + outcome.valid.len() + outcome.invalid.len() + mark(&input), input.len());
        let counts = outcome.report.counts;
        prop_assert_eq!(counts.read, counts.valid + counts.invalid);
        prop_assert_eq!(outcome.report.rules.iter().map(|rule| rule.count).sum::<u64>(), counts.violations);
        let mut records = numbers(&outcome.violations, "record");
        prop_assert!(records.is_sorted());
        records.dedup();
        prop_assert_eq!(records.len() as u64, counts.invalid);
        for (line, byte) in numbers(&outcome.violations, "line").iter().zip(numbers(&outcome.violations, "byte")) {
            prop_assert_eq!(*line, line_of(&input[..byte as usize], matches!(opened.setup.form, sluice_engine::setup::Form::Csv { .. })));
        }
    }

    /// What was refused is refused again, and what passed passes, when the outputs are read as inputs.
    #[test]
    fn outputs_read_again_are_what_they_were(Case(request, input) in csv_stream()) {
        let Ok(first) = run(&request, &input, &[usize::MAX]) else { return Ok(()) };
        let again = run(&request, &[first.header.as_slice(), &first.valid].concat(), &[usize::MAX]);
        let Ok(again) = again else { return Ok(()) };
        prop_assert_eq!(again.report.counts.invalid, 0, "{:?}", String::from_utf8_lossy(&first.valid));
        prop_assert_eq!(again.report.counts.valid, first.report.counts.valid);
    }

    #[test]
    fn a_count_of_errors_stops_at_one_more(Case(request, input) in prop_oneof![csv_stream(), ndjson_stream()], max in 0u64..6, chunks in sizes()) {
        let Ok(all) = run(&request, &input, &[usize::MAX]) else { return Ok(()) };
        let limited = Request { max_errors: Some(MaxErrors::Count(max)), batch_bytes: chunks[0], ..request };
        let some = run(&limited, &input, &chunks).expect("the same stream");
        if all.report.counts.invalid <= max {
            prop_assert_eq!(all, some);
            return Ok(());
        }
        prop_assert_eq!(some.report.counts.invalid, max + 1);
        prop_assert!(!some.report.complete);
        prop_assert!(all.valid.starts_with(&some.valid) && all.invalid.starts_with(&some.invalid));
        prop_assert!(all.violations.starts_with(&some.violations));
        let read = numbers(&some.violations, "record").last().copied();
        prop_assert_eq!(Some(some.report.counts.read), read, "stops at the end of the record that passes the limit");
        let bytes = mark(&input) + some.header.len() + some.valid.len() + some.invalid.len();
        prop_assert!(some.report.format == "records" || some.report.bytes as usize == bytes);
        prop_assert!(some.invalid.ends_with(b"\n") || some.invalid.ends_with(b"\r") || bytes == input.len());
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_ratio_of_errors_waits_for_a_thousand_records(
        good in proptest::collection::vec(prop::bool::weighted(0.9), 900..1_300), percent in 5u32..16, batch_lines_max in 1usize..500,
    ) {
        let input: String = good.iter().map(|good| if *good { "1\n" } else { "x\n" }).collect();
        let mut limited = request(CELLS, Format::Csv);
        limited.header = Some(vec!["a".to_owned()]);
        limited.max_errors = Some(MaxErrors::Percent(f64::from(percent)));
        limited.batch_lines_max = batch_lines_max;
        let outcome = run(&limited, input.as_bytes(), &[97]).expect("a stream");
        let mut invalid = 0u32;
        let mut expected = (good.len(), false);
        for (at, good) in good.iter().enumerate() {
            invalid += u32::from(!good);
            if !good && at + 1 >= 1_000 && invalid * 100 > percent * (at as u32 + 1) {
                expected = (at + 1, true);
                break;
            }
        }
        expected.1 |= invalid * 100 > percent * expected.0 as u32;
        prop_assert_eq!((outcome.report.counts.read as usize, !outcome.report.complete), expected);
    }
}

/// Bytes of the mark at the front.
fn mark(input: &[u8]) -> usize {
    if input.starts_with("\u{FEFF}".as_bytes()) { 3 } else { 0 }
}

/// The line of the byte after `before`.
fn line_of(before: &[u8], is_csv: bool) -> u64 {
    let ends = before.iter().enumerate().filter(|&(at, &byte)| match byte {
        b'\n' => true,
        b'\r' => is_csv && before.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() as u64 + 1
}
