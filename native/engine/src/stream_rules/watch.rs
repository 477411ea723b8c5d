//! Takes out of a record what the rules over the whole stream have to know of it.

use super::foreign::{References, not_read};
use super::instant::instant;
use super::seen::{SeenKey, SeenValue};
use super::value;
use super::{Counted, order};
use crate::check::Findings;
use crate::check::header::Column;
use crate::decode::cell;
use crate::decode::json::{Cursor, Fault, unescape};
use crate::decode::tape::Tape;
use crate::frame::csv::{Dialect, Field};
use crate::schema::plan::{CellRules, Plan};
use crate::values::cell_rules;
use crate::violation::{Detail, NO_COLUMN, Value};
use std::borrow::Cow;
use std::ops::Range;

/// Reads the fields that the rules name; keeps its buffers.
#[derive(Debug)]
pub(crate) struct Watch<'p> {
    plan: &'p Plan,
    /// What foreign keys are looked up in.
    references: Option<&'p References>,
    is_csv: bool,
    /// Of CSV: the column of each field.
    columns: Vec<Option<WatchedColumn<'p>>>,
    /// The value of each field; `None` where it is missing or null.
    found: Vec<Option<Found>>,
    /// The forms of the values.
    forms: Vec<u8>,
    scratch: Vec<u8>,
    tape: Tape,
}

#[derive(Debug)]
struct WatchedColumn<'p> {
    at: usize,
    rules: Cow<'p, CellRules>,
    missing: &'p [Box<[u8]>],
}

#[derive(Debug, Clone)]
struct Found {
    /// Its form, in [`Watch::forms`].
    form: Range<usize>,
    /// Where it stands in the batch.
    source: Range<usize>,
}

