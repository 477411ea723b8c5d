//! `x-foreignKeys`, in the words of Frictionless Table Schema.

use super::super::read::{read_object, read_text, wrong};
use super::{FOREIGN_KEYS, Reader, members};
use crate::error::Error;
use crate::limits::RULES_MAX;
use crate::schema::plan::RuleId;
use crate::stream_rules::foreign::ForeignKey;
use serde_json::{Value, json};

impl<'s> Reader<'s, '_> {
    pub(super) fn foreign_keys(&mut self) -> Result<(), Error> {
        let at = format!("/{FOREIGN_KEYS}");
        let Some(keys) = self.schema.get(FOREIGN_KEYS) else { return Ok(()) };
        let keys = keys.as_array().filter(|keys| !keys.is_empty());
        let expected = "an array of foreign keys: { \"fields\": …, \"reference\": { \"resource\": …, \"fields\": … } }";
        let keys = keys.ok_or_else(|| wrong(&at, expected))?;
        if keys.len() > RULES_MAX {
            return Err(Error::at("schema/too-large", &at, format!("there are {} keys, more than {RULES_MAX}", keys.len())));
        }
        for (index, key) in keys.iter().enumerate() {
            self.foreign_key(key, &format!("{at}/{index}"))?;
            if keys[..index].contains(key) {
                return Err(Error::at("schema/stream-rule", &format!("{at}/{index}"), "this foreign key stands twice; remove one"));
            }
        }
        Ok(())
    }

    fn foreign_key(&mut self, key: &'s Value, place: &str) -> Result<(), Error> {
        let key = members(key, &["fields", "reference"], place)?;
        let names = key.get("fields").ok_or_else(|| wrong(place, "an object with \"fields\""))?;
        let names = self.names(names, &format!("{place}/fields"))?;
        let at = format!("{place}/reference");
        let reference = key.get("reference").ok_or_else(|| wrong(place, "an object with \"reference\""))?;
        let reference = read_object(reference, &at).and_then(|_| members(reference, &["resource", "fields"], &at))?;
        let resource = reference.get("resource").ok_or_else(|| wrong(&at, "an object with \"resource\""))?;
        let resource = read_text(resource, &format!("{at}/resource"))?;
        if resource.is_empty() {
            let text = "a reference of a stream to itself is not enforced; name another resource, and give its records when validating";
            return Err(Error::at("schema/stream-rule", &format!("{at}/resource"), text));
        }
        let fields = reference.get("fields").ok_or_else(|| wrong(&at, "an object with \"fields\""))?;
        let fields = referenced(fields, &format!("{at}/fields"))?;
        if fields.len() != names.len() {
            let text = format!("there are {} fields here, and {} that refer to them; name one for each", fields.len(), names.len());
            return Err(Error::at("schema/stream-rule", &format!("{at}/fields"), text));
        }
        let unknown = self.unknown(&names, resource, &fields);
        let key = ForeignKey {
            fields: names.iter().map(|name| self.stream.field(name)).collect(),
            resource: resource.into(),
            referenced: fields.iter().map(|&field| field.into()).collect(),
            target: 0,
            unknown,
        };
        self.stream.foreign.push(key);
        Ok(())
    }

    fn unknown(&mut self, names: &[&str], resource: &str, fields: &[&str]) -> RuleId {
        let field = match names {
            [only] => Some(*only),
            _ => None,
        };
        let message = match field {
            Some(_) => format!("is no {} of {resource}", fields.join(", ")),
            None => format!("has {} that are no {} of {resource}", names.join(", "), fields.join(", ")),
        };
        let params = json!({ "fields": names, "resource": resource, "referenceFields": fields });
        // Several keys may have one field, or none, so they are told apart by what they refer to.
        let id = match field {
            Some(_) => format!("{resource}: {}", fields.join(", ")),
            None => format!("{} in {resource}: {}", names.join(", "), fields.join(", ")),
        };
        self.add(field, FOREIGN_KEYS, "reference/unknown", Some(id.into()), &params, message)
    }
}

/// The fields of a reference, of which the schema knows nothing.
fn referenced<'s>(fields: &'s Value, place: &str) -> Result<Vec<&'s str>, Error> {
    let parts = match fields {
        Value::Array(parts) if !parts.is_empty() => parts.as_slice(),
        _ => std::slice::from_ref(fields),
    };
    let names: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
    let names = names.ok_or_else(|| wrong(place, "the name of a field, or an array of names"))?;
    match names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        None => Ok(names),
        Some((_, name)) => Err(Error::at("schema/stream-rule", place, format!("{name:?} stands twice in this key; remove one"))),
    }
}
