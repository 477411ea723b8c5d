//! What became of a batch.

use crate::batch::{Document, Span, Start};
use crate::check::Checked;
use crate::error::Error;
use crate::render::{Base, Lines};
use crate::report::Counts;
use crate::setup::Setup;
use crate::stream_rules::state::Breach;
use crate::transform::Extent;

/// A batch in its place in the source, not rendered yet: that can be done by any thread, for each batch alone.
#[derive(Debug)]
pub struct Stitched {
    pub(crate) bytes: Vec<u8>,
    pub(crate) checked: Checked,
    /// What the first byte belongs to.
    pub(crate) start: Start,
    pub(crate) base: Base,
    pub(crate) counts: Counts,
    pub(crate) is_stopped: bool,
    pub(crate) document: Option<Document>,
    /// What breaks rules over the whole stream.
    pub(crate) breaches: Vec<Breach>,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Valid records, and what is no record (comments), byte for byte unless they are transformed.
    pub valid: Vec<u8>,
    /// The valid records as they came, where they are transformed.
    pub originals: Option<Vec<u8>>,
    /// Refused records, byte for byte.
    pub invalid: Vec<u8>,
    /// Violations as NDJSON.
    pub violations: Vec<u8>,
    /// Refused records of an object stream: 0-based, within the stream.
    pub refused: Vec<u64>,
    /// Counts of this batch.
    pub counts: Counts,
    /// The stream was stopped at the end of this batch.
    pub is_stopped: bool,
    /// The violation that it was stopped at, as a line of NDJSON, where one such was.
    pub abort: Option<Vec<u8>>,
    /// Its last record goes on in the next batch.
    pub goes_on: bool,
}

impl Stitched {
    pub(crate) fn nothing(base: Base) -> Stitched {
        Stitched {
            bytes: Vec::new(),
            checked: Checked::nothing(Start::Record),
            start: Start::Record,
            base,
            counts: Counts::default(),
            is_stopped: true,
            document: None,
            breaches: Vec::new(),
        }
    }

    fn goes_on(&self) -> bool {
        match &self.document {
            Some(document) => document.spans.last().is_some_and(|span| !span.ends),
            None => self.checked.next == Start::RefusedLine,
        }
    }

    /// Itself, where it could be decided of each record whether it is valid.
    pub(crate) fn decided(mut self) -> Result<Stitched, Error> {
        self.checked.fault.take().map_or(Ok(self), Err)
    }

    /// Sorts the bytes into valid and invalid, and tells the violations.
    pub fn verdict(self, setup: &Setup) -> Verdict {
        let goes_on = self.goes_on();
        let Stitched { mut bytes, mut checked, start, base, counts, is_stopped, document, .. } = self;
        let mut renderer = setup.renderer();
        renderer.document = document.as_ref();
        let mut violations = Vec::with_capacity(checked.violations.len() * 200);
        let mut lines = Lines::new(renderer);
        for violation in &checked.violations {
            lines.line(violation, &bytes, base, &mut violations);
        }
        let abort = checked.abort.as_ref().map(|violation| {
            let mut line = Vec::new();
            renderer.line(violation, &bytes, base, &mut line);
            line
        });
        let refused = if renderer.is_records {
            checked.refused.iter().filter_map(|refused| refused.record).map(|record| base.records + u64::from(record)).collect()
        } else {
            Vec::new()
        };
        if let Some(program) = setup.program.as_ref().filter(|_| checked.is_output_stale) {
            let spans = document.as_ref().map(|document| document.spans.as_slice());
            checked.output = program.again(setup, Extent { bytes: &bytes, start, spans }, &checked, false).bytes;
        }
        let invalid = match &document {
            Some(document) => take_refused_spans(&mut bytes, &document.spans, &checked),
            None => take_refused(&mut bytes, &checked),
        };
        let originals = setup.program.is_some().then(|| std::mem::take(&mut bytes));
        let valid = if originals.is_some() { std::mem::take(&mut checked.output) } else { bytes };
        Verdict { valid, originals, invalid, violations, refused, counts, is_stopped, abort, goes_on }
    }
}

/// Takes the refused bytes out of `bytes`, which keeps the rest in order.
fn take_refused(bytes: &mut Vec<u8>, checked: &Checked) -> Vec<u8> {
    bytes.truncate(checked.consumed);
    let size = checked.refused.iter().map(|refused| (refused.end - refused.start) as usize).sum();
    if size == bytes.len() {
        return std::mem::take(bytes);
    }
    let mut invalid = Vec::with_capacity(size);
    let (mut kept, mut from) = (0, 0);
    for refused in &checked.refused {
        let (start, end) = (refused.start as usize, refused.end as usize);
        invalid.extend_from_slice(&bytes[start..end]);
        bytes.copy_within(from..start, kept);
        kept += start - from;
        from = end;
    }
    if from > 0 {
        let rest = from..bytes.len();
        let length = rest.len();
        bytes.copy_within(rest, kept);
        bytes.truncate(kept + length);
    }
    invalid
}

/// The same for the records of a document: each becomes a line of its own, and what is between them is left out.
fn take_refused_spans(bytes: &mut Vec<u8>, spans: &[Span], checked: &Checked) -> Vec<u8> {
    let size = checked.refused.iter().map(|refused| (refused.end - refused.start) as usize + 1).sum();
    let mut invalid = Vec::with_capacity(size);
    let mut refused = checked.refused.iter().peekable();
    let mut kept = 0;
    for span in spans {
        let (start, end) = (span.start as usize, span.end as usize);
        if refused.next_if(|refused| (refused.start, refused.end) == (span.start, span.end)).is_some() {
            invalid.extend_from_slice(&bytes[start..end]);
            if span.ends {
                invalid.push(b'\n');
            }
            continue;
        }
        bytes.copy_within(start..end, kept);
        kept += end - start;
        // A comma or white space stands between two records, so there is room before the next one; not after the last.
        match bytes.get_mut(kept) {
            Some(place) => *place = b'\n',
            None => bytes.push(b'\n'),
        }
        kept += 1;
    }
    bytes.truncate(kept);
    invalid
}
