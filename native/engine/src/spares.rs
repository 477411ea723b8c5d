//! Memory of batches that are done with, for batches to come: fresh memory costs a page fault for every 4 KiB.

use crate::limits::{SPARE_BYTES_MAX, SPARE_BYTES_MIN, SPARES_BYTES_MAX};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Buffers that nobody uses, of [`SPARES_BYTES_MAX`] in all.
#[derive(Debug, Default)]
pub struct Spares {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    buffers: Vec<Vec<u8>>,
    /// What was asked for last.
    wanted: usize,
}

impl Spares {
    /// An empty buffer with room for `capacity` bytes, and not for more than twice as much.
    pub fn take(&self, capacity: usize) -> Vec<u8> {
        let mut kept = self.lock();
        kept.wanted = capacity;
        // The one that was used last is the likeliest to be in a cache.
        let found = kept.buffers.iter().rposition(|buffer| fits(buffer, capacity)).map(|at| kept.buffers.swap_remove(at));
        drop(kept);
        found.unwrap_or_else(|| Vec::with_capacity(capacity))
    }

    /// Keeps `buffer`, where it is worth it, somebody may ask for it, and there is room.
    pub fn give(&self, mut buffer: Vec<u8>) {
        if !(SPARE_BYTES_MIN..=SPARE_BYTES_MAX).contains(&buffer.capacity()) {
            return;
        }
        let mut kept = self.lock();
        let bytes: usize = kept.buffers.iter().map(Vec::capacity).sum();
        if fits(&buffer, kept.wanted) && bytes + buffer.capacity() <= SPARES_BYTES_MAX {
            buffer.clear();
            kept.buffers.push(buffer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Whatever panicked while it was held left whole buffers.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fits(buffer: &Vec<u8>, capacity: usize) -> bool {
    buffer.capacity() >= capacity && buffer.capacity() / 2 <= capacity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_for_a_need_of_its_size() {
        let spares = Spares::default();
        let mut buffer = spares.take(SPARE_BYTES_MIN * 2);
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
        drop(spares.take(size));
        (0..20).for_each(|_| spares.give(Vec::with_capacity(size)));
        spares.give(Vec::with_capacity(SPARE_BYTES_MIN - 1));
        spares.give(Vec::with_capacity(SPARE_BYTES_MAX + 1));
        spares.give(Vec::with_capacity(size / 2));
        let kept = &spares.lock().buffers;
        assert!((1..=SPARES_BYTES_MAX / size).contains(&kept.len()) && kept.iter().all(|buffer| buffer.capacity() >= size));
    }
}
