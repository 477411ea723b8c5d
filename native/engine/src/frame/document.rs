//! One JSON document as a stream of records, in pieces of any size and in bounded memory.
//!
//! What lies outside of the records is read strictly and dropped. Of a record only the end is looked for: the check reads what is in it. So a record
//! that is malformed and yet ends for certain is one violation, and the next is read; where no end is certain, or what is around the records is broken,
//! the document ends with an error, after all that came before has been handed on.

use super::nesting::Nesting;
use super::record_end::{Found, RECORD_DEPTH_MAX, RecordEnd};
use super::record_path::RecordPath;
use super::token::{Number, Progress, read_literal, read_text};
use super::way::{Place, Way};
use crate::batch::{Batch, Document, Span, SpanKind, Trail};
use crate::error::Error;
use crate::limits::Limits;
use crate::render::Base;

/// Bytes of a name on the path that are kept, as it stands. No name that a path can ask for is as long, however it is escaped.
const NAME_BYTES_MAX: usize = 1 << 16;

/// What comes next, or is being read.
#[derive(Debug)]
enum State {
    Value,
    /// After `[`.
    ValueOrEnd,
    Name,
    /// After `{`.
    NameOrEnd,
    Colon,
    CommaOrEnd,
    /// After the document.
    Nothing,
    /// Within a string that is no record; a name, if so.
    Text {
        is_name: bool,
    },
    Number(Number),
    Literal,
    Record(Record),
}

/// A record that is being read.
#[derive(Debug)]
struct Record {
    end: RecordEnd,
    /// Its first byte that was not handed on yet, in the buffer.
    start: usize,
    /// Its first byte, in the document.
    byte: u64,
    /// Line feeds before it.
    lines: u64,
    /// It is too large, and that has been said.
    is_refused: bool,
}

/// Reads a document from a buffer that is filled at the end and emptied from the front.
#[derive(Debug)]
pub struct DocumentReader {
    way: Way,
    state: State,
    nesting: Nesting,
    depth_max: usize,
    record_bytes_max: usize,
    /// The name on the path that is being read.
    name: Vec<u8>,
    /// The next byte of the buffer to read.
    at: usize,
    /// Where the buffer begins.
    base: Base,
    /// Line feeds before `at`, those of an open record left out.
    lines: u64,
    /// Line feeds before the end of the last span.
    span_lines: u64,
    records_total: u64,
    records: u32,
    spans: Vec<Span>,
    trails: Vec<Trail>,
    /// The next record is the next element of the array that the last trail is of.
    trail_holds: bool,
    fault: Option<Error>,
    is_ended: bool,
}

impl DocumentReader {
    /// A reader of a document that begins at `base`.
    pub fn new(path: RecordPath, limits: &Limits, base: Base) -> DocumentReader {
        DocumentReader {
            way: Way::new(path),
            state: State::Value,
            nesting: Nesting::default(),
            depth_max: limits.depth_max,
            record_bytes_max: limits.record_bytes_max,
            name: Vec::new(),
            at: 0,
            base,
            lines: base.lines,
            span_lines: base.lines,
            records_total: 0,
            records: 0,
            spans: Vec::new(),
            trails: Vec::new(),
            trail_holds: false,
            fault: None,
            is_ended: false,
        }
    }

    /// True when [`Self::take`] will tell what is wrong with the document.
    pub fn is_broken(&self) -> bool {
        self.fault.is_some()
    }

    /// Takes the records that end in `buffer`, `records_max` of them at most, and leaves there what is not read yet. `None` when there is none, or no more.
    ///
    /// # Errors
    /// `input/json` and `input/no-records`, once what came before has been taken.
    pub fn take(&mut self, buffer: &mut Vec<u8>, last: bool, records_max: usize) -> Result<Option<Batch>, Error> {
        if self.is_ended {
            return Ok(None);
        }
        if self.fault.is_none() {
            self.fault = self.read(buffer, last, records_max).err();
        }
        if !self.spans.is_empty() {
            return Ok(Some(self.batch(buffer)));
        }
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        self.drop_outside(buffer);
        if !last {
            return Ok(None);
        }
        self.finish(buffer)?;
        self.is_ended = true;
        let document = Document { base: self.base, spans: Vec::new(), trails: Vec::new() };
        Ok(Some(Batch { bytes: Vec::new(), last: true, document: Some(document) }))
    }

