//! What stands in other documents, and behind names of its own, is held to the rules of what stands in the schema itself.

#[path = "common/cases.rs"]
mod cases;
mod common;
#[path = "common/schemas.rs"]
mod schemas;

use cases::cases;
use common::{Outcome, request, run};
use proptest::prelude::*;
use schemas::{schema, value};
use serde_json::{Value, json};
use sluice_engine::error::Error;
use sluice_engine::intake::{Format, Request};
use sluice_engine::schema::plan::Engine;
use sluice_engine::schema::{Options, compile};
use std::sync::Arc;

const OTHER: &str = "https://x.test/other.json";

fn given(documents: &[(&str, Value)]) -> Options {
    let references = documents.iter().map(|(uri, document)| ((*uri).to_owned(), document.to_string())).collect();
    Options { references, ..Options::default() }
}

fn outcome(schema: &Value, options: &Options, format: Format, input: &str) -> Result<Outcome, Error> {
    let plan = Arc::new(compile(&schema.to_string(), options)?);
    run(&Request { plan, ..request("true", format) }, input.as_bytes(), &[usize::MAX])
}

/// `record code pointer params message value` of each violation, in order of their text.
fn told(outcome: &Outcome) -> Vec<String> {
    let line = |line: &str| {
        let violation: Value = serde_json::from_str(line).expect("JSON");
        let parts = ["record", "code", "field", "column", "pointer", "params", "message", "value"].map(|name| violation[name].to_string());
        parts.join(" ")
    };
    let mut told: Vec<_> = outcome.violations.lines().map(line).collect();
    assert_eq!(told.len(), outcome.brief().len());
    told.sort_unstable();
    told
}

/// The schemas that say `inner` of the field `n`, each its way.
fn ways(inner: &Value) -> Vec<(Value, Options)> {
    let of = |reference: &str| json!({ "type": "object", "properties": { "n": { "$ref": reference } } });
    let with = |mut schema: Value, name: &str, definition: Value| {
        schema["$defs"] = json!({ name: definition });
        schema
    };
    let mut named = inner.clone();
    named["$id"] = json!("urn:named");
    let mut anchored = inner.clone();
    anchored["$anchor"] = json!("n");
    vec![
        (with(of("#/$defs/n"), "n", inner.clone()), Options::default()),
        (of(OTHER), given(&[(OTHER, inner.clone())])),
        (of(&format!("{OTHER}#/components/n")), given(&[(OTHER, json!({ "openapi": "3.1", "components": { "n": inner } }))])),
        (of(&format!("{OTHER}#n")), given(&[(OTHER, json!({ "$defs": { "of/n": anchored } }))])),
        (of("urn:named"), given(&[(OTHER, json!(true))])),
        (
            of("folder/a.json"),
            given(&[("json-schema:///folder/a.json", json!({ "$ref": "../b.json" })), ("json-schema:///b.json", inner.clone())]),
        ),
    ]
    .into_iter()
    .enumerate()
    .map(|(at, (schema, options))| if at == 4 { (with(schema, "x", named.clone()), options) } else { (schema, options) })
    .collect()
}

#[test]
fn violations_are_told_in_the_same_words() {
    let inner = json!({ "type": "integer", "minimum": 6, "multipleOf": 4, "enum": [8, 12], "not": { "const": 12 } });
    let text = json!({ "maxLength": 1, "pattern": "^a", "format": "date", "const": "b" });
    let array = json!({ "maxItems": 1, "items": false, "prefixItems": [{ "type": "string" }] });
    for (inner, input) in [
        (&inner, "{\"n\":5}\n{\"n\":\"x\"}\n{\"n\":12}\n{\"n\":8}\n"),
        (&text, "{\"n\":\"bcd\"}\n{\"n\":\"b\"}\n"),
        (&array, "{\"n\":[1,2]}\n{\"n\":[]}\n"),
    ] {
        for unevaluated in [false, true] {
            let told: Vec<_> = ways(inner)
                .into_iter()
                .map(|(mut schema, options)| {
                    if unevaluated {
                        schema["unevaluatedProperties"] = json!(false);
                    }
                    (told(&outcome(&schema, &options, Format::Ndjson, input).expect("a stream")), schema)
                })
                .collect();
            assert!(!told[0].0.is_empty());
            told.iter().for_each(|(lines, schema)| assert_eq!(*lines, told[0].0, "{schema}"));
        }
    }
}

