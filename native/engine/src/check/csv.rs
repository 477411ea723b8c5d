//! A batch of CSV against a plan.

use super::header::Column;
use super::scalar::{check_cell, check_null};
use super::whole::WholeRecord;
use super::{Checked, Findings};
use crate::batch::Start;
use crate::decode::cell;
use crate::frame::csv::{Dialect, Field, Framed, Framer, line_end};
use crate::limits::Limits;
use crate::policy::Policy;
use crate::schema::plan::{Builtin, ObjectRules, Plan};
use crate::schema::quick::Quick;
use crate::stream_rules::foreign::References;
use crate::stream_rules::watch::Watch;
use crate::violation::{Detail, NO_COLUMN, Value};

/// What stays the same over all batches of a CSV source.
#[derive(Debug)]
pub struct CsvChecker<'p> {
    /// The schema.
    pub plan: &'p Plan,
    /// How the source is written.
    pub dialect: &'p Dialect,
    /// Its columns.
    pub columns: &'p [Column],
    /// Its limits.
    pub limits: &'p Limits,
    /// What becomes of a record that could not be decided.
    pub policy: Policy,
    /// What foreign keys are looked up in.
    pub references: Option<&'p References>,
}

/// What is asked of the cells of a column, as far as it is settled at a glance.
struct CellCheck<'p> {
    /// The schema speaks of the column.
    is_asked: bool,
    missing: Missing<'p>,
    /// A text with a quote in it may stand for a missing value, or a quote is not written as two.
    is_missing_by_quotes: bool,
    /// `None` where the values are not asked.
    quick: Option<&'p Quick>,
}

/// Which texts stand for a missing value.
#[derive(Clone, Copy)]
enum Missing<'p> {
    Never,
    Empty,
    Tokens(&'p [Box<[u8]>]),
}

impl CellCheck<'_> {
    /// True for a cell that is not missing, and of which nothing would be found.
    #[inline(always)]
    fn admits(&self, bytes: &[u8], field: &Field) -> bool {
        let inner = &bytes[field.start as usize..field.end as usize];
        if field.escaped {
            return !self.is_missing_by_quotes && self.quick.is_none_or(|quick| quick.admits_doubled_cell(inner));
        }
        let is_missing = match self.missing {
            Missing::Never => false,
            Missing::Empty => inner.is_empty(),
            Missing::Tokens(tokens) => is_missing(inner, tokens),
        };
        !is_missing && self.quick.is_none_or(|quick| quick.admits_cell(inner))
    }
}

