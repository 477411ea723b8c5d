//! The jsonschema crate on JSON-Schema-Test-Suite, with the crate's own patterns, formats and numbers.

use jsonschema::{Retrieve, Uri};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};

struct Remotes(HashMap<String, Value>);

impl Retrieve for Remotes {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        self.0.get(uri.as_str().trim_end_matches('#')).cloned().ok_or_else(|| "it is not in the suite".into())
    }
}

/// How many cases of each part pass, and how many there are.
pub(crate) fn score(suite: &Path) -> Result<Value, Box<dyn Error>> {
    let tests = suite.join("tests/draft2020-12");
    Ok(json!({
        "required": part(suite, &tests, false)?,
        "format": part(suite, &tests.join("optional/format"), true)?,
        "optional": part(suite, &tests.join("optional"), false)?,
    }))
}

fn part(suite: &Path, folder: &Path, formats: bool) -> Result<Value, Box<dyn Error>> {
    let (mut passed, mut cases) = (0, 0);
    for path in files(folder, false)? {
        let groups: Vec<Value> = serde_json::from_slice(&std::fs::read(path)?)?;
        for group in groups {
            let validator = jsonschema::draft202012::options()
                .should_validate_formats(formats)
                .with_retriever(Remotes(remotes(suite)?))
                .build(&group["schema"]);
            for test in group["tests"].as_array().into_iter().flatten() {
                cases += 1;
                passed += u32::from(validator.as_ref().is_ok_and(|known| Value::Bool(known.is_valid(&test["data"])) == test["valid"]));
            }
        }
    }
    Ok(json!({ "passed": passed, "cases": cases }))
}

fn remotes(suite: &Path) -> Result<HashMap<String, Value>, Box<dyn Error>> {
    let folder = suite.join("remotes");
    let mut found = HashMap::new();
    for path in files(&folder, true)? {
        let name = path.strip_prefix(&folder)?.to_string_lossy().replace('\\', "/");
        found.insert(format!("http://localhost:1234/{name}"), serde_json::from_slice(&std::fs::read(&path)?)?);
    }
    Ok(found)
}

fn files(folder: &Path, is_deep: bool) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && is_deep {
            found.extend(files(&path, true)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    Ok(found)
}
