//! The text of a CSV cell.

use crate::frame::csv::{Dialect, Field};
use memchr::memchr;

/// The text of `field`, unescaped into `scratch` where it has escapes.
#[inline(always)]
pub fn text<'t>(bytes: &'t [u8], field: &Field, dialect: &Dialect, scratch: &'t mut Vec<u8>) -> &'t [u8] {
    let inner = &bytes[field.start as usize..field.end as usize];
    if !field.escaped {
        return inner;
    }
    unescape(inner, dialect, scratch);
    scratch
}

#[cold]
fn unescape(inner: &[u8], dialect: &Dialect, scratch: &mut Vec<u8>) {
    scratch.clear();
    let quote = dialect.quote.unwrap_or(b'"');
    let escape = dialect.escape.unwrap_or(quote);
    let mut at = 0;
    while let Some(found) = memchr(escape, &inner[at..]) {
        scratch.extend_from_slice(&inner[at..at + found]);
        at += found;
        let next = inner.get(at + 1).copied();
        if next == Some(quote) || next == Some(escape) {
            at += 1;
        }
        scratch.push(inner[at]);
        at += 1;
    }
    scratch.extend_from_slice(&inner[at..]);
}

/// The text of a whole cell as it stands in the source, quotes and all.
pub fn raw_text(cell: &[u8], dialect: &Dialect) -> Vec<u8> {
    match dialect.quote {
        Some(quote) if cell.len() >= 2 && cell[0] == quote => {
            let mut scratch = Vec::with_capacity(cell.len());
            unescape(&cell[1..cell.len() - 1], dialect, &mut scratch);
            scratch
        }
        _ => cell.to_vec(),
    }
}
