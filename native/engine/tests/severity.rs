//! How much a rule weighs: what `x-severity` refuses to be, what it does to records, and what it never changes.

#[path = "common/cases.rs"]
mod cases;
mod common;

use cases::cases;
use common::{Outcome, request, run};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use sluice_engine::intake::{Format, Request};
use sluice_engine::schema::plan::Engine;
use sluice_engine::schema::{Options, compile, explain};
use sluice_engine::setup::MaxErrors;
use sluice_engine::severity::Severity;

/// Every keyword that can have a severity, where it stands, but `type`.
const PLACES: [(&str, &str); 25] = [
    ("", "required"),
    ("", "minProperties"),
    ("", "maxProperties"),
    ("", "propertyNames"),
    ("", "dependentRequired"),
    ("", "additionalProperties"),
    ("/properties/a", "minimum"),
    ("/properties/a", "maximum"),
    ("/properties/a", "exclusiveMinimum"),
    ("/properties/a", "exclusiveMaximum"),
    ("/properties/a", "multipleOf"),
    ("/properties/b", "minLength"),
    ("/properties/b", "maxLength"),
    ("/properties/b", "pattern"),
    ("/properties/b", "format"),
    ("/properties/b", "enum"),
    ("/properties/c", "const"),
    ("/properties/c", "not"),
    ("/properties/c", "anyOf"),
    ("/properties/c", "oneOf"),
    ("/properties/d", "minItems"),
    ("/properties/d", "maxItems"),
    ("/properties/d", "uniqueItems"),
    ("/properties/d", "contains"),
    ("/$defs/item", "maximum"),
];

fn full() -> Value {
    json!({
        "type": "object",
        "required": ["a"],
        "minProperties": 2,
        "maxProperties": 3,
        "propertyNames": { "maxLength": 2 },
        "dependentRequired": { "b": ["a", "c"] },
        "additionalProperties": false,
        "properties": {
            "a": { "type": "integer", "minimum": 1, "maximum": 5, "exclusiveMinimum": 0, "exclusiveMaximum": 6, "multipleOf": 2 },
            "b": { "type": "string", "minLength": 1, "maxLength": 3, "pattern": "^x", "format": "email", "enum": ["xy", "x@x", ""] },
            "c": { "const": 1, "not": { "type": "null" }, "anyOf": [{ "const": 1 }, { "const": 2 }], "oneOf": [{ "type": "integer" }, { "minimum": 2 }] },
            "d": { "type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "contains": { "const": 3 }, "items": { "$ref": "#/$defs/item" } },
            "long": true
        },
        "$defs": { "item": { "type": "integer", "maximum": 3 } }
    })
}

/// A schema that is read in one pass.
fn flat() -> Value {
    let mut schema = full();
    for keyword in ["propertyNames", "dependentRequired", "$defs"] {
        schema.as_object_mut().expect("an object").remove(keyword);
    }
    schema["properties"] = json!({ "a": full()["properties"]["a"], "b": full()["properties"]["b"], "e": { "type": ["null", "boolean"] } });
    schema
}

fn weighed(mut schema: Value, severities: &[Severity]) -> Value {
    for (&(pointer, keyword), severity) in PLACES.iter().zip(severities) {
        if let Some(at) = schema.pointer_mut(pointer).filter(|at| at.get(keyword).is_some()) {
            at["x-severity"][keyword] = json!(severity);
        }
    }
    schema
}

/// The schema without the keywords that only warn.
fn without_warnings(mut schema: Value, severities: &[Severity]) -> Value {
    for (&(pointer, keyword), severity) in PLACES.iter().zip(severities) {
        if *severity == Severity::Warning
            && let Some(at) = schema.pointer_mut(pointer).and_then(Value::as_object_mut)
        {
            at.remove(keyword);
        }
    }
    schema
}

fn severities(words: Vec<Severity>) -> impl Strategy<Value = Vec<Severity>> {
    proptest::collection::vec(select(words), PLACES.len())
}

fn mixed() -> impl Strategy<Value = Vec<Severity>> {
    severities(vec![Severity::Error, Severity::Error, Severity::Warning, Severity::Warning, Severity::Warning, Severity::Abort])
}

fn record() -> impl Strategy<Value = Value> {
    let a = select(vec![json!(2), json!(2), json!(4), json!(3), json!(0), json!(6), json!("x")]);
    let b = select(vec![json!("x@x"), json!("xy"), json!("y"), json!(""), json!("xxxx"), json!(1)]);
    let c = select(vec![json!(1), json!(1), json!(2), json!(3), Value::Null, json!("1")]);
    let d = select(vec![json!([3]), json!([3, 1]), json!([]), json!([3, 3, 4]), json!([1, 1]), json!(["x"])]);
    let other = select(vec![json!(true)]);
    let member = |value: BoxedStrategy<Value>, share: f64| {
        (prop::bool::weighted(share), value).prop_map(|(is_there, value)| is_there.then_some(value))
    };
    let members =
        (member(a.boxed(), 0.9), member(b.boxed(), 0.5), member(c.boxed(), 0.6), member(d.boxed(), 0.3), member(other.boxed(), 0.1));
    members.prop_map(|(a, b, c, d, long)| {
        let named = [("a", a), ("b", b), ("c", c), ("d", d), ("long", long)];
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<serde_json::Map<_, _>>().into()
    })
}

fn lines(records: &[Value]) -> Vec<u8> {
    records.iter().map(|record| format!("{record}\n")).collect::<String>().into_bytes()
}

fn csv() -> impl Strategy<Value = Vec<u8>> {
    let cell = select(vec!["2", "4", "3", "0", "", "x", "x@x", "xy", "y", "true", "\"x\ny\"", "xxxx", "\u{e9}"]);
    proptest::collection::vec((cell.clone(), cell.clone(), cell), 0..30).prop_map(|rows| {
        let rows: String = rows.iter().map(|(a, b, e)| format!("{a},{b},{e}\n")).collect();
        format!("a,b,e\n{rows}").into_bytes()
    })
}

/// Sizes of chunks.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(1usize..60, 1..6)
}

