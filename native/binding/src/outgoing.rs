//! Bytes of a batch on their way to JavaScript, and their memory on its way back.

use crate::garbage;
use napi::bindgen_prelude::{Buffer, BufferSlice, ToNapiValue, TypeName};
use napi::{Env, ValueType, sys};
use sluice_engine::spares::Spares;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The memory of all streams that are at work; it goes with the last of them.
static SPARES: Mutex<Weak<Spares>> = Mutex::new(Weak::new());

/// The memory that streams share.
pub(crate) fn spares() -> Arc<Spares> {
    let mut shared = SPARES.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let spares = Arc::new(Spares::default());
        *shared = Arc::downgrade(&spares);
        spares
    })
}

fn give(bytes: Vec<u8>) {
    // Not within the condition: the lock would be held while memory is freed.
    let spares = SPARES.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
    if let Some(spares) = spares {
        spares.give(bytes);
    }
}

/// Bytes that become a Buffer without a copy; when nobody can reach that any more, their memory is for other batches.
#[derive(Debug, Default)]
pub struct Outgoing(Vec<u8>);

impl From<Vec<u8>> for Outgoing {
    fn from(bytes: Vec<u8>) -> Outgoing {
        // Whoever holds few bytes for long is not to hold the memory of many, of which V8 would know nothing.
        if bytes.len() < bytes.capacity() / 2 {
            let own = bytes.as_slice().to_vec();
            give(bytes);
            return Outgoing(own);
        }
        Outgoing(bytes)
    }
}

impl TypeName for Outgoing {
    fn type_name() -> &'static str {
        Buffer::type_name()
    }

    fn value_type() -> ValueType {
        Buffer::value_type()
    }
}

impl ToNapiValue for Outgoing {
    unsafe fn to_napi_value(env: sys::napi_env, Outgoing(mut bytes): Outgoing) -> napi::Result<sys::napi_value> {
        if bytes.is_empty() {
            // SAFETY: `env` is the caller's.
            return unsafe { Buffer::to_napi_value(env, Buffer::from(bytes)) };
        }
        let env_of = Env::from_raw(env);
        let (data, length) = (bytes.as_mut_ptr(), bytes.len());
        garbage::lend(length);
        let back = |_, bytes: Vec<u8>| {
            garbage::take_back(bytes.len());
            give(bytes);
        };
        // SAFETY: what `data` points to does not move with `bytes`, which belongs to the Buffer from here on and is looked at by nobody until that is gone.
        let buffer = unsafe { BufferSlice::from_external(&env_of, data, length, bytes, back) }?;
        // SAFETY: `env` is the caller's.
        unsafe { BufferSlice::to_napi_value(env, buffer) }
    }
}
