//! One document of a schema and of all that its references lead to.
//!
//! References to other documents (`references`), and to subschemas with names of their own (`$id`), become pointers within the one document, so that whatever
//! stands behind them is held to the same rules, typed and told of like what stands in the schema itself (JSON Schema 2020-12, appendix "Bundling" of core).

use super::compile::Options;
use super::keywords::{CONTAINERS, Dialect, Holds, holds, subschemas};
use super::place::escape;
use super::refs::percent_decoded;
use crate::error::Error;
use jsonschema::{Uri, uri};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};

/// Subschemas that are copied; beyond it the full engine follows the references itself.
const COPIED_MAX: usize = 200_000;
/// Names within a resource.
const ANCHORS: [&str; 2] = ["$anchor", "$dynamicAnchor"];
/// Where copies stand.
const COPIES: &str = "$defs";

/// A schema whose references all lead within it.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) schema: Value,
    /// The URIs of what was copied, which are its names in `$defs`.
    names: Vec<String>,
}

impl Bundle {
    /// Says of a fault in a copy where it stands in its own document.
    pub(super) fn located(&self, fault: Error) -> Error {
        let named = |name: &String| {
            let rest = fault.message.strip_prefix(&format!("#/{COPIES}/{}", escape(name)))?;
            (rest.starts_with(['/', ':'])).then(|| format!("{name}{}{rest}", if name.contains('#') { "" } else { "#" }))
        };
        let message = self.names.iter().find_map(named);
        Error { message: message.unwrap_or(fault.message), ..fault }
    }
}

/// The bundle of `schema`. `None` for a schema that has no reference out of it, and where references mean what only the full engine knows: dynamic ones, those
/// between dialects, or to what was not given.
pub(super) fn bundle(schema: &Value, dialect: Dialect, options: &Options) -> Option<Bundle> {
    if !leads_out(schema) {
        return None;
    }
    let mut documents = Documents { dialect, options, all: Vec::new(), resources: FxHashMap::default() };
    documents.add(&uri::from_str("").ok()?, schema.clone())?;
    let mut copier = Copier { documents, names: FxHashMap::default(), left: Vec::new(), spent: 0 };
    let Value::Object(mut root) = copier.copy(&Target { document: 0, pointer: String::new() })? else { return None };
    let mut copies = Map::new();
    while let Some((name, target)) = copier.left.pop() {
        let copy = copier.copy(&target)?;
        copies.insert(name, copy);
    }
    let names = copies.keys().cloned().collect();
    let Value::Object(definitions) = root.entry(COPIES).or_insert_with(|| Value::Object(Map::new())) else { return None };
    for (name, copy) in copies {
        if definitions.insert(name, copy).is_some() {
            return None;
        }
    }
    Some(Bundle { schema: Value::Object(root), names })
}

/// True where a reference leads out of the document, or a subschema has a name of its own.
fn leads_out(schema: &Value) -> bool {
    let own = schema.get("$id").and_then(Value::as_str).unwrap_or_default().trim_end_matches('#');
    let mut left = vec![(true, schema)];
    while let Some((is_root, schema)) = left.pop() {
        let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
        let document = text("$ref").map_or("", |uri| uri.split('#').next().unwrap_or_default());
        if (!document.is_empty() && document != own) || (!is_root && text("$id").is_some()) {
            return true;
        }
        left.extend(subschemas(schema, "").into_iter().map(|(_, _, inner)| (false, inner)));
    }
    false
}

/// A subschema of a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Target {
    document: usize,
    pointer: String,
}

/// A subschema with a name of its own, and what that name is the base of.
#[derive(Debug)]
struct Resource {
    base: Uri<String>,
    pointer: String,
    /// Pointers of its anchors, by name.
    anchors: FxHashMap<String, String>,
}

#[derive(Debug, Default)]
struct Document {
    schema: Value,
    resources: Vec<Resource>,
    /// Pointers of the subschemas whose names and anchors are known.
    seen: FxHashSet<String>,
}

impl Document {
    /// The resource that a place belongs to: the innermost around it.
    fn around(&self, pointer: &str) -> usize {
        let is_around = |outer: &str| pointer.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let found = self.resources.iter().enumerate().filter(|(_, resource)| is_around(&resource.pointer));
        found.max_by_key(|(_, resource)| resource.pointer.len()).map_or(0, |(index, _)| index)
    }
}

