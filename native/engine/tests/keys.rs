//! A set of keys within a budget gives the answers of one that keeps all in memory, or an error, and leaves no file behind.

#[path = "../../binding/src/spill.rs"]
mod spill;

use proptest::prelude::*;
use sluice_engine::error::Error;
use sluice_engine::keys::{KEY_SET_BYTES_MIN, KeyHasher, KeySet, Spill, SpillFile};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How keys lie among all that there can be. Only the first comes of hashing; the others are as bad as keys can be.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Hashed,
    /// All in the first home, up to the key 0.
    Least,
    /// All in the last home, down from the greatest key.
    Greatest,
    /// Few upper halves, each with many lower ones.
    Bundled,
}

impl Shape {
    fn key(self, number: u64) -> u128 {
        let mut hasher = KeyHasher::new([3; 16]);
        hasher.write(&number.to_le_bytes());
        let hash = hasher.finish();
        match self {
            Shape::Hashed => hash,
            Shape::Least => u128::from(number),
            Shape::Greatest => u128::MAX - u128::from(number),
            Shape::Bundled => (hash >> 125) << 125 | hash & u128::from(u64::MAX),
        }
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![4 => Just(Shape::Hashed), 1 => Just(Shape::Least), 1 => Just(Shape::Greatest), 1 => Just(Shape::Bundled)]
}

/// `count` numbers up to `distinct`, in no order.
fn numbers(seed: u64, count: u64, distinct: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |at| {
        let mixed = (seed ^ at).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) % distinct
    })
}

/// What a set that keeps all in memory says.
fn insert_in_memory(map: &mut HashMap<u128, u64>, key: u128, place: u64) -> Option<u64> {
    match map.entry(key) {
        Entry::Occupied(known) => Some(*known.get()),
        Entry::Vacant(free) => {
            free.insert(place);
            None
        }
    }
}

fn temporary() -> Box<dyn Spill> {
    spill::temporary(std::env::temp_dir())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_answers_are_those_of_a_set_in_memory(
        shape in shape(), seed: u64, count in 1..20_000_u64, distinct in 1..20_000_u64, bytes_max in KEY_SET_BYTES_MIN..4 * KEY_SET_BYTES_MIN,
    ) {
        let mut set = KeySet::new(bytes_max, temporary());
        let mut map = HashMap::new();
        for (place, number) in (0..).zip(numbers(seed, count, distinct)) {
            let key = shape.key(number);
            prop_assert_eq!(set.insert(key, place)?, insert_in_memory(&mut map, key, place));
            prop_assert!(set.bytes() <= bytes_max, "{} bytes of {bytes_max}", set.bytes());
        }
        prop_assert_eq!(set.len(), map.len() as u64);
        prop_assert_eq!(set.is_empty(), map.is_empty());
        for number in 0..distinct + 1_000 {
            let key = shape.key(number);
            prop_assert_eq!(set.find(key)?, map.get(&key).copied());
        }
    }

    #[test]
    fn a_fault_of_the_disk_is_an_error_and_never_a_wrong_answer(
        shape in shape(), seed: u64, operations in 1..400_u64, is_lasting: bool, distinct in 2_000..8_000_u64,
    ) {
        let left = Arc::new(AtomicU64::new(operations));
        let mut set = KeySet::new(KEY_SET_BYTES_MIN, Box::new(Failing { spill: temporary(), left: Arc::clone(&left), is_lasting }));
        let mut map = HashMap::new();
        for (place, number) in (0..).zip(numbers(seed, 8_000, distinct)) {
            let key = shape.key(number);
            match set.insert(key, place) {
                Ok(answer) => prop_assert_eq!(answer, insert_in_memory(&mut map, key, place)),
                Err(fault) => prop_assert_eq!(fault.code, "unique/spill"),
            }
        }
        prop_assert_eq!(set.len(), map.len() as u64);
        for number in 0..distinct {
            let key = shape.key(number);
            match set.find(key) {
                Ok(answer) => prop_assert_eq!(answer, map.get(&key).copied()),
                Err(fault) => prop_assert_eq!(fault.code, "unique/spill"),
            }
        }
    }
}

/// Fails after so many operations, once or from then on.
#[derive(Debug)]
struct Failing<T: ?Sized> {
    left: Arc<AtomicU64>,
    is_lasting: bool,
    spill: T,
}

impl<T: ?Sized> Failing<T> {
    fn count(&self) -> Result<(), Error> {
        match self.left.load(Ordering::Relaxed) {
            0 => Ok(()),
            1 => {
                self.left.store(u64::from(self.is_lasting), Ordering::Relaxed);
                Err(Error::new("unique/spill", "The disk is full."))
            }
            left => {
                self.left.store(left - 1, Ordering::Relaxed);
                Ok(())
            }
        }
    }
}

