//! What the rules over the whole stream have come to, as a JavaScript handle: one input after another may go on with it.

use crate::references::SharedKeys;
use crate::spill::temporary;
use napi_derive::napi;
use sluice_engine::stream_rules::state::StreamState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Shared by the handle and the lane of the input that is being read; `None` once it was closed.
#[derive(Clone)]
pub(crate) struct SharedState(Arc<Mutex<Option<StreamState>>>);

/// What is asked of the batches of a stream in their order.
#[derive(Clone, Default)]
pub(crate) enum InOrderRules {
    /// Nothing.
    #[default]
    None,
    /// Rules over the whole stream.
    Judge(SharedState),
    /// The stream is a reference, and its keys are gathered.
    Gather(SharedKeys),
}

impl SharedState {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<StreamState>> {
        // A panic under the lock ends the stream that had it, and so the whole that the state is of.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next input begins.
    pub(crate) fn begin(&self, source: Option<&str>) {
        if let Some(state) = &mut *self.lock() {
            state.begin(source);
        }
    }
}

/// What the rules over the whole stream have come to.
#[napi]
pub struct RuleState {
    pub(crate) state: SharedState,
}

#[napi]
impl RuleState {
    /// Before the first record. Keys take `unique_bytes_max` bytes of memory at most; what is beyond goes to files in `directory`.
    #[napi(constructor)]
    pub fn new(unique_bytes_max: f64, directory: String) -> RuleState {
        let state = StreamState::new(unique_bytes_max as usize, temporary(directory.into()));
        RuleState { state: SharedState(Arc::new(Mutex::new(Some(state)))) }
    }

    /// Lets go of memory and files. A batch that is being checked is waited for; those after it fail.
    #[napi]
    pub fn close(&self) {
        drop(self.state.lock().take());
    }
}
