//! How much it weighs that a record does not meet a rule.

use serde::{Deserialize, Serialize};

/// How much it weighs that a record does not meet a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The record is refused.
    #[default]
    Error,
    /// It is told and counted, and decides nothing.
    Warning,
    /// The record is refused, and the stream is stopped with it.
    Abort,
}

impl Severity {
    /// The word for it in a schema.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Abort => "abort",
        }
    }

    /// The severity of a word.
    pub fn of_word(word: &str) -> Option<Severity> {
        [Severity::Error, Severity::Warning, Severity::Abort].into_iter().find(|severity| severity.word() == word)
    }

    /// True for what a rule has of which nothing is said.
    pub fn is_error(&self) -> bool {
        *self == Severity::Error
    }
}
