//! What is said of a keyword that a record does not meet: its parameters and a sentence, neither of which holds the value.

use serde_json::Value;

/// JSON object text: what was asked for.
pub(super) fn params(keyword: &str, value: &Value) -> String {
    match (keyword, value) {
        ("enum", Value::Array(members)) if members.len() > 20 => format!("{{\"enumCount\":{}}}", members.len()),
        ("required" | "dependentRequired", _) => "{\"required\":true}".to_owned(),
        ("propertyNames", _) => "{}".to_owned(),
        // A schema within says nothing that a reader of a violation could use, and may be very long.
        ("anyOf" | "oneOf" | "allOf", Value::Array(members)) => format!("{{\"subschemas\":{}}}", members.len()),
        (_, Value::Object(_)) if keyword != "const" => "{}".to_owned(),
        _ => format!("{{{}:{value}}}", Value::String(keyword.to_owned())),
    }
}

/// A sentence for people.
pub(super) fn message(keyword: &str, value: &Value) -> String {
    match (keyword, value) {
        ("type", Value::String(name)) => format!("must be {name}"),
        ("type", names) => format!("must be one of {}", list(names.as_array().map_or(&[], Vec::as_slice))),
        ("const", only) => format!("must be {}", shortened(only)),
        ("enum", Value::Array(members)) if members.len() == 1 => format!("must be one of {}", shortened(&members[0])),
        ("enum", Value::Array(members)) if members.len() <= 20 => format!("must be one of {}", list(members)),
        ("enum", members) => format!("must be one of the {} values of enum", members.as_array().map_or(0, Vec::len)),
        ("minimum", limit) => format!("must be at least {limit}"),
        ("maximum", limit) => format!("must be at most {limit}"),
        ("exclusiveMinimum", limit) => format!("must be above {limit}"),
        ("exclusiveMaximum", limit) => format!("must be below {limit}"),
        ("multipleOf", divisor) => format!("must be a multiple of {divisor}"),
        ("minLength", count) => format!("must have at least {}", characters(count)),
        ("maxLength", count) => format!("must have at most {}", characters(count)),
        ("pattern", Value::String(source)) => format!("must match the pattern {source}"),
        ("format", Value::String(name)) => format!("must be a {name}"),
        ("required", _) => "is required and missing".to_owned(),
        ("dependentRequired" | "dependencies", _) => "is missing, and required by another field".to_owned(),
        ("additionalProperties" | "unevaluatedProperties", _) => "is not a field of the schema".to_owned(),
        ("unevaluatedItems" | "additionalItems", _) => "has items that the schema does not allow".to_owned(),
        ("minProperties", count) => format!("must have at least {count} fields"),
        ("maxProperties", count) => format!("must have at most {count} fields"),
        ("minItems", count) => format!("must have at least {count} items"),
        ("maxItems", count) => format!("must have at most {count} items"),
        ("uniqueItems", _) => "must not have one item twice".to_owned(),
        ("contains", _) => "must have an item that matches the subschema of contains".to_owned(),
        ("minContains", count) => format!("must have at least {count} items that match the subschema of contains"),
        ("maxContains", count) => format!("must have at most {count} items that match the subschema of contains"),
        ("anyOf", _) => "must match at least one of the subschemas of anyOf".to_owned(),
        ("oneOf", _) => "must match exactly one of the subschemas of oneOf".to_owned(),
        ("not", _) => "must not match the subschema of not".to_owned(),
        ("propertyNames", _) => "has a name that the schema does not allow".to_owned(),
        (_, Value::Bool(false)) => "is not allowed to be there".to_owned(),
        _ => format!("does not meet the keyword {keyword}"),
    }
}

fn characters(count: &Value) -> String {
    format!("{count} character{}", if count.as_u64() == Some(1) { "" } else { "s" })
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn list(members: &[Value]) -> String {
    members.iter().map(shortened).collect::<Vec<_>>().join(", ")
}
