//! Secrets of this process.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// The seed of this process, which nobody outside can know, from the system's random numbers. It is one for all plans: keys that were gathered by
/// one of them are looked up by another of the same schema.
pub(crate) fn seed() -> [u8; 16] {
    static SEED: OnceLock<[u8; 16]> = OnceLock::new();
    *SEED.get_or_init(new_seed)
}

fn new_seed() -> [u8; 16] {
    let secret = RandomState::new();
    let mut seed = [0; 16];
    for (at, half) in seed.chunks_exact_mut(8).enumerate() {
        half.copy_from_slice(&secret.hash_one(at).to_le_bytes());
    }
    seed
}
