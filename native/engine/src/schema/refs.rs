//! Where references within the document lead.

use super::compiler::Halt;
use super::keywords::subschemas;
use super::place::unescape;
use super::plan::NodeId;
use crate::error::Error;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// The document's references, and what became of them.
pub(super) struct Targets<'s> {
    root: &'s Value,
    id: Option<&'s str>,
    anchors: Option<FxHashMap<&'s str, (String, &'s Value)>>,
    /// Pointers of the references that are being followed.
    pub(super) open: Vec<String>,
    /// Nodes that several references share, by pointer.
    pub(super) shared: FxHashMap<String, NodeId>,
    /// Shared nodes that are not compiled yet.
    pub(super) pending: Vec<(NodeId, String, &'s Value)>,
}

impl<'s> Targets<'s> {
    pub(super) fn new(root: &'s Value) -> Targets<'s> {
        let id = root.get("$id").and_then(Value::as_str).map(|id| id.trim_end_matches('#'));
        Targets { root, id, anchors: None, open: Vec::new(), shared: FxHashMap::default(), pending: Vec::new() }
    }

    /// True when the target of a reference is being compiled already, or is a subschema around the reference.
    pub(super) fn is_open(&self, pointer: &str, place: &str) -> bool {
        let is_around = place.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_around || self.open.iter().any(|open| open == pointer)
    }

    /// The subschema that `uri` leads to, and its pointer. References out of the document are for the full engine.
    pub(super) fn resolve(&mut self, uri: &str, at: &str) -> Result<(String, &'s Value), Halt> {
        let (document, fragment) = uri.split_once('#').unwrap_or((uri, ""));
        if !document.is_empty() && Some(document) != self.id {
            return Err(Halt::Full);
        }
        let lost = || Error::at("schema/invalid", at, format!("the reference {uri:?} leads nowhere in this schema"));
        let fragment = percent_decoded(fragment).ok_or_else(lost)?;
        if fragment.is_empty() {
            return Ok((String::new(), self.root));
        }
        if !fragment.starts_with('/') {
            let root = self.root;
            let anchors = self.anchors.get_or_insert_with(|| anchors(root));
            return Ok(anchors.get(fragment.as_str()).cloned().ok_or_else(lost)?);
        }
        let mut schema = self.root;
        for token in fragment[1..].split('/') {
            // A pointer through a subschema with a name of its own changes what references within it mean.
            if !std::ptr::eq(schema, self.root) && schema.get("$id").is_some_and(Value::is_string) {
                return Err(Halt::Full);
            }
            let token = unescape(token);
            schema = match schema {
                Value::Object(members) => members.get(&token),
                Value::Array(items) => token.parse().ok().and_then(|index: usize| items.get(index)),
                _ => None,
            }
            .ok_or_else(lost)?;
        }
        Ok((fragment, schema))
    }
}

/// `$anchor` and `$dynamicAnchor` of the document, without those of subschemas that have a name of their own.
fn anchors(root: &Value) -> FxHashMap<&str, (String, &Value)> {
    let mut anchors = FxHashMap::default();
    let mut left = vec![(String::new(), root)];
    while let Some((pointer, schema)) = left.pop() {
        if !pointer.is_empty() && schema.get("$id").is_some_and(Value::is_string) {
            continue;
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(name) = schema.get(keyword).and_then(Value::as_str) {
                anchors.insert(name, (pointer.clone(), schema));
            }
        }
        left.extend(subschemas(schema, &pointer).into_iter().map(|(_, at, inner)| (at, inner)));
    }
    anchors
}

pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
