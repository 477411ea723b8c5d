//! Finds where a record of a JSON document ends, 64 bytes at a time, and makes one line of it.
//!
//! Only strings and brackets are looked at; what else is wrong with a record is found when it is checked. On the way line feeds are counted, and
//! line breaks between tokens become spaces: the record keeps its length and its meaning, and stands on one line wherever it goes. A line feed
//! within a string, which JSON forbids, becomes a carriage return, which JSON forbids as well: on one line too, and refused all the same.

use super::nesting::Nesting;
use wide::u8x16;

/// Levels of nesting that are followed: 1 MiB of open brackets.
pub(crate) const RECORD_DEPTH_MAX: usize = 1 << 23;

/// What a scan has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The record ends before this byte.
    End(usize),
    /// It goes on beyond the bytes.
    More,
    /// This bracket closes one of the other kind.
    Mismatch(usize),
    /// This bracket opens one level too many.
    TooDeep(usize),
}

/// What a record is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Composite,
    Text,
    /// A number, a literal, or what was meant to be one.
    Word,
}

/// A record that is being read.
#[derive(Debug)]
pub(crate) struct RecordEnd {
    shape: Shape,
    nesting: Nesting,
    /// All ones within a string.
    in_text: u64,
    /// 1 when the next byte is escaped.
    escaped: u64,
    /// Line feeds met since the record began.
    pub(crate) lines: u64,
}

impl RecordEnd {
    /// Before a record that begins with `first`.
    pub(crate) fn new(first: u8) -> RecordEnd {
        let shape = match first {
            b'{' | b'[' => Shape::Composite,
            b'"' => Shape::Text,
            _ => Shape::Word,
        };
        RecordEnd { shape, nesting: Nesting::default(), in_text: 0, escaped: 0, lines: 0 }
    }

    /// Reads on from `start`. What was read is not to be shown again, but stays where it is.
    #[inline]
    pub(crate) fn read(&mut self, bytes: &mut [u8], start: usize) -> Found {
        if self.shape == Shape::Word {
            return bytes[start..].iter().position(|&byte| ends_word(byte)).map_or(Found::More, |length| Found::End(start + length));
        }
        let mut base = start;
        while let Some(block) = bytes.get_mut(base..base + 64) {
            match self.block(block.try_into().expect("64 bytes"), 64) {
                Found::More => base += 64,
                found => return found.from(base),
            }
        }
        let rest = &mut bytes[base..];
        let mut block = [b' '; 64];
        block[..rest.len()].copy_from_slice(rest);
        let found = self.block(&mut block, rest.len());
        rest.copy_from_slice(&block[..rest.len()]);
        found.from(base)
    }

    /// Reads `length` bytes of `block`; the others are spaces.
    #[inline(always)]
    fn block(&mut self, block: &mut [u8; 64], length: usize) -> Found {
        let Masks { quotes, backslashes, opens, closes, feeds, returns } = classify(block);
        let inside = u64::MAX >> (64 - length.max(1)) & if length == 0 { 0 } else { u64::MAX };
        let escaped = self.escapes(backslashes, length);
        let quotes = quotes & !escaped;
        let in_text = prefix_xor(quotes) ^ self.in_text;
        let mut found = Found::More;
        if self.shape == Shape::Text {
            // A string is closed by the first quote outside of which it is text no more.
            let closing = quotes & !in_text;
            if closing != 0 {
                found = Found::End(closing.trailing_zeros() as usize + 1);
            }
        } else {
            let mut brackets = (opens | closes) & !in_text;
            while brackets != 0 {
                let at = brackets.trailing_zeros() as usize;
                brackets &= brackets - 1;
                found = self.bracket(block[at], at);
                if found != Found::More {
                    break;
                }
            }
        }
        self.in_text = ((in_text as i64) >> 63) as u64;
        // What comes after the record is none of its business.
        let own = match found {
            Found::End(0) | Found::Mismatch(0) | Found::TooDeep(0) => 0,
            Found::End(end) | Found::Mismatch(end) | Found::TooDeep(end) => u64::MAX >> (64 - end),
            Found::More => inside,
        };
        if (feeds | returns) & own != 0 {
            self.join_lines(block, feeds & own, returns & own, in_text);
        }
        found
    }

