//! One JSON text against a plan, in one pass and without a document.

use super::names::Names;
use super::scalar::{check_boolean, check_cell, check_null, check_number, check_text};
use super::whole::WholeRecord;
use super::{Findings, check_count};
use crate::decode::json::{Cursor, Fault, Text, plain_end, plain_number, unescape};
use crate::limits::Limits;
use crate::policy::{DuplicateKeys, Policy};
use crate::schema::place::escape;
use crate::schema::plan::{Builtin, Node, NodeId, ObjectRules, Plan, RuleId, Types};
use crate::schema::quick::Quick;
use crate::stream_rules::foreign::References;
use crate::stream_rules::watch::Watch;
use crate::violation::{Detail, NO_COLUMN, Value};
use std::fmt::Write;
use std::ops::Range;

/// What stays the same over all records.
#[derive(Debug, Clone, Copy)]
pub struct JsonChecker<'p> {
    /// The schema.
    pub plan: &'p Plan,
    /// The limits.
    pub limits: &'p Limits,
    /// What becomes of names that stand twice, and of records that could not be decided.
    pub policy: Policy,
    /// Strings are CSV cells: the schema says what they become, and a missing token is a missing value.
    pub cells: Option<&'p [Vec<u8>]>,
    /// What foreign keys are looked up in.
    pub references: Option<&'p References>,
    /// An empty line stands for a record that was found valid before it came here.
    pub glanced: bool,
}

/// One record at a time; keeps its buffers.
#[derive(Debug)]
pub struct JsonRecord<'p, 'b> {
    checker: JsonChecker<'p>,
    cursor: Cursor<'b>,
    /// All bytes, of which the cursor's end with the record.
    batch: &'b [u8],
    path: Vec<Step>,
    scratch: Vec<u8>,
    /// For schemas that one pass over the bytes cannot decide.
    whole: Option<WholeRecord<'p>>,
    /// For records of which only the last value of a name counts, which one pass knows too late.
    last_only: Option<WholeRecord<'p>>,
    is_twice: bool,
    /// For rules over the whole stream.
    watch: Option<Watch<'p>>,
}

/// One step from a value to one within it.
#[derive(Debug, Clone)]
enum Step {
    /// The name as it stands in the record.
    Name(Range<usize>),
    Item(u64),
}

impl<'p, 'b> JsonRecord<'p, 'b> {
    /// A reader of records that lie in `bytes`.
    pub fn new(checker: JsonChecker<'p>, bytes: &'b [u8]) -> Self {
        let whole = checker.plan.engine.cell_law().map(|_| WholeRecord::new(checker.plan, checker.limits, &[]));
        JsonRecord {
            checker,
            cursor: Cursor { bytes, at: 0 },
            batch: bytes,
            path: Vec::new(),
            scratch: Vec::new(),
            whole,
            last_only: None,
            is_twice: false,
            watch: Watch::new(checker.plan, &[], checker.references),
        }
    }

    /// Checks the one JSON text from `start` to `end`.
    pub fn check(&mut self, start: usize, end: usize, findings: &mut Findings<'_>) {
        self.check_record(start, end, findings);
        if let Some(watch) = &mut self.watch
            && !findings.is_unread()
        {
            watch.json(self.batch, start..end, self.checker.cells, findings);
        }
    }

    fn check_record(&mut self, start: usize, end: usize, findings: &mut Findings<'_>) {
        let whole = self.cursor.bytes;
        if let Some(record) = &mut self.whole {
            return record.check_json(whole, start..end, &self.checker, findings);
        }
        self.cursor = Cursor { bytes: &whole[..end], at: start };
        self.path.clear();
        let read = self.value(Some(self.checker.plan.root), findings).and_then(|()| match self.cursor.peek() {
            _ if self.cursor.at >= end => Ok(()),
            _ => Err(Fault::Syntax("nothing after the value")),
        });
        if let Err(fault) = read {
            let offset = (self.cursor.at - findings.record_start()) as u32;
            findings.take_back();
            if std::mem::take(&mut self.is_twice) {
                let JsonChecker { plan, limits, .. } = self.checker;
                let record = self.last_only.get_or_insert_with(|| WholeRecord::new(plan, limits, &[]));
                record.check_json(whole, start..end, &self.checker, findings);
            } else {
                findings.add_unread(fault, offset);
            }
        }
        self.cursor.bytes = whole;
    }

