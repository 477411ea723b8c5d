//! Numbers of rules, exact at any size: no value passes through a float.

use super::run::Fault;
use crate::limits::RULE_NUMBER_BITS_MAX;
use crate::rules::decimal::Decimal;
use crate::rules::number::{Shape, shape};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::cmp::Ordering;

/// An exact number.
#[derive(Debug, Clone)]
pub(crate) enum Exact {
    /// `mantissa` × 10^-`scale`.
    Short(i128, u32),
    /// Any other.
    Long(Box<BigRational>),
}

impl Exact {
    /// Reads number text of JSON.
    pub(crate) fn read(text: &[u8]) -> Result<Exact, Fault> {
        match shape(text) {
            Shape::Small(value) => Ok(Exact::Short(i128::from(value), 0)),
            Shape::Short(mantissa, scale) => Ok(Exact::Short(i128::from(mantissa), scale)),
            _ => {
                let decimal = Decimal::parse(text).ok_or_else(|| Fault::new("conversion", "number"))?;
                let ratio = decimal.to_ratio(RULE_NUMBER_BITS_MAX / 4).ok_or_else(too_large)?;
                Exact::settled(ratio)
            }
        }
    }

    fn settled(ratio: BigRational) -> Result<Exact, Fault> {
        if ratio.numer().bits() + ratio.denom().bits() > RULE_NUMBER_BITS_MAX {
            return Err(too_large());
        }
        match (ratio.denom().is_one(), i128::try_from(ratio.numer())) {
            (true, Ok(value)) => Ok(Exact::Short(value, 0)),
            _ => Ok(Exact::Long(Box::new(ratio))),
        }
    }

    fn ratio(&self) -> BigRational {
        match self {
            Exact::Short(mantissa, scale) => BigRational::new(BigInt::from(*mantissa), BigInt::from(10).pow(*scale)),
            Exact::Long(ratio) => (**ratio).clone(),
        }
    }

    pub(crate) fn add(&self, other: &Exact) -> Result<Exact, Fault> {
        let short = self.aligned(other).and_then(|(one, two, scale)| Some(Exact::Short(one.checked_add(two)?, scale)));
        short.map_or_else(|| Exact::settled(self.ratio() + other.ratio()), Ok)
    }

    pub(crate) fn subtract(&self, other: &Exact) -> Result<Exact, Fault> {
        let short = self.aligned(other).and_then(|(one, two, scale)| Some(Exact::Short(one.checked_sub(two)?, scale)));
        short.map_or_else(|| Exact::settled(self.ratio() - other.ratio()), Ok)
    }

    pub(crate) fn multiply(&self, other: &Exact) -> Result<Exact, Fault> {
        if let (Exact::Short(one, scale), Exact::Short(two, other_scale)) = (self, other)
            && let Some(product) = one.checked_mul(*two)
        {
            return Ok(Exact::Short(product, scale + other_scale));
        }
        Exact::settled(self.ratio() * other.ratio())
    }

    /// The exact quotient.
    pub(crate) fn divide(&self, other: &Exact) -> Result<Exact, Fault> {
        let divisor = other.ratio();
        if divisor.is_zero() {
            return Err(Fault::new("division-by-zero", "/"));
        }
        Exact::settled(self.ratio() / divisor)
    }

    /// The quotient of whole numbers, towards zero.
    pub(crate) fn divide_whole(&self, other: &Exact) -> Result<Exact, Fault> {
        if let (Exact::Short(one, 0), Exact::Short(two, 0)) = (self, other)
            && let Some(quotient) = one.checked_div(*two)
        {
            return Ok(Exact::Short(quotient, 0));
        }
        self.divide(other)?.truncated()
    }

    /// What a division of whole numbers towards zero leaves.
    pub(crate) fn remainder(&self, other: &Exact) -> Result<Exact, Fault> {
        if let (Exact::Short(one, 0), Exact::Short(two, 0)) = (self, other)
            && let Some(rest) = one.checked_rem(*two)
        {
            return Ok(Exact::Short(rest, 0));
        }
        self.subtract(&self.divide_whole(other)?.multiply(other)?)
    }

    pub(crate) fn negated(&self) -> Result<Exact, Fault> {
        Exact::Short(0, 0).subtract(self)
    }

    /// Without what stands after the point.
    pub(crate) fn truncated(&self) -> Result<Exact, Fault> {
        match self {
            Exact::Short(_, 0) => Ok(self.clone()),
            _ => Exact::settled(self.ratio().trunc()),
        }
    }

    /// The value as an index.
    pub(crate) fn index(&self) -> Option<usize> {
        match self {
            Exact::Short(value, 0) => usize::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The digits of a whole number.
    pub(crate) fn digits(&self) -> String {
        self.ratio().trunc().numer().to_string()
    }

    fn aligned(&self, other: &Exact) -> Option<(i128, i128, u32)> {
        let (Exact::Short(one, scale), Exact::Short(two, other_scale)) = (self, other) else { return None };
        let wide = *scale.max(other_scale);
        let widened = |value: &i128, scale: &u32| value.checked_mul(10i128.checked_pow(wide - scale)?);
        Some((widened(one, scale)?, widened(two, other_scale)?, wide))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        match self.aligned(other) {
            Some((one, two, _)) => one.cmp(&two),
            None => self.ratio().cmp(&other.ratio()),
        }
    }
}

fn too_large() -> Fault {
    Fault::new("number-size", "number")
}
