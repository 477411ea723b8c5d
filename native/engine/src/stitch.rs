//! Puts batches that were checked side by side, in any order, into the order of the source.
//!
//! A batch is checked on the guess that it begins at a record. Here the guess is held against where the batch before it really ended; when it
//! was wrong, the batch is checked again, together with what was left over. So the outcome is that of one reading from front to back,
//! wherever the batches were cut.

use crate::batch::{Batch, Document, Start};
use crate::check::{Checked, Refused};
use crate::error::Error;
use crate::intake::Opened;
use crate::policy::Undecided;
use crate::render::Base;
use crate::report::{Counts, RuleCount, Sample, keep_first};
use crate::setup::{Form, MaxErrors, Setup};
use crate::severity::Severity;
use crate::snapshot::{Snapshot, foreign_schema};
use crate::stream_rules::apply::apply;
use crate::stream_rules::bounds::Tally;
use crate::stream_rules::foreign::References;
use crate::stream_rules::state::{Breach, StreamState};
use crate::verdict::Stitched;
use crate::violation::NO_COLUMN;
use rustc_hash::FxHashMap;

/// The state between one batch and the next.
#[derive(Debug)]
pub struct Stitcher {
    base: Base,
    start: Start,
    carry: Vec<u8>,
    totals: Counts,
    unwritten: u64,
    counts: Vec<u64>,
    samples: Vec<Vec<Sample>>,
    /// The limit of errors was passed by a record whose line goes on in the next batch.
    is_stopping: bool,
    is_stopped: bool,
    /// The last batch of a document ended with a piece of a record.
    is_within: bool,
    /// What the bounds of the whole stream are asked of.
    tally: Tally,
}

impl Stitcher {
    /// Before the first batch, which begins at `base`.
    pub fn new(setup: &Setup, base: Base) -> Stitcher {
        let rules = setup.plan.rules.len();
        Stitcher {
            base,
            start: Start::Record,
            carry: Vec::new(),
            totals: Counts::default(),
            unwritten: 0,
            counts: vec![0; rules],
            samples: vec![Vec::new(); rules],
            is_stopping: false,
            is_stopped: false,
            is_within: false,
            tally: Tally::default(),
        }
    }

    /// As it was when `snapshot` was made.
    ///
    /// # Errors
    /// `checkpoint/foreign`: the snapshot has a rule that the schema has not.
    pub fn resumed(setup: &Setup, snapshot: &Snapshot) -> Result<Stitcher, Error> {
        let report = &snapshot.report;
        // Rules of one name are one in a report, so all that was counted of them goes to the first.
        let rules = setup.plan.rules.iter().enumerate().rev();
        let places: FxHashMap<_, _> =
            rules.map(|(id, rule)| ((rule.field.as_deref(), rule.keyword, rule.code, rule.id.as_deref(), rule.severity), id)).collect();
        let mut stitcher = Stitcher::new(setup, snapshot.base);
        for rule in &report.rules {
            let name = (rule.field.as_deref(), rule.keyword.as_deref(), &*rule.code, rule.rule.as_deref(), rule.severity);
            let &id = places.get(&name).ok_or_else(foreign_schema)?;
            stitcher.counts[id] = rule.count;
            stitcher.samples[id].clone_from(&rule.samples);
        }
        stitcher.start = snapshot.start;
        stitcher.totals = Counts { undecided: report.undecided, ..report.counts };
        stitcher.unwritten = report.violations_unwritten;
        Ok(stitcher)
    }

    /// What the stream has come to; `None` where it cannot be gone on from: it is stopping, its records are objects or pieces of one, or rules over the whole stream know more than a snapshot holds.
    pub fn snapshot(&self, opened: &Opened) -> Option<Snapshot> {
        let is_objects = matches!(opened.setup.form, Form::Records { .. });
        let is_whole = !opened.setup.plan.stream.keywords.is_empty();
        if is_objects || is_whole || self.is_within || self.is_stopping || self.is_stopped {
            return None;
        }
        let report = opened.setup.report(self, "", "", true);
        Some(Snapshot { base: self.base, start: self.start, header: opened.header.to_vec(), report })
    }

