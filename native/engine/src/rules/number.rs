//! Checks of numbers, decided from their text.

use super::decimal::Decimal;
use crate::schema::plan::{Bound, BoundKind, NumberRules, RuleId};
use crate::word::{decimal, other_than_digits, short_word};
use std::cmp::Ordering;

/// How a number was written, as far as one pass over its text tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Not a number.
    None,
    /// `-?[0-9]+` that fits `i64`.
    Small(i64),
    /// `-?[0-9]+` of any length.
    Integer,
    /// At most 15 digits with a point: exactly `mantissa` × 10^-`scale`.
    Short(i64, u32),
    /// Any other number.
    Number,
}

/// Reads the shape of number text: `-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?`, ASCII, not trimmed.
#[inline]
pub fn shape(text: &[u8]) -> Shape {
    if let Some(shape) = word_shape(text) {
        return shape;
    }
    let (negative, digits) = match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(_) => (false, text),
        None => return Shape::None,
    };
    let mut value: u64 = 0;
    let mut at = 0;
    let end = digits.len().min(18);
    while at < end {
        let digit = digits[at].wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value * 10 + u64::from(digit);
        at += 1;
    }
    if at == digits.len() && at > 0 {
        let value = value as i64;
        return Shape::Small(if negative { -value } else { value });
    }
    if at > 0 && digits[at] == b'.' && digits.len() <= 16 {
        let mut scale = 0;
        for &byte in &digits[at + 1..] {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return long_shape(text);
            }
            value = value * 10 + u64::from(digit);
            scale += 1;
        }
        if scale > 0 {
            let value = value as i64;
            return Shape::Short(if negative { -value } else { value }, scale);
        }
        return Shape::None;
    }
    long_shape(text)
}

/// The same for digits, and a point among them or none, that fit one word. `None` for all else.
#[inline(always)]
pub(crate) fn word_shape(digits: &[u8]) -> Option<Shape> {
    if digits.len() > 8 {
        return None;
    }
    let length = digits.len() as u32;
    let word = short_word(digits);
    let others = other_than_digits(word);
    let whole = others.trailing_zeros() / 8;
    if whole == 0 {
        return None;
    }
    if whole >= length {
        return Some(Shape::Small(decimal(word, length) as i64));
    }
    let end = (others & (others - 1)).trailing_zeros() / 8;
    if word >> (whole * 8) & 0xFF != u64::from(b'.') || end < length || whole + 1 == length {
        return None;
    }
    // The digits after the point move to where it stood.
    let before = (1 << (whole * 8)) - 1;
    let mantissa = decimal((word & before) | ((word >> 8) & !before), length - 1);
    Some(Shape::Short(mantissa as i64, length - 1 - whole))
}

#[cold]
fn long_shape(text: &[u8]) -> Shape {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        return Shape::Integer;
    }
    if Decimal::parse(text).is_some() { Shape::Number } else { Shape::None }
}

const POWERS: [f64; 17] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];

/// The nearest float to `mantissa` × 10^-`scale`: both operands are exact.
#[inline(always)]
pub(crate) fn rounded(mantissa: i64, scale: u32) -> f64 {
    mantissa as f64 / POWERS[scale as usize]
}

impl NumberRules {
    /// Compiles the bounds; `multiple_of` is above zero.
    pub fn new(bounds: Vec<Bound>, multiple_of: Option<(RuleId, Decimal)>) -> NumberRules {
        let (mut low, mut high) = (i64::MIN, i64::MAX);
        for bound in &bounds {
            let floor = bound.limit.floor_i64();
            let whole = bound.limit.is_integer();
            match (bound.kind, floor) {
                (BoundKind::Minimum, Some(value)) => low = low.max(if whole { value } else { value.saturating_add(1) }),
                (BoundKind::ExclusiveMinimum, Some(value)) => low = low.max(value.saturating_add(1)),
                (BoundKind::Maximum, Some(value)) => high = high.min(value),
                (BoundKind::ExclusiveMaximum, Some(value)) => high = high.min(if whole { value.saturating_sub(1) } else { value }),
                // A bound outside i64 lets all of them pass, or none.
                (BoundKind::Minimum | BoundKind::ExclusiveMinimum, None) if bound.limit.is_negative() => {}
                (BoundKind::Maximum | BoundKind::ExclusiveMaximum, None) if !bound.limit.is_negative() => {}
                (_, None) => (low, high) = (1, 0),
            }
        }
        NumberRules { low, high, bounds, multiple_of }
    }

    /// Calls `refuse` with each rule that the number does not meet.
    #[inline]
    pub fn check(&self, shape: Shape, text: &[u8], mut refuse: impl FnMut(RuleId)) {
        match shape {
            Shape::Small(value) if self.multiple_of.is_none() && value >= self.low && value <= self.high => {}
            Shape::Short(mantissa, scale) if self.multiple_of.is_none() => {
                // Rounding keeps order.
                let rounded = rounded(mantissa, scale);
                if !self.bounds.iter().all(|bound| bound.passes_rounded(rounded)) {
                    self.check_exactly(text, &mut refuse);
                }
            }
            _ => self.check_exactly(text, &mut refuse),
        }
    }

