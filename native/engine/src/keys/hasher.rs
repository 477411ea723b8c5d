//! Keys out of values.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

/// Hashes the values of one key, by SipHash-1-3 of 128 bits.
///
/// With a secret seed nobody can prepare two keys that come out the same, and by chance it does not happen: among a billion keys the odds are
/// below one to 10^20. Start each key from a clone of the seeded hasher.
#[derive(Debug, Clone, Copy)]
pub struct KeyHasher {
    state: SipHasher13,
}

impl KeyHasher {
    /// A hasher of `seed`. Keys are the same only under the same seed.
    pub fn new(seed: [u8; 16]) -> KeyHasher {
        KeyHasher { state: SipHasher13::new_with_key(&seed) }
    }

    /// Adds one value. Where it ends is part of the key, so that `ab`, `c` is another key than `a`, `bc`.
    #[inline]
    pub fn write(&mut self, value: &[u8]) {
        self.state.write_u64(value.len() as u64);
        self.state.write(value);
    }

    /// The key of all values so far.
    #[inline]
    pub fn finish(&self) -> u128 {
        self.state.finish128().as_u128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(seed: [u8; 16], values: &[Vec<u8>]) -> u128 {
        let mut hasher = KeyHasher::new(seed);
        for value in values {
            hasher.write(value);
        }
        hasher.finish()
    }

    proptest! {
        #[test]
        fn keys_are_the_same_only_for_the_same_values(
            seed: [u8; 16],
            one in proptest::collection::vec("[ab\0]{0,4}", 0..4),
            other in proptest::collection::vec("[ab\0]{0,4}", 0..4),
        ) {
            let bytes = |values: &[String]| values.iter().map(|value| value.clone().into_bytes()).collect::<Vec<_>>();
            prop_assert_eq!(key(seed, &bytes(&one)) == key(seed, &bytes(&other)), one == other);
        }
    }

    #[test]
    fn where_a_value_ends_is_part_of_the_key() {
        let keys = [vec!["ab", "c"], vec!["a", "bc"], vec!["abc"], vec!["abc", ""], vec![]];
        let keys = keys.map(|values| key([7; 16], &values.iter().map(|value| value.as_bytes().to_vec()).collect::<Vec<_>>()));
        for (at, one) in keys.iter().enumerate() {
            assert!(keys[at + 1..].iter().all(|other| other != one));
        }
    }

    #[test]
    fn another_seed_gives_other_keys() {
        assert_ne!(key([1; 16], &[b"a".to_vec()]), key([2; 16], &[b"a".to_vec()]));
    }

    /// As an implementation of our own in Python has it, which meets the published vectors of SipHash-2-4.
    #[test]
    fn keys_are_those_of_siphash_1_3() {
        let seed = std::array::from_fn(|at| at as u8);
        assert_eq!(key(seed, &[b"sluice".to_vec()]), 0x72b9_5767_8c1e_fbee_5942_438e_490f_b4f1);
    }
}
