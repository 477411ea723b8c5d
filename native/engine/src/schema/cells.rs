//! What text becomes in a record of text (CSV) before a schema that is not flat sees it.
//!
//! A flat schema has one subschema per column, which reads the cell for itself. Elsewhere several subschemas may look at one cell, so that
//! it must be a value before any of them does. It has the types that the schema names for it: those of `type`; else those of the members of
//! `enum` and `const`. What is sure to apply (`properties`, `patternProperties` and `additionalProperties` of the record, by way of `allOf` and `$ref`
//! too) says it alone, and where several name types they are those that all allow; else they are all that what may apply names (`anyOf`, `oneOf`, `not`,
//! `if`, `then`, `else`, `dependentSchemas`).

use super::plan::{CellRules, Types};
use super::refs::Targets;
use super::values::{cell_rules, types_of};
use crate::pattern::{Match, Pattern};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::borrow::Cow;

/// Subschemas that are looked at to find the types of cells.
const LOOKED_AT_MAX: usize = 20_000;
const NUMBER_KEYWORDS: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const PATTERN_STEPS: u64 = 100_000;

/// How the text of each cell becomes a value, by the name of its field.
#[derive(Debug)]
pub struct CellLaw {
    named: FxHashMap<Box<str>, CellRules>,
    /// Of a field that nothing names.
    other: CellRules,
    blocks: Vec<Block>,
}

/// What one subschema of the whole record says of its fields.
#[derive(Debug, Default)]
struct Block {
    named: FxHashMap<Box<str>, Word>,
    patterns: Vec<(Pattern, Word)>,
    additional: Option<Word>,
    unevaluated: Option<Word>,
}

/// What is said of the types of a cell.
#[derive(Debug, Clone, Default)]
struct Word {
    /// The types that what is sure to apply allows.
    sure: Option<Types>,
    /// The types that what may apply names.
    maybe: Option<Types>,
    has_number_rules: bool,
    missing: Option<Vec<Box<[u8]>>>,
}

impl Word {
    fn and(self, other: &Word) -> Word {
        Word {
            sure: all_allow(self.sure, other.sure),
            maybe: any_names(self.maybe, other.maybe),
            has_number_rules: self.has_number_rules || other.has_number_rules,
            missing: self.missing.or_else(|| other.missing.clone()),
        }
    }

    fn rules(self) -> CellRules {
        cell_rules(self.sure.or(self.maybe), None, self.has_number_rules, self.missing)
    }
}

/// Where nothing would be left no value passes, and the cell is what either says.
fn all_allow(one: Option<Types>, other: Option<Types>) -> Option<Types> {
    let (Some(first), Some(second)) = (one, other) else { return one.or(other) };
    Some(if first.0 & second.0 == 0 { first.with(second) } else { Types(first.0 & second.0) })
}

fn any_names(one: Option<Types>, other: Option<Types>) -> Option<Types> {
    one.into_iter().chain(other).reduce(Types::with)
}

impl CellLaw {
    pub(super) fn new(schema: &Value) -> CellLaw {
        let mut reader = Reader { targets: Targets::new(schema), left: LOOKED_AT_MAX };
        let blocks: Vec<_> =
            reader.same_value(schema, Stance::Applies).into_iter().map(|(stance, block)| reader.block(block, stance)).collect();
        let named = blocks.iter().flat_map(|block| block.named.keys());
        let named = named.map(|name| (name.clone(), word_of(&blocks, name).rules())).collect();
        // No field has this name, so that only what speaks of all fields is left where there are no patterns.
        let other = word_where(&blocks, |_| None).rules();
        CellLaw { named, other, blocks }
    }

    /// The fields that the schema names, wherever it does.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(|name| &**name)
    }

    /// The rules for the field `name`.
    pub fn rules(&self, name: &str) -> Cow<'_, CellRules> {
        if let Some(rules) = self.named.get(name) {
            return Cow::Borrowed(rules);
        }
        if self.blocks.iter().all(|block| block.patterns.is_empty()) {
            return Cow::Borrowed(&self.other);
        }
        Cow::Owned(word_of(&self.blocks, name).rules())
    }
}

/// What the blocks say of the field `name` together.
fn word_of(blocks: &[Block], name: &str) -> Word {
    let matches = |pattern: &Pattern| pattern.matches(name.as_bytes(), PATTERN_STEPS) == Match::Yes;
    word_where(blocks, |block| {
        let by_pattern = block.patterns.iter().filter(|(pattern, _)| matches(pattern)).map(|(_, word)| word);
        block.named.get(name).into_iter().chain(by_pattern).fold(None, |all: Option<Word>, word| match all {
            Some(all) => Some(all.and(word)),
            None => Some(word.clone()),
        })
    })
}

