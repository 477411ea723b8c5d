//! Runs a plan over a batch.

pub mod csv;
pub mod document;
pub mod header;
pub mod json;
mod names;
pub mod ndjson;
mod nested;
pub mod scalar;
mod whole;

pub(crate) use whole::{is_cell_number, number_cell, write_cell, write_number};

use crate::batch::Start;
use crate::decode::json::Fault;
use crate::decode::tape::EntryId;
use crate::error::Error;
use crate::limits::Limits;
use crate::policy::{Policy, Undecided};
use crate::schema::plan::{Builtin, Plan, RuleId};
use crate::severity::Severity;
use crate::stream_rules::seen::{Seen, SeenKey, SeenRecord, SeenValue};
use crate::violation::{Detail, NO_COLUMN, Value, Violation};
use std::ops::Range;

/// Bytes that are not valid records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// First byte.
    pub start: u32,
    /// Past the last byte, line end included.
    pub end: u32,
    /// Record of the batch, 0-based; `None` for what is left of a record that an earlier batch refused.
    pub record: Option<u32>,
    /// It was refused because it could not be decided, and not because it breaks a rule.
    pub is_undecided: bool,
}

/// What was found in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Bytes that were read to the end of a record. The rest belongs to the next batch.
    pub consumed: usize,
    /// What the byte after these belongs to.
    pub next: Start,
    /// Records that begin in the bytes consumed.
    pub records: u32,
    /// Line ends in them.
    pub lines: u32,
    /// The refused parts, in order.
    pub refused: Vec<Refused>,
    /// Refused records: those of `refused` that begin here.
    pub invalid: u32,
    /// Records that could not be decided and break no rule, refused or not.
    pub undecided: u32,
    /// Violations to write out, in the order of records.
    pub violations: Vec<Violation>,
    /// Violations by rule, written out or not; rules without any are left out.
    pub counts: Vec<(RuleId, u64)>,
    /// The first violation at which the stream is to be stopped.
    pub abort: Option<Violation>,
    /// What rules over the whole stream have to know of the records.
    pub seen: Seen,
    /// The valid records as they go out, where that is not as they came.
    pub output: Vec<u8>,
    /// `output` has records that were refused after it was made.
    pub is_output_stale: bool,
    /// Why it is not known of some record whether it is valid: the stream cannot go on.
    pub fault: Option<Error>,
}

impl Checked {
    /// What is found in no bytes at all.
    pub(crate) fn nothing(next: Start) -> Checked {
        Checked {
            consumed: 0,
            next,
            records: 0,
            lines: 0,
            refused: Vec::new(),
            invalid: 0,
            undecided: 0,
            violations: Vec::new(),
            counts: Vec::new(),
            abort: None,
            seen: Seen::default(),
            output: Vec::new(),
            is_output_stale: false,
            fault: None,
        }
    }
}

/// Something wrong with a record that was read onto a tape.
#[derive(Debug, PartialEq)]
pub(crate) struct Reported {
    /// The rule.
    pub(crate) rule: RuleId,
    /// The value that the violation points to, or that its `name` is missing in.
    pub(crate) at: EntryId,
    /// The value that is shown.
    pub(crate) value: Option<EntryId>,
    /// The name of a member that is not there.
    pub(crate) name: Option<Box<str>>,
}

/// Collects what is found, record by record.
#[derive(Debug)]
pub struct Findings<'p> {
    plan: &'p Plan,
    policy: Policy,
    checked: Checked,
    counts: Vec<u64>,
    per_record_max: usize,
    record_start: usize,
    found: u64,
    /// Those of them that decide nothing.
    found_warnings: u64,
    /// Those of the others that say that a rule could not be decided.
    found_undecided: u64,
    /// The first of them that stops the stream.
    abort: Option<Violation>,
    first_of_record: usize,
    /// Rules of the record at hand that were counted, but are too many to be written out.
    unwritten: Vec<RuleId>,
    /// What the record at hand holds is not certain.
    is_unread: bool,
    /// Something was seen in the record at hand that rules over the whole stream have to know.
    has_seen: bool,
}

