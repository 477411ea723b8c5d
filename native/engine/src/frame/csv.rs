//! CSV records by strict RFC 4180 quoting, with a bounded cost for every quote that breaks it.

use super::scan::Scanner;
use crate::limits::COLUMNS_MAX;
use crate::schema::plan::Builtin;
use memchr::memchr2;

/// How a CSV source is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields; one ASCII byte.
    pub delimiter: u8,
    /// Around fields; `None` where quotes are ordinary text.
    pub quote: Option<u8>,
    /// Before a quote (or itself) within a quoted field; `None` where a quote is doubled.
    pub escape: Option<u8>,
    /// A line that begins with it is no record.
    pub comment: Option<u8>,
    /// An empty line is no record, rather than a record with one empty field.
    pub skip_blank_lines: bool,
    /// Spaces between a delimiter and the field after it are no part of the field; a quote may follow them.
    pub skip_initial_space: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { delimiter: b',', quote: Some(b'"'), escape: None, comment: None, skip_blank_lines: false, skip_initial_space: false }
    }
}

impl Dialect {
    /// The bytes that give structure, for a [`Scanner`].
    pub fn needles<const N: usize>(&self) -> [u8; N] {
        let quote = self.quote.unwrap_or(self.delimiter);
        let all = [self.delimiter, quote, b'\n', b'\r', self.escape.unwrap_or(quote)];
        std::array::from_fn(|at| all[at])
    }
}

/// One field of a record, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// First byte.
    pub start: u32,
    /// Past the last byte.
    pub end: u32,
    /// Stands in quotes.
    pub quoted: bool,
    /// Holds escapes that are not part of the text.
    pub escaped: bool,
}

/// What stands at a place where a record may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framed {
    /// A record; its fields are in [`Framer::fields`]. `end` is past its line end, `lines` the line ends it has.
    Record {
        /// Past the line end.
        end: usize,
        /// Line ends within and at the end.
        lines: u32,
    },
    /// A line that is no record (a comment, or a blank line where these are skipped).
    Skipped {
        /// Past the line end; `None` when it lies beyond the bytes at hand.
        end: Option<usize>,
    },
    /// A record that cannot be read. `end` is where the next one may begin; `None` when that lies beyond the bytes at hand.
    Refused {
        /// Why.
        fault: Builtin,
        /// The offset of what is wrong.
        at: usize,
        /// Line ends between the record's start and `at`.
        lines_before: u32,
        /// Where the next record may begin.
        end: Option<usize>,
        /// Line ends between the record's start and `end`.
        lines: u32,
    },
    /// More bytes are needed to tell.
    Incomplete,
}

/// Reads one record after the other.
#[derive(Debug)]
pub struct Framer<'b, const N: usize> {
    bytes: &'b [u8],
    scan: Scanner<'b, N>,
    delimiter: u8,
    /// 256 where quotes are ordinary text.
    quote: u32,
    escape: u32,
    comment: u32,
    skip_blank_lines: bool,
    skip_initial_space: bool,
    record_bytes_max: usize,
    record_lines_max: u32,
    last: bool,
    /// The fields of the record that was read last, up to what is wrong in it, and up to [`COLUMNS_MAX`] and one more.
    pub fields: Vec<Field>,
    /// Fields that were too many to be kept.
    beyond: usize,
}

impl<'b, const N: usize> Framer<'b, N> {
    /// Reads `bytes` from `start`; `last` when no bytes follow these. They do not end between the two halves of a line end.
    pub fn new(bytes: &'b [u8], start: usize, dialect: &Dialect, record_bytes_max: usize, record_lines_max: usize, last: bool) -> Self {
        let code = |byte: Option<u8>| byte.map_or(256, u32::from);
        Framer {
            bytes,
            scan: Scanner::new(bytes, start, dialect.needles()),
            delimiter: dialect.delimiter,
            quote: code(dialect.quote),
            escape: code(dialect.escape),
            comment: code(dialect.comment),
            skip_blank_lines: dialect.skip_blank_lines,
            skip_initial_space: dialect.skip_initial_space,
            record_bytes_max,
            record_lines_max: u32::try_from(record_lines_max).unwrap_or(u32::MAX),
            last,
            fields: Vec::with_capacity(64),
            beyond: 0,
        }
    }

