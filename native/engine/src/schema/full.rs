//! The full engine: the crate `jsonschema`, for what the nodes have no word for.
//!
//! Our own reader has made sure that the record is JSON before the crate sees it; our own patterns, formats and numbers decide within it.

use super::cells::CellLaw;
use super::compile::{Options, builtin_rules, check_unknown};
use super::compiler::{rule_at, unknown_format};
use super::keywords::{ANNOTATIONS, COMPILED, CONTAINERS, Dialect, FULL_ONLY, subschemas};
use super::place::{Place, unescape};
use super::plan::*;
use super::quick::Quick;
use super::severities::{self, Severities};
use super::words::{message, params};
use crate::check::Reported;
use crate::decode::equal::Document;
use crate::decode::tape::{EntryId, Kind};
use crate::error::Error;
use crate::format::Format;
use crate::limits::{FULL_ENGINE_DEPTH_MAX, Limits};
use crate::pattern::Pattern;
use crate::transform::{self, program::Transform};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Registry, Retrieve, Uri, ValidationError, Validator};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, Mutex};

mod overrides;
mod patterns;
mod size;

/// A schema for the full engine.
pub struct FullEngine {
    validator: Validator,
    /// Rules of keywords of the schema itself, by JSON pointer.
    by_pointer: FxHashMap<String, RuleId>,
    /// Rules of keywords elsewhere.
    by_keyword: FxHashMap<&'static str, RuleId>,
    /// Keywords that are neither.
    other: RuleId,
    /// A pattern that took too many steps.
    undecided: RuleId,
    /// The schema's own URI, when it has one.
    id: Option<String>,
}

/// Something wrong with a record.
#[derive(Debug, PartialEq)]
struct Found {
    reported: Reported,
    is_pattern: bool,
}

/// The validator of the crate would drown what a reader looks for.
impl fmt::Debug for FullEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FullEngine").field("rules", &self.by_pointer.len()).finish_non_exhaustive()
    }
}

/// The documents that references may reach.
struct References {
    options: Options,
    /// `None` where the user's own meta-schema says what keywords there are.
    dialect: Option<Dialect>,
    fault: Fault,
}

/// What is wrong with a document that was asked for, or the first that was asked for in vain.
type Fault = Arc<Mutex<Option<Error>>>;

impl Retrieve for References {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        self.read(uri.as_str().trim_end_matches('#')).map_err(|fault| {
            let message = fault.message.clone();
            if let Ok(mut first) = self.fault.lock() {
                first.get_or_insert(fault);
            }
            message.into()
        })
    }
}

impl References {
    fn read(&self, uri: &str) -> Result<Value, Error> {
        let document = read_reference(uri, &self.options)?;
        if let Some(dialect) = self.dialect {
            let own = document.get("$schema").and_then(Value::as_str).and_then(Dialect::from_uri);
            // As if it stood within the schema, where some keywords may not stand.
            let at = format!("/{}", super::place::escape(uri));
            check_keywords(&document, &at, Some(own.unwrap_or(dialect)), &self.options)
                .map_err(|fault| Error { message: fault.message.replacen(&format!("#{at}"), &format!("{uri}#"), 1), ..fault })?;
        }
        patterns::rewritten(&document)
    }
}

