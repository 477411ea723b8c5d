//! Entries that went to a file, in the order of their keys.

use super::SpillFile;
use super::entry::{ENTRY_BYTES, Entry};
use super::index::{Index, Section};
use crate::error::Error;

/// Entries that are read at once when one is looked for: as many as 4 KiB hold.
pub(super) const BLOCK: u64 = 4096 / ENTRY_BYTES as u64;

/// One sorted file, and its part of the index.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) file: Box<dyn SpillFile>,
    pub(super) len: u64,
    pub(super) section: Section,
}

impl Run {
    /// The place of `key`, which is looked for in the file.
    pub(super) fn read(&self, index: &Index, key: u128) -> Result<Option<u64>, Error> {
        let mut bytes = [0; BLOCK as usize * ENTRY_BYTES];
        let (mut from, mut to) = index.span(&self.section, (key >> 64) as u64, self.len);
        while from < to {
            let count = BLOCK.min(to - from);
            let at = from + (to - from - count) / 2;
            let block = &mut bytes[..count as usize * ENTRY_BYTES];
            self.file.read_at(at * ENTRY_BYTES as u64, block)?;
            match find_in(block, key) {
                Found::Before => to = at,
                Found::After => from = at + count,
                Found::Within(place) => return Ok(place),
            }
        }
        Ok(None)
    }
}

enum Found {
    Before,
    After,
    Within(Option<u64>),
}

/// Where a key is, seen from a block of at least one entry.
fn find_in(block: &[u8], key: u128) -> Found {
    let entry = |at: usize| Entry::from_bytes(&block[at * ENTRY_BYTES..]);
    let count = block.len() / ENTRY_BYTES;
    if key < entry(0).key() {
        return Found::Before;
    }
    if key > entry(count - 1).key() {
        return Found::After;
    }
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = (from + to) / 2;
        if entry(middle).key() < key { from = middle + 1 } else { to = middle }
    }
    // The last key is not less, so there is an entry here.
    let here = entry(from);
    Found::Within((here.key() == key).then_some(here.place))
}

/// Makes a run of entries that come in the order of their keys.
#[derive(Debug)]
pub(super) struct RunWriter<'a> {
    run: Run,
    index: &'a mut Index,
    written: u64,
    buffer: Vec<u8>,
}

impl<'a> RunWriter<'a> {
    /// Into `file`, by way of a buffer of `buffer_bytes`; `run.section` is the last that was begun.
    pub(super) fn new(run: Run, index: &'a mut Index, buffer_bytes: usize) -> RunWriter<'a> {
        RunWriter { run, index, written: 0, buffer: Vec::with_capacity(buffer_bytes) }
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry) -> Result<(), Error> {
        self.index.put(&mut self.run.section, self.written, entry);
        if self.buffer.len() + ENTRY_BYTES > self.buffer.capacity() {
            self.run.file.append(&self.buffer)?;
            self.buffer.clear();
        }
        self.buffer.extend_from_slice(&entry.to_bytes());
        self.written += 1;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Run, Error> {
        debug_assert_eq!(self.written, self.run.len, "a run has as many entries as were told of");
        self.run.file.append(&self.buffer)?;
        Ok(self.run)
    }
}
