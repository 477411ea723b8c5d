//! The engine as a Node addon: handles, conversions, threads and errors. Nothing is decided here.

pub mod compression;
mod error;
mod garbage;
mod lane;
pub mod lock;
mod outgoing;
pub mod plan;
mod pool;
pub mod references;
mod rule_state;
mod seed;
mod spill;
pub mod stream;
mod verdict;
