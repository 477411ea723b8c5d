//! Whether the compiled plan decides as the full engine does.

use crate::common::{request, run};
use serde_json::{Value, json};
use sluice_engine::intake::Format;
use sluice_engine::schema::plan::Engine;
use sluice_engine::schema::{Options, compile};
use std::collections::BTreeSet;

/// Codes of keywords for which both engines point at the same value.
const EXACT: [&str; 22] = [
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "minItems",
    "maxItems",
    "uniqueItems",
    "anyOf",
    "oneOf",
    "not",
];

/// Of each record, whether it is valid, and `code pointer` of what is exact.
fn told(schema: &str, options: &Options, records: &[Value]) -> Option<Vec<(bool, BTreeSet<String>)>> {
    let plan = match compile(schema, options) {
        Ok(plan) => plan,
        // References may be generated that lead back to themselves.
        Err(fault) if fault.message.contains("lead back here") => return None,
        Err(fault) => panic!("{fault}: {schema}"),
    };
    assert_eq!(options.full_engine, matches!(plan.engine, Engine::Full(..)), "{schema}");
    let mut asked = request("true", Format::Ndjson);
    asked.plan = plan.into();
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let outcome = run(&asked, lines.join("\n").as_bytes(), &[usize::MAX]).expect("a stream");
    let violations: Vec<Value> = outcome.violations.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(violations.len(), outcome.brief().len());
    let of_record = |at: usize| {
        let found: Vec<&Value> = violations.iter().filter(|violation| violation["record"] == json!(at + 1)).collect();
        let exact = found.iter().filter_map(|violation| {
            let code = violation["code"].as_str().filter(|code| EXACT.contains(code))?;
            let is_dependent = violation["keyword"] == "dependentRequired";
            (!is_dependent).then(|| format!("{code} {}", violation["pointer"].as_str().unwrap_or_default()))
        });
        (found.is_empty(), exact.collect())
    };
    Some((0..records.len()).map(of_record).collect())
}

/// What the two say of the first record on which they differ.
pub(crate) fn disagreement(schema: &Value, records: &[Value]) -> Option<String> {
    let text = schema.to_string();
    let ours = told(&text, &Options::default(), records)?;
    let theirs = told(&text, &Options { full_engine: true, ..Options::default() }, records).expect("a plan");
    let at = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs)?;
    Some(format!("{} of {text}: the plan says {:?}, the full engine {:?}", records[at], ours[at], theirs[at]))
}
