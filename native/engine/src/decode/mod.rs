//! From bytes to values: CSV cells and JSON tokens, decoded where they stand.

pub mod cell;
pub mod equal;
pub mod json;
pub mod name_token;
pub mod tape;
