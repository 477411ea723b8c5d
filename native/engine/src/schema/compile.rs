//! From the text of a schema to a plan, or to the first thing that cannot be enforced.

use super::bundle::bundle;
use super::cells::CellLaw;
use super::compiler::{Compiler, Halt};
use super::digest::digest;
use super::full::FullEngine;
use super::keywords::Dialect;
use super::plan::*;
use super::read::{read_text, wrong};
use super::record_rules;
use super::severities;
use super::stream_rules;
use crate::decode::json::Cursor;
use crate::decode::tape::Tape;
use crate::error::Error;
use crate::limits::SCHEMA_BYTES_MAX;
use crate::severity::Severity;
use crate::transform::program::Transform;
use serde_json::Value;

/// How a schema is compiled.
#[derive(Debug, Clone)]
pub struct Options {
    /// `format` asserts (the default here), or is an annotation.
    pub format_assertion: bool,
    /// Keywords and formats that nobody knows are annotations, or refused (the default).
    pub ignore_unknown: bool,
    /// Fields whose values are hidden in violations, by name.
    pub mask: Vec<String>,
    /// Documents that `$ref` may reach: the absolute URI of each, and its JSON text. Nothing else is ever fetched.
    pub references: Vec<(String, String)>,
    /// Bytes of JSON text of the schema; beyond it, `schema/too-large`.
    pub bytes_max: usize,
    /// The full engine checks the records though the nodes could: for tests that compare the two.
    #[doc(hidden)]
    pub full_engine: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            format_assertion: true,
            ignore_unknown: false,
            mask: Vec::new(),
            references: Vec::new(),
            bytes_max: SCHEMA_BYTES_MAX,
            full_engine: false,
        }
    }
}

/// Compiles the JSON text of a schema.
///
/// # Errors
/// `schema/invalid`, `schema/keyword`, `schema/pattern`, `schema/format`, `schema/rule`, `schema/severity`, `schema/transform`, `schema/too-large`, each with the JSON pointer of the keyword;
/// `option/invalid` when `mask` names a field that the schema does not have.
pub fn compile(text: &str, options: &Options) -> Result<Plan, Error> {
    let given = parse(text, options)?;
    let dialect = dialect(&given, options)?;
    severities::check_references(&options.references)?;
    match dialect.and_then(|dialect| bundle(&given, dialect, options)) {
        Some(bundle) => compile_whole(text, &given, &bundle.schema, dialect, options).map_err(|fault| bundle.located(fault)),
        None => compile_whole(text, &given, &given, dialect, options),
    }
}

/// Compiles `schema`, which is `given` with all that its references lead to.
fn compile_whole(text: &str, given: &Value, schema: &Value, dialect: Option<Dialect>, options: &Options) -> Result<Plan, Error> {
    severities::check(schema)?;
    let compiled = match dialect {
        Some(dialect) if !options.full_engine => Compiler::run(schema, dialect, options),
        _ => Err(Halt::Full),
    };
    let digest = digest(given, &options.references);
    let mut plan = match compiled {
        Ok(plan) => Plan { digest, ..plan },
        Err(Halt::Refused(fault)) => return Err(fault),
        Err(Halt::Full) => FullEngine::plan(schema, dialect, options, digest)?,
    };
    plan.record_rules = record_rules::compile(schema, options, &mut plan.rules)?;
    plan.transform = Transform::compile(text, schema)?;
    if !plan.record_rules.is_empty() && matches!(plan.engine, Engine::OnePass) {
        plan.engine = Engine::Tape(CellLaw::new(schema));
    }
    plan.stream = stream_rules::compile(schema, options, &mut plan.rules)?;
    plan.bind_targets();
    // A plan that is not flat knows some of its fields only when it meets them.
    let knows_fields = plan.nodes.iter().all(|node| !node.is_shared) && !matches!(plan.engine, Engine::Full(..));
    for mask in &options.mask {
        if knows_fields && !plan.rules.iter().any(|rule| rule.field.as_deref() == Some(mask)) {
            return Err(Error::new("option/invalid", format!("mask names {mask:?}, but the schema has no rule on such a field.")));
        }
    }
    Ok(plan)
}

