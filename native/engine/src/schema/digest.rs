//! The identity of a schema: SHA-256 over its canonical JSON (names sorted, no white space, number text kept).

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// `sha256:` and 64 hexadecimal digits.
///
/// Documents that references may reach belong to what is said, in the order of their URIs; without any, the schema stands for itself.
pub(super) fn digest(schema: &Value, references: &[(String, String)]) -> String {
    let mut text = String::new();
    canonical(schema, &mut text);
    let mut references: Vec<_> = references.iter().collect();
    references.sort_unstable();
    for (uri, document) in references {
        let _ = write!(text, "\n{}\n", Value::String(uri.clone()));
        match serde_json::from_str(document) {
            Ok(document) => canonical(&document, &mut text),
            Err(_) => text.push_str(document),
        }
    }
    let mut name = String::from("sha256:");
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_unstable();
            out.push('{');
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", Value::String(name.clone()));
                canonical(&members[name], out);
            }
            out.push('}');
        }
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}
