//! Inputs that could take a reader more time than their size: each would run for hours if it did.

mod common;

use common::{Outcome, request, run};
use sluice_engine::frame::csv::Dialect;
use sluice_engine::intake::{Format, Request};

const SIZE: usize = 1 << 20;

fn filled(unit: &str) -> Vec<u8> {
    unit.as_bytes().iter().copied().cycle().take(SIZE / unit.len() * unit.len()).collect()
}

fn csv() -> Request {
    let mut asked = request(r#"{"properties":{"a":true}}"#, Format::Csv);
    asked.header = Some(vec!["a".to_owned()]);
    asked.batch_bytes = 1 << 16;
    asked.limits.record_bytes_max = SIZE / 3;
    asked
}

fn read(asked: &Request, input: &[u8]) -> Outcome {
    let outcome = run(asked, input, &[1 << 12]).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(outcome.header.len() + outcome.valid.len() + outcome.invalid.len(), input.len());
    outcome
}

#[test]
fn csv_of_one_unit_over_and_over() {
    for (unit, read_count, invalid) in [
        ("\n", SIZE, 0),
        ("\r", SIZE, 0),
        ("\r\n", SIZE / 2, 0),
        ("\"", 1, 1),
        ("\"\"", 1, 1),
        ("x", 1, 1),
        (",", 1, 1),
        ("\",", 1, 1),
        ("\",\"", 1, 1),
    ] {
        let counts = read(&csv(), &filled(unit)).report.counts;
        assert_eq!((counts.read as usize, counts.invalid as usize), (read_count, invalid), "{unit:?}");
    }
    for unit in ["\"a\n", "a\"\n", "\"\"\"a\n", "x\n\"", "\"\n,", "\"\"\n", "\",\n\"", "\"a\nb\nc\nd\ne\nf\ng\n", "#\"\n", "\0\"\r"] {
        let outcome = read(&csv(), &filled(unit));
        assert!(outcome.report.counts.read > 0, "{unit:?}");
    }
}

#[test]
fn an_open_quote_costs_its_bounds_once() {
    let mut asked = csv();
    asked.limits.record_lines_max = 1 << 30;
    let input = ["\"", &"x\n".repeat(SIZE / 2)].concat();
    let outcome = read(&asked, input.as_bytes());
    assert_eq!(outcome.brief(), ["quote/unclosed 1 0"]);
    assert_eq!(outcome.report.counts.read, SIZE as u64 / 2);
    asked.dialect = Dialect { escape: Some(b'\\'), ..Dialect::default() };
    read(&asked, &filled("\"\\\"\n"));
    read(&asked, &filled("\"\\\\\n"));
}

#[test]
fn a_hundred_thousand_columns() {
    let names: Vec<String> = (0..100_000).map(|at| format!("column{at}")).collect();
    let mut asked = Request { header: None, ..csv() };
    asked.limits.record_bytes_max = 8 << 20;
    let row = |last: &str| format!("{},{last}\n", ["1"; 99_999].join(","));
    let schema = r#"{"properties":{"column99999":{"type":"integer"}},"required":["column99999"]}"#;
    let asked = Request { plan: request(schema, Format::Csv).plan, ..asked };
    let input = format!("{}\n{}{}{}", names.join(","), row("1"), row("x"), row("1,1"));
    let outcome = read(&asked, input.as_bytes());
    let codes: Vec<String> = outcome.brief().iter().map(|brief| brief.split(' ').next().expect("a code").to_owned()).collect();
    assert_eq!(codes, ["type", "fields/long"]);
    assert!(outcome.violations.contains("\"column\":99999}"), "{}", outcome.violations);
}

#[test]
fn more_fields_than_any_header_has() {
    let mut asked = csv();
    asked.limits.record_bytes_max = 4 << 20;
    let outcome = run(&asked, ",".repeat(3 << 20).as_bytes(), &[1 << 16]).expect("a stream");
    assert!(outcome.violations.contains("\"params\":{\"expected\":1,\"found\":3145729}"), "{}", outcome.violations);
}

#[test]
fn json_of_one_unit_over_and_over() {
    let mut asked = request(r#"{"properties":{"a":true}}"#, Format::Ndjson);
    asked.batch_bytes = 1 << 16;
    asked.limits.record_bytes_max = 4 * SIZE;
    for unit in ["\n", " ", "[", "{\"a\":", "1", "\"", "\\", "\r", "{}\n", "1,"] {
        read(&asked, &filled(unit));
    }
    let names: Vec<String> = (0..100_000).map(|at| format!("\"n{at}\":[{at}]")).collect();
    assert_eq!(read(&asked, format!("{{{}}}\n", names.join(",")).as_bytes()).report.counts.valid, 1);
    let digits = format!("{}\n", "9".repeat(SIZE));
    let exact = request(r#"{"type":"integer","multipleOf":99999999999999999999999,"minimum":1}"#, Format::Ndjson);
    let outcome = read(&Request { limits: asked.limits.clone(), ..exact }, digits.as_bytes());
    assert!(outcome.violations.len() < 1_000, "a value is cut");
}
