//! JSON Schema draft 2020-12 in, a [`plan::Plan`] out. What is not enforced is refused, with its JSON pointer.

mod compile;
mod digest;
mod keywords;
pub(crate) mod place;
pub mod plan;
mod twice;
mod values;

pub use compile::{Options, compile};
