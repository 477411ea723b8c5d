//! `x-transform` and another format than the source's: what comes out, what is refused, and that nothing else is touched.

#[path = "common/cases.rs"]
mod cases;
mod common;

use cases::cases;
use common::{Outcome, request, run};
use proptest::prelude::*;
use sluice_engine::frame::csv::Dialect;
use sluice_engine::intake::{Format, Request};
use sluice_engine::policy::{DuplicateKeys, Policy, Undecided};
use sluice_engine::schema::{Options, compile, explain};
use sluice_engine::transform::{Asked, Target};

fn asked(schema: &str, format: Format, to: Option<Target>) -> Request {
    Request { asked: Asked { to, hash_key: None }, ..request(schema, format) }
}

/// What comes out as valid, with the header row, whatever the chunks and batches.
fn out(request: &Request, input: &str) -> (String, Outcome) {
    let whole = run(request, input.as_bytes(), &[usize::MAX]).unwrap_or_else(|fault| panic!("{fault}"));
    for size in [1, 3, 7] {
        let small = Request { batch_bytes: size, ..request.clone() };
        assert_eq!(run(&small, input.as_bytes(), &[size]).as_ref(), Ok(&whole), "batches of {size}");
    }
    (String::from_utf8(whole.valid.clone()).expect("text"), whole)
}

fn fault(request: &Request, input: &str) -> String {
    let fault = run(request, input.as_bytes(), &[usize::MAX]).expect_err("the source was opened");
    format!("{} {}", fault.code, fault.message)
}

fn schema(steps: &str) -> String {
    format!(
        r#"{{"type":"object","properties":{{"id":{{"type":"integer"}},"name":{{"type":"string"}},"rate":{{"type":["number","null"]}},"on":{{"type":"boolean"}}}},"required":["id"],"additionalProperties":false,"x-transform":{steps}}}"#
    )
}

const TABLE: &str = "id,name,rate,on\n007,\"Ann, \"\"A\"\"\",1.10,true\n8,,,\nx,bad,1,true\n9,\" B \",1e400,false";

#[test]
fn csv_to_ndjson_keeps_the_text_of_numbers() {
    let (valid, outcome) = out(&asked(&schema("[]"), Format::Csv, Some(Target::Ndjson)), TABLE);
    assert_eq!(
        valid,
        "{\"id\":7,\"name\":\"Ann, \\\"A\\\"\",\"rate\":1.10,\"on\":true}\n{\"id\":8,\"rate\":null}\n{\"id\":9,\"name\":\" B \",\"rate\":1e400,\"on\":false}\n"
    );
    assert_eq!(outcome.invalid, b"x,bad,1,true\n");
    assert_eq!(outcome.brief(), ["type 4 48"]);
}

#[test]
fn csv_to_csv_rewrites_what_is_asked_alone() {
    let steps = r#"[{"rename":{"name":"who"}},{"trim":["who"]},{"default":{"who":"no, one"}},{"drop":["on"]}]"#;
    let (valid, outcome) = out(&asked(&schema(steps), Format::Csv, None), TABLE);
    assert_eq!(valid, "007,\"Ann, \"\"A\"\"\",1.10\n8,\"no, one\",\n9,B,1e400");
    assert_eq!(outcome.invalid, b"x,bad,1,true\n");
    assert_eq!(outcome.header, b"id,name,rate,on\n");
}

#[test]
fn columns_go_out_in_the_order_of_select() {
    let steps = r#"[{"select":["rate","id"]},{"constant":{"source":"a\"b"}},{"cast":{"id":"string"}}]"#;
    let (valid, _) = out(&asked(&schema(steps), Format::Csv, None), TABLE);
    assert_eq!(valid, "1.10,007,\"a\"\"b\"\n,8,\"a\"\"b\"\n1e400,9,\"a\"\"b\"");
    let (valid, _) = out(&asked(&schema(steps), Format::Csv, Some(Target::Ndjson)), TABLE);
    assert!(valid.starts_with("{\"rate\":1.10,\"id\":\"007\",\"source\":\"a\\\"b\"}\n"), "{valid}");
}

