//! Names of `patternProperties` in signs that the crate reads as ECMA-262 does: within it, they are matched by its own engine.

use crate::error::Error;
use crate::pattern::portable;
use crate::schema::keywords::subschemas;
use crate::schema::place::escape;
use serde_json::{Map, Value};

/// The schema with every pattern of `patternProperties` written anew.
///
/// # Errors
/// `schema/pattern` for a pattern that the crate has no signs for.
pub(super) fn rewritten(schema: &Value) -> Result<Value, Error> {
    let mut whole = schema.clone();
    // From the innermost out, so that the pointers of what is still to come stay what they were.
    let mut pointers = vec![String::new()];
    let mut at = 0;
    while let Some(pointer) = pointers.get(at).cloned() {
        at += 1;
        if let Some(subschema) = schema.pointer(&pointer) {
            pointers.extend(subschemas(subschema, &pointer).into_iter().map(|(_, pointer, _)| pointer));
        }
    }
    for pointer in pointers.iter().rev() {
        let Some(Value::Object(members)) = whole.pointer_mut(pointer).and_then(|subschema| subschema.get_mut("patternProperties")) else {
            continue;
        };
        let mut renamed = Map::new();
        for (source, subschema) in std::mem::take(members) {
            let mut name = plain(&source).then(|| source.clone()).or_else(|| portable(&source)).ok_or_else(|| refused(pointer, &source))?;
            // Two patterns may be one when they are written so.
            while renamed.contains_key(&name) {
                name.push_str("(?:)");
            }
            renamed.insert(name, subschema);
        }
        *members = renamed;
    }
    Ok(whole)
}

/// True for a pattern of signs that mean the same wherever they stand.
fn plain(source: &str) -> bool {
    let inner = source.strip_prefix('^').unwrap_or(source);
    let inner = inner.strip_suffix('$').unwrap_or(inner);
    inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn refused(pointer: &str, source: &str) -> Error {
    let text = "look-around, back-references and word boundaries are not supported here beside unevaluatedProperties, unevaluatedItems \
         or $dynamicRef; write the pattern without";
    Error::at("schema/pattern", &format!("{pointer}/patternProperties/{}", escape(source)), text)
}
