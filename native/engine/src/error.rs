//! The tool's own failures. What is wrong with a record is a [`crate::violation::Violation`] instead.

use std::fmt;

/// A failure before or outside the checking of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Stable, `<area>/<what>`.
    pub code: &'static str,
    /// One sentence that says what is wrong and what to do.
    pub message: String,
}

impl Error {
    /// An error of `code`.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Error { code, message: message.into() }
    }

    /// An error of a schema, at the JSON pointer of the keyword at fault.
    pub fn at(code: &'static str, pointer: &str, message: impl fmt::Display) -> Self {
        let place = if pointer.is_empty() { "#".to_owned() } else { format!("#{pointer}") };
        Error { code, message: format!("{place}: {message}") }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
