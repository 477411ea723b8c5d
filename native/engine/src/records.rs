//! The valid records of a batch one by one: where each went, and its values. Made only for callers that look at records.

use crate::batch::{Document, Start, Trail};
use crate::check::Refused;
use crate::check::header::Column;
use crate::columns::{Columns, Handed, NotFlat};
use crate::decode::cell;
use crate::frame::csv::{Dialect, Field, Framed, Framer, line_end};
use crate::schema::plan::{CellRules, Plan};
use crate::setup::{Form, Setup};
use crate::transform;
use crate::values::Values;
use crate::verdict::Stitched;
use memchr::memchr;
use std::borrow::Cow;
use std::ops::Range;

/// Which of it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Where each record went.
    pub places: bool,
    /// The values, as they came.
    pub values: bool,
    /// The values as JSON, even where they could go by columns.
    pub json: bool,
    /// The values as they go out.
    pub results: bool,
}

/// What became of one record, or of a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// It was refused.
    pub is_refused: bool,
    /// First byte among the valid bytes of the batch, or among the refused ones.
    pub start: u64,
    /// Past its last byte there.
    pub end: u64,
    /// Bytes of the other kind that come before it.
    pub other: u64,
    /// Its number in the source, from 1; 0 for what is left of a record that an earlier batch refused.
    pub record: u64,
    /// Its line in the source, from 1.
    pub line: u64,
    /// Its offset in the source.
    pub byte: u64,
}

/// The values of valid records.
#[derive(Debug)]
pub enum RecordValues {
    /// Those of flat records, by columns.
    Columns(Box<Handed>),
    /// Those of any records, as JSON.
    Json(Values),
}

/// The records of a batch.
#[derive(Debug)]
pub struct Records {
    /// Where each went, in the order of the source.
    pub places: Vec<Place>,
    /// The values of the valid ones.
    pub values: RecordValues,
    /// The values of the valid ones as they go out, where they are transformed.
    pub results: Option<Values>,
    /// Where the valid ones stand among the bytes that go out, where they are transformed.
    pub spans: Vec<Range<usize>>,
    /// What the records of a document are called in it; numbers are those of the source, from 1.
    pub trails: Vec<(u64, Trail)>,
}

impl Stitched {
    /// The records one by one.
    pub fn records(&self, setup: &Setup, wanted: Wanted) -> Records {
        // Where nothing is transformed, what goes out is what came.
        let values = wanted.values || (wanted.results && setup.program.is_none());
        let mut records = self.as_they_came(setup, Wanted { values, ..wanted });
        let Some(program) = &setup.program else { return records };
        let spans = self.document.as_ref().map(|document| document.spans.as_slice());
        let extent = transform::Extent { bytes: &self.bytes, start: self.start, spans };
        let again = |as_values| program.again(setup, extent, &self.checked, as_values);
        if wanted.places {
            records.spans = again(false).spans;
        }
        if wanted.results {
            let output = again(true);
            let mut values = Values::default();
            output.spans.into_iter().for_each(|span| values.push_json(output.bytes[span].trim_ascii()));
            records.results = Some(values);
        }
        records
    }

    fn as_they_came(&self, setup: &Setup, wanted: Wanted) -> Records {
        let by_columns = match &setup.form {
            _ if wanted.json || !wanted.values => None,
            Form::Csv { columns, .. } => Columns::new(columns.iter().map(|column| &*column.name)).ok(),
            Form::Ndjson | Form::Document => Some(Columns::default()),
            Form::Records { .. } => None,
        };
        by_columns.and_then(|columns| self.flat_records(setup, wanted, columns).ok()).unwrap_or_else(|| {
            let taking = if wanted.values { Taking::Json(Values::default()) } else { Taking::Nothing };
            let walk = self.walk(setup, wanted, taking);
            let values = if let Taking::Json(values) = walk.taking { values } else { Values::default() };
            Records { places: walk.places, values: RecordValues::Json(values), results: None, spans: Vec::new(), trails: walk.trails }
        })
    }

    fn flat_records(&self, setup: &Setup, wanted: Wanted, columns: Columns) -> Result<Records, NotFlat> {
        let walk = self.walk(setup, wanted, Taking::Columns(columns));
        let Taking::Columns(columns) = walk.taking else { return Err(NotFlat) };
        let values = RecordValues::Columns(Box::new(columns.hand_over()?));
        Ok(Records { places: walk.places, values, results: None, spans: Vec::new(), trails: walk.trails })
    }

