//! What a schema says of the fields of a record, as far as it is sure: what transformations are held against before any record is seen.

use crate::schema::plan::Types;
use crate::schema::same_value::{SameValue, Sure};
use crate::schema::severities::only_warns;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

/// What a schema says of the fields of a record.
#[derive(Debug, Default)]
pub struct Declared {
    /// The fields that it names, in its order.
    pub(super) fields: Vec<DeclaredField>,
    by_name: FxHashMap<Box<str>, usize>,
    /// It allows no other fields.
    pub(super) is_closed: bool,
    /// Every valid record is an object.
    pub(super) is_object: bool,
}

/// What a schema says of one field.
#[derive(Debug, Clone)]
pub(super) struct DeclaredField {
    pub(super) name: Box<str>,
    /// The types that it may have.
    pub(super) types: Types,
    /// It is in every valid record.
    pub(super) is_required: bool,
    /// The texts that it may be, where the schema lists them.
    pub(super) texts: Option<Vec<Box<str>>>,
}

impl Declared {
    /// Reads `schema`.
    pub(crate) fn new(schema: &Value) -> Declared {
        let mut reader = SameValue::new(schema);
        let is_object = reader.types(schema) == Some(Types::OBJECT);
        let found = reader.same_value(&[schema]);
        let mut declared = Declared { is_object, is_closed: is_closed(&found), ..Declared::default() };
        let sure = found.iter().filter(|(schema, sure)| *sure == Sure::Always && !only_warns(schema, "required"));
        let required: FxHashSet<&str> =
            sure.filter_map(|(schema, _)| schema.get("required")?.as_array()).flatten().filter_map(Value::as_str).collect();
        for (subschema, sure) in &found {
            for (name, field) in subschema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let known = declared.named(name, required.contains(name.as_str()));
                if *sure == Sure::Always {
                    known.types = Types(known.types.0 & reader.types(field).unwrap_or(Types::ANY).0);
                    known.texts = known.texts.take().or_else(|| texts_of(field));
                }
            }
        }
        declared
    }

    fn named(&mut self, name: &str, is_required: bool) -> &mut DeclaredField {
        let next = self.fields.len();
        let at = *self.by_name.entry(name.into()).or_insert(next);
        if at == next {
            self.fields.push(DeclaredField { name: name.into(), types: Types::ANY, is_required, texts: None });
        }
        &mut self.fields[at]
    }

    /// The field `name`, where the schema names it.
    pub(super) fn field(&self, name: &str) -> Option<&DeclaredField> {
        self.by_name.get(name).map(|&at| &self.fields[at])
    }
}

/// True where one subschema that every record meets allows no fields but those that are known by name.
fn is_closed(found: &[(&Value, Sure)]) -> bool {
    let is_false = |schema: &Value, keyword: &str| schema.get(keyword) == Some(&Value::Bool(false)) && !only_warns(schema, keyword);
    let mut sure = found.iter().filter(|(_, sure)| *sure == Sure::Always).map(|(schema, _)| schema);
    let is_open = |schema: &Value| {
        let additional = schema.get("additionalProperties").is_some_and(|value| *value != Value::Bool(false));
        additional || schema.get("patternProperties").is_some()
    };
    let closes = |schema: &Value| is_false(schema, "additionalProperties") && schema.get("patternProperties").is_none();
    let has_all_names = || found.iter().all(|(schema, sure)| *sure != Sure::Foreign && !is_open(schema));
    sure.any(|schema| closes(schema) || (is_false(schema, "unevaluatedProperties") && has_all_names()))
}

/// The texts of `enum` or `const`, where these alone say what the field may be.
fn texts_of(field: &Value) -> Option<Vec<Box<str>>> {
    let keyword = if field.get("enum").is_some() { "enum" } else { "const" };
    let listed = field.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    let listed = listed.or_else(|| field.get("const").map(std::slice::from_ref)).filter(|_| !only_warns(field, keyword))?;
    Some(listed.iter().filter_map(Value::as_str).map(Into::into).collect())
}
