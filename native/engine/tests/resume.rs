//! The law of carrying on: a run that is cut off after any batch, and gone on from what was kept, gives what one run gives.

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
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sluice_engine::encoding::Encoding;
use sluice_engine::error::Error;
use sluice_engine::frame::record_path::RecordPath;
use sluice_engine::intake::{Format, Intake, Request, Take};
use sluice_engine::report::Report;
use sluice_engine::setup::MaxErrors;
use sluice_engine::snapshot::Snapshot;
use sluice_engine::stitch::Stitcher;
use sluice_engine::transform::Target;

// Two patterns of one field have one name in the report.
const CELLS: &str = r#"{"properties":{"a":{"type":"integer","maximum":5},"b":{"type":"string","maxLength":2,"allOf":[{"pattern":"^a"},
    {"pattern":"é$"}]},"c":{"type":["null","string"]}},"required":["a"]}"#;
const NESTED: &str =
    r#"{"properties":{"a":{"type":"number","maximum":0.1},"b":{"type":"string"},"d":{"items":{"type":"integer"}}},"required":["a"]}"#;
const CHANGED_CELLS: &str = r#"{"properties":{"a":{"type":"integer","maximum":5},"b":{"type":"string"}},
    "x-transform":[{"rename":{"a":"z"}},{"select":["b","z"]},{"trim":["b"]},{"case":{"b":"upper"}},{"constant":{"k":"1,\""}}]}"#;
const CHANGED_MEMBERS: &str = r#"{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"string"}},
    "x-transform":[{"cast":{"a":"string"}},{"rename":{"b":"a","a":"b"}},{"select":["b","a"]},{"default":{"a":"x"}}]}"#;

/// All that came out, until the stream ended or failed.
#[derive(Debug, Clone, PartialEq, Default)]
struct Outcome {
    header: Vec<u8>,
    valid: Vec<u8>,
    invalid: Vec<u8>,
    violations: String,
    report: Option<Report>,
    fault: Option<Error>,
}

/// One try: it goes on from what was kept, and ends early after some batches.
struct Try<'r> {
    request: &'r Request,
    from: Option<Snapshot>,
    /// Batches after which it ends, where there is something to keep then.
    batches: usize,
}

impl Try<'_> {
    /// Adds to `outcome`; gives what is kept where the try ends early.
    fn run(mut self, input: &[u8], chunks: &[usize], outcome: &mut Outcome) -> Result<Option<Snapshot>, Error> {
        let (mut intake, mut at) = match &self.from {
            Some(from) => (Intake::resumed(self.request.clone(), from)?, from.seek() as usize),
            None => (Intake::new(self.request.clone()), 0),
        };
        let mut stitcher = None;
        for &size in chunks.iter().cycle() {
            let end = at.saturating_add(size).min(input.len());
            while at < end {
                at += intake.push(&input[at..end]);
                while intake.is_full() {
                    match self.take(Take::Full, &mut intake, &mut stitcher, outcome)? {
                        Taken::Nothing => break,
                        Taken::Batch => {}
                        Taken::Kept(kept) => return Ok(Some(*kept)),
                    }
                }
            }
            if at == input.len() {
                break;
            }
        }
        loop {
            match self.take(Take::Last, &mut intake, &mut stitcher, outcome)? {
                Taken::Nothing => return Ok(None),
                Taken::Batch => {}
                Taken::Kept(kept) => return Ok(Some(*kept)),
            }
        }
    }

    fn take(&mut self, take: Take, intake: &mut Intake, stitcher: &mut Option<Stitcher>, outcome: &mut Outcome) -> Result<Taken, Error> {
        let batch = intake.take(take)?;
        let (Some(opened), Some(batch)) = (intake.opened(), batch) else { return Ok(Taken::Nothing) };
        let setup = &opened.setup;
        if stitcher.is_none() {
            *stitcher = Some(match &self.from {
                Some(from) => Stitcher::resumed(setup, from)?,
                None => Stitcher::new(setup, opened.base),
            });
        }
        let stitcher = stitcher.as_mut().expect("it was made");
        let checked = setup.check_batch(&batch);
        let verdict = stitcher.take(setup, batch, checked).expect("no foreign keys").verdict(setup);
        outcome.header = opened.header.to_vec();
        outcome.valid.extend(verdict.valid);
        outcome.invalid.extend(verdict.invalid);
        outcome.violations += std::str::from_utf8(&verdict.violations).expect("violations are text");
        outcome.report = Some(setup.report(stitcher, "a", "b", true));
        self.batches = self.batches.saturating_sub(1);
        // While a document is read again, there is nothing new to keep.
        let is_new = self.from.as_ref().is_none_or(|from| stitcher.bytes() >= from.base.bytes);
        let kept = stitcher.snapshot(opened).filter(|_| self.batches == 0 && is_new);
        Ok(kept.map_or(Taken::Batch, |kept| Taken::Kept(Box::new(Snapshot::from_text(&kept.to_text()).expect("what was kept is read")))))
    }
}

