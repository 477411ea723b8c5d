//! The valid records of a batch, one after the other.

use super::Target;
use super::csv_out::Unwritable;
use super::json_in::JsonMemory;
use super::program::Program;
use crate::batch::{Span, Start};
use crate::check::{Checked, Refused};
use crate::frame::csv::line_end;
use crate::records::line_ends;
use crate::schema::plan::{Builtin, RuleId};
use crate::setup::{Form, Setup};
use crate::severity::Severity;
use crate::violation::{Detail, NotWritten, Value, Violation};
use memchr::memchr;
use rustc_hash::FxHashSet;
use std::ops::Range;

/// Valid records as they go out.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// The records, and what is none (comments, blank lines) where it can stay.
    pub(crate) bytes: Vec<u8>,
    /// Where each of them stands there, if that was asked for.
    pub(crate) spans: Vec<Range<usize>>,
}

/// A value that cannot be written.
#[derive(Debug)]
pub(super) struct Failure {
    /// The field that it was to be.
    pub(super) name: Box<str>,
    /// CSV: the column in the source.
    pub(super) column: u32,
    /// JSON: where it stands in the record.
    pub(super) pointer: Option<Box<str>>,
    pub(super) reason: Unwritable,
}

/// A record that cannot be written: its number in the batch, where it stands, and why.
type Failed = (u32, Range<usize>, Vec<Failure>);

/// Where records go.
#[derive(Debug)]
pub(super) struct Sink<'c> {
    pub(super) target: Target,
    pub(super) out: Vec<u8>,
    spans: Option<Vec<Range<usize>>>,
    /// Of the record at hand.
    pub(super) failures: Vec<Failure>,
    failed: Vec<Failed>,
    record: Range<usize>,
    /// The number of the record at hand, in the batch.
    number: u32,
    out_start: usize,
    keeps_rest: bool,
    refused: std::slice::Iter<'c, Refused>,
}

impl<'c> Sink<'c> {
    fn new(target: Target, keeps_rest: bool, checked: &'c Checked, wants_spans: bool, bytes: usize) -> Sink<'c> {
        Sink {
            target,
            out: Vec::with_capacity(bytes),
            spans: wants_spans.then(Vec::new),
            failures: Vec::new(),
            failed: Vec::new(),
            record: 0..0,
            number: 0,
            out_start: 0,
            keeps_rest,
            refused: checked.refused.iter(),
        }
    }

    /// A record begins.
    pub(super) fn begin(&mut self, start: usize, end: usize) {
        self.record = start..end;
        self.out_start = self.out.len();
    }

    /// Where the record at hand stands in the source.
    pub(super) fn record(&self) -> (usize, usize) {
        (self.record.start, self.record.end)
    }

    /// The record at hand ends.
    pub(super) fn end(&mut self) {
        if !self.failures.is_empty() {
            self.out.truncate(self.out_start);
            self.failed.push((self.number, self.record.clone(), std::mem::take(&mut self.failures)));
        } else if let Some(spans) = &mut self.spans {
            spans.push(self.out_start..self.out.len());
        }
        self.number += 1;
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failures.push(failure);
    }

    /// What is no record stays where the format stays.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        if self.keeps_rest {
            self.out.extend_from_slice(bytes);
        }
    }

    fn next_refused(&mut self) -> Option<&'c Refused> {
        let refused = self.refused.next()?;
        self.number = refused.record.map_or(self.number, |record| record + 1);
        Some(refused)
    }
}

/// The bytes of a batch, and where its records are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent<'b> {
    pub(crate) bytes: &'b [u8],
    /// What the first byte belongs to.
    pub(crate) start: Start,
    /// The records of a JSON document.
    pub(crate) spans: Option<&'b [Span]>,
}

impl Program {
    /// Makes the valid records of what was `checked` as they go out, and refuses those that cannot be written.
    pub(crate) fn transform(&self, setup: &Setup, extent: Extent<'_>, checked: &mut Checked) {
        let (output, failed) = self.run(setup, extent, checked, self.target, false);
        checked.output = output.bytes;
        if !failed.is_empty() {
            refuse(failed, extent, setup, checked);
        }
    }

    /// The records of a batch that was stitched, as NDJSON whatever the target (`as_values`), or else with their places.
    pub(crate) fn again(&self, setup: &Setup, extent: Extent<'_>, checked: &Checked, as_values: bool) -> Output {
        let target = if as_values { Target::Ndjson } else { self.target };
        self.run(setup, extent, checked, target, true).0
    }

