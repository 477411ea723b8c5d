//! A lock that the system takes back when the process ends, however it ends. Node has none.

use crate::error::failure;
use napi_derive::napi;
use std::fs::{File, TryLockError};

/// A lock on a file, held until it is released.
#[napi]
pub struct FileLock {
    file: Option<File>,
}

#[napi]
impl FileLock {
    /// Makes the file where there is none, and locks it. Throws `checkpoint/locked` where another process has it, the system's error otherwise.
    #[napi(constructor)]
    pub fn new(path: String) -> napi::Result<FileLock> {
        let unusable = |fault: &std::io::Error| failure("checkpoint/unwritable", &format!("{path} cannot be locked: {fault}."));
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(|fault| unusable(&fault))?;
        match file.try_lock() {
            Ok(()) => Ok(FileLock { file: Some(file) }),
            Err(TryLockError::WouldBlock) => {
                Err(failure("checkpoint/locked", &format!("{path} is locked by another run; let it end first.")))
            }
            Err(TryLockError::Error(fault)) => Err(unusable(&fault)),
        }
    }

    /// Gives the lock back.
    #[napi]
    pub fn release(&mut self) {
        self.file = None;
    }
}
