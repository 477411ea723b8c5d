//! CSV as it goes out: by RFC 4180, in the dialect of the source.

use super::fields::Origin;
use super::operation::Scalar;
use super::program::{OutputField, Program, SourceFacts};
use crate::error::Error;
use crate::frame::csv::{Dialect, Field, Framed, Framer};
use crate::rules::number::{Shape, shape};
use crate::schema::plan::Types;

/// Why a value cannot be written without a change that nobody would see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unwritable {
    /// Its text is what stands for a missing value.
    Missing,
    /// Its text would be read as a value of another type.
    Type,
    /// It needs quotes, and the dialect has none.
    Quote,
    /// Another field has its name.
    Name,
}

impl Unwritable {
    pub(super) fn name(self) -> &'static str {
        match self {
            Unwritable::Missing => "missing",
            Unwritable::Type => "type",
            Unwritable::Quote => "quote",
            Unwritable::Name => "name",
        }
    }
}

/// Where a cell stands in its record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) is_first: bool,
    pub(super) is_only: bool,
}

/// Writes a value that was changed, or came from elsewhere.
pub(super) fn write_value(
    field: &OutputField,
    value: &Scalar<'_>,
    place: Place,
    dialect: &Dialect,
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    let is_missing = |text: &[u8]| field.missing.iter().any(|token| **token == *text);
    let text = match value {
        Scalar::Absent | Scalar::Null => field.missing.first().ok_or(Unwritable::Missing)?,
        Scalar::Word(word) if is_missing(word) => return Err(Unwritable::Missing),
        Scalar::Text(text) if is_missing(text) => return Err(Unwritable::Missing),
        // Who reads it again has only the text to tell its type from.
        Scalar::Word(word) if !reads_as_word(field.types, word) => return Err(Unwritable::Type),
        Scalar::Text(text) if reads_as_word(field.types, text) => return Err(Unwritable::Type),
        Scalar::Word(text) | Scalar::Text(text) => &**text,
        Scalar::Nested(_) => return Err(Unwritable::Type),
    };
    write_text(text, place, dialect, out)
}

/// True for what a cell of these types reads as a number, as true or as false.
fn reads_as_word(types: Types, text: &[u8]) -> bool {
    let numbers = types.0 & Types::NUMBER.0;
    let is_number = numbers != 0
        && match shape(text) {
            Shape::None => false,
            Shape::Small(_) | Shape::Integer => true,
            Shape::Short(..) | Shape::Number => numbers == Types::NUMBER.0,
        };
    is_number || (types.has(Types::BOOLEAN) && (text == b"true" || text == b"false"))
}

/// Writes a text, in quotes where it needs them.
pub(super) fn write_text(text: &[u8], place: Place, dialect: &Dialect, out: &mut Vec<u8>) -> Result<(), Unwritable> {
    let Dialect { delimiter, quote, .. } = *dialect;
    let is_sign = |byte: &u8| *byte == delimiter || Some(*byte) == quote || matches!(byte, b'\n' | b'\r');
    if !text.iter().any(is_sign) && reads_bare(text, place, dialect) {
        out.extend_from_slice(text);
        return Ok(());
    }
    let Some(quote) = quote else {
        // Without quotes, a blank line is a record with one empty field, where blank lines are not skipped.
        let is_blank = text.is_empty() && place.is_only && !dialect.skip_blank_lines;
        return if is_blank { Ok(()) } else { Err(Unwritable::Quote) };
    };
    let escape = dialect.escape.unwrap_or(quote);
    out.push(quote);
    for &byte in text {
        if byte == quote || byte == escape {
            out.push(escape);
        }
        out.push(byte);
    }
    out.push(quote);
    Ok(())
}

/// True for a text without signs that means itself where it stands.
fn reads_bare(text: &[u8], Place { is_first, is_only }: Place, dialect: &Dialect) -> bool {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let is_comment = is_first && dialect.comment.is_some() && text.first() == dialect.comment.as_ref();
    let is_skipped = !is_first && dialect.skip_initial_space && text.first() == Some(&b' ');
    let is_blank = is_only && text.is_empty();
    !(is_comment || is_skipped || is_blank || (is_first && text.starts_with(MARK)))
}

/// Writes a cell as it stands in the source, where it may have stood in another place of its record.
pub(super) fn write_cell(
    bytes: &[u8],
    field: Field,
    place: Place,
    is_plain: bool,
    dialect: &Dialect,
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    let quotes = usize::from(field.quoted);
    let cell = &bytes[field.start as usize - quotes..field.end as usize + quotes];
    if is_plain || field.quoted || reads_bare(cell, place, dialect) {
        out.extend_from_slice(cell);
        return Ok(());
    }
    write_text(cell, place, dialect, out)
}

/// The place of the field `at` of `count`.
pub(super) fn place_of(at: usize, count: usize) -> Place {
    Place { is_first: at == 0, is_only: count == 1 }
}

/// The header row of the records that go out: that of the source with other names, and with what stands before it.
pub(super) fn header(program: &Program, facts: &SourceFacts<'_>, is_json: bool) -> Result<Vec<u8>, Error> {
    let Program { slots, dialect, .. } = program;
    let mut out = Vec::new();
    let row = if is_json { None } else { header_row(facts.header, dialect) };
    // A source without a header row has names of the caller, which do not go out.
    if row.is_none() && !is_json {
        return Ok(out);
    }
    let (before, fields, line_end) = row.unwrap_or((0, Vec::new(), b"\n"));
    out.extend_from_slice(&facts.header[..before]);
    for (at, slot) in slots.iter().enumerate() {
        if at > 0 {
            out.push(dialect.delimiter);
        }
        let place = place_of(at, slots.len());
        let written = match slot.origin {
            Origin::Column(column) if slot.keeps_name => {
                write_cell(facts.header, fields[column], place, program.is_plain, dialect, &mut out)
            }
            _ => write_text(slot.name.as_bytes(), place, dialect, &mut out),
        };
        written.map_err(|_| {
            let text = format!("the name {:?} cannot be written in a header row without quotes; give it another", slot.name);
            Error::at(super::steps::CODE, "", text)
        })?;
    }
    out.extend_from_slice(line_end);
    Ok(out)
}

/// Where the header row begins, its fields and its line end.
fn header_row<'h>(header: &'h [u8], dialect: &Dialect) -> Option<(usize, Vec<Field>, &'h [u8])> {
    let mut framer: Framer<'_, 5> = Framer::new(header, 0, dialect, usize::MAX >> 1, usize::MAX, true);
    let mut at = 0;
    while at < header.len() {
        match framer.record(at) {
            Framed::Record { end, .. } => {
                let content = framer.fields.last().map_or(at, |last| last.end as usize + usize::from(last.quoted));
                return Some((at, framer.fields, &header[content..end]));
            }
            Framed::Skipped { end } => at = end?,
            _ => return None,
        }
    }
    None
}