    fn run(&self, setup: &Setup, extent: Extent<'_>, checked: &Checked, target: Target, wants_spans: bool) -> (Output, Vec<Failed>) {
        let Extent { bytes, start, spans } = extent;
        let is_csv = matches!(setup.form, Form::Csv { .. });
        let keeps_rest = is_csv == (target == Target::Csv);
        let mut sink = Sink::new(target, keeps_rest, checked, wants_spans, checked.consumed + checked.consumed / 4);
        let mut memory = JsonMemory::default();
        if let Some(spans) = spans {
            self.document(bytes, spans, &mut memory, &mut sink);
        } else {
            let first = match start {
                Start::SkippedLine => line_end(bytes, 0).unwrap_or(checked.consumed),
                _ => 0,
            };
            sink.pass(&bytes[..first]);
            let mut from = first;
            loop {
                let refused = sink.refused.as_slice().first();
                let to = refused.map_or(checked.consumed, |part| part.start as usize);
                match &setup.form {
                    Form::Csv { dialect, .. } => self.csv(dialect, bytes, from, to, &mut sink),
                    _ => self.lines(bytes, from, to, &mut memory, &mut sink),
                }
                let Some(part) = sink.next_refused() else { break };
                from = part.end as usize;
            }
        }
        (Output { bytes: sink.out, spans: sink.spans.unwrap_or_default() }, sink.failed)
    }

    fn lines(&self, bytes: &[u8], from: usize, to: usize, memory: &mut JsonMemory, sink: &mut Sink<'_>) {
        let mut at = from;
        while at < to {
            let end = memchr(b'\n', &bytes[at..to]).map_or(to, |found| at + found + 1);
            if bytes[at..end].trim_ascii().is_empty() {
                sink.pass(&bytes[at..end]);
            } else {
                sink.begin(at, end);
                self.json(bytes, at..end, memory, sink);
                sink.end();
            }
            at = end;
        }
    }

    /// The records of a document; each becomes a line of its own.
    fn document(&self, bytes: &[u8], spans: &[Span], memory: &mut JsonMemory, sink: &mut Sink<'_>) {
        for span in spans {
            let is_refused = sink.refused.as_slice().first().is_some_and(|part| (part.start, part.end) == (span.start, span.end));
            if is_refused {
                sink.next_refused();
                continue;
            }
            let (start, end) = (span.start as usize, span.end as usize);
            sink.begin(start, end);
            self.json(bytes, start..end, memory, sink);
            if sink.target == Target::Ndjson {
                sink.out.push(b'\n');
            }
            sink.end();
        }
    }
}

/// Refuses the records that cannot be written, as the checker would have.
#[cold]
fn refuse(failed: Vec<Failed>, Extent { bytes, spans, .. }: Extent<'_>, setup: &Setup, checked: &mut Checked) {
    let rule: RuleId = Builtin::NotWritten.id();
    let is_csv = matches!(setup.form, Form::Csv { .. });
    let (mut at, mut lines, mut count) = (0, 0, 0);
    let undecided: FxHashSet<u32> = match checked.undecided {
        0 => FxHashSet::default(),
        _ => {
            let weighs = |violation: &&Violation| setup.plan.rule(violation.rule).severity != Severity::Warning;
            checked.violations.iter().filter(weighs).map(|violation| violation.record).collect()
        }
    };
    for (record, range, failures) in failed {
        lines += line_ends(&bytes[at..range.start], is_csv);
        at = range.start;
        let line = match spans {
            Some(spans) => spans[spans.partition_point(|span| (span.start as usize) < range.start)].line,
            None => lines as u32,
        };
        // One that could not be decided and flowed on all the same now breaks a rule.
        checked.undecided -= u32::from(undecided.contains(&record));
        checked.invalid += 1;
        checked.refused.push(Refused { start: range.start as u32, end: range.end as u32, record: Some(record), is_undecided: false });
        count += failures.len() as u64;
        for failure in failures.into_iter().take(setup.limits.violations_per_record_max) {
            let Failure { name, column, pointer, reason } = failure;
            let params = serde_json::json!({ "field": &*name, "reason": reason.name() }).to_string().into();
            let detail = Detail::NotWritten(Box::new(NotWritten { pointer, params }));
            // The value may be one that is to be hidden.
            checked.violations.push(Violation { rule, record, line, byte: range.start as u32, column, value: Value::None, detail });
        }
    }
    checked.refused.sort_by_key(|refused| refused.start);
    checked.violations.sort_by_key(|violation| violation.record);
    let place = checked.counts.partition_point(|&(other, _)| other < rule);
    checked.counts.insert(place, (rule, count));
}