    #[cold]
    fn check_exactly(&self, text: &[u8], refuse: &mut impl FnMut(RuleId)) {
        let Some(value) = Decimal::parse(text) else { return };
        for bound in &self.bounds {
            if !bound.passes(value.cmp(&bound.limit)) {
                refuse(bound.rule);
            }
        }
        if let Some((rule, divisor)) = &self.multiple_of
            && !value.is_multiple_of(divisor)
        {
            refuse(*rule);
        }
    }
}

impl Bound {
    /// True when the rounded value tells for certain that the bound is met.
    #[inline]
    fn passes_rounded(&self, rounded: f64) -> bool {
        match self.kind {
            BoundKind::Minimum | BoundKind::ExclusiveMinimum => rounded > self.rounded,
            BoundKind::Maximum | BoundKind::ExclusiveMaximum => rounded < self.rounded,
        }
    }

    fn passes(&self, order: Ordering) -> bool {
        match self.kind {
            BoundKind::Minimum => order.is_ge(),
            BoundKind::Maximum => order.is_le(),
            BoundKind::ExclusiveMinimum => order.is_gt(),
            BoundKind::ExclusiveMaximum => order.is_lt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules(bounds: &[(BoundKind, &str)]) -> NumberRules {
        let bounds = bounds.iter().enumerate().map(|(rule, (kind, limit))| {
            let limit = Decimal::parse(limit.as_bytes()).expect("a number");
            Bound { rule: rule as RuleId, kind: *kind, rounded: limit.to_f64(), limit }
        });
        NumberRules::new(bounds.collect(), None)
    }

    fn refused(rules: &NumberRules, text: &str) -> Vec<RuleId> {
        let mut found = Vec::new();
        rules.check(shape(text.as_bytes()), text.as_bytes(), |rule| found.push(rule));
        found
    }

    #[test]
    fn bounds_at_the_edge() {
        use BoundKind::*;
        let two_to_53 = rules(&[(Maximum, "9007199254740992")]);
        assert!(refused(&two_to_53, "9007199254740992").is_empty());
        assert_eq!(refused(&two_to_53, "9007199254740993"), [0]);
        assert_eq!(refused(&two_to_53, "9007199254740992.1"), [0]);
        assert_eq!(refused(&rules(&[(ExclusiveMinimum, "0.1")]), "0.1"), [0]);
        assert!(refused(&rules(&[(Minimum, "0.1")]), "0.1").is_empty());
        assert_eq!(refused(&rules(&[(Minimum, "1e400"), (Maximum, "-1e400")]), "5"), [0, 1]);
        assert!(refused(&rules(&[(Minimum, "-1e400"), (Maximum, "1e400")]), "5").is_empty());
        assert_eq!(refused(&rules(&[(Maximum, "9223372036854775807")]), "9223372036854775808"), [0]);
    }

    fn number() -> impl Strategy<Value = String> {
        prop_oneof!["-?[0-9]{1,20}", "-?[0-9]{1,10}\\.[0-9]{1,18}", "-?[0-9]{1,4}(\\.[0-9]{1,3})?[eE][+-]?[0-9]{1,2}", "-?[0-3](\\.[0-9])?",]
    }

    fn kind() -> impl Strategy<Value = BoundKind> {
        prop_oneof![
            Just(BoundKind::Minimum),
            Just(BoundKind::Maximum),
            Just(BoundKind::ExclusiveMinimum),
            Just(BoundKind::ExclusiveMaximum)
        ]
    }

    proptest! {
        #[test]
        fn fast_paths_agree_with_exact_arithmetic(value in number(), bounds in proptest::collection::vec((kind(), number()), 0..4)) {
            let bounds: Vec<_> = bounds.iter().map(|(kind, limit)| (*kind, limit.as_str())).collect();
            let rules = rules(&bounds);
            let exact = Decimal::parse(value.as_bytes()).expect("a number");
            let expected: Vec<RuleId> = rules.bounds.iter().filter(|bound| !bound.passes(exact.cmp(&bound.limit))).map(|bound| bound.rule).collect();
            prop_assert_eq!(refused(&rules, &value), expected);
        }

        #[test]
        fn shape_agrees_with_the_grammar(text in prop_oneof![number(), "[-+0-9.eE x]{0,22}".boxed()]) {
            let is_number = Decimal::parse(text.as_bytes()).is_some();
            let digits = text.strip_prefix('-').unwrap_or(&text);
            let is_integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let shape = shape(text.as_bytes());
            prop_assert_eq!(shape != Shape::None, is_number);
            prop_assert_eq!(matches!(shape, Shape::Small(_) | Shape::Integer), is_integer);
        }
    }
}