    fn value(&mut self, node: Option<NodeId>, findings: &mut Findings<'_>) -> Result<(), Fault> {
        let plan = self.checker.plan;
        let byte = self.cursor.peek();
        let start = self.cursor.at;
        match byte {
            b'"' => {
                let text = self.cursor.text()?;
                if let Some(node) = node
                    && (text.escaped
                        || self.checker.cells.is_some()
                        || !plan.quick(node).admits_text(&self.cursor.bytes[text.inner.clone()]))
                {
                    self.check_string(plan.node(node), start, text, findings);
                }
            }
            b'-' | b'0'..=b'9' => {
                let Some(node) = node else { return self.cursor.number().map(drop) };
                let (text, shape) = self.cursor.number_shape()?;
                if !plan.quick(node).admits_number(shape) {
                    check_number(plan.node(node), shape, text, |rule| self.refuse(rule, start, findings));
                }
            }
            b'{' => self.object(node.map(|node| plan.node(node)), findings)?,
            b'[' => self.array(node.map(|node| plan.node(node)), findings)?,
            b't' => {
                self.cursor.literal("true")?;
                if let Some(node) = node {
                    check_boolean(plan.node(node), true, |rule| self.refuse(rule, start, findings));
                }
            }
            b'f' => {
                self.cursor.literal("false")?;
                if let Some(node) = node {
                    check_boolean(plan.node(node), false, |rule| self.refuse(rule, start, findings));
                }
            }
            b'n' => {
                self.cursor.literal("null")?;
                if let Some(node) = node {
                    check_null(plan.node(node), |rule| self.refuse(rule, start, findings));
                }
            }
            _ => return Err(Fault::Syntax("a value")),
        }
        Ok(())
    }

    fn refuse(&self, rule: RuleId, start: usize, findings: &mut Findings<'_>) {
        self.refuse_at(rule, start..self.cursor.at, None, findings);
    }

    /// `name` is a property below the value that the cursor's path leads to.
    #[cold]
    fn refuse_at(&self, rule: RuleId, value: Range<usize>, name: Option<&str>, findings: &mut Findings<'_>) {
        let detail = match &self.checker.plan.rule(rule).pointer {
            Some(_) if name.is_none() => Detail::None,
            _ => Detail::Pointer(self.pointer(name).into()),
        };
        let value = if value.is_empty() { Value::None } else { Value::Json(value.start as u32..value.end as u32) };
        findings.add(rule, NO_COLUMN, value, detail);
    }