/// The documents that references have led to; the schema itself is the first.
struct Documents<'o> {
    dialect: Dialect,
    options: &'o Options,
    all: Vec<Document>,
    /// Of each URI without a fragment: the document, and the place of the resource in it.
    resources: FxHashMap<String, (usize, String)>,
}

impl Documents<'_> {
    fn add(&mut self, uri: &Uri<String>, schema: Value) -> Option<usize> {
        let index = self.all.len();
        let resource = Resource { base: uri.clone(), pointer: String::new(), anchors: FxHashMap::default() };
        self.all.push(Document { schema, resources: vec![resource], seen: FxHashSet::default() });
        self.register(uri, index, "")?;
        self.read(index, "")?;
        Some(index)
    }

    /// Two resources of one name are nobody's to choose from.
    fn register(&mut self, uri: &Uri<String>, document: usize, pointer: &str) -> Option<()> {
        let place = (document, pointer.to_owned());
        let known = self.resources.entry(without_fragment(uri).to_owned()).or_insert_with(|| place.clone());
        (*known == place).then_some(())
    }

    /// Reads the names and anchors of the subschema at `pointer`, and of those within it.
    fn read(&mut self, index: usize, pointer: &str) -> Option<()> {
        let mut left = vec![pointer.to_owned()];
        while let Some(pointer) = left.pop() {
            if !self.all[index].seen.insert(pointer.clone()) {
                continue;
            }
            let schema = self.all[index].schema.pointer(&pointer)?;
            let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
            if ["$dynamicRef", "$recursiveRef", "$recursiveAnchor"].iter().any(|keyword| schema.get(*keyword).is_some()) {
                return None;
            }
            if text("$schema").is_some_and(|uri| Dialect::from_uri(uri) != Some(self.dialect)) {
                return None;
            }
            let anchors = ANCHORS.into_iter().filter(|keyword| self.dialect.knows(keyword)).filter_map(text);
            let anchors: Vec<_> = anchors.map(str::to_owned).collect();
            let id = text("$id").map(str::to_owned);
            let has_reference = schema.get("$ref").is_some();
            left.extend(subschemas(schema, &pointer).into_iter().map(|(_, at, _)| at));
            if let Some(id) = id {
                self.name(index, &pointer, &id, has_reference)?;
            }
            for name in anchors {
                self.anchor(index, &pointer, &name)?;
            }
        }
        Some(())
    }

    fn name(&mut self, index: usize, pointer: &str, id: &str, has_reference: bool) -> Option<()> {
        let is_old = self.dialect <= Dialect::Seven;
        // Old dialects ignore what stands beside `$ref`, and have anchors of this form.
        if is_old && has_reference {
            return None;
        }
        if let Some(name) = id.strip_prefix('#').filter(|name| is_old && !name.is_empty()) {
            return self.anchor(index, pointer, name);
        }
        let document = &self.all[index];
        let base = uri::resolve_against(&document.resources[document.around(pointer)].base.borrow(), id.trim_end_matches('#')).ok()?;
        if base.as_str().contains('#') {
            return None;
        }
        self.register(&base, index, pointer)?;
        let document = &mut self.all[index];
        if pointer.is_empty() {
            document.resources[0].base = base;
        } else {
            document.resources.push(Resource { base, pointer: pointer.to_owned(), anchors: FxHashMap::default() });
        }
        Some(())
    }

    fn anchor(&mut self, index: usize, pointer: &str, name: &str) -> Option<()> {
        let document = &mut self.all[index];
        let around = document.around(pointer);
        let known = document.resources[around].anchors.entry(name.to_owned()).or_insert_with(|| pointer.to_owned());
        (known == pointer).then_some(())
    }

    /// Where the reference `uri` at a place leads, whose document is read if it was not yet.
    fn resolve(&mut self, index: usize, pointer: &str, reference: &str) -> Option<Target> {
        let document = &self.all[index];
        let base = &document.resources[document.around(pointer)].base;
        let uri = uri::resolve_against(&base.borrow(), reference).ok()?;
        let name = without_fragment(&uri);
        if !self.resources.contains_key(name) {
            let (_, text) = self.options.references.iter().find(|(known, _)| known.trim_end_matches('#') == name)?;
            let schema = serde_json::from_str(text).ok()?;
            self.add(&uri::from_str(name).ok()?, schema)?;
        }
        let (document, root) = self.resources.get(name)?.clone();
        let fragment = percent_decoded(uri.as_str().split_once('#').map_or("", |(_, fragment)| fragment))?;
        let pointer = if fragment.is_empty() {
            root
        } else if fragment.starts_with('/') {
            format!("{root}{fragment}")
        } else {
            let found = self.all[document].resources.iter().find(|resource| resource.pointer == root)?;
            found.anchors.get(&fragment)?.clone()
        };
        self.all[document].schema.pointer(&pointer)?;
        Some(Target { document, pointer })
    }
}

