//! The entries that are in memory: a hash table that is in the order of its keys at all times, so that it need not be sorted to be written.

use super::entry::{ENTRY_BYTES, Entry, part};

/// Slots after the last home, for those that find theirs taken.
const SLACK: usize = 64;
/// How full a table may be, in sixteenths: beyond it, ways become long.
const FULL: usize = 13;

/// Open addressing where the home of a key is by its upper bits, and those that share a home stand in order behind each other.
#[derive(Debug)]
pub(super) struct Table {
    slots: Vec<Entry>,
    homes: usize,
    len: usize,
}

impl Table {
    /// An empty table of `homes` (at least one).
    pub(super) fn new(homes: usize) -> Table {
        Table { slots: vec![Entry::NONE; homes + SLACK], homes, len: 0 }
    }

    /// The most homes for which [`Table::bytes`] is at most `bytes`.
    pub(super) fn homes_within(bytes: usize) -> usize {
        (bytes / ENTRY_BYTES).saturating_sub(SLACK).max(1)
    }

    /// Bytes of a table of `homes`.
    pub(super) fn bytes_of(homes: usize) -> usize {
        (homes + SLACK) * ENTRY_BYTES
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * ENTRY_BYTES
    }

    pub(super) fn homes(&self) -> usize {
        self.homes
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The place of `key`, or else the slot that it belongs into.
    #[inline]
    pub(super) fn find(&self, key: u128) -> Result<u64, usize> {
        let mut at = part((key >> 64) as u64, self.homes);
        loop {
            match self.slots.get(at) {
                Some(entry) if !entry.is_none() => {
                    let here = entry.key();
                    if here >= key {
                        return if here == key { Ok(entry.place) } else { Err(at) };
                    }
                }
                _ => return Err(at),
            }
            at += 1;
        }
    }

    /// Puts `entry` into the slot that [`Table::find`] gave; false when there is no room for it.
    #[inline]
    pub(super) fn put(&mut self, at: usize, entry: Entry) -> bool {
        if self.len * 16 >= self.homes * FULL {
            return false;
        }
        let Some(room) = self.slots.get(at..).and_then(|rest| rest.iter().position(Entry::is_none)) else { return false };
        self.slots.copy_within(at..at + room, at + 1);
        self.slots[at] = entry;
        self.len += 1;
        true
    }

    /// The same entries in a table of `homes`; `None` when too many want the last of them.
    pub(super) fn grown(&self, homes: usize) -> Option<Table> {
        let mut table = Table::new(homes);
        let mut free = 0;
        for entry in self.entries() {
            let at = part(entry.high, homes).max(free);
            *table.slots.get_mut(at)? = entry;
            free = at + 1;
        }
        table.len = self.len;
        Some(table)
    }

    /// All entries, in the order of their keys.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.slots.iter().copied().filter(|entry| !entry.is_none())
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(Entry::NONE);
        self.len = 0;
    }
}
