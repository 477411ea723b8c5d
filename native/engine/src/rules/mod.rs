//! The checks of scalar values: numbers by their text, strings, sets of values.

pub mod decimal;
pub mod number;
pub mod text;
pub mod text_set;
