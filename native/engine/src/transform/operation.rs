//! Values on their way out, and what is done to them.

use super::steps::{Case, Cast, Change, Hash, Literal, Mask};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::Write;

/// Characters that stand for what is hidden: always as many, so that they do not tell how long it was.
const HIDDEN: &str = "********";

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scalar<'v> {
    /// There is none.
    Absent,
    Null,
    /// A number, `true` or `false`, as it was written.
    Word(Cow<'v, [u8]>),
    Text(Cow<'v, [u8]>),
    /// An array or an object, as it was written.
    Nested(&'v [u8]),
}

impl<'v> Scalar<'v> {
    /// The value that the schema gives.
    fn of(literal: &'v Literal) -> Scalar<'v> {
        match literal {
            Literal::Null => Scalar::Null,
            Literal::Word(word) => Scalar::Word(Cow::Borrowed(word.as_bytes())),
            Literal::Text(text) => Scalar::Text(Cow::Borrowed(text.as_bytes())),
        }
    }
}

/// What is done to a value.
#[derive(Clone)]
pub(super) enum Operation {
    Default(Literal),
    Constant(Literal),
    ToText,
    ToWord,
    Trim,
    Case(Case),
    Mask(Mask),
    Sha256,
    HmacSha256(Box<Hmac<Sha256>>),
}

impl std::fmt::Debug for Operation {
    // A keyed hash is as good as its key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Operation::Default(_) => "Default",
            Operation::Constant(_) => "Constant",
            Operation::ToText => "ToText",
            Operation::ToWord => "ToWord",
            Operation::Trim => "Trim",
            Operation::Case(_) => "Case",
            Operation::Mask(_) => "Mask",
            Operation::Sha256 => "Sha256",
            Operation::HmacSha256(_) => "HmacSha256",
        })
    }
}

impl Operation {
    /// `None` where a hash asks for a key and there is none.
    pub(super) fn new(change: &Change, key: Option<&[u8]>) -> Option<Operation> {
        Some(match change {
            Change::Default(literal) => Operation::Default(literal.clone()),
            Change::Constant(literal) => Operation::Constant(literal.clone()),
            Change::Cast(Cast::Text) => Operation::ToText,
            Change::Cast(_) => Operation::ToWord,
            Change::Trim => Operation::Trim,
            Change::Case(case) => Operation::Case(*case),
            Change::Mask(mask) => Operation::Mask(*mask),
            Change::Hash(Hash::Sha256) => Operation::Sha256,
            Change::Hash(Hash::HmacSha256) => Operation::HmacSha256(Box::new(Hmac::new_from_slice(key?).ok()?)),
        })
    }

    /// True for what makes a value where there was none.
    pub(super) fn fills(&self) -> bool {
        matches!(self, Operation::Default(_) | Operation::Constant(_))
    }

    fn apply<'v>(&'v self, value: Scalar<'v>) -> Scalar<'v> {
        match (self, value) {
            (Operation::Constant(literal), _) => Scalar::of(literal),
            (Operation::Default(literal), Scalar::Absent | Scalar::Null) => Scalar::of(literal),
            (Operation::ToText, Scalar::Word(word)) => Scalar::Text(word),
            (Operation::ToWord, Scalar::Text(text)) => Scalar::Word(text),
            (Operation::Trim, Scalar::Text(text)) => Scalar::Text(trimmed(text)),
            (Operation::Case(case), Scalar::Text(text)) => Scalar::Text(cased(text, *case)),
            (Operation::Mask(mask), Scalar::Text(text) | Scalar::Word(text)) => Scalar::Text(masked(&text, *mask)),
            (Operation::Sha256, Scalar::Text(text) | Scalar::Word(text)) => Scalar::Text(hexadecimal(&Sha256::digest(&text))),
            (Operation::HmacSha256(keyed), Scalar::Text(text) | Scalar::Word(text)) => {
                let mut keyed = (**keyed).clone();
                keyed.update(&text);
                Scalar::Text(hexadecimal(&keyed.finalize().into_bytes()))
            }
            (_, value) => value,
        }
    }
}

