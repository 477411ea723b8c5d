//! Rules over the whole stream, on any bytes whatever: the outcome is that of one reading from front to back.

#[path = "common/cases.rs"]
mod cases;
mod common;
#[path = "common/inputs.rs"]
mod inputs;
#[path = "common/lines.rs"]
mod lines;

use cases::cases;
use common::{request, run};
use inputs::{csv, dialect, sizes};
use lines::ndjson;
use proptest::prelude::*;
use sluice_engine::intake::{Format, Request};
use sluice_engine::report::Report;
use sluice_engine::setup::MaxErrors;

const SCHEMA: &str = r#"{"properties":{"a":{"type":"integer"},"b":{"type":["string","null"],"maxLength":2}},
    "x-unique":["b",["a","b"]],"x-order":[{"field":"a"}],"x-recordCount":{"minimum":2,"maximum":9},"x-missingRatio":{"b":{"maximum":0.25}}}"#;

fn stream() -> impl Strategy<Value = (Request, Vec<u8>)> {
    prop_oneof![csv_stream(), ndjson_stream()]
}

fn csv_stream() -> impl Strategy<Value = (Request, Vec<u8>)> {
    let csv = dialect().prop_flat_map(|dialect| {
        let input = csv(&dialect);
        (Just(dialect), input).prop_map(|(dialect, input)| {
            let mut request = request(SCHEMA, Format::Csv);
            (request.dialect, request.header) = (dialect, Some(vec!["a".to_owned(), "b".to_owned()]));
            (request, input)
        })
    });
    limited(csv)
}

fn ndjson_stream() -> impl Strategy<Value = (Request, Vec<u8>)> {
    let ndjson = (prop_oneof![Just(Format::Ndjson), Just(Format::Records { cells: true, glanced: false })], ndjson())
        .prop_map(|(format, input)| (request(SCHEMA, format), input));
    limited(ndjson)
}

/// The same with limits of any size.
fn limited(streams: impl Strategy<Value = (Request, Vec<u8>)>) -> impl Strategy<Value = (Request, Vec<u8>)> {
    let max_errors = prop_oneof![3 => Just(None), 1 => (0u64..5).prop_map(|count| Some(MaxErrors::Count(count)))];
    (streams, max_errors, 1usize..80, 1usize..4).prop_map(|((mut request, input), max_errors, bytes_max, written)| {
        (request.max_errors, request.limits.record_bytes_max) = (max_errors, bytes_max);
        request.limits.violations_per_record_max = written;
        request.allow_empty = true;
        (request, input)
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn neither_chunks_nor_batches_change_the_outcome((request, input) in stream(), chunks in sizes(), batch_bytes in 1usize..100) {
        let whole = run(&request, &input, &[input.len().max(1)]);
        prop_assert_eq!(&run(&Request { batch_bytes, ..request.clone() }, &input, &chunks), &whole);
        let Ok(whole) = whole else { return Ok(()) };
        let counts = whole.report.counts;
        prop_assert_eq!(counts.read, counts.valid + counts.invalid);
        let bounds = whole.report.stream_rules.as_ref().map_or(0, |rules| rules.bounds.iter().filter(|bound| bound.met == Some(false)).count());
        let written = whole.brief().len() as u64;
        prop_assert_eq!(written + bounds as u64 + whole.report.violations_unwritten, counts.violations);
        prop_assert_eq!(whole.report.rules.iter().map(|rule| rule.count).sum::<u64>(), counts.violations);
    }

    /// What stands before a record of CSV may decide what it is, so this is of NDJSON.
    #[test]
    fn what_passed_passes_again((request, input) in ndjson_stream()) {
        let request = Request { max_errors: None, ..request };
        // An input that looks like another encoding is refused as a whole.
        let Ok(first) = run(&request, &input, &[1 << 20]) else { return Ok(()) };
        let Ok(again) = run(&request, &first.valid, &[1 << 20]) else { return Ok(()) };
        prop_assert_eq!(&again.valid, &first.valid);
        prop_assert_eq!(again.invalid.len(), 0);
    }

    #[test]
    fn reports_merge_in_any_order(inputs in prop::collection::vec(ndjson(), 3)) {
        let mut request = request(SCHEMA, Format::Ndjson);
        request.allow_empty = true;
        let reports: Vec<Report> = inputs.iter().filter_map(|input| Some(run(&request, input, &[1 << 20]).ok()?.report)).collect();
        prop_assume!(reports.len() == 3);
        let [one, two, three] = [0, 1, 2].map(|at| reports[at].clone());
        let merged = one.clone().merge(two.clone()).expect("one schema").merge(three.clone()).expect("one schema");
        prop_assert_eq!(&merged, &three.merge(one.merge(two).expect("one schema")).expect("one schema"));
        let rules = merged.stream_rules.as_ref().expect("there are rules");
        prop_assert_eq!(rules.bounds[0].count, merged.counts.read);
        prop_assert_eq!(rules.bounds[0].met, Some(merged.counts.read >= 2));
        prop_assert_eq!(rules.bounds[2].count, reports.iter().map(|report| report.stream_rules.as_ref().expect("rules").bounds[2].count).sum::<u64>());
    }
}
