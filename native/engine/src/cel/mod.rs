//! Rules over the fields of a record (`x-rules`), in the Common Expression Language.
//!
//! The crate `cel` reads the text. What it means is decided here, because its interpreter has no types before it runs, no bound on its work,
//! and floats for numbers: [`kind`] is what the schema says of the fields, [`compile`] turns an expression into [`code`] and refuses what
//! can never be right, and [`run`] asks it of a record, with numbers that are exact.

mod check;
pub(crate) mod code;
mod exact;
pub(crate) mod kind;
mod parse;
mod re2;
pub(crate) mod run;

pub(crate) use check::{RECORD, compile};
