//! Names of members as they mostly stand in a JSON text, to be known without being read.

use crate::word::first_word;

/// A name in quotes, and the colon after it.
#[derive(Debug)]
pub struct NameToken {
    text: Box<[u8]>,
    /// The first 8 bytes of `text`, or all of them,
    first: u64,
    /// as far as this has its bits set.
    first_mask: u64,
    /// The last 8 bytes of `text`, where it has as many.
    last: u64,
}

impl NameToken {
    /// `None` for a name that needs escapes.
    pub fn new(name: &str) -> Option<NameToken> {
        if name.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            return None;
        }
        let text: Box<[u8]> = [b"\"", name.as_bytes(), b"\":"].concat().into();
        let mut first = [0; 8];
        let length = text.len().min(8);
        first[..length].copy_from_slice(&text[..length]);
        let last = text.last_chunk().map_or(0, |last| u64::from_le_bytes(*last));
        Some(NameToken { first: u64::from_le_bytes(first), first_mask: u64::MAX >> (64 - length * 8), last, text })
    }

    /// Its length, when `bytes` begin with it. Near the end of a text it may be missed.
    #[inline(always)]
    pub fn leads(&self, bytes: &[u8]) -> Option<usize> {
        let length = self.text.len();
        if (first_word(bytes)? ^ self.first) & self.first_mask != 0 {
            return None;
        }
        let is_whole = match length {
            ..=8 => true,
            9..=16 => first_word(bytes.get(length - 8..)?)? == self.last,
            _ => bytes.starts_with(&self.text),
        };
        is_whole.then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn leads_what_begins_with_it(name in "[ab]{0,20}", other in "[ab]{0,20}", rest in "[ -~]{0,9}") {
            let token = NameToken::new(&name).expect("a plain name");
            for text in [format!("\"{name}\":{rest}"), format!("\"{other}\":{rest}"), format!("\"{name}\" :{rest}"), rest.clone()] {
                let expected = text.starts_with(&format!("\"{name}\":")).then_some(name.len() + 3);
                match token.leads(text.as_bytes()) {
                    None => prop_assert!(expected.is_none() || text.len() < name.len() + 3 + 8, "{} at {}", name, text),
                    found => prop_assert_eq!(found, expected, "{} at {}", name, text),
                }
            }
        }
    }

    #[test]
    fn a_name_with_escapes_has_none() {
        for name in ["\"", "\\", "a\n", "\u{1}"] {
            assert!(NameToken::new(name).is_none(), "{name:?}");
        }
    }
}
