//! What is said of records that meet several subschemas at once, in JSON and in CSV.

mod common;

use common::{Outcome, request, run};
use serde_json::{Value, json};
use sluice_engine::intake::Format;
use sluice_engine::schema::{How, Options, compile, explain};

/// `record code field pointer value` of each violation; pointers are of JSON only.
fn told(outcome: &Outcome) -> Vec<String> {
    let line = |line: &str| {
        let violation: Value = serde_json::from_str(line).expect("JSON");
        let text = |name: &str| violation[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {} {}", violation["record"], text("code"), text("field"), text("pointer"), violation["value"])
    };
    outcome.violations.lines().map(line).collect()
}

fn csv(schema: &Value, input: &str) -> Vec<String> {
    let outcome = run(&request(&schema.to_string(), Format::Csv), input.as_bytes(), &[3]).expect("a stream");
    let header = outcome.header.len();
    assert_eq!(outcome.valid.len() + outcome.invalid.len() + header, input.len());
    assert_eq!(outcome.brief().len(), told(&outcome).len());
    told(&outcome)
}

fn ndjson(schema: &Value, input: &str) -> Vec<String> {
    told(&run(&request(&schema.to_string(), Format::Ndjson), input.as_bytes(), &[5]).expect("a stream"))
}

#[test]
fn conditions_over_columns() {
    let schema = json!({
        "properties": { "country": { "enum": ["US", "DE"] }, "zip": true, "amount": { "$ref": "#/$defs/amount" } },
        "required": ["country"],
        "if": { "properties": { "country": { "const": "US" } }, "required": ["country"] },
        "then": { "properties": { "zip": { "pattern": "^[0-9]{5}$" } }, "required": ["zip"] },
        "dependentRequired": { "amount": ["zip"] },
        "$defs": { "amount": { "type": ["number", "null"], "minimum": 0.5 } }
    });
    let input = "country,zip,amount\nUS,12345,007.50\nUS,1234,1\nDE,x,0.25\nDE,,1\nUS,,\nFR,\"a\"\"b\",x\n";
    assert_eq!(
        csv(&schema, input),
        [
            r#"2 pattern zip - "1234""#,
            r#"3 minimum amount - "0.25""#,
            r#"4 dependentRequired zip - """#,
            r#"5 dependentRequired zip - """#,
            r#"5 required zip - """#,
            r#"6 enum country - "FR""#,
            r#"6 type amount - "x""#,
        ]
    );
}

#[test]
fn a_reference_alone_keeps_a_schema_flat_and_its_fields_named() {
    let schema = json!({ "properties": { "a": { "$ref": "#/$defs/n", "title": "t" } }, "$defs": { "n": { "type": "integer" } } });
    let plan = compile(&schema.to_string(), &Options::default()).expect("a plan");
    assert!(plan.engine.cell_law().is_none());
    assert_eq!(csv(&schema, "a\n1\nx\n"), [r#"2 type a - "x""#]);
}

#[test]
fn the_full_engine_sees_cells_as_values() {
    let schema = json!({
        "properties": { "n": { "type": "integer" } },
        "anyOf": [{ "properties": { "t": true } }, { "properties": { "u": true } }],
        "unevaluatedProperties": false
    });
    assert_eq!(csv(&schema, "n,t\n007,x\nx,y\n"), [r#"2 type n - "x""#]);
    assert_eq!(csv(&schema, "n,v\n7,x\n7,\n"), [r#"1 unevaluatedProperties v - "x""#]);
    let schema = json!({ "required": ["a"], "properties": { "a": { "format": "date" } }, "unevaluatedProperties": { "type": "number" } });
    assert_eq!(
        ndjson(&schema, "{\"a\":\"2024-02-30\",\"b\":{\"c\":1}}\n{\"b\":1}\n{\"a\":1,\"a\":2}\n{\"a\":\"\n"),
        [
            r#"1 format a /a "2024-02-30""#,
            r#"1 unevaluatedProperties b /b null"#,
            "2 required a /a null",
            "3 json/duplicate-key a /a null",
            "4 json/syntax - - null",
        ]
        .map(|line| if line.starts_with('4') { r#"4 json/syntax -  null"# } else { line })
    );
}

#[test]
fn nested_records_tell_where() {
    let schema = json!({
        "$ref": "#/$defs/tree",
        "$defs": {
            "tree": {
                "type": "object",
                "properties": { "name": { "type": "string", "minLength": 1 }, "children": { "items": { "$ref": "#/$defs/tree" }, "uniqueItems": true } },
                "patternProperties": { "^x-": { "type": "integer" } },
                "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
                "propertyNames": { "maxLength": 8 }
            }
        }
    });
    let record = r#"{"name":"a","children":[{"name":""},{"x-a":1.5,"other":1,"children":[1,1.0]},{"name":"b"}],"muchtoolong":null}"#;
    assert_eq!(
        ndjson(&schema, record),
        [
            "1 propertyNames muchtoolong /muchtoolong null",
            r#"1 minLength children/0/name /children/0/name """#,
            r#"1 type children/1/x-a /children/1/x-a 1.5"#,
            r#"1 anyOf children/1/other /children/1/other 1"#,
            r#"1 uniqueItems children/1/children /children/1/children [1,1.0]"#,
            r#"1 type children/1/children/0 /children/1/children/0 1"#,
            r#"1 type children/1/children/1 /children/1/children/1 1.0"#,
        ]
    );
}

#[test]
fn what_is_undecided_is_never_valid() {
    let slow = json!({ "pattern": "^(?=(a+)+b)" });
    let input = format!("\"{}\"\n", "a".repeat(60_000));
    for schema in
        [slow.clone(), json!({ "not": slow }), json!({ "anyOf": [slow, false] }), json!({ "unevaluatedItems": false, "not": slow })]
    {
        assert_eq!(ndjson(&schema, &input).iter().filter(|line| line.starts_with("1 pattern/undecided")).count(), 1, "{schema}");
    }
}

#[test]
fn documents_are_only_those_given() {
    let schema = json!({ "$ref": "https://example.com/a.json" }).to_string();
    let fault = compile(&schema, &Options::default()).expect_err("no document");
    assert_eq!(fault.code, "schema/invalid");
    assert!(fault.message.contains("https://example.com/a.json") && fault.message.contains("references"), "{}", fault.message);
    let references = vec![("https://example.com/a.json".to_owned(), r#"{"type":"integer"}"#.to_owned())];
    let plan = compile(&schema, &Options { references, ..Options::default() }).expect("a plan");
    let mut asked = request("true", Format::Ndjson);
    asked.plan = plan.into();
    assert_eq!(told(&run(&asked, b"1\n\"a\"\n", &[2]).expect("a stream")), [r#"2 type -  "a""#]);
}

#[test]
fn loops_on_one_value_are_refused() {
    for (schema, pointer) in [
        (r##"{"$ref":"#"}"##, "#"),
        (
            r##"{"properties":{"p":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"allOf":[{"$ref":"#/$defs/a"}]}}}"##,
            "#/$defs/a",
        ),
        (r##"{"not":{"$ref":"#"}}"##, "#"),
    ] {
        let fault = compile(schema, &Options::default()).expect_err("a loop");
        assert_eq!((fault.code, fault.message.split(": ").next()), ("schema/invalid", Some(pointer)), "{schema} {fault}");
    }
    assert!(compile(r##"{"properties":{"a":{"$ref":"#"}}}"##, &Options::default()).is_ok());
}

#[test]
fn every_keyword_is_explained() {
    let how = |schema: &Value, options: &Options| -> Vec<String> {
        let explained = explain(&schema.to_string(), options).expect("a schema");
        explained.iter().map(|one| format!("{} {:?}", one.pointer, one.how)).collect()
    };
    let schema = json!({ "title": "t", "type": "object", "properties": { "a": { "format": "date" } }, "$defs": { "x": { "minimum": 1 } } });
    assert_eq!(
        how(&schema, &Options::default()),
        [
            "/title Annotation",
            "/type Compiled",
            "/properties Compiled",
            "/$defs Annotation",
            "/properties/a/format Compiled",
            "/$defs/x/minimum Compiled"
        ]
    );
    let schema = json!({ "type": "object", "unevaluatedProperties": false });
    assert_eq!(how(&schema, &Options::default()), ["/type FullEngine", "/unevaluatedProperties FullEngine"]);
    let schema = json!({ "items": { "pattern": "[", "minimun": 1, "minimum": "a" } });
    let refused = explain(&schema.to_string(), &Options::default()).expect("a schema");
    let refused: Vec<_> = refused.iter().filter(|one| one.how == How::Refused).map(|one| one.pointer.as_str()).collect();
    assert_eq!(refused, ["/items/pattern", "/items/minimun"]);
}