    /// The bytes up to the end of the last span.
    fn batch(&mut self, buffer: &mut Vec<u8>) -> Batch {
        let cut = self.spans.last().map_or(0, |span| span.end as usize);
        let rest = buffer.split_off(cut);
        let bytes = std::mem::replace(buffer, rest);
        let document = Document { base: self.base, spans: std::mem::take(&mut self.spans), trails: std::mem::take(&mut self.trails) };
        self.advance(cut, self.span_lines);
        self.records = 0;
        self.trail_holds = false;
        Batch { bytes, last: false, document: Some(document) }
    }

    fn drop_outside(&mut self, buffer: &mut Vec<u8>) {
        let (kept_from, lines) = match &self.state {
            State::Record(record) if record.is_refused => (record.start, record.lines + record.end.lines),
            State::Record(record) => (record.start, record.lines),
            _ => (self.at, self.lines),
        };
        buffer.drain(..kept_from);
        self.advance(kept_from, lines);
    }

    /// The front of the buffer is gone.
    fn advance(&mut self, bytes: usize, lines: u64) {
        self.base = Base { records: 0, lines, bytes: self.base.bytes + bytes as u64 };
        self.at -= bytes;
        if let State::Record(record) = &mut self.state {
            record.start -= bytes;
        }
    }

    fn read(&mut self, bytes: &mut [u8], last: bool, records_max: usize) -> Result<(), Error> {
        while self.at < bytes.len() && (self.records as usize) < records_max {
            let before = self.at;
            match &mut self.state {
                State::Record(_) => self.read_record(bytes, last)?,
                State::Text { is_name } => {
                    let is_name = *is_name;
                    let progress = read_text(bytes, self.at, last);
                    if is_name {
                        self.keep_name(bytes, progress)?;
                    }
                    self.go_on(progress, bytes)?;
                }
                State::Number(number) => {
                    let progress = number.read(bytes, self.at);
                    self.go_on(progress, bytes)?;
                }
                State::Literal => {
                    let progress = read_literal(bytes, self.at, last);
                    self.go_on(progress, bytes)?;
                }
                _ => {
                    self.skip_blank(bytes);
                    if let Some(&byte) = bytes.get(self.at) {
                        self.punctuation(byte, bytes)?;
                        continue;
                    }
                }
            }
            if self.at == before && matches!(self.state, State::Text { .. } | State::Literal) {
                // The rest of an escape, a character or a literal is still to come.
                break;
            }
        }
        if last && self.at == bytes.len() && matches!(self.state, State::Record(_)) {
            self.read_record(bytes, last)?;
        }
        Ok(())
    }

