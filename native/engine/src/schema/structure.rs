//! Keywords of objects and arrays.

use super::compiler::{Compiler, Draft, Halt};
use super::place::Place;
use super::plan::*;
use super::read::{read_count, read_object, read_schemas, read_texts, wrong};
use crate::decode::name_token::NameToken;
use serde_json::{Map, Value};

impl<'s> Compiler<'s> {
    pub(super) fn object_keyword(&mut self, keyword: &str, value: &'s Value, draft: &mut Draft, place: &Place) -> Result<(), Halt> {
        let mut object = draft.object.take().unwrap_or_default();
        let at = place.keyword(keyword);
        match keyword {
            "properties" => {
                for (name, subschema) in read_object(value, &at)? {
                    let node = self.node(subschema, &place.property(name))?;
                    object.property(name).node = Some(node);
                }
            }
            "required" => {
                for name in read_texts(value, &at)? {
                    let rule = self.told(&place.property(name), "required", value);
                    object.property(name).required = Some(rule);
                }
            }
            "additionalProperties" => match value {
                Value::Bool(true) => {}
                Value::Bool(false) => object.additional = Some(self.told(place, "additionalProperties", value)),
                _ => object.more().additional = Some(self.node(value, &place.any_child("additionalProperties", None))?),
            },
            "patternProperties" => {
                for (source, subschema) in read_object(value, &at)? {
                    let inner = place.any_child("patternProperties", Some(source));
                    let pattern = self.pattern(source, &inner.schema)?;
                    let undecided = self.undecided(&inner, "patternProperties", source);
                    let node = self.node(subschema, &inner)?;
                    object.more().patterns.push(PatternProperty { pattern, undecided, node });
                }
            }
            "propertyNames" => {
                let rule = self.told(place, "propertyNames", &Value::Null);
                let node = self.node(value, &place.any_child("propertyNames", None))?;
                object.more().names = Some((rule, node));
            }
            "dependentRequired" => {
                for (name, others) in read_object(value, &at)? {
                    self.dependent_required(name, others, &mut object, place, &at)?;
                }
            }
            "minProperties" => object.count_min = self.counted(place, "minProperties", value)?,
            _ => object.count_max = self.counted(place, "maxProperties", value)?,
        }
        draft.object = Some(object);
        Ok(())
    }

    /// `at` is the pointer of the keyword, `dependentRequired` or `dependencies`.
    pub(super) fn dependent_required(
        &mut self,
        name: &str,
        others: &Value,
        object: &mut ObjectRules,
        place: &Place,
        at: &str,
    ) -> Result<(), Halt> {
        let others = read_texts(others, &format!("{at}/{}", super::place::escape(name)))?;
        let asked = others.into_iter().map(|other| {
            let rule = self.told(&place.property(other), "dependentRequired", &Value::Null);
            (Box::from(other), rule)
        });
        let asked = asked.collect();
        object.more().dependent.push(DependentRequired { name: name.as_bytes().into(), asked });
        Ok(())
    }

    pub(super) fn array_keyword(
        &mut self,
        keyword: &str,
        value: &'s Value,
        siblings: &Map<String, Value>,
        draft: &mut Draft,
        place: &Place,
    ) -> Result<(), Halt> {
        let mut array = draft.array.take().unwrap_or_default();
        let at = place.keyword(keyword);
        match keyword {
            "items" if value.is_array() => {
                return Err(wrong(&at, "a schema; in draft 2020-12 schemas of the first items are in prefixItems").into());
            }
            "items" => array.items = Some(self.node(value, &place.any_child("items", None))?),
            "prefixItems" => {
                for (index, subschema) in read_schemas(value, &at)?.iter().enumerate() {
                    let node = self.node(subschema, &place.item(index))?;
                    array.more().prefix.push(node);
                }
            }
            "uniqueItems" => match value {
                Value::Bool(false) => {}
                Value::Bool(true) => array.more().unique = Some(self.told(place, "uniqueItems", value)),
                _ => return Err(wrong(&at, "true or false").into()),
            },
            "contains" => {
                let contains = self.contains(value, siblings, place)?;
                array.more().contains = Some(contains);
            }
            // Without contains they ask nothing; with it they are read there.
            "minContains" | "maxContains" => drop(read_count(value, &at)?),
            "minItems" => array.count_min = self.counted(place, "minItems", value)?,
            _ => array.count_max = self.counted(place, "maxItems", value)?,
        }
        draft.array = Some(array);
        Ok(())
    }

    fn contains(&mut self, value: &'s Value, siblings: &Map<String, Value>, place: &Place) -> Result<Contains, Halt> {
        let node = self.node(value, &place.any_child("contains", None))?;
        let (mut min, mut max) = (1, None);
        let mut min_rule = None;
        if self.dialect.knows("minContains") {
            if let Some(value) = siblings.get("minContains")
                && let Some((rule, count)) = self.counted(place, "minContains", value)?
            {
                (min, min_rule) = (count, Some(rule));
            }
            if let Some(value) = siblings.get("maxContains") {
                max = self.counted(place, "maxContains", value)?;
            }
        }
        let min_rule = match min_rule {
            Some(rule) => rule,
            None => self.told(place, "contains", &Value::Object(Map::new())),
        };
        Ok(Contains { node, min, min_rule, max })
    }
}

impl ObjectRules {
    pub(super) fn property(&mut self, name: &str) -> &mut Property {
        let next = self.properties.len() as u32;
        let index = *self.by_name.entry(name.as_bytes().into()).or_insert(next);
        if index == next {
            self.properties.push(Property { name: name.into(), token: NameToken::new(name), node: None, required: None });
        }
        &mut self.properties[index as usize]
    }

    fn more(&mut self) -> &mut MoreObjectRules {
        self.more.get_or_insert_default()
    }

    /// The property `name`, where `properties` and not only `required` has it.
    pub fn declared(&self, name: &[u8]) -> Option<NodeId> {
        self.by_name.get(name).and_then(|&at| self.properties[at as usize].node)
    }
}

impl ArrayRules {
    fn more(&mut self) -> &mut MoreArrayRules {
        self.more.get_or_insert_default()
    }
}