fn violations(outcome: &Outcome) -> Vec<Value> {
    outcome.violations.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// What a schema says, but for its digest.
fn told(schema: &Value, format: Format, input: &[u8]) -> Outcome {
    let mut outcome = run(&request(&schema.to_string(), format), input, &[usize::MAX]).expect("a stream");
    outcome.report.schema_digest = String::new();
    outcome
}

fn streams() -> impl Strategy<Value = (Value, Format, Vec<u8>)> {
    let records = || proptest::collection::vec(record(), 1..30).prop_map(|records| lines(&records));
    prop_oneof![
        (Just(full()), Just(Format::Ndjson), records()),
        (Just(flat()), Just(Format::Ndjson), records()),
        (Just(flat()), Just(Format::Csv), csv()),
    ]
}

/// Counts and sums that hold of every stream.
fn hold(outcome: &Outcome) -> Result<(), TestCaseError> {
    let counts = outcome.report.counts;
    let of = |wanted: &str| violations(outcome).iter().filter(|violation| violation["severity"] == wanted).count() as u64;
    let all = violations(outcome).len() as u64;
    prop_assert_eq!(counts.warnings, of("warning"));
    prop_assert_eq!(counts.violations, all - of("warning"));
    prop_assert_eq!(counts.read, counts.valid + counts.invalid);
    let weight = |warns: bool| {
        let rules = outcome.report.rules.iter().filter(|rule| (rule.severity == Severity::Warning) == warns);
        rules.map(|rule| rule.count).sum::<u64>()
    };
    prop_assert_eq!((weight(true), weight(false)), (counts.warnings, counts.violations));
    let found = violations(outcome);
    let mut refused: Vec<_> =
        found.iter().filter(|violation| violation["severity"] != "warning").map(|each| each["record"].as_u64()).collect();
    refused.dedup();
    prop_assert_eq!(refused.len() as u64, counts.invalid);
    Ok(())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn errors_are_what_rules_are_of_which_nothing_is_said((schema, format, input) in streams()) {
        let plain = told(&schema, format, &input);
        prop_assert_eq!(&plain, &told(&weighed(schema, &[Severity::Error; PLACES.len()]), format, &input));
        prop_assert_eq!(plain.report.counts.warnings, 0);
    }

    #[test]
    fn warnings_decide_nothing((schema, format, input) in streams(), severities in severities(vec![Severity::Error, Severity::Warning])) {
        let warned = told(&weighed(schema.clone(), &severities), format, &input);
        let without = told(&without_warnings(schema.clone(), &severities), format, &input);
        prop_assert_eq!((&warned.valid, &warned.invalid), (&without.valid, &without.invalid));
        hold(&warned)?;
        // All the same, each is told: with errors in their place, the violations are the same ones.
        let strict = told(&schema, format, &input);
        let unweighed = warned.violations.replace(",\"severity\":\"warning\"", "");
        prop_assert_eq!(unweighed, strict.violations);
    }

    #[test]
    fn chunks_and_batches_change_nothing(
        (schema, format, input) in streams(), severities in mixed(), chunks in sizes(), batch_bytes in 1usize..100,
        max_errors in proptest::option::weighted(0.3, (0u64..4).prop_map(MaxErrors::Count)),
    ) {
        let request = Request { max_errors, ..request(&weighed(schema, &severities).to_string(), format) };
        let whole = run(&request, &input, &[usize::MAX]).expect("a stream");
        let cut = run(&Request { batch_bytes, ..request }, &input, &chunks).expect("a stream");
        prop_assert_eq!(&whole, &cut);
        hold(&whole)?;
    }

    #[test]
    fn abort_stops_at_the_first_record_that_would_be_refused_by_it((schema, format, input) in streams(), severities in mixed()) {
        let errors: Vec<_> = severities.iter().map(|&each| if each == Severity::Abort { Severity::Error } else { each }).collect();
        let (some, all) = (told(&weighed(schema.clone(), &severities), format, &input), told(&weighed(schema, &errors), format, &input));
        prop_assert!(all.valid.starts_with(&some.valid) && all.invalid.starts_with(&some.invalid));
        let aborts: Vec<_> = violations(&some).into_iter().filter(|violation| violation["severity"] == "abort").collect();
        prop_assert_eq!(some.report.complete, aborts.is_empty());
        if aborts.is_empty() {
            prop_assert_eq!(some.violations, all.violations);
            return Ok(());
        }
        prop_assert!(aborts.iter().all(|violation| violation["record"] == some.report.counts.read));
        let unweighed = some.violations.replace(",\"severity\":\"abort\"", "");
        prop_assert!(all.violations.starts_with(&unweighed));
        let last = violations(&all).get(violations(&some).len()).map(|next| next["record"].as_u64());
        prop_assert!(last.flatten().is_none_or(|next| next > some.report.counts.read), "all of its violations are told");
    }

    #[test]
    fn the_full_engine_weighs_as_the_plan_does(records in proptest::collection::vec(record(), 1..20), severities in mixed()) {
        let schema = weighed(full(), &severities).to_string();
        let ask = |full_engine| {
            let plan = compile(&schema, &Options { full_engine, ..Options::default() }).expect("a plan");
            assert_eq!(full_engine, matches!(plan.engine, Engine::Full(..)));
            let outcome = run(&Request { plan: plan.into(), ..request("true", Format::Ndjson) }, &lines(&records), &[usize::MAX]).expect("a stream");
            let mut found: Vec<_> = violations(&outcome).iter().map(|each| format!("{} {} {} {}", each["record"], each["code"], each["pointer"], each["severity"])).collect();
            found.sort();
            (String::from_utf8(outcome.valid), String::from_utf8(outcome.invalid), outcome.report.counts, found)
        };
        prop_assert_eq!(ask(false), ask(true));
    }
}

#[test]
fn one_word_is_for_all_keywords_beside_it_but_type_and_those_of_subschemas() {
    let schema = json!({ "properties": { "a": { "type": "string", "pattern": "^x", "maxLength": 2, "x-severity": "warning" },
        "o": { "required": ["k"], "properties": { "k": { "maximum": 1 } }, "x-severity": "warning" } } });
    let outcome = told(&schema, Format::Ndjson, b"{\"a\":\"yyy\"}\n{\"a\":1}\n{\"o\":{}}\n{\"o\":{\"k\":2}}\n");
    assert_eq!(outcome.invalid, b"{\"a\":1}\n{\"o\":{\"k\":2}}\n");
    let found: Vec<_> =
        violations(&outcome).iter().map(|each| format!("{} {} {}", each["record"], each["code"], each["severity"])).collect();
    assert_eq!(
        found,
        ["1 \"maxLength\" \"warning\"", "1 \"pattern\" \"warning\"", "2 \"type\" null", "3 \"required\" \"warning\"", "4 \"maximum\" null"]
    );
    assert_eq!((outcome.report.counts.violations, outcome.report.counts.warnings, outcome.report.counts.valid), (2, 3, 2));
}

#[test]
fn what_cannot_have_a_severity_is_refused_with_its_place() {
    let warn = |keyword: &str| json!({ keyword: "warning" });
    for (schema, said) in [
        (json!({ "minimum": 1, "x-severity": "warn" }), "#/x-severity: the severity \"warn\" is unknown"),
        (json!({ "minimum": 1, "x-severity": 1 }), "#/x-severity: must be error, warning or abort"),
        (json!({ "minimum": 1, "x-severity": { "minimum": true } }), "#/x-severity/minimum: must be a string"),
        (json!({ "minimum": 1, "x-severity": warn("maximum") }), "#/x-severity/maximum: there is no keyword \"maximum\" beside it"),
        (json!({ "title": "t", "x-severity": warn("title") }), "#/x-severity/title: title has no violations of its own"),
        (json!({ "properties": {}, "x-severity": warn("properties") }), "#/x-severity/properties: properties has no violations"),
        (json!({ "additionalProperties": {}, "x-severity": warn("additionalProperties") }), "#/x-severity/additionalProperties: "),
        (json!({ "properties": {}, "x-severity": "warning" }), "#/x-severity: no keyword here has a severity"),
        (json!({ "type": "object", "x-severity": "warning" }), "#/x-severity: no keyword here has a severity"),
        (json!({ "$ref": "#/$defs/a", "$defs": { "a": {} }, "x-severity": "abort" }), "#/x-severity: no keyword here has a severity"),
        (json!({ "type": "object", "x-severity": warn("type") }), "#/x-severity/type: a value of another type cannot be let through"),
        (json!({ "anyOf": [{ "minimum": 1, "x-severity": "error" }] }), "#/anyOf/0/x-severity: what fails within #/anyOf is no violation"),
        (json!({ "not": { "properties": { "a": { "minimum": 1, "x-severity": "abort" } } } }), "within #/not is no"),
        (json!({ "if": { "minimum": 1, "x-severity": "warning" }, "then": false }), "#/if/x-severity"),
        (json!({ "contains": { "minimum": 1, "x-severity": "warning" } }), "#/contains/x-severity"),
        (
            json!({ "properties": { "a": { "$ref": "#/$defs/it" }, "b": { "oneOf": [{ "$ref": "#/$defs/it" }] } },
                "$defs": { "it": { "minimum": 1, "x-severity": "warning" } } }),
            "#/$defs/it/x-severity: what fails within #/properties/b/oneOf is no violation",
        ),
        (json!({ "$defs": { "unused": { "minimum": 1, "x-severity": "warn" } } }), "#/$defs/unused/x-severity"),
        (json!({ "minContains": 2, "contains": {}, "x-severity": warn("contains") }), "#/x-severity/contains"),
        (
            json!({ "properties": { "a": { "minimum": 1, "x-severity": "warning" } }, "unevaluatedProperties": false }),
            "#/properties/a/x-severity: minimum cannot only warn beside #/unevaluatedProperties",
        ),
        (
            json!({ "properties": { "a": { "minimum": 1, "x-severity": "abort" }, "b": { "$dynamicRef": "#x" } }, "$defs": { "x": { "$dynamicAnchor": "x" } } }),
            "#/properties/a/x-severity: x-severity is not kept beside #/properties/b/$dynamicRef",
        ),
        (json!({ "x-rules": [{ "id": "a", "cel": "true", "severity": "fatal" }] }), "#/x-rules/0/severity: the severity \"fatal\""),
    ] {
        let fault = compile(&schema.to_string(), &Options::default()).expect_err(&schema.to_string());
        assert!(fault.message.contains(said), "{}\n{said}", fault.message);
        assert!(matches!(fault.code, "schema/severity" | "schema/invalid"), "{}", fault.code);
        let blamed = explain(&schema.to_string(), &Options::default()).expect("a schema");
        assert!(blamed.iter().any(|explained| explained.note.as_deref() == Some(&fault.message)), "{blamed:?}");
    }
    let references = vec![("https://x.test/a".to_owned(), json!({ "x-severity": "warning", "minimum": 1 }).to_string())];
    let fault = compile(r#"{"$ref":"https://x.test/a"}"#, &Options { references, ..Options::default() }).expect_err("another document");
    assert!(fault.code == "schema/severity" && fault.message.contains("https://x.test/a"), "{fault}");
}

#[test]
fn severities_hold_by_way_of_references_and_old_dialects_in_the_full_engine() {
    let schema = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "properties": { "t": { "items": [{ "$ref": "#/definitions/it" }] } },
        "definitions": { "it": { "minimum": 5, "maximum": 9, "x-severity": { "minimum": "warning" } } } });
    assert!(matches!(compile(&schema.to_string(), &Options::default()).expect("a plan").engine, Engine::Full(..)));
    let outcome = told(&schema, Format::Ndjson, b"{\"t\":[1]}\n{\"t\":[10]}\n{\"t\":[7]}\n");
    assert_eq!(outcome.invalid, b"{\"t\":[10]}\n");
    assert_eq!(outcome.report.counts.warnings, 1);
}

