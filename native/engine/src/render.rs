//! Violations as NDJSON, rendered only when somebody reads them.

use crate::batch::Document;
use crate::decode::cell::raw_text;
use crate::decode::json::{plain_end, unescape};
use crate::frame::csv::Dialect;
use crate::limits::Limits;
use crate::schema::plan::{Plan, Rule};
use crate::violation::{Detail, NO_COLUMN, Value, Violation};
use serde::{Deserialize, Serialize};
use std::io::Write;

/// Where a batch stands in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Base {
    /// Records before it.
    pub records: u64,
    /// Lines before it.
    pub lines: u64,
    /// Bytes before it.
    pub bytes: u64,
}

/// All that a violation needs to be told.
#[derive(Debug, Clone, Copy)]
pub struct Renderer<'a> {
    /// The schema.
    pub plan: &'a Plan,
    /// Limits on what is shown.
    pub limits: &'a Limits,
    /// Names of the CSV columns.
    pub columns: &'a [crate::check::header::Column],
    /// How the CSV is written; `None` for JSON.
    pub dialect: Option<&'a Dialect>,
    /// Name of the source.
    pub source: Option<&'a str>,
    /// Positions are of an object stream: it has records, and neither lines nor bytes.
    pub is_records: bool,
    /// The document that the records are in.
    pub document: Option<&'a Document>,
}

impl Renderer<'_> {
    /// Writes one line.
    pub fn line(&self, violation: &Violation, bytes: &[u8], base: Base, out: &mut Vec<u8>) {
        let rule = self.plan.rule(violation.rule);
        self.before_value(rule, violation, out);
        self.value(rule, violation, bytes, out);
        self.after_value(rule, violation, out);
        self.place(violation, base, out);
        out.extend_from_slice(b"}\n");
    }

    fn before_value(&self, rule: &Rule, violation: &Violation, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"code\":\"");
        out.extend_from_slice(rule.code.as_bytes());
        out.extend_from_slice(b"\",\"keyword\":");
        optional(rule.keyword, out);
        if let Some(id) = &rule.id {
            out.extend_from_slice(b",\"rule\":");
            string(id, out);
        }
        if !rule.severity.is_error() {
            out.extend_from_slice(b",\"severity\":\"");
            out.extend_from_slice(rule.severity.word().as_bytes());
            out.push(b'"');
        }
        let pointer = self.pointer(rule, violation);
        out.extend_from_slice(b",\"field\":");
        self.field(rule, violation, pointer, out);
        if let Some(pointer) = pointer {
            out.extend_from_slice(b",\"pointer\":");
            string(pointer, out);
        }
        if let Some(document) = self.document {
            out.extend_from_slice(b",\"recordPointer\":");
            string(&document.pointer(violation.record), out);
        }
        out.extend_from_slice(b",\"message\":");
        self.message(rule, violation, out);
        out.extend_from_slice(b",\"value\":");
    }

    fn after_value(&self, rule: &Rule, violation: &Violation, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"params\":");
        self.params(rule, violation, out);
        out.extend_from_slice(b",\"source\":");
        optional(self.source, out);
    }

    /// The members of a Position but the source, each with a comma before it.
    fn place(&self, violation: &Violation, base: Base, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"record\":");
        number(base.records + u64::from(violation.record) + 1, out);
        if self.is_records {
            out.extend_from_slice(b",\"line\":null,\"byte\":null");
        } else {
            out.extend_from_slice(b",\"line\":");
            number(base.lines + u64::from(violation.line) + 1, out);
            out.extend_from_slice(b",\"byte\":");
            number(base.bytes + u64::from(violation.byte), out);
        }
        match violation.column {
            NO_COLUMN => out.extend_from_slice(b",\"column\":null"),
            column => {
                out.extend_from_slice(b",\"column\":");
                number(u64::from(column), out);
            }
        }
    }

    fn pointer<'v>(&self, rule: &'v Rule, violation: &'v Violation) -> Option<&'v str> {
        if self.dialect.is_some() {
            return None;
        }
        match &violation.detail {
            Detail::Pointer(pointer) => Some(pointer),
            Detail::NotWritten(what) => Some(what.pointer.as_deref().unwrap_or_default()),
            _ => Some(rule.pointer.as_deref().unwrap_or_default()),
        }
    }

    fn field(&self, rule: &Rule, violation: &Violation, pointer: Option<&str>, out: &mut Vec<u8>) {
        let column = self.columns.get(violation.column as usize);
        match (column, &violation.detail, pointer) {
            (Some(column), ..) => string(&column.name, out),
            (None, Detail::Pointer(_) | Detail::NotWritten(_), Some(pointer)) => match pointer.strip_prefix('/') {
                Some(name) if !name.contains('/') => string(&name.replace("~1", "/").replace("~0", "~"), out),
                Some(trail) => string(trail, out),
                None => out.extend_from_slice(b"null"),
            },
            _ => optional(rule.field.as_deref(), out),
        }
    }

    fn message(&self, rule: &Rule, violation: &Violation, out: &mut Vec<u8>) {
        match violation.detail {
            Detail::Syntax(offset, expected) => {
                string(&format!("{}: expected {expected} at byte {offset} of the record", rule.message), out)
            }
            Detail::Found(found) if rule.keyword.is_none() => {
                string(&format!("{}: {found} instead of {}", rule.message, self.columns.len()), out);
            }
            Detail::Offset(offset) if rule.code.starts_with("encoding/") => {
                string(&format!("{} at byte {offset} of the record", rule.message), out)
            }
            _ => string(&rule.message, out),
        }
    }

    fn params(&self, rule: &Rule, violation: &Violation, out: &mut Vec<u8>) {
        let _ = match violation.detail {
            Detail::Found(found) if rule.keyword.is_none() => write!(out, "{{\"expected\":{},\"found\":{found}}}", self.columns.len()),
            Detail::Offset(offset) => write!(out, "{{\"offset\":{offset}}}"),
            Detail::Syntax(offset, expected) => write!(out, "{{\"offset\":{offset},\"expected\":\"{expected}\"}}"),
            Detail::Params(ref params) => out.write_all(params.as_bytes()),
            Detail::NotWritten(ref what) => out.write_all(what.params.as_bytes()),
            _ => out.write_all(rule.params.as_bytes()),
        };
    }

    /// Writes the value, hidden where it is masked, cut where it is long.
    pub fn value(&self, rule: &Rule, violation: &Violation, bytes: &[u8], out: &mut Vec<u8>) {
        let max = self.limits.value_bytes_max;
        match &violation.value {
            Value::None => out.extend_from_slice(b"null"),
            _ if rule.masked => out.extend_from_slice(b"\"***\""),
            Value::Cell(range) => {
                let raw = &bytes[range.start as usize..range.end as usize];
                // A cell needs no more of its text than is shown, and unescaping never lengthens it.
                match self.dialect {
                    Some(dialect) if raw.first().copied() == dialect.quote => cut(&raw_text(raw, dialect), max, out),
                    _ => cut(raw, max, out),
                }
            }
            Value::Json(range) => {
                let raw = &bytes[range.start as usize..range.end as usize];
                if raw.len() <= max {
                    out.extend_from_slice(raw);
                } else if raw[0] == b'"' {
                    let mut text = Vec::new();
                    unescape(&raw[1..raw.len() - 1], &mut text);
                    cut(&text, max, out);
                } else {
                    cut(raw, max, out);
                }
            }
        }
    }
}