    fn walk<'s>(&'s self, setup: &'s Setup, wanted: Wanted, taking: Taking) -> Walk<'s> {
        let located = Located { setup, bytes: &self.bytes, at: 0, source: self.base.bytes, lines: 0, is_csv: false };
        let (places, trails) = (Vec::new(), Vec::new());
        let walk = Walk { stitched: self, wanted, located, taking, places, trails, number: 0, valid: 0, refused: 0 };
        match (&setup.form, &self.document) {
            (_, Some(document)) => walk.document(document),
            (Form::Csv { dialect, columns }, None) => walk.csv(setup, dialect, columns),
            (Form::Records { cells: true, .. }, None) => walk.lines(|taking, plan, line| taking.cells(plan, &setup.missing, line)),
            _ => walk.lines(|taking, _, line| taking.json(line)),
        }
    }
}

/// What becomes of values.
enum Taking {
    Nothing,
    Json(Values),
    Columns(Columns),
    /// A record came that has no columns, and all of the batch must go as JSON.
    NotFlat,
}

impl Taking {
    fn csv_record(&mut self, columns: &[CellColumn<'_>], fields: &[Field], bytes: &[u8], dialect: &Dialect, scratch: &mut Vec<u8>) {
        let texts = fields.iter().zip(columns);
        match self {
            Taking::Json(values) => {
                values.begin();
                for (field, column) in texts {
                    column.push(cell::text(bytes, field, dialect, scratch), values);
                }
                values.end();
            }
            Taking::Columns(flat) => {
                let push = || {
                    for ((field, column), at) in texts.zip(0..) {
                        column.push_flat(at, cell::text(bytes, field, dialect, scratch), flat)?;
                    }
                    flat.end()
                };
                if push().is_err() {
                    *self = Taking::NotFlat;
                }
            }
            Taking::Nothing | Taking::NotFlat => {}
        }
    }

    fn json(&mut self, text: &[u8]) {
        match self {
            Taking::Json(values) => values.push_json(text),
            Taking::Columns(flat) => {
                if flat.json(text).is_err() {
                    *self = Taking::NotFlat;
                }
            }
            Taking::Nothing | Taking::NotFlat => {}
        }
    }

    fn cells(&mut self, plan: &Plan, missing: &[Vec<u8>], text: &[u8]) {
        if let Taking::Json(values) = self {
            values.push_cells(plan, missing, text);
        }
    }

    fn is_lost(&self) -> bool {
        matches!(self, Taking::NotFlat)
    }
}

/// One way through the bytes of a batch.
struct Walk<'s> {
    stitched: &'s Stitched,
    wanted: Wanted,
    located: Located<'s>,
    taking: Taking,
    places: Vec<Place>,
    trails: Vec<(u64, Trail)>,
    /// Records of the batch so far.
    number: u64,
    /// Valid bytes so far.
    valid: u64,
    /// Refused bytes so far.
    refused: u64,
}

