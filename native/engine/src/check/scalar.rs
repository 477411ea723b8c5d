//! One scalar value against one node. What is found goes to a closure that takes the rule.

use crate::rules::decimal::Decimal;
use crate::rules::number::{Shape, shape};
use crate::schema::plan::{Node, RuleId, Types};

/// A string, decoded, valid UTF-8.
#[inline]
pub fn check_text(node: &Node, text: &[u8], steps_max: u64, mut refuse: impl FnMut(RuleId)) {
    if !node.types.has(Types::STRING) {
        refuse(node.type_rule);
    }
    for allowed in &node.values {
        if !allowed.texts.has(text) {
            refuse(allowed.rule);
        }
    }
    if let Some(rules) = &node.text {
        rules.check(text, steps_max, &mut refuse);
    }
    if let Some(rule) = node.never {
        refuse(rule);
    }
}

/// A number, by its text.
#[inline]
pub fn check_number(node: &Node, shape: Shape, text: &[u8], mut refuse: impl FnMut(RuleId)) {
    let is_allowed = node.types.has(Types::NUMBER) || (node.types.has(Types::INTEGER) && is_integer(shape, text));
    if !is_allowed {
        refuse(node.type_rule);
    }
    if !node.values.is_empty() {
        check_number_values(node, text, &mut refuse);
    }
    if let Some(rules) = &node.number {
        rules.check(shape, text, &mut refuse);
    }
    if let Some(rule) = node.never {
        refuse(rule);
    }
}

fn is_integer(shape: Shape, text: &[u8]) -> bool {
    match shape {
        Shape::Small(_) | Shape::Integer => true,
        Shape::None => false,
        Shape::Short(..) | Shape::Number => Decimal::parse(text).is_some_and(|value| value.is_integer()),
    }
}

#[inline(never)]
fn check_number_values(node: &Node, text: &[u8], refuse: &mut impl FnMut(RuleId)) {
    let Some(value) = Decimal::parse(text) else { return };
    for allowed in &node.values {
        if allowed.numbers.binary_search(&value).is_err() {
            refuse(allowed.rule);
        }
    }
}

/// `true` or `false`.
pub fn check_boolean(node: &Node, value: bool, mut refuse: impl FnMut(RuleId)) {
    check_simple(node, Types::BOOLEAN, |allowed| if value { allowed.yes } else { allowed.no }, &mut refuse);
}

/// `null`.
pub fn check_null(node: &Node, mut refuse: impl FnMut(RuleId)) {
    check_simple(node, Types::NULL, |allowed| allowed.null, &mut refuse);
}

fn check_simple(node: &Node, types: Types, is_listed: impl Fn(&crate::schema::plan::ValueRule) -> bool, refuse: &mut impl FnMut(RuleId)) {
    if !node.types.has(types) {
        refuse(node.type_rule);
    }
    for allowed in &node.values {
        if !is_listed(allowed) {
            refuse(allowed.rule);
        }
    }
    if let Some(rule) = node.never {
        refuse(rule);
    }
}

/// The text of a CSV cell that is not missing, as the value that the schema makes of it.
#[inline]
pub fn check_cell(node: &Node, text: &[u8], steps_max: u64, refuse: impl FnMut(RuleId)) {
    let cell = &node.cell;
    if cell.numbers.0 != 0 {
        let shape = shape(text);
        let reads = match shape {
            Shape::None => false,
            Shape::Small(_) | Shape::Integer => true,
            Shape::Short(..) | Shape::Number => cell.numbers == Types::NUMBER,
        };
        if reads {
            return check_number(node, shape, text, refuse);
        }
    }
    if cell.booleans && (text == b"true" || text == b"false") {
        return check_boolean(node, text == b"true", refuse);
    }
    check_text(node, text, steps_max, refuse);
}
