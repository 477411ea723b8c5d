//! The engine as a Node addon: handles, conversions, threads and errors. Nothing is decided here.

mod error;
mod lane;
pub mod lock;
pub mod plan;
mod pool;
pub mod stream;