    /// Takes the next batch in order, with what was found in it on the guess that it begins at a record. What depends on the records before is not asked.
    ///
    /// # Errors
    /// What keeps foreign keys from being decided; the stream cannot go on.
    pub fn take(&mut self, setup: &Setup, batch: Batch, checked: Checked) -> Result<Stitched, Error> {
        self.take_with(setup, batch, checked, |_, _| Ok(Vec::new()))
    }

    /// The same where rules over the whole stream are asked: `state` is what came before.
    ///
    /// # Errors
    /// What keeps these rules from being decided; the stream cannot go on.
    pub fn take_judged(&mut self, setup: &Setup, batch: Batch, checked: Checked, state: &mut StreamState) -> Result<Stitched, Error> {
        self.take_with(setup, batch, checked, |checked, base| state.judge(setup, checked, base))
    }

    /// The same of a reference: its keys go to `references`.
    ///
    /// # Errors
    /// Those of the spill.
    pub fn take_gathered(&mut self, setup: &Setup, batch: Batch, checked: Checked, references: &mut References) -> Result<Stitched, Error> {
        self.take_with(setup, batch, checked, |checked, _| references.gather(&setup.plan, checked).map(|()| Vec::new()))
    }

    fn take_with(
        &mut self,
        setup: &Setup,
        batch: Batch,
        checked: Checked,
        judge: impl FnOnce(&Checked, Base) -> Result<Vec<Breach>, Error>,
    ) -> Result<Stitched, Error> {
        if self.is_stopped {
            return Ok(Stitched::nothing(self.base));
        }
        let Batch { mut bytes, last, document } = batch;
        if let Some(document) = document {
            let base = Base { records: self.base.records, ..document.base };
            let breaches = judge(&checked, base)?;
            let stitched = self.take_document(setup, bytes, last, document, checked, &breaches);
            return Stitched { breaches, ..stitched }.decided();
        }
        let mut checked = checked;
        if !self.carry.is_empty() || self.start != Start::Record {
            let mut whole = std::mem::take(&mut self.carry);
            whole.append(&mut bytes);
            bytes = whole;
            checked = setup.check(&bytes, self.start, last);
        }
        let breaches = judge(&checked, self.base)?;
        apply(setup, &mut checked, &breaches);
        let stop = if self.is_stopping { line_end(&checked) } else { self.stop_at(setup, &checked, last) };
        match stop {
            // Its line is refused to the end, wherever the batches were cut.
            Some(end) if end == checked.consumed && checked.next == Start::RefusedLine => self.is_stopping = true,
            Some(end) => {
                self.is_stopped = true;
                bytes.truncate(end);
                checked = setup.check(&bytes, self.start, true);
                apply(setup, &mut checked, &breaches);
            }
            None => {}
        }
        if !self.is_stopped {
            self.carry = bytes.split_off(checked.consumed);
        }
        let stitched = self.place(setup, bytes, checked);
        Stitched { breaches, ..stitched }.decided()
    }

    /// Counts a batch that is in its place.
    pub(crate) fn place(&mut self, setup: &Setup, bytes: Vec<u8>, mut checked: Checked) -> Stitched {
        let consumed = setup.encoding.locate(&bytes, &mut checked);
        let start = std::mem::replace(&mut self.start, checked.next);
        let base = self.base;
        let counts = self.count(setup, &checked);
        self.sample(setup, &checked, &bytes, base);
        self.base.records += u64::from(checked.records);
        self.base.lines += u64::from(checked.lines);
        self.base.bytes += consumed;
        Stitched { bytes, checked, start, base, counts, is_stopped: self.is_stopped, document: None, breaches: Vec::new() }
    }

