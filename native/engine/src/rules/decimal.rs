//! Numbers as their text says, of any size and precision: no value passes through a float.

use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use std::cmp::Ordering;

/// A decimal number: `digits` × 10^`exponent`, negated when `negative`.
///
/// Normal form: no leading and no trailing zero in `digits`; zero has no digits, exponent 0 and is not negative.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    /// Values 0 to 9, most significant first.
    digits: Box<[u8]>,
    exponent: i64,
}

/// Exponents are held within this bound, so that sums of them and of lengths cannot overflow.
const EXPONENT_MAX: i64 = i64::MAX / 4;

impl Decimal {
    /// Reads number text: `-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?`, leading zeros allowed. Other text gives `None`.
    pub fn parse(text: &[u8]) -> Option<Decimal> {
        let (negative, rest) = match text.split_first()? {
            (b'-', rest) => (true, rest),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (&rest[..at], parse_exponent(&rest[at + 1..])?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.iter().position(|&b| b == b'.') {
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
            None => (mantissa, &mantissa[..0]),
        };
        let has_point = whole.len() != mantissa.len();
        if whole.is_empty() || (has_point && fraction.is_empty()) {
            return None;
        }
        if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
            return None;
        }
        let digits = whole.iter().chain(fraction).map(|b| b - b'0').collect();
        Some(Decimal::normal(negative, digits, exponent - fraction.len() as i64))
    }

    fn normal(negative: bool, mut digits: Vec<u8>, mut exponent: i64) -> Decimal {
        while digits.last() == Some(&0) {
            digits.pop();
            exponent += 1;
        }
        let zeros = digits.iter().take_while(|&&d| d == 0).count();
        digits.drain(..zeros);
        if digits.is_empty() {
            return Decimal { negative: false, digits: Box::default(), exponent: 0 };
        }
        Decimal { negative, digits: digits.into(), exponent }
    }

    /// True for 0, in whatever way it was written.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// True below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The number of [`Decimal::parts`].
    pub(crate) fn from_parts(negative: bool, digits: &[u8], exponent: i64) -> Decimal {
        Decimal::normal(negative, digits.to_vec(), exponent)
    }

    /// Sign, digits (values 0 to 9) and exponent, in normal form.
    pub(crate) fn parts(&self) -> (bool, &[u8], i64) {
        (self.negative, &self.digits, self.exponent)
    }

    /// True when the value has no fractional part, so for `1.0` and `1e3` too (JSON Schema core 4.2.3).
    pub fn is_integer(&self) -> bool {
        self.exponent >= 0
    }

    /// The value as an `i64` where it is one.
    pub fn to_i64(&self) -> Option<i64> {
        if !self.is_integer() || self.digits.len() as i64 + self.exponent > 19 {
            return None;
        }
        let mut value: i128 = 0;
        for &digit in &self.digits {
            value = value * 10 + i128::from(digit);
        }
        value *= 10_i128.pow(self.exponent as u32);
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    /// The nearest float, for a first comparison that rounding cannot get wrong (rounding is monotonic).
    pub fn to_f64(&self) -> f64 {
        let digits: String = self.digits.iter().map(|&d| char::from(b'0' + d)).collect();
        let sign = if self.negative { "-" } else { "" };
        let text = if digits.is_empty() { "0".to_owned() } else { format!("{sign}{digits}e{}", self.exponent) };
        text.parse().unwrap_or(if self.negative { f64::NEG_INFINITY } else { f64::INFINITY })
    }

    /// The value as a fraction. `None` where it would take more than `digits_max` digits.
    pub fn to_ratio(&self, digits_max: u64) -> Option<BigRational> {
        if (self.digits.len() as u64).checked_add(self.exponent.unsigned_abs())? > digits_max {
            return None;
        }
        let sign = if self.negative { Sign::Minus } else { Sign::Plus };
        let mantissa = BigInt::from_radix_be(sign, &self.digits, 10).unwrap_or_default();
        let power = BigInt::from(10).pow(self.exponent.unsigned_abs() as u32);
        Some(if self.exponent < 0 { BigRational::new(mantissa, power) } else { BigRational::from(mantissa * power) })
    }

    /// The product with a whole number.
    pub(crate) fn times(&self, other: &Decimal) -> Decimal {
        let mut digits = vec![0u8; self.digits.len() + other.digits.len()];
        for (at, &one) in self.digits.iter().enumerate().rev() {
            let mut carry = 0;
            for (beside, &two) in other.digits.iter().enumerate().rev() {
                let place = at + beside + 1;
                let sum = digits[place] + one * two + carry;
                (digits[place], carry) = (sum % 10, sum / 10);
            }
            digits[at] = carry;
        }
        Decimal::normal(self.negative != other.negative, digits, self.exponent + other.exponent)
    }

    /// The largest integer that is not above the value, where it fits `i64`.
    pub fn floor_i64(&self) -> Option<i64> {
        if self.is_integer() {
            return self.to_i64();
        }
        let whole_digits = (self.digits.len() as i64 + self.exponent).max(0) as usize;
        let whole = Decimal::normal(self.negative, self.digits[..whole_digits].to_vec(), 0).to_i64()?;
        if self.negative { whole.checked_sub(1) } else { Some(whole) }
    }

    /// True when the value is an integer multiple of `divisor`, in exact decimal arithmetic. `divisor` is above zero.
    pub fn is_multiple_of(&self, divisor: &Decimal) -> bool {
        if self.is_zero() {
            return true;
        }
        // In normal form the digits are no multiple of 10, so a lower exponent leaves a fraction that nothing can cancel.
        let shift = self.exponent - divisor.exponent;
        if shift < 0 {
            return false;
        }
        match divisor.mantissa_u64() {
            Some(modulus) => remainder(&self.digits, shift as u64, modulus) == 0,
            None => long_remainder_is_zero(&self.digits, shift as u64, &divisor.digits),
        }
    }

    fn mantissa_u64(&self) -> Option<u64> {
        self.digits.iter().try_fold(0u64, |value, &digit| value.checked_mul(10)?.checked_add(u64::from(digit)))
    }

    fn magnitude(&self, other: &Decimal) -> Ordering {
        let (ours, theirs) = (self.digits.len() as i64 + self.exponent, other.digits.len() as i64 + other.exponent);
        // Without trailing zeros, the lexicographic order of the digits is the order of the values at equal magnitude.
        ours.cmp(&theirs).then_with(|| self.digits.cmp(&other.digits))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return if other.negative { Ordering::Greater } else { Ordering::Less },
            (false, true) => return if self.negative { Ordering::Less } else { Ordering::Greater },
            (false, false) => {}
        }
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
        }
    }
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits.iter().fold(0i64, |value, b| value.saturating_mul(10).saturating_add(i64::from(b - b'0')).min(EXPONENT_MAX));
    Some(if negative { -size } else { size })
}