/// Of a field that blocks speak of as `said` gives it; where one does not, its `additionalProperties` do, and where none does `unevaluatedProperties`.
fn word_where(blocks: &[Block], said: impl Fn(&Block) -> Option<Word>) -> Word {
    let words = blocks.iter().filter_map(|block| said(block).or_else(|| block.additional.clone()));
    let spoken = words.reduce(|all, word| all.and(&word));
    let otherwise = || blocks.iter().filter_map(|block| block.unevaluated.clone()).reduce(|all, word| all.and(&word));
    spoken.or_else(otherwise).unwrap_or_default()
}

/// How a subschema speaks of the value that it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stance {
    Applies,
    MayApply,
    /// Within `not`: text is read as what is refused, so that it can be, but a missing value is no null for that.
    Refuses,
}

impl Stance {
    fn types(self, schema: &Value) -> Option<Types> {
        let types = own_types(schema)?;
        let named = if self == Stance::Refuses { Types(types.0 & !Types::NULL.0) } else { types };
        (named.0 != 0).then_some(named)
    }
}

struct Reader<'s> {
    targets: Targets<'s>,
    left: usize,
}

impl<'s> Reader<'s> {
    /// `schema` and the subschemas that look at the same value, those around before those within; and how each speaks of it.
    fn same_value(&mut self, schema: &'s Value, stance: Stance) -> Vec<(Stance, &'s Value)> {
        let mut found = vec![(stance, schema)];
        let mut seen = FxHashSet::default();
        let mut at = 0;
        while at < found.len() {
            let (stance, schema) = found[at];
            let maybe = if stance == Stance::Applies { Stance::MayApply } else { stance };
            at += 1;
            if self.left == 0 || !seen.insert((stance, std::ptr::from_ref(schema))) {
                continue;
            }
            self.left -= 1;
            for keyword in ["allOf", "anyOf", "oneOf"] {
                let inner = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
                found.extend(inner.map(|inner| (if keyword == "allOf" { stance } else { maybe }, inner)));
            }
            found.extend(["if", "then", "else"].into_iter().filter_map(|keyword| Some((maybe, schema.get(keyword)?))));
            found.extend(schema.get("not").map(|inner| (Stance::Refuses, inner)));
            let dependent = schema.get("dependentSchemas").and_then(Value::as_object).into_iter().flat_map(|members| members.values());
            found.extend(dependent.map(|inner| (maybe, inner)));
            if let Some(uri) = schema.get("$ref").and_then(Value::as_str) {
                found.extend(self.targets.resolve(uri, "").ok().map(|(_, schema)| (stance, schema)));
            }
        }
        found
    }

    fn block(&mut self, schema: &'s Value, stance: Stance) -> Block {
        let members = |keyword: &str| schema.get(keyword).and_then(Value::as_object).into_iter().flatten();
        let mut word = |schema: &'s Value| self.word(schema, stance);
        let named = members("properties").map(|(name, schema)| (name.as_str().into(), word(schema))).collect();
        let patterns =
            members("patternProperties").filter_map(|(source, schema)| Some((Pattern::compile(source).ok()?, word(schema)))).collect();
        let additional = schema.get("additionalProperties").map(&mut word);
        let unevaluated = schema.get("unevaluatedProperties").map(&mut word);
        Block { named, patterns, additional, unevaluated }
    }

    /// What the subschema of a field says.
    fn word(&mut self, schema: &'s Value, stance: Stance) -> Word {
        let mut word = Word::default();
        for (stance, inner) in self.same_value(schema, stance) {
            let types = stance.types(inner);
            match stance {
                Stance::Applies => word.sure = all_allow(word.sure, types),
                Stance::MayApply | Stance::Refuses => word.maybe = any_names(word.maybe, types),
            }
            word.has_number_rules |= NUMBER_KEYWORDS.iter().any(|keyword| inner.get(keyword).is_some());
            word.missing = word.missing.or_else(|| super::read::read_tokens(inner.get("x-missing")?, "").ok());
        }
        word
    }
}

pub(super) fn own_types(schema: &Value) -> Option<Types> {
    if let Some(value) = schema.get("type") {
        return super::read::read_types(value, "").ok();
    }
    let listed = schema.get("enum").and_then(Value::as_array).map(|members| types_of(members));
    listed.or_else(|| schema.get("const").map(|value| types_of(std::slice::from_ref(value))))
}
