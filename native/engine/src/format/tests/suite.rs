//! The format cases of the official JSON Schema test suite.

use crate::format::Format;
use serde_json::Value;
use std::path::{Path, PathBuf};

const SUITE: &str = "shared/suites/json-schema/tests/draft2020-12/optional/format";

/// The suite lies beside the project, three folders above this crate's, unless a variable says where.
fn suite_folder() -> PathBuf {
    match std::env::var_os("SLUICE_FORMAT_SUITE") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(SUITE),
    }
}

#[test]
fn every_case_of_the_official_suite_is_judged_as_it_says() {
    let folder = suite_folder();
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: there is no test suite at {}", folder.display());
        return;
    };
    let (mut cases, mut failures) = (0, Vec::new());
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // The patterns of ECMA-262 are tested where they are implemented.
        if matches!(name.as_str(), "regex.json" | "ecmascript-regex.json") {
            continue;
        }
        let groups: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for group in groups.as_array().unwrap() {
            let format = Format::from_name(group["schema"]["format"].as_str().unwrap());
            for case in group["tests"].as_array().unwrap() {
                cases += 1;
                // A format says nothing of what is no text, and an unknown format nothing at all.
                let is_valid = match (format, case["data"].as_str()) {
                    (Some(format), Some(text)) => format.is_valid(text),
                    _ => true,
                };
                if is_valid != case["valid"] {
                    failures.push(format!("{name}: {} {}", case["description"], case["data"]));
                }
            }
        }
    }
    eprintln!("{} of {cases} cases of the suite pass", cases - failures.len());
    assert!(cases > 0, "{} has no cases", folder.display());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
