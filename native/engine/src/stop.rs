//! Stopping within a batch that was stitched already: who has rules of its own learns only then at which record the stream ends.

use crate::batch::{Document, SpanKind, Start};
use crate::error::Error;
use crate::setup::{Form, Setup};
use crate::stitch::Stitcher;
use crate::stream_rules::apply::apply;
use crate::stream_rules::state::Breach;
use crate::verdict::Stitched;
use memchr::memchr_iter;

/// A batch, and what the stream had come to before it.
#[derive(Debug)]
pub struct Kept {
    before: Stitcher,
    bytes: Vec<u8>,
    document: Option<Document>,
    breaches: Vec<Breach>,
}

/// Where a stream is stopped in a batch.
#[derive(Debug, Clone, Copy)]
pub struct StopAt {
    /// Records of the batch that are kept. Without any, what is kept is the rest of one that an earlier batch refused.
    pub records: usize,
    /// Bytes of the batch up to their end, for lines and CSV.
    pub length: usize,
}

impl Kept {
    /// `stitched`, before which the stream had come to `before`.
    pub fn new(before: Stitcher, stitched: &Stitched) -> Kept {
        Kept { before, bytes: stitched.bytes.clone(), document: stitched.document.clone(), breaches: stitched.breaches.clone() }
    }

    /// The batch up to `at`, and what the stream has come to with it.
    ///
    /// # Errors
    /// What keeps foreign keys from being decided.
    pub fn stop(self, setup: &Setup, at: StopAt) -> Result<(Stitcher, Stitched), Error> {
        let Kept { mut before, mut bytes, document, breaches } = self;
        let stitched = match document {
            Some(mut document) => {
                let end = end_of(&document, at.records);
                bytes.truncate(end);
                document.spans.retain(|span| span.end as usize <= end);
                let mut checked = setup.check_spans(&bytes, &document.spans);
                apply(setup, &mut checked, &breaches);
                before.place_document(setup, bytes, document, checked)
            }
            None => {
                let length = match setup.form {
                    Form::Records { .. } => {
                        // The rest of a record that is too large has a line end, too.
                        let ends = at.records + usize::from(before.start() != Start::Record);
                        memchr_iter(b'\n', &bytes).nth(ends.saturating_sub(1)).map_or(bytes.len(), |end| end + 1)
                    }
                    _ => at.length,
                };
                bytes.truncate(length);
                let mut checked = setup.check(&bytes, before.start(), true);
                apply(setup, &mut checked, &breaches);
                before.place(setup, bytes, checked)
            }
        };
        Ok((before, stitched.decided()?))
    }
}

/// Past the last byte of so many records of a document, or of the rest of an earlier one.
fn end_of(document: &Document, records: usize) -> usize {
    let ends = document.spans.iter().filter(|span| if records == 0 { span.ends } else { span.kind != SpanKind::Rest });
    ends.map(|span| span.end as usize).nth(records.saturating_sub(1)).unwrap_or_default()
}
