//! What becomes of valid records on their way out: `x-transform` of a schema, and another format than that of the source.
//!
//! [`steps`] reads what is asked, once for each schema; [`fields`] goes through the steps with the fields of one source, so that all that can be
//! wrong is known before its first record; [`program`] is what that comes to, and [`run`] does it to the valid records of a batch. A record that
//! cannot be written as it is asked, without a change that nobody would see, is refused like one that breaks a rule.

mod csv_in;
mod csv_out;
pub mod declared;
mod fields;
mod json_in;
mod operation;
pub mod program;
mod run;
pub mod steps;

pub use program::Program;
pub(crate) use run::Extent;

/// The format in which valid records come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// CSV.
    Csv,
    /// One JSON text a line.
    Ndjson,
}

/// What a caller asks beside the schema.
#[derive(Clone, Default)]
pub struct Asked {
    /// The format of the valid records; `None` for that of the source.
    pub to: Option<Target>,
    /// The key of `hmac-sha256`.
    pub hash_key: Option<Vec<u8>>,
}

impl std::fmt::Debug for Asked {
    // The key is a secret, also where something is printed for a developer.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("to", &self.to).finish_non_exhaustive()
    }
}
