//! Finds the bytes that give CSV its structure, 64 at a time.

use wide::u8x16;

/// Walks over the positions of delimiters, quotes, escapes and line ends.
///
/// `N` is the number of different bytes looked for; the walk is compiled once for each.
#[derive(Debug)]
pub struct Scanner<'b, const N: usize> {
    bytes: &'b [u8],
    needles: [u8; N],
    /// Offset of the block that `mask` describes.
    base: usize,
    /// One bit for each position of the block that is still to be visited.
    mask: u64,
}

impl<'b, const N: usize> Scanner<'b, N> {
    /// A walk over `bytes` from `start`.
    pub fn new(bytes: &'b [u8], start: usize, needles: [u8; N]) -> Self {
        let mut scanner = Scanner { bytes, needles, base: 0, mask: 0 };
        scanner.seek(start);
        scanner
    }

    /// Goes on from `position`, in whatever direction that is.
    pub fn seek(&mut self, position: usize) {
        self.base = position & !63;
        self.mask = self.block(self.base) & (u64::MAX << (position & 63));
    }

    /// The next position, or the number of bytes when there is none.
    #[inline(always)]
    pub fn stop(&mut self) -> usize {
        while self.mask == 0 {
            self.base += 64;
            if self.base >= self.bytes.len() {
                // Stays at the end however often it is asked.
                self.base = self.bytes.len() & !63;
                return self.bytes.len();
            }
            self.mask = self.block(self.base);
        }
        let position = self.base + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        position
    }

    #[inline(always)]
    fn block(&self, base: usize) -> u64 {
        match self.bytes.get(base..base + 64) {
            Some(block) => classify(block.try_into().expect("64 bytes"), &self.needles),
            None => self.last_block(base),
        }
    }

    #[cold]
    fn last_block(&self, base: usize) -> u64 {
        let rest = self.bytes.get(base..).unwrap_or_default();
        let mut block = [0; 64];
        block[..rest.len()].copy_from_slice(rest);
        let inside = if rest.is_empty() { 0 } else { u64::MAX >> (64 - rest.len()) };
        classify(&block, &self.needles) & inside
    }
}

/// One bit per byte of `block` that is among `needles`.
#[inline(always)]
fn classify<const N: usize>(block: &[u8; 64], needles: &[u8; N]) -> u64 {
    let mut mask = 0;
    for part in 0..4 {
        let lane = u8x16::new(block[part * 16..part * 16 + 16].try_into().expect("16 bytes"));
        let found =
            needles[1..].iter().fold(lane.simd_eq(u8x16::splat(needles[0])), |found, &needle| found | lane.simd_eq(u8x16::splat(needle)));
        mask |= u64::from(found.to_bitmask() as u16) << (part * 16);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn visits_every_needle(bytes in proptest::collection::vec(proptest::sample::select(b"ab,\"\n\r".to_vec()), 0..300), start in 0usize..300) {
            let start = start.min(bytes.len());
            let mut scanner = Scanner::new(&bytes, start, *b",\"\n\r");
            for (at, byte) in bytes.iter().enumerate().skip(start) {
                if b",\"\n\r".contains(byte) {
                    prop_assert_eq!(scanner.stop(), at);
                }
            }
            prop_assert_eq!(scanner.stop(), bytes.len());
            prop_assert_eq!(scanner.stop(), bytes.len());
            scanner.seek(0);
            prop_assert_eq!(scanner.stop(), bytes.iter().position(|b| b",\"\n\r".contains(b)).unwrap_or(bytes.len()));
        }
    }
}
