//! Memory of batches that are done with, for batches to come: fresh memory costs a page fault for every 4 KiB.

use crate::limits::{SPARE_BYTES_MAX, SPARE_BYTES_MIN, SPARES_BYTES_MAX};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Buffers that nobody uses, of [`SPARES_BYTES_MAX`] in all.
#[derive(Debug, Default)]
pub struct Spares {
    kept: Mutex<Vec<Vec<u8>>>,
}

impl Spares {
    /// An empty buffer with room for `capacity` bytes, and not for many times as much.
    pub fn take(&self, capacity: usize) -> Vec<u8> {
        let mut kept = self.lock();
        let fits = |buffer: &Vec<u8>| buffer.capacity() >= capacity && buffer.capacity() / 4 <= capacity;
        // The one that was used last is the likeliest to be in a cache.
        let found = kept.iter().rposition(fits).map(|at| kept.swap_remove(at));
        drop(kept);
        found.unwrap_or_else(|| Vec::with_capacity(capacity))
    }

    /// Keeps `buffer`, where it is worth it and there is room.
    pub fn give(&self, mut buffer: Vec<u8>) {
        if !(SPARE_BYTES_MIN..=SPARE_BYTES_MAX).contains(&buffer.capacity()) {
            return;
        }
        let mut kept = self.lock();
        let bytes: usize = kept.iter().map(Vec::capacity).sum();
        if bytes + buffer.capacity() <= SPARES_BYTES_MAX {
            buffer.clear();
            kept.push(buffer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        // Whatever panicked while it was held left whole buffers.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_for_a_need_of_its_size() {
        let spares = Spares::default();
        let mut buffer = Vec::with_capacity(SPARE_BYTES_MIN * 2);
        buffer.push(1);
        let place = buffer.as_ptr();
        spares.give(buffer);
        let is_it = |buffer: &Vec<u8>| buffer.as_ptr() == place;
        let (small, large) = (spares.take(SPARE_BYTES_MIN / 4), spares.take(SPARE_BYTES_MIN * 4));
        assert!(!is_it(&small) && !is_it(&large), "too large for the one, too small for the other");
        let taken = spares.take(SPARE_BYTES_MIN);
        assert!(is_it(&taken) && taken.is_empty());
        assert!(!is_it(&spares.take(SPARE_BYTES_MIN)), "taken already");
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let spares = Spares::default();
        let size = SPARE_BYTES_MAX - 1;
        (0..20).for_each(|_| spares.give(Vec::with_capacity(size)));
        spares.give(Vec::with_capacity(SPARE_BYTES_MIN - 1));
        spares.give(Vec::with_capacity(SPARE_BYTES_MAX + 1));
        let kept = spares.lock();
        assert!(kept.len() <= SPARES_BYTES_MAX / size && kept.iter().all(|buffer| buffer.capacity() >= size));
    }
}