/// `digits` × 10^`shift` modulo `modulus`.
fn remainder(digits: &[u8], shift: u64, modulus: u64) -> u64 {
    let modulus = u128::from(modulus);
    let mantissa = digits.iter().fold(0u128, |value, &digit| (value * 10 + u128::from(digit)) % modulus);
    let (mut power, mut base, mut left) = (1 % modulus, 10 % modulus, shift);
    while left > 0 {
        if left & 1 == 1 {
            power = power * base % modulus;
        }
        base = base * base % modulus;
        left >>= 1;
    }
    (mantissa * power % modulus) as u64
}

/// The same question for a divisor of 20 digits or more, by long division over decimal digits.
fn long_remainder_is_zero(digits: &[u8], shift: u64, divisor: &[u8]) -> bool {
    let mut rest: Vec<u8> = Vec::with_capacity(divisor.len() + 1);
    let step = |rest: &mut Vec<u8>, digit: u8| {
        if !(rest.is_empty() && digit == 0) {
            rest.push(digit);
        }
        while rest.len() > divisor.len() || (rest.len() == divisor.len() && rest.as_slice() >= divisor) {
            subtract(rest, divisor);
        }
    };
    for &digit in digits {
        step(&mut rest, digit);
    }
    // Every factor of 10 that can still matter is used up after as many shifts as the divisor has bits.
    for _ in 0..shift.min(divisor.len() as u64 * 4) {
        step(&mut rest, 0);
    }
    rest.is_empty()
}