/// Writes the violations of one batch, and makes what they have in common only once.
#[derive(Debug)]
pub struct Lines<'a> {
    renderer: Renderer<'a>,
    /// Of each rule.
    frames: Vec<Option<Frame>>,
}

/// What all violations of a rule in a column say.
#[derive(Debug)]
struct Frame {
    column: u32,
    before_value: Vec<u8>,
    after_value: Vec<u8>,
}

impl<'a> Lines<'a> {
    /// Nothing written yet.
    pub fn new(renderer: Renderer<'a>) -> Lines<'a> {
        Lines { renderer, frames: Vec::new() }
    }

    /// Writes one line; see [`Renderer::line`].
    pub fn line(&mut self, violation: &Violation, bytes: &[u8], base: Base, out: &mut Vec<u8>) {
        let renderer = self.renderer;
        if violation.detail != Detail::None || renderer.document.is_some() {
            return renderer.line(violation, bytes, base, out);
        }
        let rule = renderer.plan.rule(violation.rule);
        if self.frames.is_empty() {
            self.frames.resize_with(renderer.plan.rules.len(), || None);
        }
        let slot = &mut self.frames[violation.rule as usize];
        let frame = match slot {
            Some(frame) if frame.column == violation.column => frame,
            _ => slot.insert(Frame::new(&renderer, rule, violation)),
        };
        out.extend_from_slice(&frame.before_value);
        renderer.value(rule, violation, bytes, out);
        out.extend_from_slice(&frame.after_value);
        renderer.place(violation, base, out);
        out.extend_from_slice(b"}\n");
    }
}

impl Frame {
    fn new(renderer: &Renderer<'_>, rule: &Rule, violation: &Violation) -> Frame {
        let mut frame = Frame { column: violation.column, before_value: Vec::new(), after_value: Vec::new() };
        renderer.before_value(rule, violation, &mut frame.before_value);
        renderer.after_value(rule, violation, &mut frame.after_value);
        frame
    }
}

/// A JSON string of the first `max` bytes of `text`, with an ellipsis where it was longer.
fn cut(text: &[u8], max: usize, out: &mut Vec<u8>) {
    if text.len() <= max {
        return match std::str::from_utf8(text) {
            Ok(text) => string(text, out),
            Err(_) => string(&String::from_utf8_lossy(text), out),
        };
    }
    let mut end = max;
    while end > 0 && text[end] as i8 <= -65 {
        end -= 1;
    }
    string(&format!("{}…", String::from_utf8_lossy(&text[..end])), out);
}

fn optional(text: Option<&str>, out: &mut Vec<u8>) {
    match text {
        Some(text) => string(text, out),
        None => out.extend_from_slice(b"null"),
    }
}

/// A whole number.
fn number(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A JSON string.
pub(crate) fn string(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut from = 0;
    loop {
        let at = plain_end(bytes, from);
        out.extend_from_slice(&bytes[from..at]);
        let Some(&byte) = bytes.get(at) else { break };
        let _ = match byte {
            b'"' => out.write_all(b"\\\""),
            b'\\' => out.write_all(b"\\\\"),
            b'\n' => out.write_all(b"\\n"),
            b'\r' => out.write_all(b"\\r"),
            b'\t' => out.write_all(b"\\t"),
            _ => write!(out, "\\u{byte:04x}"),
        };
        from = at + 1;
    }
    out.push(b'"');
}
