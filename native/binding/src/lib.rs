//! The engine as a Node addon: handles, conversions, threads and errors. Nothing is decided here.

pub mod compression;
mod error;
mod lane;
pub mod lock;
pub mod plan;
mod pool;
#[expect(dead_code, reason = "streams ask for keys when rules over the whole stream do")]
mod seed;
#[expect(dead_code, reason = "streams ask for keys when rules over the whole stream do")]
mod spill;
pub mod stream;
