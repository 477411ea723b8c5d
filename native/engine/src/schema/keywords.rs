//! The words of JSON Schema: those that are no checks, where subschemas stand, and what each dialect knows.

use serde_json::Value;

/// Keywords that say something about a record without asking anything of it.
pub(super) const ANNOTATIONS: [&str; 13] = [
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "$anchor",
    "$dynamicAnchor",
];

/// Keywords that hold subschemas for references to reach.
pub(super) const CONTAINERS: [&str; 2] = ["$defs", "definitions"];

/// Keywords that only the full engine knows.
pub(super) const FULL_ONLY: [&str; 4] = ["unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$vocabulary"];

/// Keywords that are enforced by the nodes.
pub(super) const COMPILED: [&str; 43] = [
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "patternProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "contains",
    "minContains",
    "maxContains",
    "uniqueItems",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "$ref",
    "x-missing",
    "$schema",
    "$id",
    "$defs",
    "definitions",
];

/// A version of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    /// Draft 6.
    Six,
    /// Draft 7.
    Seven,
    /// Draft 2019-09.
    Nineteen,
    /// Draft 2020-12.
    Twenty,
}

impl Dialect {
    /// The dialect of a schema's `$schema`.
    pub(super) fn from_uri(uri: &str) -> Option<Dialect> {
        Some(match uri.trim_end_matches('#') {
            "https://json-schema.org/draft/2020-12/schema" => Dialect::Twenty,
            "https://json-schema.org/draft/2019-09/schema" => Dialect::Nineteen,
            "http://json-schema.org/draft-07/schema" => Dialect::Seven,
            "http://json-schema.org/draft-06/schema" => Dialect::Six,
            _ => return None,
        })
    }

    /// False for a keyword that came later, or was gone before.
    pub(super) fn knows(self, keyword: &str) -> bool {
        match keyword {
            "prefixItems" | "$dynamicRef" | "$dynamicAnchor" => self >= Dialect::Twenty,
            "dependentRequired"
            | "dependentSchemas"
            | "minContains"
            | "maxContains"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "$anchor"
            | "$vocabulary" => self >= Dialect::Nineteen,
            "if" | "then" | "else" => self >= Dialect::Seven,
            "additionalItems" => self <= Dialect::Nineteen,
            "$recursiveRef" | "$recursiveAnchor" => self == Dialect::Nineteen,
            _ => true,
        }
    }

    /// True where the keyword has another meaning than in 2020-12, or is not in it: the full engine knows each dialect.
    pub(super) fn differs(self, keyword: &str, value: &Value, siblings: usize) -> bool {
        match keyword {
            "$ref" => self <= Dialect::Seven && siblings > 0,
            "items" => self < Dialect::Twenty && value.is_array(),
            "additionalItems" | "$recursiveRef" | "$recursiveAnchor" => true,
            _ => false,
        }
    }
}

/// How the subschemas of a keyword stand in its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// The value is one.
    One,
    /// The value is an array of them.
    List,
    /// The value is an object of them.
    Map,
}

/// Where the subschemas of `keyword` stand. `None` when it has none.
pub(super) fn holds(keyword: &str, value: &Value) -> Option<Holds> {
    match keyword {
        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" | "dependencies" => Some(Holds::Map),
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Some(Holds::List),
        "items" if value.is_array() => Some(Holds::List),
        "items"
        | "additionalProperties"
        | "propertyNames"
        | "contains"
        | "not"
        | "if"
        | "then"
        | "else"
        | "additionalItems"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Some(Holds::One),
        _ => None,
    }
}

/// The subschemas right within `schema`: their keyword, their pointer and themselves.
pub(super) fn subschemas<'s>(schema: &'s Value, pointer: &str) -> Vec<(&'s str, String, &'s Value)> {
    let mut found = Vec::new();
    let Some(members) = schema.as_object() else { return found };
    for (keyword, value) in members {
        let at = format!("{pointer}/{keyword}");
        match (holds(keyword, value), value) {
            (Some(Holds::One), Value::Object(_) | Value::Bool(_)) => found.push((keyword.as_str(), at, value)),
            (Some(Holds::List), Value::Array(items)) => {
                found.extend(items.iter().enumerate().map(|(index, item)| (keyword.as_str(), format!("{at}/{index}"), item)));
            }
            (Some(Holds::Map), Value::Object(members)) => {
                let is_schema = |value: &Value| keyword != "dependencies" || !value.is_array();
                let named = members.iter().filter(|(_, value)| is_schema(value));
                found.extend(named.map(|(name, value)| (keyword.as_str(), format!("{at}/{}", super::place::escape(name)), value)));
            }
            _ => {}
        }
    }
    found
}
