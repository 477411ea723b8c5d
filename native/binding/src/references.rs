//! Keys of references, as a JavaScript handle: gathered by one stream after another, then looked up by any number of streams at once.

use crate::error::{failure, to_napi};
use crate::plan::Plan;
use crate::spill::temporary;
use napi_derive::napi;
use sluice_engine::schema::plan;
use sluice_engine::stream_rules::foreign::{References, reference_plan};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Shared by the handle and the lane of the reference that is being read.
#[derive(Clone)]
pub(crate) struct SharedKeys(Arc<Mutex<Keys>>);

pub(crate) enum Keys {
    Gathering(Box<References>),
    Complete(Arc<References>),
    Closed,
}

impl SharedKeys {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Keys> {
        // A panic under the lock ends the stream that had it, and so the reading of references.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What foreign keys name of a reference.
#[napi(object, object_from_js = false)]
pub struct ReferenceNeeded {
    /// Its name.
    pub resource: String,
    /// The fields of its keys.
    pub fields: Vec<String>,
}

/// Keys of the references of a schema.
#[napi]
pub struct ReferenceKeys {
    plan: Arc<plan::Plan>,
    pub(crate) keys: SharedKeys,
}

#[napi]
impl ReferenceKeys {
    /// None yet. They take `bytes_max` bytes of memory at most; what is beyond goes to files in `directory`.
    #[napi(constructor)]
    pub fn new(plan: &Plan, bytes_max: f64, directory: String) -> ReferenceKeys {
        let references = References::new(bytes_max as usize, temporary(directory.into()));
        ReferenceKeys { plan: plan.plan.clone(), keys: SharedKeys(Arc::new(Mutex::new(Keys::Gathering(Box::new(references))))) }
    }

    /// The plan that the records of `resource` are read by.
    #[napi]
    pub fn plan_of(&self, resource: String) -> napi::Result<Plan> {
        let plan = reference_plan(&self.plan, &resource).map_err(|fault| to_napi(&fault))?;
        Ok(Plan { plan: Arc::new(plan) })
    }

    /// Every reference was read: throws where one has no key, and lets streams look keys up.
    #[napi]
    pub fn complete(&self) -> napi::Result<()> {
        let mut keys = self.keys.lock();
        match std::mem::replace(&mut *keys, Keys::Closed) {
            Keys::Gathering(references) => {
                references.check(&self.plan).map_err(|fault| to_napi(&fault))?;
                *keys = Keys::Complete(Arc::from(references));
            }
            other => *keys = other,
        }
        Ok(())
    }

    /// Lets go of memory and files, once the batches that are being checked are. Streams that would look more up fail.
    #[napi]
    pub fn close(&self) {
        *self.keys.lock() = Keys::Closed;
    }

    /// The keys, for a stream of `plan`.
    pub(crate) fn complete_for(&self, plan: &plan::Plan) -> napi::Result<Weak<References>> {
        match &*self.keys.lock() {
            Keys::Complete(references) if plan.digest == self.plan.digest => Ok(Arc::downgrade(references)),
            _ => Err(failure("native/cancelled", "The references were not read, or they are of another schema.")),
        }
    }
}
