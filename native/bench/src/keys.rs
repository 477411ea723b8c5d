//! A set of keys within a budget of memory, against a set that keeps all in memory.

use crate::{cpu_seconds, peak_bytes};
use rustc_hash::FxHashMap;
use sluice_engine::keys::{KeyHasher, KeySet};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::error::Error;
use std::hash::BuildHasher;
use std::path::PathBuf;
use std::time::Instant;

// What the addon has, without napi around it.
#[path = "../../binding/src/spill.rs"]
mod spill;

/// What is asked for, after the word `keys`.
struct Arguments {
    keys: u64,
    /// Of a hundred keys, how many were there before.
    repeated: u64,
    set: String,
    bytes_max: usize,
    directory: PathBuf,
}

/// `keys --keys N [--repeated PERCENT] [--set sluice|fx|std] [--bytes-max N] [--directory PATH]` adds keys and prints what it took.
pub(crate) fn run(words: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let arguments = parse(words)?;
    let (start, cpu_start) = (Instant::now(), cpu_seconds());
    let (distinct, held) = match arguments.set.as_str() {
        "sluice" => {
            let mut set = KeySet::new(arguments.bytes_max, spill::temporary(arguments.directory.clone()));
            let distinct = add(&arguments, |key, place| Ok(set.insert(key, place)?))?;
            (distinct, set.bytes())
        }
        "fx" => add_to_map(&arguments, FxHashMap::default())?,
        "std" => add_to_map(&arguments, HashMap::new())?,
        other => return Err(format!("there is no set {other}").into()),
    };
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu_start);
    let counts = serde_json::json!({ "read": arguments.keys, "valid": distinct, "invalid": arguments.keys - distinct, "violations": arguments.keys - distinct });
    let rate = (arguments.keys as f64 / seconds).round();
    let told = serde_json::json!({ "seconds": seconds, "cpuSeconds": cpu, "recordsPerSecond": rate, "peakBytes": peak_bytes(), "heldBytes": held, "counts": counts });
    println!("{told}");
    Ok(())
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, Box<dyn Error>> {
    let directory = std::env::temp_dir();
    let mut arguments = Arguments { keys: 1_000_000, repeated: 0, set: "sluice".to_owned(), bytes_max: 64 << 20, directory };
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--keys" => arguments.keys = value.parse()?,
            "--repeated" => arguments.repeated = value.parse()?,
            "--set" => arguments.set = value,
            "--bytes-max" => arguments.bytes_max = value.parse()?,
            "--directory" => arguments.directory = value.into(),
            other => return Err(format!("there is no option {other}").into()),
        }
    }
    Ok(arguments)
}

fn add_to_map<S: BuildHasher>(arguments: &Arguments, mut map: HashMap<u128, u64, S>) -> Result<(u64, usize), Box<dyn Error>> {
    let distinct = add(arguments, |key, place| match map.entry(key) {
        Entry::Occupied(known) => Ok(Some(*known.get())),
        Entry::Vacant(free) => {
            free.insert(place);
            Ok(None)
        }
    })?;
    Ok((distinct, map.capacity() * size_of::<(u128, u64)>()))
}

/// Adds all keys, and makes sure of each answer; gives how many were distinct.
fn add(arguments: &Arguments, mut insert: impl FnMut(u128, u64) -> Result<Option<u64>, Box<dyn Error>>) -> Result<u64, Box<dyn Error>> {
    let hasher = KeyHasher::new(*b"a seed of 16 byt");
    let mut distinct = 0;
    for place in 0..arguments.keys {
        // Repeated ones are spread over all that came before, each known by its number.
        let is_repeated = distinct > 0 && place % 100 < arguments.repeated;
        let number = if is_repeated { place.wrapping_mul(0x9E37_79B9_7F4A_7C15) % distinct } else { distinct };
        let mut hasher = hasher;
        hasher.write(&number.to_le_bytes());
        let first = insert(hasher.finish(), number)?;
        if first != is_repeated.then_some(number) {
            return Err(format!("key {number} was said to be at {first:?}").into());
        }
        distinct += u64::from(!is_repeated);
    }
    Ok(distinct)
}