impl Spill for Failing<Box<dyn Spill>> {
    fn create(&mut self) -> Result<Box<dyn SpillFile>, Error> {
        self.count()?;
        Ok(Box::new(Failing { left: Arc::clone(&self.left), is_lasting: self.is_lasting, spill: self.spill.create()? }))
    }
}

impl SpillFile for Failing<Box<dyn SpillFile>> {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.count()?;
        self.spill.append(bytes)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        self.count()?;
        self.spill.read_at(offset, into)
    }
}

/// A disk whose reads are counted: a `Failing` that never fails.
fn counting(bytes_max: usize) -> (KeySet, impl Fn() -> u64) {
    let left = Arc::new(AtomicU64::new(u64::MAX));
    let set = KeySet::new(bytes_max, Box::new(Failing { spill: temporary(), left: Arc::clone(&left), is_lasting: false }));
    (set, move || u64::MAX - left.load(Ordering::Relaxed))
}

#[test]
fn a_new_key_hardly_ever_asks_the_disk_and_a_known_one_asks_it_once() {
    const KEYS: u64 = 200_000;
    let (mut set, operations) = counting(1 << 20);
    for number in 0..KEYS {
        assert_eq!(set.insert(Shape::Hashed.key(number), number), Ok(None));
    }
    // Merging reads and writes some kilobytes at once.
    let adding = operations();
    assert!(adding < KEYS / 10, "{adding} operations to add {KEYS} keys");
    for number in KEYS..2 * KEYS {
        assert_eq!(set.find(Shape::Hashed.key(number)), Ok(None));
    }
    let unknown = operations() - adding;
    assert!(unknown < KEYS / 20, "{unknown} operations to find none of {KEYS} keys");
    for number in 0..KEYS {
        assert_eq!(set.find(Shape::Hashed.key(number)), Ok(Some(number)));
    }
    let known = operations() - adding - unknown;
    assert!(known < KEYS * 11 / 10, "{known} operations to find {KEYS} keys");
}

#[test]
fn far_more_keys_than_the_memory_is_made_for_take_time_and_no_memory() {
    const KEYS: u64 = 300_000;
    let mut set = KeySet::new(KEY_SET_BYTES_MIN, temporary());
    for number in 0..KEYS {
        assert_eq!(set.insert(Shape::Hashed.key(number), number), Ok(None));
        assert!(set.bytes() <= KEY_SET_BYTES_MIN);
    }
    for number in (0..KEYS).step_by(7) {
        assert_eq!(set.insert(Shape::Hashed.key(number), KEYS), Ok(Some(number)));
    }
    assert_eq!(set.len(), KEYS);
}

#[test]
fn any_place_and_any_key_may_be_kept() {
    let mut set = KeySet::new(0, temporary());
    for (key, place) in [(0, u64::MAX), (u128::MAX, 0), (1, 1), (u128::from(u64::MAX) + 1, 2)] {
        assert_eq!(set.find(key), Ok(None));
        assert_eq!(set.insert(key, place), Ok(None));
        assert_eq!(set.insert(key, 7), Ok(Some(place)));
        assert_eq!(set.find(key), Ok(Some(place)));
    }
    assert_eq!(set.len(), 4);
}

#[test]
fn a_directory_that_is_not_there_is_named_with_what_to_do() {
    let directory = tempfile::tempdir().expect("a directory").path().join("gone");
    let mut set = KeySet::new(KEY_SET_BYTES_MIN, spill::temporary(directory.clone()));
    let fault = (0..10_000).find_map(|number| set.insert(Shape::Hashed.key(number), number).err()).expect("a fault");
    assert_eq!(fault.code, "unique/spill");
    for part in [&*directory.to_string_lossy(), "os error", "temporaryDirectory", "uniqueBytesMax"] {
        assert!(fault.message.contains(part), "{part} is not in: {}", fault.message);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files_have_no_name_are_for_this_user_alone_and_go_with_the_set() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().expect("a directory");
    let open = || {
        let files = std::fs::read_dir("/proc/self/fd").expect("what is open").filter_map(|entry| Some(entry.ok()?.path()));
        files.filter(|file| std::fs::read_link(file).is_ok_and(|path| path.starts_with(directory.path()))).collect::<Vec<_>>()
    };
    let mut set = KeySet::new(KEY_SET_BYTES_MIN, spill::temporary(directory.path().into()));
    for number in 0..20_000 {
        set.insert(Shape::Hashed.key(number), number).expect("room");
    }
    assert!(!open().is_empty(), "nothing was written");
    assert!(open().len() < 8, "files that were merged are still open");
    for file in open() {
        assert_eq!(std::fs::metadata(file).expect("an open file").permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 0);
    drop(set);
    assert!(open().is_empty());
}
