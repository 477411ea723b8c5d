//! Finds the bytes that give CSV its structure, 64 at a time.

use wide::u8x16;

/// Walks over the positions of delimiters, quotes, escapes and line ends.
///
/// `N` is the number of different bytes looked for; the walk is compiled once for each.
#[derive(Debug)]
pub struct Scanner<'b, const N: usize> {
    bytes: &'b [u8],
    /// Sixteen of each; the second one opens and closes quotes.
    needles: [u8x16; N],
    quote: u8,
    /// Offset of the block that `mask` describes.
    base: usize,
    /// One bit for each position of the block that is still to be visited.
    mask: u64,
}

/// Where a walk through quoted text came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within {
    /// The quote that closes, where it was found.
    pub close: Option<usize>,
    /// Line ends before it, or in all that was looked through.
    pub lines: u32,
    /// The text has doubled quotes.
    pub doubled: bool,
}

impl<'b, const N: usize> Scanner<'b, N> {
    /// A walk over `bytes` from `start`.
    pub fn new(bytes: &'b [u8], start: usize, needles: [u8; N]) -> Self {
        let mut scanner = Scanner { bytes, needles: needles.map(u8x16::splat), quote: needles[1], base: 0, mask: 0 };
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

    /// Walks from `from`, which follows a quote that opens, to the quote that closes: the first one that is not doubled. Ends without one where so
    /// many line ends were passed, or all bytes before `until`. What [`Scanner::stop`] gives next follows the quote that closes; without one,
    /// the walk has to be sought anew.
    ///
    /// What stands within quotes gives no structure, so neither delimiters nor line ends are stopped at: those are only counted.
    pub fn close(&mut self, from: usize, until: usize, lines_max: u32) -> Within {
        let within = [self.needles[1], u8x16::splat(b'\n'), u8x16::splat(b'\r')];
        let (mut lines, mut doubled) = (0, false);
        let mut base = from & !63;
        let mut inside = u64::MAX << (from & 63);
        loop {
            let [quotes, feeds, returns] = self.places(base, within);
            let mut left = quotes & inside;
            let mut begins = u64::MAX;
            let mut closes = None;
            while left != 0 {
                let at = left.trailing_zeros();
                if self.bytes.get(base + at as usize + 1) != Some(&self.quote) {
                    closes = Some(at);
                    break;
                }
                doubled = true;
                left &= left - 1;
                // The other one of the two may begin the next block.
                if at == 63 {
                    begins = !1;
                }
                left &= left.wrapping_sub(1);
            }
            let before = inside & closes.map_or(u64::MAX, |at| !(u64::MAX << at));
            lines += (feeds & before).count_ones() + self.lone(base, returns & before);
            if let Some(at) = closes {
                self.base = base;
                let [delimiters] = self.places(base, [self.needles[0]]);
                self.mask = (quotes | feeds | returns | delimiters) & (u64::MAX << at << 1);
                return Within { close: Some(base + at as usize), lines, doubled };
            }
            (base, inside) = (base + 64, begins);
            if base >= until.min(self.bytes.len()) || (lines > 0 && lines >= lines_max) {
                return Within { close: None, lines, doubled };
            }
        }
    }

    /// How many of the carriage returns at `places` of a block are line ends of their own.
    #[inline(always)]
    fn lone(&self, base: usize, mut places: u64) -> u32 {
        let mut lone = 0;
        while places != 0 {
            lone += u32::from(self.bytes.get(base + places.trailing_zeros() as usize + 1) != Some(&b'\n'));
            places &= places - 1;
        }
        lone
    }

    /// The places of all needles.
    #[inline(always)]
    fn block(&self, base: usize) -> u64 {
        match self.bytes.get(base..base + 64) {
            Some(block) => mask(block.try_into().expect("64 bytes"), &self.needles),
            None => self.last_places(base, self.needles).into_iter().fold(0, |all, places| all | places),
        }
    }

    /// The places of each of `needles`.
    #[inline(always)]
    fn places<const K: usize>(&self, base: usize, needles: [u8x16; K]) -> [u64; K] {
        match self.bytes.get(base..base + 64) {
            Some(block) => needles.map(|needle| mask(block.try_into().expect("64 bytes"), &[needle])),
            None => self.last_places(base, needles),
        }
    }

    #[cold]
    fn last_places<const K: usize>(&self, base: usize, needles: [u8x16; K]) -> [u64; K] {
        let rest = self.bytes.get(base..).unwrap_or_default();
        let mut block = [0; 64];
        block[..rest.len()].copy_from_slice(rest);
        let inside = if rest.is_empty() { 0 } else { u64::MAX >> (64 - rest.len()) };
        needles.map(|needle| mask(&block, &[needle]) & inside)
    }
}

/// One bit per byte of `block` that is among `needles`.
#[inline(always)]
fn mask<const N: usize>(block: &[u8; 64], needles: &[u8x16; N]) -> u64 {
    let mut mask = 0;
    for part in 0..4 {
        let lane = u8x16::new(block[part * 16..part * 16 + 16].try_into().expect("16 bytes"));
        let found = needles[1..].iter().fold(lane.simd_eq(needles[0]), |found, &needle| found | lane.simd_eq(needle));
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

        #[test]
        fn closes_at_the_first_quote_that_is_not_doubled(
            bytes in proptest::collection::vec(proptest::sample::select(b"aaaaaaaa,\"\"\"\n\r".to_vec()), 1..300),
            from in 0usize..300,
            until in 0usize..400,
            lines_max in prop_oneof![Just(u32::MAX), 1u32..5],
        ) {
            let from = from.min(bytes.len() - 1);
            let (mut at, mut lines, mut doubled) = (from, 0, false);
            while at < bytes.len() {
                match (bytes[at], bytes.get(at + 1)) {
                    (b'"', Some(b'"')) => (at, doubled) = (at + 1, true),
                    (b'"', _) => break,
                    (b'\n', _) => lines += 1,
                    (b'\r', next) if next != Some(&b'\n') => lines += 1,
                    _ => {}
                }
                at += 1;
            }
            let mut scanner = Scanner::new(&bytes, 0, *b",\"\n\r");
            let within = scanner.close(from, until, lines_max);
            if within.close.is_some() {
                prop_assert_eq!(within, Within { close: Some(at), lines, doubled });
                let next = bytes[at + 1..].iter().position(|b| b",\"\n\r".contains(b)).map_or(bytes.len(), |found| at + 1 + found);
                prop_assert_eq!(scanner.stop(), next);
            } else {
                prop_assert!(at >= until.min(bytes.len()) || within.lines >= lines_max, "{within:?}, and it closes at {at}");
                prop_assert!(within.lines <= lines);
            }
        }
    }
}
