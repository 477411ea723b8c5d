//! Names that stand twice in an object of a schema: a reader of JSON keeps the last, and the first would go unchecked.

use super::place::escape;
use crate::decode::json::{Cursor, Fault, unescape};
use std::collections::BTreeSet;

/// The JSON pointer of the first such name in `text`, which is JSON of a depth that was bounded already.
pub(super) fn name_twice(text: &str) -> Option<String> {
    let mut walk = Walk { cursor: Cursor { bytes: text.as_bytes(), at: 0 }, pointer: String::new() };
    matches!(walk.value(), Ok(true)).then_some(walk.pointer)
}

struct Walk<'t> {
    cursor: Cursor<'t>,
    pointer: String,
}

impl Walk<'_> {
    /// True at a name that stands twice, to which `pointer` leads then.
    fn value(&mut self) -> Result<bool, Fault> {
        match self.cursor.peek() {
            b'{' => return self.members(b'}'),
            b'[' => return self.members(b']'),
            b'"' => {
                self.cursor.text()?;
            }
            b't' => self.cursor.literal("true")?,
            b'f' => self.cursor.literal("false")?,
            b'n' => self.cursor.literal("null")?,
            b'-' | b'0'..=b'9' => {
                self.cursor.number()?;
            }
            _ => return Err(Fault::Syntax("a value")),
        }
        Ok(false)
    }

    /// Members of an object, or items of an array, up to `close`.
    fn members(&mut self, close: u8) -> Result<bool, Fault> {
        self.cursor.at += 1;
        let outer = self.pointer.len();
        let mut names = BTreeSet::new();
        let mut index = 0;
        while self.cursor.peek() != close {
            if index > 0 {
                self.cursor.take(b',', "a comma")?;
            }
            let name = if close == b'}' { self.name()? } else { index.to_string() };
            self.pointer.push('/');
            self.pointer.push_str(&escape(&name));
            if !names.insert(name) || self.value()? {
                return Ok(true);
            }
            self.pointer.truncate(outer);
            index += 1;
        }
        self.cursor.at += 1;
        Ok(false)
    }

    fn name(&mut self) -> Result<String, Fault> {
        self.cursor.peek();
        let text = self.cursor.text()?;
        let mut name = Vec::new();
        unescape(&self.cursor.bytes[text.inner], &mut name);
        self.cursor.take(b':', "a colon")?;
        Ok(String::from_utf8_lossy(&name).into_owned())
    }
}
