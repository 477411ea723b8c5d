//! What became of a batch, and what a stream has come to, as JavaScript has it.

use crate::outgoing::Outgoing;
use napi::bindgen_prelude::{Float64Array, Int32Array, Uint8Array, Uint32Array};
use napi_derive::napi;
use sluice_engine::columns::Handed;
use sluice_engine::records::{Place, RecordValues, Records};
use sluice_engine::snapshot::Snapshot;
use sluice_engine::values::Large;
use sluice_engine::verdict::Verdict;

/// What a stream has come to; from here another one can go on.
#[napi(object, object_from_js = false)]
pub struct StreamSnapshot {
    /// For `resume`. Its numbers may be larger than JavaScript's, so it is no object.
    pub state: String,
    /// Byte of the source to go on from.
    pub seek: f64,
    /// Bytes of the source that were read to the end of a record.
    pub bytes: f64,
    /// Records read.
    pub read: f64,
    /// Records refused.
    pub invalid: f64,
    /// Violations that refuse a record.
    pub violations: f64,
    /// Violations of rules that only warn.
    pub warnings: f64,
}

impl From<Snapshot> for StreamSnapshot {
    fn from(snapshot: Snapshot) -> StreamSnapshot {
        let counts = snapshot.report.counts;
        StreamSnapshot {
            state: snapshot.to_text(),
            seek: snapshot.seek() as f64,
            bytes: snapshot.base.bytes as f64,
            read: counts.read as f64,
            invalid: counts.invalid as f64,
            violations: counts.violations as f64,
            warnings: counts.warnings as f64,
        }
    }
}

/// What became of one batch.
#[napi(object, object_from_js = false)]
pub struct BatchVerdict {
    /// Valid records.
    #[napi(ts_type = "Buffer")]
    pub valid: Outgoing,
    /// Refused records.
    #[napi(ts_type = "Buffer")]
    pub invalid: Outgoing,
    /// Violations as NDJSON.
    #[napi(ts_type = "Buffer")]
    pub violations: Outgoing,
    /// Records of an object stream that were refused: indexes within the stream.
    pub refused: Vec<f64>,
    /// Records read.
    pub read_count: u32,
    /// Records refused.
    pub invalid_count: u32,
    /// Violations that refuse a record.
    pub violation_count: f64,
    /// Violations of rules that only warn.
    pub warning_count: f64,
    /// The stream was stopped.
    pub is_stopped: bool,
    /// The violation that it was stopped at, as JSON, where its rule is one that stops.
    pub abort: Option<String>,
    /// Its last record goes on in the next batch.
    pub goes_on: bool,
    /// What the stream has come to with this batch, where a snapshot was due.
    pub snapshot: Option<StreamSnapshot>,
    /// The records one by one, where they are wanted.
    pub records: Option<BatchRecords>,
}

/// The records of a batch one by one.
#[napi(object, object_from_js = false)]
pub struct BatchRecords {
    /// The valid ones as a JSON array; none where there are `columns`.
    #[napi(ts_type = "Buffer")]
    pub json: Option<Outgoing>,
    /// The valid ones by columns.
    pub columns: Option<RecordColumns>,
    /// Numbers in them that a double does not hold; they stand as strings.
    pub large: Vec<LargeNumber>,
    /// Seven numbers for each record, or part of one, in the order of the source: 1 if it was refused; first byte and past the last one among the
    /// valid bytes, or among the invalid ones; bytes of the other kind before it; number (0 for what is left of a record that an earlier batch
    /// refused), line and byte in the source.
    pub places: Float64Array,
    /// What the records of a JSON document are called in it.
    pub trails: Vec<RecordTrail>,
    /// Where valid records are transformed: what they come to.
    pub results: Option<BatchResults>,
}

/// What the valid records of a batch are transformed to.
#[napi(object, object_from_js = false)]
pub struct BatchResults {
    /// The records as a JSON array, which is empty where the values are not wanted.
    #[napi(ts_type = "Buffer")]
    pub json: Outgoing,
    /// As in `BatchRecords`.
    pub large: Vec<LargeNumber>,
    /// Two numbers for each valid record, where places are wanted: its first byte and past its last one among the bytes that go out.
    pub spans: Float64Array,
    /// The valid records as they came.
    #[napi(ts_type = "Buffer")]
    pub originals: Outgoing,
}