#[test]
fn members_of_json_keep_their_bytes() {
    let steps = r#"[{"rename":{"name":"who"}},{"default":{"rate":0.50}},{"drop":["on"]}]"#;
    let input = "{ \"id\" : 1.0 , \"name\":\"\\u0041\", \"on\":true}\r\n\n{\"rate\":null,\"id\":2}\n{\"id\":3,\"rate\":  1.10 }";
    let (valid, _) = out(&asked(&schema(steps), Format::Ndjson, None), input);
    assert_eq!(valid, "{\"id\" : 1.0,\"who\":\"\\u0041\",\"rate\":0.50}\r\n\n{\"rate\":0.50,\"id\":2}\n{\"id\":3,\"rate\":  1.10 }");
}

#[test]
fn a_name_that_another_field_has_is_refused() {
    let open = r#"{"type":"object","properties":{"a":{}},"x-transform":[{"rename":{"a":"id"}}]}"#;
    let (valid, outcome) = out(&asked(open, Format::Ndjson, None), "{\"a\":1,\"id\":2}\n{\"a\":[1]}\n{\"x\":{}}\n");
    assert_eq!(valid, "{\"id\":[1]}\n{\"x\":{}}\n");
    assert_eq!(outcome.invalid, b"{\"a\":1,\"id\":2}\n");
    assert!(outcome.violations.contains("\"code\":\"transform/value\""), "{}", outcome.violations);
    assert!(outcome.violations.contains("\"reason\":\"name\""), "{}", outcome.violations);
    assert!(outcome.violations.contains("\"pointer\":\"/id\""), "{}", outcome.violations);
    assert_eq!(outcome.report.counts.invalid, 1);
}

#[test]
fn ndjson_to_csv_refuses_what_would_become_another_value() {
    let both = r#"{"type":"object","properties":{"n":{"type":["integer","string","boolean"]},"t":{"type":"string"}},"additionalProperties":false}"#;
    let input = "{\"n\":1,\"t\":\"12\"}\n{\"n\":\"1\",\"t\":\"a\"}\n{\"n\":1.0,\"t\":\"b\"}\n{\"n\":\"true\"}\n{\"t\":\"\"}\n{\"t\":\"a,\\nb\",\"n\":true}\n{}\n";
    let (valid, outcome) = out(&asked(both, Format::Ndjson, Some(Target::Csv)), input);
    assert_eq!(valid, "1,12\ntrue,\"a,\nb\"\n,\n");
    let reasons: Vec<_> =
        outcome.violations.lines().map(|line| line.split("\"reason\":\"").nth(1).unwrap_or_default().split('"').next()).collect();
    assert_eq!(reasons, [Some("type"), Some("type"), Some("type"), Some("missing")]);
    assert_eq!(outcome.report.counts.invalid, 4);
    assert_eq!(outcome.report.counts.violations, 4);
    assert_eq!(outcome.invalid, b"{\"n\":\"1\",\"t\":\"a\"}\n{\"n\":1.0,\"t\":\"b\"}\n{\"n\":\"true\"}\n{\"t\":\"\"}\n");
}

#[test]
fn a_document_becomes_csv() {
    let (valid, _) =
        out(&asked(&schema("[]"), Format::Json, Some(Target::Csv)), "[{\"on\":true,\"id\":1},\n {\"id\":2,\"name\":\"x\\\"y\"}]");
    assert_eq!(valid, "1,,,true\n2,\"x\"\"y\",,\n");
}

