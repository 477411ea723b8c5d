//! The compiler: one pass over the schema, which ends in a plan or in the first thing that cannot be enforced.

use super::digest::digest;
use super::keywords::{ANNOTATIONS, DIALECTS, NOT_ENFORCED};
use super::place::{Place, escape};
use super::plan::*;
use super::twice::name_twice;
use super::values::{cell_rules, types_of, value_rule};
use crate::error::Error;
use crate::format::Format;
use crate::limits::{SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX};
use crate::pattern::Pattern;
use crate::rules::decimal::Decimal;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::sync::Arc;

/// How a schema is compiled.
#[derive(Debug, Clone)]
pub struct Options {
    /// `format` asserts (the default here), or is an annotation.
    pub format_assertion: bool,
    /// Keywords that nobody knows are annotations, or refused (the default).
    pub ignore_unknown: bool,
    /// Fields whose values are hidden in violations, by name.
    pub mask: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options { format_assertion: true, ignore_unknown: false, mask: Vec::new() }
    }
}

/// Compiles the JSON text of a schema.
///
/// # Errors
/// `schema/invalid`, `schema/keyword`, `schema/pattern`, `schema/format`, `schema/too-large`, each with the JSON pointer of the keyword;
/// `option/invalid` when `mask` names a field that the schema does not have.
pub fn compile(text: &str, options: &Options) -> Result<Plan, Error> {
    if text.len() > SCHEMA_BYTES_MAX {
        return Err(Error::new(
            "schema/too-large",
            format!("The schema has {} bytes of JSON; {SCHEMA_BYTES_MAX} is the limit.", text.len()),
        ));
    }
    let schema: Value = serde_json::from_str(text).map_err(|fault| {
        let deep = fault.to_string().contains("recursion limit");
        Error::new(if deep { "schema/too-large" } else { "schema/invalid" }, format!("The schema cannot be read: {fault}."))
    })?;
    if let Some(pointer) = name_twice(text) {
        return Err(Error::at("schema/invalid", &pointer, "this name stands twice in its object; remove one"));
    }
    let rules = Builtin::TABLE.iter().map(|&(code, message)| Rule {
        field: None,
        pointer: None,
        keyword: None,
        code,
        params: "{}".into(),
        message: message.into(),
        masked: false,
    });
    let mut compiler = Compiler { options, rules: rules.collect(), nodes: Vec::new(), patterns: FxHashMap::default() };
    let root = compiler.node(&schema, &Place::root())?;
    let Compiler { rules, nodes, .. } = compiler;
    for mask in &options.mask {
        if !rules.iter().any(|rule| rule.field.as_deref() == Some(mask)) {
            return Err(Error::new("option/invalid", format!("mask names {mask:?}, but the schema has no rule on such a field.")));
        }
    }
    Ok(Plan { rules, nodes, root, digest: digest(&schema) })
}

struct Compiler<'o> {
    options: &'o Options,
    rules: Vec<Rule>,
    nodes: Vec<Node>,
    patterns: FxHashMap<String, Arc<Pattern>>,
}

/// What a subschema has said so far.
#[derive(Default)]
struct Draft {
    declared: Option<Types>,
    listed: Option<Types>,
    values: Vec<ValueRule>,
    bounds: Vec<Bound>,
    multiple_of: Option<(RuleId, Decimal)>,
    text: Option<Box<TextRules>>,
    object: Option<Box<ObjectRules>>,
    array: Option<Box<ArrayRules>>,
    missing: Option<Vec<Box<[u8]>>>,
}

