//! What a stream has come to between two batches, in a form that can be kept, so that another stream goes on from there.

use crate::batch::{Batch, SpanKind, Start, Trail};
use crate::encoding::Encoding;
use crate::error::Error;
use crate::render::Base;
use crate::report::Report;
use serde::{Deserialize, Serialize};

/// What a stream has come to: with it and the bytes from [`Snapshot::seek`] on, another one gives what the first would have given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// Where the next batch begins.
    pub base: Base,
    /// What its first byte belongs to.
    pub start: Start,
    /// The header row, as UTF-8 but for comments before it.
    pub header: Vec<u8>,
    /// All that was counted until now.
    pub report: Report,
}

impl Snapshot {
    /// Reads what [`Snapshot::to_text`] wrote.
    ///
    /// # Errors
    /// `checkpoint/torn`.
    pub fn from_text(text: &str) -> Result<Snapshot, Error> {
        serde_json::from_str(text).map_err(|fault| torn(&fault.to_string()))
    }

    /// JSON, in which numbers keep their text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a snapshot has nothing that JSON has no word for")
    }

    /// The byte of the source to go on from. A JSON document is read from its beginning, since what stands around a record says what it is.
    pub fn seek(&self) -> u64 {
        if self.is_document() { 0 } else { self.base.bytes }
    }

    pub(crate) fn is_document(&self) -> bool {
        self.report.format == "json"
    }

    /// How the source is written.
    pub(crate) fn encoding(&self) -> Result<Encoding, Error> {
        self.report.encoding.as_deref().and_then(Encoding::of_name).ok_or_else(|| torn("no encoding"))
    }

    /// What stands between CSV fields.
    pub(crate) fn delimiter(&self) -> Result<u8, Error> {
        match self.report.delimiter.as_deref().map(str::as_bytes) {
            Some(&[delimiter]) => Ok(delimiter),
            _ => Err(torn("no delimiter")),
        }
    }
}

fn torn(what: &str) -> Error {
    Error::new("checkpoint/torn", format!("The checkpoint is damaged ({what}); remove it to begin anew."))
}

pub(crate) fn foreign_schema() -> Error {
    Error::new("checkpoint/foreign", "The checkpoint is of another schema; remove it to begin anew.")
}

/// Takes the records of a document that end before the byte `seen` of it out of `batch`.
pub(crate) fn drop_seen(batch: &mut Batch, seen: u64) {
    let Some(document) = &mut batch.document else { return };
    let before = document.spans.partition_point(|span| document.base.bytes + u64::from(span.end) <= seen);
    let dropped = document.spans.drain(..before).filter(|span| span.kind != SpanKind::Rest).count() as u32;
    // The last trail that speaks of a dropped record may go on to speak of those that are left.
    let first = document.trails.partition_point(|trail| trail.record <= dropped).saturating_sub(1);
    document.trails.drain(..first);
    for trail in &mut document.trails {
        let Trail { record, index, .. } = trail;
        *index = index.map(|index| index + u64::from(dropped.saturating_sub(*record)));
        *record = record.saturating_sub(dropped);
    }
}