    #[inline(always)]
    fn bracket(&mut self, byte: u8, at: usize) -> Found {
        let is_curly = byte & 0x20 != 0;
        // Opening brackets differ from closing ones in these bits: 0x5B and 0x7B, 0x5D and 0x7D.
        if byte & 0x06 == 0x02 {
            if self.nesting.depth == RECORD_DEPTH_MAX {
                return Found::TooDeep(at);
            }
            self.nesting.open(is_curly);
        } else if !self.nesting.close(is_curly) {
            return Found::Mismatch(at);
        } else if self.nesting.depth == 0 {
            return Found::End(at + 1);
        }
        Found::More
    }

    /// The bytes that a backslash stands before which is not escaped itself.
    #[inline(always)]
    fn escapes(&mut self, backslashes: u64, length: usize) -> u64 {
        let mut escaped = self.escaped;
        if length > 0 {
            self.escaped = 0;
        }
        let mut rest = backslashes & !escaped;
        while rest != 0 {
            let at = rest.trailing_zeros();
            if at as usize == length - 1 {
                self.escaped = 1;
            } else {
                escaped |= 2 << at;
            }
            rest &= !(3 << at);
        }
        escaped
    }

    fn join_lines(&mut self, block: &mut [u8; 64], feeds: u64, returns: u64, in_text: u64) {
        self.lines += u64::from(feeds.count_ones());
        let mut breaks = (feeds | returns) & !in_text;
        while breaks != 0 {
            block[breaks.trailing_zeros() as usize] = b' ';
            breaks &= breaks - 1;
        }
        let mut within = feeds & in_text;
        while within != 0 {
            block[within.trailing_zeros() as usize] = b'\r';
            within &= within - 1;
        }
    }

    /// True while a string is open.
    pub(crate) fn is_in_text(&self) -> bool {
        self.in_text != 0
    }

    /// True when the end of the document ends the record too.
    pub(crate) fn ends_with_document(&self) -> bool {
        self.shape == Shape::Word
    }
}

impl Found {
    #[inline(always)]
    fn from(self, base: usize) -> Found {
        match self {
            Found::End(at) => Found::End(base + at),
            Found::More => Found::More,
            Found::Mismatch(at) => Found::Mismatch(base + at),
            Found::TooDeep(at) => Found::TooDeep(base + at),
        }
    }
}

/// True for a byte that no number and no literal has.
fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']')
}

/// Each bit on or off as an odd or even number of bits is on at or below it.
#[inline(always)]
fn prefix_xor(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |bits, shift| bits ^ bits << shift)
}

struct Masks {
    quotes: u64,
    backslashes: u64,
    opens: u64,
    closes: u64,
    feeds: u64,
    returns: u64,
}

#[inline(always)]
fn classify(block: &[u8; 64]) -> Masks {
    let mut masks = Masks { quotes: 0, backslashes: 0, opens: 0, closes: 0, feeds: 0, returns: 0 };
    for part in 0..4 {
        let lane = u8x16::new(block[part * 16..part * 16 + 16].try_into().expect("16 bytes"));
        let folded = lane | u8x16::splat(0x20);
        let bits = |lane: u8x16, byte: u8| u64::from(lane.simd_eq(u8x16::splat(byte)).to_bitmask() as u16) << (part * 16);
        masks.quotes |= bits(lane, b'"');
        masks.backslashes |= bits(lane, b'\\');
        masks.opens |= bits(folded, b'{');
        masks.closes |= bits(folded, b'}');
        masks.feeds |= bits(lane, b'\n');
        masks.returns |= bits(lane, b'\r');
    }
    masks
}
