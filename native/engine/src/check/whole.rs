//! One record for schemas that must see it whole: those in which several subschemas look at one value, and those of the full engine.

use super::Reported;
use super::json::JsonChecker;
use super::nested::{Memory, Run};
use super::{Findings, header::Column};
use crate::cel::run::is_met;
use crate::decode::equal::Document;
use crate::decode::json::{Cursor, Fault};
use crate::decode::tape::{Kind, Tape};
use crate::limits::Limits;
use crate::policy::DuplicateKeys;
use crate::render::string;
use crate::rules::number::{Shape, shape};
use crate::schema::plan::{Builtin, CellRules, Engine, Plan, Types};
use crate::violation::{Detail, NO_COLUMN, Value};
use std::borrow::Cow;
use std::ops::Range;

/// Checks records whole; keeps its buffers.
#[derive(Debug)]
pub(super) struct WholeRecord<'p> {
    plan: &'p Plan,
    limits: &'p Limits,
    tape: Tape,
    memory: Memory,
    cells: CellRecord,
    columns: Vec<CellColumn<'p>>,
}

/// A record of text as JSON, and where each of its values came from.
#[derive(Debug, Default)]
struct CellRecord {
    json: Vec<u8>,
    tape: Tape,
    origins: Vec<Origin>,
}

#[derive(Debug)]
struct Origin {
    json: Range<usize>,
    source: Range<usize>,
    /// The value stands in the JSON as it does in the source.
    is_copy: bool,
}

/// How the cells of a column become values.
#[derive(Debug)]
struct CellColumn<'p> {
    /// The name and a colon, as JSON.
    name: Vec<u8>,
    rules: Cow<'p, CellRules>,
    /// Tokens of a field without tokens of its own.
    missing: &'p [Box<[u8]>],
}

impl<'p> WholeRecord<'p> {
    pub(super) fn new(plan: &'p Plan, limits: &'p Limits, columns: &'p [Column]) -> WholeRecord<'p> {
        let law = plan.engine.cell_law();
        let column = |column: &'p Column| {
            let rules = law?.rules(&column.name);
            Some(CellColumn { name: json_name(&column.name), rules, missing: &column.missing })
        };
        let columns = columns.iter().filter_map(column).collect();
        WholeRecord { plan, limits, tape: Tape::default(), memory: Memory::default(), cells: CellRecord::default(), columns }
    }

    /// Checks the one JSON text from `start` to `end`, as `checker` says.
    pub(super) fn check_json(&mut self, bytes: &[u8], span: Range<usize>, checker: &JsonChecker<'_>, findings: &mut Findings<'_>) {
        let mut cursor = Cursor { bytes: &bytes[..span.end], at: span.start };
        let read = self.tape.read(&mut cursor, self.limits.depth_max).and_then(|()| match cursor.peek() {
            _ if cursor.at >= span.end => Ok(()),
            _ => Err(Fault::Syntax("nothing after the value")),
        });
        if let Err(fault) = read {
            return findings.add_unread(fault, (cursor.at - findings.record_start()) as u32);
        }
        if checker.policy.duplicate_keys == DuplicateKeys::Last {
            self.tape.keep_last(bytes);
        }
        for &name in &self.tape.duplicates {
            let pointer = self.tape.pointer(name, bytes);
            findings.add(Builtin::JsonDuplicateKey.id(), NO_COLUMN, Value::None, Detail::Pointer(pointer.into()));
        }
        let Some(missing) = checker.cells.filter(|_| self.tape.entry(0).kind == Kind::Object) else {
            let document = Document { bytes, tape: &self.tape };
            let report = |reported| add_json(self.plan, document, reported, |range| range, findings);
            judge(self.plan, self.limits, document, &mut self.memory, report);
            return ask_rules(self.plan, self.limits, document, findings);
        };
        self.cells.take_object(self.plan, Document { bytes, tape: &self.tape }, missing);
        let document = Document { bytes: &self.cells.json, tape: &self.cells.tape };
        let origins = &self.cells.origins;
        let report = |reported| add_json(self.plan, document, reported, |range| source_of(origins, range), findings);
        judge(self.plan, self.limits, document, &mut self.memory, report);
        ask_rules(self.plan, self.limits, document, findings);
    }

    /// Begins a record of cells.
    pub(super) fn begin_cells(&mut self) {
        self.cells.begin();
    }

