//! A set of keys never takes more of the heap than it was given, which the allocator itself is asked.

#[path = "../../binding/src/spill.rs"]
mod spill;

use sluice_engine::keys::{KEY_SET_BYTES_MIN, KeyHasher, KeySet};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which keeps for each thread what it holds and the most it has held.
struct Counting;

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get() + layout.size());
        PEAK.set(PEAK.get().max(HELD.get()));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // What the test's own thread was given by another is none of its own.
        HELD.set(HELD.get().saturating_sub(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_heap_never_has_more_than_was_declared() {
    // Enough keys of each for a dozen merges.
    for (bytes_max, keys) in [(KEY_SET_BYTES_MIN, 60_000), (100_000, 60_000), (1 << 20, 300_000), (3_000_001, 400_000)] {
        let before = HELD.get();
        PEAK.set(before);
        let mut set = KeySet::new(bytes_max, spill::temporary(std::env::temp_dir()));
        for number in 0..keys {
            let mut hasher = KeyHasher::new([5; 16]);
            hasher.write(&u64::to_le_bytes(number));
            set.insert(hasher.finish(), number).expect("room on the disk");
            assert!(HELD.get() - before <= set.bytes() + (8 << 10), "{} bytes held, {} told", HELD.get() - before, set.bytes());
        }
        let peak = PEAK.get() - before;
        assert!(peak <= bytes_max, "{peak} bytes of {bytes_max}");
        assert!(peak >= bytes_max / 4, "{peak} bytes of {bytes_max}: were there too few keys?");
    }
}
