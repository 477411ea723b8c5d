//! `x-rules`: rules over the fields of a record, at the top of a schema.

use super::compile::Options;
use super::place::escape;
use super::plan::{RecordRule, Rule};
use super::read::{read_text, wrong};
use super::severities::read_word;
use crate::cel;
use crate::error::Error;
use crate::limits::RULES_MAX;
use crate::severity::Severity;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

/// The keyword.
pub(super) const KEYWORD: &str = "x-rules";
const MEMBERS: [&str; 4] = ["id", "cel", "message", "severity"];

/// Compiles the rules of `schema`; what they may find goes to the end of `rules`.
pub(super) fn compile(schema: &Value, options: &Options, rules: &mut Vec<Rule>) -> Result<Vec<RecordRule>, Error> {
    let Some(listed) = schema.get(KEYWORD) else { return Ok(Vec::new()) };
    let at = format!("/{KEYWORD}");
    let listed = listed.as_array().ok_or_else(|| wrong(&at, "an array of rules: { \"id\": …, \"cel\": … }"))?;
    if listed.len() > RULES_MAX {
        return Err(Error::at("schema/too-large", &at, format!("there are {} rules, more than {RULES_MAX}", listed.len())));
    }
    let mut seen = FxHashSet::default();
    let mut read = Vec::new();
    for (index, rule) in listed.iter().enumerate() {
        let place = format!("{at}/{index}");
        let rule = read_rule(rule, &place)?;
        if !seen.insert(rule.id) {
            return Err(Error::at("schema/rule", &format!("{place}/id"), format!("the id {:?} stands twice; rename one", rule.id)));
        }
        read.push(rule);
    }
    if read.is_empty() {
        return Ok(Vec::new());
    }
    let sources: Vec<_> = read.iter().map(|rule| rule.cel).collect();
    let codes = cel::compile(schema, &sources);
    let mut compiled = Vec::new();
    for (index, (rule, code)) in read.iter().zip(codes).enumerate() {
        let code = code.map_err(|fault| Error::at("schema/rule", &format!("{at}/{index}/cel"), fault))?;
        let params = json!({ "id": rule.id });
        let broken = add(rules, rule, "rule", rule.message.to_owned(), params.clone(), options);
        let message = format!("the rule {:?} says neither true nor false of this record", rule.id);
        let failed = add(rules, rule, "rule/error", message, params, options);
        let message = format!("the rule {:?} is over the fields of an object, and this record is none", rule.id);
        let params = json!({ "id": rule.id, "reason": "type", "at": cel::RECORD });
        let fieldless = add(rules, rule, "rule/error", message, params, options);
        compiled.push(RecordRule { code, broken, failed, fieldless });
    }
    Ok(compiled)
}

/// Refuses the keyword below the top.
pub(super) fn check_place(at: &str) -> Result<(), Error> {
    if at == format!("/{KEYWORD}") {
        return Ok(());
    }
    let text = "rules stand at the top of a schema, where they see the whole record; write this one there, with the names of the members";
    Err(Error::at("schema/rule", at, text))
}

struct ReadRule<'s> {
    id: &'s str,
    cel: &'s str,
    message: String,
    severity: Severity,
}

fn read_rule<'s>(rule: &'s Value, place: &str) -> Result<ReadRule<'s>, Error> {
    let members: &Map<String, Value> = rule.as_object().ok_or_else(|| wrong(place, "an object: { \"id\": …, \"cel\": … }"))?;
    if let Some(name) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        let text = format!("a rule has no member {name:?}; it has id, cel, message and severity");
        return Err(Error::at("schema/rule", &format!("{place}/{}", escape(name)), text));
    }
    let text = |name: &str| match members.get(name) {
        Some(value) => read_text(value, &format!("{place}/{name}")),
        None => Err(wrong(place, &format!("an object with {name:?}"))),
    };
    let (id, cel) = (text("id")?, text("cel")?);
    if id.is_empty() {
        return Err(wrong(&format!("{place}/id"), "a name of the rule"));
    }
    let message = match members.get("message") {
        Some(_) => text("message")?.to_owned(),
        None => format!("does not meet {cel}"),
    };
    let severity = match members.get("severity") {
        Some(word) => read_word(word, &format!("{place}/severity"))?,
        None => Severity::Error,
    };
    Ok(ReadRule { id, cel, message, severity })
}

fn add(rules: &mut Vec<Rule>, rule: &ReadRule<'_>, code: &'static str, message: String, params: Value, options: &Options) -> u32 {
    rules.push(Rule {
        field: None,
        pointer: Some("".into()),
        keyword: Some(KEYWORD),
        code,
        id: Some(rule.id.into()),
        params: params.to_string().into(),
        message: message.into(),
        masked: !options.mask.is_empty(),
        severity: rule.severity,
    });
    rules.len() as u32 - 1
}
