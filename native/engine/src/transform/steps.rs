//! `x-transform`: the steps as the schema has them.

use crate::error::Error;
use crate::limits::TRANSFORM_STEPS_MAX;
use crate::schema::place::escape;
use crate::schema::read::{read_object, read_text, read_texts, wrong};
use serde_json::{Map, Value};

/// The keyword.
pub const KEYWORD: &str = "x-transform";
const NAMES: [&str; 10] = ["select", "rename", "drop", "default", "cast", "trim", "case", "mask", "hash", "constant"];
/// The code of a transformation that cannot be done.
pub(super) const CODE: &str = "schema/transform";

/// One step.
#[derive(Debug, Clone)]
pub struct Step {
    /// JSON pointer of what it does.
    pub(super) pointer: String,
    pub(super) kind: StepKind,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(super) enum StepKind {
    /// These fields alone, in this order.
    Select(Vec<Box<str>>),
    /// Other names for fields, all at once.
    Rename(Vec<(Box<str>, Box<str>)>),
    /// All but these fields.
    Drop(Vec<Box<str>>),
    /// Other values.
    Change(Vec<(Box<str>, Change)>),
}

/// What becomes of the value of a field.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// This, where it is missing or null.
    Default(Literal),
    /// This, always.
    Constant(Literal),
    Cast(Cast),
    /// Text without the white space around it.
    Trim,
    Case(Case),
    Mask(Mask),
    Hash(Hash),
}

/// A value that the schema gives.
#[derive(Debug, Clone)]
pub(super) enum Literal {
    Null,
    /// A number, `true` or `false`, as it was written.
    Word(Box<str>),
    Text(Box<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cast {
    Text,
    Number,
    Integer,
    Boolean,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Upper,
}

/// How many characters stay at each end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mask {
    pub(super) first: usize,
    pub(super) last: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    HmacSha256,
}

/// Reads the steps of `schema`.
///
/// # Errors
/// `schema/invalid`, `schema/transform` and `schema/too-large`, with the JSON pointer.
pub(crate) fn read(schema: &Value) -> Result<Vec<Step>, Error> {
    let Some(listed) = schema.get(KEYWORD) else { return Ok(Vec::new()) };
    let at = format!("/{KEYWORD}");
    let listed = listed.as_array().ok_or_else(|| wrong(&at, "an array of steps: [{ \"select\": [\"id\", \"name\"] }]"))?;
    if listed.len() > TRANSFORM_STEPS_MAX {
        let text = format!("there are {} steps, more than {TRANSFORM_STEPS_MAX}", listed.len());
        return Err(Error::at("schema/too-large", &at, text));
    }
    listed.iter().enumerate().map(|(index, step)| read_step(step, &format!("{at}/{index}"))).collect()
}

/// The names of the steps, in their order.
pub(crate) fn told(value: &Value) -> String {
    let names: Vec<&str> =
        value.as_array().into_iter().flatten().filter_map(|step| step.as_object()?.keys().next()).map(String::as_str).collect();
    if names.is_empty() { "changes nothing".to_owned() } else { format!("changes valid records: {}", names.join(", ")) }
}

/// Refuses the keyword below the top.
pub(crate) fn check_place(at: &str) -> Result<(), Error> {
    if at == format!("/{KEYWORD}") {
        return Ok(());
    }
    let text = "transformations stand at the top of a schema, and speak of the fields of the whole record; write this one there";
    Err(Error::at(CODE, at, text))
}

fn read_step(step: &Value, at: &str) -> Result<Step, Error> {
    let members = read_object(step, at)?;
    let mut members = members.iter();
    let (Some((name, value)), None) = (members.next(), members.next()) else {
        return Err(Error::at(CODE, at, "a step does one thing, since the order counts; give each its own object"));
    };
    let pointer = format!("{at}/{}", escape(name));
    let kind = match name.as_str() {
        "select" => StepKind::Select(read_names(value, &pointer)?),
        "drop" => StepKind::Drop(read_names(value, &pointer)?),
        "rename" => StepKind::Rename(read_members(value, &pointer, |value, at| Ok(read_text(value, at)?.into()))?),
        "default" => changes(value, &pointer, |value, at| Ok(Change::Default(read_literal(value, at)?)))?,
        "constant" => changes(value, &pointer, |value, at| Ok(Change::Constant(read_literal(value, at)?)))?,
        "cast" => changes(value, &pointer, |value, at| Ok(Change::Cast(read_cast(value, at)?)))?,
        "trim" => StepKind::Change(read_names(value, &pointer)?.into_iter().map(|name| (name, Change::Trim)).collect()),
        "case" => changes(value, &pointer, |value, at| Ok(Change::Case(read_case(value, at)?)))?,
        "mask" => changes(value, &pointer, |value, at| Ok(Change::Mask(read_mask(value, at)?)))?,
        "hash" => changes(value, &pointer, |value, at| Ok(Change::Hash(read_hash(value, at)?)))?,
        _ => {
            let text = format!("there is no transformation {name:?}; there are {}", NAMES.join(", "));
            return Err(Error::at(CODE, &pointer, text));
        }
    };
    if let StepKind::Change(changes) = &kind {
        for (field, change) in changes {
            if matches!(change, Change::Default(Literal::Null)) {
                let at = format!("{pointer}/{}", escape(field));
                return Err(Error::at(CODE, &at, "null is no default, since it stands for a value that is not there"));
            }
        }
    }
    Ok(Step { pointer, kind })
}

fn read_names(value: &Value, at: &str) -> Result<Vec<Box<str>>, Error> {
    let names = read_texts(value, at)?;
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(Error::at(CODE, &format!("{at}/{index}"), format!("the field {name:?} stands twice; remove one")));
        }
    }
    if names.is_empty() {
        return Err(wrong(at, "an array of one name or more"));
    }
    Ok(names.into_iter().map(Into::into).collect())
}

