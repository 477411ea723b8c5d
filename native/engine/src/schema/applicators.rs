//! Keywords that lay further subschemas on the same value, and references.

use super::compiler::{Compiler, Draft, Halt};
use super::place::Place;
use super::plan::*;
use super::read::{read_object, read_schemas, read_text};
use crate::error::Error;
use serde_json::{Map, Value};

/// Beyond this depth of subschemas, a reference leads to a node that all its uses share.
const INLINE_DEPTH_MAX: usize = 24;
/// Beyond so many keywords and members of `enum`, likewise.
const INLINE_SPENT_MAX: usize = 50_000;

impl<'s> Compiler<'s> {
    pub(super) fn applicator(
        &mut self,
        keyword: &str,
        value: &'s Value,
        siblings: &'s Map<String, Value>,
        draft: &mut Draft,
        place: &Place,
    ) -> Result<(), Halt> {
        let at = place.keyword(keyword);
        let mut also = draft.also.take().unwrap_or_default();
        match keyword {
            "allOf" => also.all.extend(self.nodes_of("allOf", value, place)?),
            "anyOf" => also.any = Some((self.told(place, "anyOf", value), self.nodes_of("anyOf", value, place)?)),
            "oneOf" => {
                let none = self.told(place, "oneOf", value);
                let several = self.told(place, "oneOf", value);
                also.one = Some((none, several, self.nodes_of("oneOf", value, place)?));
            }
            "not" => also.not = Some((self.told(place, "not", value), self.node(value, &place.same("not", None))?)),
            "if" => {
                let test = self.node(value, &place.same("if", None))?;
                let yes = siblings.get("then").map(|then| self.node(then, &place.same("then", None))).transpose()?;
                let no = siblings.get("else").map(|otherwise| self.node(otherwise, &place.same("else", None))).transpose()?;
                if yes.is_some() || no.is_some() {
                    also.condition = Some(Condition { test, yes, no });
                }
            }
            // With if they are read there; without it they ask nothing.
            "then" | "else" => super::compile::check_is_schema(value, &at)?,
            "$ref" => also.all.push(self.reference(read_text(value, &at)?, place)?),
            "dependentSchemas" => {
                for (name, subschema) in read_object(value, &at)? {
                    let node = self.node(subschema, &place.same("dependentSchemas", Some(name)))?;
                    also.dependent.push((name.as_bytes().into(), node));
                }
            }
            _ => {
                for (name, dependency) in read_object(value, &at)? {
                    if dependency.is_array() {
                        let mut object = draft.object.take().unwrap_or_default();
                        self.dependent_required(name, dependency, &mut object, place, &at)?;
                        draft.object = Some(object);
                    } else {
                        let node = self.node(dependency, &place.same("dependencies", Some(name)))?;
                        also.dependent.push((name.as_bytes().into(), node));
                    }
                }
            }
        }
        if !also.is_empty() {
            draft.also = Some(also);
        }
        Ok(())
    }

    fn nodes_of(&mut self, keyword: &'static str, value: &'s Value, place: &Place) -> Result<Vec<NodeId>, Halt> {
        let subschemas = read_schemas(value, &place.keyword(keyword))?.iter().enumerate();
        subschemas.map(|(index, subschema)| self.node(subschema, &place.same(keyword, Some(&index.to_string())))).collect()
    }

    /// The node that a reference leads to: one of its own, so that fields keep their names in violations, or the one that all uses share.
    pub(super) fn reference(&mut self, uri: &'s str, place: &Place) -> Result<NodeId, Halt> {
        let (pointer, schema) = self.targets.resolve(uri, &place.keyword("$ref"))?;
        let is_small = place.depth < INLINE_DEPTH_MAX && self.spent < INLINE_SPENT_MAX;
        if place.is_shared || !is_small || self.targets.is_open(&pointer, &place.schema) {
            return Ok(self.shared(pointer, schema));
        }
        self.targets.open.push(pointer.clone());
        let node = self.node(schema, &place.moved(&pointer))?;
        self.targets.open.pop();
        Ok(node)
    }

    fn shared(&mut self, pointer: String, schema: &'s Value) -> NodeId {
        if let Some(&known) = self.targets.shared.get(&pointer) {
            return known;
        }
        let id = self.nodes.len() as NodeId;
        self.nodes.push(Node::nothing());
        self.targets.shared.insert(pointer.clone(), id);
        self.targets.pending.push((id, pointer, schema));
        id
    }

    /// Compiles the shared nodes, which may ask for further ones: from a list, so that a long chain of references takes no stack.
    pub(super) fn compile_shared(&mut self) -> Result<(), Halt> {
        while let Some((id, pointer, schema)) = self.targets.pending.pop() {
            self.nodes[id as usize] = self.build(schema, &Place::shared(&pointer))?;
        }
        Ok(())
    }

    /// Refuses references that lead back to themselves on one and the same value: they would never be done.
    pub(super) fn check_cycles(&self) -> Result<(), Error> {
        let mut state = vec![0_u8; self.nodes.len()];
        for start in 0..self.nodes.len() as NodeId {
            let mut path = vec![(start, false)];
            while let Some((node, is_left)) = path.pop() {
                if is_left {
                    state[node as usize] = 2;
                    continue;
                }
                match state[node as usize] {
                    0 => {}
                    1 => return Err(self.cycle(node)),
                    _ => continue,
                }
                state[node as usize] = 1;
                path.push((node, true));
                if let Some(also) = &self.nodes[node as usize].also {
                    for next in also.nodes() {
                        match state[next as usize] {
                            0 => path.push((next, false)),
                            1 => return Err(self.cycle(next)),
                            _ => {}
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn cycle(&self, node: NodeId) -> Error {
        let pointer = self.targets.shared.iter().find(|(_, id)| **id == node).map_or("", |(pointer, _)| pointer.as_str());
        let text = "references lead back here without going into the value, so that no record could ever be decided; break the loop";
        Error::at("schema/invalid", pointer, text)
    }
}

impl Applicators {
    fn is_empty(&self) -> bool {
        self.nodes().next().is_none()
    }

    /// Every node that may look at the same value.
    fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        let any = self.any.iter().flat_map(|(_, nodes)| nodes);
        let one = self.one.iter().flat_map(|(_, _, nodes)| nodes);
        let condition = self.condition.iter().flat_map(|condition| [Some(condition.test), condition.yes, condition.no]).flatten();
        let alone = self.not.iter().map(|(_, node)| *node).chain(condition).chain(self.dependent.iter().map(|(_, node)| *node));
        self.all.iter().chain(any).chain(one).copied().chain(alone)
    }
}

impl Node {
    /// A node that asks nothing, until its schema is compiled.
    pub(super) fn nothing() -> Node {
        Node {
            types: Types::ANY,
            type_rule: 0,
            never: None,
            values: Vec::new(),
            number: None,
            text: None,
            object: None,
            array: None,
            also: None,
            is_shared: true,
            cell: super::values::cell_rules(None, None, false, None),
        }
    }
}