impl CsvChecker<'_> {
    /// Checks every record that ends within `bytes`. `last` when no bytes follow.
    pub fn check(&self, bytes: &[u8], start: Start, last: bool) -> Checked {
        match self.dialect.escape {
            None => self.check_batch::<4>(bytes, start, last),
            Some(_) => self.check_batch::<5>(bytes, start, last),
        }
    }

    fn check_batch<const N: usize>(&self, bytes: &[u8], start: Start, last: bool) -> Checked {
        let mut findings = Findings::new(self.plan, self.limits, self.policy, start);
        let Some(mut position) = findings.resume(bytes, start, last, |bytes, start, _| line_end(bytes, start)) else {
            return findings.finish();
        };
        let is_utf8 = simdutf8::basic::from_utf8(&bytes[position..]).is_ok();
        let mut framer: Framer<'_, N> =
            Framer::new(bytes, position, self.dialect, self.limits.record_bytes_max, self.limits.record_lines_max, last);
        let mut scratch = Vec::new();
        let cells = self.cells();
        let mut whole = self.plan.engine.cell_law().map(|_| WholeRecord::new(self.plan, self.limits, self.columns));
        let mut watch = Watch::new(self.plan, self.columns, self.references);
        while position < bytes.len() {
            findings.begin(position);
            match framer.record(position) {
                Framed::Record { end, lines } => {
                    if is_utf8 || self.check_encoding(bytes, position, end, &framer.fields, &mut findings) {
                        match &mut whole {
                            None => self.check_record(bytes, &cells, &framer.fields, framer.count(), &mut scratch, &mut findings),
                            Some(whole) => self.check_whole(bytes, &framer.fields, framer.count(), whole, &mut findings),
                        }
                        if let Some(watch) = &mut watch
                            && !findings.is_unread()
                        {
                            watch.csv(bytes, &framer.fields, self.dialect, &mut findings);
                        }
                    }
                    findings.end(end, lines);
                    position = end;
                }
                Framed::Skipped { end } => {
                    position = end.unwrap_or(bytes.len());
                    let ended = end.is_some_and(|end| matches!(bytes[end - 1], b'\n' | b'\r'));
                    findings.pass(position, u32::from(ended), if end.is_some() { Start::Record } else { Start::SkippedLine });
                }
                Framed::Refused { fault, at, lines_before, end, lines } => {
                    let column = framer.count() as u32;
                    findings.add_fault(fault, Detail::Offset((at - position) as u32));
                    match fault {
                        Builtin::QuoteUnclosed => findings.move_last(lines_before, at, column),
                        _ => findings.move_last(0, position, column),
                    }
                    match end {
                        Some(end) => findings.end(end, lines),
                        None => findings.end_open(bytes.len(), lines),
                    }
                    position = end.unwrap_or(bytes.len());
                }
                Framed::Incomplete => break,
            }
        }
        findings.finish()
    }

    /// What is asked of the cells of each column.
    fn cells(&self) -> Vec<CellCheck<'_>> {
        let quote = self.dialect.quote.filter(|_| self.dialect.escape.is_none());
        let cells = self.columns.iter().map(|column| CellCheck {
            is_asked: column.node.is_some() || column.required.is_some(),
            missing: match column.missing.as_slice() {
                [] => Missing::Never,
                [only] if only.is_empty() => Missing::Empty,
                tokens => Missing::Tokens(tokens),
            },
            is_missing_by_quotes: quote.is_none_or(|quote| column.missing.iter().any(|token| token.contains(&quote))),
            quick: column.node.map(|node| self.plan.quick(node)),
        });
        cells.collect()
    }

    #[inline(always)]
    fn check_record(
        &self,
        bytes: &[u8],
        cells: &[CellCheck<'_>],
        fields: &[Field],
        count: usize,
        scratch: &mut Vec<u8>,
        findings: &mut Findings<'_>,
    ) {
        if !self.has_all_fields(count, findings) {
            return;
        }
        let mut absent = 0;
        // By reference: a field is copied by eight bytes, which a processor waits for where they were just written by four.
        for (at, (cell, field)) in cells.iter().zip(fields).enumerate() {
            if cell.is_asked && !cell.admits(bytes, field) {
                absent += u64::from(self.check_cell(bytes, at, field, scratch, findings));
            }
        }
        if let Some(rules) = &self.plan.node(self.plan.root).object
            && (rules.count_min.is_some() || rules.count_max.is_some())
        {
            self.check_count(bytes, fields, absent, rules, findings);
        }
    }

    /// A cell that was not settled at a glance. True where it is absent.
    #[inline(never)]
    fn check_cell(&self, bytes: &[u8], at: usize, field: &Field, scratch: &mut Vec<u8>, findings: &mut Findings<'_>) -> bool {
        let column = &self.columns[at];
        let text = cell::text(bytes, field, self.dialect, scratch);
        let value = || {
            let quotes = u32::from(field.quoted);
            Value::Cell(field.start - quotes..field.end + quotes)
        };
        let mut refuse = |rule| findings.add(rule, at as u32, value(), Detail::None);
        let node = column.node.map(|node| self.plan.node(node));
        if is_missing(text, &column.missing) {
            match node {
                Some(node) if node.cell.nullable => check_null(node, refuse),
                _ => {
                    if let Some(rule) = column.required {
                        refuse(rule);
                    }
                    return true;
                }
            }
        } else if let Some(node) = node {
            check_cell(node, text, self.limits.pattern_steps_max, refuse);
        }
        false
    }

    #[inline(always)]
    fn has_all_fields(&self, count: usize, findings: &mut Findings<'_>) -> bool {
        if count == self.columns.len() {
            return true;
        }
        let fault = if count < self.columns.len() { Builtin::FieldsShort } else { Builtin::FieldsLong };
        findings.add_fault(fault, Detail::Found(count as u32));
        false
    }

    /// The same for a schema that must see the record whole, as an object.
    #[inline(never)]
    fn check_whole(&self, bytes: &[u8], fields: &[Field], count: usize, whole: &mut WholeRecord<'_>, findings: &mut Findings<'_>) {
        if !self.has_all_fields(count, findings) {
            return;
        }
        let mut scratch = Vec::new();
        whole.begin_cells();
        for (at, field) in fields.iter().enumerate() {
            let quotes = usize::from(field.quoted);
            let text = cell::text(bytes, field, self.dialect, &mut scratch);
            whole.take_cell(at, text, field.start as usize - quotes..field.end as usize + quotes);
        }
        whole.check_cells(self.columns, findings);
    }

    /// `minProperties` and `maxProperties` count the cells that are there, in columns that the schema does not know as well.
    fn check_count(&self, bytes: &[u8], fields: &[Field], absent: u64, rules: &ObjectRules, findings: &mut Findings<'_>) {
        let mut scratch = Vec::new();
        let unknown = self.columns.iter().zip(fields).filter(|(column, _)| column.node.is_none() && column.required.is_none());
        let absent = absent
            + unknown.filter(|(column, field)| is_missing(cell::text(bytes, field, self.dialect, &mut scratch), &column.missing)).count()
                as u64;
        let count = fields.len() as u64 - absent;
        super::check_count(rules.count_min, rules.count_max, count, |rule| {
            findings.add(rule, NO_COLUMN, Value::None, Detail::Found(count as u32))
        });
    }

    /// Finds the first byte of the record that is no UTF-8, and its column. True when there is none.
    #[cold]
    fn check_encoding(&self, bytes: &[u8], start: usize, end: usize, fields: &[Field], findings: &mut Findings<'_>) -> bool {
        let Err(fault) = std::str::from_utf8(&bytes[start..end]) else { return true };
        let at = start + fault.valid_up_to();
        let column = fields.iter().position(|field| at <= field.end as usize).unwrap_or(fields.len().saturating_sub(1));
        findings.add_fault(Builtin::Encoding, Detail::Offset((at - start) as u32));
        findings.move_last(0, start, column as u32);
        false
    }
}

#[inline(always)]
fn is_missing(text: &[u8], tokens: &[Box<[u8]>]) -> bool {
    // Nothing is compared where nothing is to be compared: an empty box points nowhere, and a masked load from there costs a processor
    // hundreds of cycles, for every empty cell.
    let is = |token: &[u8]| text.len() == token.len() && (text.is_empty() || text == token);
    match tokens {
        [] => false,
        [only] => is(only),
        _ => tokens.iter().any(|token| is(token)),
    }
}
