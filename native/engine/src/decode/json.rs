//! JSON tokens (RFC 8259), read strictly from bytes that are valid UTF-8.

use crate::rules::number::{Shape, shape};
use crate::word::{decimal, first_word, other_than_digits};
use std::ops::Range;
use wide::u8x16;

/// What is wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not JSON: what was expected at the cursor.
    Syntax(&'static str),
    /// Nested deeper than the limit.
    Depth,
    /// An escape that is half a surrogate pair.
    Surrogate,
}

/// A string token.
#[derive(Debug, Clone)]
pub struct Text {
    /// The bytes between the quotes.
    pub inner: Range<usize>,
    /// There are escapes among them.
    pub escaped: bool,
}

/// Powers of ten.
const TENS: [i64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Reads tokens from the front of a text.
#[derive(Debug)]
pub struct Cursor<'b> {
    /// The text.
    pub bytes: &'b [u8],
    /// The next byte.
    pub at: usize,
}

impl<'b> Cursor<'b> {
    /// The next byte that is no white space; 0 at the end, which no token begins with.
    #[inline(always)]
    pub fn peek(&mut self) -> u8 {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(&byte) => return byte,
                None => return 0,
            }
        }
    }

    /// Takes `byte`, after white space.
    #[inline(always)]
    pub fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), Fault> {
        if self.peek() != byte || self.at >= self.bytes.len() {
            return Err(Fault::Syntax(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// Takes a literal: `true`, `false` or `null`.
    #[inline]
    pub fn literal(&mut self, word: &'static str) -> Result<(), Fault> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(Fault::Syntax("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Takes a number, of which the cursor stands on the first byte, and gives its text.
    #[inline]
    pub fn number(&mut self) -> Result<&'b [u8], Fault> {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        let whole = self.digits("a digit")?;
        if whole > 1 && self.bytes[self.at - whole] == b'0' {
            self.at -= whole - 1;
            return Err(Fault::Syntax("no digit after a leading zero"));
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("a digit after the point")?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("a digit of the exponent")?;
        }
        Ok(&self.bytes[start..self.at])
    }

    /// The same with the number's shape.
    #[inline]
    pub fn number_shape(&mut self) -> Result<(&'b [u8], Shape), Fault> {
        if let Some((length, shape)) = plain_number(&self.bytes[self.at..]) {
            self.at += length;
            return Ok((&self.bytes[self.at - length..self.at], shape));
        }
        let text = self.number()?;
        Ok((text, shape(text)))
    }

    #[inline(always)]
    fn digits(&mut self, expected: &'static str) -> Result<usize, Fault> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(Fault::Syntax(expected)) } else { Ok(self.at - start) }
    }

    /// Takes a string, of which the cursor stands on the opening quote.
    #[inline]
    pub fn text(&mut self) -> Result<Text, Fault> {
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        loop {
            self.at = plain_end(self.bytes, self.at);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text { inner: start..self.at - 1, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(Fault::Syntax("no control character in a string")),
                None => return Err(Fault::Syntax("a closing quote")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let unit = hex(self.bytes, self.at + 2).ok_or(Fault::Syntax("four hexadecimal digits"))?;
                if (0xDC00..0xE000).contains(&unit) {
                    return Err(Fault::Surrogate);
                }
                if (0xD800..0xDC00).contains(&unit) {
                    let is_pair = self.bytes[self.at + 6..].starts_with(b"\\u")
                        && hex(self.bytes, self.at + 8).is_some_and(|low| (0xDC00..0xE000).contains(&low));
                    if !is_pair {
                        return Err(Fault::Surrogate);
                    }
                    self.at += 6;
                }
                self.at += 6;
            }
            _ => return Err(Fault::Syntax("an escape of JSON")),
        }
        Ok(())
    }
}

/// The length and the shape of the number that `bytes` begin with: one without an exponent whose digits fit a word before the point and a word
/// after it. `None` for all else.
#[inline(always)]
pub(crate) fn plain_number(bytes: &[u8]) -> Option<(usize, Shape)> {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let digits = &bytes[sign..];
    let word = first_word(digits)?;
    let whole = other_than_digits(word).trailing_zeros() / 8;
    // No zero leads but one that stands alone.
    if whole == 0 || whole == 8 || (whole > 1 && digits[0] == b'0') {
        return None;
    }
    let signed = |value: i64| if sign == 1 { -value } else { value };
    let (value, end) = (decimal(word, whole) as i64, whole as usize);
    match digits[end] {
        b'e' | b'E' => return None,
        b'.' => {}
        _ => return Some((sign + end, Shape::Small(signed(value)))),
    }
    let word = first_word(&digits[end + 1..])?;
    let places = other_than_digits(word).trailing_zeros() / 8;
    let end = end + 1 + places as usize;
    if places == 0 || places == 8 || matches!(digits[end], b'e' | b'E') {
        return None;
    }
    let mantissa = value * TENS[places as usize] + decimal(word, places) as i64;
    Some((sign + end, Shape::Short(signed(mantissa), places)))
}

/// The first byte from `at` on that ends plain text: a quote, a backslash or a control character.
#[inline(always)]
pub(crate) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        let block = u8x16::new(*block);
        let is_control = block.min(u8x16::splat(0x1F)).simd_eq(block);
        let found = (block.simd_eq(u8x16::splat(b'"')) | block.simd_eq(u8x16::splat(b'\\')) | is_control).to_bitmask();
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += 16;
    }
    while bytes.get(at).is_some_and(|&byte| byte != b'"' && byte != b'\\' && byte >= 0x20) {
        at += 1;
    }
    at
}

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |value, &digit| Some(value * 16 + char::from(digit).to_digit(16)?))
}

/// Unescapes a string whose escapes a [`Cursor`] has accepted.
pub fn unescape(inner: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut at = 0;
    while at < inner.len() {
        if inner[at] != b'\\' {
            out.push(inner[at]);
            at += 1;
            continue;
        }
        let simple = match inner[at + 1] {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            other => other,
        };
        if simple != b'u' {
            out.push(simple);
            at += 2;
            continue;
        }
        let mut code = hex(inner, at + 2).unwrap_or(0xFFFD);
        at += 6;
        if (0xD800..0xDC00).contains(&code) {
            let low = hex(inner, at + 2).unwrap_or(0xDC00);
            code = 0x10000 + ((code - 0xD800) << 10) + (low & 0x3FF);
            at += 6;
        }
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_text_ends_where_a_slow_reader_says(bytes in proptest::collection::vec(proptest::sample::select(b"ab \xC3\xA9\x7F\"\\\x1F\0".to_vec()), 0..60), plain in 0usize..40) {
            let bytes = [vec![b'a'; plain], bytes].concat();
            let expected = bytes.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20).unwrap_or(bytes.len());
            prop_assert_eq!(plain_end(&bytes, 0), expected);
        }

        #[test]
        fn a_number_and_its_shape_are_those_of_two_passes(
            number in "-?(0|[1-9][0-9]{0,9})(\\.[0-9]{0,9})?([eE][+-]?[0-9]{0,2})?|[0-9.eE-]{1,12}",
            rest in "[,} \n0-9a.eE]{0,12}",
        ) {
            let text = format!("{number}{rest}");
            let mut slow = Cursor { bytes: text.as_bytes(), at: 0 };
            let mut fast = Cursor { bytes: text.as_bytes(), at: 0 };
            let expected = slow.number().map(|text| (text, shape(text)));
            prop_assert_eq!(fast.number_shape(), expected);
            prop_assert_eq!(fast.at, slow.at);
        }
    }
}
