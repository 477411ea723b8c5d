//! Schemas of every compiled keyword, and records for them.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

const NAMES: [&str; 4] = ["a", "b", "ab", "c/~"];

fn scalar() -> impl Strategy<Value = Value> {
    let numbers = select(vec!["0", "1", "1.0", "2", "-3", "0.5", "10e-1", "6", "1e400", "9007199254740993", "9007199254740992"]);
    let numbers = numbers.prop_map(|text| serde_json::from_str(text).expect("a number"));
    let texts = select(vec!["", "a", "ab", "b", "12", "é", "😀", "2024-02-29", "a@b.co"]).prop_map(Value::from);
    prop_oneof![1 => Just(Value::Null), 1 => any::<bool>().prop_map(Value::from), 3 => numbers, 3 => texts]
}

fn object(value: BoxedStrategy<Value>, least: usize) -> impl Strategy<Value = Value> {
    subsequence(NAMES.to_vec(), least..=NAMES.len())
        .prop_flat_map(move |names| (Just(names.clone()), proptest::collection::vec(value.clone(), names.len())))
        .prop_map(|(names, values)| Value::Object(names.into_iter().map(str::to_owned).zip(values).collect()))
}

/// A record.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            2 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => object(inner.boxed(), 0)
        ]
    })
}

fn count() -> impl Strategy<Value = Value> {
    (0_u32..4).prop_map(Value::from)
}

/// One keyword that has no subschemas.
fn simple() -> impl Strategy<Value = (&'static str, Value)> {
    let types = subsequence(vec!["null", "boolean", "integer", "number", "string", "object", "array"], 1..5).prop_map(|types| json!(types));
    let number = select(vec!["0", "1", "1.0", "-3", "0.5", "6", "1e400", "9007199254740992"]);
    let number = number.prop_map(|text| serde_json::from_str(text).expect("a number"));
    let names = || subsequence(NAMES.to_vec(), 0..3).prop_map(|names| json!(names));
    let dependent = object(names().boxed(), 1);
    prop_oneof![
        4 => types.prop_map(|value| ("type", value)),
        2 => proptest::collection::vec(value(), 1..5).prop_map(|values| ("enum", Value::from(values))),
        1 => value().prop_map(|value| ("const", value)),
        2 => (select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), number),
        1 => select(vec![json!(1), json!(0.5), json!(3), json!(0.25)]).prop_map(|value| ("multipleOf", value)),
        4 => (select(vec!["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]), count()),
        1 => select(vec!["^a", "b$", "\\d", "^.$"]).prop_map(|value| ("pattern", json!(value))),
        1 => select(vec!["date", "email"]).prop_map(|value| ("format", json!(value))),
        2 => names().prop_map(|value| ("required", value)),
        1 => dependent.prop_map(|value| ("dependentRequired", value)),
        1 => any::<bool>().prop_map(|value| ("uniqueItems", value.into())),
        1 => any::<bool>().prop_map(|value| ("additionalProperties", value.into())),
        2 => select(vec!["#/$defs/a", "#/$defs/b", "#named", "#"]).prop_map(|value| ("$ref", json!(value))),
    ]
}

/// One keyword with subschemas.
fn composed(inner: BoxedStrategy<Value>) -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let list = proptest::collection::vec(inner.clone(), 1..4).prop_map(Value::from).boxed();
    let named = object(inner.clone(), 1).boxed();
    let patterned = (select(vec!["^a", "b", "^.$"]), inner.clone()).prop_map(|(source, schema)| json!({ source: schema }));
    let one = |keyword: &'static str| inner.clone().prop_map(move |value| vec![(keyword, value)]);
    let contains = (inner.clone(), option::of(count()), option::of(count())).prop_map(|(schema, least, most)| {
        let counts = [("minContains", least), ("maxContains", most)];
        [("contains", schema)].into_iter().chain(counts.into_iter().filter_map(|(name, count)| Some((name, count?)))).collect()
    });
    let condition = (inner.clone(), option::of(inner.clone()), option::of(inner.clone())).prop_map(|(test, yes, no)| {
        let branches = [("then", yes), ("else", no)];
        [("if", test)].into_iter().chain(branches.into_iter().filter_map(|(name, schema)| Some((name, schema?)))).collect()
    });
    prop_oneof![
        4 => named.clone().prop_map(|value| vec![("properties", value)]),
        1 => named.prop_map(|value| vec![("dependentSchemas", value)]),
        2 => (select(vec!["allOf", "anyOf", "oneOf", "prefixItems"]), list).prop_map(|said| vec![said]),
        1 => patterned.prop_map(|value| vec![("patternProperties", value)]),
        1 => one("not"),
        2 => one("items"),
        1 => one("additionalProperties"),
        1 => one("propertyNames"),
        1 => contains,
        1 => condition,
    ]
}

fn subschema() -> impl Strategy<Value = Value> {
    let of = |said: Vec<(&'static str, Value)>| Value::Object(said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let leaf = prop_oneof![
        8 => proptest::collection::vec(simple(), 0..3).prop_map(of),
        1 => any::<bool>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let more = proptest::collection::vec(composed(inner.boxed()), 1..4);
        (proptest::collection::vec(simple(), 0..2), more)
            .prop_map(move |(said, more)| of(said.into_iter().chain(more.into_iter().flatten()).collect()))
    })
}

/// A schema whose references may lead back to themselves.
pub(crate) fn schema() -> impl Strategy<Value = Value> {
    (subschema(), subschema(), subschema(), subschema()).prop_map(|(root, a, b, named)| {
        let mut root: Map<String, Value> = root.as_object().cloned().unwrap_or_default();
        let named = json!({ "$anchor": "named", "allOf": [named] });
        root.insert("$defs".to_owned(), json!({ "a": a, "b": b, "c": named }));
        Value::Object(root)
    })
}
