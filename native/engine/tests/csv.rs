//! CSV as people have it: what each kind of defect costs, and where it is said to be.

mod common;

use common::{Outcome, request, run};
use sluice_engine::intake::{Format, Intake, Take};
use sluice_engine::setup::MaxErrors;

const THREE: &str =
    r#"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"},"c":{"type":"string"}},"required":["a","b","c"]}"#;

fn csv(input: &str) -> Outcome {
    let request = request(THREE, Format::Csv);
    let whole = run(&request, input.as_bytes(), &[usize::MAX]).unwrap_or_else(|fault| panic!("{fault}"));
    for chunk in [1, 2, 3, 7] {
        let mut small = request.clone();
        small.batch_bytes = chunk;
        let cut = run(&small, input.as_bytes(), &[chunk]).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(whole, cut, "in chunks of {chunk}: {input:?}");
    }
    whole
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn stray_quotes_cost_their_record_alone() {
    for (bad, code) in [
        ("2,b\"b,c", "quote/stray"),
        ("2,\"b\"b,c", "quote/stray"),
        ("2, \"b\",c", "quote/stray"),
        ("2,\"b\" ,c", "quote/stray"),
        ("2,b,c\"", "quote/stray"),
        ("2,\"b,c", "quote/unclosed"),
        ("\"2,b,c", "quote/unclosed"),
        ("2,b,\"c", "quote/unclosed"),
        ("2,b,\"", "quote/unclosed"),
        ("2,b", "fields/short"),
        ("2,b,c,d", "fields/long"),
        ("", "fields/short"),
    ] {
        let outcome = csv(&format!("a,b,c\n1,x,y\n{bad}\n3,\"q\",z\n4,\"m\nn\",z\n5,,z\n"));
        assert_eq!(text(&outcome.invalid), format!("{bad}\n5,,z\n"), "{bad}");
        assert_eq!(text(&outcome.valid), "1,x,y\n3,\"q\",z\n4,\"m\nn\",z\n");
        assert!(outcome.brief()[0].starts_with(&format!("{code} 3 ")), "{:?}", outcome.brief());
        assert_eq!(outcome.report.counts.read, 5);
    }
}

#[test]
fn an_unclosed_quote_is_reported_where_it_opened() {
    let outcome = csv("a,b,c\n1,\"x\ny\",\"z\n2,b,c\n3,b,c\n");
    assert_eq!(outcome.brief(), ["quote/unclosed 3 14"]);
    assert_eq!(text(&outcome.invalid), "1,\"x\ny\",\"z\n");
    assert_eq!(text(&outcome.valid), "2,b,c\n3,b,c\n");
    let at_end = csv("a,b,c\n1,x,y\n2,\"b,c\n3,x,y");
    assert_eq!(at_end.brief(), ["quote/unclosed 3 14"]);
    assert_eq!(text(&at_end.valid), "1,x,y\n3,x,y");
}

#[test]
fn a_token_with_a_quote_in_it_stands_for_a_missing_value() {
    let mut asked = request(THREE, Format::Csv);
    asked.missing = vec![Vec::new(), b"\"".to_vec(), b"\"-\"".to_vec()];
    let input = "a,b,c\n1,\"\"\"\",y\n2,\"\"\"-\"\"\",y\n3,\"\"\"\"\"\",y\n4,\"-\",y\n";
    let outcome = run(&asked, input.as_bytes(), &[usize::MAX]).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(outcome.brief(), ["required 2 6", "required 3 15"]);
    assert_eq!(text(&outcome.valid), "3,\"\"\"\"\"\",y\n4,\"-\",y\n");
}

#[test]
fn a_quoted_field_may_be_longer_than_what_is_looked_at_at_once() {
    // Blocks of 64 bytes begin anywhere in it: within a doubled quote, at the quote that closes, after it, between a carriage return and a line feed.
    for length in 0..200 {
        let field = format!("{}\"\"\r\n,\"\"{}\r", "x".repeat(length), "y".repeat(length % 70));
        let outcome = csv(&format!("a,b,c\n1,\"{field}\",y\n2,\"{field}\"\"\"\r3,\"{field}\",\"{field}\"\n4,x,y\n"));
        assert_eq!(outcome.brief(), [format!("fields/short 5 {}", 6 + 2 + field.len() + 5)], "{length}");
        assert_eq!((outcome.report.counts.read, outcome.report.counts.invalid), (4, 1), "{length}");
    }
}

#[test]
fn line_ends_may_be_mixed() {
    let ends = ["\n", "\r\n", "\r"];
    let mut input = String::from("a,b,c\r\n");
    for record in 0..3_000 {
        input += &format!("{record},x,y{}", ends[record % 3]);
    }
    let outcome = csv(&input);
    assert_eq!(outcome.report.counts.read, 3_000);
    assert_eq!(outcome.report.counts.invalid, 0);
    let last = csv("a,b,c\r1,x,y\r2,x,y\r\r\n3,\"\r\n\",y");
    assert_eq!(last.brief(), ["fields/short 4 18"]);
}

#[test]
fn marks_and_encodings() {
    let outcome = csv("\u{FEFF}a,b,c\n1,x,y\nz,x,y\n");
    assert_eq!(outcome.brief(), ["type 3 15"]);
    assert_eq!(text(&outcome.header), "a,b,c\n");
    let request = request(THREE, Format::Csv);
    let broken = run(&request, b"a,b,c\n1,x\xff,y\n2,x,\xc3\n3,x,\xc3\xa9\n", &[usize::MAX]).expect("a stream");
    assert_eq!(broken.brief(), ["encoding/utf8 2 6", "encoding/utf8 3 13"]);
    let fault = run(&request, b"\xff\xfe\0\0a\0\0\0", &[1]).expect_err("UTF-32");
    assert_eq!(fault.code, "input/encoding");
}

#[test]
fn headers_have_one_outcome_each() {
    let code = |input: &str| {
        run(&request(THREE, Format::Csv), input.as_bytes(), &[usize::MAX])
            .map(|outcome| outcome.report.counts.read)
            .map_err(|fault| fault.code)
    };
    assert_eq!(code("c,b,a\nx,y,1\n"), Ok(1));
    assert_eq!(code("a,b,c"), Ok(0));
    assert_eq!(code("a,b,c,\n1,x,y,\n"), Ok(1));
    assert_eq!(code(""), Err("input/empty"));
    assert_eq!(code("a,b\n"), Err("header/missing"));
    assert_eq!(code("a,b,C\n"), Err("header/case"));
    assert_eq!(code("a,b, c\n"), Err("header/case"));
    assert_eq!(code("a,b,c,a\n"), Err("header/duplicate"));
    assert_eq!(code("\na,b,c\n"), Err("header/malformed"));
    assert_eq!(code("a,b,\"c\n1,x,y\n"), Err("header/malformed"));
    assert_eq!(code("\"a\",\"b\",\"c\"\n1,x,y\n"), Ok(1));
    let closed = request(r#"{"properties":{"a":{}},"required":["b"],"additionalProperties":false}"#, Format::Csv);
    let fault = run(&closed, b"a,b\n1,2\n", &[usize::MAX]).expect_err("only required names b");
    assert_eq!(fault.code, "header/extra");
}

#[test]
fn bounds_of_a_record_hold() {
    let mut bounded = request(THREE, Format::Csv);
    bounded.limits.record_bytes_max = 20;
    bounded.limits.record_lines_max = 3;
    let long = "x".repeat(50);
    let input = format!("a,b,c\n1,{long},y\n2,b,c\n3,\"{long}\",c\n4,\"\n\n\n\",c\n5,b,c\n6,b,\"c\n7,b,c\n8,b,c\n9,b,c\n");
    let whole = run(&bounded, input.as_bytes(), &[usize::MAX]).expect("a stream");
    assert_eq!(
        whole.brief(),
        [
            "record/too-large 2 6",
            "quote/unclosed 4 69",
            "quote/unclosed 5 126",
            "fields/short 6 128",
            "fields/short 7 129",
            "quote/unclosed 8 130",
            "quote/unclosed 10 144"
        ]
    );
    for size in 1..30 {
        bounded.batch_bytes = size;
        assert_eq!(whole, run(&bounded, input.as_bytes(), &[size]).expect("a stream"));
    }
}

#[test]
fn comments_and_blank_lines_are_passed_on() {
    let mut dialect = request(THREE, Format::Csv);
    dialect.dialect.comment = Some(b'#');
    dialect.dialect.skip_blank_lines = true;
    let outcome = run(&dialect, b"# made by hand\na,b,c\n1,x,y\n#2,x\n\nz,x,y\n", &[1]).expect("a stream");
    assert_eq!(text(&outcome.header), "# made by hand\na,b,c\n");
    assert_eq!(text(&outcome.valid), "1,x,y\n#2,x\n\n");
    assert_eq!(outcome.brief(), ["type 6 33"]);
}

#[test]
fn other_dialects() {
    let mut dialect = request(THREE, Format::Csv);
    dialect.dialect.delimiter = b'\t';
    dialect.dialect.quote = Some(b'\'');
    dialect.dialect.escape = Some(b'\\');
    let outcome = run(&dialect, b"a\tb\tc\n1\t'it\\'s \\\\ \\n'\t\"\n'x\\''\ty\tz\n", &[1]).expect("a stream");
    assert_eq!(outcome.brief(), ["type 3 24"]);
    assert!(outcome.violations.contains(r#""value":"x'""#), "{}", outcome.violations);
    dialect.dialect.quote = None;
    let plain = run(&dialect, b"a\tb\tc\n1\t\"x\t'\n", &[1]).expect("a stream");
    assert_eq!(plain.report.counts.valid, 1);
}

#[test]
fn missing_cells() {
    let schema = r#"{"properties":{"a":{"type":["integer","null"]},"b":{"type":"string"},"c":{"type":"integer"},"d":{"x-missing":["-"],"type":"string"}},"required":["a","b"]}"#;
    let mut request = request(schema, Format::Csv);
    request.missing = vec![b"".to_vec(), b"NA".to_vec()];
    let outcome = run(&request, b"a,b,c,d\nNA,x,NA,\n,NA,\"\",-\n1,x,2,NA\n", &[usize::MAX]).expect("a stream");
    assert_eq!(outcome.brief(), ["required 3 17"]);
    request.missing = Vec::new();
    let none = run(&request, b"a,b,c,d\n,,,\n", &[usize::MAX]).expect("a stream");
    assert_eq!(none.brief(), ["type 2 8", "type 2 8"]);
}

#[test]
fn the_limit_of_bytes_is_exact() {
    for (record, code) in [
        ("12345,b", None),
        ("12345,bb", Some("record/too-large 2 4")),
        ("\"123\",b", None),
        ("\"1234\",", None),
        ("\"12345\"", Some("fields/short 2 4")),
        ("1,\"abc\"", None),
        ("1,\"abcd\"", Some("quote/unclosed 2 6")),
        ("1234567,\"x\"", Some("record/too-large 2 4")),
        ("123456,\"x\"", Some("record/too-large 2 4")),
    ] {
        for end in ["\n", "\r\n", "\r", ""] {
            let mut bounded = request(r#"{"properties":{"a":true,"b":true}}"#, Format::Csv);
            bounded.limits.record_bytes_max = 7 + usize::from(code.is_some_and(|code| code.starts_with("fields")));
            let outcome = run(&bounded, format!("a,b\n{record}{end}").as_bytes(), &[1]).expect("a stream");
            assert_eq!(outcome.brief(), code.into_iter().collect::<Vec<_>>(), "{record:?}{end:?}");
        }
    }
}

#[test]
fn a_limit_of_errors_leaves_no_record_cut() {
    let mut asked = request(THREE, Format::Csv);
    asked.limits.record_bytes_max = 8;
    asked.max_errors = Some(MaxErrors::Count(0));
    for (input, invalid) in [
        ("a,b,c\n1,x,y\n2,xxxxxxxxxxxxxxxxxxxxxx,y\r\n3,x,y\n", "2,xxxxxxxxxxxxxxxxxxxxxx,y\r\n"),
        ("a,b,c\n1,x,y\n2,\"xxxxxxxxxxxxxxxxxxxxx,y\n4,x\n", "2,\"xxxxxxxxxxxxxxxxxxxxx,y\n"),
        ("a,b,c\n1,x,y\n2,x\"xxxxxxxxxxxxxxxxxxxxx,y", "2,x\"xxxxxxxxxxxxxxxxxxxxx,y"),
    ] {
        for size in 1..40 {
            asked.batch_bytes = size;
            let outcome = run(&asked, input.as_bytes(), &[size]).expect("a stream");
            assert_eq!((text(&outcome.valid), text(&outcome.invalid)), ("1,x,y\n", invalid), "in chunks of {size}");
            assert_eq!((outcome.report.counts.read, outcome.report.complete), (2, false));
            assert_eq!(outcome.report.bytes as usize, "a,b,c\n1,x,y\n".len() + invalid.len());
        }
    }
}

#[test]
fn what_stands_before_the_header_has_a_bound() {
    let mut asked = request(THREE, Format::Csv);
    asked.dialect.comment = Some(b'#');
    asked.limits.record_bytes_max = 8;
    for (front, is_read) in [("#234567\n", true), ("#2345678\n", false), ("#2\n#5\n#8\n", false), ("\u{FEFF}#234567\n", true)] {
        for size in 1..12 {
            asked.batch_bytes = size;
            let code = run(&asked, format!("{front}a,b,c\n1,x,y\n").as_bytes(), &[size]).map_err(|fault| fault.code);
            assert_eq!(code.map(|outcome| outcome.report.counts.valid), if is_read { Ok(1) } else { Err("header/malformed") }, "{front}");
        }
    }
    asked.format = Format::Auto;
    let code = run(&asked, b"        {\"a\":1}\n", &[1]).map_err(|fault| fault.code);
    assert_eq!(code.expect_err("CSV beyond so much white space"), "header/malformed");
    let fault = run(&asked, b"\0\0\xfe\xffa", &[1]).expect_err("UTF-32");
    assert_eq!(fault.code, "input/encoding");
    let quote = run(&asked, "\u{FEFF}a\"b\n".as_bytes(), &[1]).expect_err("a stray quote");
    assert!(quote.message.contains("byte 4"), "{quote}");
}

#[test]
fn a_stray_quote_holds_back_nothing_that_is_to_go_on() {
    let asked = request(r#"{"properties":{"b":{"type":"integer"}}}"#, Format::Csv);
    for stray in ["1,5\"", "x\"y,1", "1,\"5"] {
        let mut intake = Intake::new(asked.clone());
        let input = format!("a,b\n{stray}\n2,3\n4,5\n6");
        assert_eq!(intake.push(input.as_bytes()), input.len());
        let batch = intake.take(Take::Partial).expect("a source").expect("a batch");
        assert_eq!(batch.bytes, format!("{stray}\n2,3\n4,5\n").as_bytes());
        assert!(intake.take(Take::Partial).expect("a source").is_none());
    }
}
