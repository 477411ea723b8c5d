//! What stays the same over all batches of a stream.

use crate::batch::{Batch, Span, Start};
use crate::check::Checked;
use crate::check::csv::CsvChecker;
use crate::check::header::{Column, bind};
use crate::check::json::JsonChecker;
use crate::encoding::Encoding;
use crate::error::Error;
use crate::frame::csv::{Dialect, Framed, Framer};
use crate::frame::cut::{cut_csv, cut_ndjson, last_line_end};
use crate::limits::Limits;
use crate::policy::{DuplicateKeys, Policy};
use crate::render::Renderer;
use crate::report::Report;
use crate::schema::plan::Plan;
use crate::stitch::Stitcher;
use crate::stream_rules::bounds::{Part, Whole};
use crate::stream_rules::foreign::References;
use crate::transform::{Extent, Program};
use std::sync::{Arc, Weak};

/// How the records are written.
#[derive(Debug)]
pub enum Form {
    /// CSV.
    Csv {
        /// How it is written.
        dialect: Dialect,
        /// Its columns.
        columns: Vec<Column>,
    },
    /// One JSON text a line.
    Ndjson,
    /// One JSON document with records in it.
    Document,
    /// Objects of a program, handed over as NDJSON.
    Records {
        /// Their strings are CSV cells.
        cells: bool,
        /// An empty line stands for a record that was found valid before it came here.
        glanced: bool,
    },
}

/// When a stream is stopped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxErrors {
    /// Beyond so many invalid records.
    Count(u64),
    /// Beyond so many in a hundred, asked from [`Limits::max_errors_warm_up`] records on, and at the end.
    Percent(f64),
}

/// What stays the same over all batches of a stream.
#[derive(Debug)]
pub struct Setup {
    /// The schema.
    pub plan: Arc<Plan>,
    /// The limits.
    pub limits: Limits,
    /// How the records are written.
    pub form: Form,
    /// How the source was written, before it was decoded.
    pub encoding: Encoding,
    /// How sure the delimiter is, where it was told from the records.
    pub delimiter_confidence_percent: Option<u32>,
    /// Tokens that stand for a missing value in CSV cells.
    pub missing: Vec<Vec<u8>>,
    /// Name of the source.
    pub source: Option<String>,
    /// When the stream is stopped.
    pub max_errors: Option<MaxErrors>,
    /// What becomes of names that stand twice, and of records that could not be decided.
    pub policy: Policy,
    /// What becomes of the valid records; `None` where they go out as they came.
    pub program: Option<Program>,
    /// What foreign keys are looked up in; whoever has read it lets go of it.
    pub references: Weak<References>,
}

/// What is known of a record by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    /// Nothing is wrong with it, nor is there anything to tell of it.
    Clean,
    /// It is refused, and stops nothing.
    Refused,
    /// Its batch decides, or has more to tell: a warning, a stop.
    Open,
}

impl Setup {
    /// Checks every record that ends within `batch`, on the guess that it begins at a record.
    pub fn check_batch(&self, batch: &Batch) -> Checked {
        match &batch.document {
            Some(document) => self.check_spans(&batch.bytes, &document.spans),
            None => self.check(&batch.bytes, Start::Record, batch.last),
        }
    }

    /// Checks the records of a JSON document.
    pub(crate) fn check_spans(&self, bytes: &[u8], spans: &[Span]) -> Checked {
        let references = self.references.upgrade();
        let mut checked = self.json(None, references.as_deref(), false).check_spans(bytes, spans);
        if let Some(program) = &self.program {
            program.transform(self, Extent { bytes, start: Start::Record, spans: Some(spans) }, &mut checked);
        }
        checked
    }

    /// Checks every record that ends within `bytes`.
    pub fn check(&self, bytes: &[u8], start: Start, last: bool) -> Checked {
        let mut checked = self.check_only(bytes, start, last);
        if let Some(program) = &self.program {
            program.transform(self, Extent { bytes, start, spans: None }, &mut checked);
        }
        checked
    }

