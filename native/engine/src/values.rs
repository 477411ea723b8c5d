//! Records as JSON text from which a JavaScript engine makes objects, with a note of each number that it would change.

use crate::check::write_cell;
use crate::decode::json::Cursor;
use crate::decode::tape::{EntryId, Kind, Tape};
use crate::render::string;
use crate::rules::decimal::Decimal;
use crate::schema::plan::{CellRules, NodeId, Plan, Types};
use memchr::memchr2;
use std::borrow::Cow;

/// The largest integer whose neighbours a double tells apart.
pub(crate) const SAFE_MAX: u64 = (1 << 53) - 1;
/// Digits of which every integer is below that.
const SAFE_DIGITS: usize = 15;

/// A number that a double does not hold. In the JSON it stands as a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Large {
    /// Which of the records, 0-based.
    pub record: u32,
    /// JSON pointer within it.
    pub pointer: String,
    /// The string has all digits of an integer; else it has the number as it was written.
    pub is_integer: bool,
}

/// Records as one JSON array.
#[derive(Debug, Default)]
pub struct Values {
    json: Vec<u8>,
    /// The numbers that stand as strings.
    large: Vec<Large>,
    count: u32,
    is_first_cell: bool,
    tape: Tape,
}

impl Values {
    fn next(&mut self) {
        self.json.push(if self.count > 0 { b',' } else { b'[' });
        self.count += 1;
    }

    /// The array, closed.
    pub fn into_array(mut self) -> (Vec<u8>, Vec<Large>) {
        self.json.extend_from_slice(if self.count > 0 { b"]" } else { b"[]" });
        (self.json, self.large)
    }

    /// Begins a record of cells.
    pub fn begin(&mut self) {
        self.next();
        self.json.push(b'{');
        self.is_first_cell = true;
    }

    /// Ends it.
    pub fn end(&mut self) {
        self.json.push(b'}');
    }

    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.is_first_cell) {
            self.json.push(b',');
        }
        string(name, &mut self.json);
        self.json.push(b':');
    }

    /// A missing cell of a field that admits null.
    pub fn push_null(&mut self, name: &str) {
        self.name(name);
        self.json.extend_from_slice(b"null");
    }

    /// A cell that is not missing.
    pub fn push_cell(&mut self, name: &str, rules: &CellRules, text: &[u8]) {
        self.name(name);
        let start = self.json.len();
        write_cell(rules, text, &mut self.json);
        if !matches!(self.json[start], b'-' | b'0'..=b'9') {
            return;
        }
        if let Some(large) = large(&self.json[start..]) {
            self.json.truncate(start);
            self.push_large(large, pointer_to(name));
        }
    }

    fn push_large(&mut self, large: Number, pointer: String) {
        string(&large.text, &mut self.json);
        self.large.push(Large { record: self.count - 1, pointer, is_integer: large.is_integer });
    }

    /// A record that is JSON already.
    pub fn push_json(&mut self, text: &[u8]) {
        self.next();
        if has_large(text) { self.push_tape(text) } else { self.json.extend_from_slice(text) }
    }

    /// A record of JSON whose strings at the top are cells.
    pub fn push_cells(&mut self, plan: &Plan, missing: &[Vec<u8>], text: &[u8]) {
        self.next();
        let mut tape = std::mem::take(&mut self.tape);
        if tape.read(&mut Cursor { bytes: text, at: 0 }, usize::MAX).is_err() || tape.entry(0).kind != Kind::Object {
            self.json.extend_from_slice(text);
            self.tape = tape;
            return;
        }
        self.json.push(b'{');
        self.is_first_cell = true;
        for (name, value) in tape.members(0) {
            let name = String::from_utf8_lossy(&tape.text(name, text)).into_owned();
            if !matches!(tape.entry(value).kind, Kind::Text | Kind::EscapedText) {
                self.name(&name);
                self.json.extend_from_slice(&text[tape.range(value)]);
                continue;
            }
            let rules = cell_rules(plan, &name, None);
            let cell = tape.text(value, text);
            let is_missing = match &rules.missing {
                Some(own) => own.iter().any(|token| **token == *cell),
                None => missing.iter().any(|token| **token == *cell),
            };
            match (is_missing, rules.nullable) {
                (false, _) => self.push_cell(&name, &rules, &cell),
                (true, true) => self.push_null(&name),
                (true, false) => {}
            }
        }
        self.json.push(b'}');
        self.tape = tape;
    }

    #[cold]
    fn push_tape(&mut self, text: &[u8]) {
        let mut tape = std::mem::take(&mut self.tape);
        // It was read once already, or it would not be valid.
        let read = tape.read(&mut Cursor { bytes: text, at: 0 }, usize::MAX);
        debug_assert!(read.is_ok());
        let mut at = 0;
        for id in 0..tape.len() as EntryId {
            let range = tape.range(id);
            if tape.entry(id).kind != Kind::Number {
                continue;
            }
            let found = large(&text[range.clone()]).filter(|_| tape.duplicates.is_empty() || !is_overridden(&tape, id, text));
            if let Some(large) = found {
                self.json.extend_from_slice(&text[at..range.start]);
                at = range.end;
                self.push_large(large, tape.pointer(id, text));
            }
        }
        self.json.extend_from_slice(&text[at..]);
        self.tape = tape;
    }
}

