//! The compiler of nodes: one pass over the schema, and over what its references reach.

use super::compile::{Options, builtin_rules, check_unknown, engine_of, read_dialect};
use super::keywords::{ANNOTATIONS, CONTAINERS, Dialect, FULL_ONLY, subschemas};
use super::place::{Place, escape};
use super::plan::*;
use super::quick::Quick;
use super::read::{read_count, read_divisor, read_number, read_text, read_tokens, read_types, wrong};
use super::refs::Targets;
use super::severities::{self, Severities};
use super::values::{cell_rules, types_of, value_rule};
use super::words::{message, params};
use crate::error::Error;
use crate::format::Format;
use crate::limits::SCHEMA_DEPTH_MAX;
use crate::pattern::Pattern;
use crate::rules::decimal::Decimal;
use crate::severity::Severity;
use crate::transform::{self, program::Transform};
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Why there is no plan of nodes.
#[derive(Debug)]
pub(super) enum Halt {
    /// The schema is wrong.
    Refused(Error),
    /// The schema is for the full engine.
    Full,
}

impl From<Error> for Halt {
    fn from(fault: Error) -> Self {
        Halt::Refused(fault)
    }
}

pub(super) struct Compiler<'s> {
    pub(super) options: &'s Options,
    pub(super) dialect: Dialect,
    pub(super) rules: Vec<Rule>,
    pub(super) nodes: Vec<Node>,
    patterns: FxHashMap<String, Arc<Pattern>>,
    pub(super) targets: Targets<'s>,
    /// Keywords and members of `enum` that were compiled: a measure of the plan's size.
    pub(super) spent: usize,
    /// Of the keywords of the subschema that is being compiled.
    severities: Severities,
}

/// What a subschema has said so far.
#[derive(Default)]
pub(super) struct Draft {
    declared: Option<Types>,
    listed: Option<Types>,
    values: Vec<ValueRule>,
    bounds: Vec<Bound>,
    multiple_of: Option<(RuleId, Decimal)>,
    text: Option<Box<TextRules>>,
    pub(super) object: Option<Box<ObjectRules>>,
    pub(super) array: Option<Box<ArrayRules>>,
    pub(super) also: Option<Box<Applicators>>,
    missing: Option<Vec<Box<[u8]>>>,
}

impl<'s> Compiler<'s> {
    /// Compiles the whole schema. The plan has no digest yet.
    pub(super) fn run(schema: &'s Value, dialect: Dialect, options: &'s Options) -> Result<Plan, Halt> {
        let mut compiler = Compiler {
            options,
            dialect,
            rules: builtin_rules(),
            nodes: Vec::new(),
            patterns: FxHashMap::default(),
            targets: Targets::new(schema),
            spent: 0,
            severities: Severities::default(),
        };
        let root = compiler.node(schema, &Place::root())?;
        compiler.compile_shared()?;
        compiler.check_unreached(schema)?;
        compiler.check_cycles()?;
        let Compiler { rules, nodes, .. } = compiler;
        let engine = engine_of(&nodes, schema);
        let quick = nodes.iter().map(Quick::new).collect();
        Ok(Plan {
            rules,
            nodes,
            quick,
            root,
            digest: String::new(),
            engine,
            record_rules: Vec::new(),
            stream: Default::default(),
            transform: Transform::default(),
        })
    }

    /// Compiles a subschema to a node. One that only refers to another is that other one.
    pub(super) fn node(&mut self, schema: &'s Value, place: &Place) -> Result<NodeId, Halt> {
        if let Value::Object(members) = schema
            && let Some(target) = self.alias(members, place)?
        {
            return self.reference(target, place);
        }
        let node = self.build(schema, place)?;
        self.nodes.push(node);
        Ok(self.nodes.len() as NodeId - 1)
    }

