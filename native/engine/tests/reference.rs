//! The engine against a second reader of CSV: slow, simple, one byte after the other over the whole input, written from the rules alone.
//!
//! 1. A record ends at LF, CRLF or CR outside quotes, or where the input ends. A quote opens a field only as its first byte.
//! 2. A quote in a field that has none, or text after a closing quote on the line where it opened, is stray.
//! 3. A quote is unclosed when nothing closes it within the record's bytes and lines, or when text follows the quote that closes it on a
//!    later line. It is told where it opened.
//! 4. A record of more bytes than the limit, its line end left out, is too large, unless a quote that is open there is to blame.
//! 5. Spaces after a delimiter are no part of the field that follows, where the dialect says so.
//! 6. What is refused ends with the line on which the offending field opened; for a record that is too large, the line on which it became so.

#[path = "common/cases.rs"]
mod cases;
mod common;
#[path = "common/inputs.rs"]
mod inputs;

use cases::cases;
use common::{request, run};
use inputs::{csv, dialect, sizes};
use proptest::prelude::*;
use sluice_engine::decode::cell;
use sluice_engine::encoding::Encoding;
use sluice_engine::frame::csv::{Dialect, Framed, Framer};
use sluice_engine::intake::{Format, Request};

/// One thing that stands in the input, from `start` to `end`.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    start: usize,
    end: usize,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Record(Vec<Vec<u8>>),
    Skipped,
    /// Code, the byte that is at fault, and the column.
    Fault(&'static str, usize, Option<usize>),
}

struct Reader<'b> {
    bytes: &'b [u8],
    dialect: &'b Dialect,
    bytes_max: usize,
    lines_max: usize,
}

/// How reading a field ends: past it, or with a fault and a byte on the last line that it costs.
type Read = Result<usize, (Kind, usize)>;

