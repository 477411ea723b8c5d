//! Values in a form that is the same for equal ones: numbers by value, texts by their characters, objects whatever the order of their members.
//!
//! The form of each value says where it ends, so that the forms of several can stand one after another.

use crate::decode::json::{Cursor, unescape};
use crate::decode::tape::{EntryId, Kind, Tape};
use crate::rules::decimal::Decimal;
use crate::rules::number::{Shape, shape};
use crate::schema::plan::{CellRules, Types};

/// Begins the form of an integer that fits 64 bits: the bytes of that.
pub(crate) const INTEGER: u8 = b'i';
/// Begins the form of any other number: exponent, count of digits, digits.
pub(crate) const DECIMAL_PLUS: u8 = b'+';
/// The same below 0.
pub(crate) const DECIMAL_MINUS: u8 = b'-';
/// Begins the form of a text: count of bytes, bytes.
pub(crate) const TEXT: u8 = b's';

/// Writes a number.
pub(crate) fn number(text: &[u8], out: &mut Vec<u8>) {
    match shape(text) {
        Shape::Small(value) => integer(value, out),
        _ => match Decimal::parse(text) {
            Some(decimal) => match decimal.to_i64() {
                Some(value) => integer(value, out),
                None => {
                    let (is_negative, digits, exponent) = decimal.parts();
                    out.push(if is_negative { DECIMAL_MINUS } else { DECIMAL_PLUS });
                    out.extend_from_slice(&exponent.to_le_bytes());
                    out.extend_from_slice(&(digits.len() as u32).to_le_bytes());
                    out.extend_from_slice(digits);
                }
            },
            // Who calls has read it as a number.
            None => self::text(text, out),
        },
    }
}

fn integer(value: i64, out: &mut Vec<u8>) {
    out.push(INTEGER);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes a text.
pub(crate) fn text(text: &[u8], out: &mut Vec<u8>) {
    out.push(TEXT);
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text);
}

/// Writes the value that the text of a cell stands for; see [`crate::check::write_cell`].
pub(crate) fn cell(rules: &CellRules, text: &[u8], out: &mut Vec<u8>) {
    let is_number = rules.numbers.0 != 0
        && match shape(text) {
            Shape::None => false,
            Shape::Small(_) | Shape::Integer => true,
            Shape::Short(..) | Shape::Number => rules.numbers == Types::NUMBER,
        };
    match text {
        _ if is_number => number(text, out),
        b"true" if rules.booleans => out.push(b't'),
        b"false" if rules.booleans => out.push(b'f'),
        _ => self::text(text, out),
    }
}

/// Writes a JSON value, which has been read before. `tape` is for what is nested.
pub(crate) fn json(value: &[u8], tape: &mut Tape, out: &mut Vec<u8>) {
    match value.first() {
        Some(b'"') => json_text(value, out),
        Some(b't') => out.push(b't'),
        Some(b'f') => out.push(b'f'),
        Some(b'n') => out.push(b'0'),
        Some(b'{' | b'[') => {
            let read = tape.read(&mut Cursor { bytes: value, at: 0 }, usize::MAX);
            debug_assert!(read.is_ok());
            // Where a name may stand twice, its last value is the member's.
            tape.keep_last(value);
            entry(value, tape, 0, out);
        }
        _ => number(value, out),
    }
}

fn json_text(value: &[u8], out: &mut Vec<u8>) {
    let inner = &value[1..value.len() - 1];
    if memchr::memchr(b'\\', inner).is_none() {
        return text(inner, out);
    }
    let mut plain = Vec::new();
    unescape(inner, &mut plain);
    text(&plain, out);
}

fn entry(bytes: &[u8], tape: &Tape, id: EntryId, out: &mut Vec<u8>) {
    match tape.entry(id).kind {
        Kind::Null => out.push(b'0'),
        Kind::True => out.push(b't'),
        Kind::False => out.push(b'f'),
        Kind::Number => number(&bytes[tape.range(id)], out),
        Kind::Text | Kind::EscapedText => text(&tape.text(id, bytes), out),
        Kind::Array => {
            out.push(b'[');
            out.extend_from_slice(&tape.entry(id).count.to_le_bytes());
            tape.items(id).for_each(|item| entry(bytes, tape, item, out));
        }
        Kind::Object => {
            let mut members: Vec<_> = tape.members(id).map(|(name, value)| (tape.text(name, bytes), value)).collect();
            members.sort_unstable();
            out.push(b'{');
            out.extend_from_slice(&(members.len() as u32).to_le_bytes());
            for (name, value) in members {
                text(&name, out);
                entry(bytes, tape, value, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::equal::Document;
    use proptest::prelude::*;

    fn form(value: &str) -> Vec<u8> {
        let mut out = Vec::new();
        json(value.as_bytes(), &mut Tape::default(), &mut out);
        out
    }

    #[test]
    fn equal_values_have_one_form() {
        for (one, two) in [
            ("1", "1.0"),
            ("1", "1e0"),
            ("0", "-0.0"),
            ("10", "1e1"),
            ("0.5", "5e-1"),
            ("123456789012345678901234567890", "123456789012345678901234567890.0"),
            (r#""a""#, r#""\u0061""#),
            (r#"{"a":1,"b":[2]}"#, r#"{ "b" : [ 2.0 ], "a" : 1 }"#),
        ] {
            assert_eq!(form(one), form(two), "{one} {two}");
        }
    }

    #[test]
    fn other_values_have_other_forms() {
        let values =
            ["1", "\"1\"", "true", "\"true\"", "null", "[]", "{}", "[1]", "[[1]]", "0.1", "0.10000000000000000001", "9007199254740993"];
        for one in values {
            for two in values {
                assert_eq!(form(one) == form(two), one == two, "{one} {two}");
            }
        }
    }

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let number = prop_oneof![Just("1"), Just("1.0"), Just("10e-1"), Just("-0"), Just("0"), Just("1e30"), Just("2")];
        let scalar = prop_oneof![
            number.prop_map(|text| serde_json::from_str(text).expect("a number")),
            "[ab]{0,2}".prop_map(serde_json::Value::from),
            any::<bool>().prop_map(serde_json::Value::from),
            Just(serde_json::Value::Null),
        ];
        scalar.prop_recursive(2, 6, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from),
                prop::collection::vec(("[ab]", inner), 0..3).prop_map(|members| serde_json::Value::Object(
                    members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
                )),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_form_is_one_where_the_values_are_equal(one in value(), two in value()) {
            let (one, two) = (one.to_string(), two.to_string());
            let (mut first, mut second) = (Tape::default(), Tape::default());
            first.read(&mut Cursor { bytes: one.as_bytes(), at: 0 }, 100).expect("JSON");
            second.read(&mut Cursor { bytes: two.as_bytes(), at: 0 }, 100).expect("JSON");
            let second = Document { bytes: two.as_bytes(), tape: &second };
            let is_equal = Document { bytes: one.as_bytes(), tape: &first }.equals(0, second, 0);
            prop_assert_eq!(form(&one) == form(&two), is_equal);
        }
    }
}