impl<'p> Findings<'p> {
    /// Nothing found yet, in bytes that begin with `start`.
    pub fn new(plan: &'p Plan, limits: &Limits, policy: Policy, start: Start) -> Findings<'p> {
        Findings {
            plan,
            policy,
            checked: Checked::nothing(start),
            counts: vec![0; plan.rules.len()],
            per_record_max: limits.violations_per_record_max,
            record_start: 0,
            found: 0,
            found_warnings: 0,
            found_undecided: 0,
            abort: None,
            first_of_record: 0,
            unwritten: Vec::new(),
            is_unread: false,
            has_seen: false,
        }
    }

    /// A record begins at `start`.
    #[inline(always)]
    pub fn begin(&mut self, start: usize) {
        self.record_start = start;
        self.forget();
        self.first_of_record = self.checked.violations.len();
        self.unwritten.clear();
        (self.is_unread, self.has_seen) = (false, false);
    }

    #[inline(always)]
    fn forget(&mut self) {
        if self.found > 0 {
            (self.found, self.found_warnings, self.found_undecided) = (0, 0, 0);
            self.abort = None;
        }
    }

    /// Where the record at hand begins.
    #[inline(always)]
    pub fn record_start(&self) -> usize {
        self.record_start
    }

    /// The record at hand does not meet `rule`.
    #[cold]
    #[inline(never)]
    pub fn add(&mut self, rule: RuleId, column: u32, value: Value, detail: Detail) {
        self.counts[rule as usize] += 1;
        self.found += 1;
        let is_undecided = self.plan.rule(rule).is_undecided();
        self.is_unread |= rule < Builtin::TABLE.len() as RuleId && rule != Builtin::Undecided.id();
        let (record, line, byte) = (self.checked.records, self.checked.lines, self.record_start as u32);
        let violation = Violation { rule, record, line, byte, column, value, detail };
        match self.plan.rule(rule).severity {
            Severity::Warning => self.found_warnings += 1,
            Severity::Abort if self.abort.is_none() => self.abort = Some(violation.clone()),
            Severity::Error if is_undecided => self.found_undecided += 1,
            Severity::Error | Severity::Abort => {}
        }
        if self.found <= self.per_record_max as u64 {
            self.checked.violations.push(violation);
        } else {
            self.unwritten.push(rule);
        }
    }

    /// The whole record at hand cannot be read.
    pub fn add_fault(&mut self, fault: Builtin, detail: Detail) {
        self.add(fault.id(), NO_COLUMN, Value::None, detail);
    }

    /// The JSON text of the record at hand cannot be read beyond `offset`.
    pub fn add_unread(&mut self, fault: Fault, offset: u32) {
        match fault {
            Fault::Syntax(expected) => self.add_fault(Builtin::JsonSyntax, Detail::Syntax(offset, expected)),
            Fault::Depth => self.add_fault(Builtin::JsonDepth, Detail::Offset(offset)),
            Fault::Surrogate => self.add_fault(Builtin::JsonSurrogate, Detail::Offset(offset)),
        }
    }

    /// Moves the last violation's position off the record's first byte.
    pub fn move_last(&mut self, lines: u32, byte: usize, column: u32) {
        if let Some(last) = self.checked.violations.last_mut() {
            (last.line, last.byte, last.column) = (last.line + lines, byte as u32, column);
        }
    }

    /// Takes back what was found in the record at hand: it cannot be read after all.
    pub fn take_back(&mut self) {
        let written = self.checked.violations.drain(self.first_of_record..).map(|violation| violation.rule);
        for rule in written.chain(self.unwritten.drain(..)) {
            self.counts[rule as usize] -= 1;
        }
        self.forget();
    }

    /// True while nothing is known to be wrong with the record at hand, so that rules over its fields find them as the schema says.
    pub(crate) fn may_be_valid(&self) -> bool {
        self.found == self.found_warnings + self.found_undecided
    }

    /// True when what the record at hand holds is not certain: it could not be read, or has a name twice.
    pub(crate) fn is_unread(&self) -> bool {
        self.is_unread
    }

    /// The record at hand has a key.
    pub(crate) fn see_key(&mut self, key: SeenKey) {
        self.has_seen = true;
        self.checked.seen.keys.push(key);
    }

    /// The record at hand has a value that stands in an order.
    pub(crate) fn see_value(&mut self, value: SeenValue) {
        self.has_seen = true;
        self.checked.seen.values.push(value);
    }

    /// What the record at hand breaks cannot be told.
    #[cold]
    pub(crate) fn fail(&mut self, fault: Error) {
        self.checked.fault.get_or_insert(fault);
    }

    /// What is counted over all records at hand.
    pub(crate) fn seen(&mut self) -> &mut Seen {
        &mut self.checked.seen
    }

    /// The record at hand ends before `end` and has `lines` line ends.
    #[inline(always)]
    pub fn end(&mut self, end: usize, lines: u32) {
        if self.found > 0 {
            self.end_found(end);
        }
        if self.has_seen {
            self.end_seen(end);
        }
        self.checked.records += 1;
        self.pass(end, lines, Start::Record);
    }

    fn end_seen(&mut self, end: usize) {
        let Checked { records, lines, seen, .. } = &mut self.checked;
        let (keys_end, values_end) = (seen.keys.len() as u32, seen.values.len() as u32);
        let (start, end) = (self.record_start as u32, end as u32);
        let is_undecided = self.found_undecided > 0 && self.found == self.found_warnings + self.found_undecided;
        seen.records.push(SeenRecord { record: *records, line: *lines, start, end, is_undecided, keys_end, values_end });
    }

    #[cold]
    fn end_found(&mut self, end: usize) {
        if self.found == self.found_warnings {
            return;
        }
        if self.checked.abort.is_none() {
            self.checked.abort = self.abort.take();
        }
        let is_undecided = self.may_be_valid();
        self.checked.undecided += u32::from(is_undecided);
        if !is_undecided || self.policy.undecided != Undecided::Valid {
            self.refuse(self.record_start..end, Some(self.checked.records));
        }
    }

    /// Bytes up to `end` are done with.
    #[inline(always)]
    pub fn pass(&mut self, end: usize, lines: u32, next: Start) {
        self.checked.lines += lines;
        self.checked.consumed = end;
        self.checked.next = next;
    }

    /// Sets bytes aside.
    #[cold]
    pub fn refuse(&mut self, bytes: Range<usize>, record: Option<u32>) {
        self.checked.invalid += u32::from(record.is_some());
        let is_undecided = record.is_some() && self.may_be_valid();
        self.checked.refused.push(Refused { start: bytes.start as u32, end: bytes.end as u32, record, is_undecided });
    }

    /// The record at hand goes on beyond the bytes, which end at `end`; the rest of its line is refused with it.
    pub fn end_open(&mut self, end: usize, lines: u32) {
        self.end(end, lines);
        self.checked.next = Start::RefusedLine;
    }

    /// Deals with what is left of a line that an earlier batch began. Gives where records begin; `None` when the line does not end here.
    pub fn resume(
        &mut self,
        bytes: &[u8],
        start: Start,
        last: bool,
        line_end: impl Fn(&[u8], usize, bool) -> Option<usize>,
    ) -> Option<usize> {
        if start == Start::Record {
            return Some(0);
        }
        let end = line_end(bytes, 0, last);
        // A carriage return at the very end waits for what follows it.
        let waits = end.is_none() && !last && bytes.last() == Some(&b'\r');
        let passed = end.unwrap_or(bytes.len() - usize::from(waits));
        if start == Start::RefusedLine && passed > 0 {
            self.refuse(0..passed, None);
        }
        let next = if end.is_some() || last { Start::Record } else { start };
        self.pass(passed, u32::from(end.is_some()), next);
        end
    }

    /// All that was found.
    pub fn finish(mut self) -> Checked {
        self.checked.counts =
            self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(rule, &count)| (rule as RuleId, count)).collect();
        self.checked
    }
}

/// `minItems` and `maxItems`, `minProperties` and `maxProperties`.
pub(crate) fn check_count(min: Option<(RuleId, u64)>, max: Option<(RuleId, u64)>, count: u64, mut refuse: impl FnMut(RuleId)) {
    if let Some((rule, min)) = min
        && count < min
    {
        refuse(rule);
    }
    if let Some((rule, max)) = max
        && count > max
    {
        refuse(rule);
    }
}