    /// The reader of a document knows where records begin, so there is no guess to be held against anything.
    fn take_document(
        &mut self,
        setup: &Setup,
        mut bytes: Vec<u8>,
        last: bool,
        mut document: Document,
        mut checked: Checked,
        breaches: &[Breach],
    ) -> Stitched {
        apply(setup, &mut checked, breaches);
        let closed = document.spans.iter().find(|span| span.ends).map(|span| span.end as usize);
        let stop = if self.is_stopping { closed } else { self.stop_at(setup, &checked, last) };
        // A record that goes on is refused to its end, wherever the batches were cut.
        let is_open = |end: usize| document.spans.last().is_some_and(|span| span.end as usize == end && !span.ends);
        if stop.is_some_and(is_open) {
            self.is_stopping = true;
        } else if let Some(end) = stop {
            self.is_stopped = true;
            bytes.truncate(end);
            document.spans.retain(|span| span.end as usize <= end);
            checked = setup.check_spans(&bytes, &document.spans);
            apply(setup, &mut checked, breaches);
        }
        self.place_document(setup, bytes, document, checked)
    }

    /// Counts a batch of a document.
    pub(crate) fn place_document(&mut self, setup: &Setup, bytes: Vec<u8>, document: Document, checked: Checked) -> Stitched {
        self.is_within = document.spans.last().map_or(self.is_within, |span| !span.ends);
        let base = Base { records: self.base.records, ..document.base };
        let counts = self.count(setup, &checked);
        self.sample(setup, &checked, &bytes, base);
        self.base = Base { records: base.records + u64::from(checked.records), lines: base.lines, bytes: base.bytes + bytes.len() as u64 };
        Stitched {
            bytes,
            checked,
            start: Start::Record,
            base,
            counts,
            is_stopped: self.is_stopped,
            document: Some(document),
            breaches: Vec::new(),
        }
    }

    fn count(&mut self, setup: &Setup, checked: &Checked) -> Counts {
        let (read, invalid) = (u64::from(checked.records), u64::from(checked.invalid));
        let (mut violations, mut warnings) = (0, 0);
        for &(rule, count) in &checked.counts {
            *if setup.plan.rule(rule).severity == Severity::Warning { &mut warnings } else { &mut violations } += count;
        }
        let counts = Counts { read, valid: read - invalid, invalid, undecided: u64::from(checked.undecided), violations, warnings };
        self.totals.add(counts);
        self.tally.add(checked.seen.objects, &checked.seen.missing);
        self.unwritten += violations + warnings - checked.violations.len() as u64;
        for &(rule, count) in &checked.counts {
            self.counts[rule as usize] += count;
        }
        counts
    }

    /// Keeps the first violations of each rule; batches come in order, so these have the smallest positions.
    fn sample(&mut self, setup: &Setup, checked: &Checked, bytes: &[u8], base: Base) {
        let max = setup.limits.samples_per_rule;
        if max == 0 || checked.counts.iter().all(|&(rule, _)| self.samples[rule as usize].len() >= max) {
            return;
        }
        let renderer = setup.renderer();
        for violation in &checked.violations {
            let samples = &mut self.samples[violation.rule as usize];
            let record = base.records + u64::from(violation.record) + 1;
            // Those of one record are put in order below, as a merge would, so all of them are looked at.
            if samples.len() >= max && samples.last().is_none_or(|last| last.record != record) {
                continue;
            }
            let mut value = Vec::new();
            renderer.value(setup.plan.rule(violation.rule), violation, bytes, &mut value);
            let has_place = !renderer.is_records;
            samples.push(Sample {
                source: setup.source.clone(),
                record,
                line: has_place.then(|| base.lines + u64::from(violation.line) + 1),
                byte: has_place.then(|| base.bytes + u64::from(violation.byte)),
                column: (violation.column != NO_COLUMN).then_some(violation.column),
                value: serde_json::from_slice(&value).unwrap_or(serde_json::Value::Null),
            });
        }
        for &(rule, _) in &checked.counts {
            keep_first(&mut self.samples[rule as usize], max);
        }
    }

