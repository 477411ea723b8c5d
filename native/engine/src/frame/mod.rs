//! Framing: where records begin and end. Nothing is decoded here.

pub mod csv;
pub mod cut;
pub mod document;
mod nesting;
mod record_end;
pub mod record_path;
pub mod scan;
pub mod sniff;
mod token;
mod way;
