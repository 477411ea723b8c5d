//! Guesses where a batch may be cut, without reading records.
//!
//! A guess is all it is: the check of each batch begins at a record only if the one before it ended there, and [`crate::stitch`] makes sure.
//! So a stray quote costs time, never a record.

use super::csv::Dialect;
use memchr::{memchr, memchr_iter, memrchr, memrchr2, memrchr3};

/// Past the last line end outside quotes, if quotes come in pairs; `None` when there is none.
pub fn cut_csv(bytes: &[u8], dialect: &Dialect) -> Option<usize> {
    let Some(quote) = dialect.quote.filter(|&quote| memchr(quote, bytes).is_some()) else {
        return last_line_end(bytes, bytes.len());
    };
    let mut inside = memchr_iter(quote, bytes).count() % 2 == 1;
    let mut end = bytes.len();
    loop {
        let at = if inside { memrchr(quote, &bytes[..end])? } else { memrchr3(quote, b'\n', b'\r', &bytes[..end])? };
        if bytes[at] == quote {
            inside = !inside;
        } else if bytes[at] == b'\n' || at + 1 < bytes.len() {
            return Some(at + 1);
        }
        end = at;
    }
}

/// Past the last line feed; `None` when there is none.
pub fn cut_ndjson(bytes: &[u8]) -> Option<usize> {
    memrchr(b'\n', bytes).map(|at| at + 1)
}

/// Past the last line end before `end`, wherever quotes stand.
pub fn last_line_end(bytes: &[u8], end: usize) -> Option<usize> {
    let at = memrchr2(b'\n', b'\r', &bytes[..end])?;
    // A carriage return at the very end may be the first half of a line end.
    if bytes[at] == b'\r' && at + 1 == bytes.len() { last_line_end(bytes, at) } else { Some(at + 1) }
}
