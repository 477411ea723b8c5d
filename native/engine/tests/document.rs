//! One JSON document as a stream of records: what is read, what each kind of damage costs, and what is said of it.

#[path = "common/document.rs"]
mod document;

use document::{ANY, Outcome, request, run};
use sluice_engine::intake::{Format, Request};
use sluice_engine::setup::MaxErrors;

/// Records that are objects with an integer `a` of at least 0.
const SCHEMA: &str = r#"{"type":"object","properties":{"a":{"type":"integer","minimum":0}}}"#;

/// Runs `input` whole and in pieces, and makes sure that the outcome is the same.
fn run_in_all_ways(request: &Request, input: &[u8]) -> Outcome {
    let whole = run(request, input, &[usize::MAX], usize::MAX);
    for chunk in [1, 2, 3, 7, 64] {
        let mut small = request.clone();
        small.batch_bytes = chunk;
        small.batch_lines_max = chunk;
        let cut = run(&small, input, &[chunk], usize::MAX);
        assert_eq!(whole, cut, "in chunks of {chunk}: {}", String::from_utf8_lossy(input));
        assert_eq!(whole, run(request, input, &[chunk], 1), "flushed after {chunk}: {}", String::from_utf8_lossy(input));
    }
    whole
}

fn at(path: &str, input: &str) -> Outcome {
    run_in_all_ways(&request(SCHEMA, Some(path)), input.as_bytes())
}

