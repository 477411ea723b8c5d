//! What a schema may say, and that what it says is what is checked.

#[path = "common/cases.rs"]
mod cases;
mod common;

use cases::cases;
use common::{request, run};
use jsonschema::error::ValidationErrorKind;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use sluice_engine::intake::Format;
use sluice_engine::schema::{Options, compile};
use std::collections::BTreeSet;

/// The code and the JSON pointer of the refusal, or nothing.
fn refusal(schema: &str, options: &Options) -> Option<(&'static str, String)> {
    let fault = compile(schema, options).err()?;
    let pointer = fault.message.split_once(": ").map_or("", |(pointer, _)| pointer);
    Some((fault.code, if pointer.starts_with('#') { pointer.to_owned() } else { String::new() }))
}

fn refused(schema: &str) -> Option<(&'static str, String)> {
    refusal(schema, &Options::default())
}

#[test]
fn keywords_that_are_enforced_compile() {
    for (keyword, value) in [
        ("type", r#""integer""#),
        ("type", r#"["string","null"]"#),
        ("enum", r#"[1,"a",null,true]"#),
        ("const", "null"),
        ("minimum", "1"),
        ("maximum", "1e400"),
        ("exclusiveMinimum", "-0.5"),
        ("exclusiveMaximum", "1E+2"),
        ("multipleOf", "0.01"),
        ("minLength", "0"),
        ("maxLength", "2.0"),
        ("pattern", r#""^\\d{3}$""#),
        ("format", r#""email""#),
        ("required", r#"["a","b"]"#),
        ("properties", r#"{"a":{"type":"string"},"b":true,"c":false}"#),
        ("additionalProperties", "true"),
        ("additionalProperties", "false"),
        ("minProperties", "1"),
        ("maxProperties", "1e2"),
        ("items", r#"{"items":{"type":"integer"}}"#),
        ("minItems", "1"),
        ("maxItems", "100000000000000000000000"),
        ("x-missing", r#"["","NA"]"#),
        ("$schema", r#""https://json-schema.org/draft/2020-12/schema""#),
        ("$schema", r##""http://json-schema.org/draft-07/schema#""##),
        ("title", r#""t""#),
        ("description", r#""d""#),
        ("$comment", r#""c""#),
        ("default", "1"),
        ("examples", "[1]"),
        ("deprecated", "true"),
        ("$defs", r#"{"a":{"$ref":"b"}}"#),
    ] {
        let schema = format!("{{{keyword:?}:{value}}}");
        assert_eq!(refused(&schema), None, "{schema}");
        let nested = format!(r#"{{"properties":{{"p":{{"items":{schema}}}}}}}"#);
        assert_eq!(refused(&nested), None, "{nested}");
    }
    for format in ["date-time", "date", "time", "duration", "email", "uuid", "ipv4", "ipv6", "hostname", "uri", "regex"] {
        assert_eq!(refused(&json!({ "format": format }).to_string()), None, "{format}");
    }
}

#[test]
fn values_of_keywords_that_make_no_sense_are_refused() {
    for (keyword, values) in [
        ("type", &[r#""int""#, "[]", r#"["string",1]"#, "null", r#"["String"]"#, "{}"][..]),
        ("enum", &["1", "{}", "null", r#""a""#]),
        ("minimum", &[r#""1""#, "null", "true", "[]"]),
        ("maximum", &[r#""1""#]),
        ("exclusiveMinimum", &["true"]),
        ("exclusiveMaximum", &["false"]),
        ("multipleOf", &["0", "-1", "0.0", "-0.01", r#""1""#]),
        ("minLength", &["-1", "1.5", r#""1""#, "null"]),
        ("maxLength", &["-1e0", "1e-1"]),
        ("minItems", &["-1", "true"]),
        ("maxItems", &["0.5"]),
        ("minProperties", &["-1"]),
        ("maxProperties", &["[]"]),
        ("pattern", &["1", "null"]),
        ("format", &["1", "[]"]),
        ("required", &[r#""a""#, "[1]", "true", "{}"]),
        ("properties", &["[]", "1", "true"]),
        ("x-missing", &[r#""""#, "[1]", "{}"]),
        ("$schema", &["1", r#""https://json-schema.org/draft/2019-09/schemata""#, r#""http://json-schema.org/draft-04/schema#""#]),
    ] {
        for value in values {
            let schema = format!("{{{keyword:?}:{value}}}");
            assert_eq!(refused(&schema), Some(("schema/invalid", format!("#/{keyword}"))), "{schema}");
            let nested = format!(r#"{{"properties":{{"a/b~":{{"items":{schema}}}}}}}"#);
            assert_eq!(refused(&nested), Some(("schema/invalid", format!("#/properties/a~1b~0/items/{keyword}"))), "{nested}");
        }
    }
    assert_eq!(refused(r#"{"properties":{"a":1}}"#), Some(("schema/invalid", "#/properties/a".to_owned())));
    assert_eq!(refused(r#"{"items":[]}"#), Some(("schema/invalid", "#/items".to_owned())));
    for text in ["1", "null", r#""{}""#, "[]", "{", "", "{}{}", "\u{FEFF}{}"] {
        assert_eq!(refused(text).map(|(code, _)| code), Some("schema/invalid"), "{text}");
    }
    assert_eq!(refused(r#"{"pattern":"["}"#), Some(("schema/pattern", "#/pattern".to_owned())));
    assert_eq!(refused(r#"{"pattern":"(?i)a"}"#), Some(("schema/pattern", "#/pattern".to_owned())));
    assert_eq!(refused(r#"{"format":"e-mail"}"#), Some(("schema/format", "#/format".to_owned())));
    assert_eq!(refused(r#"{"format":"Date"}"#), Some(("schema/format", "#/format".to_owned())));
}

#[test]
fn nothing_is_ignored_in_silence() {
    let ignoring = Options { ignore_unknown: true, ..Options::default() };
    // Rules across fields are of records, and those over the whole stream of all of them, and so they stand at the top alone.
    let of_stream = ["x-unique", "x-order", "x-recordCount", "x-missingRatio"].map(|keyword| (keyword, "schema/stream-rule"));
    for (keyword, code) in [("x-severity", "schema/invalid"), ("x-rules", "schema/rule")].into_iter().chain(of_stream) {
        let schema = json!({ "properties": { "p": { keyword: true } } }).to_string();
        let expected = Some((code, format!("#/properties/p/{keyword}")));
        assert_eq!(refused(&schema), expected);
        assert_eq!(refusal(&schema, &ignoring), expected, "what is known is not unknown");
    }
    for keyword in [
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "dependentSchemas",
        "dependentRequired",
        "patternProperties",
        "minContains",
        "maxContains",
        "prefixItems",
        "dependencies",
        "definitions",
    ] {
        let schema = json!({ "properties": { "p": { keyword: true } } }).to_string();
        let expected = Some(("schema/invalid", format!("#/properties/p/{keyword}")));
        assert_eq!(refused(&schema), expected, "true makes no sense there");
        assert_eq!(refusal(&schema, &ignoring), expected);
    }
    for keyword in
        ["Type", "minimun", "requird", "x-other", "", "type ", "maxlength", "divisibleBy", "a/b", "additionalItems", "$recursiveRef"]
    {
        let schema = json!({ keyword: 1 }).to_string();
        assert_eq!(refused(&schema), Some(("schema/keyword", format!("#/{}", keyword.replace('/', "~1")))), "{keyword}");
        assert_eq!(refusal(&schema, &ignoring), None, "{keyword}");
    }
    assert_eq!(refused(&format!("{}true{}", r#"{"items":"#.repeat(120), "}".repeat(120))), None);
    let bomb = format!("{}true{}", r#"{"items":"#.repeat(100_000), "}".repeat(100_000));
    assert_eq!(refused(&bomb).map(|(code, _)| code), Some("schema/too-large"));
    let wide = json!({ "enum": (0..300_000).collect::<Vec<u32>>() }).to_string();
    assert_eq!(refused(&wide), None);
    assert_eq!(refused(&format!("{{\"title\":\"{}\"}}", "x".repeat(17 << 20))).map(|(code, _)| code), Some("schema/too-large"));
}

#[test]
fn a_name_that_stands_twice_in_a_schema_is_refused() {
    for (schema, pointer) in [
        (r#"{"minimum":5,"minimum":1}"#, "#/minimum"),
        (r#"{"properties":{"a":{"type":"string"},"\u0061":true}}"#, "#/properties/a"),
        (r#"{"properties":{"a/b":{"items":{"enum":[1],"enum":[2]}}}}"#, "#/properties/a~1b/items/enum"),
    ] {
        assert_eq!(refused(schema), Some(("schema/invalid", pointer.to_owned())), "{schema}");
    }
}

#[test]
fn formats_may_be_annotations() {
    let annotating = Options { format_assertion: false, ..Options::default() };
    for schema in [r#"{"format":"email"}"#, r#"{"format":"e-mail"}"#] {
        let plan = compile(schema, &annotating).expect("an annotation");
        let mut asked = request("true", Format::Ndjson);
        asked.plan = plan.into();
        assert_eq!(run(&asked, b"\"no mail\"\n", &[usize::MAX]).expect("a stream").report.counts.valid, 1);
    }
    assert_eq!(refusal(r#"{"format":1}"#, &annotating), Some(("schema/invalid", "#/format".to_owned())));
}

#[test]
fn masks_name_fields_that_are_there() {
    let masking = |name: &str| Options { mask: vec![name.to_owned()], ..Options::default() };
    let schema = r#"{"properties":{"a":{"properties":{"b":true}},"c":{"items":{}}},"required":["d"]}"#;
    for name in ["a", "a/b", "c", "c/*", "d"] {
        assert_eq!(refusal(schema, &masking(name)), None, "{name}");
    }
    for name in ["e", "b", "A", "", "a/", "c/0"] {
        assert_eq!(refusal(schema, &masking(name)), Some(("option/invalid", String::new())), "{name}");
    }
}

#[test]
fn the_digest_is_that_of_what_is_said() {
    let digest = |schema: &str| compile(schema, &Options::default()).expect("a schema").digest;
    let one = digest(r#"{"type":"object","properties":{"a":{"minimum":1,"maximum":2},"b":true}}"#);
    assert_eq!(one, digest("{ \"properties\" : {\"b\":true,\n\"\\u0061\":{\"maximum\":2,\"minimum\":1}}, \"type\":\"object\"}"));
    assert_ne!(one, digest(r#"{"type":"object","properties":{"a":{"minimum":1,"maximum":3},"b":true}}"#));
    assert_ne!(digest(r#"{"required":["a","b"]}"#), digest(r#"{"required":["b","a"]}"#));
    assert_ne!(digest(r#"{"minimum":9007199254740992}"#), digest(r#"{"minimum":9007199254740993}"#));
    assert!(one.starts_with("sha256:") && one.len() == 71);
}

#[test]
fn missing_tokens_of_a_field_take_the_place_of_the_streams() {
    let schema = r#"{"properties":{"a":{"type":["integer","null"],"x-missing":["NA"]},"b":{"type":["integer","null"]},"c":{"x-missing":[]}},"required":["c"]}"#;
    let outcome = run(&request(schema, Format::Csv), b"a,b,c\nNA,,\n,NA,\n", &[usize::MAX]).expect("a stream");
    assert_eq!(outcome.brief(), ["type 3 11", "type 3 11"]);
}

fn number() -> impl Strategy<Value = Value> {
    select(vec![
        json!(-3),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(6),
        json!(0.5),
        json!(1.5),
        json!(2.5),
        json!(-0.25),
        json!(100.0),
    ])
}

fn text() -> impl Strategy<Value = String> {
    select(
        ["", "a", "ab", "abc", "ba", "12", "😀", "é1", "2024-02-29", "2023-02-29", "127.0.0.1", "1.2.3", "a@b.co"]
            .map(str::to_owned)
            .to_vec(),
    )
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(Value::Null), 1 => any::<bool>().prop_map(Value::from), 3 => number(), 3 => text().prop_map(Value::from)]
}

const NAMES: [&str; 5] = ["a", "b", "c/~", "", "__proto__"];

fn object(value: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    let members = |names: Vec<&'static str>, value| (Just(names.clone()), proptest::collection::vec(value, names.len()));
    subsequence(NAMES.to_vec(), 0..=NAMES.len())
        .prop_flat_map(move |names| members(names, value.clone()))
        .prop_map(|(names, values)| Value::Object(names.into_iter().map(str::to_owned).zip(values).collect()))
}

fn record() -> impl Strategy<Value = Value> {
    let items = proptest::collection::vec(scalar(), 0..4).prop_map(Value::from).boxed();
    let inner = object(scalar().boxed()).boxed();
    let value = prop_oneof![6 => scalar(), 1 => items, 1 => inner].boxed();
    prop_oneof![8 => object(value.clone()), 1 => value]
}

/// One keyword, or none, for each of those that are compiled.
fn keywords() -> impl Strategy<Value = Vec<(&'static str, Option<Value>)>> {
    let types =
        || subsequence(vec!["null", "boolean", "integer", "number", "string", "object", "array"], 1..4).prop_map(|types| json!(types));
    let maybe = |value: BoxedStrategy<Value>| option::weighted(0.2, value);
    let count = || (0u32..4).prop_map(Value::from).boxed();
    let values = proptest::collection::vec(scalar(), 1..6).prop_map(Value::from).boxed();
    let divisor = select(vec![json!(1), json!(2), json!(0.5), json!(3), json!(2.5)]).boxed();
    let pattern = select(vec!["^a", "b$", "\\d", "^.$", "a|1", "^[^a]*$", "\\p{L}"]).prop_map(Value::from).boxed();
    let format = select(vec!["date", "ipv4", "email"]).prop_map(Value::from).boxed();
    let scalars = (maybe(types().boxed()), maybe(values), maybe(scalar().boxed()), maybe(pattern), maybe(format));
    let numbers = (maybe(number().boxed()), maybe(number().boxed()), maybe(number().boxed()), maybe(number().boxed()), maybe(divisor));
    let counts = (maybe(count()), maybe(count()), maybe(count()), maybe(count()), maybe(count()), maybe(count()));
    (scalars, numbers, counts).prop_map(|(scalars, numbers, counts)| {
        vec![
            ("type", scalars.0),
            ("enum", scalars.1),
            ("const", scalars.2),
            ("pattern", scalars.3),
            ("format", scalars.4),
            ("minimum", numbers.0),
            ("maximum", numbers.1),
            ("exclusiveMinimum", numbers.2),
            ("exclusiveMaximum", numbers.3),
            ("multipleOf", numbers.4),
            ("minLength", counts.0),
            ("maxLength", counts.1),
            ("minItems", counts.2),
            ("maxItems", counts.3),
            ("minProperties", counts.4),
            ("maxProperties", counts.5),
        ]
    })
}

fn subschema() -> impl Strategy<Value = Value> {
    let said =
        keywords().prop_map(|said| Value::Object(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()));
    prop_oneof![12 => said, 1 => Just(json!(true)), 1 => Just(json!(false))]
}

fn schema() -> impl Strategy<Value = Value> {
    let level = |inner: BoxedStrategy<Value>| {
        let names = subsequence(NAMES.to_vec(), 0..=NAMES.len()).prop_map(|names| json!(names));
        (subschema(), object(inner.clone()), option::of(names), option::of(any::<bool>()), option::of(inner)).prop_map(
            |(said, properties, required, additional, items)| {
                let mut said: Map<String, Value> = said.as_object().cloned().unwrap_or_default();
                said.insert("properties".to_owned(), properties);
                said.extend(required.map(|names| ("required".to_owned(), names)));
                said.extend(additional.map(|allowed| ("additionalProperties".to_owned(), allowed.into())));
                said.extend(items.map(|items| ("items".to_owned(), items)));
                Value::Object(said)
            },
        )
    };
    let inner = prop_oneof![4 => subschema(), 1 => level(subschema().boxed())].boxed();
    level(inner)
}

/// `keyword pointer` of each violation, by the crate jsonschema.
fn elsewhere(schema: &Value, record: &Value) -> BTreeSet<String> {
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).should_validate_formats(true);
    let validator = options.build(schema).expect("a schema");
    let mut told = BTreeSet::new();
    for fault in validator.iter_errors(record) {
        let (keyword, pointer) = (fault.kind().keyword(), fault.instance_path().to_string());
        let below = |name: &str| format!("{keyword} {pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match fault.kind() {
            // jsonschema 0.60 tells this of a name that is there, where properties lack it and additionalProperties is false.
            ValidationErrorKind::Required { property } if fault.instance().get(property.as_str().expect("a name")).is_some() => {}
            ValidationErrorKind::Required { property } => drop(told.insert(below(property.as_str().expect("a name")))),
            ValidationErrorKind::AdditionalProperties { unexpected } => told.extend(unexpected.iter().map(|name| below(name))),
            ValidationErrorKind::FalseSchema => drop(told.insert(format!("false-schema {pointer}"))),
            _ => drop(told.insert(format!("{keyword} {pointer}"))),
        }
    }
    told
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn the_plan_finds_what_a_full_engine_finds(schema in schema(), records in proptest::collection::vec(record(), 1..6)) {
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        let outcome = run(&request(&schema.to_string(), Format::Ndjson), lines.join("\n").as_bytes(), &[usize::MAX]).expect("a stream");
        let violations: Vec<Value> = outcome.violations.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        for (at, record) in records.iter().enumerate() {
            let told = violations.iter().filter(|violation| violation["record"] == json!(at + 1)).map(|violation| {
                format!("{} {}", violation["code"].as_str().expect("a code"), violation["pointer"].as_str().expect("a pointer"))
            });
            prop_assert_eq!(told.collect::<BTreeSet<_>>(), elsewhere(&schema, record), "{} of {}", record, schema);
        }
    }
}

fn cell() -> impl Strategy<Value = &'static str> {
    select(vec!["", "a", "ab", "12", "-3", "1.0", "1.5", "1e2", "+1", "01", "1.", "true", "TRUE", "null", "NA", "2024-02-29", "é1"])
}

fn flat_schema() -> impl Strategy<Value = Value> {
    let types = option::of(subsequence(vec!["null", "boolean", "integer", "number", "string"], 1..4));
    let field = (subschema(), types, option::weighted(0.2, Just(json!(["NA", "12"])))).prop_map(|(said, types, missing)| {
        let Value::Object(mut said) = said else { return said };
        said.remove("type");
        said.extend(types.map(|types| ("type".to_owned(), json!(types))));
        said.extend(missing.map(|tokens| ("x-missing".to_owned(), tokens)));
        said.retain(|keyword, _| !["minItems", "maxItems", "minProperties", "maxProperties"].contains(&keyword.as_str()));
        Value::Object(said)
    });
    let count = || option::weighted(0.3, 0u32..4);
    (proptest::collection::vec(field, 3), subsequence(vec!["a", "b", "c", "d"], 0..4), count(), count()).prop_map(
        |(fields, required, least, most)| {
            let mut said = json!({ "properties": { "a": fields[0], "b": fields[1], "c": fields[2] }, "required": required });
            let counts = [("minProperties", least), ("maxProperties", most)];
            let members = said.as_object_mut().expect("an object");
            members.extend(counts.into_iter().filter_map(|(name, count)| Some((name.to_owned(), count?.into()))));
            said
        },
    )
}

proptest! {
    #![proptest_config(cases(1_000))]

    /// A row of text is judged alike, whether it comes as CSV or as an object whose strings are cells.
    #[test]
    fn cells_are_judged_alike_in_csv_and_in_objects(schema in flat_schema(), rows in proptest::collection::vec(proptest::collection::vec(cell(), 4), 1..5)) {
        let names = ["a", "b", "c", "d"];
        let csv: String = rows.iter().map(|row| format!("{}\n", row.join(","))).collect();
        let object = |row: &Vec<&str>| json!(names.iter().zip(row).collect::<std::collections::BTreeMap<_, _>>()).to_string() + "\n";
        let objects: String = rows.iter().map(object).collect();
        let mut asked = request(&schema.to_string(), Format::Csv);
        asked.header = Some(names.map(str::to_owned).to_vec());
        let one = run(&asked, csv.as_bytes(), &[usize::MAX]).expect("a stream");
        asked.format = Format::Records { cells: true, glanced: false };
        let other = run(&asked, objects.as_bytes(), &[usize::MAX]).expect("a stream");
        let told = |violations: &str| -> Vec<String> {
            let mut lines: Vec<Value> = violations.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            // An object has a text as a whole, a CSV record has not.
            lines.iter_mut().filter(|one| one["field"].is_null()).for_each(|one| one["value"] = Value::Null);
            let mut told: Vec<String> = lines.iter().map(|one| format!("{} {} {} {}", one["record"], one["field"], one["code"], one["value"])).collect();
            told.sort();
            told
        };
        prop_assert_eq!(told(&one.violations), told(&other.violations), "{}", schema);
    }
}

/// In the full engine too, names are matched as ECMA-262 has it, where the crate's own engine would not.
#[test]
fn pattern_properties_of_the_full_engine_are_ecma_262() {
    let cases = [
        (r"^\d$", "٣", false),
        (r"^\w$", "é", false),
        (r"^\s$", "\u{FEFF}", true),
        (r"^\s$", "\u{85}", false),
        (r"^.$", "\u{2028}", false),
        (r"^.$", "\r", false),
        (r"^.$", "😀", true),
        (r"^[^]$", "\n", true),
        (r"^\u{1F600}$", "😀", true),
        (r"^\ud83d\ude00$", "😀", true),
        (r"^\cJ$", "\n", true),
        (r"^\0$", "\0", true),
        (r"^[\b]$", "\u{8}", true),
        (r"^a{2,3}?$", "aaa", true),
        (r"^(?<n>a|b)+$", "abab", true),
        (r"^\p{Lu}$", "É", true),
        (r"^[a&&b]$", "&", true),
        (r"^[[]$", "[", true),
        (r"^\/\-?$", "/", true),
        (r"x$", "ax\n", false),
    ];
    for (source, name, matches) in cases {
        // In a class of the u flag, \- is an escape, and outside of one it is none.
        let source = source.replace(r"\-?", "");
        let schema = json!({ "patternProperties": { &source: { "type": "integer" } }, "unevaluatedProperties": false });
        let outcome = run(&request(&schema.to_string(), Format::Ndjson), json!({ name: 1 }).to_string().as_bytes(), &[usize::MAX]);
        assert_eq!(outcome.expect("a stream").report.counts.valid == 1, matches, "{source} on {name:?}");
    }
    let both = json!({ "patternProperties": { "[0-9]": { "minimum": 5 }, "\\d": { "maximum": 7 } }, "unevaluatedProperties": false });
    let outcome = run(&request(&both.to_string(), Format::Ndjson), b"{\"1\":6}\n{\"1\":4}\n{\"1\":8}", &[usize::MAX]).expect("a stream");
    assert_eq!(outcome.brief().len(), 2, "{:?}", outcome.violations);
    for source in ["(?=a)b", r"(a)\1", r"\bx"] {
        let schema = json!({ "patternProperties": { source: true }, "unevaluatedProperties": false });
        let fault = compile(&schema.to_string(), &Options::default()).expect_err("it is refused");
        assert_eq!(fault.code, "schema/pattern");
    }
}