    /// Checks one record by itself, ahead of its batch: `record` is its text without a line feed.
    pub fn check_alone(&self, record: &[u8]) -> Alone {
        // What is asked of a record among others is left to its place among them, and so is what it is turned into.
        if !self.plan.stream.keywords.is_empty() || self.program.is_some() {
            return Alone::Open;
        }
        let checked = self.check(record, Start::Record, true);
        let is_open = checked.undecided > 0 || checked.abort.is_some() || checked.fault.is_some();
        match (checked.records, checked.invalid) {
            (1, 0) if !is_open && checked.counts.is_empty() => Alone::Clean,
            (1, 1) if !is_open => Alone::Refused,
            _ => Alone::Open,
        }
    }

    fn check_only(&self, bytes: &[u8], start: Start, last: bool) -> Checked {
        let references = self.references.upgrade();
        let references = references.as_deref();
        match &self.form {
            Form::Csv { dialect, columns } => {
                let (limits, policy) = (&self.limits, self.policy);
                CsvChecker { plan: &self.plan, dialect, columns, limits, policy, references }.check(bytes, start, last)
            }
            Form::Ndjson => self.json(None, references, false).check(bytes, start, last),
            Form::Document => unreachable!("the records of a document are checked by their spans"),
            Form::Records { cells, glanced } => self.json(cells.then_some(&self.missing), references, *glanced).check(bytes, start, last),
        }
    }

    fn json<'s>(&'s self, cells: Option<&'s Vec<Vec<u8>>>, references: Option<&'s References>, glanced: bool) -> JsonChecker<'s> {
        // What the last of two cells of one name means is not asked of records that are cells.
        let duplicate_keys = if cells.is_some() { DuplicateKeys::Violation } else { self.policy.duplicate_keys };
        let policy = Policy { duplicate_keys, ..self.policy };
        JsonChecker { plan: &self.plan, limits: &self.limits, policy, cells: cells.map(Vec::as_slice), references, glanced }
    }

    /// Guesses where `bytes`, which begin at a record, may be cut: past the end of a record.
    pub fn cut(&self, bytes: &[u8]) -> Option<usize> {
        match &self.form {
            Form::Csv { dialect, .. } => cut_csv(bytes, dialect),
            Form::Ndjson | Form::Records { .. } => cut_ndjson(bytes),
            // Its reader knows where it may be cut.
            Form::Document => None,
        }
    }

    /// As `cut`, for what is not to wait any longer: past the last line end, since after a stray quote none seems to be outside of quotes. Where the line end is within
    /// a record after all, the rest is read again with what follows.
    pub fn cut_at_line(&self, bytes: &[u8]) -> Option<usize> {
        match &self.form {
            Form::Csv { .. } => last_line_end(bytes, bytes.len()),
            Form::Ndjson | Form::Records { .. } | Form::Document => self.cut(bytes),
        }
    }

    /// Tells violations of this stream.
    pub fn renderer(&self) -> Renderer<'_> {
        let (dialect, columns) = match &self.form {
            Form::Csv { dialect, columns } => (Some(dialect), columns.as_slice()),
            _ => (None, [].as_slice()),
        };
        let is_records = matches!(self.form, Form::Records { .. });
        Renderer { plan: &self.plan, limits: &self.limits, columns, dialect, source: self.source.as_deref(), is_records, document: None }
    }

    fn delimiter(&self) -> Option<String> {
        match &self.form {
            Form::Csv { dialect, .. } => Some(char::from(dialect.delimiter).to_string()),
            _ => None,
        }
    }

    /// The report of what `stitcher` has taken.
    pub fn report(&self, stitcher: &Stitcher, started_at: &str, ended_at: &str, complete: bool) -> Report {
        let mut report = self.part_report(stitcher, Part::Whole, (started_at, ended_at), complete);
        report.decide();
        report
    }

    /// The same of an input that is part of a whole, which is not at its end yet.
    pub fn part_report(&self, stitcher: &Stitcher, part: Part, (started_at, ended_at): (&str, &str), complete: bool) -> Report {
        let format = match self.form {
            Form::Csv { .. } => "csv",
            Form::Ndjson => "ndjson",
            Form::Document => "json",
            Form::Records { .. } => "records",
        };
        let mut report = Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema_digest: self.plan.digest.clone(),
            format: format.to_owned(),
            encoding: (format != "records").then(|| self.encoding.name().to_owned()),
            delimiter: self.delimiter(),
            delimiter_confidence_percent: self.delimiter_confidence_percent,
            source: self.source.clone(),
            sources: self.source.iter().cloned().collect(),
            bytes: if format == "records" { 0 } else { stitcher.bytes() },
            counts: stitcher.totals(),
            undecided: stitcher.totals().undecided,
            violations_unwritten: stitcher.unwritten(),
            samples_per_rule: self.limits.samples_per_rule,
            rules: stitcher.rules(self),
            stream_rules: Whole::of(&self.plan.stream, stitcher.tally(), stitcher.totals().read, part),
            started_at: started_at.to_owned(),
            ended_at: ended_at.to_owned(),
            complete: complete && !stitcher.is_stopped(),
        };
        report.settle();
        report
    }
}

