//! The threads that check: one pool for each number of threads asked for, shared by all streams of the process.

use crate::error::failure;
use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Bytes of stack of each thread: nested JSON is read by recursion, up to `depthMax` levels.
const STACK_BYTES: usize = 8 << 20;

/// The pool of `threads` threads, or of as many as there are cores: more would only take turns, with each other and with JavaScript.
pub(crate) fn pool(threads: usize) -> napi::Result<Arc<ThreadPool>> {
    let threads = std::thread::available_parallelism().map_or(threads, |cores| threads.min(cores.get()));
    static POOLS: OnceLock<Mutex<HashMap<usize, Arc<ThreadPool>>>> = OnceLock::new();
    let mut pools = POOLS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = pools.get(&threads) {
        return Ok(known.clone());
    }
    let built = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).thread_name(|at| format!("sluice-{at}")).build();
    let built = Arc::new(built.map_err(|fault| failure("option/invalid", &format!("{threads} threads cannot be started: {fault}.")))?);
    pools.insert(threads, built.clone());
    Ok(built)
}