    #[inline]
    fn skip_blank(&mut self, bytes: &[u8]) {
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'\n' => self.lines += 1,
                b' ' | b'\t' | b'\r' => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    /// A token went on or ended.
    fn go_on(&mut self, progress: Progress, bytes: &[u8]) -> Result<(), Error> {
        match progress {
            Progress::More(at) => self.at = at,
            Progress::Fault(at, expected) => return Err(self.broken(at, expected, bytes)),
            Progress::End(at) => {
                self.at = at;
                if matches!(self.state, State::Text { is_name: true }) {
                    if self.way.is_on(self.nesting.depth) && !self.way.name(&self.name) {
                        return Err(self.broken_off(
                            at,
                            "a name on the path to the records stands twice in one object; which of them is meant is not known",
                        ));
                    }
                    self.state = State::Colon;
                } else {
                    self.end_value();
                }
            }
        }
        Ok(())
    }

    fn keep_name(&mut self, bytes: &[u8], progress: Progress) -> Result<(), Error> {
        if !self.way.is_on(self.nesting.depth) {
            return Ok(());
        }
        let end = match progress {
            Progress::End(end) => end - 1,
            Progress::More(end) | Progress::Fault(end, _) => end,
        };
        self.name.extend_from_slice(&bytes[self.at..end]);
        if self.name.len() > NAME_BYTES_MAX {
            let beyond = end - (self.name.len() - NAME_BYTES_MAX);
            return Err(self.broken_off(beyond, &format!("a name on the path to the records is longer than {NAME_BYTES_MAX} bytes")));
        }
        Ok(())
    }

    fn end_value(&mut self) {
        self.state = if self.nesting.depth == 0 { State::Nothing } else { State::CommaOrEnd };
    }

    /// Takes a byte between tokens.
    #[inline]
    fn punctuation(&mut self, byte: u8, bytes: &[u8]) -> Result<(), Error> {
        let is_curly = self.nesting.innermost();
        match (&self.state, byte) {
            (State::ValueOrEnd, b']') | (State::NameOrEnd, b'}') => self.close(byte, bytes)?,
            (State::CommaOrEnd, b']' | b'}') if (byte == b'}') == is_curly => self.close(byte, bytes)?,
            (State::CommaOrEnd, b',') => {
                self.state = if is_curly { State::Name } else { State::Value };
                self.at += 1;
            }
            (State::Value | State::ValueOrEnd, _) => self.begin_value(byte, bytes)?,
            (State::Name | State::NameOrEnd, b'"') => {
                self.trail_holds &= !self.way.is_on(self.nesting.depth);
                self.name.clear();
                self.state = State::Text { is_name: true };
                self.at += 1;
            }
            (State::Colon, b':') => {
                self.state = State::Value;
                self.at += 1;
            }
            _ => return Err(self.broken(self.at, self.expected(), bytes)),
        }
        Ok(())
    }

    fn close(&mut self, byte: u8, bytes: &[u8]) -> Result<(), Error> {
        self.trail_holds &= !self.way.is_on(self.nesting.depth);
        self.way.close(self.nesting.depth);
        if !self.nesting.close(byte == b'}') {
            return Err(self.broken(self.at, "the bracket that closes the one that is open", bytes));
        }
        self.at += 1;
        self.end_value();
        Ok(())
    }

    fn begin_value(&mut self, byte: u8, bytes: &[u8]) -> Result<(), Error> {
        if matches!(byte, b',' | b':' | b']' | b'}') {
            return Err(self.broken(self.at, "a value", bytes));
        }
        if self.way.wants_array() && self.nesting.depth == 0 && byte != b'[' {
            return Err(no_array(byte));
        }
        match self.way.begin(self.nesting.depth) {
            Place::Record => self.begin_record(byte),
            place => match byte {
                b'{' | b'[' => {
                    if self.nesting.depth >= self.depth_max {
                        return Err(self.broken_off(self.at, "it is nested deeper than depthMax"));
                    }
                    if place == Place::On {
                        self.trail_holds = false;
                        self.way.open(byte == b'[');
                    }
                    self.nesting.open(byte == b'{');
                    self.state = if byte == b'{' { State::NameOrEnd } else { State::ValueOrEnd };
                    self.at += 1;
                }
                b'"' => {
                    self.state = State::Text { is_name: false };
                    self.at += 1;
                }
                b'-' | b'0'..=b'9' => self.state = State::Number(Number::Start),
                b't' | b'f' | b'n' => self.state = State::Literal,
                _ => return Err(self.broken(self.at, "a value", bytes)),
            },
        }
        Ok(())
    }

    fn begin_record(&mut self, byte: u8) {
        let place = self.base.bytes + self.at as u64;
        self.state = State::Record(Record { end: RecordEnd::new(byte), start: self.at, byte: place, lines: self.lines, is_refused: false });
    }

    fn read_record(&mut self, bytes: &mut [u8], last: bool) -> Result<(), Error> {
        let State::Record(record) = &mut self.state else { return Ok(()) };
        let found = match record.end.read(bytes, self.at) {
            Found::More if last && self.nesting.depth == 0 && record.end.ends_with_document() => Found::End(bytes.len()),
            found => found,
        };
        let ends = matches!(found, Found::End(_));
        self.at = match found {
            Found::End(at) | Found::Mismatch(at) | Found::TooDeep(at) => at,
            Found::More => bytes.len(),
        };
        let is_too_large = self.base.bytes + self.at as u64 - record.byte > self.record_bytes_max as u64;
        let kind = match (record.is_refused, is_too_large) {
            (true, _) => Some(SpanKind::Rest),
            (_, true) => Some(SpanKind::TooLarge),
            _ => ends.then_some(SpanKind::Record),
        };
        if let Some(kind) = kind {
            self.push_span(kind, ends);
        }
        match found {
            Found::End(_) => {
                let State::Record(record) = &self.state else { return Ok(()) };
                self.lines += record.end.lines;
                self.end_value();
            }
            Found::More => {}
            Found::Mismatch(at) => {
                return Err(self.broken_record(at, &format!("{} closes a bracket of the other kind", char::from(bytes[at]))));
            }
            Found::TooDeep(at) => return Err(self.broken_record(at, &format!("it is nested deeper than {RECORD_DEPTH_MAX} levels"))),
        }
        Ok(())
    }

    /// The open record goes on, or ends, up to where the reader is.
    fn push_span(&mut self, kind: SpanKind, ends: bool) {
        let State::Record(record) = &mut self.state else { return };
        let line = record.lines.saturating_sub(self.base.lines) as u32;
        let span = Span { start: record.start as u32, end: self.at as u32, line, kind, ends };
        record.start = self.at;
        record.is_refused = true;
        self.span_lines = record.lines + record.end.lines;
        if kind != SpanKind::Rest {
            if !self.trail_holds {
                let (pointer, index) = self.way.pointer();
                self.trails.push(Trail { record: self.records, pointer, index });
                self.trail_holds = index.is_some();
            }
            self.records += 1;
            self.records_total += 1;
        }
        // What went before may have ended with the very last byte of the record.
        if span.start < span.end || ends {
            self.spans.push(span);
        }
    }

    /// The document has ended.
    fn finish(&mut self, rest: &[u8]) -> Result<(), Error> {
        let end = rest.len();
        if self.base.bytes == 0 && end == 0 {
            return Ok(());
        }
        match &self.state {
            State::Nothing => {}
            State::Number(number) if number.is_whole() && self.nesting.depth == 0 => {}
            State::Record(record) => {
                let said = if record.end.is_in_text() { "the document ends, and a string in it is open" } else { "the document ends" };
                return Err(self.broken_record(end, said));
            }
            State::Text { .. } => return Err(self.broken_off(end, "it ends within a string")),
            State::Number(_) => return Err(self.broken_off(end, "it ends within a number")),
            _ => return Err(self.broken_off(end, &format!("it ends where {} was expected", self.expected()))),
        }
        self.way.fault().map_or(Ok(()), |fault| Err(Error::new("input/no-records", fault)))
    }

    fn expected(&self) -> &'static str {
        match &self.state {
            State::Value | State::Literal => "a value",
            State::ValueOrEnd => "a value or ]",
            State::Name => "a name in quotes",
            State::NameOrEnd => "a name in quotes or }",
            State::Colon => "a colon",
            State::CommaOrEnd if self.nesting.innermost() => "a comma or }",
            State::CommaOrEnd => "a comma or ]",
            _ => "nothing after the document (one JSON text a line is format ndjson)",
        }
    }

