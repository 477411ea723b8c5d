//! The compiled plan decides as the full engine does: generated schemas of every compiled keyword, on generated records.

#[path = "common/cases.rs"]
mod cases;
mod common;

use cases::cases;
use common::{request, run};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use sluice_engine::intake::Format;
use sluice_engine::schema::plan::Engine;
use sluice_engine::schema::{Options, compile};
use std::collections::BTreeSet;

const NAMES: [&str; 4] = ["a", "b", "ab", "c/~"];

/// Codes of keywords for which both engines point at the same value.
const EXACT: [&str; 22] = [
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
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "minItems",
    "maxItems",
    "uniqueItems",
    "anyOf",
    "oneOf",
    "not",
];

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

fn value() -> impl Strategy<Value = Value> {
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

fn schema() -> impl Strategy<Value = Value> {
    (subschema(), subschema(), subschema(), subschema()).prop_map(|(root, a, b, named)| {
        let mut root: Map<String, Value> = root.as_object().cloned().unwrap_or_default();
        let named = json!({ "$anchor": "named", "allOf": [named] });
        root.insert("$defs".to_owned(), json!({ "a": a, "b": b, "c": named }));
        Value::Object(root)
    })
}

/// Of each record, whether it is valid, and `code pointer` of what is exact.
fn told(schema: &str, options: &Options, records: &[Value]) -> Option<Vec<(bool, BTreeSet<String>)>> {
    let plan = match compile(schema, options) {
        Ok(plan) => plan,
        // References may be generated that lead back to themselves.
        Err(fault) if fault.message.contains("lead back here") => return None,
        Err(fault) => panic!("{fault}: {schema}"),
    };
    assert_eq!(options.full_engine, matches!(plan.engine, Engine::Full(..)), "{schema}");
    let mut asked = request("true", Format::Ndjson);
    asked.plan = plan.into();
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let outcome = run(&asked, lines.join("\n").as_bytes(), &[usize::MAX]).expect("a stream");
    let violations: Vec<Value> = outcome.violations.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(violations.len(), outcome.brief().len());
    let of_record = |at: usize| {
        let found: Vec<&Value> = violations.iter().filter(|violation| violation["record"] == json!(at + 1)).collect();
        let exact = found.iter().filter_map(|violation| {
            let code = violation["code"].as_str().filter(|code| EXACT.contains(code))?;
            let is_dependent = violation["keyword"] == "dependentRequired";
            (!is_dependent).then(|| format!("{code} {}", violation["pointer"].as_str().unwrap_or_default()))
        });
        (found.is_empty(), exact.collect())
    };
    Some((0..records.len()).map(of_record).collect())
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn the_plan_decides_as_the_full_engine(schema in schema(), records in proptest::collection::vec(value(), 1..6)) {
        let text = schema.to_string();
        if let Some(ours) = told(&text, &Options::default(), &records) {
            let theirs = told(&text, &Options { full_engine: true, ..Options::default() }, &records).expect("a plan");
            for ((ours, theirs), record) in ours.iter().zip(&theirs).zip(&records) {
                prop_assert_eq!(ours, theirs, "{} of {}", record, text);
            }
        }
    }
}
