//! The one unit of work: owned bytes that begin, as far as anyone can tell, at a record.

/// What the first byte of a batch belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}
