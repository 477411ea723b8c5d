//! Secrets of this process.

use std::hash::{BuildHasher, RandomState};

/// A seed that nobody outside can know, from the system's random numbers.
pub(crate) fn seed() -> [u8; 16] {
    let secret = RandomState::new();
    let mut seed = [0; 16];
    for (at, half) in seed.chunks_exact_mut(8).enumerate() {
        half.copy_from_slice(&secret.hash_one(at).to_le_bytes());
    }
    seed
}