    /// Takes the cell of the column `at`, which stands at `source`.
    pub(super) fn take_cell(&mut self, at: usize, text: &[u8], source: Range<usize>) {
        let CellColumn { name, rules, missing } = &self.columns[at];
        if !rules.is_missing(text, missing) {
            self.cells.push(name, source, false, |json| write_cell(rules, text, json));
        } else if rules.nullable {
            self.cells.push(name, source, false, |json| json.extend_from_slice(b"null"));
        } else {
            self.cells.skip(source);
        }
    }

    /// Checks the cells taken.
    pub(super) fn check_cells(&mut self, columns: &[Column], findings: &mut Findings<'_>) {
        self.cells.end();
        let document = Document { bytes: &self.cells.json, tape: &self.cells.tape };
        let origins = &self.cells.origins;
        let report = |reported: Reported| {
            let pointer = pointer_of(self.plan, document, &reported);
            let token = pointer.get(1..).and_then(|rest| rest.split('/').next());
            let name = token.map(crate::schema::place::unescape);
            let column = name.and_then(|name| columns.iter().position(|column| *column.name == *name));
            match column {
                Some(at) => {
                    let source = &origins[at].source;
                    findings.add(reported.rule, at as u32, Value::Cell(source.start as u32..source.end as u32), Detail::None);
                }
                None => findings.add(reported.rule, NO_COLUMN, Value::None, Detail::None),
            }
        };
        judge(self.plan, self.limits, document, &mut self.memory, report);
        ask_rules(self.plan, self.limits, document, findings);
    }
}

impl CellRecord {
    fn begin(&mut self) {
        self.json.clear();
        self.json.push(b'{');
        self.origins.clear();
    }

    fn push(&mut self, name: &[u8], source: Range<usize>, is_copy: bool, write: impl FnOnce(&mut Vec<u8>)) {
        if self.json.len() > 1 {
            self.json.push(b',');
        }
        self.json.extend_from_slice(name);
        let start = self.json.len();
        write(&mut self.json);
        self.origins.push(Origin { json: start..self.json.len(), source, is_copy });
    }

    /// A value that is not there.
    fn skip(&mut self, source: Range<usize>) {
        self.origins.push(Origin { json: self.json.len()..self.json.len(), source, is_copy: false });
    }

    fn end(&mut self) {
        self.json.push(b'}');
        // What was written here is JSON; were it not, the empty tape would be an empty record.
        let read = self.tape.read(&mut Cursor { bytes: &self.json, at: 0 }, usize::MAX);
        debug_assert!(read.is_ok(), "{read:?} {}", String::from_utf8_lossy(&self.json));
    }

    /// Takes an object whose strings are cells.
    fn take_object(&mut self, plan: &Plan, document: Document<'_>, missing: &[Vec<u8>]) {
        let Document { bytes, tape } = document;
        self.begin();
        for (name, value) in tape.members(0) {
            let source = tape.range(value);
            let text = tape.text(name, bytes);
            let json_name = json_name(&String::from_utf8_lossy(&text));
            let rules = plan.engine.cell_law().map(|law| law.rules(&String::from_utf8_lossy(&text)));
            let is_text = matches!(tape.entry(value).kind, Kind::Text | Kind::EscapedText);
            let (Some(rules), true) = (rules, is_text) else {
                self.push(&json_name, source.clone(), true, |json| json.extend_from_slice(&bytes[source]));
                continue;
            };
            let text = tape.text(value, bytes);
            let is_missing = match &rules.missing {
                Some(own) => own.iter().any(|token| **token == *text),
                None => missing.iter().any(|token| **token == *text),
            };
            match (is_missing, rules.nullable) {
                (false, _) => self.push(&json_name, source, false, |json| write_cell(&rules, &text, json)),
                (true, true) => self.push(&json_name, source, false, |json| json.extend_from_slice(b"null")),
                (true, false) => self.skip(source),
            }
        }
        self.end();
    }
}

/// The bytes of the source that the bytes `json` of a record of cells came from.
fn source_of(origins: &[Origin], json: Range<usize>) -> Range<usize> {
    let found = origins.iter().find(|origin| origin.json.start <= json.start && json.end <= origin.json.end && !origin.json.is_empty());
    match found {
        Some(origin) if origin.is_copy => {
            let shift = |at: usize| at - origin.json.start + origin.source.start;
            shift(json.start)..shift(json.end)
        }
        Some(origin) => origin.source.clone(),
        // The record as a whole stands in the source in another form.
        None => 0..0,
    }
}

