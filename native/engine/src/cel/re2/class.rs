//! Sets of characters: `[…]`, `\d`, `[:alpha:]` and `\pN`.

use super::escape;
use crate::pattern::{cased, category_or_script};
use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// A set of characters.
pub(super) type Set = ClassUnicode;

/// The halves of surrogate pairs, which are numbers of no character.
const HALVES: (u32, u32) = (0xD800, 0xDFFF);

/// Of ASCII alone, whatever the alphabet of the text.
const OF_ASCII: [(&str, &[(char, char)]); 17] = [
    ("\\d", &[('0', '9')]),
    ("\\s", &[('\t', '\n'), ('\x0C', '\r'), (' ', ' ')]),
    ("\\w", &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    ("alnum", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
    ("alpha", &[('A', 'Z'), ('a', 'z')]),
    ("ascii", &[('\0', '\x7F')]),
    ("blank", &[('\t', '\t'), (' ', ' ')]),
    ("cntrl", &[('\0', '\x1F'), ('\x7F', '\x7F')]),
    ("digit", &[('0', '9')]),
    ("graph", &[('!', '~')]),
    ("lower", &[('a', 'z')]),
    ("print", &[(' ', '~')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("space", &[('\t', '\r'), (' ', ' ')]),
    ("upper", &[('A', 'Z')]),
    ("word", &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    ("xdigit", &[('0', '9'), ('A', 'F'), ('a', 'f')]),
];

/// Every character.
pub(super) fn any() -> Set {
    Set::new([ClassUnicodeRange::new('\0', char::MAX)])
}

/// The characters from `low` to `high`.
pub(super) fn range(low: u32, high: u32) -> Set {
    let parts = [(low, high.min(HALVES.0 - 1)), (low.max(HALVES.1 + 1), high)];
    let character = |value| char::from_u32(value).unwrap_or(char::MAX);
    let parts = parts.into_iter().filter(|(low, high)| low <= high);
    Set::new(parts.map(|(low, high)| ClassUnicodeRange::new(character(low), character(high))))
}

/// The same, where case makes no difference.
pub(super) fn folded(mut set: Set) -> Set {
    // Every character is looked at on its own, and of a wide range few have a case.
    let mut others = set.clone();
    others.intersect(cased());
    others.case_fold_simple();
    set.union(&others);
    set
}

/// As RE2 does it: case is forgotten first, so that what is left out is left out in either case.
fn signed(set: Set, is_negated: bool, is_folded: bool) -> Set {
    let mut set = if is_folded { folded(set) } else { set };
    if is_negated {
        set.negate();
    }
    set
}

fn of_ascii(name: &str) -> Option<Set> {
    let (_, ranges) = OF_ASCII.iter().find(|(known, _)| *known == name)?;
    Some(Set::new(ranges.iter().map(|(low, high)| ClassUnicodeRange::new(*low, *high))))
}

/// Reads `[…]` off `rest`.
pub(super) fn bracketed(rest: &mut &str, is_folded: bool) -> Result<Set, String> {
    let unclosed = || "a class is not closed; add ], or write \\[ for the character".to_owned();
    let mut text = &rest[1..];
    let is_negated = text.starts_with('^');
    text = &text[usize::from(is_negated)..];
    let (mut set, mut is_first) = (Set::empty(), true);
    // A ] that comes first is one of the characters.
    while is_first || !text.starts_with(']') {
        is_first = false;
        if text.is_empty() {
            return Err(unclosed());
        }
        let found = match posix(&mut text, is_folded)? {
            Some(found) => Some(found),
            None => named(&mut text, is_folded)?,
        };
        let found = match found {
            Some(found) => found,
            None => {
                let low = single(&mut text)?.ok_or_else(unclosed)?;
                let mut high = low;
                if text.starts_with('-') && text.len() > 1 && !text.starts_with("-]") {
                    text = &text[1..];
                    high = single(&mut text)?.ok_or_else(unclosed)?;
                }
                if high < low {
                    return Err("a range in a class ends before it begins; write \\- for the character".to_owned());
                }
                signed(range(low, high), false, is_folded)
            }
        };
        set.union(&found);
    }
    *rest = &text[1..];
    Ok(signed(set, is_negated, false))
}

/// One character in a class.
fn single(text: &mut &str) -> Result<Option<u32>, String> {
    if text.starts_with('\\') {
        return escape::character(text).map(Some);
    }
    let mut characters = text.chars();
    let found = characters.next();
    *text = characters.as_str();
    Ok(found.map(u32::from))
}

/// `[:alpha:]` and its like, within a class.
fn posix(text: &mut &str, is_folded: bool) -> Result<Option<Set>, String> {
    let Some((name, rest)) = text.strip_prefix("[:").and_then(|text| text.split_once(":]")) else { return Ok(None) };
    let (is_negated, known) = name.strip_prefix('^').map_or((false, name), |name| (true, name));
    let Some(set) = of_ascii(known).filter(|_| !known.starts_with('\\')) else {
        return Err(format!("there is no class [:{name}:]; write \\[ for the character, or a class such as [:alpha:]"));
    };
    *text = rest;
    Ok(Some(signed(set, is_negated, is_folded)))
}

/// `\d`, `\pN` and their like.
pub(super) fn named(text: &mut &str, is_folded: bool) -> Result<Option<Set>, String> {
    let Some(letter @ ('d' | 's' | 'w' | 'p' | 'D' | 'S' | 'W' | 'P')) = text.strip_prefix('\\').and_then(|text| text.chars().next())
    else {
        return Ok(None);
    };
    let mut is_negated = letter.is_ascii_uppercase();
    let rest = &text[2..];
    let (set, rest) = match letter {
        'p' | 'P' => {
            let (name, rest) = group_name(rest).ok_or("\\p takes a category or a script: \\pL, \\p{Lu} or \\p{Greek}")?;
            let known = name.strip_prefix('^').unwrap_or(name);
            is_negated ^= known.len() < name.len();
            let unknown = || {
                format!(
                    "\\p{{{known}}} is not known; it takes a category or a script as Unicode writes it: \\pL, \\p{{Lu}} or \\p{{Greek}}"
                )
            };
            (group(known).ok_or_else(unknown)?, rest)
        }
        letter => (of_ascii(&format!("\\{}", letter.to_ascii_lowercase())).unwrap_or_else(Set::empty), rest),
    };
    *text = rest;
    Ok(Some(signed(set, is_negated, is_folded)))
}

/// One letter, or a name in braces.
fn group_name(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('{') {
        Some(text) => text.split_once('}'),
        None => text.chars().next().map(|letter| text.split_at(letter.len_utf8())),
    }
}

fn group(name: &str) -> Option<Set> {
    match name {
        "Any" => Some(any()),
        // RE2 knows of no unassigned characters, and the halves of surrogate pairs are in no text.
        "C" => ["Cc", "Cf", "Co"].into_iter().filter_map(category_or_script).reduce(|mut all, one| {
            all.union(&one);
            all
        }),
        "Cn" | "LC" => None,
        name => category_or_script(name),
    }
}
