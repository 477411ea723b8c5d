//! Rules over the fields of a record: what is refused when they are compiled, and what they say of records.

mod common;

use common::{Outcome, request, run};
use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_engine::intake::Format;
use sluice_engine::schema::{How, Options, compile, explain};

fn with_rule(mut schema: Value, cel: &str) -> Value {
    schema["x-rules"] = json!([{ "id": "it", "cel": cel }]);
    schema
}

fn order() -> Value {
    json!({
        "type": "object",
        "properties": {
            "price": { "type": "number" },
            "quantity": { "type": "integer" },
            "total": { "type": ["number", "null"] },
            "note": { "type": "string" },
            "paid": { "type": "boolean" },
            "lines": { "type": "array", "items": { "$ref": "#/$defs/line" } },
            "customer": { "type": "object", "properties": { "name": { "type": "string" } } },
            "extra": { "type": "object" },
            "anything": true
        },
        "$defs": { "line": { "type": "object", "properties": { "count": { "type": "integer" }, "tags": { "type": "array", "items": { "type": "string" } } } } }
    })
}

/// `code` of each violation, and the reason of a rule that says nothing.
fn told(outcome: &Outcome) -> Vec<String> {
    let line = |line: &str| {
        let violation: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((&violation["keyword"], &violation["params"]["id"]), (&json!("x-rules"), &json!("it")), "{line}");
        let more = [&violation["params"]["reason"], &violation["params"]["at"]];
        [&violation["code"]].into_iter().chain(more).filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    outcome.violations.lines().map(line).collect()
}

/// What the rule says of one JSON record: `true`, `false` or `<reason> <at>`.
fn asked(schema: &Value, cel: &str, record: &str) -> String {
    let request = request(&with_rule(schema.clone(), cel).to_string(), Format::Ndjson);
    let outcome = run(&request, record.as_bytes(), &[7]).expect("a stream");
    assert_eq!(outcome.valid.len() + outcome.invalid.len(), record.len());
    match told(&outcome).as_slice() {
        [] => "true".to_owned(),
        [one] if one == "rule" => "false".to_owned(),
        [one] => one.replace("rule/error ", ""),
        more => panic!("{more:?}"),
    }
}

#[test]
fn what_can_never_be_right_is_refused_with_its_place() {
    for (cel, said) in [
        ("prize > 1", "no field \"prize\""),
        ("this.prize > 1", "no field \"prize\""),
        ("customer.nam == 'x'", "no field \"nam\""),
        ("lines.all(line, line.cuont > 1)", "no field \"cuont\""),
        ("has(this.prize)", "no field \"prize\""),
        ("has(note)", "has(this.name)"),
        ("price == 'x'", "number == string is never"),
        ("note != 1", "string != integer is never"),
        ("note == null", "string == null is never"),
        ("'x' in [1, 2]", "string is never in a list of integer"),
        ("price < note", "cannot be compared"),
        ("paid < true", "cannot be compared"),
        ("anything < anything", "means two things"),
        ("anything + anything == 1", "means two things"),
        ("anything / 2 == 3", "means two things"),
        ("(anything + 1) / 2 == 3", "means two things"),
        ("(paid ? 1 : 1.5) / 2 == 3", "means two things"),
        ("lines.map(line, line.count)[0] / 2 == 3", "means two things"),
        ("price % 2 == 0", "% takes whole numbers"),
        ("note - 1 == 2", "string - integer is not possible"),
        ("price + note == 2", "number + string is not possible"),
        ("price", "a rule says true or false, and this gives number"),
        ("!price", "! takes true or false"),
        ("paid && price", "&& takes true or false"),
        ("price.all(x, true)", "goes through a list"),
        ("size(price) > 1", "size takes"),
        ("note.reverse() == 'x'", "no function \"reverse\""),
        ("now() > 1", "no function \"now\""),
        ("price.startsWith('1')", "startsWith takes strings"),
        ("note.matches(note)", "text in quotes"),
        ("note.matches('(')", "cannot be used"),
        ("note.matches('(a{1000}){1000}')", "more than 1000 copies"),
        ("note.matches('\\\\pL{900}')", "cannot be used"),
        ("note.matches('a\\\\Z')", "cannot be used: \\Z is not known here; write \\z"),
        ("matches(note, '(?x)a b')", "cannot be used: what follows (? is not known"),
        ("note.matches('\\\\' + 'd')", "text in quotes"),
        ("price > 1u", "write 1 instead"),
        ("{'a': 1}.a == 1", "map"),
        ("note == b'x'", "bytes"),
        ("price >", "it is no CEL"),
        ("price > 99999999999999999999", "it is no CEL"),
        ("price > 0.1234567890123456789e", "it is no CEL"),
        ("", "it is no CEL"),
    ] {
        let fault = compile(&with_rule(order(), cel).to_string(), &Options::default()).expect_err(cel);
        assert_eq!(fault.code, "schema/rule", "{cel}: {fault}");
        assert!(fault.message.starts_with("#/x-rules/0/cel: ") && fault.message.contains(said), "{cel}: {fault}");
    }
}

#[test]
fn the_keyword_is_read_strictly() {
    let rule = json!({ "id": "a", "cel": "true" });
    for (value, code, at) in [
        (json!({}), "schema/invalid", "#/x-rules:"),
        (json!([1]), "schema/invalid", "#/x-rules/0:"),
        (json!([{ "id": "a" }]), "schema/invalid", "#/x-rules/0:"),
        (json!([{ "id": "", "cel": "true" }]), "schema/invalid", "#/x-rules/0/id:"),
        (json!([{ "id": "a", "cel": 1 }]), "schema/invalid", "#/x-rules/0/cel:"),
        (json!([{ "id": "a", "cel": "true", "mesage": "x" }]), "schema/rule", "#/x-rules/0/mesage:"),
        (json!([rule, rule]), "schema/rule", "#/x-rules/1/id:"),
        (json!(vec![rule.clone(); 1_001]), "schema/too-large", "#/x-rules:"),
    ] {
        let fault = compile(&json!({ "x-rules": value }).to_string(), &Options::default()).expect_err("refused");
        assert!(fault.code == code && fault.message.starts_with(at), "{value} {fault:?}");
    }
    for schema in [
        json!({ "properties": { "a": { "x-rules": [rule] } } }),
        json!({ "properties": { "a": { "x-rules": [rule] } }, "unevaluatedProperties": false }),
    ] {
        for ignore_unknown in [false, true] {
            let options = Options { ignore_unknown, ..Options::default() };
            let fault = compile(&schema.to_string(), &options).expect_err("refused");
            assert!(fault.code == "schema/rule" && fault.message.starts_with("#/properties/a/x-rules:"), "{fault:?}");
        }
    }
}

#[test]
fn a_rule_that_takes_too_much_is_refused_or_told() {
    let long = format!("{} > 0", vec!["price"; 1_000].join("+"));
    let deep = format!("{} > 0", vec!["price"; 120].join("+"));
    let nested = format!("{}price > 0{}", "(".repeat(2_000), ")".repeat(2_000));
    for cel in [&long, &deep, &nested] {
        let fault = compile(&with_rule(order(), cel).to_string(), &Options::default()).expect_err("refused");
        assert_eq!(fault.code, "schema/rule", "{fault}");
    }
    let record = json!({ "lines": vec![json!({ "count": 1 }); 400] }).to_string();
    assert_eq!(asked(&order(), "lines.all(line, line.count > 0)", &record), "true");
    assert_eq!(asked(&order(), "lines.all(a, lines.all(b, lines.all(c, a.count == c.count)))", &record), "steps ruleStepsMax");
    // Nothing turns the end of the steps into an answer.
    assert_eq!(asked(&order(), "lines.all(a, lines.all(b, lines.all(c, a.count == c.count))) || true", &record), "steps ruleStepsMax");
    let squared = "anything.map(x, x * x).map(x, x * x).map(x, x * x).map(x, x * x).all(x, x > 0)";
    assert_eq!(asked(&order(), squared, &format!("{{\"anything\":[{}]}}", "9".repeat(1_000))), "number-size number");
}

#[test]
fn numbers_are_exact() {
    for (cel, record, said) in [
        ("total == price * quantity", r#"{"price":19.99,"quantity":3,"total":59.97}"#, "true"),
        ("total == price + 0.2", r#"{"price":0.1,"total":0.3}"#, "true"),
        ("price == 0.12345678901234567890", r#"{"price":0.12345678901234567890}"#, "true"),
        ("price == 0.12345678901234567890", r#"{"price":0.12345678901234567891}"#, "false"),
        ("price < -0.5", r#"{"price":-0.50000000000000000001}"#, "true"),
        ("quantity == 9223372036854775807", r#"{"quantity":9223372036854775808}"#, "false"),
        ("quantity > 9223372036854775807", r#"{"quantity":9223372036854775808}"#, "true"),
        ("quantity + 1 > quantity", r#"{"quantity":9223372036854775807}"#, "true"),
        ("quantity * quantity == 1e40", r#"{"quantity":100000000000000000000}"#, "true"),
        ("price > 1e400 || price <= 1e300", r#"{"price":1}"#, "it is refused"),
        ("quantity / 2 == 3 && quantity % 2 == 1", r#"{"quantity":7}"#, "true"),
        ("quantity / 2 == -3 && quantity % 2 == -1", r#"{"quantity":-7}"#, "true"),
        ("price / 2 == 3.5", r#"{"price":7}"#, "true"),
        ("price / 3 * 3 == price", r#"{"price":1}"#, "true"),
        ("double(quantity) / 2 == 3.5", r#"{"quantity":7.0}"#, "true"),
        ("int(anything) / 2 == 3 && double(anything) / 2 == 3.5 && anything / 2.0 == 3.5", r#"{"anything":7}"#, "true"),
        ("1 / quantity == 1", r#"{"quantity":0}"#, "division-by-zero /"),
        ("quantity % (quantity - quantity) == 1", r#"{"quantity":5}"#, "division-by-zero /"),
        ("price > 0", r#"{"price":1e999999999}"#, "number-size number"),
        ("int(price) == -3 && int('-12') == -12 && double('1.50') == 1.5", r#"{"price":-3.9}"#, "true"),
        ("int(note) > 0", r#"{"note":"1.5"}"#, "conversion int"),
        ("double(note) > 0", r#"{"note":"x"}"#, "conversion double"),
        ("string(quantity) == '100000000000000000000'", r#"{"quantity":1e20}"#, "true"),
    ] {
        if said == "it is refused" {
            assert!(compile(&with_rule(order(), cel).to_string(), &Options::default()).is_err(), "{cel}");
        } else {
            assert_eq!(asked(&order(), cel, record), said, "{cel} of {record}");
        }
    }
}

#[test]
fn what_is_not_there_is_neither_true_nor_false() {
    for (cel, record, said) in [
        ("price > 1", "{}", "absent price"),
        ("has(this.price)", "{}", "false"),
        ("!has(this.price) || price > 1", "{}", "true"),
        ("price > 1 || true", "{}", "true"),
        ("price > 1 && false", "{}", "false"),
        ("price > 1 && true", "{}", "absent price"),
        ("total == null || total > 1", r#"{"total":null}"#, "true"),
        ("total > 1", r#"{"total":null}"#, "type >"),
        ("has(this.total)", r#"{"total":null}"#, "true"),
        ("has(this.customer.name)", r#"{"customer":{}}"#, "false"),
        ("has(customer.name)", r#"{"customer":{}}"#, "false"),
        ("has(this.customer.name)", "{}", "absent customer"),
        ("extra.a.b == 1", r#"{"extra":{"a":{"b":1.0}}}"#, "true"),
        ("extra.a.b == 1", r#"{"extra":{"a":1}}"#, "type b"),
        ("extra['a b'] == 'x'", r#"{"extra":{"a b":"x"}}"#, "true"),
        ("'a' in extra && !('b' in extra)", r#"{"extra":{"a":1}}"#, "true"),
        ("lines[1].count == 2", r#"{"lines":[{"count":1},{"count":2}]}"#, "true"),
        ("lines[2].count == 2", r#"{"lines":[]}"#, "index []"),
        ("anything", r#"{"anything":1}"#, "type rule"),
        ("anything == 1", r#"{"anything":"1"}"#, "type =="),
        ("anything != 1", r#"{"anything":"1"}"#, "type =="),
        ("!(anything in [1, 2])", r#"{"anything":"1"}"#, "type =="),
        ("anything in [1, 'a']", r#"{"anything":"a"}"#, "true"),
        ("anything == [1] || anything == extra", r#"{"anything":{},"extra":{}}"#, "true"),
        ("anything == [1]", r#"{"anything":{}}"#, "type =="),
        ("anything == [1, 'a']", r#"{"anything":[1.0,"a"]}"#, "true"),
        ("this.note == note", r#"{"note":"A\n\u00e9"}"#, "true"),
        ("size(note) == 2 && note.size() == 2", r#"{"note":"\u00e9😀"}"#, "true"),
        (
            "note.startsWith('a') && note.endsWith('c') && note.contains('b') && note.matches('(?i)^[A-C]+\\\\D$')",
            r#"{"note":"abc"}"#,
            "true",
        ),
        ("note.matches('^\\\\d+$')", r#"{"note":"٣"}"#, "false"),
        ("note.matches('^[a&&b]$') && matches(note, r'^\\Q&\\E\\z')", r#"{"note":"&"}"#, "true"),
        ("note < 'b' && 'B' < note && note + 'x' == 'ax'", r#"{"note":"a"}"#, "true"),
        ("note in ['a', 'b']", r#"{"note":"b"}"#, "true"),
        ("paid ? price > 0 : price == 0", r#"{"paid":false,"price":0}"#, "true"),
        ("lines.all(line, line.count > 0)", r#"{"lines":[]}"#, "true"),
        ("lines.all(line, line.count > 0)", r#"{"lines":[{},{"count":0}]}"#, "false"),
        ("lines.all(line, line.count > 0)", r#"{"lines":[{},{"count":1}]}"#, "absent count"),
        ("lines.exists(line, line.count > 0)", r#"{"lines":[{},{"count":1}]}"#, "true"),
        ("lines.exists_one(line, line.count > 0)", r#"{"lines":[{"count":1},{"count":1}]}"#, "false"),
        ("lines.map(line, line.count) == [1, 2]", r#"{"lines":[{"count":1},{"count":2}]}"#, "true"),
        ("lines.filter(line, line.count > 1).size() == 1", r#"{"lines":[{"count":1},{"count":2}]}"#, "true"),
        ("lines.exists(line, 'x' in line.tags)", r#"{"lines":[{"tags":[]},{"tags":["x"]}]}"#, "true"),
        ("lines.map(line, line.count) + [3] == [1, 3]", r#"{"lines":[{"count":1}]}"#, "true"),
        ("extra == anything", r#"{"extra":{"a":[1]},"anything":{"a":[1.0]}}"#, "true"),
        ("extra.all(name, name.startsWith('x'))", r#"{"extra":{"xa":1,"xb":1}}"#, "true"),
    ] {
        assert_eq!(asked(&order(), cel, record), said, "{cel} of {record}");
    }
}

#[test]
fn unlike_types_are_no_answer_within_values_either() {
    for (anything, other, said) in [
        (r#"{"x":"1"}"#, r#"{"x":1}"#, "type =="),
        (r#"{"x":[{"y":"1"}]}"#, r#"{"x":[{"y":1}]}"#, "type =="),
        (r#"{"x":[1]}"#, r#"{"x":{}}"#, "type =="),
        (r#"{"x":true}"#, r#"{"x":"true"}"#, "type =="),
        // What surely is not equal decides, wherever it stands.
        (r#"{"x":"1","y":1}"#, r#"{"y":2,"x":1}"#, "false"),
        (r#"{"y":1,"x":"1"}"#, r#"{"x":1,"y":2}"#, "false"),
        (r#"{"x":"1"}"#, r#"{"z":1}"#, "false"),
        (r#"{"x":"1"}"#, r#"{"x":1,"y":1}"#, "false"),
        (r#"{"x":[1,"1"]}"#, r#"{"x":[2,1]}"#, "false"),
        (r#"{"x":["1",1]}"#, r#"{"x":[1,2]}"#, "false"),
        (r#"{"x":[]}"#, r#"{"x":[1]}"#, "false"),
        (r#"{"x":null}"#, r#"{"x":1}"#, "false"),
        (r#"{"x":true}"#, r#"{"x":false}"#, "false"),
        (r#"{"x":"1"}"#, r#"{"x":"\u0031"}"#, "true"),
        (r#"{"x":[1,null],"y":{}}"#, r#"{"y":{},"x":[1.0,null]}"#, "true"),
    ] {
        let is_answer = said != "type ==";
        let not = if !is_answer {
            said
        } else if said == "true" {
            "false"
        } else {
            "true"
        };
        let record = format!("{{\"anything\":{anything},\"extra\":{other}}}");
        let lists = format!("{{\"anything\":[{anything}],\"extra\":{other}}}");
        for (cel, record, said) in [
            ("anything == extra", &record, said),
            ("anything != extra", &record, not),
            ("extra == anything", &record, said),
            ("[anything] == [extra]", &record, said),
            ("anything == [extra]", &lists, said),
            ("[extra] != anything", &lists, not),
            ("extra in anything", &lists, said),
        ] {
            assert_eq!(asked(&order(), cel, record), said, "{cel} of {record}");
        }
    }
    let numbers = json!({ "properties": { "list": { "type": "array" }, "other": { "type": "array" } } });
    for (list, said) in [(r#"["7",8]"#, "type =="), (r#"["7",9]"#, "false"), (r#"[6,"8"]"#, "false"), ("[7]", "false"), ("[7,8.0]", "true")]
    {
        let record = format!("{{\"list\":{list},\"other\":[7,8]}}");
        assert_eq!(asked(&numbers, "list == [7, 8]", &record), said, "{list}");
        assert_eq!(asked(&numbers, "list == other", &record), said, "{list}");
    }
}

#[test]
fn fields_are_known_through_what_surely_holds() {
    let schema = json!({
        "allOf": [{ "$ref": "#/$defs/base" }],
        "if": { "properties": { "kind": { "const": "a" } }, "required": ["kind"] },
        "then": { "properties": { "more": { "type": "string" } } },
        "$defs": { "base": { "properties": { "n": { "type": ["integer", "string"] } } } },
        "properties": { "n": { "type": "integer" }, "this": { "type": "string" }, "kind": {} }
    });
    assert_eq!(asked(&schema, "n / 2 == 1", r#"{"n":3}"#), "true");
    // What only some records meet gives no type.
    assert_eq!(asked(&schema, "more == 3", r#"{"more":3}"#), "true");
    assert_eq!(asked(&schema, "this.this == 'x'", r#"{"this":"x"}"#), "true");
    let fault = compile(&with_rule(schema, "n == 'x'").to_string(), &Options::default()).expect_err("refused");
    assert_eq!(fault.code, "schema/rule");
    let open = json!({ "properties": { "a": {} }, "patternProperties": { "^x": {} } });
    assert_eq!(asked(&open, "xyz == 1", r#"{"xyz":1}"#), "true");
    assert_eq!(asked(&json!({}), "whatever == 1", r#"{"whatever":1}"#), "true");
    // The full engine has the same rules.
    let full = json!({ "properties": { "a": { "type": "integer" } }, "unevaluatedProperties": false });
    assert_eq!(asked(&full, "a > 1", r#"{"a":1}"#), "false");
}

#[test]
fn a_record_that_is_no_object_meets_no_rule() {
    let schemas = [
        json!({ "properties": { "a": { "type": "integer" } } }),
        json!({ "type": ["object", "array", "string", "number", "null"] }),
        json!({ "properties": { "a": { "type": "integer" } }, "unevaluatedProperties": false }),
    ];
    for schema in &schemas {
        for record in ["5", "[1]", "\"x\"", "null"] {
            // Also one that would be true of any record.
            for cel in ["a > 1", "has(this.a)", "!has(this.a)", "true", "size(this) == 1"] {
                assert_eq!(asked(schema, cel, record), "type this", "{cel} of {record}");
            }
        }
        assert_eq!(asked(schema, "a > 1", r#"{"a":2}"#), "true");
    }
    let two = json!({ "x-rules": [{ "id": "one", "cel": "a > 1" }, { "id": "two", "cel": "a > 2", "severity": "warning" }] });
    let outcome = run(&request(&two.to_string(), Format::Ndjson), b"5\n{\"a\":3}\n[]\n{}\n", &[3]).expect("a stream");
    assert_eq!(String::from_utf8_lossy(&outcome.valid), "{\"a\":3}\n");
    let rules: Vec<_> = outcome.report.rules.iter().map(|rule| (rule.code.as_str(), rule.rule.as_deref(), rule.count)).collect();
    assert_eq!(rules, [("rule/error", Some("one"), 3), ("rule/error", Some("two"), 3)]);
    let first: Value = serde_json::from_str(outcome.violations.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["message"], "the rule \"one\" is over the fields of an object, and this record is none");
    // What is no object breaks the type, and nothing else, where the schema names it.
    let outcome = run(&request(&with_rule(order(), "price > 1").to_string(), Format::Ndjson), b"5\n", &[3]).expect("a stream");
    assert_eq!(outcome.brief(), ["type 1 0"]);
}

#[test]
fn cells_are_what_the_schema_says() {
    let schema = with_rule(
        json!({ "properties": { "start": { "type": "string" }, "end": { "type": ["string", "null"] }, "n": { "type": "integer" } }, "required": ["start"] }),
        "(end == null || start <= end) && (!has(this.n) || n < 10)",
    );
    let input = "start,end,n,other\n2020-01-01,2020-01-02,009,x\n2020-01-01,,,x\n2020-01-03,2020-01-02,1,x\n\"2020-01-01\",,10,x\n,,10,x\n";
    for chunks in [&[1][..], &[3, 50], &[1_000]] {
        let outcome = run(&request(&schema.to_string(), Format::Csv), input.as_bytes(), chunks).expect("a stream");
        assert_eq!(outcome.brief(), ["rule 4 61", "rule 5 87", "required 6 106"]);
        assert_eq!(outcome.header.len() + outcome.valid.len() + outcome.invalid.len(), input.len());
    }
}

#[test]
fn rules_are_not_asked_of_a_record_that_breaks_another() {
    let mut schema = with_rule(order(), "price > 1");
    schema["required"] = json!(["price"]);
    let outcome = run(&request(&schema.to_string(), Format::Ndjson), b"{\"price\":\"x\"}\n{}\n{\"price\":1}\n", &[100]).expect("a stream");
    assert_eq!(outcome.brief(), ["type 1 0", "required 2 14", "rule 3 17"]);
}

#[test]
fn each_rule_is_counted_by_its_name() {
    let schema = json!({ "properties": { "a": { "type": "integer" } }, "x-rules": [
        { "id": "low", "cel": "a > 0", "message": "a is to be above 0" }, { "id": "even", "cel": "a % 2 == 0" }] });
    let outcome = run(&request(&schema.to_string(), Format::Ndjson), b"{\"a\":-1}\n{\"a\":1}\n{}\n", &[4]).expect("a stream");
    let rules: Vec<_> = outcome.report.rules.iter().map(|rule| (rule.code.as_str(), rule.rule.as_deref(), rule.count)).collect();
    assert_eq!(
        rules,
        [("rule", Some("even"), 2), ("rule", Some("low"), 1), ("rule/error", Some("even"), 1), ("rule/error", Some("low"), 1)]
    );
    let first: Value = serde_json::from_str(outcome.violations.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&first["message"], &first["value"], &first["pointer"]), (&json!("a is to be above 0"), &Value::Null, &json!("")));
    let explained = explain(&schema.to_string(), &Options::default()).expect("explained");
    assert!(explained.iter().any(|each| each.pointer == "/x-rules" && each.how == How::Compiled));
    let refused = explain(&schema.to_string().replace("a > 0", "b > 0"), &Options::default()).expect("explained");
    let refused: Vec<_> = refused.iter().filter(|each| each.how == How::Refused).map(|each| each.pointer.as_str()).collect();
    assert_eq!(refused, ["/x-rules"]);
    let other = schema.to_string().replace("a > 0", "a > 1");
    let digest = |text: &str| compile(text, &Options::default()).expect("a plan").digest;
    assert_ne!(digest(&schema.to_string()), digest(&other));
}

proptest! {
    /// Whatever the text, it is compiled or refused, and of whatever record it says something.
    #[test]
    fn nothing_panics(cel in "[a-z0-9.()&|!<=>+*/%?:\\[\\]'\" -]{0,40}", record in "\\{\"price\":(1|\"x\"|null|\\[1,2\\]|-0\\.5)\\}\n") {
        if compile(&with_rule(json!({}), &cel).to_string(), &Options::default()).is_ok() {
            asked(&json!({}), &cel, &record);
        }
    }
}
