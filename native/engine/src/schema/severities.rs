//! `x-severity`: how much each keyword of a subschema weighs.

use super::keywords::{CONTAINERS, subschemas};
use super::place::{Place, escape};
use super::read::{read_text, wrong};
use super::refs::Targets;
use crate::error::Error;
use crate::pattern::Pattern;
use crate::severity::Severity;
use rustc_hash::FxHashSet;
use serde_json::{Map, Value};

/// The keyword.
pub(super) const KEYWORD: &str = "x-severity";
/// Keywords with violations of their own. Of others (`properties`, `allOf`, `$ref` …) the subschemas have them.
const CARRIERS: [&str; 30] = [
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
    "propertyNames",
    "dependentRequired",
    "dependencies",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "anyOf",
    "oneOf",
    "not",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords that ask their subschemas, and say themselves what comes of it: what fails within them is no violation.
const ASKING: [&str; 6] = ["anyOf", "oneOf", "not", "if", "contains", "propertyNames"];

/// What `x-severity` says of the keywords beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Severities {
    all: Severity,
    named: Vec<(String, Severity)>,
}

impl Severities {
    /// Reads `x-severity` of the subschema at the pointer `at`.
    ///
    /// # Errors
    /// `schema/severity`.
    pub(super) fn read(schema: &Value, at: &str) -> Result<Severities, Error> {
        let Some((members, value)) = schema.as_object().and_then(|members| Some((members, members.get(KEYWORD)?))) else {
            return Ok(Severities::default());
        };
        let at = format!("{at}/{KEYWORD}");
        if let Value::Object(given) = value {
            let named = given.iter().map(|(keyword, word)| {
                let at = format!("{at}/{}", escape(keyword));
                let severity = read_word(word, &at)?;
                check_named(keyword, severity, members, &at)?;
                Ok((keyword.clone(), severity))
            });
            return Ok(Severities { all: Severity::Error, named: named.collect::<Result<_, Error>>()? });
        }
        if !value.is_string() {
            return Err(wrong(&at, "error, warning or abort, or an object with one of these for each keyword that it names"));
        }
        let all = read_word(value, &at)?;
        let decides = |keyword: &String| carries(keyword, members) && !(keyword == "type" && all == Severity::Warning);
        if !members.keys().any(decides) {
            let text = "no keyword here has a severity to be given: only what stands beside x-severity is meant, not what is in subschemas \
                 or what $ref leads to, and type is always an error or aborts; put it where the keyword is";
            return Err(refused(&at, text));
        }
        Ok(Severities { all, named: Vec::new() })
    }

    /// How much a violation of `keyword` weighs. A value of another type than the schema says is never let through: records are read by that type, and rules over
    /// fields are typed by it.
    pub(super) fn of(&self, keyword: &str) -> Severity {
        if let Some((_, severity)) = self.named.iter().find(|(named, _)| canonical(named) == canonical(keyword)) {
            return *severity;
        }
        match self.all {
            Severity::Warning if keyword == "type" => Severity::Error,
            all if CARRIERS.contains(&keyword) => all,
            _ => Severity::Error,
        }
    }

    /// How much it weighs that `keyword` could not be decided. That is no failure yet, so it does not abort: `onUndecided` says what becomes of it.
    pub(super) fn of_undecided(&self, keyword: &str) -> Severity {
        match self.of(keyword) {
            Severity::Abort => Severity::Error,
            other => other,
        }
    }
}

/// True where the subschema's `keyword` only warns, so that nothing is sure of a valid value by it.
pub(crate) fn only_warns(schema: &Value, keyword: &str) -> bool {
    schema.get(KEYWORD).is_some() && Severities::read(schema, "").is_ok_and(|severities| severities.of(keyword) == Severity::Warning)
}

/// Reads a word of severity.
pub(super) fn read_word(value: &Value, at: &str) -> Result<Severity, Error> {
    let word = read_text(value, at)?;
    Severity::of_word(word).ok_or_else(|| refused(at, &format!("the severity {word:?} is unknown; write error, warning or abort")))
}

fn check_named(keyword: &str, severity: Severity, members: &Map<String, Value>, at: &str) -> Result<(), Error> {
    if !members.contains_key(keyword) {
        return Err(refused(at, &format!("there is no keyword {keyword:?} beside it; correct the name, or put it where the keyword is")));
    }
    if !carries(keyword, members) {
        let text = format!("{keyword} has no violations of its own; give the severity to the keywords in its subschemas");
        return Err(refused(at, &text));
    }
    if keyword == "type" && severity == Severity::Warning {
        let text = "a value of another type cannot be let through: records are read by their types, and rules are typed by them; \
             allow the type (an array of types) and warn by another keyword";
        return Err(refused(at, text));
    }
    Ok(())
}

/// Violations of `dependencies` are those of the keyword that took its place.
fn canonical(keyword: &str) -> &str {
    if keyword == "dependencies" { "dependentRequired" } else { keyword }
}

/// True for a keyword of `members` that has violations of its own.
fn carries(keyword: &str, members: &Map<String, Value>) -> bool {
    match keyword {
        "additionalProperties" | "unevaluatedItems" | "unevaluatedProperties" => members.get(keyword) == Some(&Value::Bool(false)),
        "dependencies" => {
            let has_list = members.get(keyword).and_then(Value::as_object).is_some_and(|each| each.values().any(Value::is_array));
            has_list && !members.contains_key("dependentRequired")
        }
        "dependentRequired" => !members.contains_key("dependencies"),
        // Without contains they ask nothing, and with minContains that is what is not met.
        "minContains" | "maxContains" => members.contains_key("contains"),
        "contains" => !members.contains_key("minContains"),
        _ => CARRIERS.contains(&keyword),
    }
}