impl Reader<'_> {
    fn all(&self) -> Vec<Item> {
        let (mut items, mut start) = (Vec::new(), 0);
        while start < self.bytes.len() {
            let (end, kind) = self.item(start);
            items.push(Item { start, end, kind });
            start = end;
        }
        items
    }

    fn at(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Past the line end at `at`, if there is one.
    fn line_end(&self, at: usize) -> Option<usize> {
        match (self.at(at), self.at(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => Some(at + 2),
            (Some(b'\r' | b'\n'), _) => Some(at + 1),
            _ => None,
        }
    }

    fn past_line(&self, at: usize) -> usize {
        (at..self.bytes.len()).find_map(|at| self.line_end(at)).unwrap_or(self.bytes.len())
    }

    fn item(&self, start: usize) -> (usize, Kind) {
        let is_blank = self.dialect.skip_blank_lines && self.line_end(start).is_some();
        if is_blank || (self.dialect.comment.is_some() && self.at(start) == self.dialect.comment) {
            return (self.past_line(start), Kind::Skipped);
        }
        let (mut fields, mut at, mut lines) = (Vec::new(), start, 1);
        loop {
            let field = if self.dialect.quote.is_some() && self.at(at) == self.dialect.quote {
                self.quoted(start, at, &mut lines, &mut fields)
            } else {
                self.plain(start, at, &mut fields)
            };
            match field {
                Ok(after) if self.at(after) == Some(self.dialect.delimiter) => {
                    at = after + 1;
                    while self.dialect.skip_initial_space && self.at(at) == Some(b' ') {
                        at += 1;
                    }
                }
                Ok(after) => return (self.line_end(after).unwrap_or(after), Kind::Record(fields)),
                Err((fault, line_of)) => return (self.past_line(line_of), fault),
            }
        }
    }

    fn plain(&self, start: usize, open: usize, fields: &mut Vec<Vec<u8>>) -> Read {
        let limit = start + self.bytes_max;
        for at in open.. {
            if at > limit {
                return Err((Kind::Fault("record/too-large", start, Some(fields.len())), limit));
            }
            let Some(byte) = self.at(at) else {
                fields.push(self.bytes[open..at].to_vec());
                return Ok(at);
            };
            if byte == self.dialect.delimiter || self.line_end(at).is_some() {
                fields.push(self.bytes[open..at].to_vec());
                return Ok(at);
            }
            if Some(byte) == self.dialect.quote {
                return Err((Kind::Fault("quote/stray", start, Some(fields.len())), at));
            }
        }
        unreachable!("a field ends")
    }

    fn quoted(&self, start: usize, open: usize, lines: &mut usize, fields: &mut Vec<Vec<u8>>) -> Read {
        let limit = start + self.bytes_max;
        if open >= limit {
            return Err((Kind::Fault("record/too-large", start, Some(fields.len())), limit));
        }
        let unclosed = Err((Kind::Fault("quote/unclosed", open, Some(fields.len())), open));
        let (quote, escape) = (self.dialect.quote, self.dialect.escape.or(self.dialect.quote));
        let (mut text, mut at, lines_before) = (Vec::new(), open + 1, *lines);
        loop {
            let Some(byte) = self.at(at).filter(|_| at < limit) else { return unclosed };
            let next = self.at(at + 1);
            if Some(byte) == escape && next.is_some() && (next == quote || next == escape) {
                text.extend(next);
                at += 2;
                continue;
            }
            if Some(byte) == quote {
                if next.is_none_or(|next| next == self.dialect.delimiter || next == b'\n' || next == b'\r') {
                    fields.push(text);
                    return Ok(at + 1);
                }
                return if *lines > lines_before { unclosed } else { Err((Kind::Fault("quote/stray", start, Some(fields.len())), open)) };
            }
            let after = self.line_end(at).unwrap_or(at + 1);
            if self.line_end(at).is_some() {
                *lines += 1;
                if *lines > self.lines_max {
                    return unclosed;
                }
            }
            text.extend(&self.bytes[at..after]);
            at = after;
        }
    }
}

/// The same items as the engine's framer sees them.
fn framed(bytes: &[u8], dialect: &Dialect, bytes_max: usize, lines_max: usize) -> Vec<Item> {
    let mut framer: Framer<'_, 5> = Framer::new(bytes, 0, dialect, bytes_max, lines_max, true);
    let (mut items, mut start, mut scratch) = (Vec::new(), 0, Vec::new());
    while start < bytes.len() {
        let (end, kind) = match framer.record(start) {
            Framed::Record { end, .. } => {
                let texts = framer.fields.iter().map(|field| cell::text(bytes, field, dialect, &mut scratch).to_vec());
                (end, Kind::Record(texts.collect()))
            }
            Framed::Skipped { end } => (end.expect("these are all bytes"), Kind::Skipped),
            Framed::Refused { fault, at, end, .. } => {
                let code = sluice_engine::schema::plan::Builtin::TABLE[fault as usize].0;
                let column = Some(framer.fields.len());
                (end.expect("these are all bytes"), Kind::Fault(code, if code == "quote/unclosed" { at } else { start }, column))
            }
            Framed::Incomplete => panic!("these are all bytes"),
        };
        items.push(Item { start, end, kind });
        start = end;
    }
    items
}

fn lines_before(bytes: &[u8]) -> usize {
    (0..bytes.len()).filter(|&at| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'))).count()
}

/// What the engine has to say of a record under the schema of the test: `code line byte column`.
fn fault_of(bytes: &[u8], item: &Item, reader: &Reader<'_>, columns: usize) -> Option<String> {
    let told = |code: &str, byte: usize, column: Option<usize>| {
        let column = column.map_or("null".to_owned(), |column| column.to_string());
        Some(format!("{code} {} {byte} {column}", lines_before(&bytes[..byte]) + 1))
    };
    match &item.kind {
        Kind::Skipped => None,
        Kind::Fault(code, byte, column) => told(code, *byte, *column),
        Kind::Record(fields) => {
            if let Err(fault) = std::str::from_utf8(&bytes[item.start..item.end]) {
                return told("encoding/utf8", item.start, Some(column_of(reader, item, item.start + fault.valid_up_to())));
            }
            if fields.len() != columns {
                return told(if fields.len() < columns { "fields/short" } else { "fields/long" }, item.start, None);
            }
            let digits = fields[0].strip_prefix(b"-").unwrap_or(&fields[0]);
            let is_integer = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
            if is_integer { None } else { told("type", item.start, Some(0)) }
        }
    }
}

/// The column of byte `at`: so many fields end before it.
fn column_of(reader: &Reader<'_>, item: &Item, at: usize) -> usize {
    let cut = Reader { bytes: &reader.bytes[..at], bytes_max: usize::MAX / 2, lines_max: usize::MAX, ..*reader };
    match cut.item(item.start).1 {
        Kind::Record(fields) => fields.len() - 1,
        Kind::Fault(_, _, column) => column.expect("a quote is to blame"),
        Kind::Skipped => unreachable!("a record is not skipped"),
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn the_framer_reads_as_the_reference_does(
        (dialect, bytes) in dialect().prop_flat_map(|dialect| (Just(dialect.clone()), csv(&dialect))),
        bytes_max in 1usize..60, lines_max in 1usize..5,
    ) {
        let reader = Reader { bytes: &bytes, dialect: &dialect, bytes_max, lines_max };
        prop_assert_eq!(framed(&bytes, &dialect, bytes_max, lines_max), reader.all(), "b\"{}\"", bytes.escape_ascii());
    }

    #[test]
    fn the_engine_tells_what_the_reference_tells(
        (dialect, body) in dialect().prop_flat_map(|dialect| (Just(dialect.clone()), csv(&dialect))),
        bytes_max in 1usize..60, lines_max in 1usize..5, columns in 1usize..4, batch_bytes in 1usize..90, chunks in sizes(),
    ) {
        let mut asked: Request = request(r#"{"properties":{"a":{"type":"integer"}}}"#, Format::Csv);
        asked.dialect = dialect.clone();
        asked.limits.record_bytes_max = bytes_max;
        asked.limits.record_lines_max = lines_max;
        asked.header = Some(["a", "b", "c"][..columns].iter().map(|name| (*name).to_owned()).collect());
        asked.missing = Vec::new();
        asked.allow_empty = true;
        // Else every other byte could be NUL by chance.
        asked.encoding = Some(Encoding::Utf8);
        asked.batch_bytes = batch_bytes;
        // A mark at the front is no part of the records.
        let mut body = body.as_slice();
        while let Some(rest) = body.strip_prefix("\u{FEFF}".as_bytes()) {
            body = rest;
        }
        let reader = Reader { bytes: body, dialect: &dialect, bytes_max, lines_max };
        let outcome = run(&asked, body, &chunks).expect("a stream");
        let (mut told, mut valid, mut invalid, mut read) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for item in reader.all() {
            let fault = fault_of(body, &item, &reader, columns);
            let side: &mut Vec<u8> = if fault.is_some() { &mut invalid } else { &mut valid };
            side.extend(&body[item.start..item.end]);
            read += u64::from(item.kind != Kind::Skipped);
            told.extend(fault);
        }
        let lines = outcome.violations.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        let found: Vec<String> = lines
            .map(|one| format!("{} {} {} {}", one["code"].as_str().expect("a code"), one["line"], one["byte"], one["column"]))
            .collect();
        prop_assert_eq!(found, told);
        prop_assert_eq!(outcome.report.counts.violations, outcome.brief().len() as u64);
        prop_assert_eq!(outcome.valid.escape_ascii().to_string(), valid.escape_ascii().to_string());
        prop_assert_eq!(outcome.invalid.escape_ascii().to_string(), invalid.escape_ascii().to_string());
        prop_assert_eq!(outcome.report.counts.read, read);
    }
}
