//! The order of values, by their forms: numbers by value, texts by code points, points in time as such.

use super::value::{DECIMAL_MINUS, DECIMAL_PLUS, INTEGER, TEXT};
use crate::rules::decimal::Decimal;
use std::cmp::Ordering;

/// Begins the form of a point in time.
pub(crate) const INSTANT: u8 = b'T';
/// The form of what has no place in any order.
pub(crate) const NO_PLACE: &[u8] = b"x";

/// How two values compare; `None` where they have no order: a number and a text, or what is neither.
pub(crate) fn compare(one: &[u8], other: &[u8]) -> Option<Ordering> {
    match (one.first()?, other.first()?) {
        (&INTEGER, &INTEGER) => Some(integer(one).cmp(&integer(other))),
        (&(INTEGER | DECIMAL_PLUS | DECIMAL_MINUS), &(INTEGER | DECIMAL_PLUS | DECIMAL_MINUS)) => Some(decimal(one).cmp(&decimal(other))),
        // The order of UTF-8 is that of code points.
        (&TEXT, &TEXT) => Some(one.get(5..)?.cmp(other.get(5..)?)),
        (&INSTANT, &INSTANT) => Some(minutes(one).cmp(&minutes(other)).then_with(|| one.get(9..).cmp(&other.get(9..)))),
        _ => None,
    }
}

/// True for a value that has a place in some order.
pub(crate) fn has_place(form: &[u8]) -> bool {
    compare(form, form).is_some()
}

fn integer(form: &[u8]) -> i64 {
    form.get(1..9).and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_le_bytes)
}

fn minutes(form: &[u8]) -> i64 {
    integer(form)
}

fn decimal(form: &[u8]) -> Decimal {
    if form.first() == Some(&INTEGER) {
        let value = integer(form);
        let digits: Vec<u8> = value.unsigned_abs().to_string().bytes().map(|digit| digit - b'0').collect();
        return Decimal::from_parts(value < 0, &digits, 0);
    }
    Decimal::from_parts(form.first() == Some(&DECIMAL_MINUS), form.get(13..).unwrap_or_default(), integer(form))
}

#[cfg(test)]
mod tests {
    use super::super::value::json;
    use super::*;
    use crate::decode::tape::Tape;
    use proptest::prelude::*;

    fn form(value: &str) -> Vec<u8> {
        let mut out = Vec::new();
        json(value.as_bytes(), &mut Tape::default(), &mut out);
        out
    }

    #[test]
    fn what_has_no_order() {
        for value in ["true", "null", "[1]", "{}"] {
            assert!(!has_place(&form(value)), "{value}");
        }
        assert!(!has_place(NO_PLACE));
        assert_eq!(compare(&form("1"), &form("\"1\"")), None);
    }

    proptest! {
        #[test]
        fn numbers_are_ordered_by_value(one in "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,4})?(e-?[0-9])?", other in "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,4})?") {
            let value = |text: &str| Decimal::parse(text.as_bytes()).expect("a number");
            prop_assert_eq!(compare(&form(&one), &form(&other)), Some(value(&one).cmp(&value(&other))));
        }

        #[test]
        fn texts_are_ordered_by_code_points(one in "[a\u{FFFF}\u{10000}é]{0,3}", other in "[a\u{FFFF}\u{10000}é]{0,3}") {
            let quoted = |text: &str| form(&format!("\"{text}\""));
            prop_assert_eq!(compare(&quoted(&one), &quoted(&other)), Some(one.chars().cmp(other.chars())));
        }
    }
}
