//! What rules over the whole stream have to know of the records of a batch.

use std::ops::Range;

/// What was seen in the records of a batch, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The records in which there was anything.
    pub records: Vec<SeenRecord>,
    /// Their keys.
    pub keys: Vec<SeenKey>,
    /// Their values that stand in an order.
    pub values: Vec<SeenValue>,
    /// Objects that could be read.
    pub objects: u64,
    /// How many of these lack each field; empty where nobody asks.
    pub missing: Vec<u64>,
}

/// A record in which there was something to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRecord {
    /// Record of the batch, 0-based.
    pub record: u32,
    /// Line of the batch on which it begins, 0-based.
    pub line: u32,
    /// Its first byte in the batch.
    pub start: u32,
    /// Past its last byte, line end included.
    pub end: u32,
    /// It could not be decided, and breaks no rule.
    pub is_undecided: bool,
    /// Past its last key in [`Seen::keys`]; the first is where the keys of the record before end.
    pub keys_end: u32,
    /// Past its last value in [`Seen::values`].
    pub values_end: u32,
}

/// A value of a record that stands in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenValue {
    /// The order: which of [`super::StreamRules::orders`].
    pub which: u32,
    /// The value, in the form that [`super::order`] compares.
    pub form: Box<[u8]>,
    /// Where the value stands in the batch.
    pub value: Range<u32>,
}

/// A key of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenKey {
    /// The key: which of [`super::StreamRules::unique`].
    pub which: u32,
    /// Its hash, as bytes so that it takes no more room than it needs.
    pub hash: [u8; 16],
    /// Where the value stands in the batch, of a key of one field.
    pub value: Option<Range<u32>>,
}
