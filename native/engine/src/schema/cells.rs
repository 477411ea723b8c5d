//! What text becomes in a record of text (CSV) before a schema that is not flat sees it.
//!
//! A flat schema has one subschema per column, which reads the cell for itself. Elsewhere several subschemas may look at one cell, so that
//! it must be a value before any of them does. It has the types that the schema names for it: those of `type`; else those of the members of
//! `enum` and `const`; else those that the subschemas of the same value name (`allOf`, `anyOf`, `oneOf`, `if`, `then`, `else`, `$ref`).

use super::plan::{CellRules, Types};
use super::refs::Targets;
use super::values::{cell_rules, types_of};
use crate::pattern::{Match, Pattern};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

/// Subschemas that are looked at to find the types of cells.
const LOOKED_AT_MAX: usize = 20_000;
const NUMBER_KEYWORDS: [&str; 5] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const PATTERN_STEPS: u64 = 100_000;

/// How the text of each cell becomes a value, by the name of its field.
#[derive(Debug)]
pub struct CellLaw {
    named: FxHashMap<Box<str>, CellRules>,
    patterns: Vec<(Pattern, CellRules)>,
    other: CellRules,
}

impl CellLaw {
    pub(super) fn new(schema: &Value) -> CellLaw {
        let mut reader = Reader { targets: Targets::new(schema), left: LOOKED_AT_MAX };
        let mut named: FxHashMap<&str, Vec<&Value>> = FxHashMap::default();
        let mut patterns = Vec::new();
        let mut other = Vec::new();
        for subschema in reader.same_value(schema) {
            let members = |keyword: &str| subschema.get(keyword).and_then(Value::as_object).into_iter().flatten();
            members("properties").for_each(|(name, schema)| named.entry(name).or_default().push(schema));
            patterns.extend(members("patternProperties").filter_map(|(source, schema)| Some((Pattern::compile(source).ok()?, schema))));
            other.extend(subschema.get("additionalProperties"));
        }
        let other = reader.rules(&other);
        let patterns = patterns.into_iter().map(|(pattern, schema)| (pattern, reader.rules(&[schema]))).collect();
        let named = named.into_iter().map(|(name, schemas)| (name.into(), reader.rules(&schemas))).collect();
        CellLaw { named, patterns, other }
    }

    /// The rules for the field `name`.
    pub fn rules(&self, name: &str) -> &CellRules {
        let by_pattern = || self.patterns.iter().find(|(pattern, _)| pattern.matches(name.as_bytes(), PATTERN_STEPS) == Match::Yes);
        self.named.get(name).or_else(|| by_pattern().map(|(_, rules)| rules)).unwrap_or(&self.other)
    }
}

struct Reader<'s> {
    targets: Targets<'s>,
    left: usize,
}

impl<'s> Reader<'s> {
    /// `schema` and the subschemas that look at the same value, those around before those within.
    fn same_value(&mut self, schema: &'s Value) -> Vec<&'s Value> {
        let mut found = vec![schema];
        let mut seen = FxHashSet::default();
        let mut at = 0;
        while at < found.len() {
            let schema = found[at];
            at += 1;
            if self.left == 0 || !seen.insert(std::ptr::from_ref(schema)) {
                continue;
            }
            self.left -= 1;
            for keyword in ["allOf", "anyOf", "oneOf"] {
                found.extend(schema.get(keyword).and_then(Value::as_array).into_iter().flatten());
            }
            found.extend(["if", "then", "else"].into_iter().filter_map(|keyword| schema.get(keyword)));
            found.extend(schema.get("dependentSchemas").and_then(Value::as_object).into_iter().flat_map(|members| members.values()));
            if let Some(uri) = schema.get("$ref").and_then(Value::as_str) {
                found.extend(self.targets.resolve(uri, "").ok().map(|(_, schema)| schema));
            }
        }
        found
    }

    fn rules(&mut self, schemas: &[&'s Value]) -> CellRules {
        let mut types: Option<Types> = None;
        let mut has_number_rules = false;
        let mut missing = None;
        for schema in schemas {
            if let Some(named) = self.types(schema) {
                types = Some(types.unwrap_or(Types(0)).with(named));
            }
            for inner in self.same_value(schema) {
                has_number_rules |= NUMBER_KEYWORDS.iter().any(|keyword| inner.get(keyword).is_some());
                missing = missing.or_else(|| super::read::read_tokens(inner.get("x-missing")?, "").ok());
            }
        }
        cell_rules(types, None, has_number_rules, missing)
    }

    /// The types that `schema` names, or else those that subschemas of the same value name.
    fn types(&mut self, schema: &'s Value) -> Option<Types> {
        own_types(schema).or_else(|| {
            let within = self.same_value(schema).into_iter().filter_map(own_types);
            within.reduce(Types::with)
        })
    }
}

pub(super) fn own_types(schema: &Value) -> Option<Types> {
    if let Some(value) = schema.get("type") {
        return super::read::read_types(value, "").ok();
    }
    let listed = schema.get("enum").and_then(Value::as_array).map(|members| types_of(members));
    listed.or_else(|| schema.get("const").map(|value| types_of(std::slice::from_ref(value))))
}