fn read_members<T>(value: &Value, at: &str, read: impl Fn(&Value, &str) -> Result<T, Error>) -> Result<Vec<(Box<str>, T)>, Error> {
    let members = read_object(value, at)?;
    if members.is_empty() {
        return Err(wrong(at, "an object with one field or more"));
    }
    let member = |(name, value): (&String, &Value)| Ok((name.as_str().into(), read(value, &format!("{at}/{}", escape(name)))?));
    members.iter().map(member).collect()
}

fn changes(value: &Value, at: &str, read: impl Fn(&Value, &str) -> Result<Change, Error>) -> Result<StepKind, Error> {
    read_members(value, at, read).map(StepKind::Change)
}

fn read_literal(value: &Value, at: &str) -> Result<Literal, Error> {
    match value {
        Value::Null => Ok(Literal::Null),
        Value::Bool(_) | Value::Number(_) => Ok(Literal::Word(value.to_string().into())),
        Value::String(text) => Ok(Literal::Text(text.as_str().into())),
        Value::Array(_) | Value::Object(_) => Err(wrong(at, "a string, a number, true or false")),
    }
}

fn read_cast(value: &Value, at: &str) -> Result<Cast, Error> {
    match value.as_str() {
        Some("string") => Ok(Cast::Text),
        Some("number") => Ok(Cast::Number),
        Some("integer") => Ok(Cast::Integer),
        Some("boolean") => Ok(Cast::Boolean),
        _ => Err(wrong(at, "string, number, integer or boolean")),
    }
}

fn read_case(value: &Value, at: &str) -> Result<Case, Error> {
    match value.as_str() {
        Some("lower") => Ok(Case::Lower),
        Some("upper") => Ok(Case::Upper),
        _ => Err(wrong(at, "lower or upper")),
    }
}

fn read_mask(value: &Value, at: &str) -> Result<Mask, Error> {
    let members = known_members(value, at, &["keepFirst", "keepLast"])?;
    let count = |name: &str| match members.get(name) {
        None => Ok(0),
        Some(value) => {
            let count = value.as_u64().filter(|&count| count <= 1_000);
            count.map(|count| count as usize).ok_or_else(|| wrong(&format!("{at}/{name}"), "a whole number from 0 to 1000"))
        }
    };
    Ok(Mask { first: count("keepFirst")?, last: count("keepLast")? })
}

fn read_hash(value: &Value, at: &str) -> Result<Hash, Error> {
    let members = known_members(value, at, &["algorithm"])?;
    match members.get("algorithm").and_then(Value::as_str) {
        Some("sha256") => Ok(Hash::Sha256),
        Some("hmac-sha256") => Ok(Hash::HmacSha256),
        _ => Err(wrong(&format!("{at}/algorithm"), "sha256 or hmac-sha256")),
    }
}

fn known_members<'v>(value: &'v Value, at: &str, known: &[&str]) -> Result<&'v Map<String, Value>, Error> {
    let members = read_object(value, at)?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(members),
        Some(name) => {
            let text = format!("there is no parameter {name:?}; there is {}", known.join(", "));
            Err(Error::at(CODE, &format!("{at}/{}", escape(name)), text))
        }
    }
}