#[test]
fn of_a_name_that_stands_twice_only_what_was_checked_comes_out() {
    let schema = |steps: &str| format!(r#"{{"type":"object","properties":{{"b":{{"type":["string","null"]}}}},"x-transform":[{steps}]}}"#);
    for (steps, written) in [
        (r#"{"hash":{"b":{"algorithm":"sha256"}}}"#, "null"),
        (r#"{"mask":{"b":{}}}"#, "null"),
        (r#"{"constant":{"b":null}}"#, "null"),
        (r#"{"constant":{"b":"k"}}"#, r#""k""#),
    ] {
        let policy = Policy { duplicate_keys: DuplicateKeys::Last, ..Policy::default() };
        let asked = Request { policy, ..asked(&schema(steps), Format::Ndjson, None) };
        let (valid, _) = out(&asked, &format!("{{\"b\":\"SECRET\",\"b\":{written}}}\n"));
        assert_eq!(valid, format!("{{\"b\":{written}}}\n"), "{steps}");
    }
}

#[test]
fn personal_data_is_masked_and_hashed() {
    let steps = r#"[{"mask":{"name":{"keepFirst":1}}},{"hash":{"id":{"algorithm":"sha256"}}},{"case":{"on":"upper"}}]"#;
    let wrong = compile(&schema(steps), &Options::default()).expect_err("a boolean has no case");
    assert!(wrong.message.starts_with("#/x-transform/2/case/on:"), "{wrong}");
    let steps = r#"[{"mask":{"name":{"keepFirst":1}}},{"hash":{"id":{"algorithm":"sha256"}}}]"#;
    let (valid, _) = out(&asked(&schema(steps), Format::Ndjson, None), "{\"id\":12,\"name\":\"Ann\"}\n");
    assert_eq!(valid, "{\"id\":\"6b51d431df5d7f141cbececcf79edf3dd861c3b4069f0b11661a3eefacbba918\",\"name\":\"A********\"}\n");
    let keyed = schema(r#"[{"hash":{"name":{"algorithm":"hmac-sha256"}}}]"#);
    assert!(fault(&asked(&keyed, Format::Ndjson, None), "{\"id\":1}\n").starts_with("option/invalid"));
    let with_key = |schema: &str| {
        let mut request = asked(schema, Format::Csv, None);
        request.asked.hash_key = Some(b"Jefe".to_vec());
        request
    };
    let (valid, _) = out(&with_key(&keyed), "id,name\n1,what do ya want for nothing?\n2,\n");
    assert_eq!(valid, "1,5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\n2,\n");
    assert!(fault(&with_key(&schema("[]")), "id\n1\n").starts_with("option/invalid hashKey"));
}

#[test]
fn what_cannot_be_done_is_refused_with_its_place() {
    let refused = |steps: &str, place: &str| {
        let fault = compile(&schema(steps), &Options::default()).expect_err(steps);
        assert!(fault.message.starts_with(&format!("#{place}:")), "{steps}: {fault}");
        assert!(
            explain(&schema(steps), &Options::default())
                .expect("a schema")
                .iter()
                .any(|explained| explained.keyword == "x-transform" && explained.how == sluice_engine::schema::How::Refused)
        );
    };
    refused(r#"{}"#, "/x-transform");
    refused(r#"[{"pick":["id"]}]"#, "/x-transform/0/pick");
    refused(r#"[{"select":["id"],"drop":["name"]}]"#, "/x-transform/0");
    refused(r#"[{"select":["id","nme"]}]"#, "/x-transform/0/select/1");
    refused(r#"[{"select":["id","id"]}]"#, "/x-transform/0/select/1");
    refused(r#"[{"drop":["name"]},{"trim":["name"]}]"#, "/x-transform/1/trim/name");
    refused(r#"[{"rename":{"id":"name"}}]"#, "/x-transform/0/rename");
    refused(r#"[{"rename":{"id":"a/b"}},{"mask":{"id":{}}}]"#, "/x-transform/1/mask/id");
    refused(r#"[{"cast":{"name":"number"}}]"#, "/x-transform/0/cast/name");
    refused(r#"[{"cast":{"on":"integer"}}]"#, "/x-transform/0/cast/on");
    refused(r#"[{"trim":["id"]}]"#, "/x-transform/0/trim/id");
    refused(r#"[{"default":{"name":null}}]"#, "/x-transform/0/default/name");
    refused(r#"[{"default":{"name":[]}}]"#, "/x-transform/0/default/name");
    refused(r#"[{"hash":{"name":{"algorithm":"md5"}}}]"#, "/x-transform/0/hash/name/algorithm");
    refused(r#"[{"hash":{"name":{"algorithm":"sha256","key":"k"}}}]"#, "/x-transform/0/hash/name/key");
    refused(r#"[{"mask":{"name":{"keepLast":-1}}}]"#, "/x-transform/0/mask/name/keepLast");
    let below = r#"{"properties":{"a":{"x-transform":[]}}}"#;
    assert!(compile(below, &Options::default()).expect_err("below the top").message.starts_with("#/properties/a/x-transform:"));
}

#[test]
fn what_does_not_fit_a_source_is_refused_when_it_is_opened() {
    let open = r#"{"type":"object","properties":{"a":{},"b":{"type":"string"}},"x-transform":[{"mask":{"a":{}}}]}"#;
    let of = |format, to| asked(open, format, to);
    assert!(fault(&of(Format::Ndjson, None), "{\"a\":1}\n").starts_with("schema/transform #/x-transform/0/mask/a:"));
    assert_eq!(out(&of(Format::Csv, None), "a\n1\n").0, "********\n");
    let plain = r#"{"type":"object","properties":{"a":{"type":"string"}}}"#;
    assert!(fault(&asked(plain, Format::Ndjson, Some(Target::Csv)), "{}\n").contains("the columns are not known"));
    assert!(fault(&asked("{\"x-transform\":[{\"drop\":[\"a\"]}]}", Format::Ndjson, None), "{}\n").contains("is an object"));
    let selected = r#"{"x-transform":[{"select":["b"]}]}"#;
    assert!(
        fault(&asked(selected, Format::Csv, None), "a,c\n1,2\n")
            .starts_with("schema/transform #/x-transform/0/select/0: there is no column \"b\"")
    );
    let nested = r#"{"type":"object","properties":{"a":{"type":["array","null"]}},"additionalProperties":false}"#;
    assert!(fault(&asked(nested, Format::Ndjson, Some(Target::Csv)), "{}\n").contains("may be an array"));
    let mut no_token = asked(&schema("[]"), Format::Ndjson, Some(Target::Csv));
    no_token.missing = Vec::new();
    assert!(fault(&no_token, "{\"id\":1}\n").contains("no text stands for that"));
    let mut sniffed = asked(&schema("[]"), Format::Ndjson, Some(Target::Csv));
    sniffed.sniff_delimiter = true;
    assert!(fault(&sniffed, "{\"id\":1}\n").contains("delimiter is \"auto\""));
}

#[test]
fn an_optional_column_that_is_not_there_is_missing() {
    let steps = r#"[{"trim":["name"]},{"select":["id","rate","name"]},{"default":{"rate":1.50}}]"#;
    let (valid, _) = out(&asked(&schema(steps), Format::Csv, None), "id\n1\n");
    assert_eq!(valid, "1,1.50,\n");
    let steps = r#"[{"trim":["name"]}]"#;
    assert_eq!(out(&asked(&schema(steps), Format::Csv, None), "id\n1\n").0, "1\n");
}

#[test]
fn enumerated_texts_become_numbers() {
    let schema = r#"{"type":"object","properties":{"n":{"enum":["1","20"]}},"required":["n"],"x-transform":[{"cast":{"n":"integer"}}]}"#;
    assert_eq!(out(&asked(schema, Format::Ndjson, None), "{\"n\":\"20\"}\n").0, "{\"n\":20}\n");
    let leading = r#"{"properties":{"n":{"enum":["01"]}},"x-transform":[{"cast":{"n":"integer"}}]}"#;
    assert!(compile(leading, &Options::default()).is_err());
}

#[test]
fn a_cell_that_moves_stays_what_it_was() {
    let steps = r#"{"x-transform":[{"select":["b","a"]}]}"#;
    let mut request = asked(steps, Format::Csv, None);
    request.dialect = Dialect { comment: Some(b'#'), skip_initial_space: true, skip_blank_lines: true, ..Dialect::default() };
    let (valid, _) = out(&request, "# note\na, b\n\n x, #1\ny,\"q\"\n# end\n");
    assert_eq!(valid, "\n\"#1\",\" x\"\n\"q\",y\n# end\n");
    let only = r#"{"x-transform":[{"select":["b"]}]}"#;
    assert_eq!(out(&asked(only, Format::Csv, None), "a,b\n1,\n").0, "\"\"\n");
    let mut bare = asked(r#"{"x-transform":[{"case":{"a":"upper"}},{"constant":{"b":"x,y"}}]}"#, Format::Csv, None);
    bare.dialect.quote = None;
    let (valid, outcome) = out(&bare, "a,b\n1,2\n");
    assert_eq!((valid.as_str(), outcome.report.counts.invalid), ("", 1));
    assert!(outcome.violations.contains("\"reason\":\"quote\""));
}

#[test]
fn what_only_warns_makes_sure_of_nothing() {
    let listed = r#"{"type":"object","properties":{"n":{"enum":["1"],"x-severity":"warning"}},"x-transform":[{"cast":{"n":"integer"}}]}"#;
    assert!(compile(listed, &Options::default()).is_ok(), "of the source it is not known yet");
    assert!(fault(&asked(listed, Format::Ndjson, None), "{\"n\":{}}\n").starts_with("schema/transform #/x-transform/0/cast/n:"));
    let open = r#"{"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false,"x-severity":"warning"}"#;
    assert!(fault(&asked(open, Format::Ndjson, Some(Target::Csv)), "{}\n").contains("the columns are not known"));
}

#[test]
fn a_record_that_warned_or_was_undecided_is_refused_once() {
    let schema = r#"{"type":"object","properties":{"t":{"type":"string","pattern":"^(?=a)a*b"},"u":{"type":"string","maxLength":1,"x-severity":"warning"}},"additionalProperties":false}"#;
    let mut request = asked(schema, Format::Ndjson, Some(Target::Csv));
    request.policy.undecided = Undecided::Valid;
    request.limits.pattern_steps_max = 4;
    let (valid, outcome) = out(&request, "{\"t\":\"aaaaaaaab\",\"u\":\"xy\"}\n{\"t\":\"aaaaaaaab\",\"u\":\"\"}\n{\"u\":\"xyz\"}\n");
    assert_eq!(valid, "aaaaaaaab,xy\n,xyz\n");
    assert_eq!((outcome.report.undecided, outcome.report.counts.invalid), (1, 1));
    assert_eq!(
        outcome.brief(),
        ["pattern/undecided 1 0", "maxLength 1 0", "pattern/undecided 2 27", "transform/value 2 27", "maxLength 3 52"]
    );
}

const LAW: &str = r#"{"type":"object","properties":{"a":{"type":["integer","null"]},"b":{"type":"string","maxLength":6},"c":{"type":["number","string","boolean"]},"d":{"type":"boolean"}},"additionalProperties":false}"#;

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "-?[0-9]{1,4}(\\.[0-9]{1,3})?", Just("true".to_owned()), Just("NA".to_owned()), "[a, \"\\n\\ré]{0,7}",]
}

fn table() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::collection::vec((cell(), any::<bool>()), 4), 0..12).prop_map(|rows| {
        let quoted = |(cell, is_quoted): &(String, bool)| {
            if *is_quoted || cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        };
        let line = |row: &Vec<(String, bool)>| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n";
        format!("a,b,c,d\n{}", rows.iter().map(line).collect::<String>())
    })
}

proptest! {
    #![proptest_config(cases(500))]

    /// CSV → NDJSON → CSV → NDJSON gives the same NDJSON, and no record is lost on the way.
    #[test]
    fn a_round_trip_gives_the_same(input in table(), size in 1usize..60) {
        let mut csv = asked(LAW, Format::Csv, Some(Target::Ndjson));
        csv.missing = vec![b"".to_vec(), b"NA".to_vec()];
        let first = run(&csv, input.as_bytes(), &[usize::MAX]).expect("a stream");
        let small = Request { batch_bytes: size, ..csv.clone() };
        prop_assert_eq!(&run(&small, input.as_bytes(), &[size]).expect("a stream"), &first);
        let mut json = asked(LAW, Format::Ndjson, Some(Target::Csv));
        json.missing.clone_from(&csv.missing);
        json.allow_empty = true;
        let back = run(&json, &first.valid, &[size]).expect("a stream");
        prop_assert_eq!(back.report.counts.invalid, 0, "{}", back.violations);
        let again = [b"a,b,c,d\n".as_slice(), &back.valid].concat();
        let second = run(&csv, &again, &[usize::MAX]).expect("a stream");
        prop_assert_eq!(String::from_utf8_lossy(&second.valid), String::from_utf8_lossy(&first.valid));
        prop_assert_eq!(second.report.counts.invalid, 0);
    }

    /// Steps that find nothing to do leave every byte in its place.
    #[test]
    fn a_transformation_without_effect_changes_no_byte(input in table(), size in 1usize..60) {
        let steps = r#","x-transform":[{"case":{"b":"lower"}},{"cast":{"c":"string"}},{"rename":{"a":"z"}},{"rename":{"z":"a"}}]}"#;
        // What stands for no value has no case.
        let missing = vec![b"".to_vec(), b"NA".to_vec()];
        let idle = Request { missing: missing.clone(), ..asked(&format!("{}{steps}", &LAW[..LAW.len() - 1]), Format::Csv, None) };
        let plain = run(&Request { missing, ..asked(LAW, Format::Csv, None) }, input.as_bytes(), &[usize::MAX]).expect("a stream");
        let outcome = run(&Request { batch_bytes: size, ..idle }, input.as_bytes(), &[size]).expect("a stream");
        prop_assert_eq!(outcome.valid, plain.valid);
        prop_assert_eq!(outcome.invalid, plain.invalid);
        prop_assert_eq!(outcome.violations, plain.violations);
    }
}
