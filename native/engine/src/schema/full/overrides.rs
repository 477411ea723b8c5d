//! Our patterns, formats and numbers within the full engine.

use crate::format::ALL;
use crate::pattern::{Match, Pattern};
use crate::rules::decimal::Decimal;
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError, ValidationOptions};
use serde_json::{Map, Value};
use std::cell::Cell;

thread_local! {
    /// Steps that a pattern may take on one text.
    static STEPS: Cell<u64> = const { Cell::new(0) };
    /// A pattern has taken more.
    static IS_UNDECIDED: Cell<bool> = const { Cell::new(false) };
    /// What such a pattern counts as.
    static COUNTS_AS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `check` under a budget of steps for each pattern; one that ran out counts as matched, or not. Tells whether one did.
pub(super) fn with_steps<T>(steps: u64, counts_as: bool, check: impl FnOnce() -> T) -> (T, bool) {
    STEPS.set(steps);
    IS_UNDECIDED.set(false);
    COUNTS_AS.set(counts_as);
    let outcome = check();
    (outcome, IS_UNDECIDED.get())
}

type Checked<'a> = Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>>;

/// A keyword as a question that the value answers with yes or no.
struct Question<F>(F);

impl<'i, F: Fn(&Value) -> bool + Send + Sync> Keyword<'i> for Question<F> {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if (self.0)(instance) { Ok(()) } else { Err(ValidationError::custom("")) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        (self.0)(instance)
    }
}

fn question<'a>(ask: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Checked<'a> {
    Ok(Box::new(Question(ask)))
}

fn pattern<'a>(_: &'a Map<String, Value>, value: &'a Value, _: Location) -> Checked<'a> {
    let source = value.as_str().ok_or_else(|| ValidationError::custom("must be a string"))?;
    let pattern = Pattern::compile(source).map_err(|fault| ValidationError::custom(fault.to_string()))?;
    question(move |value| {
        let Some(text) = value.as_str() else { return true };
        match pattern.matches(text.as_bytes(), STEPS.get()) {
            Match::Yes => true,
            Match::No => false,
            Match::Undecided => {
                IS_UNDECIDED.set(true);
                COUNTS_AS.get()
            }
        }
    })
}

fn decimal(value: &Value) -> Option<Decimal> {
    Decimal::parse(value.as_number()?.to_string().as_bytes())
}

fn number<'a>(limit: &'a Value, passes: fn(&Decimal, &Decimal) -> bool) -> Checked<'a> {
    let limit = decimal(limit).ok_or_else(|| ValidationError::custom("must be a number"))?;
    question(move |value| decimal(value).is_none_or(|value| passes(&value, &limit)))
}

/// Our formats.
pub(super) fn formats(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    ALL.into_iter().fold(options, |options, format| options.with_format(format.name(), move |text: &str| format.is_valid(text)))
}

/// Our patterns, and numbers by their text.
pub(super) fn keywords(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    options
        .with_keyword("pattern", pattern)
        .with_keyword("multipleOf", |_: &Map<String, Value>, limit, _| number(limit, |value, limit| value.is_multiple_of(limit)))
        .with_keyword("minimum", |_: &Map<String, Value>, limit, _| number(limit, |value, limit| value >= limit))
        .with_keyword("maximum", |_: &Map<String, Value>, limit, _| number(limit, |value, limit| value <= limit))
        .with_keyword("exclusiveMinimum", |_: &Map<String, Value>, limit, _| number(limit, |value, limit| value > limit))
        .with_keyword("exclusiveMaximum", |_: &Map<String, Value>, limit, _| number(limit, |value, limit| value < limit))
}
