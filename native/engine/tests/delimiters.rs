//! Delimiters that are told from the records, and spaces after them.

mod common;

use common::{Outcome, request, run};
use sluice_engine::error::Error;
use sluice_engine::frame::csv::Dialect;
use sluice_engine::intake::{Format, Request};
use sluice_engine::limits::DELIMITER_BYTES_MAX;

const SCHEMA: &str = r#"{"properties":{"a":{"type":"integer"},"b":{"type":"string","maxLength":3}}}"#;

fn asked() -> Request {
    Request { sniff_delimiter: true, ..request(SCHEMA, Format::Csv) }
}

fn in_any_chunks(asked: &Request, input: &[u8]) -> Result<Outcome, Error> {
    let whole = run(asked, input, &[usize::MAX]);
    for chunk in [1, 2, 3, 7, 64] {
        assert_eq!(whole, run(&Request { batch_bytes: chunk, ..asked.clone() }, input, &[chunk]), "chunks of {chunk}");
    }
    whole
}

fn found(input: &str) -> Result<(String, u32), &'static str> {
    let report = in_any_chunks(&asked(), input.as_bytes()).map_err(|fault| fault.code)?.report;
    Ok((report.delimiter.expect("a delimiter"), report.delimiter_confidence_percent.expect("a confidence")))
}

#[test]
fn each_is_found_with_how_sure_that_is() {
    for delimiter in [",", ";", "\t", "|"] {
        let input = "a,b,c\n1,x,y\n2,x,y\n3,x,y\n".replace(',', delimiter);
        assert_eq!(found(&input), Ok((delimiter.to_owned(), 80)));
        assert_eq!(found(&format!("\u{FEFF}{input}")), Ok((delimiter.to_owned(), 80)));
        assert_eq!(found(&format!("{}\n", input.lines().next().expect("a header"))), Ok((delimiter.to_owned(), 50)), "a header alone");
    }
    assert_eq!(found("a;b\n1;1,5\n2;2,5\n3;3,25\n"), Ok((";".to_owned(), 80)), "decimal commas");
    assert_eq!(found("a;b\n1;\"x,y\"\n2;\"x\n|y\"\n"), Ok((";".to_owned(), 75)), "quoted delimiters");
    assert_eq!(found("\"a,1\";\"b,2\"\n\"x,y\";\"z,w\"\n"), Ok((";".to_owned(), 66)), "quoted delimiters throughout");
    assert_eq!(found("a,b\n\n1,x\n2,y,z\n3,x\n\n"), Ok((",".to_owned(), 60)), "ragged and blank lines");
    assert_eq!(found("a,b\r1,x\r2,x\r"), Ok((",".to_owned(), 75)), "carriage returns");
    let mut named = asked();
    named.header = Some(vec!["a".to_owned(), "b".to_owned()]);
    let outcome = in_any_chunks(&named, b"1;x,y\n2;x\n3;y\n").expect("a stream");
    assert_eq!(outcome.report.delimiter.as_deref(), Some(";"));
    assert_eq!(outcome.report.delimiter_confidence_percent, Some(50));
}

#[test]
fn what_cannot_be_told_is_an_error() {
    for input in ["a\n1\n2\n", "a;b,c\n", "a;b,c\n1;2,3\n2;3,4\n", "a\"b,c\n1,2\n", "x;y\n1,2\n3,4\n5,6\n"] {
        assert_eq!(found(input), Err("input/delimiter"), "{input:?}");
    }
    let fault = in_any_chunks(&asked(), b"a;b,c\n1;2,3\n").expect_err("a tie");
    assert!(fault.message.contains("',' gives 2 of 2 records 2 fields, ';' gives 2 of 2 records 2 fields"), "{fault}");
    let long = format!("\"{}\",b\n1,x\n", "x".repeat(DELIMITER_BYTES_MAX));
    assert_eq!(run(&asked(), long.as_bytes(), &[1 << 12]).map_err(|fault| fault.code), Err("input/delimiter"));
    let mut empty = asked();
    assert_eq!(code(&empty, b""), "input/empty");
    empty.allow_empty = true;
    assert_eq!(in_any_chunks(&empty, b"").expect("allowed").report.counts.read, 0);
}

fn code(asked: &Request, input: &[u8]) -> &'static str {
    in_any_chunks(asked, input).expect_err("an error").code
}

#[test]
fn only_the_first_part_decides_whatever_the_chunks() {
    let first = "1;x\n".repeat(DELIMITER_BYTES_MAX / 4);
    let input = format!("a;b\n{first}{}", "1,x\n".repeat(DELIMITER_BYTES_MAX / 2));
    let whole = run(&asked(), input.as_bytes(), &[usize::MAX]).expect("a stream");
    assert_eq!(whole.report.delimiter_confidence_percent, Some(99));
    for (batch_bytes, chunk) in [(1 << 10, 100), (1 << 20, 1 << 16), (1 << 18, 65_537), (1, 65_536)] {
        let cut = run(&Request { batch_bytes, ..asked() }, input.as_bytes(), &[chunk]).expect("a stream");
        assert_eq!(whole, cut, "{batch_bytes} {chunk}");
    }
}

#[test]
fn spaces_after_a_delimiter() {
    let mut spaced = request(SCHEMA, Format::Csv);
    spaced.dialect = Dialect { skip_initial_space: true, ..Dialect::default() };
    let input = "a,  b\n1, \"x,y\"\n2,   \"x\ny\"\n3,  \n 4,x\n5,\"x\" \n6,x \n7, \"\n8,  x\n9,\tabc\n10,x";
    let outcome = in_any_chunks(&spaced, input.as_bytes()).expect("a stream");
    assert_eq!(String::from_utf8_lossy(&outcome.valid), "1, \"x,y\"\n2,   \"x\ny\"\n3,  \n6,x \n8,  x\n10,x");
    let codes: Vec<String> = outcome.brief();
    assert_eq!(codes, ["type 6 31", "quote/stray 7 36", "quote/unclosed 9 51", "maxLength 11 59"]);
    let plain =
        in_any_chunks(&request(r#"{"properties":{"a":{"type":"integer"}}}"#, Format::Csv), b"a, b\n1, \"x\"\n2, x\n").expect("a stream");
    assert_eq!(plain.brief(), ["quote/stray 2 5"]);
}

/// A batch that ends in a carriage return is checked once, as one that ends in a line feed.
#[test]
fn files_of_carriage_returns_leave_nothing_over() {
    let mut small = request(SCHEMA, Format::Csv);
    small.batch_bytes = 64;
    let lines = "1,x\r".repeat(1_000);
    let mut intake = sluice_engine::intake::Intake::new(small);
    let mut input = format!("a,b\r{lines}").into_bytes();
    let mut batches = Vec::new();
    while !input.is_empty() {
        let taken = intake.push(&input);
        input.drain(..taken);
        while intake.is_full() {
            match intake.take(sluice_engine::intake::Take::Full).expect("a stream") {
                Some(batch) => batches.push(batch),
                None => break,
            }
        }
    }
    let setup = intake.opened().expect("opened").setup.clone();
    assert!(batches.len() > 60);
    for batch in batches {
        let checked = setup.check(&batch.bytes, sluice_engine::batch::Start::Record, false);
        assert_eq!(checked.consumed, batch.bytes.len());
    }
}
