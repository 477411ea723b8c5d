//! The header of a CSV source against a plan: every outcome is known before the first record.

use crate::error::Error;
use crate::limits::COLUMNS_MAX;
use crate::schema::plan::{NodeId, Plan, RuleId, Types};
use rustc_hash::{FxHashMap, FxHashSet};

/// One column of a CSV source.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name in the header.
    pub name: Box<str>,
    /// Its subschema; `None` when the schema does not speak of it.
    pub node: Option<NodeId>,
    /// The rule of `required`.
    pub required: Option<RuleId>,
    /// Tokens that stand for a missing value.
    pub missing: Vec<Box<[u8]>>,
}

/// Binds the columns `names` to `plan`. `missing` are the tokens of fields without tokens of their own.
///
/// # Errors
/// `header/duplicate`, `header/case`, `header/missing`, `header/extra`, and `schema/cell` for a schema that no CSV record can meet.
pub fn bind(plan: &Plan, names: &[String], missing: &[Vec<u8>]) -> Result<Vec<Column>, Error> {
    if names.len() > COLUMNS_MAX {
        return Err(Error::new("header/malformed", format!("The header has {} columns; {COLUMNS_MAX} is the limit.", names.len())));
    }
    let mut places = FxHashMap::default();
    for (at, name) in names.iter().enumerate() {
        if let Some(first) = places.insert(name.as_str(), at) {
            let text = format!(
                "The header has the name {name:?} twice, in columns {} and {}; rename one, or give the names yourself (header).",
                first + 1,
                at + 1
            );
            return Err(Error::new("header/duplicate", text));
        }
    }
    check_watched(plan, &places)?;
    check_record(plan)?;
    check_properties(plan, names, &places)?;
    let object = plan.node(plan.root).object.as_deref();
    let column = |name: &String| {
        let property = object.and_then(|object| object.by_name.get(name.as_bytes()).map(|&at| &object.properties[at as usize]));
        let node = property.and_then(|property| property.node);
        let own = node.and_then(|node| plan.node(node).cell.missing.clone());
        let missing = own.unwrap_or_else(|| missing.iter().map(|token| token.as_slice().into()).collect());
        Column { name: name.as_str().into(), node, required: property.and_then(|property| property.required), missing }
    };
    Ok(names.iter().map(column).collect())
}

/// A rule over the whole stream that names a column which is not there would never be asked of anything.
fn check_watched(plan: &Plan, places: &FxHashMap<&str, usize>) -> Result<(), Error> {
    match plan.stream.columns_needed().find(|(name, _)| !places.contains_key(name)) {
        None => Ok(()),
        Some((name, keyword)) => {
            let text = format!("The header lacks {name:?}, which {keyword} of the schema asks about; take that rule out for this input.");
            Err(Error::new("header/missing", text))
        }
    }
}

fn check_record(plan: &Plan) -> Result<(), Error> {
    let root = plan.node(plan.root);
    let lists_no_object = root.values.iter().any(|allowed| allowed.composites.is_none());
    if !root.types.has(Types::OBJECT) || lists_no_object || root.never.is_some() {
        return Err(Error::new("schema/cell", "The schema allows no object, but every CSV record is one."));
    }
    let Some(object) = &root.object else { return Ok(()) };
    for property in &object.properties {
        let Some(node) = property.node.map(|node| plan.node(node)) else { continue };
        let scalars = Types::NULL.with(Types::BOOLEAN).with(Types::NUMBER).with(Types::STRING);
        if node.object.is_some() || node.array.is_some() || node.types.0 & scalars.0 == 0 {
            let text = format!("The schema asks for an object or an array in {:?}, which no CSV cell can hold.", property.name);
            return Err(Error::new("schema/cell", text));
        }
    }
    Ok(())
}

fn check_properties(plan: &Plan, names: &[String], places: &FxHashMap<&str, usize>) -> Result<(), Error> {
    let object = plan.node(plan.root).object.as_deref();
    check_case(plan, names, places)?;
    let Some(object) = object else { return Ok(()) };
    let absent: Vec<_> = object.properties.iter().filter(|property| !places.contains_key(&*property.name)).collect();
    let required: Vec<String> =
        absent.iter().filter(|property| property.required.is_some()).map(|property| format!("{:?}", property.name)).collect();
    if !required.is_empty() {
        let found = names.iter().take(20).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        let text = format!("The header lacks {}, which the schema requires; it has {found}.", required.join(", "));
        return Err(Error::new("header/missing", text));
    }
    // A name that only `required` has is no property of the schema.
    let is_unknown = |name: &&String| object.declared(name.as_bytes()).is_none();
    let has_patterns = object.more.as_ref().is_some_and(|more| !more.patterns.is_empty());
    let extra: Vec<String> = names.iter().filter(is_unknown).take(20).map(|name| format!("{name:?}")).collect();
    if object.additional.is_some() && !has_patterns && !extra.is_empty() {
        let extra = extra.join(", ");
        let text = format!("The header has {extra}, which the schema does not allow (additionalProperties: false).");
        return Err(Error::new("header/extra", text));
    }
    Ok(())
}

/// A column whose name is nearly one of the schema's would go unchecked.
fn check_case(plan: &Plan, names: &[String], places: &FxHashMap<&str, usize>) -> Result<(), Error> {
    let fold = |name: &str| name.trim().to_lowercase();
    let own = plan.node(plan.root).object.iter().flat_map(|object| object.properties.iter().map(|property| &*property.name));
    let elsewhere = plan.engine.cell_law().into_iter().flat_map(|law| law.names());
    let known: FxHashSet<&str> = own.chain(elsewhere).collect();
    let unknown = names.iter().filter(|name| !known.contains(name.as_str()));
    let folded: FxHashMap<String, &String> = unknown.map(|name| (fold(name), name)).collect();
    let mut absent: Vec<_> = known.into_iter().filter(|name| !places.contains_key(name)).collect();
    absent.sort_unstable();
    match absent.into_iter().find_map(|property| Some((folded.get(&fold(property))?, property))) {
        None => Ok(()),
        Some((name, property)) => {
            let text = format!(
                "The column {name:?} differs from the schema's {property:?} only in case or surrounding space; make them the same."
            );
            Err(Error::new("header/case", text))
        }
    }
}
