//! Checks that settle most values at a glance. They say yes only where a node would find nothing; their no says nothing.

use super::plan::{BoundKind, Node, NumberRules, Types};
use crate::format::Format;
use crate::pattern::Pattern;
use crate::rules::number::{Shape, rounded, word_shape};
use crate::rules::text_set::TextSet;
use std::sync::Arc;

/// The quick checks of one node.
#[derive(Debug, Default)]
pub struct Quick {
    number: Option<QuickNumber>,
    text: Option<QuickText>,
    booleans: bool,
    null: bool,
    cell: QuickCell,
    /// The node has tokens of its own that stand for a missing value.
    has_tokens: bool,
}

/// What a cell is read as, where that does not depend on its text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum QuickCell {
    #[default]
    Unknown,
    Integer,
    Number,
    Text,
}

/// Numbers that surely pass.
#[derive(Debug, Clone, Copy)]
struct QuickNumber {
    /// Integers from `low` to `high`.
    low: i64,
    high: i64,
    /// Others between these two, neither of them included; none where only integers are allowed.
    above: f64,
    below: f64,
}

/// Text of so many bytes that surely passes.
#[derive(Debug)]
struct QuickText {
    bytes_min: usize,
    bytes_max: usize,
    kind: QuickKind,
}

#[derive(Debug)]
enum QuickKind {
    Any,
    Listed(TextSet),
    Pattern(Arc<Pattern>),
    Format(Format),
}

impl Quick {
    /// The quick checks of `node`.
    pub fn new(node: &Node) -> Quick {
        if node.never.is_some() || node.also.is_some() {
            return Quick::default();
        }
        let cell = match node.cell.numbers {
            Types::NUMBER => QuickCell::Number,
            Types::INTEGER => QuickCell::Integer,
            Types(0) if !node.cell.booleans => QuickCell::Text,
            _ => QuickCell::Unknown,
        };
        let has = |types| node.values.is_empty() && node.types.has(types);
        Quick {
            number: QuickNumber::new(node),
            text: QuickText::new(node),
            booleans: has(Types::BOOLEAN),
            null: has(Types::NULL),
            cell,
            has_tokens: node.cell.missing.is_some(),
        }
    }

    /// A number, by its shape.
    #[inline(always)]
    pub fn admits_number(&self, shape: Shape) -> bool {
        self.number.is_some_and(|number| number.admits(shape))
    }

    /// A string, decoded, valid UTF-8.
    #[inline(always)]
    pub fn admits_text(&self, text: &[u8]) -> bool {
        self.text.as_ref().is_some_and(|rules| rules.admits(text))
    }

    /// `true` and `false`.
    #[inline(always)]
    pub fn admits_booleans(&self) -> bool {
        self.booleans
    }

    /// `null`.
    #[inline(always)]
    pub fn admits_null(&self) -> bool {
        self.null
    }

    /// The text of a CSV cell that is not missing.
    #[inline(always)]
    pub fn admits_cell(&self, text: &[u8]) -> bool {
        match self.cell {
            QuickCell::Text => self.admits_text(text),
            QuickCell::Unknown => false,
            QuickCell::Integer | QuickCell::Number => match word_shape(text) {
                Some(Shape::Short(..)) if self.cell == QuickCell::Integer => false,
                Some(shape) => self.admits_number(shape),
                None => false,
            },
        }
    }

    /// The text of a CSV cell that is not missing, by `inner`: the text with each quote in it doubled.
    #[inline(always)]
    pub fn admits_doubled_cell(&self, inner: &[u8]) -> bool {
        let is_any = |rules: &QuickText| {
            // The text has at least half of these bytes, and no more.
            matches!(rules.kind, QuickKind::Any) && inner.len() / 2 >= rules.bytes_min && inner.len() <= rules.bytes_max
        };
        self.cell == QuickCell::Text && self.text.as_ref().is_some_and(is_any)
    }

    /// [`Quick::admits_cell`] for text that may be missing: where it is one of `tokens`, or of the node's own.
    #[inline(always)]
    pub fn admits_cell_beside(&self, tokens: &[Vec<u8>], text: &[u8]) -> bool {
        !self.has_tokens && !tokens.iter().any(|token| token == text) && self.admits_cell(text)
    }
}

impl QuickNumber {
    fn new(node: &Node) -> Option<QuickNumber> {
        if !node.types.has(Types::INTEGER) || !node.values.is_empty() {
            return None;
        }
        let (mut above, mut below) = if node.types.has(Types::NUMBER) { (f64::NEG_INFINITY, f64::INFINITY) } else { (f64::NAN, f64::NAN) };
        let Some(NumberRules { low, high, bounds, multiple_of: None }) = node.number.as_deref() else {
            return node.number.is_none().then_some(QuickNumber { low: i64::MIN, high: i64::MAX, above, below });
        };
        if !above.is_nan() {
            for bound in bounds {
                match bound.kind {
                    BoundKind::Minimum | BoundKind::ExclusiveMinimum => above = above.max(bound.rounded),
                    BoundKind::Maximum | BoundKind::ExclusiveMaximum => below = below.min(bound.rounded),
                }
            }
        }
        Some(QuickNumber { low: *low, high: *high, above, below })
    }

    #[inline(always)]
    fn admits(self, shape: Shape) -> bool {
        match shape {
            Shape::Small(value) => value >= self.low && value <= self.high,
            Shape::Short(mantissa, scale) => {
                let value = rounded(mantissa, scale);
                value > self.above && value < self.below
            }
            Shape::None | Shape::Integer | Shape::Number => false,
        }
    }
}

impl QuickText {
    fn new(node: &Node) -> Option<QuickText> {
        if !node.types.has(Types::STRING) {
            return None;
        }
        let any = QuickText { bytes_min: 0, bytes_max: usize::MAX, kind: QuickKind::Any };
        let listed = match node.values.as_slice() {
            [] => None,
            [only] => Some(only.texts.clone()),
            _ => return None,
        };
        let Some(rules) = node.text.as_deref() else {
            return Some(QuickText { kind: listed.map_or(QuickKind::Any, QuickKind::Listed), ..any });
        };
        let kind = match (listed, &rules.pattern, &rules.format) {
            (None, None, None) => QuickKind::Any,
            (Some(texts), None, None) => QuickKind::Listed(texts),
            // One that may run out of steps is told its budget by the node.
            (None, Some(pattern), None) if pattern.pattern.is_linear() => QuickKind::Pattern(pattern.pattern.clone()),
            (None, None, Some((_, format))) => QuickKind::Format(*format),
            _ => return None,
        };
        // A text has at most as many code points as bytes, and at least a quarter as many.
        let bytes_min = rules.length_min.map_or(Some(0), |(_, min)| usize::try_from(min.checked_mul(4)?.saturating_sub(3)).ok())?;
        let bytes_max = rules.length_max.map_or(usize::MAX, |(_, max)| usize::try_from(max).unwrap_or(usize::MAX));
        Some(QuickText { bytes_min, bytes_max, kind })
    }

    #[inline(always)]
    fn admits(&self, text: &[u8]) -> bool {
        if text.len() < self.bytes_min || text.len() > self.bytes_max {
            return false;
        }
        match &self.kind {
            QuickKind::Any => true,
            QuickKind::Listed(texts) => texts.has(text),
            QuickKind::Pattern(pattern) => pattern.is_match(text),
            QuickKind::Format(format) => format.is_valid_bytes(text),
        }
    }
}