#[test]
fn cells_are_typed_by_what_stands_elsewhere() {
    for (inner, refused) in [
        (json!({ "minimum": 6 }), 1),
        (json!({ "type": "integer" }), 1),
        (json!({ "const": 7 }), 2),
        (json!({ "not": { "type": "integer" } }), 2),
    ] {
        for (schema, options) in ways(&inner) {
            let outcome = outcome(&schema, &options, Format::Csv, "n\n5\n7\nx\n").expect("a stream");
            assert_eq!(outcome.report.counts.invalid, refused, "{schema} {:?}", told(&outcome));
        }
    }
}

#[test]
fn references_keep_a_schema_compiled() {
    for (schema, options) in ways(&json!({ "type": "integer" })) {
        let plan = compile(&schema.to_string(), &options).expect("a plan");
        assert!(!matches!(plan.engine, Engine::Full(..)), "{schema}");
    }
}

#[test]
fn nothing_in_another_document_is_ignored() {
    let dynamic = json!({ "$dynamicAnchor": "d", "$defs": { "d": { "$dynamicRef": "#d" } } });
    for (document, code, place) in [
        (json!({ "properties": { "age": { "minimun": 18 } } }), "schema/keyword", "#/properties/age/minimun"),
        (json!({ "format": "int32" }), "schema/format", "#/format"),
        (json!({ "additionalItems": false }), "schema/keyword", "#/additionalItems"),
        (json!({ "minimum": "1" }), "schema/invalid", "#/minimum"),
        (json!({ "x-rules": [{ "id": "a", "cel": "a > 5" }] }), "schema/rule", "#/x-rules"),
        (json!({ "x-unique": ["id"] }), "schema/stream-rule", "#/x-unique"),
        (json!({ "x-transform": [{ "drop": ["a"] }] }), "schema/transform", "#/x-transform"),
        (json!({ "x-severity": "warning", "minimum": 1 }), "schema/severity", "#"),
    ] {
        for root in [json!({ "$ref": OTHER }), json!({ "properties": { "p": { "$ref": OTHER } } })] {
            for dynamic in [None, Some(&dynamic)] {
                let mut root = root.clone();
                if let Some(dynamic) = dynamic {
                    root["allOf"] = json!([dynamic]);
                }
                let fault = compile(&root.to_string(), &given(&[(OTHER, document.clone())])).expect_err("it is refused");
                assert_eq!(fault.code, code, "{root} {fault}");
                let is_placed = code == "schema/severity" || fault.message.starts_with(&format!("{OTHER}{place}: "));
                assert!(is_placed || (dynamic.is_some() && code == "schema/invalid"), "{root} {fault}");
            }
        }
    }
}

