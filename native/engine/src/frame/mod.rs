//! Framing: where records begin and end. Nothing is decoded here.

pub mod csv;
pub mod cut;
pub mod scan;
pub mod sniff;