/// The value after all of `operations`.
pub(super) fn applied<'v>(operations: &'v [Operation], value: Scalar<'v>) -> Scalar<'v> {
    operations.iter().fold(value, |value, operation| operation.apply(value))
}

/// Records were found to be UTF-8 before they were found to be valid.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn trimmed(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(bytes) => match text_of(bytes) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim().as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.trim().as_bytes().to_vec()),
        },
        Cow::Owned(bytes) => Cow::Owned(text_of(&bytes).trim().as_bytes().to_vec()),
    }
}

fn cased(text: Cow<'_, [u8]>, case: Case) -> Cow<'_, [u8]> {
    let changes = |byte: &u8| match case {
        Case::Lower => !byte.is_ascii() || byte.is_ascii_uppercase(),
        Case::Upper => !byte.is_ascii() || byte.is_ascii_lowercase(),
    };
    if !text.iter().any(changes) {
        return text;
    }
    let text = text_of(&text);
    Cow::Owned(match case {
        Case::Lower => text.to_lowercase().into_bytes(),
        Case::Upper => text.to_uppercase().into_bytes(),
    })
}

/// A text of which the ends to keep are all that there is shows nothing.
fn masked<'v>(text: &[u8], mask: Mask) -> Cow<'v, [u8]> {
    let text = text_of(text);
    let count = text.chars().count();
    let mut shown = String::with_capacity(HIDDEN.len() + 16);
    let keeps = count > mask.first + mask.last;
    if keeps {
        shown.extend(text.chars().take(mask.first));
    }
    shown.push_str(HIDDEN);
    if keeps {
        shown.extend(text.chars().skip(count - mask.last));
    }
    Cow::Owned(shown.into_bytes())
}

fn hexadecimal<'v>(digest: &[u8]) -> Cow<'v, [u8]> {
    let mut text = String::with_capacity(digest.len() * 2);
    for byte in digest {
        let _ = write!(text, "{byte:02x}");
    }
    Cow::Owned(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(operation: &Operation, given: &str) -> String {
        match applied(std::slice::from_ref(operation), Scalar::Text(Cow::Borrowed(given.as_bytes()))) {
            Scalar::Text(text) => String::from_utf8(text.into_owned()).expect("text"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hashes_are_those_of_the_standards() {
        // FIPS 180-2, B.1, and RFC 4231, test case 2.
        assert_eq!(text(&Operation::Sha256, "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let keyed = Operation::new(&Change::Hash(Hash::HmacSha256), Some(b"Jefe")).expect("a key was given");
        assert_eq!(text(&keyed, "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(Operation::new(&Change::Hash(Hash::HmacSha256), None).is_none());
    }

    #[test]
    fn a_mask_never_shows_all() {
        let last = Operation::Mask(Mask { first: 0, last: 4 });
        assert_eq!(text(&last, "CH9300762011623852957"), "********2957");
        assert_eq!(text(&last, "12345"), "********2345");
        assert_eq!(text(&last, "1234"), "********");
        assert_eq!(text(&last, ""), "********");
        assert_eq!(text(&Operation::Mask(Mask { first: 1, last: 1 }), "é😀z"), "é********z");
        assert_eq!(text(&Operation::Mask(Mask { first: 0, last: 0 }), "a"), "********");
    }

    #[test]
    fn text_is_trimmed_and_cased_by_unicode() {
        assert_eq!(text(&Operation::Trim, "\u{3000} a b\u{a0}\r\n"), "a b");
        assert_eq!(text(&Operation::Trim, "\u{feff}a"), "\u{feff}a");
        assert_eq!(text(&Operation::Case(Case::Upper), "straße"), "STRASSE");
        assert_eq!(text(&Operation::Case(Case::Lower), "ΟΔΟΣ İ"), "οδος i\u{307}");
        assert_eq!(text(&Operation::Case(Case::Lower), "plain"), "plain");
    }
}
