//! Refuses the records of a batch that break a rule over the whole stream.

use super::state::Breach;
use crate::check::{Checked, Refused};
use crate::setup::{Form, Setup};
use crate::violation::{Detail, NO_COLUMN, Value, Violation};

/// Adds `breaches`, which are in order, to what was found in the batch. Those of records that are not in it are left out: it was cut shorter.
pub(crate) fn apply(setup: &Setup, checked: &mut Checked, breaches: &[Breach]) {
    let breaches = &breaches[..breaches.partition_point(|breach| breach.record.record < checked.records)];
    if breaches.is_empty() {
        return;
    }
    let mut violations = std::mem::take(&mut checked.violations).into_iter().peekable();
    let mut refused = std::mem::take(&mut checked.refused).into_iter().peekable();
    for of_record in breaches.chunk_by(|one, other| one.record.record == other.record.record) {
        let record = &of_record[0].record;
        while let Some(violation) = violations.next_if(|violation| violation.record < record.record) {
            checked.violations.push(violation);
        }
        let first = checked.violations.len();
        while let Some(violation) = violations.next_if(|violation| violation.record == record.record) {
            checked.violations.push(violation);
        }
        for breach in of_record {
            count(checked, breach.rule);
            if checked.violations.len() - first < setup.limits.violations_per_record_max {
                checked.violations.push(violation(setup, breach));
            }
        }
        while let Some(part) = refused.next_if(|part| part.start < record.start) {
            checked.refused.push(part);
        }
        let was_undecided = match refused.next_if(|part| part.start == record.start) {
            Some(part) => {
                checked.refused.push(Refused { is_undecided: false, ..part });
                part.is_undecided
            }
            None => {
                let part = Refused { start: record.start, end: record.end, record: Some(record.record), is_undecided: false };
                checked.refused.push(part);
                checked.invalid += 1;
                checked.is_output_stale = true;
                record.is_undecided
            }
        };
        // What could not be decided of it does not matter any more.
        checked.undecided -= u32::from(was_undecided);
    }
    checked.violations.extend(violations);
    checked.refused.extend(refused);
}

fn count(checked: &mut Checked, rule: u32) {
    match checked.counts.binary_search_by_key(&rule, |&(rule, _)| rule) {
        Ok(at) => checked.counts[at].1 += 1,
        Err(at) => checked.counts.insert(at, (rule, 1)),
    }
}

fn violation(setup: &Setup, breach: &Breach) -> Violation {
    let name = setup.plan.rule(breach.rule).field.as_deref();
    let (column, value) = match (&setup.form, breach.value.clone()) {
        (_, None) => (NO_COLUMN, Value::None),
        (Form::Csv { columns, .. }, Some(value)) => {
            let column = columns.iter().position(|column| Some(&*column.name) == name);
            (column.map_or(NO_COLUMN, |at| at as u32), Value::Cell(value))
        }
        (_, Some(value)) => (NO_COLUMN, Value::Json(value)),
    };
    let record = &breach.record;
    Violation {
        rule: breach.rule,
        record: record.record,
        line: record.line,
        byte: record.start,
        column,
        value,
        detail: Detail::Params(breach.params.clone()),
    }
}