/// The JSON pointer to a member of the record.
pub(crate) fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// True for a value in a member that a later one of the same name takes the place of.
fn is_overridden(tape: &Tape, id: EntryId, text: &[u8]) -> bool {
    let pointer = tape.pointer(id, text);
    (id + 1..tape.len() as EntryId).filter(|&later| !tape.is_name(later)).any(|later| {
        let other = tape.pointer(later, text);
        pointer.strip_prefix(&other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// How the text of the field `name`, whose subschema is `node` where it is known, becomes a value.
pub(crate) fn cell_rules<'p>(plan: &'p Plan, name: &str, node: Option<NodeId>) -> Cow<'p, CellRules> {
    const TEXT: CellRules = CellRules { missing: None, nullable: false, numbers: Types(0), booleans: false };
    static IS_TEXT: CellRules = TEXT;
    if let Some(law) = plan.engine.cell_law() {
        return law.rules(name);
    }
    let by_name = || {
        let object = plan.node(plan.root).object.as_deref()?;
        object.properties[*object.by_name.get(name.as_bytes())? as usize].node
    };
    Cow::Borrowed(node.or_else(by_name).map_or(&IS_TEXT, |node| &plan.node(node).cell))
}

/// A number that a double does not hold.
pub(crate) struct Number {
    pub(crate) text: String,
    pub(crate) is_integer: bool,
}

/// True when a number outside of strings may be large.
fn has_large(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => at = string_end(text, at + 1),
            b'-' | b'0'..=b'9' => {
                let length = text[at..].iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')).count();
                if large(&text[at..at + length]).is_some() {
                    return true;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    false
}

/// Past the quote that closes the string going on at `at`.
fn string_end(text: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
        at += found + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// The number of JSON text `text`, if reading it as a double changes an integer, or makes it infinite. A number with a fraction, or one
/// that is written with an exponent and comes out as it was written, is what a double is for.
#[inline]
pub(crate) fn large(text: &[u8]) -> Option<Number> {
    let has_exponent = text.iter().any(|byte| matches!(byte, b'e' | b'E'));
    if text.len() <= SAFE_DIGITS && !has_exponent { None } else { large_slow(text) }
}

#[cold]
fn large_slow(text: &[u8]) -> Option<Number> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let is_safe = digits.parse::<u64>().is_ok_and(|value| value <= SAFE_MAX);
        return (!is_safe).then(|| Number { text: text.to_owned(), is_integer: true });
    }
    let double: f64 = text.parse().ok()?;
    if double.is_infinite() {
        return Some(Number { text: text.to_owned(), is_integer: false });
    }
    if double.abs() <= SAFE_MAX as f64 || !Decimal::parse(text.as_bytes())?.is_integer() {
        return None;
    }
    let (own, shown) = (whole_digits(digits)?, whole_digits(&format!("{:e}", double.abs()))?);
    let sign = if text.starts_with('-') { "-" } else { "" };
    (own != shown).then(|| Number { text: format!("{sign}{own}"), is_integer: true })
}

/// The digits of an integer that is written with a point or an exponent.
fn whole_digits(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    let shift = exponent - fraction.len() as i64;
    match usize::try_from(shift) {
        Ok(zeros) => digits.extend(std::iter::repeat_n('0', zeros)),
        Err(_) => digits.truncate(digits.len().checked_sub(usize::try_from(-shift).ok()?)?),
    }
    let trimmed = digits.trim_start_matches('0');
    Some(if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{large, whole_digits};

    fn told(text: &str) -> Option<(String, bool)> {
        large(text.as_bytes()).map(|number| (number.text, number.is_integer))
    }

    #[test]
    fn integers_beyond_two_to_the_53_are_told() {
        let whole = |text: &str| Some((text.to_owned(), true));
        assert_eq!(told("9007199254740991"), None);
        assert_eq!(told("-9007199254740991"), None);
        assert_eq!(told("9007199254740992"), whole("9007199254740992"));
        assert_eq!(told("-9007199254740993"), whole("-9007199254740993"));
        assert_eq!(told("123456789012345678901234567890"), whole("123456789012345678901234567890"));
        assert_eq!(told("9007199254740993.0"), whole("9007199254740993"));
        assert_eq!(told("-90071992547409930e-1"), whole("-9007199254740993"));
    }

    #[test]
    fn doubles_stay_doubles() {
        for text in
            ["0", "-0", "0.1", "1.5e300", "6.02e23", "1e21", "0.1234567890123456789", "5e-324", "123456789012345.678", "9007199254740992.0"]
        {
            assert_eq!(told(text), None, "{text}");
        }
        assert_eq!(told("1e400"), Some(("1e400".to_owned(), false)));
        assert_eq!(told("-1e309"), Some(("-1e309".to_owned(), false)));
    }

    #[test]
    fn digits_of_integers() {
        assert_eq!(whole_digits("1.25e2").as_deref(), Some("125"));
        assert_eq!(whole_digits("0.0").as_deref(), Some("0"));
        assert_eq!(whole_digits("100e-2").as_deref(), Some("1"));
    }
}