    fn alias(&self, members: &'s Map<String, Value>, place: &Place) -> Result<Option<&'s str>, Halt> {
        let Some(target) = members.get("$ref") else { return Ok(None) };
        let is_root = place.schema.is_empty();
        let is_silent = |keyword: &String| {
            let keyword = keyword.as_str();
            let is_named = is_root && matches!(keyword, "$schema" | "$id");
            keyword == "$ref" || is_named || ANNOTATIONS.contains(&keyword) || CONTAINERS.contains(&keyword)
        };
        let siblings = members.keys().filter(|keyword| !matches!(keyword.as_str(), "$ref" | "$schema")).count();
        if !members.keys().all(is_silent) || self.dialect.differs("$ref", target, siblings) {
            return Ok(None);
        }
        Ok(Some(read_text(target, &place.keyword("$ref"))?))
    }

    pub(super) fn build(&mut self, schema: &'s Value, place: &Place) -> Result<Node, Halt> {
        let around = std::mem::replace(&mut self.severities, Severities::read(schema, &place.schema)?);
        let node = self.build_alone(schema, place);
        self.severities = around;
        node
    }

    fn build_alone(&mut self, schema: &'s Value, place: &Place) -> Result<Node, Halt> {
        if place.depth > SCHEMA_DEPTH_MAX {
            let text = format!("subschemas are nested deeper than {SCHEMA_DEPTH_MAX} levels");
            return Err(Error::at("schema/too-large", &place.schema, text).into());
        }
        let type_rule = self.rule(place, "type", "type", "{}".into(), "has a type that the schema does not allow".into());
        let mut draft = Draft::default();
        let mut never = None;
        match schema {
            Value::Bool(true) => {}
            Value::Bool(false) => {
                never = Some(self.rule(place, place.via, "false-schema", "{}".into(), "is not allowed to be there".into()))
            }
            Value::Object(members) => {
                for (keyword, value) in members {
                    self.spent += 1;
                    self.keyword(keyword, value, members, type_rule, &mut draft, place)?;
                }
            }
            _ => return Err(Error::at("schema/invalid", &place.schema, "a schema is an object, true or false").into()),
        }
        let has_number_rules = !draft.bounds.is_empty() || draft.multiple_of.is_some();
        Ok(Node {
            types: draft.declared.unwrap_or(Types::ANY),
            type_rule,
            never,
            values: draft.values,
            number: has_number_rules.then(|| Box::new(NumberRules::new(draft.bounds, draft.multiple_of))),
            text: draft.text,
            object: draft.object,
            array: draft.array,
            also: draft.also,
            is_shared: place.is_shared && place.depth == 0,
            cell: cell_rules(draft.declared, draft.listed, has_number_rules, draft.missing),
        })
    }

    fn keyword(
        &mut self,
        keyword: &'s str,
        value: &'s Value,
        siblings: &'s Map<String, Value>,
        type_rule: RuleId,
        draft: &mut Draft,
        place: &Place,
    ) -> Result<(), Halt> {
        let at = place.keyword(keyword);
        if !self.dialect.knows(keyword) {
            return Ok(check_unknown(keyword, &at, self.options)?);
        }
        if self.dialect.differs(keyword, value, siblings.len() - 1) {
            return Err(Halt::Full);
        }
        match keyword {
            "type" => {
                draft.declared = Some(read_types(value, &at)?);
                let rule = &mut self.rules[type_rule as usize];
                (rule.params, rule.message) = (params("type", value).into(), message("type", value).into());
            }
            "enum" => self.values("enum", value.as_array().ok_or_else(|| wrong(&at, "an array"))?, value, draft, place),
            "const" => self.values("const", std::slice::from_ref(value), value, draft, place),
            "minimum" => self.bound(BoundKind::Minimum, "minimum", value, draft, place)?,
            "maximum" => self.bound(BoundKind::Maximum, "maximum", value, draft, place)?,
            "exclusiveMinimum" => self.bound(BoundKind::ExclusiveMinimum, "exclusiveMinimum", value, draft, place)?,
            "exclusiveMaximum" => self.bound(BoundKind::ExclusiveMaximum, "exclusiveMaximum", value, draft, place)?,
            "multipleOf" => draft.multiple_of = Some((self.told(place, "multipleOf", value), read_divisor(value, &at)?)),
            "minLength" | "maxLength" | "pattern" | "format" => {
                let text = draft.text.get_or_insert_default();
                self.text_keyword(keyword, value, text, place)?;
            }
            "properties"
            | "required"
            | "additionalProperties"
            | "minProperties"
            | "maxProperties"
            | "patternProperties"
            | "propertyNames"
            | "dependentRequired" => self.object_keyword(keyword, value, draft, place)?,
            "items" | "minItems" | "maxItems" | "prefixItems" | "uniqueItems" | "contains" | "minContains" | "maxContains" => {
                self.array_keyword(keyword, value, siblings, draft, place)?
            }
            "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" | "dependentSchemas" | "dependencies" | "$ref" => {
                self.applicator(keyword, value, siblings, draft, place)?
            }
            "x-missing" => draft.missing = Some(read_tokens(value, &at)?),
            _ => self.other_keyword(keyword, value, place)?,
        }
        Ok(())
    }

    fn other_keyword(&self, keyword: &str, value: &Value, place: &Place) -> Result<(), Halt> {
        let at = place.keyword(keyword);
        match keyword {
            // A subschema with a name or a dialect of its own changes what references within it mean.
            "$schema" if !place.schema.is_empty() => read_dialect(value, &at, self.options).map_err(Halt::from).and(Err(Halt::Full)),
            "$id" if !place.schema.is_empty() && value.is_string() => Err(Halt::Full),
            "$schema" | "$id" | "$anchor" | "$dynamicAnchor" => read_text(value, &at).map(drop).map_err(Halt::from),
            "$defs" | "definitions" if !value.is_object() => Err(wrong(&at, "an object").into()),
            severities::KEYWORD => Ok(()),
            super::record_rules::KEYWORD => Ok(super::record_rules::check_place(&at)?),
            _ if super::stream_rules::is_keyword(keyword) => Ok(super::stream_rules::check_place(keyword, &at)?),
            transform::steps::KEYWORD => Ok(transform::steps::check_place(&at)?),
            _ if ANNOTATIONS.contains(&keyword) || CONTAINERS.contains(&keyword) => Ok(()),
            _ if FULL_ONLY.contains(&keyword) => Err(Halt::Full),
            _ => Ok(check_unknown(keyword, &at, self.options)?),
        }
    }

    pub(super) fn rule(&mut self, place: &Place, keyword: &'static str, code: &'static str, params: String, message: String) -> RuleId {
        let severity = self.severities.of(keyword);
        self.rules.push(Rule { severity, ..rule_at(place, keyword, code, params, message, &self.options.mask) });
        self.rules.len() as RuleId - 1
    }

    /// The rule of a keyword, in the words for it.
    pub(super) fn told(&mut self, place: &Place, keyword: &'static str, value: &Value) -> RuleId {
        self.rule(place, keyword, keyword, params(keyword, value), message(keyword, value))
    }

    pub(super) fn counted(&mut self, place: &Place, keyword: &'static str, value: &Value) -> Result<Option<(RuleId, u64)>, Error> {
        let count = read_count(value, &place.keyword(keyword))?;
        Ok(Some((self.told(place, keyword, value), count)))
    }

    fn values(&mut self, keyword: &'static str, members: &[Value], value: &Value, draft: &mut Draft, place: &Place) {
        self.spent += members.len();
        let rule = self.told(place, keyword, value);
        draft.values.push(value_rule(rule, members));
        let types = types_of(members);
        draft.listed = Some(draft.listed.map_or(types, |listed| Types(listed.0 & types.0)));
    }

    fn bound(&mut self, kind: BoundKind, keyword: &'static str, value: &Value, draft: &mut Draft, place: &Place) -> Result<(), Error> {
        let limit = read_number(value, &place.keyword(keyword))?;
        let rule = self.told(place, keyword, value);
        draft.bounds.push(Bound { rule, kind, rounded: limit.to_f64(), limit });
        Ok(())
    }

    fn text_keyword(&mut self, keyword: &str, value: &Value, text: &mut TextRules, place: &Place) -> Result<(), Error> {
        let at = place.keyword(keyword);
        match keyword {
            "minLength" => text.length_min = self.counted(place, "minLength", value)?,
            "maxLength" => text.length_max = self.counted(place, "maxLength", value)?,
            "pattern" => {
                let source = read_text(value, &at)?;
                let pattern = self.pattern(source, &at)?;
                let rule = self.told(place, "pattern", value);
                let undecided = self.undecided(place, "pattern", source);
                text.pattern = Some(PatternRule { rule, undecided, pattern });
            }
            _ => {
                let name = read_text(value, &at)?;
                match (Format::from_name(name), self.options.format_assertion) {
                    (_, false) => {}
                    (None, true) if self.options.ignore_unknown => {}
                    (Some(format), true) => text.format = Some((self.told(place, "format", value), format)),
                    (None, true) => return Err(unknown_format(name, &at)),
                }
            }
        }
        Ok(())
    }

    pub(super) fn pattern(&mut self, source: &str, at: &str) -> Result<Arc<Pattern>, Error> {
        if let Some(known) = self.patterns.get(source) {
            return Ok(known.clone());
        }
        let pattern = Arc::new(Pattern::compile(source).map_err(|fault| Error::at("schema/pattern", at, fault))?);
        self.patterns.insert(source.to_owned(), pattern.clone());
        Ok(pattern)
    }

    /// The rule for a text on which the step budget of a pattern runs out.
    pub(super) fn undecided(&mut self, place: &Place, keyword: &'static str, source: &str) -> RuleId {
        let given = params("pattern", &Value::String(source.to_owned()));
        let rule = self.rule(place, keyword, "pattern/undecided", given, format!("took too many steps against the pattern {source}"));
        self.rules[rule as usize].severity = self.severities.of_undecided(keyword);
        rule
    }

    /// What stands in `$defs` is a schema, even where no reference reaches it.
    fn check_unreached(&mut self, schema: &'s Value) -> Result<(), Halt> {
        let mut left = vec![(String::new(), schema)];
        while let Some((pointer, schema)) = left.pop() {
            for (keyword, at, inner) in subschemas(schema, &pointer) {
                if CONTAINERS.contains(&keyword) {
                    super::compile::check_is_schema(inner, &at)?;
                }
                left.push((at, inner));
            }
        }
        Ok(())
    }
}

/// The rule of a keyword at `place`.
pub(super) fn rule_at(place: &Place, keyword: &'static str, code: &'static str, params: String, message: String, mask: &[String]) -> Rule {
    let field = place.field.as_deref();
    let hides = |mask: &String| {
        // A value shows those within it, the record shows them all, and each is shown by those around it. Of a place that several
        // references reach no field is known, and any may be the one that is masked.
        field.is_none_or(|field| meets(field, mask)) || meets(&place.trail, &escape(mask))
    };
    Rule {
        field: field.map(Into::into),
        pointer: place.value.as_deref().map(Into::into),
        keyword: Some(keyword),
        code,
        id: None,
        params: params.into(),
        message: message.into(),
        masked: mask.iter().any(hides),
        severity: Severity::Error,
    }
}

pub(super) fn unknown_format(name: &str, at: &str) -> Error {
    let text = format!("the format {name:?} is unknown; use pattern, or let unknown words be ignored (unknownKeywords: 'ignore')");
    Error::at("schema/format", at, text)
}

/// True where one of two places is the other, or within it; `*` is any name.
fn meets(place: &str, mask: &str) -> bool {
    place.is_empty() || mask.is_empty() || place.split('/').zip(mask.split('/')).all(|(one, other)| one == other || one == "*")
}
