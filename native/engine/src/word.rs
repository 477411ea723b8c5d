//! Eight bytes as one word, so that all of them are asked at once.

/// One in every byte.
const ONES: u64 = u64::MAX / 255;
/// The highest bit of every byte.
pub(crate) const HIGHS: u64 = ONES << 7;

/// The first 8 bytes of `text`, the first one lowest.
#[inline(always)]
pub(crate) fn first_word(text: &[u8]) -> Option<u64> {
    text.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// A text of at most 8 bytes, the first one lowest, and zeros after the last.
#[inline(always)]
pub(crate) fn short_word(text: &[u8]) -> u64 {
    debug_assert!(text.len() <= 8);
    let at = |index: usize| u64::from(text[index]) << (index * 8);
    // Reads that overlap cost less than one read a byte.
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << ((text.len() - 4) * 8),
        _ if text.is_empty() => 0,
        _ => at(0) | at(text.len() / 2) | at(text.len() - 1),
    }
}

/// A range of ASCII for each byte of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ranges {
    /// Added to a byte from the low end of its range up, it sets the highest bit.
    to_low: u64,
    /// Added to a byte beyond the high end of its range, it sets the highest bit.
    beyond_high: u64,
}

impl Ranges {
    /// From `low` to `high`, both ends included, which are ASCII.
    pub(crate) const fn new(low: [u8; 8], high: [u8; 8]) -> Ranges {
        // Neither difference borrows from the byte above, as all bytes are below 0x80.
        let (low, high) = (u64::from_le_bytes(low), u64::from_le_bytes(high));
        assert!((low | high) & HIGHS == 0);
        Ranges { to_low: HIGHS - low, beyond_high: (HIGHS - ONES) - high }
    }

    /// The highest bit of each byte that is in its range. Means something only where all bytes of `word` are ASCII.
    #[inline(always)]
    pub(crate) fn within(self, word: u64) -> u64 {
        word.wrapping_add(self.to_low) & !word.wrapping_add(self.beyond_high) & HIGHS
    }

    /// True when all bytes are ASCII and in their ranges.
    #[inline(always)]
    pub(crate) fn hold(self, word: u64) -> bool {
        self.within(word) & !word & HIGHS == HIGHS
    }
}

/// The highest bit of each byte that is no ASCII digit.
#[inline(always)]
pub(crate) fn other_than_digits(word: u64) -> u64 {
    let values = word ^ (ONES * 0x30);
    // Without their highest bits no byte carries into the next.
    (((values & !HIGHS) + ONES * 0x76) | values) & HIGHS
}

/// The number that the first `count` bytes are in decimal digits; `count` is 1 to 8, and what comes after them does not matter.
#[inline(always)]
pub(crate) fn decimal(word: u64, count: u32) -> u64 {
    let digits = (word & (ONES * 0x0F)) << (64 - count * 8);
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lanes(mask: u64) -> [bool; 8] {
        mask.to_le_bytes().map(|byte| byte & 0x80 != 0)
    }

    proptest! {
        #[test]
        fn a_short_word_holds_its_text(text in proptest::collection::vec(any::<u8>(), 0..=8)) {
            let mut padded = [0; 8];
            padded[..text.len()].copy_from_slice(&text);
            prop_assert_eq!(short_word(&text), u64::from_le_bytes(padded));
            prop_assert_eq!(first_word(&text), (text.len() == 8).then_some(u64::from_le_bytes(padded)));
        }

        #[test]
        fn ranges_hold_what_is_in_them(ends in any::<[(u8, u8); 8]>(), bytes in any::<[u8; 8]>(), is_ascii in any::<bool>()) {
            let low = ends.map(|(low, _)| low & 0x7F);
            let high = ends.map(|(_, high)| high & 0x7F);
            let bytes = if is_ascii { bytes.map(|byte| byte & 0x7F) } else { bytes };
            let expected: [bool; 8] = std::array::from_fn(|at| (low[at]..=high[at]).contains(&bytes[at]));
            let ranges = Ranges::new(low, high);
            let word = u64::from_le_bytes(bytes);
            prop_assert_eq!(ranges.hold(word), bytes.is_ascii() && expected == [true; 8]);
            if bytes.is_ascii() {
                prop_assert_eq!(lanes(ranges.within(word)), expected);
            }
        }

        #[test]
        fn digits_are_told_from_all_else(bytes in any::<[u8; 8]>(), digits in "[0-9]{8}", taken in any::<[bool; 8]>()) {
            let bytes: [u8; 8] = std::array::from_fn(|at| if taken[at] { digits.as_bytes()[at] } else { bytes[at] });
            prop_assert_eq!(lanes(other_than_digits(u64::from_le_bytes(bytes))), bytes.map(|byte| !byte.is_ascii_digit()));
        }

        #[test]
        fn decimal_reads_the_digits(digits in "[0-9]{1,8}", after in any::<[u8; 8]>()) {
            let mut bytes = after;
            bytes[..digits.len()].copy_from_slice(digits.as_bytes());
            let value: u64 = digits.parse().expect("digits");
            prop_assert_eq!(decimal(u64::from_le_bytes(bytes), digits.len() as u32), value);
        }
    }
}