/// Refuses `x-severity` in other documents.
///
/// # Errors
/// `schema/severity`.
pub(super) fn check_references(references: &[(String, String)]) -> Result<(), Error> {
    let has_any = |text: &str| serde_json::from_str(text).is_ok_and(|document: Value| has(&document));
    let Some((uri, _)) = references.iter().find(|(_, text)| has_any(text)) else { return Ok(()) };
    let text = format!("the document {uri} has x-severity, which is read in the schema itself alone; move what it speaks of there");
    Err(refused("", &text))
}

/// Refuses `x-severity` that could not be kept: where what fails is no violation of its own.
///
/// # Errors
/// `schema/severity`.
pub(super) fn check(schema: &Value) -> Result<(), Error> {
    let mut targets = Targets::new(schema);
    let mut seen: FxHashSet<(*const Value, bool)> = FxHashSet::default();
    // Each with the keyword that asks it, where one does.
    let mut left: Vec<(String, &Value, Option<String>)> = vec![(String::new(), schema, None)];
    while let Some((pointer, schema, asked)) = left.pop() {
        if !seen.insert((std::ptr::from_ref(schema), asked.is_some())) {
            continue;
        }
        Severities::read(schema, &pointer)?;
        if let (Some(asked), Some(_)) = (&asked, schema.get(KEYWORD)) {
            let text = format!("what fails within {asked} is no violation of its own, so it has no severity; give one to that keyword");
            return Err(refused(&format!("{pointer}/{KEYWORD}"), &text));
        }
        if let Some((at, target)) = schema.get("$ref").and_then(Value::as_str).and_then(|uri| targets.resolve(uri, "").ok()) {
            left.push((at, target, asked.clone()));
        }
        for (keyword, at, inner) in subschemas(schema, &pointer) {
            // A definition is asked where a reference leads to it.
            let within = match &asked {
                _ if CONTAINERS.contains(&keyword) => None,
                Some(asked) => Some(asked.clone()),
                None => ASKING.contains(&keyword).then(|| format!("#{pointer}/{keyword}")),
            };
            left.push((at, inner, within));
        }
    }
    Ok(())
}

/// Refuses `x-severity` that the full engine could not keep.
///
/// # Errors
/// `schema/severity`.
pub(super) fn check_for_full_engine(places: &[(Place, &Value)]) -> Result<(), Error> {
    let given = places.iter().filter(|(_, schema)| schema.get(KEYWORD).is_some());
    let stands = |keywords: &[&str]| {
        let found =
            places.iter().find_map(|(place, schema)| Some((place, *keywords.iter().find(|keyword| schema.get(**keyword).is_some())?)));
        found.map(|(place, keyword)| place.keyword(keyword))
    };
    for (place, schema) in given {
        let at = place.keyword(KEYWORD);
        // What these lead to is known only while a record is checked, and may be asked by a keyword such as anyOf.
        if let Some(dynamic) = stands(&["$dynamicRef", "$recursiveRef"]).or_else(|| embedded(places)).or_else(|| foreign(places)) {
            return Err(refused(&at, &format!("x-severity is not kept beside #{dynamic}; leave one of the two out")));
        }
        let severities = Severities::read(schema, &place.schema)?;
        let warns = |keyword: &String| severities.of(keyword) == Severity::Warning;
        let Some((keyword, value)) = schema.as_object().into_iter().flatten().find(|(keyword, _)| warns(keyword)) else { continue };
        // A subschema that a value fails with a warning counts as failed there, and what it has looked at as not looked at.
        if let Some(unevaluated) = stands(&["unevaluatedItems", "unevaluatedProperties"]) {
            let text = format!(
                "{keyword} cannot only warn beside #{unevaluated}, which asks what other keywords passed; leave one of the two out"
            );
            return Err(refused(&at, &text));
        }
        if keyword == "pattern"
            && !value.as_str().and_then(|source| Pattern::compile(source).ok()).is_some_and(|pattern| pattern.is_linear())
        {
            let text = "a pattern with look-around or back-references cannot only warn in a schema for the full engine; write it without";
            return Err(refused(&at, text));
        }
    }
    Ok(())
}

/// A subschema with a name of its own.
fn embedded(places: &[(Place, &Value)]) -> Option<String> {
    let inner = places.iter().filter(|(place, _)| !place.schema.is_empty());
    inner.filter(|(_, schema)| schema.get("$id").is_some()).map(|(place, _)| place.keyword("$id")).next()
}

/// A reference to another document.
fn foreign(places: &[(Place, &Value)]) -> Option<String> {
    let (_, root) = places.first()?;
    let mut targets = Targets::new(root);
    let mut leads_out = |schema: &Value| schema.get("$ref").and_then(Value::as_str).is_some_and(|uri| targets.resolve(uri, "").is_err());
    places.iter().find(|(_, schema)| leads_out(schema)).map(|(place, _)| place.keyword("$ref"))
}

/// True where the keyword stands anywhere in a document.
fn has(document: &Value) -> bool {
    match document {
        Value::Object(members) => members.iter().any(|(name, value)| name == KEYWORD || has(value)),
        Value::Array(items) => items.iter().any(has),
        _ => false,
    }
}

fn refused(at: &str, text: &str) -> Error {
    Error::at("schema/severity", at, text)
}
