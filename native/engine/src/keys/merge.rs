//! Makes one run of the table and of runs, from front to back, in little memory.

use super::SpillFile;
use super::entry::{ENTRY_BYTES, Entry};
use super::run::{Run, RunWriter};
use super::table::Table;
use crate::error::Error;

/// Bytes of memory for each run that is read, beside its buffer.
pub(super) const SOURCE_BYTES: usize = size_of::<Reader>() + size_of::<Entry>();

/// A run that is read from front to back. No key is in two.
#[derive(Debug)]
pub(super) struct Reader {
    file: Box<dyn SpillFile>,
    /// Bytes of the file that are still to be read into the buffer.
    left: u64,
    offset: u64,
    buffer: Vec<u8>,
    at: usize,
}

impl Reader {
    /// Reads `len` entries by way of a buffer of `buffer_bytes`, which is some number of whole entries.
    pub(super) fn new(file: Box<dyn SpillFile>, len: u64, buffer_bytes: usize) -> Reader {
        Reader { file, left: len * ENTRY_BYTES as u64, offset: 0, buffer: vec![0; buffer_bytes], at: buffer_bytes }
    }

    #[inline]
    fn next(&mut self) -> Result<Option<Entry>, Error> {
        if self.at == self.buffer.len() {
            if self.left == 0 {
                return Ok(None);
            }
            self.fill()?;
        }
        let entry = Entry::from_bytes(&self.buffer[self.at..]);
        self.at += ENTRY_BYTES;
        Ok(Some(entry))
    }

    fn fill(&mut self) -> Result<(), Error> {
        self.buffer.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.file.read_at(self.offset, &mut self.buffer)?;
        self.offset += self.buffer.len() as u64;
        self.left -= self.buffer.len() as u64;
        self.at = 0;
        Ok(())
    }
}

/// Writes all that the table and the runs have.
pub(super) fn merge(table: &Table, mut runs: Vec<Reader>, mut writer: RunWriter<'_>) -> Result<Run, Error> {
    let mut heads = Vec::with_capacity(runs.len());
    for run in &mut runs {
        heads.push(run.next()?.expect("a run has an entry at least"));
    }
    for entry in table.entries() {
        while let Some(least) = least_below(&heads, entry.key()) {
            step(&mut heads, &mut runs, least, &mut writer)?;
        }
        writer.push(entry)?;
    }
    while let Some(least) = least_below(&heads, u128::MAX) {
        step(&mut heads, &mut runs, least, &mut writer)?;
    }
    writer.finish()
}

/// Which of `heads` has the least key of those up to `bound`.
#[inline]
fn least_below(heads: &[Entry], bound: u128) -> Option<usize> {
    let (mut least, mut found) = (bound, None);
    for (at, head) in heads.iter().enumerate() {
        if head.key() <= least {
            (least, found) = (head.key(), Some(at));
        }
    }
    found
}

/// Writes the head at `at`, and reads on where it came from.
#[inline]
fn step(heads: &mut Vec<Entry>, runs: &mut Vec<Reader>, at: usize, writer: &mut RunWriter<'_>) -> Result<(), Error> {
    writer.push(heads[at])?;
    match runs[at].next()? {
        Some(next) => heads[at] = next,
        None => {
            heads.swap_remove(at);
            runs.swap_remove(at);
        }
    }
    Ok(())
}