impl FullEngine {
    /// A plan whose records the full engine checks. `dialect` is `None` for one that the references define.
    pub(super) fn plan(schema: &Value, dialect: Option<Dialect>, options: &Options, digest: String) -> Result<Plan, Error> {
        check_keywords(schema, "", dialect, options)?;
        size::check_size(schema)?;
        severities::check_for_full_engine(&places(schema))?;
        let written = patterns::rewritten(schema)?;
        let validator = validator(&written, dialect, options)?;
        let mut rules = builtin_rules();
        let mut by_pointer = FxHashMap::default();
        let mut add = |rule: Rule| {
            rules.push(rule);
            rules.len() as RuleId - 1
        };
        // The crate tells where a record fails by the names that it was given.
        for (place, schema) in places(&written) {
            let severities = Severities::read(schema, &place.schema)?;
            if *schema == Value::Bool(false) {
                let rule = rule_at(&place, place.via, "false-schema", "{}".into(), message("", schema), &options.mask);
                if !matches!(place.via, "additionalProperties" | "unevaluatedProperties" | "unevaluatedItems") {
                    by_pointer.insert(place.schema.clone(), add(Rule { pointer: None, ..rule }));
                }
            }
            for (keyword, value) in schema.as_object().into_iter().flatten() {
                let Some(known) = known_keyword(keyword) else { continue };
                let rule = rule_at(&place, known, known, params(known, value), message(known, value), &options.mask);
                by_pointer.insert(place.keyword(keyword), add(Rule { pointer: None, severity: severities.of(known), ..rule }));
            }
        }
        let everywhere = Place::shared("");
        let by_keyword = COMPILED.into_iter().chain(FULL_ONLY).chain(["additionalItems"]).map(|keyword| {
            let rule = rule_at(&everywhere, keyword, keyword, "{}".into(), message(keyword, &Value::Null), &options.mask);
            (keyword, add(rule))
        });
        let by_keyword = by_keyword.collect();
        let other = add(rule_at(&everywhere, "$ref", "false-schema", "{}".into(), message("", &Value::Bool(false)), &options.mask));
        let words = "took too many steps against a pattern";
        let undecided = add(rule_at(&everywhere, "pattern", "pattern/undecided", "{}".into(), words.into(), &options.mask));
        let id = schema.get("$id").and_then(Value::as_str).map(|id| id.trim_end_matches('#').to_owned());
        let root = root_node(schema, by_pointer.get("/required").copied());
        let engine = FullEngine { validator, by_pointer, by_keyword, other, undecided, id };
        let engine = Engine::Full(Box::new(engine), CellLaw::new(schema));
        Ok(Plan {
            quick: vec![Quick::new(&root)],
            nodes: vec![root],
            rules,
            root: 0,
            digest,
            engine,
            record_rules: Vec::new(),
            stream: Default::default(),
            transform: Transform::default(),
        })
    }

    /// Checks a record, and tells `report` what is wrong with it.
    pub(crate) fn check(&self, document: Document<'_>, limits: &Limits, mut report: impl FnMut(Reported)) {
        let whole = |rule| Reported { rule, at: 0, value: Some(0), name: None };
        if document.tape.depth() > FULL_ENGINE_DEPTH_MAX {
            return report(whole(Builtin::Undecided.id()));
        }
        let Ok(record) = serde_json::from_slice::<Value>(&document.bytes[document.tape.range(0)]) else {
            return report(whole(Builtin::Undecided.id()));
        };
        let (is_valid, is_undecided) = overrides::with_steps(limits.pattern_steps_max, false, || self.validator.is_valid(&record));
        if is_valid && !is_undecided {
            return;
        }
        let (mut errors, is_undecided) = self.errors(document, &record, limits, false);
        if is_undecided {
            // What is wrong whichever way the pattern would have been decided does not rest on it.
            let (otherwise, _) = self.errors(document, &record, limits, true);
            let (sure, unsure) = errors.into_iter().partition::<Vec<_>, _>(|error| otherwise.contains(error));
            let patterns = unsure.iter().filter(|error| error.is_pattern).map(|error| error.reported.at);
            let places: Vec<_> = patterns.collect();
            let undecided = |at| Reported { rule: self.undecided, at, value: Some(at), name: None };
            match places.is_empty() {
                true => report(whole(self.undecided)),
                false => places.into_iter().for_each(|at| report(undecided(at))),
            }
            errors = sure;
        } else if errors.is_empty() && !is_valid {
            return report(whole(self.other));
        }
        errors.into_iter().for_each(|error| report(error.reported));
    }

    /// What is wrong with a record, where a pattern that ran out of steps counts as matched or not; tells whether one did.
    fn errors(&self, document: Document<'_>, record: &Value, limits: &Limits, counts_as: bool) -> (Vec<Found>, bool) {
        overrides::with_steps(limits.pattern_steps_max, counts_as, || {
            let mut found = Vec::new();
            let mut reported = Vec::new();
            for error in self.validator.iter_errors(record) {
                self.translate(document, &error, &mut reported);
                let is_pattern = error.schema_path().as_str().ends_with("/pattern");
                found.extend(reported.drain(..).map(|reported| Found { reported, is_pattern }));
            }
            found
        })
    }

