//! Records of JSON on their way out.

use super::Target;
use super::csv_in::write_json;
use super::csv_out::{Unwritable, place_of, write_value};
use super::fields::Origin;
use super::operation::{Scalar, applied};
use super::program::{OutputField, Program};
use super::run::{Failure, Sink};
use crate::decode::json::Cursor;
use crate::decode::tape::{EntryId, Kind, Tape};
use crate::schema::place::escape;
use crate::violation::NO_COLUMN;
use std::borrow::Cow;
use std::ops::Range;

/// What is kept from one record to the next.
#[derive(Debug, Default)]
pub(super) struct JsonMemory {
    tape: Tape,
    /// The name and the value of each field that goes out, where the record has it.
    found: Vec<Option<(EntryId, EntryId)>>,
}

/// A record as a list of its members.
#[derive(Clone, Copy)]
struct Members<'r> {
    bytes: &'r [u8],
    tape: &'r Tape,
}

impl<'r> Members<'r> {
    fn value(self, id: EntryId) -> Scalar<'r> {
        let written = &self.bytes[self.tape.range(id)];
        match self.tape.entry(id).kind {
            Kind::Null => Scalar::Null,
            Kind::True | Kind::False | Kind::Number => Scalar::Word(Cow::Borrowed(written)),
            Kind::Text | Kind::EscapedText => Scalar::Text(self.tape.text(id, self.bytes)),
            Kind::Array | Kind::Object => Scalar::Nested(written),
        }
    }

    /// A member as it stands in the record.
    fn written(self, (name, value): (EntryId, EntryId)) -> &'r [u8] {
        &self.bytes[self.tape.range(name).start..self.tape.range(value).end]
    }
}

impl Program {
    /// The valid record within `span`, which may have white space around it.
    pub(super) fn json(&self, bytes: &[u8], span: Range<usize>, memory: &mut JsonMemory, sink: &mut Sink<'_>) {
        let JsonMemory { tape, found } = memory;
        // It was read once already, or it would not be valid.
        let read = tape.read(&mut Cursor { bytes: &bytes[..span.end], at: span.start }, usize::MAX);
        debug_assert!(read.is_ok());
        if !tape.duplicates.is_empty() {
            tape.keep_last(bytes);
        }
        let object = tape.range(0);
        let members = Members { bytes, tape };
        found.clear();
        found.resize(self.slots.len(), None);
        if !self.is_ordered {
            sink.out.extend_from_slice(&bytes[span.start..object.start]);
            self.edit(members, found, sink);
            return sink.out.extend_from_slice(&bytes[object.end..span.end]);
        }
        for (name, value) in tape.members(0) {
            if let Some(&Some(at)) = self.by_origin.get(&*tape.text(name, bytes)) {
                found[at] = Some((name, value));
            }
        }
        match sink.target {
            Target::Csv => self.cells(members, found, sink),
            Target::Ndjson => {
                sink.out.extend_from_slice(&bytes[span.start..object.start]);
                self.in_order(members, found, sink);
                sink.out.extend_from_slice(&bytes[object.end..span.end]);
            }
        }
    }

    /// All members in the order of the record, and then those that it had not.
    fn edit(&self, members: Members<'_>, found: &mut [Option<(EntryId, EntryId)>], sink: &mut Sink<'_>) {
        let mut writer = Writer::new(&mut sink.out);
        // Of a name that stands twice the first value was neither checked nor changed.
        let mut is_changed = members.tape.has_left_out(0);
        for (name, value) in members.tape.members(0) {
            let text = members.tape.text(name, members.bytes);
            match self.by_origin.get(&*text) {
                Some(None) => is_changed = true,
                Some(&Some(at)) => {
                    found[at] = Some((name, value));
                    is_changed |= writer.member(&self.slots[at], members, Some((name, value)));
                }
                None if self.new_names.contains(&*text) => {
                    let name = String::from_utf8_lossy(&text);
                    let pointer = format!("/{}", escape(&name));
                    sink.failures.push(Failure {
                        name: name.into(),
                        column: NO_COLUMN,
                        pointer: Some(pointer.into()),
                        reason: Unwritable::Name,
                    });
                }
                None => writer.written(members.written((name, value))),
            }
        }
        for (slot, found) in self.slots.iter().zip(found) {
            if found.is_none() {
                is_changed |= writer.member(slot, members, None);
            }
        }
        let start = writer.end();
        if !is_changed {
            sink.out.truncate(start);
            sink.out.extend_from_slice(&members.bytes[members.tape.range(0)]);
        }
    }

    fn in_order(&self, members: Members<'_>, found: &[Option<(EntryId, EntryId)>], sink: &mut Sink<'_>) {
        let mut writer = Writer::new(&mut sink.out);
        for (slot, found) in self.slots.iter().zip(found) {
            writer.member(slot, members, *found);
        }
        writer.end();
    }

    fn cells(&self, members: Members<'_>, found: &[Option<(EntryId, EntryId)>], sink: &mut Sink<'_>) {
        for (at, (slot, found)) in self.slots.iter().zip(found).enumerate() {
            if at > 0 {
                sink.out.push(self.dialect.delimiter);
            }
            let value = applied(&slot.operations, found.map_or(Scalar::Absent, |(_, value)| members.value(value)));
            let place = place_of(at, self.slots.len());
            if let Err(reason) = write_value(slot, &value, place, &self.dialect, &mut sink.out) {
                let pointer = match &slot.origin {
                    Origin::Member(name) => format!("/{}", escape(name)),
                    _ => String::new(),
                };
                sink.failures.push(Failure { name: slot.name.clone(), column: NO_COLUMN, pointer: Some(pointer.into()), reason });
            }
        }
        sink.out.push(b'\n');
    }
}

/// Writes an object.
struct Writer<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
}

impl<'o> Writer<'o> {
    fn new(out: &'o mut Vec<u8>) -> Writer<'o> {
        let start = out.len();
        out.push(b'{');
        Writer { out, start }
    }

    /// Where it began.
    fn end(self) -> usize {
        self.out.push(b'}');
        self.start
    }

    fn next(&mut self) {
        if self.out.len() > self.start + 1 {
            self.out.push(b',');
        }
    }

    fn written(&mut self, member: &[u8]) {
        self.next();
        self.out.extend_from_slice(member);
    }

    /// Writes the field `slot` of a record that has `found` for it. True where that is not what stands in the record.
    fn member(&mut self, slot: &OutputField, members: Members<'_>, found: Option<(EntryId, EntryId)>) -> bool {
        let before = found.map_or(Scalar::Absent, |(_, value)| members.value(value));
        let value = applied(&slot.operations, before.clone());
        let is_same = value == before;
        match found {
            Some(found) if is_same && slot.keeps_name => {
                self.written(members.written(found));
                false
            }
            None if value == Scalar::Absent => false,
            _ => {
                self.next();
                self.out.extend_from_slice(&slot.json_name);
                match found {
                    Some((_, value)) if is_same => self.out.extend_from_slice(&members.bytes[members.tape.range(value)]),
                    _ => write_json(&value, self.out),
                }
                true
            }
        }
    }
}
