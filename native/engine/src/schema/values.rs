//! `enum` and `const`, and how the text of a CSV cell becomes a value.

use super::plan::{CellRules, RuleId, Types, ValueRule};
use crate::rules::decimal::Decimal;
use crate::rules::text_set::TextSet;
use serde_json::Value;

/// Compiles the members of an `enum`. `Err` is the index of a member that is an object or an array.
pub(super) fn value_rule(rule: RuleId, members: &[Value]) -> Result<ValueRule, usize> {
    let mut allowed = ValueRule { rule, null: false, yes: false, no: false, numbers: Vec::new(), texts: TextSet::default() };
    let mut texts = Vec::new();
    for (at, member) in members.iter().enumerate() {
        match member {
            Value::Null => allowed.null = true,
            Value::Bool(true) => allowed.yes = true,
            Value::Bool(false) => allowed.no = true,
            Value::Number(number) => allowed.numbers.extend(Decimal::parse(number.to_string().as_bytes())),
            Value::String(text) => texts.push(text.as_str()),
            Value::Array(_) | Value::Object(_) => return Err(at),
        }
    }
    allowed.numbers.sort_unstable();
    allowed.texts = TextSet::new(texts);
    Ok(allowed)
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
