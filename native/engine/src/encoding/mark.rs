//! What the first bytes of a source tell of its encoding.

use super::Encoding;
use crate::error::Error;

/// Bytes after which the encoding is known in any case.
pub(super) const FRONT_BYTES: usize = 4;

/// A byte order mark; `None` is UTF-32, which is not read. The longer ones first: UTF-32 with the low byte first begins as UTF-16 does.
const MARKS: [(&[u8], Option<Encoding>); 5] = [
    (&[0xFF, 0xFE, 0, 0], None),
    (&[0, 0, 0xFE, 0xFF], None),
    (&[0xEF, 0xBB, 0xBF], Some(Encoding::Utf8)),
    (&[0xFF, 0xFE], Some(Encoding::Utf16Le)),
    (&[0xFE, 0xFF], Some(Encoding::Utf16Be)),
];

/// The encoding of a source that begins with `front`, where `asked` is what the caller says (`None`: nothing). `None` when more bytes are
/// needed.
///
/// # Errors
/// `input/encoding` for UTF-32, for a mark that contradicts the caller, and for what looks like UTF-16 without a mark.
pub(super) fn encoding_of(front: &[u8], asked: Option<Encoding>, last: bool) -> Result<Option<Encoding>, Error> {
    let may_be_mark = MARKS.iter().any(|(mark, _)| mark.len() > front.len() && mark.starts_with(front));
    let may_be_unmarked = asked.is_none() && front.len() < FRONT_BYTES && matches!(front, [0, _, ..] | [_, 0, ..] | [_]);
    if !last && (may_be_mark || may_be_unmarked) {
        return Ok(None);
    }
    let error = |text: String| Err(Error::new("input/encoding", text));
    let found = MARKS.iter().find(|(mark, _)| front.starts_with(mark)).map(|(_, encoding)| *encoding);
    match (found, asked) {
        (Some(None), _) => error(
            "The input is UTF-32 by its byte order mark, which is not read; convert it to UTF-8 (iconv -f UTF-32 -t UTF-8).".to_owned(),
        ),
        (Some(Some(found)), Some(asked)) if found != asked => error(format!(
            "The input begins with the byte order mark of {}, but encoding is {:?}; leave that out, or name what it is.",
            found.name(),
            asked.name()
        )),
        (Some(Some(found)), _) => Ok(Some(found)),
        (None, None) => match front {
            [1..=255, 0, 1..=255, 0, ..] => error(unmarked(Encoding::Utf16Le)),
            [0, 1..=255, 0, 1..=255, ..] => error(unmarked(Encoding::Utf16Be)),
            _ => Ok(Some(Encoding::Utf8)),
        },
        (None, asked) => Ok(asked),
    }
}

fn unmarked(encoding: Encoding) -> String {
    format!(
        "The input looks like {0} without a byte order mark: every other byte is NUL; say so (encoding: '{0}'), or 'utf-8' if it is that.",
        encoding.name()
    )
}