/// `rest` − `divisor` in place, leading zeros dropped. `rest` is not the smaller.
fn subtract(rest: &mut Vec<u8>, divisor: &[u8]) {
    let offset = rest.len() - divisor.len();
    let mut borrow = 0;
    for at in (0..rest.len()).rev() {
        let take = borrow + if at >= offset { divisor[at - offset] } else { 0 };
        borrow = u8::from(rest[at] < take);
        rest[at] = rest[at] + 10 * borrow - take;
    }
    let zeros = rest.iter().take_while(|&&d| d == 0).count();
    rest.drain(..zeros);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes()).unwrap_or_else(|| panic!("not a number: {text}"))
    }

    #[test]
    fn text_that_is_no_number_is_refused() {
        for text in ["", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_000", " 1", "1 ", "NaN", "Infinity", "1.2.3", "--1", "1e5.0", "١"]
        {
            assert_eq!(Decimal::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn values_are_compared_by_what_they_say() {
        for (small, large) in [
            ("9007199254740992", "9007199254740993"),
            ("-1e400", "1e-400"),
            ("0.1", "0.10000000000000000000001"),
            ("99", "1e2"),
            ("1", "1e99999999999999999999"),
            ("1e-99999999999999999999", "1"),
            ("-1e99999999999999999999", "1"),
            ("-2", "-1"),
        ] {
            assert!(decimal(small) < decimal(large), "{small} < {large}");
        }
        for (one, other) in [("1.0", "1"), ("-0", "0.000e9"), ("100", "1e2"), ("0012", "12"), ("1E+2", "100.0")] {
            assert_eq!(decimal(one), decimal(other));
        }
    }

    #[test]
    fn multiples_are_exact() {
        for (value, divisor, expected) in [
            ("19.99", "0.01", true),
            ("0.3", "0.1", true),
            ("0.35", "0.1", false),
            ("1e308", "0.123456789", false),
            ("7", "2", false),
            ("-4", "2", true),
            ("1e1000000000", "3", false),
            ("9e1000000000", "3", true),
            ("12391239123", "1e-8", true),
            ("246913578024691357802", "123456789012345678901", true),
            ("246913578024691357803", "123456789012345678901", false),
            ("1e40", "10000000000000000000000000000000000000001", false),
            ("4.5", "1.5", true),
        ] {
            assert_eq!(decimal(value).is_multiple_of(&decimal(divisor)), expected, "{value} / {divisor}");
        }
    }

    #[test]
    fn floors() {
        for (value, floor) in [
            ("1.5", Some(1)),
            ("-1.5", Some(-2)),
            ("0.4", Some(0)),
            ("-0.4", Some(-1)),
            ("1e30", None),
            ("-9223372036854775808", Some(i64::MIN)),
        ] {
            assert_eq!(decimal(value).floor_i64(), floor, "{value}");
        }
    }

    proptest! {
        #[test]
        fn order_is_that_of_scaled_integers(a in -10_000_000i64..10_000_000, b in -10_000_000i64..10_000_000, shift in 0u32..6) {
            let scaled = |value: i64| decimal(&format!("{value}e-{shift}"));
            prop_assert_eq!(scaled(a).cmp(&scaled(b)), a.cmp(&b));
        }

        #[test]
        fn multiples_agree_with_integers(a in 0i64..1_000_000_000_000, b in 1i64..1_000_000, shift in 0u32..9) {
            prop_assert_eq!(decimal(&format!("{a}e-{shift}")).is_multiple_of(&decimal(&format!("{b}e-{shift}"))), a % b == 0);
        }

        #[test]
        fn long_division_agrees_with_short(a in any::<u64>(), b in 1u64.., shift in 0u64..50) {
            let digits = |value: u64| value.to_string().bytes().map(|c| c - b'0').collect::<Vec<_>>();
            prop_assert_eq!(long_remainder_is_zero(&digits(a), shift, &digits(b)), remainder(&digits(a), shift, b) == 0);
        }

        #[test]
        fn nothing_panics(text in "[-+0-9.eE]{0,30}") {
            if let Some(value) = Decimal::parse(text.as_bytes()) {
                let _ = (value.to_f64(), value.to_i64(), value.floor_i64(), value.is_multiple_of(&decimal("0.7")));
            }
        }
    }
}
