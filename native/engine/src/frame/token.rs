//! Tokens of a JSON document (RFC 8259) that come in pieces, read strictly and forgotten at once.

use crate::decode::json::{Cursor, Fault, plain_end};

/// What a read of part of a token has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The token ends before this byte.
    End(usize),
    /// It goes on; what stands before this byte was read.
    More(usize),
    /// Something else was expected at this byte.
    Fault(usize, &'static str),
}

/// Reads the inside of a string from `at` on, until past its closing quote. An escape or a character that is cut is left to the next read.
pub(crate) fn read_text(bytes: &[u8], mut at: usize, last: bool) -> Progress {
    loop {
        let end = plain_end(bytes, at);
        let plain = &bytes[at..end];
        if !plain.is_ascii()
            && let Err(fault) = std::str::from_utf8(plain)
        {
            let valid = at + fault.valid_up_to();
            let is_cut = fault.error_len().is_none() && end == bytes.len() && !last;
            return if is_cut { Progress::More(valid) } else { Progress::Fault(valid, "UTF-8") };
        }
        at = end;
        match bytes.get(at) {
            Some(b'"') => return Progress::End(at + 1),
            Some(b'\\') => match escape(bytes, at, last) {
                Progress::End(end) => at = end,
                other => return other,
            },
            Some(_) => return Progress::Fault(at, "no control character in a string"),
            None => return Progress::More(at),
        }
    }
}

/// Half a surrogate pair is let pass here: it is JSON, and no record.
fn escape(bytes: &[u8], at: usize, last: bool) -> Progress {
    let is_cut = |length: usize| bytes.len() < at + length && !last;
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Progress::End(at + 2),
        Some(b'u') => match bytes[at + 2..].iter().take(4).position(|digit| !digit.is_ascii_hexdigit()) {
            Some(_) => Progress::Fault(at, "four hexadecimal digits after \\u"),
            None if is_cut(6) => Progress::More(at),
            None if bytes.len() < at + 6 => Progress::More(bytes.len()),
            None => Progress::End(at + 6),
        },
        Some(_) => Progress::Fault(at, "an escape of JSON"),
        None if is_cut(2) => Progress::More(at),
        None => Progress::More(bytes.len()),
    }
}

/// Reads the literal that begins at `at`; one that is cut is left to the next read.
pub(crate) fn read_literal(bytes: &[u8], at: usize, last: bool) -> Progress {
    let word: &[u8] = match bytes[at] {
        b't' => b"true",
        b'f' => b"false",
        _ => b"null",
    };
    let there = &bytes[at..bytes.len().min(at + word.len())];
    if !word.starts_with(there) {
        Progress::Fault(at, "a value")
    } else if there.len() == word.len() {
        Progress::End(at + word.len())
    } else {
        Progress::More(if last { bytes.len() } else { at })
    }
}

/// How far a number has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Start,
    Minus,
    Zero,
    Whole,
    Point,
    Fraction,
    Exponent,
    Sign,
    ExponentDigits,
}

impl Number {
    /// What `byte` makes of it; `None` when it is no part of the number.
    fn step(self, byte: u8) -> Option<Number> {
        use Number::{Exponent, ExponentDigits, Fraction, Minus, Point, Sign, Start, Whole, Zero};
        Some(match (self, byte) {
            (Start, b'-') => Minus,
            (Start | Minus, b'0') => Zero,
            (Start | Minus, b'1'..=b'9') | (Whole, b'0'..=b'9') => Whole,
            (Zero | Whole, b'.') => Point,
            (Point | Fraction, b'0'..=b'9') => Fraction,
            (Zero | Whole | Fraction, b'e' | b'E') => Exponent,
            (Exponent, b'+' | b'-') => Sign,
            (Exponent | Sign | ExponentDigits, b'0'..=b'9') => ExponentDigits,
            _ => return None,
        })
    }

    /// True where a number may end.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Number::Zero | Number::Whole | Number::Fraction | Number::ExponentDigits)
    }

    /// Reads on from `at`.
    pub(crate) fn read(&mut self, bytes: &[u8], mut at: usize) -> Progress {
        while let Some(&byte) = bytes.get(at) {
            match self.step(byte) {
                Some(next) => *self = next,
                None if self.is_whole() && !byte.is_ascii_digit() => return Progress::End(at),
                None if self.is_whole() => return Progress::Fault(at, "no digit after a leading zero"),
                None => return Progress::Fault(at, "a digit"),
            }
            at += 1;
        }
        Progress::More(at)
    }
}

/// The text of a name as it stands between its quotes; `None` when it has half a surrogate pair, which no text is equal to.
pub(crate) fn decode_name(raw: &[u8]) -> Option<String> {
    let quoted = [b"\"", raw, b"\""].concat();
    let mut cursor = Cursor { bytes: &quoted, at: 0 };
    let text = match cursor.text() {
        Ok(text) => text,
        Err(Fault::Surrogate | Fault::Syntax(_) | Fault::Depth) => return None,
    };
    let mut decoded = Vec::new();
    crate::decode::json::unescape(&quoted[text.inner], &mut decoded);
    String::from_utf8(decoded).ok()
}