    #[cold]
    fn broken(&self, at: usize, expected: &str, bytes: &[u8]) -> Error {
        let found = match bytes.get(at) {
            Some(byte @ 0x21..0x7F) => format!(", not {}", char::from(*byte)),
            Some(byte) => format!(", not the byte 0x{byte:02X}"),
            None => String::new(),
        };
        self.broken_off(at, &format!("expected {expected}{found}"))
    }

    #[cold]
    fn broken_off(&self, at: usize, said: &str) -> Error {
        self.fault_at(at, self.lines, said)
    }

    #[cold]
    fn broken_record(&self, at: usize, said: &str) -> Error {
        let State::Record(record) = &self.state else { return self.broken_off(at, said) };
        let (byte, line) = (record.byte, record.lines + 1);
        let said = format!("{said}; where the record ends that begins at byte {byte} (line {line}) is not certain");
        self.fault_at(at, record.lines + record.end.lines, &said)
    }

    fn fault_at(&self, at: usize, lines: u64, said: &str) -> Error {
        let (byte, line) = (self.base.bytes + at as u64, lines + 1);
        let records = match self.records_total {
            1 => "1 record was".to_owned(),
            count => format!("{count} records were"),
        };
        Error::new("input/json", format!("The JSON document is broken at byte {byte} (line {line}): {said}. {records} read before."))
    }
}

fn no_array(first: u8) -> Error {
    let what = match first {
        b'{' => "an object",
        b'"' => "a string",
        b'-' | b'0'..=b'9' => "a number",
        b't' | b'f' | b'n' => "a literal",
        _ => "no JSON value",
    };
    Error::new(
        "input/no-records",
        format!(
            "The document is {what}, not an array of records: say where in it they are (recordPath, such as $.items[*]); one JSON text a line is format ndjson."
        ),
    )
}