/// The schema of a text. Its depth is bounded by the reader.
pub(super) fn parse(text: &str, options: &Options) -> Result<Value, Error> {
    if text.len() > options.bytes_max {
        return Err(Error::new(
            "schema/too-large",
            format!(
                "The schema has {} bytes of JSON, more than schemaBytesMax ({}); raise that limit if it is meant to be so large.",
                text.len(),
                options.bytes_max
            ),
        ));
    }
    let schema = serde_json::from_str(text).map_err(|fault| {
        let deep = fault.to_string().contains("recursion limit");
        Error::new(if deep { "schema/too-large" } else { "schema/invalid" }, format!("The schema cannot be read: {fault}."))
    })?;
    // A reader of JSON keeps the last of two members of one name, and the first would go unchecked.
    let mut tape = Tape::default();
    let read = tape.read(&mut Cursor { bytes: text.as_bytes(), at: 0 }, usize::MAX);
    match (read, tape.duplicates.first()) {
        (Ok(()), Some(&name)) => {
            let pointer = tape.pointer(name, text.as_bytes());
            Err(Error::at("schema/invalid", &pointer, "this name stands twice in its object; remove one"))
        }
        _ => Ok(schema),
    }
}

/// The dialect that `$schema` names. `None` for one that `references` defines.
pub(super) fn dialect(schema: &Value, options: &Options) -> Result<Option<Dialect>, Error> {
    let Some(value) = schema.get("$schema") else { return Ok(Some(Dialect::Twenty)) };
    read_dialect(value, "/$schema", options)
}

/// The dialect of a value of `$schema`; see [`dialect`].
pub(super) fn read_dialect(value: &Value, at: &str, options: &Options) -> Result<Option<Dialect>, Error> {
    let uri = read_text(value, at)?;
    if let Some(dialect) = Dialect::from_uri(uri) {
        return Ok(Some(dialect));
    }
    if options.references.iter().any(|(known, _)| known.trim_end_matches('#') == uri.trim_end_matches('#')) {
        return Ok(None);
    }
    Err(Error::at(
        "schema/invalid",
        at,
        format!("{uri:?} is not a dialect of JSON Schema that is known here; use draft 2020-12, or give that meta-schema (references)"),
    ))
}

/// The built-in rules, which every plan begins with.
pub(super) fn builtin_rules() -> Vec<Rule> {
    let rule = |&(code, message): &(&'static str, &'static str)| Rule {
        field: None,
        pointer: None,
        keyword: None,
        code,
        id: None,
        params: "{}".into(),
        message: message.into(),
        masked: false,
        severity: Severity::Error,
    };
    Builtin::TABLE.iter().map(rule).collect()
}

/// Refuses a keyword that nobody enforces; see [`Options::ignore_unknown`].
pub(super) fn check_unknown(keyword: &str, at: &str, options: &Options) -> Result<(), Error> {
    if options.ignore_unknown {
        return Ok(());
    }
    let text = format!("the keyword {keyword:?} is unknown; correct it, or let unknown keywords be ignored (unknownKeywords: 'ignore')");
    Err(Error::at("schema/keyword", at, text))
}

/// Makes sure that a nested value that must be a schema is one.
pub(super) fn check_is_schema(schema: &Value, at: &str) -> Result<(), Error> {
    match schema {
        Value::Object(_) | Value::Bool(_) => Ok(()),
        _ => Err(wrong(at, "a schema: an object, true or false")),
    }
}

pub(super) fn needs_tape(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| {
        node.is_shared
            || node.also.is_some()
            || node.values.iter().any(|allowed| allowed.composites.is_some())
            || node.object.as_ref().is_some_and(|object| object.more.is_some())
            || node.array.as_ref().is_some_and(|array| array.more.is_some())
    })
}

pub(super) fn engine_of(nodes: &[Node], schema: &Value) -> Engine {
    if needs_tape(nodes) { Engine::Tape(CellLaw::new(schema)) } else { Engine::OnePass }
}