#[test]
fn masks_reach_what_no_name_leads_to() {
    for (schema, mask, record) in [
        (
            json!({ "properties": { "s": { "type": "string" } }, "patternProperties": { "^s": { "pattern": "^x" } } }),
            "s",
            r#"{"s":"secret"}"#,
        ),
        (json!({ "required": ["s"], "additionalProperties": { "type": "integer" } }), "s", r#"{"s":"secret"}"#),
        (
            json!({ "properties": { "p": { "patternProperties": { "s": { "maxLength": 1 } }, "properties": { "s": true } } } }),
            "p/s",
            r#"{"p":{"s":"secret"}}"#,
        ),
        (
            json!({ "properties": { "s": true }, "unevaluatedProperties": { "type": "integer" }, "patternProperties": { "s": { "maxLength": 1 } } }),
            "s",
            r#"{"s":"secret"}"#,
        ),
        (json!({ "properties": { "s": { "$ref": OTHER } } }), "s", r#"{"s":"secret"}"#),
    ] {
        let options = Options { mask: vec![mask.to_owned()], ..given(&[(OTHER, json!({ "maxLength": 1 }))]) };
        for format in [Format::Ndjson, Format::Csv] {
            let input = if matches!(format, Format::Csv) { "s\nsecret\n" } else { record };
            if matches!(format, Format::Csv) && mask != "s" {
                continue;
            }
            let outcome = outcome(&schema, &options, format, input).expect("a stream");
            let report = serde_json::to_string(&outcome.report).expect("JSON");
            assert!(
                outcome.violations.contains("***") && !outcome.violations.contains("secret") && !report.contains("secret"),
                "{schema}: {}",
                outcome.violations
            );
        }
    }
}

#[test]
fn what_is_undecided_hides_nothing_else() {
    let schema = json!({
        "properties": { "a": { "pattern": "^(?=(a+)+$)b" }, "b": { "type": "integer" } },
        "unevaluatedProperties": false
    });
    let record = format!(r#"{{"a":"{}!","b":"wrong","zz":1}}"#, "a".repeat(40));
    let outcome = outcome(&schema, &Options::default(), Format::Ndjson, &record).expect("a stream");
    let codes: Vec<Value> = outcome.violations.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let codes: Vec<_> = codes
        .iter()
        .map(|one| format!("{} {}", one["code"].as_str().unwrap_or_default(), one["pointer"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(codes, ["pattern/undecided /a", "type /b", "unevaluatedProperties /zz"]);
}

#[test]
fn a_column_in_another_case_is_told_wherever_it_is_named() {
    let inner = json!({ "properties": { "n": { "type": "integer", "minimum": 5 } } });
    for schema in [
        json!({ "allOf": [inner] }),
        json!({ "anyOf": [inner, { "required": ["m"] }] }),
        json!({ "$ref": OTHER }),
        json!({ "$ref": OTHER, "unevaluatedProperties": true }),
    ] {
        for header in ["N", "n "] {
            let fault = outcome(&schema, &given(&[(OTHER, inner.clone())]), Format::Csv, &format!("{header}\n1\n")).expect_err("a header");
            assert_eq!(fault.code, "header/case", "{schema}");
        }
    }
}

#[test]
fn a_missing_cell_is_absent_where_null_is_refused() {
    for refused in [json!({ "type": "null" }), json!({ "const": null }), json!({ "enum": [null, 5] })] {
        let schema = json!({ "properties": { "c": { "not": refused } }, "required": ["c"] });
        let outcome = outcome(&schema, &Options::default(), Format::Csv, "b,c\n1,\n1,x\n").expect("a stream");
        assert_eq!(outcome.brief(), ["required 2 4"], "{schema}");
    }
}

#[test]
fn conditions_do_not_widen_the_type_of_a_cell() {
    let integer = json!({ "type": "integer" });
    for (schema, refused) in [
        (json!({ "properties": { "c": integer }, "if": { "properties": { "c": { "const": 1 } } }, "then": { "required": ["d"] } }), "23"),
        (json!({ "properties": { "c": integer }, "anyOf": [{ "properties": { "c": { "enum": [1, 2] } } }, { "required": ["c"] }] }), "23"),
        (json!({ "properties": { "c": integer }, "dependentSchemas": { "c": { "properties": { "c": { "type": "number" } } } } }), "23"),
        (
            json!({ "properties": { "c": { "$ref": "#/$defs/i" } }, "allOf": [{ "properties": { "c": { "type": "number" } } }], "$defs": { "i": integer } }),
            "23",
        ),
        (
            json!({ "properties": { "c": { "type": "string" } }, "if": { "properties": { "c": { "const": 5 } } }, "then": { "required": ["z"] } }),
            "",
        ),
        (json!({ "properties": { "c": { "title": "t" } }, "patternProperties": { "^c": integer } }), "23"),
        (json!({ "patternProperties": { "^c": { "maxLength": 9 }, "c$": integer } }), "23"),
        (json!({ "properties": { "c": { "maxLength": 9 } }, "allOf": [{ "additionalProperties": integer }] }), "23"),
        (json!({ "properties": { "x": {} }, "unevaluatedProperties": integer }), "23"),
        (json!({ "properties": { "x": {} }, "not": { "properties": { "c": integer }, "required": ["c"] } }), "14"),
    ] {
        let outcome = outcome(&schema, &Options::default(), Format::Csv, "c\n5\n5.5\nx\n7\n").expect("a stream");
        let mut records: Vec<_> =
            outcome.violations.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["record"].to_string()).collect();
        records.dedup();
        assert_eq!(records.concat(), refused, "{schema}");
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_document_of_its_own_changes_nothing(schema in schema(), records in proptest::collection::vec(value(), 1..6)) {
        let input: String = records.iter().map(|record| format!("{record}\n")).collect();
        let Ok(here) = outcome(&schema, &Options::default(), Format::Ndjson, &input) else { return Ok(()) };
        let there = outcome(&json!({ "$ref": OTHER }), &given(&[(OTHER, schema.clone())]), Format::Ndjson, &input).expect("a stream");
        prop_assert_eq!(told(&here), told(&there), "{}", schema);
        prop_assert_eq!(here.valid, there.valid);
    }
}