    fn pointer(&self, name: Option<&str>) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            let _ = match step {
                Step::Name(raw) => write!(pointer, "/{}", escape(&self.name(raw.clone()))),
                Step::Item(index) => write!(pointer, "/{index}"),
            };
        }
        if let Some(name) = name {
            let _ = write!(pointer, "/{}", escape(name));
        }
        pointer
    }

    fn name(&self, raw: Range<usize>) -> String {
        let mut text = Vec::new();
        unescape(&self.cursor.bytes[raw], &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    #[inline(never)]
    fn check_string(&mut self, node: &'p Node, start: usize, text: Text, findings: &mut Findings<'_>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let decoded = if text.escaped {
            unescape(&self.cursor.bytes[text.inner], &mut scratch);
            &scratch
        } else {
            &self.cursor.bytes[text.inner]
        };
        let steps_max = self.checker.limits.pattern_steps_max;
        match self.checker.cells {
            Some(_) => check_cell(node, decoded, steps_max, |rule| self.refuse(rule, start, findings)),
            None => check_text(node, decoded, steps_max, |rule| self.refuse(rule, start, findings)),
        }
        self.scratch = scratch;
    }

    fn array(&mut self, node: Option<&'p Node>, findings: &mut Findings<'_>) -> Result<(), Fault> {
        let start = self.cursor.at;
        self.enter()?;
        let rules = node.and_then(|node| node.array.as_deref());
        let items = rules.and_then(|rules| rules.items);
        let mut count = 0;
        if self.cursor.peek() == b']' {
            self.cursor.at += 1;
        } else {
            loop {
                self.path.push(Step::Item(count));
                self.value(items, findings)?;
                self.path.pop();
                count += 1;
                match self.cursor.peek() {
                    b',' => self.cursor.at += 1,
                    b']' => break self.cursor.at += 1,
                    _ => return Err(Fault::Syntax("a comma or ]")),
                }
            }
        }
        if let Some(node) = node {
            self.check_composite(node, Types::ARRAY, start, findings);
        }
        if let Some(rules) = rules {
            check_count(rules.count_min, rules.count_max, count, |rule| self.refuse(rule, start, findings));
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<(), Fault> {
        if self.path.len() >= self.checker.limits.depth_max {
            return Err(Fault::Depth);
        }
        self.cursor.at += 1;
        Ok(())
    }

    /// What every object or array is asked, whatever is in it.
    fn check_composite(&self, node: &Node, types: Types, start: usize, findings: &mut Findings<'_>) {
        if !node.types.has(types) {
            self.refuse(node.type_rule, start, findings);
        }
        for allowed in &node.values {
            self.refuse(allowed.rule, start, findings);
        }
        if let Some(rule) = node.never {
            self.refuse(rule, start, findings);
        }
    }

    fn object(&mut self, node: Option<&'p Node>, findings: &mut Findings<'_>) -> Result<(), Fault> {
        let start = self.cursor.at;
        self.enter()?;
        let rules = node.and_then(|node| node.object.as_deref());
        let mut names = Names::new(rules);
        if self.cursor.peek() == b'}' {
            self.cursor.at += 1;
        } else {
            // Each member puts its own name here.
            self.path.push(Step::Item(0));
            loop {
                if let Some(rules) = rules
                    && self.glance(rules, &mut names)
                {
                    break;
                }
                self.member(rules, &mut names, findings)?;
                match self.cursor.peek() {
                    b',' => {
                        self.cursor.at += 1;
                        // Past white space, where a name stands.
                        self.cursor.peek();
                    }
                    b'}' => break self.cursor.at += 1,
                    _ => return Err(Fault::Syntax("a comma or }")),
                }
            }
            self.path.pop();
        }
        if let Some(node) = node {
            self.check_composite(node, Types::OBJECT, start, findings);
        }
        if let Some(rules) = rules {
            let properties = if names.has_all(rules) { &[] } else { rules.properties.as_slice() };
            for (at, property) in properties.iter().enumerate() {
                if let Some(rule) = property.required
                    && !names.has(at)
                {
                    let name = self.checker.plan.rule(rule).pointer.is_none().then_some(&*property.name);
                    self.refuse_at(rule, 0..0, name, findings);
                }
            }
            check_count(rules.count_min, rules.count_max, names.count, |rule| self.refuse(rule, start, findings));
        }
        Ok(())
    }

    #[inline(always)]
    fn member(&mut self, rules: Option<&'p ObjectRules>, names: &mut Names, findings: &mut Findings<'_>) -> Result<(), Fault> {
        if self.cursor.peek() != b'"' {
            return Err(Fault::Syntax("a name in quotes"));
        }
        let text = self.cursor.text()?;
        let raw = text.inner.clone();
        let mut scratch = Vec::new();
        let name = if text.escaped {
            unescape(&self.cursor.bytes[text.inner], &mut scratch);
            scratch.as_slice()
        } else {
            &self.cursor.bytes[text.inner]
        };
        self.cursor.take(b':', "a colon")?;
        let index = rules.and_then(|rules| names.find(rules, name));
        let is_new = match index {
            Some(at) => names.mark(at),
            None => names.mark_other(name),
        };
        self.step(raw);
        if !is_new {
            if self.checker.policy.duplicate_keys == DuplicateKeys::Last {
                self.is_twice = true;
                return Err(Fault::Syntax("each name once"));
            }
            findings.add(Builtin::JsonDuplicateKey.id(), NO_COLUMN, Value::None, Detail::Pointer(self.pointer(None).into()));
        }
        let property = index.and_then(|at| rules.map(|rules| &rules.properties[at]));
        let id = property.and_then(|property| property.node);
        let node = id.map(|id| self.checker.plan.node(id));
        if self.is_missing_cell(node) {
            let is_absent = self.missing_cell(node, property.and_then(|property| property.required), findings)?;
            names.count -= u64::from(is_new && is_absent);
        } else {
            self.value(id, findings)?;
        }
        // A name that only `required` has is no property of the schema.
        if let (None, Some(rule)) = (node, rules.and_then(|rules| rules.additional)) {
            let detail = Detail::Pointer(self.pointer(None).into());
            findings.add(rule, NO_COLUMN, Value::None, detail);
        }
        Ok(())
    }

    /// Says where the value at hand is in its object.
    fn step(&mut self, name: Range<usize>) {
        if let Some(step) = self.path.last_mut() {
            *step = Step::Name(name);
        }
    }

    /// Passes over members that come in the order of the schema, are written as they mostly are, and pass at a glance. The cursor stands on a
    /// name, and then on the next one that was not passed over; true when there is none, and it is past the object's end.
    #[inline(always)]
    fn glance(&mut self, rules: &ObjectRules, names: &mut Names) -> bool {
        // Looking ahead needs no end, and what is passed over has neither line ends nor anything beyond the record.
        let (bytes, end_max, mut at) = (self.batch, self.cursor.bytes.len(), self.cursor.at);
        let is_closed = loop {
            let Some((length, node)) = names.predicted(rules, &bytes[at..]) else { break false };
            let value = at + length + usize::from(bytes.get(at + length) == Some(&b' '));
            let Some(end) = self.pass(self.checker.plan.quick(node), bytes, value) else { break false };
            let next = match bytes.get(end..) {
                Some([b',', b'"', ..]) if end + 1 < end_max => end + 1,
                Some([b',', b' ', b'"', ..]) if end + 2 < end_max => end + 2,
                Some([b'}', ..]) if end < end_max => {
                    names.pass();
                    at = end + 1;
                    break true;
                }
                _ => break false,
            };
            names.pass();
            at = next;
        };
        self.cursor.at = at;
        is_closed
    }

    /// Past the value that begins at `at`, if it is a scalar that passes `quick`.
    #[inline(always)]
    fn pass(&self, quick: &Quick, bytes: &[u8], at: usize) -> Option<usize> {
        match bytes.get(at)? {
            b'"' => {
                let end = plain_end(bytes, at + 1);
                let text = &bytes[at + 1..end];
                let admits = match self.checker.cells {
                    None => quick.admits_text(text),
                    Some(tokens) => quick.admits_cell_beside(tokens, text),
                };
                (bytes.get(end) == Some(&b'"') && admits).then_some(end + 1)
            }
            b'-' | b'0'..=b'9' => {
                let (length, shape) = plain_number(&bytes[at..])?;
                quick.admits_number(shape).then_some(at + length)
            }
            b't' if quick.admits_booleans() && bytes[at..].starts_with(b"true") => Some(at + 4),
            b'f' if quick.admits_booleans() && bytes[at..].starts_with(b"false") => Some(at + 5),
            b'n' if quick.admits_null() && bytes[at..].starts_with(b"null") => Some(at + 4),
            _ => None,
        }
    }

    /// True when the value is text that stands for a missing value.
    fn is_missing_cell(&mut self, node: Option<&Node>) -> bool {
        let Some(tokens) = self.checker.cells else { return false };
        if self.cursor.peek() != b'"' {
            return false;
        }
        let start = self.cursor.at;
        let text = self.cursor.text();
        self.cursor.at = start;
        let Ok(text) = text else { return false };
        let mut scratch = Vec::new();
        unescape(&self.cursor.bytes[text.inner], &mut scratch);
        match node.and_then(|node| node.cell.missing.as_ref()) {
            Some(own) => own.iter().any(|token| **token == *scratch),
            None => tokens.contains(&scratch),
        }
    }

    /// Passes over text that stands for a missing value. True when the field is absent by it, rather than null.
    fn missing_cell(&mut self, node: Option<&Node>, required: Option<RuleId>, findings: &mut Findings<'_>) -> Result<bool, Fault> {
        let start = self.cursor.at;
        self.cursor.text()?;
        if let Some(node) = node.filter(|node| node.cell.nullable) {
            check_null(node, |rule| self.refuse(rule, start, findings));
            return Ok(false);
        }
        if let Some(rule) = required {
            self.refuse(rule, start, findings);
        }
        Ok(true)
    }
}
