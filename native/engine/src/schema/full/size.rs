//! How much work a schema may be for the full engine, which follows every path of references and takes stack for each step.

use super::super::place::escape;
use super::super::refs::Targets;
use crate::error::Error;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// Paths through subschemas of one value.
const PATHS_MAX: u64 = 10_000;
/// Steps of the longest such path.
const STEPS_MAX: u32 = 50;

/// What stands below a subschema, for one and the same value.
#[derive(Clone, Copy)]
struct Size {
    paths: u64,
    steps: u32,
}

/// Refuses a schema for which the full engine would run out of time or of stack.
pub(super) fn check_size(schema: &Value) -> Result<(), Error> {
    let mut targets = Targets::new(schema);
    let mut sizes: FxHashMap<*const Value, Option<Size>> = FxHashMap::default();
    for (place, start) in super::places(schema) {
        let mut left = vec![(start, false)];
        while let Some((schema, is_left)) = left.pop() {
            let key = std::ptr::from_ref(schema);
            if !is_left {
                if sizes.contains_key(&key) {
                    continue;
                }
                sizes.insert(key, None);
                left.push((schema, true));
                left.extend(same_value(schema, &mut targets).into_iter().map(|inner| (inner, false)));
                continue;
            }
            let within = same_value(schema, &mut targets);
            // What is not known yet is a loop, in which the engine stops by itself.
            let within = within.iter().filter_map(|inner| sizes.get(&std::ptr::from_ref(*inner)).copied().flatten());
            let size = within.fold(Size { paths: 1, steps: 1 }, |size, inner| Size {
                paths: size.paths.saturating_add(inner.paths),
                steps: size.steps.max(inner.steps + 1),
            });
            if size.paths > PATHS_MAX || size.steps > STEPS_MAX {
                let text = format!(
                    "too many subschemas apply to one value here for a schema with keywords such as unevaluatedProperties: \
                     at most {PATHS_MAX}, within each other at most {STEPS_MAX} deep"
                );
                return Err(Error::at("schema/too-large", &place.schema, text));
            }
            sizes.insert(key, Some(size));
        }
    }
    Ok(())
}

/// The subschemas of `schema` that look at the same value.
fn same_value<'s>(schema: &'s Value, targets: &mut Targets<'s>) -> Vec<&'s Value> {
    let mut found = Vec::new();
    for keyword in ["allOf", "anyOf", "oneOf"] {
        found.extend(schema.get(keyword).and_then(Value::as_array).into_iter().flatten());
    }
    found.extend(["not", "if", "then", "else"].into_iter().filter_map(|keyword| schema.get(keyword)));
    for keyword in ["dependentSchemas", "dependencies"] {
        found.extend(schema.get(keyword).and_then(Value::as_object).into_iter().flat_map(|members| members.values()));
    }
    for keyword in ["$ref", "$dynamicRef"] {
        let uri = schema.get(keyword).and_then(Value::as_str);
        found.extend(uri.and_then(|uri| targets.resolve(uri, &escape(keyword)).ok()).map(|(_, schema)| schema));
    }
    found
}