impl<'p> Watch<'p> {
    /// `None` where the schema has no rule that looks at fields.
    pub(crate) fn new(plan: &'p Plan, columns: &'p [Column], references: Option<&'p References>) -> Option<Watch<'p>> {
        let fields = &plan.stream.fields;
        if fields.is_empty() {
            return None;
        }
        let watched = |(field, name): (usize, &str)| {
            let at = columns.iter().position(|column| *column.name == *name)?;
            let own = plan.stream.cells.get(field).map(Cow::Borrowed);
            let rules = own.unwrap_or_else(|| cell_rules(plan, name, columns[at].node));
            Some(WatchedColumn { at, rules, missing: &columns[at].missing })
        };
        Some(Watch {
            plan,
            references,
            is_csv: !columns.is_empty(),
            columns: fields.iter().enumerate().map(|(field, name)| watched((field, &**name))).collect(),
            found: vec![None; fields.len()],
            forms: Vec::new(),
            scratch: Vec::new(),
            tape: Tape::default(),
        })
    }

    /// Looks at a record of CSV, which has as many fields as there are columns.
    pub(crate) fn csv(&mut self, bytes: &[u8], fields: &[Field], dialect: &Dialect, findings: &mut Findings<'_>) {
        self.forms.clear();
        for (column, found) in self.columns.iter().zip(&mut self.found) {
            *found = column.as_ref().and_then(|column| {
                let field = &fields[column.at];
                let text = cell::text(bytes, field, dialect, &mut self.scratch);
                if column.rules.is_missing(text, column.missing) {
                    return None;
                }
                let start = self.forms.len();
                value::cell(&column.rules, text, &mut self.forms);
                let quotes = usize::from(field.quoted);
                Some(Found { form: start..self.forms.len(), source: field.start as usize - quotes..field.end as usize + quotes })
            });
        }
        self.tell(findings);
    }

    /// Looks at the JSON text at `span`, which was read before; `cells` are the missing tokens where its texts are cells.
    pub(crate) fn json(&mut self, bytes: &[u8], span: Range<usize>, cells: Option<&[Vec<u8>]>, findings: &mut Findings<'_>) {
        let mut cursor = Cursor { bytes: &bytes[..span.end], at: span.start };
        if cursor.peek() != b'{' {
            return;
        }
        self.forms.clear();
        self.found.fill(None);
        let read = self.members(&mut cursor, cells);
        debug_assert!(read.is_ok());
        self.tell(findings);
    }

    fn members(&mut self, cursor: &mut Cursor<'_>, cells: Option<&[Vec<u8>]>) -> Result<(), Fault> {
        loop {
            // Past the brace or the comma before a member.
            cursor.at += 1;
            if cursor.peek() != b'"' {
                return Ok(());
            }
            let name = cursor.text()?;
            let fields = &self.plan.stream.fields;
            let at = if name.escaped {
                unescape(&cursor.bytes[name.inner], &mut self.scratch);
                fields.iter().position(|field| field.as_bytes() == self.scratch)
            } else {
                let name = &cursor.bytes[name.inner];
                fields.iter().position(|field| field.as_bytes() == name)
            };
            cursor.take(b':', "a colon")?;
            cursor.peek();
            let start = cursor.at;
            skip(cursor)?;
            if let Some(at) = at {
                // Of a name that stands twice, the last value is the member's.
                self.found[at] = self.member(at, cursor.bytes, start..cursor.at, cells);
                self.repeat(at);
            }
            if cursor.peek() != b',' {
                return Ok(());
            }
        }
    }

    fn member(&mut self, at: usize, bytes: &[u8], source: Range<usize>, cells: Option<&[Vec<u8>]>) -> Option<Found> {
        let json = &bytes[source.clone()];
        let start = self.forms.len();
        match (cells, json.first()) {
            (_, Some(b'n')) => return None,
            (Some(missing), Some(b'"')) => {
                let rules = cell_rules(self.plan, &self.plan.stream.fields[at], None);
                unescape(&json[1..json.len() - 1], &mut self.scratch);
                let text = self.scratch.as_slice();
                let is_missing = match &rules.missing {
                    Some(own) => own.iter().any(|token| **token == *text),
                    None => missing.iter().any(|token| **token == *text),
                };
                if is_missing {
                    return None;
                }
                value::cell(&rules, text, &mut self.forms);
            }
            _ => value::json(json, &mut self.tape, &mut self.forms),
        }
        Some(Found { form: start..self.forms.len(), source })
    }

    /// A reference has a field several times where foreign keys of several types look it up. What JSON says of it is the same to all of them.
    fn repeat(&mut self, at: usize) {
        let fields = &self.plan.stream.fields;
        for twin in at + 1..self.plan.stream.cells.len() {
            if fields[twin] == fields[at] {
                self.found[twin] = self.found[at].clone();
            }
        }
    }

    /// Tells what was found in the record at hand.
    fn tell(&mut self, findings: &mut Findings<'_>) {
        self.count_missing(findings);
        self.tell_values(findings);
        self.tell_foreign(findings);
        let rules = &self.plan.stream;
        for (which, key) in rules.unique.iter().enumerate() {
            // Keys of different rules are in one set.
            let Some(hash) = self.key(which as u32, &key.fields) else { continue };
            let value = self.value_of(&key.fields);
            findings.see_key(SeenKey { which: which as u32, hash: hash.to_le_bytes(), value });
        }
    }

    /// The key that the values of `fields` are, of which `set` says what it is among; `None` where one of them is missing or null.
    fn key(&self, set: u32, fields: &[u32]) -> Option<u128> {
        let mut hasher = self.plan.stream.hasher;
        hasher.write(&set.to_le_bytes());
        for &field in fields {
            hasher.write(&self.forms[self.found[field as usize].as_ref()?.form.clone()]);
        }
        Some(hasher.finish())
    }

    /// Where the value of a key of one field stands.
    fn value_of(&self, fields: &[u32]) -> Option<Range<u32>> {
        let [only] = fields else { return None };
        let source = &self.found[*only as usize].as_ref()?.source;
        Some(source.start as u32..source.end as u32)
    }

    /// Looks foreign keys up, or gathers what they are looked up in.
    fn tell_foreign(&mut self, findings: &mut Findings<'_>) {
        let rules = &self.plan.stream;
        for key in &rules.foreign {
            let Some(hash) = self.key(key.target, &key.fields) else { continue };
            match self.references.map_or_else(|| Err(not_read()), |references| references.has(hash)) {
                Ok(true) => {}
                Ok(false) => {
                    let column = match key.fields[..] {
                        [only] => self.columns[only as usize].as_ref().map(|column| column.at as u32),
                        _ => None,
                    };
                    let value = match (self.value_of(&key.fields), self.is_csv) {
                        (None, _) => Value::None,
                        (Some(value), true) => Value::Cell(value),
                        (Some(value), false) => Value::Json(value),
                    };
                    findings.add(key.unknown, column.unwrap_or(NO_COLUMN), value, Detail::None);
                }
                Err(fault) => findings.fail(fault),
            }
        }
        for (which, key) in rules.gathered.iter().enumerate() {
            let Some(hash) = self.key(key.target, &key.fields) else { continue };
            findings.see_key(SeenKey { which: which as u32, hash: hash.to_le_bytes(), value: None });
        }
    }

    fn count_missing(&self, findings: &mut Findings<'_>) {
        let seen = findings.seen();
        seen.objects += 1;
        for bound in &self.plan.stream.bounds {
            let Counted::Missing(field) = bound.counted else { continue };
            let field = field as usize;
            seen.missing.resize(self.found.len(), 0);
            seen.missing[field] += u64::from(self.found[field].is_none());
        }
    }

    fn tell_values(&mut self, findings: &mut Findings<'_>) {
        for (which, rule) in self.plan.stream.orders.iter().enumerate() {
            let Some(found) = &self.found[rule.field as usize] else { continue };
            let form = &self.forms[found.form.clone()];
            let form = if rule.is_instant { instant(form).unwrap_or(order::NO_PLACE.into()) } else { form.into() };
            let value = found.source.start as u32..found.source.end as u32;
            findings.see_value(SeenValue { which: which as u32, form, value });
        }
    }
}

/// Past the JSON value that the cursor stands on.
fn skip(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let mut depth = 0;
    loop {
        match cursor.peek() {
            b'"' => {
                cursor.text()?;
            }
            b'-' | b'0'..=b'9' => {
                cursor.number()?;
            }
            b'{' | b'[' => {
                depth += 1;
                cursor.at += 1;
                continue;
            }
            b'}' | b']' => {
                depth -= 1;
                cursor.at += 1;
            }
            b',' | b':' => {
                cursor.at += 1;
                continue;
            }
            b't' | b'n' => cursor.at += 4,
            b'f' => cursor.at += 5,
            _ => return Err(Fault::Syntax("a value")),
        }
        if depth == 0 {
            return Ok(());
        }
    }
}