#[test]
fn rules_over_fields_run_where_there_are_only_warnings_and_have_severities() {
    let schema = json!({
        "properties": { "a": { "type": "integer", "maximum": 5, "x-severity": { "maximum": "warning" } }, "b": { "type": "integer" } },
        "x-rules": [
            { "id": "order", "cel": "a <= b" },
            { "id": "near", "cel": "b - a < 10", "severity": "warning" },
            { "id": "sane", "cel": "b < 1000", "severity": "abort" }
        ]
    });
    let outcome = told(
        &schema,
        Format::Ndjson,
        b"{\"a\":7,\"b\":8}\n{\"a\":7,\"b\":6}\n{\"a\":1,\"b\":20}\n{\"a\":1,\"b\":1000}\n{\"a\":1,\"b\":1}\n",
    );
    assert_eq!(String::from_utf8_lossy(&outcome.valid), "{\"a\":7,\"b\":8}\n{\"a\":1,\"b\":20}\n");
    let found: Vec<_> =
        violations(&outcome).iter().map(|each| format!("{} {} {}", each["record"], each["rule"], each["severity"])).collect();
    let near = "\"near\" \"warning\"";
    assert_eq!(
        found,
        [
            "1 null \"warning\"",
            "2 null \"warning\"",
            "2 \"order\" null",
            &format!("3 {near}"),
            &format!("4 {near}"),
            "4 \"sane\" \"abort\""
        ]
    );
    assert!(!outcome.report.complete);
}