    /// The end of the record at which the stream is to be stopped, if that is in this batch.
    fn stop_at(&self, setup: &Setup, checked: &Checked, last: bool) -> Option<usize> {
        let stops_at_undecided = setup.policy.undecided == Undecided::Abort;
        let abort = checked.abort.as_ref().map(|violation| violation.record);
        let stops = |refused: &&Refused| (stops_at_undecided && refused.is_undecided) || (abort.is_some() && refused.record == abort);
        if let Some(refused) = checked.refused.iter().find(stops) {
            // Whatever stands before it has not passed a limit that is counted; that is asked below.
            return self.passes_before(setup, checked, last, refused.record).or(Some(refused.end as usize));
        }
        self.passes_before(setup, checked, last, None)
    }

    /// The end of the record at which `maxErrors` is passed, if that is before the record `until`.
    fn passes_before(&self, setup: &Setup, checked: &Checked, last: bool, until: Option<u32>) -> Option<usize> {
        let limit = setup.max_errors?;
        let passes = |invalid: u64, read: u64| match limit {
            MaxErrors::Count(max) => invalid > max,
            MaxErrors::Percent(max) => invalid as f64 * 100.0 > max * read as f64,
        };
        let mut invalid = self.totals.invalid;
        for refused in &checked.refused {
            let Some(record) = refused.record else { continue };
            if until.is_some_and(|until| record > until) {
                return None;
            }
            invalid += 1;
            let read = self.totals.read + u64::from(record) + 1;
            let is_warm = matches!(limit, MaxErrors::Count(_)) || read >= setup.limits.max_errors_warm_up;
            if is_warm && passes(invalid, read) {
                return Some(refused.end as usize);
            }
        }
        (until.is_none() && last && passes(invalid, self.totals.read + u64::from(checked.records))).then_some(checked.consumed)
    }

    /// As it is, but for bytes that wait for the next batch, and stopped at the end of the one that it is given next.
    pub fn about_to_stop(&self) -> Stitcher {
        let (counts, samples) = (self.counts.clone(), self.samples.clone());
        let Stitcher { base, start, totals, unwritten, is_within, .. } = *self;
        Stitcher {
            base,
            start,
            carry: Vec::new(),
            totals,
            unwritten,
            counts,
            samples,
            is_stopping: false,
            is_stopped: true,
            is_within,
            tally: self.tally.clone(),
        }
    }

    /// What the first byte of the next batch belongs to.
    pub(crate) fn start(&self) -> Start {
        self.start
    }

    /// True once the limit of errors was passed.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// The counts so far.
    pub fn totals(&self) -> Counts {
        self.totals
    }

    /// What the bounds of the whole stream are asked of.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Violations so far that were counted and not written out.
    pub fn unwritten(&self) -> u64 {
        self.unwritten
    }

    /// Bytes of the source that were read to the end of a record.
    pub fn bytes(&self) -> u64 {
        self.base.bytes
    }

    /// The rules that were not met.
    pub fn rules(&self, setup: &Setup) -> Vec<RuleCount> {
        let met = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let count = |(id, &count): (usize, &u64)| {
            let rule = &setup.plan.rules[id];
            RuleCount {
                field: rule.field.as_deref().map(str::to_owned),
                keyword: rule.keyword.map(str::to_owned),
                code: rule.code.to_owned(),
                rule: rule.id.as_deref().map(str::to_owned),
                severity: rule.severity,
                count,
                samples: self.samples[id].clone(),
            }
        };
        met.map(count).collect()
    }
}

/// Where the refused line ends that an earlier batch began; `None` when it goes on.
fn line_end(checked: &Checked) -> Option<usize> {
    let end = checked.refused.first().filter(|refused| refused.record.is_none()).map_or(0, |refused| refused.end as usize);
    (checked.next == Start::Record || end < checked.consumed).then_some(end)
}