impl<'s> Walk<'s> {
    fn csv(mut self, setup: &Setup, dialect: &Dialect, columns: &[Column]) -> Walk<'s> {
        self.located.is_csv = true;
        let cells: Vec<CellColumn<'_>> = columns.iter().map(|column| CellColumn::new(&setup.plan, column)).collect();
        let first = match self.stitched.start {
            Start::SkippedLine => line_end(&self.stitched.bytes, 0).unwrap_or(self.stitched.checked.consumed),
            _ => 0,
        };
        let mut scratch = Vec::new();
        self.gaps(first, |walk, from, to| {
            let bytes = &walk.stitched.bytes[..to];
            // Fields of CSV that is known to be well-formed are found without a look at limits.
            let mut framer: Framer<'_, 5> = Framer::new(bytes, from, dialect, usize::MAX >> 1, usize::MAX, true);
            let mut at = from;
            while at < to && !walk.taking.is_lost() {
                match framer.record(at) {
                    Framed::Record { end, .. } => {
                        walk.taking.csv_record(&cells, &framer.fields, bytes, dialect, &mut scratch);
                        walk.kept(at, end, 0);
                        at = end;
                    }
                    Framed::Skipped { end } => {
                        let end = end.unwrap_or(to);
                        walk.valid += (end - at) as u64;
                        at = end;
                    }
                    // What is well-formed is neither.
                    Framed::Refused { .. } | Framed::Incomplete => break,
                }
            }
        })
    }

    fn lines(self, push: impl Fn(&mut Taking, &Plan, &[u8])) -> Walk<'s> {
        let plan = self.located.setup.plan.clone();
        self.gaps(0, |walk, from, to| {
            let mut at = from;
            while at < to && !walk.taking.is_lost() {
                let bytes = &walk.stitched.bytes;
                let end = memchr(b'\n', &bytes[at..to]).map_or(to, |found| at + found + 1);
                let line = bytes[at..end].trim_ascii();
                if line.is_empty() {
                    walk.valid += (end - at) as u64;
                } else {
                    push(&mut walk.taking, &plan, line);
                    walk.kept(at, end, 0);
                }
                at = end;
            }
        })
    }

    /// The parts between those that were refused, each of which begins at a record.
    fn gaps(mut self, first: usize, mut read: impl FnMut(&mut Self, usize, usize)) -> Walk<'s> {
        let mut from = first;
        self.valid = first as u64;
        for part in &self.stitched.checked.refused {
            read(&mut self, from, part.start as usize);
            self.part(part, 0);
            from = part.end as usize;
        }
        let end = self.stitched.checked.consumed;
        read(&mut self, from, end);
        self
    }

    /// The records of a document; each becomes a line of its own.
    fn document(mut self, document: &Document) -> Walk<'s> {
        let base = self.stitched.base.records;
        self.trails = document.trails.iter().map(|trail| (base + u64::from(trail.record) + 1, trail.clone())).collect();
        let mut refused = self.stitched.checked.refused.iter().peekable();
        for span in &document.spans {
            self.located.lines = u64::from(span.line);
            if let Some(part) = refused.next_if(|part| (part.start, part.end) == (span.start, span.end)) {
                self.part(part, u64::from(span.ends));
                continue;
            }
            self.taking.json(&self.stitched.bytes[span.start as usize..span.end as usize]);
            if self.taking.is_lost() {
                break;
            }
            self.kept(span.start as usize, span.end as usize, 1);
        }
        self
    }

    fn kept(&mut self, start: usize, end: usize, line_end: u64) {
        let length = (end - start) as u64 + line_end;
        self.place(false, start, self.valid, length, self.refused, Some(self.number));
        self.valid += length;
        self.number += 1;
    }

    fn part(&mut self, part: &Refused, line_end: u64) {
        let length = u64::from(part.end - part.start) + line_end;
        self.place(true, part.start as usize, self.refused, length, self.valid, part.record.map(u64::from));
        self.refused += length;
        self.number = part.record.map_or(self.number, |record| u64::from(record) + 1);
    }

    fn place(&mut self, is_refused: bool, at: usize, start: u64, length: u64, other: u64, number: Option<u64>) {
        if !self.wanted.places {
            return;
        }
        let base = self.stitched.base;
        let (line, byte) = self.located.of(at);
        let record = number.map_or(0, |number| base.records + number + 1);
        self.places.push(Place { is_refused, start, end: start + length, other, record, line: base.lines + line + 1, byte });
    }
}

/// Places in the source, each counted from the one before.
struct Located<'s> {
    setup: &'s Setup,
    bytes: &'s [u8],
    at: usize,
    source: u64,
    lines: u64,
    /// Carriage returns end lines as well.
    is_csv: bool,
}

impl Located<'_> {
    /// Line ends before `at`, and the offset in the source.
    fn of(&mut self, at: usize) -> (u64, u64) {
        let passed = &self.bytes[self.at..at];
        self.source += self.setup.encoding.source_bytes(passed);
        self.lines += match &self.setup.form {
            // Its lines come with its records.
            Form::Document => 0,
            _ => line_ends(passed, self.is_csv),
        };
        self.at = at;
        (self.lines, self.source)
    }
}

/// Line ends in whole lines.
pub(crate) fn line_ends(bytes: &[u8], is_csv: bool) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let is_lone = |at: &usize| bytes.get(at + 1) != Some(&b'\n');
    let returns = if is_csv { memchr::memchr_iter(b'\r', bytes).filter(is_lone).count() } else { 0 };
    (feeds + returns) as u64
}

/// How the cells of a column become values.
struct CellColumn<'p> {
    name: &'p str,
    rules: Cow<'p, CellRules>,
    missing: &'p [Box<[u8]>],
}

impl<'p> CellColumn<'p> {
    fn new(plan: &'p Plan, column: &'p Column) -> CellColumn<'p> {
        let rules = crate::values::cell_rules(plan, &column.name, column.node);
        CellColumn { name: &column.name, rules, missing: &column.missing }
    }

    fn push(&self, text: &[u8], values: &mut Values) {
        if !self.is_missing(text) {
            values.push_cell(self.name, &self.rules, text);
        } else if self.rules.nullable {
            values.push_null(self.name);
        }
    }

    #[inline]
    fn push_flat(&self, at: u16, text: &[u8], columns: &mut Columns) -> Result<(), NotFlat> {
        if !self.is_missing(text) {
            return columns.cell(at, &self.rules, text);
        }
        if self.rules.nullable {
            columns.null(at);
        }
        Ok(())
    }

    #[inline]
    fn is_missing(&self, text: &[u8]) -> bool {
        self.rules.is_missing(text, self.missing)
    }
}