impl Compiler<'_> {
    fn node(&mut self, schema: &Value, place: &Place) -> Result<NodeId, Error> {
        if place.depth > SCHEMA_DEPTH_MAX {
            return Err(Error::at(
                "schema/too-large",
                &place.schema,
                format!("subschemas are nested deeper than {SCHEMA_DEPTH_MAX} levels"),
            ));
        }
        let type_rule = self.rule(place, "type", "type", "{}".into(), "has a type that the schema does not allow".into());
        let mut draft = Draft::default();
        let mut never = None;
        match schema {
            Value::Bool(true) => {}
            Value::Bool(false) => {
                never = Some(self.rule(place, "properties", "false-schema", "{}".into(), "is not allowed to be there".into()))
            }
            Value::Object(members) => {
                for (keyword, value) in members {
                    self.keyword(keyword, value, type_rule, &mut draft, place)?;
                }
            }
            _ => return Err(Error::at("schema/invalid", &place.schema, "a schema is an object, true or false")),
        }
        let has_number_rules = !draft.bounds.is_empty() || draft.multiple_of.is_some();
        let node = Node {
            types: draft.declared.unwrap_or(Types::ANY),
            type_rule,
            never,
            values: draft.values,
            number: has_number_rules.then(|| Box::new(NumberRules::new(draft.bounds, draft.multiple_of))),
            text: draft.text,
            object: draft.object,
            array: draft.array,
            cell: cell_rules(draft.declared, draft.listed, has_number_rules, draft.missing),
        };
        self.nodes.push(node);
        Ok(self.nodes.len() as NodeId - 1)
    }

    fn keyword(&mut self, keyword: &str, value: &Value, type_rule: RuleId, draft: &mut Draft, place: &Place) -> Result<(), Error> {
        let at = place.keyword(keyword);
        match keyword {
            "type" => {
                let types = read_types(value, &at)?;
                let rule = &mut self.rules[type_rule as usize];
                rule.params = params("type", value).into();
                rule.message = match value {
                    Value::String(name) => format!("must be {name}").into(),
                    names => format!("must be one of {}", list(names.as_array().map_or(&[], Vec::as_slice))).into(),
                };
                draft.declared = Some(types);
            }
            "enum" => self.values("enum", value.as_array().ok_or_else(|| wrong(&at, "an array"))?, draft, place)?,
            "const" => self.values("const", std::slice::from_ref(value), draft, place)?,
            "minimum" => self.bound(BoundKind::Minimum, "minimum", "must be at least", value, draft, place)?,
            "maximum" => self.bound(BoundKind::Maximum, "maximum", "must be at most", value, draft, place)?,
            "exclusiveMinimum" => self.bound(BoundKind::ExclusiveMinimum, "exclusiveMinimum", "must be above", value, draft, place)?,
            "exclusiveMaximum" => self.bound(BoundKind::ExclusiveMaximum, "exclusiveMaximum", "must be below", value, draft, place)?,
            "multipleOf" => {
                let divisor = read_number(value, &at)?;
                if divisor.is_zero() || divisor.is_negative() {
                    return Err(wrong(&at, "a number above 0"));
                }
                let rule = self.rule(place, "multipleOf", "multipleOf", params(keyword, value), format!("must be a multiple of {value}"));
                draft.multiple_of = Some((rule, divisor));
            }
            "minLength" | "maxLength" | "pattern" | "format" => {
                let text = draft.text.get_or_insert_default();
                self.text_keyword(keyword, value, text, place)?;
            }
            "properties" | "required" | "additionalProperties" | "minProperties" | "maxProperties" => {
                let mut object = draft.object.take().unwrap_or_default();
                self.object_keyword(keyword, value, &mut object, place)?;
                draft.object = Some(object);
            }
            "items" | "minItems" | "maxItems" => {
                let mut array = draft.array.take().unwrap_or_default();
                self.array_keyword(keyword, value, &mut array, place)?;
                draft.array = Some(array);
            }
            "x-missing" => draft.missing = Some(read_tokens(value, &at)?),
            _ => self.other_keyword(keyword, value, place)?,
        }
        Ok(())
    }

    fn other_keyword(&self, keyword: &str, value: &Value, place: &Place) -> Result<(), Error> {
        let at = place.keyword(keyword);
        match keyword {
            "$schema" => {
                let dialect = value.as_str().ok_or_else(|| wrong(&at, "a string"))?;
                if !DIALECTS.contains(&dialect.trim_end_matches('#')) {
                    return Err(Error::at(
                        "schema/invalid",
                        &at,
                        format!("{dialect:?} is not a dialect of JSON Schema that is known here; use draft 2020-12"),
                    ));
                }
            }
            // Without $ref nothing can reach them, and $ref is refused.
            "$id" | "$defs" => {}
            _ if ANNOTATIONS.contains(&keyword) => {}
            _ if NOT_ENFORCED.contains(&keyword) => {
                return Err(Error::at(
                    "schema/keyword",
                    &at,
                    format!("the keyword {keyword} is not enforced by this version; remove it, or check it elsewhere"),
                ));
            }
            _ if self.options.ignore_unknown => {}
            _ => {
                return Err(Error::at(
                    "schema/keyword",
                    &at,
                    format!(
                        "the keyword {keyword:?} is unknown; correct it, or let unknown keywords be ignored (unknownKeywords: 'ignore')"
                    ),
                ));
            }
        }
        Ok(())
    }

    fn rule(&mut self, place: &Place, keyword: &'static str, code: &'static str, params: String, message: String) -> RuleId {
        let field = place.field.as_deref();
        let hides = |mask: &String| {
            // A value shows those within it, the record shows them all, and each is shown by those around it.
            field.is_none_or(|field| within(field, mask) || within(mask, field)) || within(&place.trail, &escape(mask))
        };
        self.rules.push(Rule {
            field: field.map(Into::into),
            pointer: place.value.as_deref().map(Into::into),
            keyword: Some(keyword),
            code,
            params: params.into(),
            message: message.into(),
            masked: self.options.mask.iter().any(hides),
        });
        self.rules.len() as RuleId - 1
    }

    fn values(&mut self, keyword: &'static str, members: &[Value], draft: &mut Draft, place: &Place) -> Result<(), Error> {
        let (message, params) = match members {
            [only] if keyword == "const" => (format!("must be {}", shortened(only)), params(keyword, only)),
            _ if members.len() <= 20 => (format!("must be one of {}", list(members)), params(keyword, &Value::Array(members.to_vec()))),
            _ => (format!("must be one of the {} values of enum", members.len()), format!("{{\"enumCount\":{}}}", members.len())),
        };
        let rule = self.rule(place, keyword, keyword, params, message);
        let allowed = value_rule(rule, members).map_err(|index| {
            let at = if keyword == "enum" { format!("{}/{index}", place.keyword(keyword)) } else { place.keyword(keyword) };
            Error::at("schema/keyword", &at, format!("an object or array in {keyword} is not enforced by this version"))
        })?;
        draft.values.push(allowed);
        let types = types_of(members);
        draft.listed = Some(draft.listed.map_or(types, |listed| Types(listed.0 & types.0)));
        Ok(())
    }

    fn bound(
        &mut self,
        kind: BoundKind,
        keyword: &'static str,
        words: &str,
        value: &Value,
        draft: &mut Draft,
        place: &Place,
    ) -> Result<(), Error> {
        let limit = read_number(value, &place.keyword(keyword))?;
        let rule = self.rule(place, keyword, keyword, params(keyword, value), format!("{words} {value}").trim().to_owned());
        draft.bounds.push(Bound { rule, kind, rounded: limit.to_f64(), limit });
        Ok(())
    }

    fn text_keyword(&mut self, keyword: &str, value: &Value, text: &mut TextRules, place: &Place) -> Result<(), Error> {
        let at = place.keyword(keyword);
        let given = params(keyword, value);
        match keyword {
            "minLength" => {
                let count = read_count(value, &at)?;
                text.length_min =
                    Some((self.rule(place, "minLength", "minLength", given, format!("must have at least {}", characters(count))), count));
            }
            "maxLength" => {
                let count = read_count(value, &at)?;
                text.length_max =
                    Some((self.rule(place, "maxLength", "maxLength", given, format!("must have at most {}", characters(count))), count));
            }
            "pattern" => {
                let source = value.as_str().ok_or_else(|| wrong(&at, "a string"))?;
                let pattern = match self.patterns.get(source) {
                    Some(known) => known.clone(),
                    None => Arc::new(Pattern::compile(source).map_err(|fault| Error::at("schema/pattern", &at, fault))?),
                };
                self.patterns.insert(source.to_owned(), pattern.clone());
                let rule = self.rule(place, "pattern", "pattern", given.clone(), format!("must match the pattern {source}"));
                let undecided =
                    self.rule(place, "pattern", "pattern/undecided", given, format!("took too many steps against the pattern {source}"));
                text.pattern = Some(PatternRule { rule, undecided, pattern });
            }
            _ => {
                let name = value.as_str().ok_or_else(|| wrong(&at, "a string"))?;
                match (Format::from_name(name), self.options.format_assertion) {
                    (_, false) => {}
                    (Some(format), true) => {
                        text.format = Some((self.rule(place, "format", "format", given, format!("must be a {name}")), format))
                    }
                    (None, true) => {
                        return Err(Error::at(
                            "schema/format",
                            &at,
                            format!("the format {name:?} is unknown; use pattern, or let formats be annotations (formatAssertion: false)"),
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn object_keyword(&mut self, keyword: &str, value: &Value, object: &mut ObjectRules, place: &Place) -> Result<(), Error> {
        let at = place.keyword(keyword);
        let given = params(keyword, value);
        match keyword {
            "properties" => {
                let members: &Map<String, Value> = value.as_object().ok_or_else(|| wrong(&at, "an object"))?;
                for (name, subschema) in members {
                    let node = self.node(subschema, &place.property(name))?;
                    object.property(name).node = Some(node);
                }
            }
            "required" => {
                let names = value.as_array().ok_or_else(|| wrong(&at, "an array of strings"))?;
                for name in names {
                    let name = name.as_str().ok_or_else(|| wrong(&at, "an array of strings"))?;
                    let property = place.property(name);
                    let rule = self.rule(&property, "required", "required", "{\"required\":true}".into(), "is required and missing".into());
                    object.property(name).required = Some(rule);
                }
            }
            "additionalProperties" => match value {
                Value::Bool(true) => {}
                Value::Bool(false) => {
                    object.additional =
                        Some(self.rule(place, "additionalProperties", "additionalProperties", given, "is not a field of the schema".into()))
                }
                _ => {
                    return Err(Error::at(
                        "schema/keyword",
                        &at,
                        "additionalProperties with a schema is not enforced by this version; true or false is",
                    ));
                }
            },
            "minProperties" => {
                let count = read_count(value, &at)?;
                object.count_min =
                    Some((self.rule(place, "minProperties", "minProperties", given, format!("must have at least {count} fields")), count));
            }
            _ => {
                let count = read_count(value, &at)?;
                object.count_max =
                    Some((self.rule(place, "maxProperties", "maxProperties", given, format!("must have at most {count} fields")), count));
            }
        }
        Ok(())
    }

    fn array_keyword(&mut self, keyword: &str, value: &Value, array: &mut ArrayRules, place: &Place) -> Result<(), Error> {
        let at = place.keyword(keyword);
        let given = params(keyword, value);
        match keyword {
            "items" => array.items = Some(self.node(value, &place.items())?),
            "minItems" => {
                let count = read_count(value, &at)?;
                array.count_min =
                    Some((self.rule(place, "minItems", "minItems", given, format!("must have at least {count} items")), count));
            }
            _ => {
                let count = read_count(value, &at)?;
                array.count_max =
                    Some((self.rule(place, "maxItems", "maxItems", given, format!("must have at most {count} items")), count));
            }
        }
        Ok(())
    }
}

impl ObjectRules {
    fn property(&mut self, name: &str) -> &mut Property {
        let next = self.properties.len() as u32;
        let index = *self.by_name.entry(name.as_bytes().into()).or_insert(next);
        if index == next {
            self.properties.push(Property { name: name.into(), node: None, required: None });
        }
        &mut self.properties[index as usize]
    }
}

fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn wrong(at: &str, expected: &str) -> Error {
    Error::at("schema/invalid", at, format!("must be {expected}"))
}

fn params(keyword: &str, value: &Value) -> String {
    format!("{{{}:{value}}}", Value::String(keyword.to_owned()))
}

fn characters(count: u64) -> String {
    format!("{count} character{}", if count == 1 { "" } else { "s" })
}

fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn list(members: &[Value]) -> String {
    members.iter().map(shortened).collect::<Vec<_>>().join(", ")
}

fn read_types(value: &Value, at: &str) -> Result<Types, Error> {
    let names = match value {
        Value::Array(names) if !names.is_empty() => names.as_slice(),
        Value::String(_) => std::slice::from_ref(value),
        _ => return Err(wrong(at, "the name of a type or an array of such names")),
    };
    names.iter().try_fold(Types(0), |types, name| {
        let one = match name.as_str() {
            Some("null") => Types::NULL,
            Some("boolean") => Types::BOOLEAN,
            Some("integer") => Types::INTEGER,
            Some("number") => Types::NUMBER,
            Some("string") => Types::STRING,
            Some("object") => Types::OBJECT,
            Some("array") => Types::ARRAY,
            _ => return Err(wrong(at, "null, boolean, integer, number, string, object or array")),
        };
        Ok(types.with(one))
    })
}

fn read_number(value: &Value, at: &str) -> Result<Decimal, Error> {
    let number = value.as_number().ok_or_else(|| wrong(at, "a number"))?;
    Decimal::parse(number.to_string().as_bytes()).ok_or_else(|| wrong(at, "a number"))
}

fn read_count(value: &Value, at: &str) -> Result<u64, Error> {
    let number = read_number(value, at)?;
    if number.is_negative() || !number.is_integer() {
        return Err(wrong(at, "a whole number, 0 or more"));
    }
    // No text and no array is longer than that, so a larger count means the same.
    Ok(number.to_i64().unwrap_or(i64::MAX) as u64)
}

fn read_tokens(value: &Value, at: &str) -> Result<Vec<Box<[u8]>>, Error> {
    let tokens = value.as_array().ok_or_else(|| wrong(at, "an array of strings"))?;
    tokens.iter().map(|token| token.as_str().map(|text| text.as_bytes().into()).ok_or_else(|| wrong(at, "an array of strings"))).collect()
}