/// Flat records by columns: see the engine.
#[napi(object, object_from_js = false)]
pub struct RecordColumns {
    /// JSON: `names` and `forms` of columns, `values` that codes stand for, `shapes` of records, `runs` of records of one shape, `blocks`, `long`.
    pub head: String,
    /// The texts of blocks.
    #[napi(ts_type = "Buffer")]
    pub text: Outgoing,
    /// Where each ends in its block, in UTF-16 code units.
    pub ends: Uint32Array,
    /// Texts that are in no block.
    #[napi(ts_type = "Buffer")]
    pub long: Outgoing,
    /// Of columns that have codes, one for each record.
    pub codes: Uint8Array,
    /// Of columns of numbers, one for each record.
    pub doubles: Float64Array,
    /// Of columns of integers of 32 bits, one for each record.
    pub integers: Int32Array,
}

/// The pointers of a record of a JSON document and of those that follow it, up to the next trail.
#[napi(object, object_from_js = false)]
pub struct RecordTrail {
    /// Number of the first of these records.
    pub record: f64,
    /// The pointer to the array that they are in; without an index, to the record.
    pub pointer: String,
    /// The index of the first one in the array.
    pub index: Option<f64>,
}

/// A number that a double does not hold.
#[napi(object, object_from_js = false)]
pub struct LargeNumber {
    /// Which of the valid records, 0-based.
    pub record: u32,
    /// JSON pointer within it.
    pub pointer: String,
    /// The string has all digits of an integer; else it has the number as it was written.
    pub is_integer: bool,
}

fn large_into_js(large: Vec<Large>) -> Vec<LargeNumber> {
    large.into_iter().map(|large| LargeNumber { record: large.record, pointer: large.pointer, is_integer: large.is_integer }).collect()
}

fn records_into_js(Records { places, values, results, spans, trails }: Records, originals: Option<Vec<u8>>) -> BatchRecords {
    let (json, columns, large) = match values {
        RecordValues::Json(values) => {
            let (json, large) = values.into_array();
            (Some(json.into()), None, large)
        }
        RecordValues::Columns(handed) => {
            let Handed { head, text, ends, long, codes, doubles, integers, large } = *handed;
            let columns = RecordColumns {
                head,
                text: text.into(),
                ends: ends.into(),
                long: long.into(),
                codes: codes.into(),
                doubles: doubles.into(),
                integers: integers.into(),
            };
            (None, Some(columns), large)
        }
    };
    let results = originals.map(|originals| {
        let (json, large) = results.unwrap_or_default().into_array();
        let spans = spans.into_iter().flat_map(|span| [span.start as f64, span.end as f64]).collect::<Vec<f64>>();
        BatchResults { json: json.into(), large: large_into_js(large), spans: spans.into(), originals: originals.into() }
    });
    let numbers = |place: Place| {
        let Place { is_refused, start, end, other, record, line, byte } = place;
        [u64::from(is_refused), start, end, other, record, line, byte].map(|number| number as f64)
    };
    BatchRecords {
        json,
        columns,
        large: large_into_js(large),
        results,
        places: places.into_iter().flat_map(numbers).collect::<Vec<f64>>().into(),
        trails: trails
            .into_iter()
            .map(|(record, trail)| RecordTrail { record: record as f64, pointer: trail.pointer, index: trail.index.map(|at| at as f64) })
            .collect(),
    }
}

pub(crate) fn into_js(verdict: Verdict, records: Option<Records>, snapshot: Option<Snapshot>) -> BatchVerdict {
    BatchVerdict {
        valid: verdict.valid.into(),
        invalid: verdict.invalid.into(),
        violations: verdict.violations.into(),
        refused: verdict.refused.iter().map(|&index| index as f64).collect(),
        read_count: verdict.counts.read as u32,
        invalid_count: verdict.counts.invalid as u32,
        violation_count: verdict.counts.violations as f64,
        warning_count: verdict.counts.warnings as f64,
        goes_on: verdict.goes_on,
        abort: verdict.abort.map(|line| String::from_utf8_lossy(&line).into_owned()),
        is_stopped: verdict.is_stopped,
        snapshot: snapshot.map(StreamSnapshot::from),
        records: records.map(|records| records_into_js(records, verdict.originals)),
    }
}
