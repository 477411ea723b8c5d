//! NDJSON as people have it: what each kind of line costs, and what is said of it.

#[path = "common/cases.rs"]
mod cases;
mod common;

use cases::cases;
use common::{Outcome, request, run};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use sluice_engine::intake::{Format, Intake, Request, Take};
use sluice_engine::limits::Limits;
use sluice_engine::schema::{Options, compile};
use sluice_engine::setup::Alone;
use std::sync::Arc;

fn read(asked: &Request, input: &[u8]) -> Outcome {
    let whole = run(asked, input, &[usize::MAX]).unwrap_or_else(|fault| panic!("{fault}"));
    for chunk in [1, 2, 3, 7, 64] {
        let small = Request { batch_bytes: chunk, ..asked.clone() };
        let cut = run(&small, input, &[chunk]).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(whole, cut, "in chunks of {chunk}");
    }
    whole
}

fn ndjson(schema: &str, input: &[u8]) -> Outcome {
    read(&request(schema, Format::Ndjson), input)
}

/// `code pointer` of each violation of the one record `text`.
fn told(schema: &str, text: &str) -> Vec<String> {
    told_of(schema, Format::Ndjson, text)
}

fn told_of(schema: &str, format: Format, text: &str) -> Vec<String> {
    let outcome = run(&request(schema, format), text.as_bytes(), &[usize::MAX]).expect("a stream");
    codes(&outcome)
}

fn codes(outcome: &Outcome) -> Vec<String> {
    let one = |line: &str| {
        let violation: Value = serde_json::from_str(line).expect("a violation is JSON");
        format!("{} {}", violation["code"].as_str().expect("a code"), violation["pointer"].as_str().expect("a pointer"))
    };
    outcome.violations.lines().map(one).collect()
}

#[test]
fn lines_and_their_ends() {
    let input = "\u{FEFF}{\"a\":1}\r\n\n \t\r\n{\"a\":2}\n{\n\u{FEFF}{\"a\":3}\n\n{\"a\":4}";
    let outcome = ndjson("true", input.as_bytes());
    assert_eq!(outcome.brief(), ["json/syntax 5 25", "json/syntax 6 27"]);
    assert_eq!(outcome.report.counts.read, 5);
    assert_eq!(outcome.valid, b"{\"a\":1}\r\n\n \t\r\n{\"a\":2}\n\n{\"a\":4}");
    let other = ndjson("true", b"1\x0B\n\x0C\n\0\n1 2\n\n\xC2\x85\n\"\xE2\x80\xA8\"\r1\n");
    assert_eq!(
        other.brief(),
        ["json/syntax 1 0", "json/syntax 2 3", "json/syntax 3 5", "json/syntax 4 7", "json/syntax 6 12", "json/syntax 7 15"]
    );
}

#[test]
fn bytes_that_are_no_utf8_cost_their_line() {
    let outcome = ndjson("true", b"\"a\"\n\"\xFF\"\n\"\xED\xA0\x80\"\n\"\xC3\xA9\"\n\"\xC3\n\"\xF0\x9F\x98\x80\"\n\"\xC0\x80\"\n");
    assert_eq!(outcome.brief(), ["encoding/utf8 2 4", "encoding/utf8 3 8", "encoding/utf8 5 19", "encoding/utf8 7 29"]);
    let first: Value = serde_json::from_str(outcome.violations.lines().next().expect("one")).expect("JSON");
    assert_eq!(first["params"], json!({"offset": 1}));
}

