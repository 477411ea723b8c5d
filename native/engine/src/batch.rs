//! The one unit of work: owned bytes that begin, as far as anyone can tell, at a record.

use crate::render::Base;
use serde::{Deserialize, Serialize};

/// What the first byte of a batch belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Start {
    /// A new record.
    Record,
    /// A record that was refused already; its line goes on.
    RefusedLine,
    /// A line that is no record; it goes on.
    SkippedLine,
}

/// Bytes of a source. It is never cut between a carriage return and a line feed, so a carriage return at its end is a whole line end, and
/// the checker need not wait for what follows.
#[derive(Debug)]
pub struct Batch {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// No bytes follow these.
    pub last: bool,
    /// Where the records are, if the bytes are of a JSON document. That is then no guess.
    pub document: Option<Document>,
}

/// Where the records are in bytes of a JSON document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where the bytes stand in the document.
    pub base: Base,
    /// The records, in order; the last one ends with the bytes.
    pub spans: Vec<Span>,
    /// What the records are called in the document.
    pub trails: Vec<Trail>,
}

/// A record, or a piece of one that is too large to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Past the last byte.
    pub end: u32,
    /// Line feeds from the beginning of the bytes to the record.
    pub line: u32,
    /// What it is.
    pub kind: SpanKind,
    /// The record ends with it.
    pub ends: bool,
}

/// What a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A whole record.
    Record,
    /// A record that is too large, or the first piece of one.
    TooLarge,
    /// A further piece of it.
    Rest,
}

/// The pointers of a record and of those that follow it, up to the next trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The first of these records, 0-based within the batch.
    pub record: u32,
    /// The pointer to the array that they are in; without an index, to the record.
    pub pointer: String,
    /// The index of the first one in the array.
    pub index: Option<u64>,
}

impl Document {
    /// The pointer to a record of the batch.
    pub fn pointer(&self, record: u32) -> String {
        let after = self.trails.partition_point(|trail| trail.record <= record);
        match after.checked_sub(1).map(|at| &self.trails[at]) {
            Some(Trail { record: first, pointer, index: Some(index) }) => format!("{pointer}/{}", index + u64::from(record - first)),
            Some(trail) => trail.pointer.clone(),
            None => String::new(),
        }
    }
}
