//! Public suites: nst/JSONTestSuite and sineemore/csv-test-data, read where they stand.

mod common;

use common::{request, run};
use serde_json::{Map, Value, json};
use sluice_engine::batch::Start;
use sluice_engine::check::Findings;
use sluice_engine::check::json::{JsonChecker, JsonRecord};
use sluice_engine::decode::cell;
use sluice_engine::frame::csv::{Dialect, Framed, Framer};
use sluice_engine::intake::Format;
use sluice_engine::limits::Limits;
use sluice_engine::policy::Policy;
use sluice_engine::schema::{Options, compile};
use std::fs;
use std::path::{Path, PathBuf};

const CHUNKS: [usize; 6] = [usize::MAX, 1, 2, 3, 7, 64];

/// The files of a suite, by name; none where the suite is not at hand, which a build machine does not let pass.
fn files(of: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites").join(of);
    let Ok(entries) = fs::read_dir(&folder) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "the suite {} is missing", folder.display());
        eprintln!("skipped: no suite at {}", folder.display());
        return Vec::new();
    };
    let name = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).map(|path| (name(&path), path)).collect();
    files.sort();
    files
}

/// The codes of what is wrong with a whole text as one record.
fn json_faults(text: &[u8]) -> Vec<&'static str> {
    let plan = compile("true", &Options::default()).expect("a schema");
    let limits = Limits::default();
    if std::str::from_utf8(text).is_err() {
        return vec!["encoding/utf8"];
    }
    let mut findings = Findings::new(&plan, &limits, Policy::default(), Start::Record);
    findings.begin(0);
    JsonRecord::new(
        JsonChecker { plan: &plan, limits: &limits, policy: Policy::default(), cells: None, references: None, glanced: false },
        text,
    )
    .check(0, text.len(), &mut findings);
    findings.end(text.len(), 0);
    findings.finish().violations.iter().map(|violation| plan.rule(violation.rule).code).collect()
}

#[test]
fn json_texts_are_told_apart() {
    let (mut accepted, mut refused) = (0, 0);
    for (name, path) in files("json-parsing/test_parsing") {
        let text = fs::read(&path).expect("a file");
        let faults = json_faults(&text);
        match name.as_bytes()[0] {
            // A name that stands twice in an object is JSON; that it is refused is a rule of this engine.
            b'y' if name.starts_with("y_object_duplicated_key") => assert_eq!(faults, ["json/duplicate-key"], "{name}"),
            b'y' => assert!(faults.is_empty(), "{name}: {faults:?}"),
            b'n' => assert!(!faults.is_empty(), "{name}"),
            _ => {}
        }
        accepted += usize::from(name.starts_with("y_"));
        refused += usize::from(name.starts_with("n_"));
        as_a_line(&name, &text, &faults);
    }
    assert!(accepted == 0 || (accepted >= 95 && refused >= 188), "{accepted} {refused}");
}

/// A text on one line is judged the same in the middle of a stream.
fn as_a_line(name: &str, text: &[u8], faults: &[&str]) {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let is_blank = text.iter().all(|byte| b" \t\r".contains(byte));
    // A mark is dropped at the front of a stream, and only there.
    if text.contains(&b'\n') || is_blank {
        return;
    }
    let input = [b"1\n", text, b"\n2\n"].concat();
    for chunk in CHUNKS {
        let mut small = request("true", Format::Ndjson);
        small.batch_bytes = chunk.min(1 << 20);
        let outcome = run(&small, &input, &[chunk.max(1 + text.len() / 1_000)]).expect("a stream");
        let codes: Vec<String> = outcome.brief().iter().map(|brief| brief.split(' ').next().expect("a code").to_owned()).collect();
        assert_eq!(codes, faults, "{name} in chunks of {chunk}");
        assert_eq!(outcome.report.counts.read, 3, "{name}");
    }
}

/// Names of columns that nothing is known of.
fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("c{at}")).collect()
}

fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let dialect = Dialect::default();
    let mut framer: Framer<'_, 4> = Framer::new(bytes, 0, &dialect, usize::MAX, usize::MAX, true);
    let (mut rows, mut at, mut scratch) = (Vec::new(), 0, Vec::new());
    while at < bytes.len() {
        let Framed::Record { end, .. } = framer.record(at) else { panic!("not a record at {at}") };
        let text = |field: &_| String::from_utf8(cell::text(bytes, field, &dialect, &mut scratch).to_vec()).expect("text");
        rows.push(framer.fields.iter().map(text).collect());
        at = end;
    }
    rows
}

/// A schema that allows in each column the values of `rows` alone.
fn schema_of(names: &[String], rows: &[Vec<String>]) -> String {
    let column = |at: usize| json!({ "enum": rows.iter().map(|row| &row[at]).collect::<Vec<_>>() });
    let properties: Map<String, Value> = names.iter().enumerate().map(|(at, name)| (name.clone(), column(at))).collect();
    json!({ "properties": properties, "required": names, "additionalProperties": false }).to_string()
}

fn expected(name: &str, json: &[(String, PathBuf)], names: &[String]) -> Vec<Vec<String>> {
    let (_, path) = json.iter().find(|(other, _)| other == name).unwrap_or_else(|| panic!("no rows of {name}"));
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let row = |row: &Value| match row {
        Value::Array(cells) => cells.iter().map(text).collect(),
        row => names.iter().map(|name| text(&row[name])).collect(),
    };
    rows.iter().map(row).collect()
}

#[test]
fn csv_files_give_their_rows() {
    let json = files("csv/json");
    let header: Vec<String> = ["foo", "bar", "baz"].map(str::to_owned).to_vec();
    for (name, path) in files("csv/csv").into_iter().filter(|(name, _)| !name.starts_with("bad-")) {
        let input = fs::read(&path).expect("a file");
        let has_header = name.starts_with("header-");
        let expected = expected(&name, &json, &header);
        let names = if has_header { header.clone() } else { names(expected[0].len()) };
        let found = rows(&input);
        assert_eq!(found[usize::from(has_header)..], expected, "{name}");
        let mut asked = request(&schema_of(&names, &expected), Format::Csv);
        asked.header = (!has_header).then_some(names);
        asked.missing = Vec::new();
        for chunk in CHUNKS {
            asked.batch_bytes = chunk.min(1 << 20);
            let outcome = run(&asked, &input, &[chunk]).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert_eq!(outcome.violations, "", "{name} in chunks of {chunk}");
            assert_eq!(outcome.report.counts.valid as usize, expected.len(), "{name} in chunks of {chunk}");
            assert_eq!([outcome.header, outcome.valid].concat(), input, "{name} in chunks of {chunk}");
        }
    }
}

#[test]
fn bad_csv_files_are_never_taken_for_good() {
    for (name, path) in files("csv/csv").into_iter().filter(|(name, _)| name.starts_with("bad-")) {
        let input = fs::read(&path).expect("a file");
        let schema = r#"{"properties":{"foo":{},"bar":{},"baz":{}},"required":["foo","bar","baz"]}"#;
        for chunk in CHUNKS {
            let mut asked = request(schema, Format::Csv);
            asked.batch_bytes = chunk.min(1 << 20);
            match run(&asked, &input, &[chunk]) {
                Ok(outcome) => assert!(outcome.report.counts.invalid > 0, "{name} in chunks of {chunk}"),
                Err(fault) => assert!(["input/empty", "header/missing"].contains(&fault.code), "{name}: {fault}"),
            }
        }
    }
}