struct Copier<'o> {
    documents: Documents<'o>,
    /// Names of copies.
    names: FxHashMap<Target, String>,
    /// Copies that are not made yet.
    left: Vec<(String, Target)>,
    spent: usize,
}

impl Copier<'_> {
    fn copy(&mut self, target: &Target) -> Option<Value> {
        let schema = self.documents.all[target.document].schema.pointer(&target.pointer)?.clone();
        self.subschema(schema, target)
    }

    fn subschema(&mut self, schema: Value, place: &Target) -> Option<Value> {
        self.spent += 1;
        if self.spent > COPIED_MAX {
            return None;
        }
        let Value::Object(members) = schema else { return Some(schema) };
        let is_top = place.document == 0 && place.pointer.is_empty();
        let mut copy = Map::new();
        for (keyword, value) in members {
            let at = |rest: &str| Target { document: place.document, pointer: format!("{}/{rest}", place.pointer) };
            let value = match (keyword.as_str(), value) {
                (name, Value::String(_)) if ANCHORS.contains(&name) && self.documents.dialect.knows(name) => continue,
                ("$id" | "$schema", Value::String(_)) if !is_top => continue,
                // What is asked for in another document is copied by itself.
                (keyword, Value::Object(_)) if place.document != 0 && CONTAINERS.contains(&keyword) => continue,
                ("$ref", Value::String(uri)) => Value::String(self.reference(place, &uri)?),
                (name, value) => match (holds(name, &value), value) {
                    (Some(Holds::One), value) => self.subschema(value, &at(name))?,
                    (Some(Holds::List), Value::Array(items)) => {
                        let items = items.into_iter().enumerate();
                        Value::Array(
                            items.map(|(index, item)| self.subschema(item, &at(&format!("{name}/{index}")))).collect::<Option<_>>()?,
                        )
                    }
                    (Some(Holds::Map), Value::Object(inner)) => {
                        let inner = inner.into_iter().map(|(key, value)| {
                            let value = self.subschema(value, &at(&format!("{name}/{}", escape(&key))))?;
                            Some((key, value))
                        });
                        Value::Object(inner.collect::<Option<_>>()?)
                    }
                    (_, value) => value,
                },
            };
            copy.insert(keyword, value);
        }
        Some(Value::Object(copy))
    }

    /// A reference within the bundle that leads to the same.
    fn reference(&mut self, place: &Target, uri: &str) -> Option<String> {
        let target = self.documents.resolve(place.document, &place.pointer, uri)?;
        if target.document == 0 && self.documents.all[0].seen.contains(&target.pointer) {
            return Some(format!("#{}", fragment(&target.pointer)));
        }
        // It may stand where no keyword holds a schema, so that nothing within it was looked at.
        self.documents.read(target.document, &target.pointer)?;
        let name = match self.names.get(&target) {
            Some(name) => name.clone(),
            None => {
                let base = without_fragment(&self.documents.all[target.document].resources[0].base).to_owned();
                let name = if target.pointer.is_empty() { base } else { format!("{base}#{}", target.pointer) };
                self.names.insert(target.clone(), name.clone());
                self.left.push((name.clone(), target));
                name
            }
        };
        Some(format!("#/{COPIES}/{}", fragment(&escape(&name))))
    }
}

fn without_fragment(uri: &Uri<String>) -> &str {
    uri.as_str().split('#').next().unwrap_or_default()
}

/// A JSON pointer as the fragment of a URI.
fn fragment(pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte) {
            text.push(byte as char);
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