#[test]
fn surrogates_come_in_pairs() {
    for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud800x""#, r#""\ud800\u0041""#, r#"{"\udead":1}"#, r#""\ud83d\""#]
    {
        assert_eq!(told("true", text)[0].split(' ').next(), Some("json/surrogate"), "{text}");
    }
    assert!(told(r#"{"const":"😀","maxLength":1}"#, r#""\ud83d\uDE00""#).is_empty());
    assert_eq!(told(r#"{"maxLength":1}"#, r#""\ud83d\uDE00x""#), ["maxLength "]);
}

#[test]
fn depth_has_a_limit() {
    let nest = |open: &str, close: &str, levels: usize| format!("{}{}", open.repeat(levels), close.repeat(levels));
    assert!(told("true", &nest("[", "]", 1_000)).is_empty());
    assert_eq!(told("true", &nest("[", "]", 1_001)), ["json/depth "]);
    assert!(told("true", &format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000))).is_empty());
    let deep = format!("{}\n1\n{}\n", nest("[", "]", 100_000), "{\"a\":[".repeat(100_000));
    let outcome = run(&request("true", Format::Ndjson), deep.as_bytes(), &[usize::MAX]).expect("a stream");
    assert_eq!(outcome.brief(), ["json/depth 1 0".to_owned(), format!("json/depth 3 {}", 200_003)]);
    assert_eq!(outcome.valid, b"1\n");
}

#[test]
fn a_line_over_the_limit_is_one_violation() {
    let mut asked = request("true", Format::Ndjson);
    asked.limits.record_bytes_max = 5;
    for end in ["\n", "\r\n"] {
        let input = format!("12345{end}123456{end}\"abc\"{end}\"abcd\"{end}{end}1");
        let outcome = read(&asked, input.as_bytes());
        assert_eq!(
            outcome.brief(),
            [format!("record/too-large 2 {}", 5 + end.len()), format!("record/too-large 4 {}", 16 + 3 * end.len())]
        );
        assert_eq!(outcome.report.counts.read, 5);
    }
    // At the end of the input a carriage return ends no line.
    assert_eq!(read(&asked, b"12345\r").brief(), ["record/too-large 1 0"]);
    assert_eq!(read(&asked, b"12345").report.counts.valid, 1);
}

#[test]
fn numbers_are_decided_from_their_text() {
    let long = "7".repeat(20_000);
    for (schema, text, expected) in [
        (r#"{"type":"integer"}"#, "1.0", &[][..]),
        (r#"{"type":"integer"}"#, "1.5", &["type "]),
        (r#"{"type":"integer"}"#, "10e-1", &[]),
        (r#"{"type":"integer"}"#, "1e-1", &["type "]),
        (r#"{"type":"integer"}"#, "1e400", &[]),
        (r#"{"type":"integer"}"#, "-0.0", &[]),
        (r#"{"maximum":1e308}"#, "1e400", &["maximum "]),
        (r#"{"maximum":1e400}"#, "1e401", &["maximum "]),
        (r#"{"maximum":9007199254740992}"#, "9007199254740993", &["maximum "]),
        (r#"{"exclusiveMaximum":9007199254740993}"#, "9007199254740992", &[]),
        (r#"{"multipleOf":0.01}"#, "19.99", &[]),
        (r#"{"multipleOf":0.01}"#, "19.999", &["multipleOf "]),
        (r#"{"multipleOf":1e-400}"#, "1", &[]),
        (r#"{"const":1}"#, "1.0", &[]),
        (r#"{"const":1.0}"#, "1", &[]),
        (r#"{"const":1}"#, "true", &["const "]),
        (r#"{"const":true}"#, "1", &["const "]),
        (r#"{"const":0}"#, "-0", &[]),
        (r#"{"const":9007199254740993}"#, "9007199254740992", &["const "]),
        (r#"{"enum":[1e2,"1",null]}"#, "100", &[]),
        (r#"{"enum":[1e2,"1",null]}"#, "\"\\u0031\"", &[]),
        (r#"{"enum":[1e2,"1",null]}"#, "1", &["enum "]),
        (r#"{"enum":[]}"#, "1", &["enum "]),
    ] {
        assert_eq!(told(schema, text), expected, "{schema} {text}");
    }
    assert!(told(r#"{"type":"integer","minimum":1e19999}"#, &long).is_empty());
    assert_eq!(told(r#"{"type":"integer","minimum":1e20000}"#, &long), ["minimum "]);
    assert_eq!(told(r#"{"multipleOf":2}"#, &long), ["multipleOf "]);
    assert!(told(r#"{"multipleOf":7}"#, &long).is_empty());
    assert!(told(&format!("{{\"const\":{long}}}"), &long).is_empty());
}

#[test]
fn a_name_stands_once_in_an_object() {
    assert_eq!(told("true", r#"{"a":1,"a":1}"#), ["json/duplicate-key /a"]);
    assert_eq!(told("true", r#"{"a":1,"\u0061":1}"#), ["json/duplicate-key /a"]);
    assert_eq!(told(r#"{"properties":{"a":{"type":"string"}}}"#, r#"{"a":"","b":1,"\u0061":1}"#), ["json/duplicate-key /a", "type /a"]);
    assert_eq!(told("true", r#"[{"x":{"":1,"":2}}]"#), ["json/duplicate-key /0/x/"]);
    assert!(told("true", r#"{"a":{"a":1},"b":[{"a":1},{"a":1}]}"#).is_empty());
    for known in [0, 3, 64, 65, 130, 200] {
        let properties: Vec<String> = (0..known).map(|at| format!("\"k{at}\":{{}}")).collect();
        let schema = format!("{{\"properties\":{{{}}}}}", properties.join(","));
        for twice in 0..200 {
            let names = (0..200).chain([twice]).map(|at| format!("\"k{at}\":0"));
            let text = format!("{{{}}}", names.collect::<Vec<_>>().join(","));
            assert_eq!(told(&schema, &text), [format!("json/duplicate-key /k{twice}")], "{known} {twice}");
        }
    }
    assert_eq!(told(r#"{"maxProperties":1}"#, r#"{"a":1,"a":1}"#), ["json/duplicate-key /a"]);
}

#[test]
fn no_name_is_special() {
    let schema = r#"{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}},"required":["__proto__"]}"#;
    assert_eq!(told(schema, r#"{"__proto__":1,"constructor":2}"#), ["type /__proto__", "type /constructor"]);
    assert_eq!(told(schema, "{}"), ["required /__proto__"]);
    assert!(told(schema, r#"{"__proto__":"x"}"#).is_empty());
    let odd = r#"{"properties":{"a/b~c":{"type":"string"},"":{"type":"string"}}}"#;
    assert_eq!(told(odd, r#"{"a\/b~c":1,"":1}"#), ["type /a~1b~0c", "type /"]);
}

#[test]
fn pointers_lead_to_the_value() {
    let schema = r#"{"properties":{"a":{"properties":{"b":{"type":"integer"},"c":true},"required":["b","c"],"additionalProperties":false},
        "l":{"items":{"properties":{"n":{"minimum":1}},"required":["n"]},"minItems":2,"maxItems":3}},"required":["a"]}"#;
    assert_eq!(told(schema, r#"{"a":{"b":"x","d/e":1}}"#), ["type /a/b", "additionalProperties /a/d~1e", "required /a/c"]);
    assert_eq!(told(schema, r#"{"a":{"b":1,"c":1},"l":[{"n":0}]}"#), ["minimum /l/0/n", "minItems /l"]);
    assert_eq!(told(schema, r#"{"a":{"b":1,"c":1},"l":[{"n":1},{},{"n":0},5]}"#), ["required /l/1/n", "minimum /l/2/n", "maxItems /l"]);
    assert_eq!(told(schema, "{}"), ["required /a"]);
    let closed = r#"{"properties":{"a":true},"required":["b"],"additionalProperties":false}"#;
    assert_eq!(told(closed, r#"{"a":1,"b":2}"#), ["additionalProperties /b"]);
    assert!(told(schema, "[]").is_empty(), "keywords of objects ask nothing of an array");
    assert_eq!(told(r#"{"items":{"items":{"const":1}}}"#, "[[1,2],[3]]"), ["const /0/1", "const /1/0"]);
}

fn masked(schema: &str, mask: &[&str], text: &str) -> Outcome {
    let options = Options { mask: mask.iter().map(|name| (*name).to_owned()).collect(), ..Options::default() };
    let plan = Arc::new(compile(schema, &options).unwrap_or_else(|fault| panic!("{fault}")));
    let asked = Request { plan, ..request("true", Format::Ndjson) };
    run(&asked, text.as_bytes(), &[usize::MAX]).expect("a stream")
}

#[test]
fn masks_hide_a_value_wherever_it_would_show() {
    let nested = r#"{"properties":{"p":{"properties":{"q":{"type":"integer"}},"minProperties":2}},"minProperties":2,"maxProperties":0}"#;
    let arrays = r#"{"properties":{"p":{"items":{"type":"integer"},"maxItems":0}}}"#;
    let slash = r#"{"properties":{"p/r":{"properties":{"q":{"type":"integer"}},"maxProperties":0}}}"#;
    for (schema, mask, text) in [
        (nested, "p", r#"{"p":{"q":"secret"}}"#),
        (nested, "p/q", r#"{"p":{"q":"secret"}}"#),
        (arrays, "p", r#"{"p":["secret"]}"#),
        (arrays, "p/*", r#"{"p":["secret"]}"#),
        (slash, "p/r", r#"{"p/r":{"q":"secret"}}"#),
        (r#"{"type":"array","properties":{"p":{"type":"string"}}}"#, "p", r#"{"p":"secret"}"#),
        (r#"{"const":1,"properties":{"p":true}}"#, "p", r#"{"p":"secret"}"#),
    ] {
        let outcome = masked(schema, &[mask], text);
        assert!(outcome.violations.contains("***"), "{}", outcome.violations);
        let report = serde_json::to_string(&outcome.report).expect("JSON");
        assert!(!outcome.violations.contains("secret") && !report.contains("secret"), "{mask} of {schema}: {}", outcome.violations);
    }
    let other = masked(r#"{"properties":{"p":{"type":"integer"},"pp":{"type":"integer"}}}"#, &["p"], r#"{"pp":"shown","p":"secret"}"#);
    assert!(other.violations.contains("shown") && !other.violations.contains("secret"));
}

#[test]
fn records_of_a_program_may_hold_cells() {
    let schema = r#"{"properties":{"a":{"type":"integer"},"b":{"type":["null","number"]},"c":{"x-missing":["-"],"type":"string"}},
        "required":["a","b","c"],"minProperties":2}"#;
    let outcome = read(
        &request(schema, Format::Records { cells: true, glanced: false }),
        b"{\"a\":\"1\",\"b\":\"\",\"c\":\"\"}\n{\"a\":\"\",\"b\":\"1.5\",\"c\":\"-\"}\n{\"a\":\"x\",\"b\":2,\"c\":\"y\"}\n",
    );
    assert_eq!(codes(&outcome), ["required /a", "required /c", "minProperties ", "type /a"]);
    let csv = run(&request(schema, Format::Csv), b"a,b,c\n1,,\n,1.5,-\nx,2,y\n", &[usize::MAX]).expect("a stream");
    let names =
        |outcome: &Outcome| outcome.brief().iter().map(|brief| brief.split(' ').next().expect("a code").to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&csv), names(&outcome), "as a CSV source is judged");
}

#[test]
fn an_empty_line_stands_for_a_record_only_where_that_was_said() {
    let schema = r#"{"properties":{"a":{"type":"integer"}}}"#;
    let input = b"\n\n{\"a\":\"x\"}\n\n \n{\"a\":1}\n\n{\"a\":null}\n";
    for chunk in [1, 3, usize::MAX] {
        for cells in [false, true] {
            let outcome = run(&request(schema, Format::Records { cells, glanced: true }), input, &[chunk]).expect("a stream");
            // White space is no empty line.
            assert_eq!(outcome.report.counts.read, 7);
            assert_eq!(outcome.report.counts.valid, 5);
            let records: Vec<u64> = outcome.report.rules[0].samples.iter().map(|sample| sample.record).collect();
            assert_eq!(records, [3, 7]);
        }
        let outcome = run(&request(schema, Format::Records { cells: false, glanced: false }), input, &[chunk]).expect("a stream");
        assert_eq!(outcome.report.counts.read, 3);
    }
}

/// What is known of each record by itself, ahead of its batch.
fn alone(asked: &Request, record: &str) -> Alone {
    let asked = Request { allow_empty: true, ..asked.clone() };
    Intake::new(asked).open_records().expect("all is known of objects").setup.check_alone(record.as_bytes())
}

#[test]
fn a_record_may_be_known_ahead_of_its_batch() {
    let records = Format::Records { cells: false, glanced: true };
    let asked = request(
        r#"{"properties":{"a":{"type":"integer"},"b":{"maximum":5,"x-severity":"warning"},"c":{"maximum":5,"x-severity":"abort"}}}"#,
        records,
    );
    assert_eq!(alone(&asked, r#"{"a":1,"b":2,"c":3}"#), Alone::Clean);
    assert_eq!(alone(&asked, r#"{"a":"x","b":2}"#), Alone::Refused);
    assert_eq!(alone(&asked, r#"{"a":1,"b":6}"#), Alone::Open, "there is a warning to tell");
    assert_eq!(alone(&asked, r#"{"a":"x","c":6}"#), Alone::Open, "it stops the stream");
    assert_eq!(alone(&asked, ""), Alone::Open, "it is no record");
    assert_eq!(alone(&asked, r#"{"a":1"#), Alone::Refused);
    let small = Request { limits: Limits { record_bytes_max: 5, ..Limits::default() }, ..asked };
    assert_eq!(alone(&small, r#"{"a":1}"#), Alone::Refused, "it is too large");
    let cells = request(r#"{"properties":{"a":{"type":"integer"}},"required":["a"]}"#, Format::Records { cells: true, glanced: true });
    assert_eq!(alone(&cells, r#"{"a":"1"}"#), Alone::Clean);
    assert_eq!(alone(&cells, r#"{"a":""}"#), Alone::Refused);
    let undecided = r#"{"properties":{"a":{"pattern":"^(a|a)*(b|b)*\\1$"}}}"#;
    let limits = Limits { pattern_steps_max: 1, ..Limits::default() };
    let asked = Request { limits, ..request(undecided, records) };
    assert_eq!(alone(&asked, &format!(r#"{{"a":"{}"}}"#, "a".repeat(200))), Alone::Open, "it could not be decided");
    for keyword in [r#""x-unique":["a"]"#, r#""x-order":[{"field":"a"}]"#, r#""x-missingRatio":{"a":{"maximum":0.5}}"#] {
        let asked = request(&format!(r#"{{"properties":{{"a":{{"type":"integer"}}}},{keyword}}}"#), records);
        assert_eq!(alone(&asked, r#"{"a":1}"#), Alone::Open, "others decide: {keyword}");
    }
    let mut bytes = Intake::new(request("true", Format::Ndjson));
    bytes.push(b"1\n2");
    assert!(bytes.take(Take::Partial).expect("a source").is_some() && bytes.opened().is_some());
    assert!(bytes.open_records().is_none());
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![any::<i64>().prop_map(Value::from), (-1e9f64..1e9).prop_map(Value::from)];
    let text = prop_oneof!["[a-c]{0,2}", ".{0,6}", Just("\"\\/\u{8}\u{7f}\u{1f}😀".to_owned())];
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, text.clone().prop_map(Value::from)];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((text.clone(), inner), 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// The syntax is that of serde_json, but for a name that stands twice, which only this engine refuses.
    #[test]
    fn what_is_json_is_decided_as_elsewhere(
        value in value(),
        edits in proptest::collection::vec((any::<Index>(), select(b"{}[]\",:\\/u0019-+.eEtfn \t\r\0\x1f\x7f\xc3\xa9x".to_vec()), 0u8..3), 0..4),
    ) {
        let mut text = serde_json::to_vec(&value).expect("JSON");
        for (at, byte, edit) in edits {
            match edit {
                0 => text.insert(at.index(text.len() + 1), byte),
                1 if !text.is_empty() => drop(text.remove(at.index(text.len()))),
                2 if !text.is_empty() => *at.get_mut(&mut text) = byte,
                _ => {}
            }
        }
        let is_blank = text.iter().all(|byte| b" \t\r".contains(byte));
        let outcome = run(&request("true", Format::Ndjson), &[text.as_slice(), b"\n"].concat(), &[usize::MAX]).expect("a stream");
        let codes: Vec<String> = outcome.brief().iter().map(|brief| brief.split(' ').next().expect("a code").to_owned()).collect();
        let is_json = serde_json::from_slice::<Value>(&text).is_ok();
        let expected = is_blank || is_json;
        prop_assert_eq!(codes.iter().all(|code| code == "json/duplicate-key"), expected, "{:?}: {}", codes, text.escape_ascii());
        prop_assert_eq!(outcome.report.counts.read, u64::from(!is_blank));
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    /// What a record is known to be by itself is what its batch makes of it, wherever it stands there.
    #[test]
    fn a_record_by_itself_is_what_it_is_in_its_batch(values in proptest::collection::vec(value(), 1..6), cells in any::<bool>()) {
        let schema = r#"{"type":["object","array","integer","string"],"maximum":5,"maxLength":3,"maxItems":2,
            "properties":{"a":{"maximum":5,"maxLength":1,"x-severity":"warning"},"b":{"type":"string"}},"maxProperties":2}"#;
        let asked = request(schema, Format::Records { cells, glanced: true });
        let texts: Vec<String> = values.iter().map(Value::to_string).collect();
        let outcome = run(&asked, (texts.join("\n") + "\n").as_bytes(), &[usize::MAX]).expect("a stream");
        let told = |at: usize, refuses: bool| outcome.violations.lines().any(|line| {
            let violation: Value = serde_json::from_str(line).expect("a violation is JSON");
            violation["record"] == at + 1 && (!refuses || violation.get("severity").is_none_or(|severity| severity == "error"))
        });
        for (at, text) in texts.iter().enumerate() {
            let expected = if told(at, true) { Alone::Refused } else if told(at, false) { Alone::Open } else { Alone::Clean };
            prop_assert_eq!(alone(&asked, text), expected, "{}", text);
        }
    }
}

/// Names that are escaped are never foretold, so that every member takes the long way.
fn escaped(name: &str) -> String {
    name.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect()
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn the_short_way_through_an_object_finds_what_the_long_way_finds(
        names in proptest::collection::vec(select(vec!["id", "at", "mail", "count", "ratio", "code", "state", "yes", "none", "any", "a name beyond sixteen bytes", "new"]), 0..14),
        in_order in any::<bool>(),
        values in proptest::collection::vec(select(vec![
            "7", "-7", "0", "-0", "12345678", "1234567", "-1234567.25", "0.5", "100.000", "1e2", "1.5E3", "2.0", "1001", "01", "1.", "-", "1e",
            "\"\"", "\"a\"", "\"AB-12\"", "\"AB-1\"", "\"open\"", "\"a@example.com\"", "\"12\"", "\"0.5\"", "\"true\"", "\"2024-02-29T12:00:00Z\"", "\"2024-02-30T12:00:00Z\"",
            "\"é and a text that is longer than most\"", "\"\\u0041B-12\"", "\"\\n\"", "\"\t\"", "\"", "true", "false", "null", "tru", "[1,{\"id\":\"x\"}]", "{\"id\":1}", "",
        ]), 14),
        (between, after_name) in (select(vec![",", ", ", " ,  ", ",\t"]), select(vec![":", ": ", " : "])),
        rest in select(vec!["}", " }", "", ",}", "}}", "} "]),
        format in select(vec![Format::Ndjson, Format::Records { cells: true, glanced: false }]),
    ) {
        let schema = r#"{"type": "object", "additionalProperties": false, "minProperties": 3, "required": ["id", "code", "new"], "properties": {
            "id": {"type": "integer", "minimum": 1}, "at": {"type": "string", "format": "date-time"}, "mail": {"type": ["string", "null"], "format": "email"},
            "count": {"type": "integer", "maximum": 1000, "multipleOf": 1}, "ratio": {"type": "number", "exclusiveMinimum": -2, "maximum": 100},
            "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{2}$"}, "state": {"enum": ["open", "shut", 7], "x-missing": ["a"]}, "yes": {"type": "boolean"},
            "none": {"type": "null"}, "any": {}, "a name beyond sixteen bytes": {"type": "string", "minLength": 1, "maxLength": 5}}}"#;
        let mut names = names;
        if in_order {
            names.sort_by_key(|name| schema.find(&format!("\"{name}\": {{")));
            names.dedup();
        }
        let write = |name: &dyn Fn(&str) -> String| {
            let members = names.iter().zip(&values).map(|(known, value)| format!("\"{}\"{after_name}{value}", name(known)));
            format!("{{{}{rest}\n", members.collect::<Vec<_>>().join(between))
        };
        let plain = write(&|name| name.to_owned());
        prop_assert_eq!(told_of(schema, format, &plain), told_of(schema, format, &write(&escaped)), "{}", plain);
    }
}
