//! The official JSON Schema test suite, draft 2020-12, each instance as one record of NDJSON.

use serde_json::Value;
use sluice_engine::batch::Start;
use sluice_engine::limits::Limits;
use sluice_engine::schema::{Options, compile};
use sluice_engine::setup::{Form, Setup};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The suite lies beside the project, unless a variable says where.
fn suite() -> Option<PathBuf> {
    let folder = match std::env::var_os("SLUICE_JSON_SCHEMA_SUITE") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites/json-schema"),
    };
    if folder.join("tests/draft2020-12").is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").is_err(), "there is no test suite at {}", folder.display());
    eprintln!("skipped: there is no test suite at {}", folder.display());
    None
}

fn files(folder: &Path, is_deep: bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()));
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && is_deep {
            found.extend(files(&path, true));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn references(suite: &Path) -> Vec<(String, String)> {
    let remotes = suite.join("remotes");
    let document = |path: PathBuf| {
        let name = path.strip_prefix(&remotes).unwrap().to_string_lossy().replace('\\', "/");
        (format!("http://localhost:1234/{name}"), std::fs::read_to_string(&path).unwrap())
    };
    files(&remotes, true).into_iter().map(document).collect()
}

fn is_valid(setup: &Setup, instance: &Value) -> bool {
    let record = instance.to_string();
    let checked = setup.check(record.as_bytes(), Start::Record, true);
    assert_eq!(checked.records, 1, "{record}");
    checked.invalid == 0
}

/// Runs the cases of a folder: how many there are, and those that fail.
fn run(folder: &Path, options: &Options) -> (usize, Vec<String>) {
    let (mut cases, mut failures) = (0, Vec::new());
    for path in files(folder, false) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let groups: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for group in groups.as_array().unwrap() {
            let tests = group["tests"].as_array().unwrap();
            cases += tests.len();
            let plan = match compile(&group["schema"].to_string(), options) {
                Ok(plan) => plan,
                Err(fault) => {
                    failures.extend(tests.iter().map(|test| format!("{name}: {}: {}: {fault}", group["description"], test["description"])));
                    continue;
                }
            };
            let setup = Setup {
                encoding: sluice_engine::encoding::Encoding::Utf8,
                delimiter_confidence_percent: None,
                plan: Arc::new(plan),
                limits: Limits::default(),
                form: Form::Ndjson,
                missing: Vec::new(),
                source: None,
                max_errors: None,
                policy: sluice_engine::policy::Policy::default(),
                program: None,
                references: std::sync::Weak::new(),
            };
            for test in tests {
                if is_valid(&setup, &test["data"]) != test["valid"] {
                    failures.push(format!("{name}: {}: {} {}", group["description"], test["description"], test["data"]));
                }
            }
        }
    }
    (cases, failures)
}

fn options(suite: &Path, format_assertion: bool) -> Options {
    // The suite has keywords that nobody knows, which must be ignored there.
    Options { format_assertion, ignore_unknown: true, references: references(suite), ..Options::default() }
}

#[test]
fn required_cases_all_pass() {
    let Some(suite) = suite() else { return };
    for full_engine in [false, true] {
        let (cases, failures) = run(&suite.join("tests/draft2020-12"), &Options { full_engine, ..options(&suite, false) });
        eprintln!("required (full engine for all: {full_engine}): {} of {cases}", cases - failures.len());
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        assert_eq!(cases, 1299);
    }
}

#[test]
fn format_cases_all_pass() {
    let Some(suite) = suite() else { return };
    let (cases, failures) = run(&suite.join("tests/draft2020-12/optional/format"), &options(&suite, true));
    eprintln!("format: {} of {cases}", cases - failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(cases, 764);
}

#[test]
fn optional_cases_pass_but_for_those_that_are_named() {
    let Some(suite) = suite() else { return };
    let (cases, failures) = run(&suite.join("tests/draft2020-12/optional"), &options(&suite, false));
    eprintln!("optional: {} of {cases}", cases - failures.len());
    for failure in &failures {
        eprintln!("  missed: {failure}");
    }
    assert!(failures.len() <= 2, "{}", failures.join("\n"));
    assert_eq!(cases, 162);
}