fn json_name(name: &str) -> Vec<u8> {
    let mut json = Vec::with_capacity(name.len() + 3);
    string(name, &mut json);
    json.push(b':');
    json
}

/// True when the text of a cell of a field that admits numbers is one.
#[inline]
pub(crate) fn number_cell(rules: &CellRules, shape: Shape) -> bool {
    match shape {
        Shape::None => false,
        Shape::Small(_) | Shape::Integer => true,
        Shape::Short(..) | Shape::Number => rules.numbers == Types::NUMBER,
    }
}

/// The value that the text of a cell stands for.
pub(crate) fn write_cell(rules: &CellRules, text: &[u8], json: &mut Vec<u8>) {
    if is_cell_number(rules, text) {
        write_number(text, json);
    } else if rules.booleans && (text == b"true" || text == b"false") {
        json.extend_from_slice(text);
    } else {
        string(&String::from_utf8_lossy(text), json);
    }
}

/// True for a text that is a number where `rules` hold.
pub(crate) fn is_cell_number(rules: &CellRules, text: &[u8]) -> bool {
    rules.numbers.0 != 0
        && match shape(text) {
            Shape::None => false,
            Shape::Small(_) | Shape::Integer => true,
            Shape::Short(..) | Shape::Number => rules.numbers == Types::NUMBER,
        }
}

/// The number of a cell: cells may have leading zeros, JSON may not.
pub(crate) fn write_number(text: &[u8], json: &mut Vec<u8>) {
    let (sign, digits) = text.split_at(usize::from(text.first() == Some(&b'-')));
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    let has_digit = digits.get(zeros).is_some_and(u8::is_ascii_digit);
    json.extend_from_slice(sign);
    json.extend_from_slice(&digits[if has_digit { zeros } else { zeros.saturating_sub(1) }..]);
}

fn judge(plan: &Plan, limits: &Limits, document: Document<'_>, memory: &mut Memory, report: impl FnMut(Reported)) {
    match &plan.engine {
        Engine::OnePass | Engine::Tape(_) => Run { plan, limits, document, memory }.check(report),
        Engine::Full(engine, _) => engine.check(document, limits, report),
    }
}

/// Asks the rules over the fields of a record that meets all else: of another they would only say again what is wrong with it. A record
/// that has no fields meets none of them.
fn ask_rules(plan: &Plan, limits: &Limits, document: Document<'_>, findings: &mut Findings<'_>) {
    if plan.record_rules.is_empty() || !findings.may_be_valid() {
        return;
    }
    for rule in &plan.record_rules {
        if document.tape.entry(0).kind != Kind::Object {
            findings.add(rule.fieldless, NO_COLUMN, Value::None, Detail::None);
            continue;
        }
        match is_met(&rule.code, document, limits.rule_steps_max) {
            Ok(true) => {}
            Ok(false) => findings.add(rule.broken, NO_COLUMN, Value::None, Detail::None),
            Err(fault) => {
                let id = plan.rule(rule.failed).id.as_deref();
                let params = serde_json::json!({ "id": id, "reason": fault.reason, "at": fault.at });
                findings.add(rule.failed, NO_COLUMN, Value::None, Detail::Params(params.to_string().into()));
            }
        }
    }
}

/// The JSON pointer of what is wrong.
fn pointer_of(plan: &Plan, document: Document<'_>, reported: &Reported) -> String {
    let is_of_member = reported.value.is_none() && reported.name.is_none();
    match &plan.rule(reported.rule).pointer {
        Some(pointer) if !is_of_member => pointer.to_string(),
        _ => {
            let mut pointer = document.tape.pointer(reported.at, document.bytes);
            if let Some(name) = &reported.name {
                pointer.push('/');
                pointer.push_str(&crate::schema::place::escape(name));
            }
            pointer
        }
    }
}

fn add_json(
    plan: &Plan,
    document: Document<'_>,
    reported: Reported,
    source: impl Fn(Range<usize>) -> Range<usize>,
    findings: &mut Findings<'_>,
) {
    let is_of_member = reported.value.is_none() && reported.name.is_none();
    let detail = match plan.rule(reported.rule).pointer {
        Some(_) if !is_of_member => Detail::None,
        _ => Detail::Pointer(pointer_of(plan, document, &reported).into()),
    };
    let range = reported.value.map(|value| source(document.tape.range(value))).unwrap_or_default();
    let value = if range.is_empty() { Value::None } else { Value::Json(range.start as u32..range.end as u32) };
    findings.add(reported.rule, NO_COLUMN, value, detail);
}
