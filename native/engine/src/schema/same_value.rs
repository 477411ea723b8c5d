//! Which subschemas look at one value, and what they say of its type: for rules, which are typed before any record is seen.

use super::cells::own_types;
use super::plan::Types;
use super::refs::Targets;
use super::severities::only_warns;
use rustc_hash::FxHashSet;
use serde_json::Value;

/// Subschemas that are looked at in all.
const LOOKED_AT_MAX: usize = 100_000;
const DEPTH_MAX: usize = 32;

/// Whether a valid value meets a subschema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sure {
    /// It does.
    Always,
    /// It may.
    Perhaps,
    /// What the subschema says is not known: it refers to another document.
    Foreign,
}

/// Goes through subschemas.
pub(crate) struct SameValue<'s> {
    targets: Targets<'s>,
    left: usize,
}

impl<'s> SameValue<'s> {
    pub(crate) fn new(schema: &'s Value) -> SameValue<'s> {
        SameValue { targets: Targets::new(schema), left: LOOKED_AT_MAX }
    }

    /// `schemas` and those that look at the same value, each once, and whether a value that meets `schemas` meets it.
    pub(crate) fn same_value(&mut self, schemas: &[&'s Value]) -> Vec<(&'s Value, Sure)> {
        let mut found: Vec<_> = schemas.iter().map(|schema| (*schema, Sure::Always)).collect();
        let mut seen = FxHashSet::default();
        let mut at = 0;
        while at < found.len() {
            let (schema, sure) = found[at];
            at += 1;
            if self.left == 0 {
                found[at - 1].1 = Sure::Foreign;
                continue;
            }
            if !seen.insert((std::ptr::from_ref(schema), sure == Sure::Always)) {
                continue;
            }
            self.left -= 1;
            let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            found.extend(list("allOf").map(|inner| (inner, sure)));
            found.extend(list("anyOf").chain(list("oneOf")).map(|inner| (inner, Sure::Perhaps)));
            found.extend(["if", "then", "else"].into_iter().filter_map(|keyword| Some((schema.get(keyword)?, Sure::Perhaps))));
            let dependent = schema.get("dependentSchemas").and_then(Value::as_object);
            found.extend(dependent.into_iter().flat_map(|members| members.values()).map(|inner| (inner, Sure::Perhaps)));
            for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
                let Some(uri) = schema.get(keyword).and_then(Value::as_str) else { continue };
                match self.targets.resolve(uri, "") {
                    Ok((_, target)) if keyword == "$ref" => found.push((target, sure)),
                    _ => found[at - 1].1 = Sure::Foreign,
                }
            }
        }
        found
    }

    /// The types that a value may have that meets `schema`; `None` where it does not say.
    pub(crate) fn types(&mut self, schema: &'s Value) -> Option<Types> {
        self.types_within(schema, 0)
    }

    fn types_within(&mut self, schema: &'s Value, depth: usize) -> Option<Types> {
        if depth > DEPTH_MAX || self.left == 0 {
            return None;
        }
        self.left -= 1;
        // Values that it does not list are valid all the same where that only warns.
        let is_listed = schema.get("type").is_none();
        let mut types = own_types(schema).filter(|_| !is_listed || !["enum", "const"].iter().any(|keyword| only_warns(schema, keyword)));
        let mut narrow = |one: Option<Types>| match (types, one) {
            (Some(before), Some(one)) => types = Some(Types(before.0 & one.0)),
            (None, one) => types = one,
            _ => {}
        };
        if let Some(uri) = schema.get("$ref").and_then(Value::as_str)
            && let Ok((_, target)) = self.targets.resolve(uri, "")
        {
            narrow(self.types_within(target, depth + 1));
        }
        for inner in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            narrow(self.types_within(inner, depth + 1));
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(several) = schema.get(keyword).and_then(Value::as_array).filter(|_| !only_warns(schema, keyword)) else { continue };
            let each: Option<Vec<_>> = several.iter().map(|inner| self.types_within(inner, depth + 1)).collect();
            narrow(each.and_then(|each| each.into_iter().reduce(Types::with)));
        }
        types
    }
}
