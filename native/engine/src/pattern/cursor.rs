//! A reading position in the source of a pattern, and the escapes that both atoms and classes share.

use super::PatternError;

#[derive(Clone, Debug)]
pub(super) struct Cursor<'s> {
    pub source: &'s str,
    pub at: usize,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(source: &'s str) -> Cursor<'s> {
        Cursor { source, at: 0 }
    }

    pub(super) fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn advance(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Takes the decimal digits that come next, perhaps none.
    pub(super) fn digits(&mut self) -> &'s str {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += length;
        &rest[..length]
    }

    /// Takes exactly `count` hexadecimal digits, or nothing.
    fn hex_digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.rest().get(..count)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += count;
        u32::from_str_radix(digits, 16).ok()
    }

    /// `CharacterEscape` of the grammar, after the backslash at `start`. The result may be a lone surrogate, hence `u32`.
    pub(super) fn character_escape(&mut self, start: usize) -> Result<u32, PatternError> {
        let Some(letter) = self.advance() else {
            return Err(PatternError::new(start, "the pattern ends in a lone backslash; write \\\\ for the character itself"));
        };
        match letter {
            'f' => Ok(0x0C),
            'n' => Ok(0x0A),
            'r' => Ok(0x0D),
            't' => Ok(0x09),
            'v' => Ok(0x0B),
            'c' => self.control_escape(start),
            '0' => self.null_escape(start),
            'x' => self.hex_digits(2).ok_or_else(|| PatternError::new(start, "\\x needs two hexadecimal digits; write it like \\x41")),
            'u' => self.unicode_escape(start),
            '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '/' => Ok(letter as u32),
            other => Err(unknown_escape(start, other)),
        }
    }

    fn control_escape(&mut self, start: usize) -> Result<u32, PatternError> {
        match self.advance() {
            Some(letter) if letter.is_ascii_alphabetic() => Ok(letter as u32 % 32),
            _ => Err(PatternError::new(start, "\\c needs an ASCII letter; write it like \\cJ, or \\\\c for a backslash and a c")),
        }
    }

    fn null_escape(&mut self, start: usize) -> Result<u32, PatternError> {
        if self.peek().is_some_and(|next| next.is_ascii_digit()) {
            return Err(PatternError::new(start, "octal escapes are not allowed; write \\x and two hexadecimal digits instead"));
        }
        Ok(0)
    }

    /// `RegExpUnicodeEscapeSequence` after `\u`, where two escapes of a surrogate pair make one code point.
    pub(super) fn unicode_escape(&mut self, start: usize) -> Result<u32, PatternError> {
        if self.eat("{") {
            return self.braced_escape(start);
        }
        let Some(unit) = self.hex_digits(4) else {
            return Err(PatternError::new(
                start,
                "\\u needs four hexadecimal digits or a code point in braces; write it like \\u00E9 or \\u{1F600}",
            ));
        };
        if !(0xD800..0xDC00).contains(&unit) {
            return Ok(unit);
        }
        let before_trail = self.at;
        if self.eat("\\u")
            && let Some(trail) = self.hex_digits(4)
            && (0xDC00..0xE000).contains(&trail)
        {
            return Ok(0x10000 + ((unit - 0xD800) << 10) + (trail - 0xDC00));
        }
        self.at = before_trail;
        Ok(unit)
    }

    fn braced_escape(&mut self, start: usize) -> Result<u32, PatternError> {
        let mut value: Option<u32> = None;
        while let Some(digit) = self.peek().and_then(|next| next.to_digit(16)) {
            self.at += 1;
            // Capping keeps any number of digits from overflowing and still above the last code point.
            value = Some((value.unwrap_or(0) * 16 + digit).min(0x110000));
        }
        match value {
            Some(0x110000) => Err(PatternError::new(start, "\\u{…} is above the last code point; write \\u{10FFFF} or less")),
            Some(value) if self.eat("}") => Ok(value),
            _ => Err(PatternError::new(start, "\\u{ needs hexadecimal digits and a closing brace; write it like \\u{1F600}")),
        }
    }
}

fn unknown_escape(start: usize, letter: char) -> PatternError {
    let message = match letter {
        'A' => "\\A is not in ECMA-262; write ^ for the start of the text".to_owned(),
        'z' | 'Z' => format!("\\{letter} is not in ECMA-262; write $ for the end of the text"),
        'h' => "\\h is not in ECMA-262; write [\\t\\p{Zs}] for horizontal space".to_owned(),
        'R' => "\\R is not in ECMA-262; write (?:\\r\\n|[\\n\\r\\u2028\\u2029]) for a line end".to_owned(),
        'a' => "\\a is not in ECMA-262; write \\x07 for the bell".to_owned(),
        'e' => "\\e is not in ECMA-262; write \\x1B for the escape character".to_owned(),
        '-' => "\\- is only allowed inside a class; write - without the backslash".to_owned(),
        'B' => "\\B is not allowed inside a class; write it outside the brackets".to_owned(),
        'k' => "\\k is not allowed inside a class; write \\k<name> outside the brackets".to_owned(),
        '1'..='9' => "a back-reference or octal escape is not allowed inside a class; write \\x and two hexadecimal digits for a character"
            .to_owned(),
        other => format!("\\{other} is not an escape of ECMA-262; write {other} without the backslash, or \\\\ for a backslash"),
    };
    PatternError::new(start, message)
}