    fn translate(&self, document: Document<'_>, error: &ValidationError<'_>, errors: &mut Vec<Reported>) {
        let pointer = error.instance_path().as_str();
        let at = find(document, pointer).unwrap_or(0);
        let rule = self.rule(error);
        let absent = |name: &str| Reported { rule, at, value: None, name: Some(name.into()) };
        let members = |names: &[String], errors: &mut Vec<Reported>| {
            let values = names.iter().filter_map(|name| member(document, at, name));
            errors.extend(values.map(|value| Reported { rule, at: value, value: None, name: None }));
        };
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                // The crate tells this of a name that is there as well, where properties lack it and additionalProperties is false.
                if member(document, at, name).is_none() {
                    errors.push(absent(name));
                }
            }
            ValidationErrorKind::AdditionalProperties { unexpected } | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                members(unexpected, errors)
            }
            // Where no properties are named, the crate tells of the object that none of its members is allowed.
            ValidationErrorKind::FalseSchema if error.schema_path().as_str().ends_with("/additionalProperties") => {
                let values = document.tape.members(at).map(|(_, value)| value);
                errors.extend(values.map(|value| Reported { rule, at: value, value: None, name: None }));
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                let name = inner.instance().as_str().unwrap_or_default().to_owned();
                members(&[name], errors);
            }
            ValidationErrorKind::BacktrackLimitExceeded { .. } | ValidationErrorKind::RegexEngineFailure { .. } => {
                errors.push(Reported { rule: self.undecided, at, value: Some(at), name: None });
            }
            _ => errors.push(Reported { rule, at, value: Some(at), name: None }),
        }
    }

    fn rule(&self, error: &ValidationError<'_>) -> RuleId {
        let location = error.schema_path().as_str();
        // The crate names what the name does not meet; ours is told of the names as such.
        let location = match error.kind() {
            ValidationErrorKind::PropertyNames { .. } => {
                const NAMES: &str = "/propertyNames";
                location.rfind(NAMES).map_or(NAMES, |at| &location[..at + NAMES.len()])
            }
            _ => location,
        };
        let document = error.absolute_keyword_location().map(|uri| uri.as_str().split('#').next().unwrap_or_default());
        let is_ours = match (document, &self.id) {
            (None, _) => true,
            (Some(document), Some(id)) => document == id,
            (Some(_), None) => false,
        };
        let ours = is_ours.then(|| self.by_pointer.get(location)).flatten();
        let tail = location.rsplit('/').find_map(|token| self.by_keyword.get(token));
        let is_never = matches!(error.kind(), ValidationErrorKind::FalseSchema);
        ours.or(if is_never { None } else { tail }).copied().unwrap_or(self.other)
    }
}

/// The value that a JSON pointer leads to.
fn find(document: Document<'_>, pointer: &str) -> Option<EntryId> {
    pointer.split('/').skip(1).try_fold(0, |at, token| match document.tape.entry(at).kind {
        Kind::Object => member(document, at, &unescape(token)),
        Kind::Array => document.tape.items(at).nth(token.parse().ok()?),
        _ => None,
    })
}

/// The last member of that name, which is the one that counts.
fn member(document: Document<'_>, object: EntryId, name: &str) -> Option<EntryId> {
    let named = document.tape.members(object).filter(|(at, _)| *document.tape.text(*at, document.bytes) == *name.as_bytes());
    named.last().map(|(_, value)| value)
}

/// The keyword for violations, when it is one of ours.
fn known_keyword(keyword: &str) -> Option<&'static str> {
    COMPILED.into_iter().chain(FULL_ONLY).chain(["additionalItems"]).find(|known| *known == keyword)
}

/// Every subschema of the document, and where it stands.
pub(super) fn places(schema: &Value) -> Vec<(Place, &Value)> {
    let mut found = vec![(Place::root(), schema)];
    let mut at = 0;
    while at < found.len() {
        let (place, schema) = found[at].clone();
        at += 1;
        for (keyword, pointer, inner) in subschemas(schema, &place.schema) {
            let name = unescape(pointer.rsplit('/').next().unwrap_or_default());
            let via = known_keyword(keyword).unwrap_or("$ref");
            let mut place = match keyword {
                "properties" => place.property(&name),
                "prefixItems" => place.item(name.parse().unwrap_or_default()),
                "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" | "dependentSchemas" | "dependencies" => place.same(via, None),
                _ if CONTAINERS.contains(&keyword) => Place::shared(&pointer),
                _ => place.any_child(via, None),
            };
            place.schema = pointer;
            found.push((place, inner));
        }
    }
    found
}

/// Holds the keywords of the document that stands at `around` to the rules that the nodes' compiler has for them.
fn check_keywords(schema: &Value, around: &str, dialect: Option<Dialect>, options: &Options) -> Result<(), Error> {
    let dialect = dialect.unwrap_or(Dialect::Twenty);
    for (place, schema) in places(schema) {
        super::compile::check_is_schema(schema, &format!("{around}{}", place.schema))?;
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            check_keyword(keyword, value, &format!("{around}{}", place.keyword(keyword)), dialect, options)?;
        }
    }
    Ok(())
}