/// The header row of a CSV source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderRow {
    /// The names.
    pub names: Vec<String>,
    /// Past its line end; a byte order mark and comments before it are included.
    pub end: usize,
    /// Line ends before `end`.
    pub lines: u64,
}

/// Reads the header row of a CSV source, which begins at `start`. `None` when more bytes are needed.
///
/// # Errors
/// `header/malformed`.
pub fn read_header(
    bytes: &[u8],
    start: usize,
    dialect: &Dialect,
    limits: &Limits,
    encoding: Encoding,
    last: bool,
) -> Result<Option<HeaderRow>, Error> {
    let malformed = |text: &str| Error::new("header/malformed", text);
    // Whether a line feed follows a carriage return at the end cannot be told yet.
    let bytes = if last { bytes } else { bytes.strip_suffix(b"\r").unwrap_or(bytes) };
    let mut framer: Framer<'_, 5> = Framer::new(bytes, start, dialect, limits.record_bytes_max, limits.record_lines_max, last);
    let (mut at, mut lines) = (start, 0);
    while at < bytes.len() {
        match framer.record(at) {
            Framed::Incomplete => return Ok(None),
            // All of it is held in memory for both outputs, so it has a bound, wherever the chunks end.
            Framed::Skipped { end } if end.is_none_or(|end| end - start > limits.record_bytes_max) => {
                return Err(malformed("What comes before the header row (comments, blank lines) is over recordBytesMax."));
            }
            Framed::Skipped { end } => {
                lines += 1;
                at = end.unwrap_or(bytes.len());
            }
            Framed::Record { end, lines: own } => {
                let mut scratch = Vec::new();
                let mut names = Vec::with_capacity(framer.fields.len());
                for field in &framer.fields {
                    let name = crate::decode::cell::text(bytes, field, dialect, &mut scratch).to_vec();
                    names.push(String::from_utf8(name).map_err(|_| {
                        malformed(
                            "The header row is not valid text in its encoding; convert the input, or give the names yourself (header).",
                        )
                    })?);
                }
                if names.iter().all(String::is_empty) {
                    return Err(malformed("The header row is empty; remove blank lines before it, or give the names yourself (header)."));
                }
                return Ok(Some(HeaderRow { names, end, lines: lines + u64::from(own) }));
            }
            Framed::Refused { at, .. } => {
                let at = encoding.source_bytes(&bytes[..at]);
                return Err(malformed(&format!(
                    "The header row is not well-formed CSV: a quote at byte {at} breaks it, or the row is over recordBytesMax."
                )));
            }
        }
    }
    if last { Err(malformed("The input has no header row; give the names yourself (header) if it has none.")) } else { Ok(None) }
}

/// The columns of a CSV source; see [`bind`].
///
/// # Errors
/// Those of [`bind`].
pub fn columns(plan: &Plan, names: &[String], missing: &[Vec<u8>]) -> Result<Vec<Column>, Error> {
    bind(plan, names, missing)
}

/// Bytes of a byte order mark at the front of a source that was decoded. `None` when more bytes are needed.
pub fn byte_order_mark(bytes: &[u8], last: bool) -> Option<usize> {
    const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];
    match bytes {
        _ if bytes.starts_with(&MARK) => Some(MARK.len()),
        _ if !last && MARK.starts_with(bytes) => None,
        _ => Some(0),
    }
}