enum Taken {
    Nothing,
    Batch,
    Kept(Box<Snapshot>),
}

/// Runs `input` in as many tries as `stops` has, each so many batches long, and one more.
fn run_in_tries(request: &Request, input: &[u8], chunks: &[usize], stops: &[usize]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut from = None;
    for &batches in stops.iter().chain([&usize::MAX]) {
        let taken = Try { request, from: from.take(), batches }.run(input, chunks, &mut outcome);
        match taken {
            Ok(Some(kept)) => from = Some(kept),
            Ok(None) => return outcome,
            Err(fault) => {
                outcome.fault = Some(fault);
                return outcome;
            }
        }
    }
    outcome
}

fn same(request: &Request, input: &[u8], chunks: &[usize], stops: &[usize]) -> Result<(), TestCaseError> {
    let whole = run_in_tries(&Request { batch_bytes: 1 << 20, batch_lines_max: 1 << 20, ..request.clone() }, input, &[usize::MAX], &[]);
    let parts = run_in_tries(request, input, chunks, stops);
    prop_assert_eq!(&whole.violations, &parts.violations);
    prop_assert_eq!(String::from_utf8_lossy(&whole.valid), String::from_utf8_lossy(&parts.valid));
    // A document that is broken is told of before all of its bytes are counted.
    let report =
        |outcome: &Outcome| outcome.report.clone().map(|report| Report { bytes: 0, ..report }).filter(|report| report.counts.read > 0);
    if whole.fault.is_some() && request.format == Format::Json {
        prop_assert_eq!((&whole.invalid, &whole.fault, report(&whole)), (&parts.invalid, &parts.fault, report(&parts)));
        return Ok(());
    }
    prop_assert_eq!(whole, parts);
    Ok(())
}

fn max_errors() -> impl Strategy<Value = Option<MaxErrors>> {
    prop_oneof![3 => Just(None), 1 => (0u64..5).prop_map(|count| Some(MaxErrors::Count(count))), 1 => Just(Some(MaxErrors::Percent(50.0)))]
}

fn csv_stream() -> impl Strategy<Value = (Request, Vec<u8>)> {
    let limits = (1usize..60, 1usize..5, 0usize..3, 1usize..3, max_errors());
    let front = select(vec!["", "", "\u{FEFF}", "#x\"\r\n\n"]);
    (dialect(), limits, prop::bool::ANY, front).prop_flat_map(|(dialect, limits, has_row, front)| {
        (Just(dialect.clone()), Just(limits), Just(has_row), Just(front), csv(&dialect)).prop_map(
            |(dialect, (bytes_max, lines_max, samples, written, max_errors), has_row, front, input)| {
                let mut request = request(CELLS, Format::Csv);
                let row = [b'a', dialect.delimiter, b'b', b'\n'];
                let input = if has_row { [front.as_bytes(), &row, &input].concat() } else { input };
                request.dialect = dialect;
                request.header = (!has_row).then(|| vec!["a".to_owned(), "b".to_owned()]);
                request.limits.record_bytes_max = bytes_max;
                request.limits.record_lines_max = lines_max;
                request.limits.samples_per_rule = samples;
                request.limits.violations_per_record_max = written;
                request.max_errors = max_errors;
                request.allow_empty = true;
                (request, input)
            },
        )
    })
}

