//! What stands between the fields of a source that does not say.

use super::csv::{Dialect, Framed, Framer};
use crate::error::Error;
use crate::limits::{DELIMITER_BYTES_MAX, Limits};

/// What may be found, in the order in which a message names them.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Below this the answer is an error.
const CONFIDENCE_PERCENT_MIN: u32 = 50;

/// A delimiter that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sniffed {
    /// The byte.
    pub delimiter: u8,
    /// How sure that is.
    pub confidence_percent: u32,
}

/// How well a delimiter fits.
#[derive(Debug, Clone, Copy)]
struct Fit {
    delimiter: u8,
    /// Fields that a record is to have.
    columns: usize,
    /// Records that have as many.
    regular: u32,
    records: u32,
}

impl Fit {
    /// The share of regular records; none where records have one field.
    fn share(&self) -> f64 {
        if self.columns < 2 || self.records == 0 { 0.0 } else { f64::from(self.regular) / f64::from(self.records) }
    }
}

/// Finds the delimiter of the records that stand in `sample`, of which the first is the header row, unless the number of `columns` is known.
/// `last` when that is the whole source.
///
/// A delimiter fits as well as the share of records that have as many fields as the header has; quoted ones do not count, because records
/// are framed as they will be. The confidence is by how much the best fits better than the next, and it grows with the number of records.
///
/// # Errors
/// `input/delimiter` when none fits, or several do.
pub fn sniff(sample: &[u8], dialect: &Dialect, columns: Option<usize>, limits: &Limits, last: bool) -> Result<Sniffed, Error> {
    let last = last && sample.len() <= DELIMITER_BYTES_MAX;
    let sample = &sample[..sample.len().min(DELIMITER_BYTES_MAX)];
    // Whether a line feed follows a carriage return at the end cannot be told.
    let sample = if last { sample } else { sample.strip_suffix(b"\r").unwrap_or(sample) };
    let taken = [dialect.quote, dialect.escape, dialect.comment];
    let candidates = CANDIDATES.into_iter().filter(|&candidate| !taken.contains(&Some(candidate)));
    let mut fits: Vec<Fit> = candidates.map(|candidate| fit(sample, dialect, candidate, columns, limits, last)).collect();
    fits.sort_by(|one, other| other.share().total_cmp(&one.share()));
    let (best, next) = (fits[0], fits[1]);
    let seen = f64::from(best.records) / f64::from(best.records + 1);
    let confidence_percent = ((best.share() - next.share()) * seen * 100.0) as u32;
    if confidence_percent >= CONFIDENCE_PERCENT_MIN {
        return Ok(Sniffed { delimiter: best.delimiter, confidence_percent });
    }
    let told: Vec<String> = fits.iter().filter(|fit| fit.share() > 0.0).map(told).collect();
    let why = if told.is_empty() { "records have one field whatever it is".to_owned() } else { told.join(", ") };
    Err(Error::new("input/delimiter", format!("The delimiter cannot be told from the first records: {why}. Name it (delimiter).")))
}

fn told(fit: &Fit) -> String {
    let name = match fit.delimiter {
        b'\t' => "a tab".to_owned(),
        other => format!("'{}'", char::from(other)),
    };
    format!("{name} gives {} of {} records {} fields", fit.regular, fit.records, fit.columns)
}

fn fit(sample: &[u8], dialect: &Dialect, delimiter: u8, columns: Option<usize>, limits: &Limits, last: bool) -> Fit {
    let dialect = Dialect { delimiter, ..dialect.clone() };
    let mut framer: Framer<'_, 5> = Framer::new(sample, 0, &dialect, limits.record_bytes_max, limits.record_lines_max, last);
    let mut fit = Fit { delimiter, columns: columns.unwrap_or(0), regular: 0, records: 0 };
    let mut at = 0;
    while at < sample.len() {
        let (end, count) = match framer.record(at) {
            Framed::Record { end, .. } if framer.count() == 1 && matches!(sample[at], b'\r' | b'\n') => (Some(end), None),
            Framed::Record { end, .. } => (Some(end), Some(framer.count())),
            // A record that breaks quoting has no number of fields, not even in the header.
            Framed::Refused { end, .. } => (end, Some(usize::MAX)),
            Framed::Skipped { end } => (end, None),
            Framed::Incomplete => break,
        };
        if let Some(count) = count {
            if fit.columns == 0 {
                fit.columns = if count == usize::MAX { 1 } else { count };
            }
            fit.records += 1;
            fit.regular += u32::from(count == fit.columns);
        }
        let Some(end) = end else { break };
        at = end;
    }
    fit
}
