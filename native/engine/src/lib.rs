//! Checks records against a compiled JSON Schema: bytes in, verdicts out.
//!
//! No I/O, no clock, no environment and no threads: who calls decides about these. The way of the data:
//!
//! 1. [`schema::compile`] makes a [`schema::plan::Plan`]; [`setup::Setup`] binds it to one source.
//! 2. [`setup::Setup::cut`] guesses where the source may be cut into batches; [`setup::Setup::check`] checks each, on any thread.
//! 3. [`stitch::Stitcher`] takes them in order and makes sure of the cuts; [`verdict::Stitched::verdict`] renders, on any thread again.

#![forbid(unsafe_code)]

pub mod batch;
mod cel;
pub mod check;
pub mod columns;
pub mod decode;
pub mod encoding;
pub mod error;
pub mod format;
pub mod frame;
pub mod intake;
pub mod keys;
pub mod limits;
pub mod pattern;
pub mod policy;
pub mod records;
pub mod render;
pub mod report;
pub mod rules;
pub mod schema;
pub mod setup;
pub mod severity;
pub mod snapshot;
pub mod spares;
pub mod stitch;
pub mod stop;
pub mod stream_rules;
pub mod transform;
pub mod values;
pub mod verdict;
pub mod violation;
mod word;