fn ndjson_stream() -> impl Strategy<Value = (Request, Vec<u8>)> {
    (1usize..80, 1usize..6, 1usize..4, max_errors(), ndjson()).prop_map(|(bytes_max, depth_max, written, max_errors, input)| {
        let mut request = request(NESTED, Format::Ndjson);
        request.limits.record_bytes_max = bytes_max;
        request.limits.depth_max = depth_max;
        request.limits.violations_per_record_max = written;
        request.max_errors = max_errors;
        request.allow_empty = true;
        (request, input)
    })
}

/// A document with records at one of several paths, now and then broken.
fn document() -> impl Strategy<Value = (Request, Vec<u8>)> {
    let record = select(vec![
        "{\"a\":1}",
        "{\"a\":0.1,\"d\":[1,2,\"x\"]}",
        "{\"a\": 0.10000000000000000555\n}",
        "[\n]",
        "\"é\"",
        "17",
        "{\"a\" 1}",
        "{}",
    ]);
    let records = vec((record, select(vec![",", " ,\n", ",\r\n  "])), 0..14);
    let parts = vec(records, 1..4);
    let broken = prop_oneof![5 => Just(""), 1 => Just("}"), 1 => Just(" 7")];
    (parts, 6usize..40, select(vec!["$.r[*][*]", "$.r.*[*]", "$.r[*]"]), broken, max_errors()).prop_map(
        |(parts, bytes_max, path, broken, max_errors)| {
            let mut request = request(NESTED, Format::Json);
            request.record_path = RecordPath::parse(path).expect("a path");
            request.limits.record_bytes_max = bytes_max;
            request.max_errors = max_errors;
            let array = |records: &Vec<(&str, &str)>| {
                let text: String = records.iter().map(|(record, after)| format!("{record}{after}")).collect();
                format!("[{}]", text.trim_end().trim_end_matches(','))
            };
            let arrays: Vec<_> = parts.iter().enumerate().map(|(at, part)| (at, array(part))).collect();
            let parts: Vec<_> =
                arrays.iter().map(|(at, array)| if path == "$.r.*[*]" { format!("\"n{at}\":{array}") } else { array.clone() }).collect();
            let (open, close) = if path == "$.r.*[*]" { ("{", "}") } else { ("[", "]") };
            (request, format!("{{\"x\":[1],\"r\":{open}{}{close},\"y\":\"[]\"{broken}}}\n", parts.join(", ")).into_bytes())
        },
    )
}

/// The same with records that do not go out as they came.
fn transformed(stream: impl Strategy<Value = (Request, Vec<u8>)>) -> impl Strategy<Value = (Request, Vec<u8>)> {
    (stream, select(vec![None, Some(Target::Csv), Some(Target::Ndjson)])).prop_map(|((mut request, input), to)| {
        let schema = if request.format == Format::Csv { CHANGED_CELLS } else { CHANGED_MEMBERS };
        request.plan = common::request(schema, request.format).plan;
        request.asked.to = to;
        (request, input)
    })
}

