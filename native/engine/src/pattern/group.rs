//! What can follow an opening parenthesis: the kind of the group, its name, its modifiers.

use super::PatternError;
use super::cursor::Cursor;
use super::property::{is_identifier_part, is_identifier_start};

#[derive(Debug)]
pub(super) enum GroupStart {
    Plain,
    Capture { name: Option<String> },
    Look { behind: bool, negated: bool },
    Modifiers,
}

/// Parses what follows the opening parenthesis at `start`.
pub(super) fn group_start(cursor: &mut Cursor, start: usize) -> Result<GroupStart, PatternError> {
    if !cursor.eat("?") {
        return Ok(GroupStart::Capture { name: None });
    }
    for (prefix, behind, negated) in [("=", false, false), ("!", false, true), ("<=", true, false), ("<!", true, true)] {
        if cursor.eat(prefix) {
            return Ok(GroupStart::Look { behind, negated });
        }
    }
    if cursor.eat(":") {
        return Ok(GroupStart::Plain);
    }
    if cursor.eat("<") {
        let name = group_name(cursor, start)?;
        return Ok(GroupStart::Capture { name: Some(name) });
    }
    modifiers(cursor, start)
}

/// The name of a group up to its closing angle bracket; the opening one has been read.
pub(super) fn group_name(cursor: &mut Cursor, start: usize) -> Result<String, PatternError> {
    let malformed =
        || PatternError::new(start, "the group name is not an identifier in angle brackets; write it like (?<name>…) and \\k<name>");
    let mut name = String::new();
    loop {
        let escape_start = cursor.at;
        let character = match cursor.advance() {
            Some('>') if !name.is_empty() => return Ok(name),
            Some('\\') if cursor.eat("u") => char::from_u32(cursor.unicode_escape(escape_start)?).ok_or_else(malformed)?,
            Some(character) => character,
            None => return Err(malformed()),
        };
        let fits = if name.is_empty() { is_identifier_start(character) } else { is_identifier_part(character) };
        if !fits {
            return Err(malformed());
        }
        name.push(character);
    }
}

/// `(?i:`, `(?-m:` or `(?i-ms:`. Other dialects' groups end here too, with advice of their own.
fn modifiers(cursor: &mut Cursor, start: usize) -> Result<GroupStart, PatternError> {
    if let Some(advice) = foreign_group(cursor.rest()) {
        return Err(PatternError::new(start, advice));
    }
    let mut seen = String::new();
    let mut has_minus = false;
    while let Some(next) = cursor.advance() {
        match next {
            'i' | 'm' | 's' if !seen.contains(next) => seen.push(next),
            '-' if !has_minus => has_minus = true,
            ':' if !seen.is_empty() => return Ok(GroupStart::Modifiers),
            ')' if !seen.is_empty() => {
                return Err(PatternError::new(
                    start,
                    "modifiers for the rest of the pattern are not in ECMA-262; spell both cases out, as in [Aa]",
                ));
            }
            _ => break,
        }
    }
    Err(PatternError::new(start, "(? does not begin a group of ECMA-262; write (?:…) to group, or \\(\\? for the characters themselves"))
}

fn foreign_group(rest: &str) -> Option<&'static str> {
    let advice = [
        (">", "atomic groups are not in ECMA-262; write (?:…) instead"),
        ("P<", "(?P<name>…) is not in ECMA-262; write (?<name>…) instead"),
        ("P=", "(?P=name) is not in ECMA-262; write \\k<name> instead"),
        ("#", "comments are not in ECMA-262; write the pattern without them"),
        ("|", "branch resets are not in ECMA-262; write (?:…) instead"),
    ];
    advice.iter().find(|(prefix, _)| rest.starts_with(prefix)).map(|(_, advice)| *advice)
}
