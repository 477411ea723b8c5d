//! JSON tokens (RFC 8259), read strictly from bytes that are valid UTF-8.

use std::ops::Range;

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

/// The first byte from `at` on that ends plain text: a quote, a backslash or a control character.
#[inline(always)]
pub(crate) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    while let Some(word) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(word.try_into().expect("8 bytes"));
        let zero_byte = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
        let found = zero_byte(word ^ (ONES * 0x22)) | zero_byte(word ^ (ONES * 0x5C)) | (word.wrapping_sub(ONES * 0x20) & !word & HIGHS);
        if found != 0 {
            // The lowest set bit is exact; borrows only spoil those above it.
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
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