fn stops() -> impl Strategy<Value = Vec<usize>> {
    vec(1usize..6, 1..8)
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn csv_goes_on_from_anywhere(
        (request, input) in csv_stream(), chunks in sizes(), stops in stops(), batch_bytes in 1usize..100, batch_lines_max in 1usize..6,
    ) {
        same(&Request { batch_bytes, batch_lines_max, ..request }, &input, &chunks, &stops)?;
    }

    #[test]
    fn ndjson_goes_on_from_anywhere(
        (request, input) in ndjson_stream(), chunks in sizes(), stops in stops(), batch_bytes in 1usize..100,
    ) {
        same(&Request { batch_bytes, ..request }, &input, &chunks, &stops)?;
    }

    #[test]
    fn a_document_goes_on_from_anywhere(
        (request, input) in document(), chunks in sizes(), stops in stops(), batch_bytes in 1usize..60, batch_lines_max in 1usize..6,
    ) {
        same(&Request { batch_bytes, batch_lines_max, ..request }, &input, &chunks, &stops)?;
    }

    #[test]
    fn transformed_records_go_on_from_anywhere(
        (request, input) in transformed(prop_oneof![csv_stream().boxed(), ndjson_stream().boxed(), document().boxed()]),
        chunks in sizes(), stops in stops(), batch_bytes in 1usize..60,
    ) {
        same(&Request { batch_bytes, ..request }, &input, &chunks, &stops)?;
    }

    #[test]
    fn other_encodings_go_on_from_anywhere(
        (request, input) in csv_stream(), chunks in sizes(), stops in stops(), batch_bytes in 1usize..100, has_mark in any::<bool>(),
        (encoding, odd) in select(vec![(Encoding::Utf16Le, true), (Encoding::Utf16Be, false), (Encoding::Latin1, false), (Encoding::Windows1252, false)]),
    ) {
        // Text that is no UTF-8 becomes half a surrogate pair in UTF-16.
        let text = String::from_utf8_lossy(&input).replace('\u{FEFF}', "");
        let units = text.encode_utf16().map(|unit| if unit == 0xFFFD { 0xD800 } else { unit });
        let mut bytes: Vec<u8> = match encoding {
            Encoding::Utf16Le => has_mark.then_some(0xFEFF).into_iter().chain(units).flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => has_mark.then_some(0xFEFF).into_iter().chain(units).flat_map(u16::to_be_bytes).collect(),
            _ => text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(0x81)).collect(),
        };
        if odd && !bytes.is_empty() {
            bytes.push(b'a');
        }
        same(&Request { encoding: Some(encoding), batch_bytes, ..request }, &bytes, &chunks, &stops)?;
    }
}

#[test]
fn a_delimiter_that_was_told_from_the_records_is_kept() {
    let mut asked = request(CELLS, Format::Auto);
    asked.sniff_delimiter = true;
    asked.batch_bytes = 16;
    let input = "a;b\n".to_owned() + &"1;aé\n7;x,y\n".repeat(40);
    let whole = run(&asked, input.as_bytes(), &[usize::MAX]).expect("a stream");
    let parts = run_in_tries(&asked, input.as_bytes(), &[11], &[1, 2, 3, 4]);
    assert_eq!(parts.fault, None);
    assert_eq!(parts.violations.lines().count(), whole.brief().len());
    assert_eq!(parts.report.as_ref(), Some(&whole.report));
    assert_eq!((parts.header, parts.valid, parts.invalid), (whole.header, whole.valid, whole.invalid));
}

#[test]
fn a_snapshot_of_another_schema_is_refused() {
    let asked = Request { batch_bytes: 4, ..request(CELLS, Format::Csv) };
    let mut outcome = Outcome::default();
    let kept = Try { request: &asked, from: None, batches: 2 }.run(b"a,b\n1,x\n9,x\n9,x\n", &[3], &mut outcome);
    let kept = kept.expect("a stream").expect("something to keep");
    let other = Request { batch_bytes: 4, ..request(NESTED, Format::Csv) };
    let fault = Try { request: &other, from: Some(kept), batches: 9 }.run(b"a,b\n1,x\n9,x\n9,x\n", &[3], &mut outcome);
    assert_eq!(fault.expect_err("another schema").code, "checkpoint/foreign");
    assert_eq!(Snapshot::from_text("{\"base\":1}").expect_err("no snapshot").code, "checkpoint/torn");
}
