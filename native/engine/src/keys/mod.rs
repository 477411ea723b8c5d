//! A set of keys that is exact, is asked while it grows, and never takes more memory than it was given.
//!
//! Keys are hashes of 128 bits ([`KeyHasher`]), so they are spread evenly, and so is all that is in their order. New ones go into a table in
//! memory. When it is full it is written to a file as a *run*, in the order of its keys, together with all runs that are not at least twice as
//! large: so there are never more of them than a logarithm, and an entry is written some log2(n) / 2 times. Of each run memory keeps a Bloom
//! filter, which tells of most keys that they are not in it, and the first key of every 4 KiB, so that to look a key up takes one read.
//! The more keys there are, the fewer bits the filters have for each: what becomes scarce is time, and never the memory or the answer.

mod entry;
mod hasher;
mod index;
mod merge;
mod run;
mod table;

pub use hasher::KeyHasher;

use crate::error::Error;
use entry::{ENTRY_BYTES, Entry};
use index::Index;
use merge::{Reader, SOURCE_BYTES, merge};
use run::{BLOCK, Run, RunWriter};
use std::fmt::Debug;
use table::Table;

/// The least memory that a set can do with.
pub const KEY_SET_BYTES_MIN: usize = 64 << 10;

/// Homes that a table begins with at most: a set of few keys takes little memory.
const FIRST_HOMES_MAX: usize = 1 << 10;
/// Runs there can be: each is at least twice as large as the next.
const RUNS_MAX: usize = 64;
/// Bytes of buffers beyond which merging gets no faster.
const BUFFERS_BYTES_MAX: usize = 2 << 20;

/// Where runs go that memory has no room for.
pub trait Spill: Send + Sync + Debug {
    /// A new, empty file.
    ///
    /// # Errors
    /// When it cannot be made.
    fn create(&mut self) -> Result<Box<dyn SpillFile>, Error>;
}

/// One file: appended to, then read at any place. It is removed when dropped.
pub trait SpillFile: Send + Sync + Debug {
    /// Writes all of `bytes` at the end.
    ///
    /// # Errors
    /// When not all could be written.
    fn append(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// Fills all of `into` from `offset` on.
    ///
    /// # Errors
    /// When it cannot be read, or ends too early.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), Error>;
}

/// An exact set of keys, each with the place it was first seen at.
#[derive(Debug)]
pub struct KeySet {
    table: Table,
    /// The largest, which is the oldest, first.
    runs: Vec<Run>,
    index: Index,
    spill: Box<dyn Spill>,
    /// The place of the key 0, which the table has for empty slots.
    zero: Option<u64>,
    len: u64,
    budget: Budget,
    /// Why runs were lost. From then on nothing can be said of keys that are not in the table.
    fault: Option<Error>,
}

impl KeySet {
    /// An empty set that takes at most `bytes_max` of memory, or [`KEY_SET_BYTES_MIN`] if that is more.
    pub fn new(bytes_max: usize, spill: Box<dyn Spill>) -> KeySet {
        let budget = Budget::new(bytes_max.max(KEY_SET_BYTES_MIN));
        let mut homes = budget.homes_max;
        while homes > FIRST_HOMES_MAX {
            homes = homes.div_ceil(2);
        }
        let (table, runs, index) = (Table::new(homes), Vec::with_capacity(RUNS_MAX), Index::new(budget.index_bytes));
        KeySet { table, runs, index, spill, zero: None, len: 0, budget, fault: None }
    }

    /// Adds `key`, seen at `place`; gives the first place when it was there already.
    ///
    /// # Errors
    /// Those of [`Spill`]. The key was not added; a set that could not write runs gives the same error from then on.
    #[inline]
    pub fn insert(&mut self, key: u128, place: u64) -> Result<Option<u64>, Error> {
        let entry = Entry::new(key, place);
        if entry.is_none() {
            return Ok(self.insert_zero(place));
        }
        // Before the table, so that the processor fetches all that is asked for at once.
        let candidates = self.candidates(key);
        let slot = match self.table.find(key) {
            Ok(first) => return Ok(Some(first)),
            Err(slot) => slot,
        };
        if let Some(first) = self.find_in_runs(key, candidates)? {
            return Ok(Some(first));
        }
        if !self.table.put(slot, entry) {
            self.put_with_new_room(entry)?;
        }
        self.len += 1;
        Ok(None)
    }

