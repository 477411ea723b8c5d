//! A key and the place it was first seen at, in memory and on disk.

/// Bytes of one entry, in memory and on disk.
pub(super) const ENTRY_BYTES: usize = size_of::<Entry>();

/// A key in two halves, which needs a quarter less room than a `u128` beside a `u64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The upper half of the key, by which entries are told apart nearly always.
    pub(super) high: u64,
    /// The lower half.
    pub(super) low: u64,
    pub(super) place: u64,
}

impl Entry {
    /// What stands where there is no entry: the key 0, which [`super::KeySet`] keeps for itself.
    pub(super) const NONE: Entry = Entry { high: 0, low: 0, place: 0 };

    #[inline]
    pub(super) fn new(key: u128, place: u64) -> Entry {
        Entry { high: (key >> 64) as u64, low: key as u64, place }
    }

    #[inline]
    pub(super) fn key(&self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }

    #[inline]
    pub(super) fn is_none(&self) -> bool {
        self.high == 0 && self.low == 0
    }

    #[inline]
    pub(super) fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&self.high.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.low.to_le_bytes());
        bytes[16..].copy_from_slice(&self.place.to_le_bytes());
        bytes
    }

    /// The entry that `bytes` begin with.
    #[inline]
    pub(super) fn from_bytes(bytes: &[u8]) -> Entry {
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        Entry { high: word(0), low: word(8), place: word(16) }
    }
}

/// Where `high` lies among `parts` equal parts of all that it can be: keys are hashes, so each part has as many as another.
#[inline]
pub(super) fn part(high: u64, parts: usize) -> usize {
    ((u128::from(high) * parts as u128) >> 64) as usize
}
