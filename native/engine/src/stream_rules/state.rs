//! What a stream has come to, as far as its rules over the whole are concerned.

use super::OrderRule;
use super::order::{compare, has_place};
use super::seen::{SeenRecord, SeenValue};
use crate::check::Checked;
use crate::error::Error;
use crate::keys::{KeySet, Spill};
use crate::render::Base;
use crate::render::string;
use crate::schema::plan::RuleId;
use crate::setup::{Form, Setup};
use std::cmp::Ordering;
use std::ops::Range;

/// The bits of a place that say how many lines more than records come before it.
const LINE_BITS: u32 = 20;
/// Stands for "so many that it is not known".
const LINES_UNKNOWN: u64 = (1 << LINE_BITS) - 1;

/// What came before, of one input or of several that are one stream in their order.
#[derive(Debug)]
pub struct StreamState {
    keys: KeySet,
    /// Of each order the last value that kept it, and where it stands.
    lasts: Vec<Option<(Box<[u8]>, u64)>>,
    inputs: Vec<Input>,
    /// Records of all inputs until now.
    records: u64,
}

#[derive(Debug)]
struct Input {
    /// Records of the inputs before it.
    base: u64,
    source: Option<String>,
}

/// A record that breaks a rule.
#[derive(Debug, Clone)]
pub(crate) struct Breach {
    pub(crate) record: SeenRecord,
    pub(crate) rule: RuleId,
    /// JSON object text.
    pub(crate) params: Box<str>,
    /// Where the value stands in the batch.
    pub(crate) value: Option<Range<u32>>,
}

impl StreamState {
    /// Before the first input. Keys take `unique_bytes_max` bytes of memory at most; what is beyond goes to `spill`.
    pub fn new(unique_bytes_max: usize, spill: Box<dyn Spill>) -> StreamState {
        StreamState { keys: KeySet::new(unique_bytes_max, spill), lasts: Vec::new(), inputs: Vec::new(), records: 0 }
    }

    /// The next input begins; its name is `source`.
    pub fn begin(&mut self, source: Option<&str>) {
        self.inputs.push(Input { base: self.records, source: source.map(str::to_owned) });
    }

    /// Holds the records of a batch, which stands at `base` of its input, against all that came before. Gives what breaks a rule, in order.
    ///
    /// # Errors
    /// Those of the spill.
    pub(crate) fn judge(&mut self, setup: &Setup, checked: &Checked, base: Base) -> Result<Vec<Breach>, Error> {
        if self.inputs.is_empty() {
            self.begin(setup.source.as_deref());
        }
        let orders = &setup.plan.stream.orders;
        self.lasts.resize(orders.len(), None);
        let has_lines = !matches!(setup.form, Form::Records { .. });
        let mut breaches = Vec::new();
        let (mut keys, mut values) = (0, 0);
        let mut refused = checked.refused.iter().peekable();
        for record in &checked.seen.records {
            let place = self.place(record, base)?;
            let before = breaches.len();
            for key in &checked.seen.keys[keys..record.keys_end as usize] {
                let Some(first) = self.keys.insert(u128::from_le_bytes(key.hash), place)? else { continue };
                let rule = &setup.plan.stream.unique[key.which as usize];
                let first = self.position(first, has_lines);
                let params = format!("{{\"fields\":{},\"first\":{first}}}", rule.names);
                breaches.push(Breach { record: record.clone(), rule: rule.duplicate, params: params.into(), value: key.value.clone() });
            }
            let of_record = &checked.seen.values[values..record.values_end as usize];
            (keys, values) = (record.keys_end as usize, record.values_end as usize);
            while refused.next_if(|part| part.start < record.start).is_some() {}
            // One that is refused for another reason does not stand among the records whose order is asked.
            if breaches.len() == before && refused.peek().is_none_or(|part| part.start != record.start) {
                self.judge_order(orders, record, of_record, place, has_lines, &mut breaches);
            }
        }
        let before = self.inputs.last().map_or(0, |input| input.base);
        self.records = before + base.records + u64::from(checked.records);
        Ok(breaches)
    }

    /// Holds the values of a record against the last ones that kept each order. Where it keeps all of them, its values are the last ones.
    fn judge_order(
        &mut self,
        orders: &[OrderRule],
        record: &SeenRecord,
        values: &[SeenValue],
        place: u64,
        has_lines: bool,
        breaches: &mut Vec<Breach>,
    ) {
        let before = breaches.len();
        for SeenValue { which, form, value } in values {
            let rule = &orders[*which as usize];
            let last = self.lasts[*which as usize].as_ref();
            let order = last.map_or_else(
                || has_place(form).then_some(Ordering::Greater),
                |(last, _)| {
                    let order = compare(form, last);
                    if rule.is_descending { order.map(Ordering::reverse) } else { order }
                },
            );
            let broken = match order {
                None => rule.incomparable,
                Some(Ordering::Less) => rule.broken,
                Some(Ordering::Equal) if rule.is_strict => rule.broken,
                Some(_) => continue,
            };
            let after = last.map(|(_, place)| format!(",\"after\":{}", self.position(*place, has_lines))).unwrap_or_default();
            let params = format!("{{{}{after}}}", rule.asked);
            breaches.push(Breach { record: record.clone(), rule: broken, params: params.into(), value: Some(value.clone()) });
        }
        if breaches.len() == before {
            for SeenValue { which, form, .. } in values {
                self.lasts[*which as usize] = Some((form.clone(), place));
            }
        }
    }

    /// A place in 64 bits: the number of the record among those of all inputs, and how much larger the number of its line is.
    fn place(&self, record: &SeenRecord, base: Base) -> Result<u64, Error> {
        let before = self.inputs.last().map_or(0, |input| input.base);
        let number = base.records + u64::from(record.record);
        let line = base.lines + u64::from(record.line);
        let more = line.checked_sub(number).map_or(LINES_UNKNOWN, |more| more.min(LINES_UNKNOWN));
        let all = before + number;
        if all >> (64 - LINE_BITS) > 0 {
            return Err(Error::new(
                "limit/unique",
                "There are more records than can be told apart by a rule over the whole stream (2^44).",
            ));
        }
        Ok(all << LINE_BITS | more)
    }

    /// The JSON text of a place.
    fn position(&self, place: u64, has_lines: bool) -> String {
        let (all, more) = (place >> LINE_BITS, place & LINES_UNKNOWN);
        let at = self.inputs.partition_point(|input| input.base <= all).saturating_sub(1);
        let input = &self.inputs[at];
        let number = all - input.base;
        let mut text = format!("{{\"record\":{}", number + 1);
        if has_lines && more != LINES_UNKNOWN {
            text.push_str(&format!(",\"line\":{}", number + more + 1));
        }
        if let Some(source) = &input.source {
            let mut name = Vec::new();
            string(source, &mut name);
            text.push_str(",\"source\":");
            text.push_str(&String::from_utf8_lossy(&name));
        }
        text.push('}');
        text
    }
}
