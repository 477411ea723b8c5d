//! From bytes to values: CSV cells and JSON tokens, decoded where they stand.

pub mod cell;
pub mod json;