#[test]
fn rules_are_typed_by_what_refuses_alone() {
    let listed = |severity: &str| {
        json!({ "properties": { "a": { "enum": [1, 2], "x-severity": { "enum": severity } } }, "x-rules": [{ "id": "it", "cel": "a < 2" }] }).to_string()
    };
    assert!(compile(&listed("error"), &Options::default()).is_ok());
    // A value that is not listed may be text, or a list.
    assert!(compile(&listed("warning"), &Options::default()).is_ok_and(|plan| !plan.record_rules.is_empty()));
    let outcome = told(&serde_json::from_str(&listed("warning")).expect("JSON"), Format::Ndjson, b"{\"a\":\"x\"}\n{\"a\":1}\n{\"a\":[]}\n");
    let codes: Vec<_> = violations(&outcome).iter().map(|each| format!("{} {}", each["record"], each["code"])).collect();
    assert_eq!(codes, ["1 \"enum\"", "1 \"rule/error\"", "3 \"enum\"", "3 \"rule/error\""]);
}

#[test]
fn a_pattern_that_only_warns_refuses_nothing_when_it_is_undecided() {
    let schema = json!({ "properties": { "a": { "pattern": "^(?=(a+)+$)b", "x-severity": { "pattern": "warning" } } } });
    let mut asked = request(&schema.to_string(), Format::Ndjson);
    asked.limits.pattern_steps_max = 10;
    let outcome = run(&asked, b"{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaa!\"}\n", &[usize::MAX]).expect("a stream");
    assert_eq!((outcome.report.counts.invalid, outcome.report.undecided, outcome.report.counts.warnings), (0, 0, 1));
    assert_eq!(outcome.brief(), ["pattern/undecided 1 0"]);
}

#[test]
fn severities_stand_in_what_is_explained() {
    let schema = json!({ "properties": { "a": { "type": "string", "pattern": "x", "minLength": 1, "x-severity": { "pattern": "warning", "type": "abort" } } },
        "x-rules": [{ "id": "it", "cel": "a != 'x'", "severity": "abort" }] });
    let told = explain(&schema.to_string(), &Options::default()).expect("a schema");
    let of = |pointer: &str| told.iter().find(|each| each.pointer == pointer).unwrap_or_else(|| panic!("{pointer}"));
    assert_eq!(of("/properties/a/pattern").severity, Some(Severity::Warning));
    assert_eq!(of("/properties/a/type").severity, Some(Severity::Abort));
    assert_eq!(of("/properties/a/minLength").severity, None);
    assert_eq!(of("/x-rules").note.as_deref(), Some("abort: it"));
}