    /// Reads the record that begins at `start`, which is where the one before ended, and less than the number of bytes.
    #[inline]
    pub fn record(&mut self, start: usize) -> Framed {
        self.fields.clear();
        self.beyond = 0;
        let first = self.bytes[start];
        if u32::from(first) == self.comment || (self.skip_blank_lines && matches!(first, b'\n' | b'\r')) {
            return self.skipped(start);
        }
        let limit = start.saturating_add(self.record_bytes_max);
        let mut position = start;
        let mut lines = 0;
        loop {
            let stop = self.scan.stop();
            let Some(&byte) = self.bytes.get(stop) else {
                return self.ended_by_bytes(start, position, limit, lines);
            };
            if byte == self.delimiter && stop <= limit {
                self.push(position, stop, false, false);
                position = self.field_start(stop + 1);
            } else if N == 5 && u32::from(byte) == self.escape {
                continue;
            } else if u32::from(byte) == self.quote && stop == position {
                if stop >= limit {
                    return self.refused(Builtin::RecordTooLarge, start, limit, 0, lines, limit);
                }
                let after = match self.quoted(stop, limit, &mut lines) {
                    Ok(after) => after,
                    Err(framed) => return framed,
                };
                if after == self.bytes.len() {
                    return Framed::Record { end: after, lines };
                }
                self.scan.stop();
                if self.bytes[after] != self.delimiter {
                    return self.ended(after, lines);
                }
                position = self.field_start(after + 1);
            } else if stop > limit {
                return self.refused(Builtin::RecordTooLarge, start, limit, 0, lines, limit);
            } else if u32::from(byte) == self.quote {
                return self.refused(Builtin::QuoteStray, stop, stop, lines, lines, limit);
            } else {
                self.push(position, stop, false, false);
                return self.ended(stop, lines);
            }
        }
    }

    /// The bytes end within the record, in or before the field that begins at `position`.
    #[cold]
    fn ended_by_bytes(&mut self, start: usize, position: usize, limit: usize, lines: u32) -> Framed {
        let end = self.bytes.len();
        if end > limit {
            return self.refused(Builtin::RecordTooLarge, start, limit, 0, lines, limit);
        }
        if !self.last {
            return Framed::Incomplete;
        }
        self.push(position, end, false, false);
        Framed::Record { end, lines }
    }

    /// Where the field begins that comes after the delimiter before `position`.
    #[inline(always)]
    fn field_start(&self, position: usize) -> usize {
        if self.skip_initial_space { self.past_spaces(position) } else { position }
    }

    #[cold]
    fn past_spaces(&self, position: usize) -> usize {
        position + self.bytes[position..].iter().take_while(|&&byte| byte == b' ').count()
    }

    /// The number of fields of the record that was read last, up to what is wrong in it.
    #[inline(always)]
    pub fn count(&self) -> usize {
        self.fields.len() + self.beyond
    }

    #[inline(always)]
    fn push(&mut self, start: usize, end: usize, quoted: bool, escaped: bool) {
        // A record of delimiters alone would take 16 times its size.
        if self.fields.len() > COLUMNS_MAX {
            self.beyond += 1;
        } else {
            self.fields.push(Field { start: start as u32, end: end as u32, quoted, escaped });
        }
    }

    /// The record's content ends at `stop`, on the first byte of a line end.
    #[inline(always)]
    fn ended(&mut self, stop: usize, lines: u32) -> Framed {
        let end = past_line_end(self.bytes, stop);
        if end - stop == 2 {
            self.scan.stop();
        }
        Framed::Record { end, lines: lines + 1 }
    }

    /// Reads the quoted field that opens at `open`, where the scanner has stopped. Gives the position past the quote that closes it,
    /// on a delimiter, a line end or the end of the input.
    #[inline(always)]
    fn quoted(&mut self, open: usize, limit: usize, lines: &mut u32) -> Result<usize, Framed> {
        if N == 5 && self.escape != 256 {
            return self.quoted_with_escape(open, limit, lines);
        }
        let lines_before = *lines;
        let within = self.scan.close(open + 1, limit, self.record_lines_max.saturating_sub(lines_before));
        *lines += within.lines;
        let is_over = within.lines > 0 && *lines >= self.record_lines_max;
        // A quote that closes at the limit closes a record that is longer.
        let Some(close) = within.close.filter(|&close| close < limit && !is_over) else {
            let may_close = !is_over && !self.last && self.bytes.len() < limit;
            let refused = |framer: &mut Self| framer.refused(Builtin::QuoteUnclosed, open, open, lines_before, lines_before, limit);
            return Err(if may_close { Framed::Incomplete } else { refused(self) });
        };
        self.closed(open, close, limit, lines_before, *lines, within.doubled)
    }

