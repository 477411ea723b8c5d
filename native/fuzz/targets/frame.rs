//! Any bytes, in any format, chunks and batches: nothing panics, nothing is lost, and where the bytes are cut changes nothing.
#![no_main]

#[path = "../../engine/tests/common/mod.rs"]
mod common;

use common::{request, run};
use libfuzzer_sys::fuzz_target;
use sluice_engine::encoding::Encoding;
use sluice_engine::frame::csv::Dialect;
use sluice_engine::intake::{Format, Request};

const SCHEMA: &str =
    r#"{"properties":{"a":{"type":"integer","maximum":5},"b":{"type":"string","maxLength":2},"c":{"type":["null","string"]}}}"#;

/// The first bytes say how the rest is read.
fn stream(choices: &[u8]) -> Request {
    let [format, signs, size, encoding, ..] = *choices else { unreachable!("there are as many choices") };
    let mut request = request(SCHEMA, [Format::Csv, Format::Ndjson, Format::Json, Format::Auto][usize::from(format % 4)]);
    request.dialect = Dialect {
        delimiter: b",;\t|"[usize::from(signs & 3)],
        quote: (signs & 4 == 0).then_some(b'"'),
        escape: (signs & 8 != 0 && signs & 4 == 0).then_some(b'\\'),
        comment: (signs & 16 != 0).then_some(b'#'),
        skip_blank_lines: signs & 32 != 0,
        skip_initial_space: signs & 64 != 0,
    };
    request.header = (signs & 128 != 0).then(|| ["a", "b", "c"].map(str::to_owned).to_vec());
    request.encoding =
        [None, None, None, Some(Encoding::Utf16Le), Some(Encoding::Latin1), Some(Encoding::Windows1252)][usize::from(encoding % 6)];
    request.limits.record_bytes_max = usize::from(size) + 1;
    request.limits.record_lines_max = usize::from(size % 7) + 1;
    request.limits.depth_max = usize::from(size % 5) + 1;
    request.allow_empty = true;
    request
}

fuzz_target!(|data: &[u8]| {
    let Some((choices, input)) = data.split_at_checked(8) else { return };
    let whole = stream(choices);
    let batch_bytes = usize::from(choices[4]) + 1;
    let cut = Request { batch_bytes, batch_lines_max: usize::from(choices[5] % 8) + 1, ..whole.clone() };
    let chunks = [usize::from(choices[6]) + 1, usize::from(choices[7] % 16) + 1];
    let (one, other) = (run(&whole, input, &[usize::MAX]), run(&cut, input, &chunks));
    // What a document had before it broke is told with the error, which this driver does not see.
    if one.is_err() || other.is_err() {
        let code = |outcome: &Result<_, sluice_engine::error::Error>| outcome.as_ref().err().map(|fault| fault.code);
        assert_eq!(code(&one), code(&other));
        return;
    }
    let (one, other) = (one.expect("no error"), other.expect("no error"));
    assert_eq!(one, other);
    let counts = one.report.counts;
    assert_eq!(counts.read, counts.valid + counts.invalid);
    let mark = if input.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    if one.report.encoding.as_deref() == Some("utf-8") && one.report.format != "json" {
        assert_eq!(one.header.len() + one.valid.len() + one.invalid.len() + mark, input.len());
    }
});
