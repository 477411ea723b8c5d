//! What memory keeps of the runs: for each a blocked Bloom filter, and fences.
//!
//! Runs come and go at one end only, so all filters stand behind one another in one piece of memory, and all fences in another. Were each
//! allocated for itself, the holes that they leave would take as much again.

use super::entry::{Entry, part};

/// Bits of one line.
const LINE_BITS: usize = 512;
/// Bits of a key that are set in its line at most: each takes nine of the 64 bits of the key's lower half.
const PROBES_MAX: u32 = 7;
/// Beyond this many bits a key a filter gets larger, and hardly better.
const BITS_PER_KEY_MAX: usize = 12;
/// The part of the memory that is for fences: filters spare more reads.
const FENCES_SHARE: usize = 16;

/// On the bounds of a line of the processor's cache, so that none is fetched in two.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line([u64; 8]);

const LINE_BYTES: usize = size_of::<Line>();
const FENCE_BYTES: usize = size_of::<u64>();

/// The memory of the filters and fences of all runs.
#[derive(Debug)]
pub(super) struct Index {
    lines: Vec<Line>,
    lines_max: usize,
    fences: Vec<u64>,
    fences_max: usize,
}

/// The part of the index that is of one run.
#[derive(Debug)]
pub(super) struct Section {
    lines_start: usize,
    lines: usize,
    probes: u32,
    fences_start: usize,
    fences: usize,
    /// Entries for each fence.
    stride: u64,
}

impl Index {
    /// An empty index that takes `bytes_max` at most.
    pub(super) fn new(bytes_max: usize) -> Index {
        let fences_max = bytes_max / FENCES_SHARE / FENCE_BYTES;
        let lines_max = (bytes_max - fences_max * FENCE_BYTES) / LINE_BYTES;
        Index { lines: Vec::new(), lines_max, fences: Vec::new(), fences_max }
    }

    pub(super) fn bytes(&self) -> usize {
        self.lines.capacity() * LINE_BYTES + self.fences.capacity() * FENCE_BYTES
    }

    /// Gives up all that comes after `last`, and begins a section of `keys` there. The fences are for whole blocks of `block` entries.
    pub(super) fn begin(&mut self, last: Option<&Section>, keys: u64, block: u64) -> Section {
        // All at once, so that it never moves; the system gives what is reserved only as it is used.
        self.lines.reserve_exact(self.lines_max - self.lines.len());
        self.fences.reserve_exact(self.fences_max - self.fences.len());
        self.lines.truncate(last.map_or(0, |last| last.lines_start + last.lines));
        self.fences.truncate(last.map_or(0, |last| last.fences_start + last.fences));
        let (lines_start, fences_start) = (self.lines.len(), self.fences.len());
        // A smaller run has to find room later, and one that is smaller still after it; each is half as large at most.
        let lines_free = (self.lines_max - lines_start) / 2;
        let fences_free = ((self.fences_max - fences_start) / 2) as u64;
        let lines = (keys as usize).saturating_mul(BITS_PER_KEY_MAX).div_ceil(LINE_BITS).min(lines_free);
        self.lines.resize(lines_start + lines, Line([0; 8]));
        // Fewest mistakes come of ln 2 times as many probes as there are bits a key.
        let bits_per_key = (lines * LINE_BITS) as f64 / keys.max(1) as f64;
        let probes = ((bits_per_key * std::f64::consts::LN_2).round() as u32).clamp(1, PROBES_MAX);
        let stride = if fences_free == 0 { u64::MAX } else { keys.div_ceil(block).div_ceil(fences_free) * block };
        Section { lines_start, lines, probes, fences_start, fences: 0, stride }
    }

    /// Adds entry `at` of the section that was begun last; they come in order.
    #[inline]
    pub(super) fn put(&mut self, section: &mut Section, at: u64, entry: Entry) {
        if section.stride != u64::MAX && at == section.stride * section.fences as u64 {
            self.fences.push(entry.high);
            section.fences += 1;
        }
        let lines = &mut self.lines[section.lines_start..];
        let Some(line) = lines.get_mut(part(entry.high, section.lines)) else { return };
        for bit in bits(entry.low, section.probes) {
            line.0[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// False when the key is surely not in the section. With too little memory for it, all may be.
    #[inline]
    pub(super) fn may_have(&self, section: &Section, high: u64, low: u64) -> bool {
        if section.lines == 0 {
            return true;
        }
        let line = &self.lines[section.lines_start + part(high, section.lines)];
        // Without a branch for each bit: none of them could be foretold.
        bits(low, section.probes).fold(1, |all, bit| all & (line.0[bit / 64] >> (bit % 64))) & 1 == 1
    }

    /// The entries, of `len`, among which a key of this upper half is, if it is there at all. One upper half may go on beyond a fence.
    pub(super) fn span(&self, section: &Section, high: u64, len: u64) -> (u64, u64) {
        if section.fences == 0 {
            return (0, len);
        }
        let fences = &self.fences[section.fences_start..][..section.fences];
        let before = fences.partition_point(|&fence| fence < high);
        let end = before + fences[before..].partition_point(|&fence| fence == high);
        (before.saturating_sub(1) as u64 * section.stride, (end as u64 * section.stride).min(len))
    }
}

/// The places in its line of a key with this lower half.
#[inline]
fn bits(low: u64, probes: u32) -> impl Iterator<Item = usize> {
    (0..probes).map(move |probe| (low >> (9 * probe)) as usize % LINE_BITS)
}