fn top(input: &str) -> Outcome {
    run_in_all_ways(&request(SCHEMA, None), input.as_bytes())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn records_come_out_as_lines_with_their_places() {
    let input = "{\n  \"v\": \"1\", \"in_network\" : [\n    {\"a\": 1},\r\n    {\n      \"a\": -1,\n      \"s\": \"x\\n[\\\"{\"\n    },\n    {\"a\":\n 3}]\n, \"rest\": [1.5e3, null, {\"in_network\": [true]}]}\n";
    let outcome = at("$.in_network[*]", input);
    assert_eq!(outcome.fault(), "none");
    assert_eq!(outcome.valid, "{\"a\": 1}\n{\"a\":  3}\n");
    assert_eq!(text(&outcome.invalid), "{       \"a\": -1,       \"s\": \"x\\n[\\\"{\"     }\n");
    let place = input.find("{\n      \"a\": -1").expect("it is there");
    assert_eq!(outcome.brief(), [format!("minimum 2 4 {place} /in_network/1 /a")]);
    let report = outcome.report.expect("a report");
    assert_eq!((report.counts.read, report.counts.valid, report.bytes), (3, 2, input.len() as u64));
    assert_eq!(report.format, "json");
    assert!(report.complete);
    assert_eq!(report.rules[0].samples[0].byte, Some(place as u64));
}

#[test]
fn the_path_leads_there_and_nowhere_else() {
    for (path, input, valid, pointer) in [
        ("$", r#" {"a":-1} "#, "", ""),
        ("$.r", r#"{"q":{"r":1},"r":{"a":-1}}"#, "", "/r"),
        ("$.*", r#"{"x":{"a":1},"y/~":{"a":-1}}"#, "{\"a\":1}\n", "/y~1~0"),
        ("$[*]", r#"{"x":{"a":1},"y":{"a":-1}}"#, "{\"a\":1}\n", "/y"),
        ("$[1]", r#"[{"a":1},{"a":-1},{"a":2}]"#, "", "/1"),
        ("$[1]", r#"[[{"a":-5}],{"a":-1}]"#, "", "/1"),
        ("$[*].r", r#"[{"r":{"a":1}},{"s":[]},{"s":{"r":[]},"r":{"a":-1}}]"#, "{\"a\":1}\n", "/2/r"),
        ("$.x[*][*]", r#"{"x":[[{"a":1}],[],[{"a":2},{"a":-1}]]}"#, "{\"a\":1}\n{\"a\":2}\n", "/x/2/1"),
        ("$['in\u{e9}']['b c'][*]", r#"{"in\u00e9":{"b c":[{"a":-1}]},"in":{"b c":[1]}}"#, "", "/iné/b c/0"),
        ("$.d[*]", r#"{"\u0064":[{"a":0},{"a":-1}]}"#, "{\"a\":0}\n", "/d/1"),
    ] {
        let outcome = at(path, input);
        assert_eq!(outcome.fault(), "none", "{path}");
        assert_eq!(outcome.valid, valid, "{path}");
        let byte = input.find("{\"a\":-1}").expect("it is there");
        let record = valid.lines().count() + 1;
        assert_eq!(outcome.brief(), [format!("minimum {record} 1 {byte} {pointer} /a")], "{path}");
    }
}

#[test]
fn no_records_are_an_error_and_an_empty_array_is_none() {
    for (path, input) in
        [("$[*]", "[]"), ("$.r[*]", r#"{"r":[ ]}"#), ("$.r.*", r#"{"r":{}}"#), ("$.r[*].s", r#"{"r":[]}"#), ("$[*][*]", "[[],[]]")]
    {
        let outcome = at(path, input);
        assert_eq!(outcome.fault(), "none", "{path}");
        let report = outcome.report.expect("a report");
        assert_eq!((report.counts.read, report.bytes, report.complete), (0, input.len() as u64, true));
    }
    for (path, input, there, next) in [
        ("$.r[*]", "{}", "$", "$['r']"),
        ("$.r[*]", r#"{"r":null,"R":[1]}"#, "$['r']", "$['r'][*]"),
        ("$.r[*].s", r#"{"r":[{"t":1}]}"#, "$['r'][*]", "$['r'][*]['s']"),
        ("$[2]", "[1,2]", "$", "$[2]"),
        ("$.r[*]", "[1,2]", "$", "$['r']"),
        ("$[0]", r#"{"0":1}"#, "$", "$[0]"),
    ] {
        let fault = at(path, input).fault();
        assert_eq!(fault, format!("input/no-records: The document has no records at {path}: {there} is there, but {next} is not."));
    }
    for (input, what) in
        [("{\"a\":[1]}", "an object"), ("\"a\"", "a string"), ("7", "a number"), ("true", "a literal"), ("x", "no JSON value")]
    {
        let fault = top(input).fault();
        assert!(fault.starts_with(&format!("input/no-records: The document is {what}, not an array")), "{fault}");
    }
}

#[test]
fn a_malformed_record_with_a_certain_end_costs_itself_alone() {
    for (bad, code) in [
        ("{\"a\" 1}", "json/syntax"),
        ("{\"a\":1,}", "json/syntax"),
        ("{a:1}", "json/syntax"),
        ("{\"a\":tru}", "json/syntax"),
        ("{\"a\":01}", "json/syntax"),
        ("{\"a\":\"\\q\"}", "json/syntax"),
        ("{\"a\":\"\t\"}", "json/syntax"),
        ("[1 2]", "json/syntax"),
        ("nope", "json/syntax"),
        ("1.2.3", "json/syntax"),
        ("+1", "json/syntax"),
        ("'a'", "json/syntax"),
        ("\"\\x\"", "json/syntax"),
        ("{\"a\":1 \"b\":\"},{\"}", "json/syntax"),
        ("{\"a\":1,\"a\":2}", "json/duplicate-key"),
        ("{\"a\":\"\\ud800\"}", "json/surrogate"),
        ("{\"a\":-2}", "minimum"),
        ("\"text\"", "type"),
        ("-1.5e-3", "type"),
    ] {
        let outcome = top(&format!("[{{\"a\":1}}, {bad} ,{{\"a\":2}}]"));
        assert_eq!(outcome.fault(), "none", "{bad}");
        assert_eq!(outcome.valid, "{\"a\":1}\n{\"a\":2}\n", "{bad}");
        assert_eq!(text(&outcome.invalid), format!("{bad}\n"));
        assert!(outcome.brief()[0].starts_with(&format!("{code} 2 1 10 /1 ")), "{:?}", outcome.brief());
        assert_eq!(outcome.brief().len(), 1, "{:?}", outcome.brief());
    }
}

#[test]
fn line_feeds_in_strings_stay_refused_and_on_one_line() {
    let outcome = top("[{\"s\":\"a\nb\r\nc\",\n\"a\":1},\n{\"a\":-1}]");
    assert_eq!(text(&outcome.invalid), "{\"s\":\"a\rb\r\rc\", \"a\":1}\n{\"a\":-1}\n");
    assert_eq!(outcome.brief(), ["json/syntax 1 1 1 /0 ", "minimum 2 5 24 /1 /a"]);
}

#[test]
fn bytes_that_are_no_text_cost_their_record_alone() {
    let outcome = run_in_all_ways(&request(SCHEMA, None), b"[{\"a\":1},{\"s\":\"\xFF\"},{\"a\":2}]");
    assert_eq!(outcome.valid, "{\"a\":1}\n{\"a\":2}\n");
    assert_eq!(outcome.invalid, b"{\"s\":\"\xFF\"}\n");
    assert_eq!(outcome.brief(), ["encoding/utf8 2 1 9 /1 "]);
    let outside = run_in_all_ways(&request(SCHEMA, Some("$.r[*]")), b"{\"r\":[{\"a\":1}],\"n\":\"\xC3\xA9\xE2\x98\"}");
    assert_eq!(outside.valid, "{\"a\":1}\n");
    assert!(
        outside.fault().starts_with("input/json: The JSON document is broken at byte 22 (line 1): expected UTF-8"),
        "{}",
        outside.fault()
    );
}

#[test]
fn broken_structure_ends_the_stream_after_the_last_whole_record() {
    for (tail, byte, said) in [
        ("", 17, "it ends where a comma or ] was expected"),
        (",", 18, "it ends where a value was expected"),
        (",]", 18, "expected a value, not ]"),
        (",,{\"a\":3}]", 18, "expected a value, not ,"),
        (" {\"a\":3}]", 18, "expected a comma or ], not {"),
        (" 3]", 18, "expected a comma or ], not 3"),
        ("}", 17, "expected a comma or ], not }"),
        ("] x", 19, "expected nothing after the document"),
        ("]]", 18, "expected nothing after the document"),
        (",{\"a\":[1}]", 25, "} closes a bracket of the other kind; where the record ends that begins at byte 18 (line 2) is not certain"),
        (",{\"a\":1]", 24, "] closes a bracket of the other kind"),
        (",{\"a\":1", 24, "the document ends; where the record ends that begins at byte 18"),
        (",{\"a\":\"1}]", 27, "the document ends, and a string in it is open"),
        (",\"a]", 21, "the document ends, and a string in it is open"),
        (",\"a\\\"]", 23, "the document ends, and a string in it is open"),
        (",tru", 21, "the document ends; where"),
        (":1]", 17, "expected a comma or ], not :"),
        ("\u{1}", 17, "expected a comma or ], not the byte 0x01"),
    ] {
        let outcome = top(&format!("[{{\"a\":1}},\n{{\"a\":2}}{tail}"));
        let expected = format!("input/json: The JSON document is broken at byte {byte} (line 2): {said}");
        assert!(outcome.fault().starts_with(&expected), "{tail}: {}", outcome.fault());
        assert!(outcome.fault().ends_with("2 records were read before."), "{}", outcome.fault());
        assert_eq!(outcome.valid, "{\"a\":1}\n{\"a\":2}\n", "{tail}");
        assert_eq!(outcome.report.map(|report| (report.counts.read, report.bytes, report.complete)), Some((2, 17, false)));
    }
}

#[test]
fn what_is_outside_of_the_records_is_read_strictly() {
    for (inner, byte, said) in [
        ("{\"r\":[], \"x\":01}", 14, "no digit after a leading zero"),
        ("{\"r\":[], \"x\":1.}", 15, "a digit"),
        ("{\"r\":[], \"x\":-}", 14, "a digit"),
        ("{\"r\":[], \"x\":1e}", 15, "a digit"),
        ("{\"r\":[], \"x\":nul}", 13, "a value"),
        ("{\"r\":[], \"x\":nulls}", 17, "a comma or }"),
        ("{\"r\":[], \"x\":\"\\x\"}", 14, "an escape"),
        ("{\"r\":[], \"x\":\"\\u12g4\"}", 14, "four hexadecimal digits"),
        ("{\"r\":[], \"x\":\"\n\"}", 14, "no control character"),
        ("{\"r\":[], \"x\":[1,]}", 16, "a value"),
        ("{\"r\":[], \"x\":[1 2]}", 16, "a comma or ]"),
        ("{\"r\":[], \"x\":{\"a\":1,}}", 20, "a name"),
        ("{\"r\":[], \"x\":{\"a\" 1}}", 18, "a colon"),
        ("{\"r\":[], \"x\":{1:1}}", 14, "a name in quotes or }"),
        ("{\"r\":[], \"x\":[}}", 14, "a value"),
        ("{\"r\":[], \"x\":{]}", 14, "a name in quotes or }"),
        ("{\"r\":[], \"x\":[1}}", 15, "a comma or ]"),
        ("{\"r\":[], \"x\"}", 12, "a colon"),
        ("{\"r\":[]", 7, "a comma or }"),
        ("{\"r\":[], \"x", 11, "within a string"),
        ("{\"r\":[], \"x\":\"\\u12", 18, "within a string"),
        ("{\"r\":[], \"x\":\"\\", 15, "within a string"),
        ("{\"r\":[], \"x\":tr", 15, "a value"),
        ("{\"r\":[], \"x\":-", 14, "within a number"),
        ("{\"r\":[], \"r\":[]}", 12, "stands twice"),
        ("{\"r\":[], \"\\u0072\":[]}", 17, "stands twice"),
        (" ", 1, "a value"),
    ] {
        let fault = at("$.r[*]", inner).fault();
        assert!(fault.starts_with(&format!("input/json: The JSON document is broken at byte {byte} (line 1): ")), "{inner}: {fault}");
        assert!(fault.contains(said), "{inner}: {fault}");
    }
    for fine in [
        "{\"r\":[],\"x\":[0,-0.5E+3,1e5,true,false,null,\"\\u00e9\\ud800 é\u{1F600}\\\\\\\"\",{},[],{\"r\":[[{}]]}]}\n\t\r ",
        "{\"r\":[],\"x\":1,\"x\":2}",
        "\u{FEFF}{\"r\":[]}",
    ] {
        assert_eq!(at("$.r[*]", fine).fault(), "none", "{fine}");
    }
}

#[test]
fn a_record_that_is_too_large_is_one_violation_and_the_next_is_read() {
    let mut request = request(SCHEMA, None);
    request.limits.record_bytes_max = 40;
    let large = format!("{{\"s\":\"{}\",\n\"t\":[{}]}}", "x".repeat(200), "[1],".repeat(50) + "2");
    let (fits, over) = (format!("{{\"s\":\"{}\"}}", "x".repeat(32)), format!("{{\"s\":\"{}\"}}", "x".repeat(33)));
    let input = format!("[{{\"a\":1}},{large},{fits},{over},\"{0}\",{0},{{\"a\":-1}}]", "y".repeat(50));
    let outcome = run_in_all_ways(&request, input.as_bytes());
    assert_eq!(outcome.fault(), "none");
    assert_eq!(outcome.valid, format!("{{\"a\":1}}\n{fits}\n"));
    let refused = format!("{}\n{over}\n\"{1}\"\n{1}\n{{\"a\":-1}}\n", large.replace('\n', " "), "y".repeat(50));
    assert_eq!(text(&outcome.invalid), refused);
    let codes: Vec<_> = outcome.brief().iter().map(|brief| brief.split(' ').take(3).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(codes, ["record/too-large 2 1", "record/too-large 4 2", "record/too-large 5 2", "record/too-large 6 2", "minimum 7 2"]);
    assert!(outcome.brief()[4].ends_with(" /6 /a"), "{:?}", outcome.brief());
    let open = run_in_all_ways(&request, format!("[{{\"a\":1}},{}", &large[..150]).as_bytes());
    assert_eq!(open.brief(), ["record/too-large 2 1 9 /1 "]);
    assert!(open.fault().contains("a string in it is open"), "{}", open.fault());
    assert_eq!(text(&open.invalid), &large[..150]);
    let mut whole = self::request(ANY, Some("$"));
    whole.limits.record_bytes_max = 4;
    assert_eq!(run_in_all_ways(&whole, b"12345").brief(), ["record/too-large 1 1 0  "]);
    assert_eq!(run_in_all_ways(&whole, b"1234").valid, "1234\n");
}

#[test]
fn depth_has_its_limits() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let outcome = run(&request(ANY, None), format!("[{},{},1]", deep(1_000), deep(100_000)).as_bytes(), &[4_099], usize::MAX);
    assert_eq!(outcome.fault(), "none");
    assert_eq!(outcome.brief(), ["json/depth 2 1 2002 /1 "]);
    assert_eq!(outcome.valid, format!("{}\n1\n", deep(1_000)));
    let outside = at("$.r[*]", &format!("{{\"r\":[],\"x\":{}}}", deep(1_000)));
    assert!(outside.fault().contains("deeper than depthMax"), "{}", outside.fault());
    let bottomless = run(&request(ANY, None), "[".repeat(9 << 20).as_bytes(), &[1 << 20], usize::MAX);
    assert!(bottomless.fault().contains("nested deeper than 8388608 levels"), "{}", bottomless.fault());
}

#[test]
fn the_first_byte_tells_a_document_from_csv_and_ndjson() {
    let mut request = request(SCHEMA, None);
    request.format = Format::Auto;
    assert_eq!(run_in_all_ways(&request, b" \n[{\"a\":1}]").valid, "{\"a\":1}\n");
    request.allow_empty = true;
    request.format = Format::Json;
    let outcome = run_in_all_ways(&request, b"");
    assert_eq!((outcome.fault().as_str(), outcome.report.map(|report| report.complete)), ("none", Some(true)));
    request.allow_empty = false;
    assert!(run(&request, b"", &[1], 1).fault().starts_with("input/empty"));
}

#[test]
fn it_stops_at_the_limit_of_errors() {
    let mut request = request(SCHEMA, None);
    request.max_errors = Some(MaxErrors::Count(1));
    let outcome = run_in_all_ways(&request, b"[{\"a\":1},{\"a\":-1},{\"a\":-2},{\"a\":3},");
    assert_eq!(outcome.valid, "{\"a\":1}\n");
    assert_eq!(text(&outcome.invalid), "{\"a\":-1}\n{\"a\":-2}\n");
    assert_eq!(outcome.report.map(|report| (report.counts.read, report.bytes, report.complete)), Some((3, 26, false)));
    request.limits.record_bytes_max = 20;
    request.max_errors = Some(MaxErrors::Count(0));
    let large = run_in_all_ways(&request, format!("[{{\"a\":1}},[{}1],{{\"a\":-2}}]", "1,".repeat(99)).as_bytes());
    assert_eq!(text(&large.invalid), format!("[{}1]\n", "1,".repeat(99)));
    assert_eq!(large.report.map(|report| (report.counts.read, report.bytes)), Some((2, 210)));
}
