//! What becomes of a record where there is more than one sound answer.

/// The answers that the caller chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// An object that has one name twice.
    pub duplicate_keys: DuplicateKeys,
    /// A record on which some rule could not be decided, and that meets all others.
    pub undecided: Undecided,
}

/// What an object with one name twice means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DuplicateKeys {
    /// Nothing certain: the violation `json/duplicate-key`.
    #[default]
    Violation,
    /// The last value is the member's, as for most readers of JSON; the ones before it are read and not checked.
    Last,
}

/// What becomes of a record that could not be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undecided {
    /// It is refused.
    #[default]
    Invalid,
    /// It goes on with the valid ones; its violations are told all the same.
    Valid,
    /// It is refused, and the stream is stopped.
    Abort,
}
