//! What is asked of a stream at its end, in a form that merges: counts add up, and then the bounds are asked again.

use super::{Counted, StreamRules};
use crate::report::{Report, RuleCount};
use crate::rules::decimal::Decimal;
use crate::severity::Severity;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// `x-recordCount`.
pub(crate) const RECORD_COUNT: &str = "x-recordCount";
/// `x-missingRatio`.
pub(crate) const MISSING_RATIO: &str = "x-missingRatio";

/// What the rules over the whole stream have come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// Streams of which `x-unique` and `x-order` were asked, each by itself.
    pub streams: u64,
    /// The bounds.
    pub bounds: Vec<Bound>,
}

/// A bound, and what it is asked of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The field; `None` for the records themselves.
    pub field: Option<String>,
    /// The keyword.
    pub keyword: String,
    /// The code of the violation.
    pub code: String,
    /// The limit.
    pub limit: Number,
    /// Records, or those in which the field is missing.
    pub count: u64,
    /// The records that `count` is a part of.
    pub of: u64,
    /// Whether it is met; `None` before the end.
    pub met: Option<bool>,
}

/// How a stream is part of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// It is the whole.
    #[default]
    Whole,
    /// It is the first of several inputs.
    First,
    /// It is one of those that follow.
    Next,
}

/// What was counted of one input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects that could be read.
    pub objects: u64,
    /// How many of these lack each field; empty where nobody asks.
    pub missing: Vec<u64>,
}

impl Tally {
    /// Adds what was seen in a batch.
    pub(crate) fn add(&mut self, objects: u64, missing: &[u64]) {
        self.objects += objects;
        self.missing.resize(self.missing.len().max(missing.len()), 0);
        self.missing.iter_mut().zip(missing).for_each(|(sum, more)| *sum += more);
    }
}

impl Whole {
    /// What `rules` have come to; `None` where there are none.
    pub(crate) fn of(rules: &StreamRules, tally: &Tally, records: u64, part: Part) -> Option<Whole> {
        if rules.is_empty() {
            return None;
        }
        let bound = |rule: &super::BoundRule| {
            let (field, keyword, count, of) = match rule.counted {
                Counted::Records => (None, RECORD_COUNT, records, records),
                Counted::Missing(field) => {
                    let count = tally.missing.get(field as usize).copied().unwrap_or_default();
                    (Some(rules.fields[field as usize].to_string()), MISSING_RATIO, count, tally.objects)
                }
            };
            let name = keyword.trim_start_matches("x-");
            let code = format!("{name}/{}", if rule.is_maximum { "maximum" } else { "minimum" });
            let limit = serde_json::from_str(&rule.limit).unwrap_or_else(|_| Number::from(0));
            Bound { field, keyword: keyword.to_owned(), code, limit, count, of, met: None }
        };
        Some(Whole { streams: u64::from(part != Part::Next), bounds: rules.bounds.iter().map(bound).collect() })
    }

    /// That of both, of one schema; not decided.
    fn merge(&mut self, other: Whole) {
        self.streams += other.streams;
        for (bound, other) in self.bounds.iter_mut().zip(other.bounds) {
            (bound.count, bound.of) = (bound.count + other.count, bound.of + other.of);
        }
    }
}

impl Bound {
    fn is_met(&self) -> bool {
        let Some(limit) = Decimal::parse(self.limit.to_string().as_bytes()) else { return false };
        let count = decimal(self.count);
        // A ratio is asked without a division: count / of ≤ limit.
        let limit = if self.field.is_some() { limit.times(&decimal(self.of)) } else { limit };
        if self.code.ends_with("maximum") { count <= limit } else { count >= limit }
    }
}

fn decimal(count: u64) -> Decimal {
    Decimal::parse(count.to_string().as_bytes()).unwrap_or_else(|| unreachable!("digits are a number"))
}

impl Report {
    /// Takes back what [`Report::decide`] did, so that it can be asked of more.
    fn reopen(&mut self) {
        let Some(whole) = &mut self.stream_rules else { return };
        for bound in &mut whole.bounds {
            if bound.met.take() == Some(false) {
                self.rules.retain(|rule| (&rule.field, &rule.code) != (&bound.field, &bound.code));
                self.counts.violations -= 1;
            }
        }
    }

    /// Asks the bounds, of a report that is complete.
    pub fn decide(&mut self) {
        self.reopen();
        let Some(whole) = self.stream_rules.as_mut().filter(|_| self.complete) else { return };
        for bound in &mut whole.bounds {
            let met = bound.is_met();
            bound.met = Some(met);
            if !met {
                let (field, keyword, code) = (bound.field.clone(), Some(bound.keyword.clone()), bound.code.clone());
                self.rules.push(RuleCount { field, keyword, code, rule: None, severity: Severity::Error, count: 1, samples: Vec::new() });
                self.counts.violations += 1;
            }
        }
        self.settle();
    }

    /// Puts what `self` and `other` have come to together, before the rest of them is.
    pub(crate) fn merge_whole(&mut self, other: &mut Report) {
        self.reopen();
        other.reopen();
        if let (Some(ours), Some(theirs)) = (&mut self.stream_rules, other.stream_rules.take()) {
            ours.merge(theirs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_ratio_is_asked_exactly(count in 0u64..1_000, more in 0u64..1_000, thousandths in 0u64..=1_000) {
            let of = count + more;
            let limit = serde_json::from_str(&format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)).expect("a number");
            let bound = Bound { field: Some("a".into()), keyword: String::new(), code: "maximum".into(), limit, count, of, met: None };
            prop_assert_eq!(bound.is_met(), count * 1_000 <= thousandths * of);
        }
    }
}