/// Refuses a keyword that neither the nodes nor the full engine enforce.
pub(super) fn check_keyword(keyword: &str, value: &Value, at: &str, dialect: Dialect, options: &Options) -> Result<(), Error> {
    if keyword == severities::KEYWORD {
        return Ok(());
    }
    if keyword == super::record_rules::KEYWORD {
        return super::record_rules::check_place(at);
    }
    if super::stream_rules::is_keyword(keyword) {
        return super::stream_rules::check_place(keyword, at);
    }
    if keyword == transform::steps::KEYWORD {
        return transform::steps::check_place(at);
    }
    let is_known = is_enforced(keyword, dialect) || (ANNOTATIONS.contains(&keyword) && dialect.knows(keyword));
    if !is_known {
        check_unknown(keyword, at, options)?;
    }
    if keyword == "$schema" {
        super::compile::read_dialect(value, at, options)?;
    }
    check_sources(keyword, value, at, options)
}

/// True for a keyword that asks something of a record, in that dialect.
pub(super) fn is_enforced(keyword: &str, dialect: Dialect) -> bool {
    let is_known = known_keyword(keyword).is_some() || matches!(keyword, "$recursiveRef" | "$recursiveAnchor");
    is_known && dialect.knows(keyword)
}

fn check_sources(keyword: &str, value: &Value, at: &str, options: &Options) -> Result<(), Error> {
    let compile = |source: &str, at: &str| Pattern::compile(source).map(drop).map_err(|fault| Error::at("schema/pattern", at, fault));
    let asserts = options.format_assertion && !options.ignore_unknown;
    match (keyword, value) {
        ("pattern", Value::String(source)) => compile(source, at),
        ("patternProperties", Value::Object(members)) => {
            members.keys().try_for_each(|source| compile(source, &format!("{at}/{}", super::place::escape(source))))
        }
        ("format", Value::String(name)) if asserts && Format::from_name(name).is_none() => Err(unknown_format(name, at)),
        _ => Ok(()),
    }
}

fn validator(schema: &Value, dialect: Option<Dialect>, options: &Options) -> Result<Validator, Error> {
    let fault = Fault::default();
    let references = || References { options: options.clone(), dialect, fault: Arc::clone(&fault) };
    let mut builder = jsonschema::options().with_retriever(references());
    if options.format_assertion {
        builder = builder.should_validate_formats(true);
    } else if dialect.is_some() {
        builder = builder.should_validate_formats(false);
    }
    builder = overrides::formats(builder);
    let refused = |pointer: &str, error: &dyn fmt::Display| {
        let known = fault.lock().ok().and_then(|mut fault| fault.take());
        known.unwrap_or_else(|| Error::at("schema/invalid", pointer, sentence(error)))
    };
    if dialect.is_some() {
        return overrides::keywords(builder).build(schema).map_err(|error| refused(error.instance_path().as_str(), &error));
    }
    // A dialect of the user's own may leave keywords out, which only the crate knows of; it finds the dialect in a registry.
    let uri = schema.get("$schema").and_then(Value::as_str).unwrap_or_default();
    let registry = Registry::new().retriever(references()).add(uri, read_reference(uri, options)?);
    let registry = registry.and_then(|registry| registry.prepare()).map_err(|error| refused("/$schema", &error))?;
    builder.with_registry(&registry).build(schema).map_err(|error| refused(error.instance_path().as_str(), &error))
}

/// A document that was given.
fn read_reference(uri: &str, options: &Options) -> Result<Value, Error> {
    let known = options.references.iter().find(|(known, _)| known.trim_end_matches('#') == uri.trim_end_matches('#'));
    let Some((_, text)) = known else {
        return Err(Error::new(
            "schema/invalid",
            format!(
                "The schema refers to {uri}, which was not given; nothing is fetched, so give its JSON text (references), or the directory that has it (--references)."
            ),
        ));
    };
    serde_json::from_str(text).map_err(|fault| Error::new("schema/invalid", format!("The document {uri} cannot be read: {fault}.")))
}

/// What the crate says of a schema; the schema is no secret, but it may be long.
fn sentence(error: &dyn fmt::Display) -> String {
    let text = error.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What a CSV header is held against: the names that the schema has at its top, and those that it requires there.
fn root_node(schema: &Value, required: Option<RuleId>) -> Node {
    let mut object = ObjectRules::default();
    for name in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|members| members.keys()) {
        object.property(name);
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        object.property(name).required = required;
    }
    Node { object: Some(Box::new(object)), is_shared: false, ..Node::nothing() }
}
