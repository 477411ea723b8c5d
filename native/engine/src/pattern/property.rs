//! `\p{…}`: ECMA-262's exact names in front of the tables of regex-syntax, whose own matching of names is loose.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::PatternError;
use super::cursor::Cursor;
use super::property_names::{BINARY_PROPERTIES, GENERAL_CATEGORIES, SCRIPTS};
use super::property_ranges::CHANGES_WHEN_NFKC_CASEFOLDED;

/// Parses `{…}` after `\p` or `\P`, whose backslash is at `start`.
pub(super) fn parse(cursor: &mut Cursor, start: usize) -> Result<ClassUnicode, PatternError> {
    let form = "write it like \\p{L}, \\p{Lowercase_Letter} or \\p{Script=Greek}";
    if !cursor.eat("{") {
        let message = format!("\\p needs a property in braces; {form}");
        return Err(PatternError::new(start, message));
    }
    let Some(length) = cursor.rest().find('}') else {
        let message = format!("\\p{{ is not closed; {form}");
        return Err(PatternError::new(start, message));
    };
    let expression = &cursor.rest()[..length];
    cursor.at += length + 1;
    lookup(expression).ok_or_else(|| {
        let message = format!(
            "\\p{{{expression}}} names no property of ECMA-262 and Unicode 16; names are exact and scripts need Script=, so {form}"
        );
        PatternError::new(start, message)
    })
}

/// What Unicode calls `name` by the short name of a category (`L`, `Lu`) or the long one of a script (`Greek`): the names that RE2 has.
pub(crate) fn category_or_script(name: &str) -> Option<ClassUnicode> {
    let is_category = GENERAL_CATEGORIES.iter().any(|row| row[1] == name);
    let is_script = SCRIPTS.iter().any(|row| row[0] == name && name != "Unknown");
    if is_category { general_category(name) } else { is_script.then(|| script("sc", name)).flatten() }
}

/// All that case can make a difference for, and few others.
pub(crate) fn cased() -> &'static ClassUnicode {
    static CASED: OnceLock<ClassUnicode> = OnceLock::new();
    CASED.get_or_init(|| {
        let mut cased = ClassUnicode::empty();
        for name in ["Changes_When_Casemapped", "Changes_When_Casefolded"] {
            cased.union(&binary(name).unwrap_or_else(ClassUnicode::empty));
        }
        cased
    })
}

fn lookup(expression: &str) -> Option<ClassUnicode> {
    match expression.split_once('=') {
        Some(("General_Category" | "gc", value)) => general_category(value),
        Some(("Script" | "sc", value)) => script("sc", value),
        Some(("Script_Extensions" | "scx", value)) => script("scx", value),
        Some(_) => None,
        None => general_category(expression).or_else(|| binary(expression)),
    }
}

/// The first name of the row that holds `name`.
fn canonical(rows: &[&[&'static str]], name: &str) -> Option<&'static str> {
    rows.iter().find(|row| row.contains(&name)).map(|row| row[0])
}

fn general_category(value: &str) -> Option<ClassUnicode> {
    match canonical(GENERAL_CATEGORIES, value)? {
        "Surrogate" => Some(ClassUnicode::empty()),
        name => query(&format!("gc={name}")),
    }
}

fn script(property: &str, value: &str) -> Option<ClassUnicode> {
    match canonical(SCRIPTS, value)? {
        "Unknown" => unknown_script(property),
        name => query(&format!("{property}={name}")),
    }
}

/// Script=Unknown is what no other script holds. It has no table of its own and is slow to find, so it is found once.
fn unknown_script(property: &str) -> Option<ClassUnicode> {
    static SCRIPT: OnceLock<Option<ClassUnicode>> = OnceLock::new();
    static SCRIPT_EXTENSIONS: OnceLock<Option<ClassUnicode>> = OnceLock::new();
    let cell = if property == "sc" { &SCRIPT } else { &SCRIPT_EXTENSIONS };
    let find = || {
        let mut unknown = ClassUnicode::empty();
        for row in SCRIPTS.iter().filter(|row| row[0] != "Unknown") {
            unknown.union(&query(&format!("{property}={}", row[0]))?);
        }
        unknown.negate();
        Some(unknown)
    };
    cell.get_or_init(find).clone()
}

fn binary(name: &str) -> Option<ClassUnicode> {
    match canonical(BINARY_PROPERTIES, name)? {
        "Any" => Some(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])),
        "ASCII" => Some(ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7F')])),
        "Assigned" => {
            let mut assigned = general_category("Unassigned")?;
            assigned.negate();
            Some(assigned)
        }
        "Changes_When_NFKC_Casefolded" => {
            Some(ClassUnicode::new(CHANGES_WHEN_NFKC_CASEFOLDED.iter().map(|&(start, end)| ClassUnicodeRange::new(start, end))))
        }
        name => query(name),
    }
}

/// Asks regex-syntax, which shows its tables only through its parser.
fn query(property: &str) -> Option<ClassUnicode> {
    let hir = regex_syntax::parse(&format!("\\p{{{property}}}")).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // A class of one character comes back as that character.
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(ClassUnicode::new(text.chars().map(|only| ClassUnicodeRange::new(only, only))))
        }
        _ => None,
    }
}

pub(super) fn is_identifier_start(character: char) -> bool {
    static ID_START: OnceLock<ClassUnicode> = OnceLock::new();
    match character {
        '$' | '_' => true,
        _ if character.is_ascii() => character.is_ascii_alphabetic(),
        _ => contains(&ID_START, "ID_Start", character),
    }
}

pub(super) fn is_identifier_part(character: char) -> bool {
    static ID_CONTINUE: OnceLock<ClassUnicode> = OnceLock::new();
    match character {
        '$' | '_' | '\u{200C}' | '\u{200D}' => true,
        _ if character.is_ascii() => character.is_ascii_alphanumeric(),
        _ => contains(&ID_CONTINUE, "ID_Continue", character),
    }
}

fn contains(cell: &OnceLock<ClassUnicode>, property: &str, character: char) -> bool {
    let class = cell.get_or_init(|| query(property).unwrap_or_else(ClassUnicode::empty));
    super::ast::class_contains(class, character)
}