    /// The first place of `key`.
    ///
    /// # Errors
    /// Those of [`Spill`].
    #[inline]
    pub fn find(&self, key: u128) -> Result<Option<u64>, Error> {
        if key == 0 {
            return Ok(self.zero);
        }
        let candidates = self.candidates(key);
        self.table.find(key).map_or_else(|_| self.find_in_runs(key, candidates), |place| Ok(Some(place)))
    }

    /// How many keys there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory held now.
    pub fn bytes(&self) -> usize {
        self.table.bytes() + self.index.bytes() + self.runs.capacity() * size_of::<Run>()
    }

    #[cold]
    fn insert_zero(&mut self, place: u64) -> Option<u64> {
        let first = self.zero;
        if first.is_none() {
            self.zero = Some(place);
            self.len += 1;
        }
        first
    }

    /// The runs that may have `key`, a bit each.
    #[inline]
    fn candidates(&self, key: u128) -> u64 {
        let (high, low) = ((key >> 64) as u64, key as u64);
        let bits = self.runs.iter().enumerate().map(|(at, run)| u64::from(self.index.may_have(&run.section, high, low)) << at);
        bits.fold(0, |all, bit| all | bit)
    }

    #[inline]
    fn find_in_runs(&self, key: u128, candidates: u64) -> Result<Option<u64>, Error> {
        if candidates == 0 && self.fault.is_none() { Ok(None) } else { self.read_runs(key, candidates) }
    }

    #[cold]
    fn read_runs(&self, key: u128, mut candidates: u64) -> Result<Option<u64>, Error> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        while candidates != 0 {
            let at = candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            if let Some(place) = self.runs[at].read(&self.index, key)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    #[cold]
    fn put_with_new_room(&mut self, entry: Entry) -> Result<(), Error> {
        loop {
            if !self.grow() {
                self.spill().inspect_err(|fault| self.fault = Some(fault.clone()))?;
            }
            // A larger table may have no room either, where more keys want one home than would be by chance.
            if self.table.find(entry.key()).is_err_and(|slot| self.table.put(slot, entry)) {
                return Ok(());
            }
        }
    }

    /// Doubles the table where the budget has room for the old and the new.
    fn grow(&mut self) -> bool {
        let homes = (self.table.homes() * 2).min(self.budget.homes_max);
        if homes == self.table.homes() || self.bytes() + Table::bytes_of(homes) > self.budget.bytes_max {
            return false;
        }
        let grown = self.table.grown(homes);
        let is_grown = grown.is_some();
        if let Some(table) = grown {
            self.table = table;
        }
        is_grown
    }

    /// Writes the table, and the runs that are not at least twice as large as what is written, as one run.
    fn spill(&mut self) -> Result<(), Error> {
        let file = self.spill.create()?;
        let mut len = self.table.len() as u64;
        let mut kept = self.runs.len();
        while kept > 0 && self.runs[kept - 1].len / 2 < len {
            kept -= 1;
            len += self.runs[kept].len;
        }
        let buffer_bytes = self.budget.buffer_bytes(self.runs.len() - kept + 1);
        let merged: Vec<_> = self.runs.drain(kept..).map(|run| Reader::new(run.file, run.len, buffer_bytes)).collect();
        let section = self.index.begin(self.runs.last().map(|run| &run.section), len, BLOCK);
        let writer = RunWriter::new(Run { file, len, section }, &mut self.index, buffer_bytes);
        self.runs.push(merge(&self.table, merged, writer)?);
        self.table.clear();
        Ok(())
    }
}

/// How the memory is parted.
#[derive(Debug)]
struct Budget {
    bytes_max: usize,
    homes_max: usize,
    /// For the buffers of a merge, together.
    buffers_bytes: usize,
    /// For the filters and fences of all runs.
    index_bytes: usize,
}

impl Budget {
    fn new(bytes_max: usize) -> Budget {
        let homes_max = Table::homes_within(bytes_max / 2);
        let buffers_bytes = (bytes_max / 8).min(BUFFERS_BYTES_MAX);
        let runs_bytes = RUNS_MAX * (size_of::<Run>() + SOURCE_BYTES);
        let index_bytes = bytes_max - Table::bytes_of(homes_max) - buffers_bytes - runs_bytes;
        Budget { bytes_max, homes_max, buffers_bytes, index_bytes }
    }

    /// Of each of `count` buffers: some number of whole entries, and at least one.
    fn buffer_bytes(&self, count: usize) -> usize {
        self.buffers_bytes / count / ENTRY_BYTES * ENTRY_BYTES
    }
}
