//! How each keyword of a schema is enforced.

use super::compile::{Options, compile, dialect, parse};
use super::full::{check_keyword, is_enforced, places};
use super::keywords::{ANNOTATIONS, CONTAINERS, Dialect};
use super::plan::Engine;
use super::severities::{self, Severities};
use crate::error::Error;
use crate::severity::Severity;
use crate::transform;
use serde::Serialize;
use serde_json::Value;

/// What becomes of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Compiled to a plan.
    Compiled,
    /// Checked by the full engine, which is slower.
    FullEngine,
    /// Asks nothing of a record.
    Annotation,
    /// Cannot be enforced, so that the schema is refused.
    Refused,
}

/// One keyword of a schema, where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// JSON pointer of the keyword.
    pub pointer: String,
    /// The keyword.
    pub keyword: String,
    /// What becomes of it.
    pub how: How,
    /// Why, where that is not plain.
    pub note: Option<String>,
    /// How much its violations weigh, where they are no errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

/// Tells how each keyword of the schema is enforced, in the order of the document.
///
/// # Errors
/// `schema/invalid` and `schema/too-large` for a text that is no schema at all.
pub fn explain(text: &str, options: &Options) -> Result<Vec<Explained>, Error> {
    let schema = parse(text, options)?;
    let known = dialect(&schema, options).ok().flatten().unwrap_or(Dialect::Twenty);
    let fault = compile(text, options);
    let is_full = match &fault {
        Ok(plan) => matches!(plan.engine, Engine::Full(..)),
        Err(_) => false,
    };
    let fault = fault.err();
    let mut found = Vec::new();
    for (place, subschema) in places(&schema) {
        let severities = Severities::read(subschema, &place.schema).unwrap_or_default();
        for (keyword, value) in subschema.as_object().into_iter().flatten() {
            let pointer = place.keyword(keyword);
            let (how, note) = one(keyword, value, &pointer, known, is_full, fault.as_ref(), options);
            let is_asked = matches!(how, How::Compiled | How::FullEngine);
            let severity = Some(severities.of(keyword)).filter(|severity| is_asked && !severity.is_error());
            found.push(Explained { pointer, keyword: keyword.clone(), how, note, severity });
        }
    }
    // A fault that no keyword is to blame for is one of the schema as a whole.
    if let Some(fault) = fault
        && !found.iter().any(|explained| explained.how == How::Refused)
    {
        found.push(Explained {
            pointer: String::new(),
            keyword: String::new(),
            how: How::Refused,
            note: Some(fault.message),
            severity: None,
        });
    }
    Ok(found)
}

/// True for a fault within `x-rules`, `x-severity` or `x-transform`, or within a rule over the whole stream, whose members are no keywords of their own.
fn is_of_members(keyword: &str, pointer: &str, fault: &Error) -> bool {
    let has_members = matches!(keyword, super::record_rules::KEYWORD | severities::KEYWORD | transform::steps::KEYWORD)
        || super::stream_rules::is_keyword(keyword);
    has_members && fault.message.starts_with(&format!("#{pointer}/"))
}

fn one(
    keyword: &str,
    value: &Value,
    pointer: &str,
    dialect: Dialect,
    is_full: bool,
    fault: Option<&Error>,
    options: &Options,
) -> (How, Option<String>) {
    if let Some(fault) = fault
        && (fault.message.starts_with(&format!("#{pointer}:")) || is_of_members(keyword, pointer, fault))
    {
        return (How::Refused, Some(fault.message.clone()));
    }
    if let Err(refusal) = check_keyword(keyword, value, pointer, dialect, options) {
        // A definition that no reference leads to keeps no schema from being enforced.
        return match fault {
            Some(_) => (How::Refused, Some(refusal.message)),
            None => (How::Annotation, Some(format!("nothing leads here; it would be refused: {}", refusal.message))),
        };
    }
    match keyword {
        "format" if !options.format_assertion => (How::Annotation, Some("formats are annotations (formatAssertion: false)".to_owned())),
        _ if ANNOTATIONS.contains(&keyword) || CONTAINERS.contains(&keyword) || matches!(keyword, "$schema" | "$id") => {
            (How::Annotation, None)
        }
        super::record_rules::KEYWORD => (How::Compiled, rule_severities(value)),
        severities::KEYWORD => (How::Compiled, None),
        super::FOREIGN_KEYS => (How::Compiled, Some("looked up in references, which are read before the first record".to_owned())),
        _ if super::stream_rules::is_keyword(keyword) => (How::Compiled, Some("asked of the whole stream".to_owned())),
        transform::steps::KEYWORD => (How::Compiled, Some(transform::steps::told(value))),
        _ if !is_enforced(keyword, dialect) => {
            (How::Annotation, Some("unknown keywords are ignored (unknownKeywords: 'ignore')".to_owned()))
        }
        _ if is_full => (How::FullEngine, None),
        _ => (How::Compiled, None),
    }
}

/// The rules of `x-rules` that are no errors.
fn rule_severities(rules: &Value) -> Option<String> {
    let named = |rule: &Value| {
        let severity = rule.get("severity").and_then(Value::as_str).filter(|word| *word != Severity::Error.word())?;
        Some(format!("{severity}: {}", rule.get("id")?.as_str()?))
    };
    let named: Vec<_> = rules.as_array()?.iter().filter_map(named).collect();
    (!named.is_empty()).then(|| named.join(", "))
}
