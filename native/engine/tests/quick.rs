//! The quick checks say yes only where the node finds nothing, and they do say yes to what is ordinary.

#[path = "common/cases.rs"]
mod cases;

use cases::cases;
use proptest::prelude::*;
use proptest::sample::select;
use sluice_engine::check::scalar::{check_boolean, check_cell, check_null, check_number, check_text};
use sluice_engine::rules::number::{Shape, shape};
use sluice_engine::schema::{Options, compile};

const KEYWORDS: [&str; 26] = [
    r#""type": "integer""#,
    r#""type": "number""#,
    r#""type": "string""#,
    r#""type": ["integer", "null"]"#,
    r#""type": ["string", "number"]"#,
    r#""type": ["string", "boolean"]"#,
    r#""type": "boolean""#,
    r#""minimum": 3"#,
    r#""exclusiveMinimum": 2.5"#,
    r#""maximum": 12"#,
    r#""maximum": 1e30"#,
    r#""exclusiveMaximum": 100"#,
    r#""multipleOf": 0.5"#,
    r#""minLength": 2"#,
    r#""maxLength": 3"#,
    r#""maxLength": 40"#,
    r#""pattern": "^[a-z]{2}$""#,
    r#""pattern": "^[A-Za-z0-9]{2}-[0-9]+$""#,
    r#""pattern": "(a)\\1""#,
    r#""format": "email""#,
    r#""format": "date-time""#,
    r#""format": "hostname""#,
    r#""enum": ["ab", "12", 12, "a long text of the enum", null]"#,
    r#""enum": [true, 3]"#,
    r#""const": "ab""#,
    r#""x-missing": ["ab"]"#,
];

fn text() -> impl Strategy<Value = String> {
    let known = select(vec![
        "",
        "ab",
        "aa",
        "AB-12",
        "é",
        "true",
        "false",
        "null",
        "12",
        "12.5",
        "-3",
        "2.5",
        "3",
        "3.0",
        "007",
        "1e2",
        "99999999",
        "123456789012345678901",
        "a@b.example",
        "2024-02-29T12:00:00Z",
        "2024-02-30T12:00:00Z",
        "a long text of the enum",
        "b.example",
        "100",
        "100.0",
        "-",
    ]);
    prop_oneof![2 => known.prop_map(str::to_owned), 1 => "-?[0-9]{1,9}(\\.[0-9]{1,8})?", 1 => "[a-zé-]{0,12}"]
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn a_yes_means_that_the_node_finds_nothing(keywords in proptest::sample::subsequence(KEYWORDS.to_vec(), 0..4), text in text()) {
        let schema = format!("{{\"properties\": {{\"a\": {{{}}}}}}}", keywords.join(","));
        // Two types, or two bounds of a kind, are no schema.
        let Ok(plan) = compile(&schema, &Options::default()) else { return Ok(()) };
        let id = plan.node(plan.root).object.as_ref().and_then(|object| object.properties[0].node).expect("a property");
        let (node, quick, bytes) = (plan.node(id), plan.quick(id), text.as_bytes());
        let mut found = 0;
        check_cell(node, bytes, 1000, |_| found += 1);
        prop_assert!(found == 0 || !quick.admits_cell(bytes), "the cell {:?} of {}", text, schema);
        found = 0;
        check_text(node, bytes, 1000, |_| found += 1);
        prop_assert!(found == 0 || !quick.admits_text(bytes), "the text {:?} of {}", text, schema);
        for quoted in [format!("\"{text}"), format!("{text}\"\""), text.replace(['-', '1'], "\"")] {
            found = 0;
            check_cell(node, quoted.as_bytes(), 1000, |_| found += 1);
            let doubled = quoted.replace('"', "\"\"");
            prop_assert!(found == 0 || !quick.admits_doubled_cell(doubled.as_bytes()), "the cell {:?} of {}", quoted, schema);
        }
        if shape(bytes) != Shape::None {
            found = 0;
            check_number(node, shape(bytes), bytes, |_| found += 1);
            prop_assert!(found == 0 || !quick.admits_number(shape(bytes)), "the number {} of {}", text, schema);
        }
        for value in [true, false] {
            found = 0;
            check_boolean(node, value, |_| found += 1);
            prop_assert!(found == 0 || !quick.admits_booleans(), "{} of {}", value, schema);
        }
        found = 0;
        check_null(node, |_| found += 1);
        prop_assert!(found == 0 || !quick.admits_null(), "null of {}", schema);
    }
}

#[test]
fn what_is_ordinary_is_settled() {
    for (keywords, text) in [
        (r#""type": "integer", "minimum": 1, "maximum": 1000"#, "527"),
        (r#""type": "number", "minimum": 0.01, "maximum": 100000"#, "69173.22"),
        (r#""type": "string", "enum": ["pending", "settled"]"#, "settled"),
        (r#""type": "string", "pattern": "^AC[0-9]{10}$""#, "AC6978647073"),
        (r#""type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}-[A-Z]{6}$""#, "EQ-0392-JALTKA"),
        (r#""type": "string", "pattern": "^[a-z]+$", "maxLength": 20"#, "abc"),
        (r#""type": "string", "format": "email""#, "xinj.bkhl@example.co.uk"),
        (r#""type": "string", "format": "date-time""#, "2020-11-10T23:08:46Z"),
        (r#""type": "string", "minLength": 1"#, "any text"),
        (r#""type": ["integer", "null"]"#, "7"),
    ] {
        let schema = format!("{{\"properties\": {{\"a\": {{{keywords}}}}}}}");
        let plan = compile(&schema, &Options::default()).expect("a schema");
        let id = plan.node(plan.root).object.as_ref().and_then(|object| object.properties[0].node).expect("a property");
        assert!(plan.quick(id).admits_cell(text.as_bytes()), "{text} of {schema}");
    }
    let schema = r#"{"properties": {"a": {"type": "string", "minLength": 1, "maxLength": 20}}}"#;
    let plan = compile(schema, &Options::default()).expect("a schema");
    let id = plan.node(plan.root).object.as_ref().and_then(|object| object.properties[0].node).expect("a property");
    assert!(plan.quick(id).admits_doubled_cell(br#"the ""gate"""#));
}
