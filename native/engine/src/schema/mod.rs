//! JSON Schema draft 2020-12 in, a [`plan::Plan`] out. What is not enforced is refused, with its JSON pointer.

mod applicators;
mod bundle;
pub mod cells;
mod compile;
mod compiler;
mod digest;
mod explain;
pub mod full;
mod keywords;
pub(crate) mod place;
pub mod plan;
pub mod quick;
pub(crate) mod read;
mod record_rules;
mod refs;
mod rule;
pub(crate) mod same_value;
pub(crate) mod severities;
mod stream_rules;
mod structure;
mod values;
mod words;

pub use compile::{Options, compile};
pub use explain::{Explained, How, explain};
pub(crate) use stream_rules::{FOREIGN_KEYS, ORDER, UNIQUE};