    /// The same where quotes are escaped rather than doubled.
    fn quoted_with_escape(&mut self, open: usize, limit: usize, lines: &mut u32) -> Result<usize, Framed> {
        let lines_before = *lines;
        let mut escaped = false;
        loop {
            let stop = self.scan.stop();
            if stop >= limit || (stop == self.bytes.len() && self.last) {
                return Err(self.refused(Builtin::QuoteUnclosed, open, open, lines_before, lines_before, limit));
            }
            if stop == self.bytes.len() {
                return Err(Framed::Incomplete);
            }
            let byte = u32::from(self.bytes[stop]);
            let next = self.bytes.get(stop + 1).map_or(256, |&next| u32::from(next));
            if byte == self.quote {
                return self.closed(open, stop, limit, lines_before, *lines, escaped);
            }
            if byte == self.escape {
                if next == 256 && !self.last {
                    return Err(Framed::Incomplete);
                }
                if next == self.quote || next == self.escape {
                    escaped = true;
                    self.scan.stop();
                }
            } else if byte == u32::from(b'\n') || (byte == u32::from(b'\r') && next != u32::from(b'\n')) {
                *lines += 1;
                if *lines >= self.record_lines_max {
                    return Err(self.refused(Builtin::QuoteUnclosed, open, open, lines_before, lines_before, limit));
                }
            }
        }
    }

    #[inline(always)]
    fn closed(&mut self, open: usize, close: usize, limit: usize, lines_before: u32, lines: u32, escaped: bool) -> Result<usize, Framed> {
        let after = self.bytes.get(close + 1).copied();
        if after.is_none() && !self.last {
            return Err(Framed::Incomplete);
        }
        if after.is_none_or(|after| after == self.delimiter || after == b'\n' || after == b'\r') {
            self.push(open + 1, close, true, escaped);
            return Ok(close + 1);
        }
        // Text after a closing quote on a later line is taken for a quote that never closed, so that no line after it is swallowed.
        let (fault, at) = if lines > lines_before { (Builtin::QuoteUnclosed, open) } else { (Builtin::QuoteStray, close) };
        Err(self.refused(fault, at, open, lines_before, lines_before, limit))
    }

    /// Refuses the record up to the end of the line on which `line_of` stands.
    #[cold]
    fn refused(&mut self, fault: Builtin, at: usize, line_of: usize, lines_before: u32, lines: u32, limit: usize) -> Framed {
        let end = match line_end(self.bytes, line_of) {
            Some(end) => Some(end),
            None if self.last => Some(self.bytes.len()),
            None if self.bytes.len() > limit => None,
            None => return Framed::Incomplete,
        };
        let ended = end.is_some_and(|end| matches!(self.bytes[end - 1], b'\n' | b'\r'));
        if let Some(end) = end {
            self.scan.seek(end);
        }
        Framed::Refused { fault, at, lines_before, end, lines: lines + u32::from(ended) }
    }

    #[cold]
    fn skipped(&mut self, start: usize) -> Framed {
        let end = match line_end(self.bytes, start) {
            Some(end) => Some(end),
            None if self.last => Some(self.bytes.len()),
            None if self.bytes.len() - start > self.record_bytes_max => None,
            None => return Framed::Incomplete,
        };
        if let Some(end) = end {
            self.scan.seek(end);
        }
        Framed::Skipped { end }
    }
}

/// Past the end of the line that goes on at `start`; `None` when it lies beyond the bytes.
pub fn line_end(bytes: &[u8], start: usize) -> Option<usize> {
    memchr2(b'\n', b'\r', &bytes[start..]).map(|found| past_line_end(bytes, start + found))
}

/// Past the line end at `stop`. A carriage return at the end of a batch is a whole one: see [`crate::batch::Batch`].
#[inline(always)]
fn past_line_end(bytes: &[u8], stop: usize) -> usize {
    if bytes[stop] == b'\r' && bytes.get(stop + 1) == Some(&b'\n') { stop + 2 } else { stop + 1 }
}
