//! Violations as data: compact while they are counted, rendered late and only when somebody reads them.

use crate::schema::plan::RuleId;
use std::ops::Range;

/// Stands for "no column".
pub const NO_COLUMN: u32 = u32::MAX;

/// What is wrong with one record, in terms of its batch; [`crate::stitch`] makes the positions global.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule that the record does not meet.
    pub rule: RuleId,
    /// Record of the batch, 0-based.
    pub record: u32,
    /// Line of the batch, 0-based.
    pub line: u32,
    /// Offset in the batch that is reported: the record's first byte, or the quote that never closed.
    pub byte: u32,
    /// CSV column, 0-based, or [`NO_COLUMN`].
    pub column: u32,
    /// Where the value stands in the batch.
    pub value: Value,
    /// What the rule alone cannot say.
    pub detail: Detail,
}

/// Where the value of a violation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// The violation is of the whole record, or of a value that is not there.
    None,
    /// A CSV cell as it stands in the batch, quotes and all.
    Cell(Range<u32>),
    /// A JSON value as it stands in the batch.
    Json(Range<u32>),
}

/// What the rule alone cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Nothing more.
    None,
    /// A count that was found (fields of a ragged record).
    Found(u32),
    /// The offset, from the record's first byte, of what is wrong in it.
    Offset(u32),
    /// An offset from the record's first byte, and what was expected there.
    Syntax(u32, &'static str),
    /// The JSON pointer of the value, where it depends on the record (array items, names not in the schema).
    Pointer(Box<str>),
    /// The JSON object text of what the rule asked for, where it depends on the record.
    Params(Box<str>),
    /// What a transformation cannot write.
    NotWritten(Box<NotWritten>),
}

/// A value that a transformation cannot write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotWritten {
    /// Its JSON pointer; `None` in CSV.
    pub pointer: Option<Box<str>>,
    /// JSON object text: the field that it was to be, and why it cannot.
    pub params: Box<str>,
}
