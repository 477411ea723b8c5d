//! Records of CSV on their way out.

use super::Target;
use super::csv_out::{Unwritable, place_of, write_cell, write_value};
use super::fields::Origin;
use super::operation::{Scalar, applied};
use super::program::{InputColumn, OutputField, Program};
use super::run::{Failure, Sink};
use crate::check::{is_cell_number, write_cell as write_json_cell, write_number};
use crate::decode::cell;
use crate::frame::csv::{Dialect, Field, Framed, Framer};
use crate::render::string;
use crate::violation::NO_COLUMN;
use std::borrow::Cow;

impl InputColumn {
    fn is_missing(&self, text: &[u8]) -> bool {
        self.missing.iter().any(|token| **token == *text)
    }

    fn read<'t>(&self, text: &'t [u8]) -> Scalar<'t> {
        if self.is_missing(text) {
            return if self.rules.nullable { Scalar::Null } else { Scalar::Absent };
        }
        let is_word = is_cell_number(&self.rules, text) || (self.rules.booleans && (text == b"true" || text == b"false"));
        if is_word { Scalar::Word(Cow::Borrowed(text)) } else { Scalar::Text(Cow::Borrowed(text)) }
    }
}

/// Writes the value of a member.
pub(super) fn write_json(value: &Scalar<'_>, out: &mut Vec<u8>) {
    match value {
        Scalar::Absent | Scalar::Null => out.extend_from_slice(b"null"),
        Scalar::Word(word) if matches!(word.first(), Some(b'-' | b'0'..=b'9')) => write_number(word, out),
        Scalar::Word(word) => out.extend_from_slice(word),
        Scalar::Text(text) => string(&String::from_utf8_lossy(text), out),
        Scalar::Nested(text) => out.extend_from_slice(text),
    }
}

impl Program {
    /// The valid records from `from` to `to`, which begin and end with records.
    pub(super) fn csv(&self, dialect: &Dialect, bytes: &[u8], from: usize, to: usize, sink: &mut Sink<'_>) {
        match dialect.escape {
            None => self.csv_gap::<4>(dialect, bytes, from, to, sink),
            Some(_) => self.csv_gap::<5>(dialect, bytes, from, to, sink),
        }
    }

    fn csv_gap<const N: usize>(&self, dialect: &Dialect, bytes: &[u8], from: usize, to: usize, sink: &mut Sink<'_>) {
        let bytes = &bytes[..to];
        // Fields of CSV that is known to be well-formed are found without a look at limits.
        let mut framer: Framer<'_, N> = Framer::new(bytes, from, dialect, usize::MAX >> 1, usize::MAX, true);
        let mut scratch = Vec::new();
        let mut at = from;
        while at < to {
            match framer.record(at) {
                Framed::Record { end, .. } => {
                    sink.begin(at, end);
                    match sink.target {
                        Target::Ndjson => self.csv_to_json(dialect, bytes, &framer.fields, &mut scratch, sink),
                        Target::Csv => self.csv_to_csv(dialect, bytes, &framer.fields, &mut scratch, sink),
                    }
                    sink.end();
                    at = end;
                }
                Framed::Skipped { end } => {
                    let end = end.unwrap_or(to);
                    sink.pass(&bytes[at..end]);
                    at = end;
                }
                // What is well-formed is neither.
                Framed::Refused { .. } | Framed::Incomplete => break,
            }
        }
    }

    fn csv_to_json(&self, dialect: &Dialect, bytes: &[u8], fields: &[Field], scratch: &mut Vec<u8>, sink: &mut Sink<'_>) {
        let out = &mut sink.out;
        out.push(b'{');
        let mut is_first = true;
        let mut name = |slot: &OutputField, out: &mut Vec<u8>| {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            out.extend_from_slice(&slot.json_name);
        };
        for slot in &self.slots {
            let value = match slot.origin {
                Origin::Column(at) => {
                    let (column, text) = (&self.columns[at], cell::text(bytes, &fields[at], dialect, scratch));
                    if slot.operations.is_empty() {
                        if !column.is_missing(text) {
                            name(slot, out);
                            write_json_cell(&column.rules, text, out);
                        } else if column.rules.nullable {
                            name(slot, out);
                            out.extend_from_slice(b"null");
                        }
                        continue;
                    }
                    column.read(text)
                }
                _ => Scalar::Absent,
            };
            let value = applied(&slot.operations, value);
            if value != Scalar::Absent {
                name(slot, out);
                write_json(&value, out);
            }
        }
        out.extend_from_slice(b"}\n");
    }

    fn csv_to_csv(&self, dialect: &Dialect, bytes: &[u8], fields: &[Field], scratch: &mut Vec<u8>, sink: &mut Sink<'_>) {
        let start = sink.out.len();
        let mut is_changed = !self.is_plain;
        for (at, slot) in self.slots.iter().enumerate() {
            if at > 0 {
                sink.out.push(dialect.delimiter);
            }
            let place = place_of(at, self.slots.len());
            let column = match slot.origin {
                Origin::Column(column) => Some(column),
                _ => None,
            };
            let before = column.map_or(Scalar::Absent, |column| {
                if slot.operations.is_empty() {
                    return Scalar::Absent;
                }
                self.columns[column].read(cell::text(bytes, &fields[column], dialect, scratch))
            });
            let value = applied(&slot.operations, before.clone());
            let written = match column {
                Some(column) if is_same_text(&before, &value) => {
                    write_cell(bytes, fields[column], place, self.is_plain, dialect, &mut sink.out)
                }
                _ => {
                    is_changed = true;
                    write_value(slot, &value, place, dialect, &mut sink.out)
                }
            };
            if let Err(reason) = written {
                sink.fail(failure_of_cell(slot, column, reason));
            }
        }
        let (from, end) = sink.record();
        if !is_changed {
            sink.out.truncate(start);
            sink.out.extend_from_slice(&bytes[from..end]);
            return;
        }
        let content = fields.last().map_or(from, |last| last.end as usize + usize::from(last.quoted));
        sink.out.extend_from_slice(&bytes[content..end]);
    }
}

/// True where the cell says the same as it did.
fn is_same_text(before: &Scalar<'_>, after: &Scalar<'_>) -> bool {
    match (before, after) {
        (Scalar::Word(before) | Scalar::Text(before), Scalar::Word(after) | Scalar::Text(after)) => before == after,
        (Scalar::Absent | Scalar::Null, Scalar::Absent | Scalar::Null) => true,
        _ => false,
    }
}

fn failure_of_cell(slot: &OutputField, column: Option<usize>, reason: Unwritable) -> Failure {
    Failure { name: slot.name.clone(), column: column.map_or(NO_COLUMN, |column| column as u32), pointer: None, reason }
}
