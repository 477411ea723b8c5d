//! Classes of characters: `[…]`, `\d`, `\s`, `\w`, `.` and `\p{…}`, as sets of the code points that UTF-8 text can hold.
//! Surrogates are dropped: a lone one matches nothing in well-formed text.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::PatternError;
use super::cursor::Cursor;
use super::property;

/// A class gathers ranges unsorted; beyond this many it is sorted and merged, so that repeated properties stay small.
const RANGES_BEFORE_MERGE: usize = 4096;

const DIGIT: &[(u32, u32)] = &[(0x30, 0x39)];
const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)];
/// `WhiteSpace` and `LineTerminator` of ECMA-262.
const SPACE: &[(u32, u32)] = &[
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
];
const LINE_TERMINATOR: &[(u32, u32)] = &[(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)];

struct RangeSet {
    ranges: Vec<ClassUnicodeRange>,
    merge_at: usize,
}

impl RangeSet {
    fn new() -> RangeSet {
        RangeSet { ranges: Vec::new(), merge_at: RANGES_BEFORE_MERGE }
    }

    fn push(&mut self, start: u32, end: u32) {
        for (low, high) in [(0, 0xD7FF), (0xE000, 0x10FFFF)] {
            let first = char::from_u32(start.max(low));
            let last = char::from_u32(end.min(high));
            if let (Some(first), Some(last)) = (first, last)
                && first <= last
            {
                self.ranges.push(ClassUnicodeRange::new(first, last));
            }
        }
    }

    fn extend(&mut self, class: &ClassUnicode) {
        self.ranges.extend_from_slice(class.ranges());
        if self.ranges.len() > self.merge_at {
            let merged = ClassUnicode::new(std::mem::take(&mut self.ranges));
            self.ranges = merged.ranges().to_vec();
            self.merge_at = RANGES_BEFORE_MERGE.max(self.ranges.len() * 2);
        }
    }

    fn finish(self, negated: bool) -> ClassUnicode {
        let mut class = ClassUnicode::new(self.ranges);
        if negated {
            class.negate();
        }
        class
    }
}

fn table(ranges: &[(u32, u32)], negated: bool) -> ClassUnicode {
    let mut set = RangeSet::new();
    for &(start, end) in ranges {
        set.push(start, end);
    }
    set.finish(negated)
}

pub(super) fn dot() -> ClassUnicode {
    table(LINE_TERMINATOR, true)
}

pub(super) fn single(code_point: u32) -> ClassUnicode {
    table(&[(code_point, code_point)], false)
}

/// `CharacterClassEscape` after its backslash at `start`, or `None` when what follows is another escape.
pub(super) fn class_escape(cursor: &mut Cursor, start: usize) -> Result<Option<ClassUnicode>, PatternError> {
    let Some(letter) = cursor.peek() else {
        return Ok(None);
    };
    let negated = letter.is_ascii_uppercase();
    let class = match letter {
        'd' | 'D' => table(DIGIT, negated),
        's' | 'S' => table(SPACE, negated),
        'w' | 'W' => table(WORD, negated),
        'p' | 'P' => {
            cursor.at += 1;
            let mut class = property::parse(cursor, start)?;
            if negated {
                class.negate();
            }
            return Ok(Some(class));
        }
        _ => return Ok(None),
    };
    cursor.at += 1;
    Ok(Some(class))
}

enum ClassAtom {
    CodePoint(u32),
    Set(ClassUnicode),
}

/// Parses a class from just after its opening bracket, which stands at `start`, to just after its closing one.
pub(super) fn bracketed(cursor: &mut Cursor, start: usize) -> Result<ClassUnicode, PatternError> {
    let negated = cursor.eat("^");
    let mut set = RangeSet::new();
    while !cursor.eat("]") {
        let atom_start = cursor.at;
        let first = class_atom(cursor, start)?;
        let is_range = cursor.rest().starts_with('-') && !cursor.rest().starts_with("-]");
        if !is_range {
            match first {
                ClassAtom::CodePoint(code_point) => set.push(code_point, code_point),
                ClassAtom::Set(class) => set.extend(&class),
            }
            continue;
        }
        cursor.at += 1;
        let last = class_atom(cursor, start)?;
        match (first, last) {
            (ClassAtom::CodePoint(first), ClassAtom::CodePoint(last)) if first <= last => {
                set.push(first, last);
            }
            (ClassAtom::CodePoint(_), ClassAtom::CodePoint(_)) => {
                return Err(PatternError::new(
                    atom_start,
                    format!("the class range {} is out of order; write the lower character first", &cursor.source[atom_start..cursor.at]),
                ));
            }
            _ => {
                return Err(PatternError::new(atom_start, "a set such as \\d or \\p{L} cannot end a class range; write \\- for a hyphen"));
            }
        }
    }
    Ok(set.finish(negated))
}

fn class_atom(cursor: &mut Cursor, class_start: usize) -> Result<ClassAtom, PatternError> {
    let start = cursor.at;
    match cursor.advance() {
        None => Err(PatternError::new(class_start, "the class is not closed; write ] after it, or \\[ for the character itself")),
        Some('\\') => {
            if let Some(class) = class_escape(cursor, start)? {
                return Ok(ClassAtom::Set(class));
            }
            if cursor.eat("b") {
                return Ok(ClassAtom::CodePoint(0x08));
            }
            if cursor.eat("-") {
                return Ok(ClassAtom::CodePoint(0x2D));
            }
            Ok(ClassAtom::CodePoint(cursor.character_escape(start)?))
        }
        Some(character) => Ok(ClassAtom::CodePoint(character as u32)),
    }
}
