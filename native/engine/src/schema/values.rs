//! `enum` and `const`, and how the text of a CSV cell becomes a value.

use super::plan::{CellRules, Composites, RuleId, Types, ValueRule};
use crate::decode::equal::Document;
use crate::decode::json::Cursor;
use crate::decode::tape::Tape;
use crate::rules::decimal::Decimal;
use crate::rules::text_set::TextSet;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// Compiles the members of an `enum`.
pub(super) fn value_rule(rule: RuleId, members: &[Value]) -> ValueRule {
    let texts = members.iter().filter_map(Value::as_str);
    let numbers = members.iter().filter_map(Value::as_number);
    let mut numbers: Vec<_> = numbers.filter_map(|number| Decimal::parse(number.to_string().as_bytes())).collect();
    numbers.sort_unstable();
    ValueRule {
        rule,
        null: members.contains(&Value::Null),
        yes: members.contains(&Value::Bool(true)),
        no: members.contains(&Value::Bool(false)),
        numbers,
        texts: TextSet::new(texts),
        composites: composites(members).map(Box::new),
    }
}

fn composites(members: &[Value]) -> Option<Composites> {
    let composites: Vec<_> = members.iter().filter(|member| member.is_array() || member.is_object()).collect();
    if composites.is_empty() {
        return None;
    }
    let text = serde_json::to_vec(&composites).ok()?;
    let mut tape = Tape::default();
    tape.read(&mut Cursor { bytes: &text, at: 0 }, usize::MAX).ok()?;
    let hashes = Document { bytes: &text, tape: &tape }.hashes();
    let mut by_hash: FxHashMap<u64, Vec<_>> = FxHashMap::default();
    for item in tape.items(0) {
        by_hash.entry(hashes[item as usize]).or_default().push(item);
    }
    Some(Composites { text, tape, by_hash })
}

/// The types of `members`.
pub(super) fn types_of(members: &[Value]) -> Types {
    members.iter().fold(Types(0), |types, member| {
        types.with(match member {
            Value::Null => Types::NULL,
            Value::Bool(_) => Types::BOOLEAN,
            Value::Number(_) => Types::NUMBER,
            Value::String(_) => Types::STRING,
            Value::Array(_) => Types::ARRAY,
            Value::Object(_) => Types::OBJECT,
        })
    })
}

/// How cells are read. `declared` is what `type` says; `listed` the types of the members of `enum` or `const`.
///
/// Without either, text is a string, and a number too where a keyword for numbers would otherwise never speak.
pub(super) fn cell_rules(
    declared: Option<Types>,
    listed: Option<Types>,
    has_number_rules: bool,
    missing: Option<Vec<Box<[u8]>>>,
) -> CellRules {
    let bare = if has_number_rules { Types::STRING.with(Types::NUMBER) } else { Types::STRING };
    let types = declared.or(listed).unwrap_or(bare);
    let numbers = Types(types.0 & Types::NUMBER.0);
    CellRules { missing, nullable: types.has(Types::NULL), numbers, booleans: types.has(Types::BOOLEAN) }
}
