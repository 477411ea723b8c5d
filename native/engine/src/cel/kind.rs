//! What a schema says of a value, as far as it is sure: what a rule is typed against.

use crate::schema::plan::Types;
use crate::schema::same_value::{SameValue, Sure};
use serde_json::Value;

/// What is known of a value.
#[derive(Debug, Clone)]
pub(crate) struct Kind<'s> {
    /// The types that it may have.
    pub(crate) types: Types,
    /// Whether a number counts as whole is known only of the value: the schema does not say.
    pub(crate) is_loose: bool,
    /// The subschemas that it meets.
    schemas: Vec<&'s Value>,
    /// What is known of the items of a list that the rule itself makes.
    item: Option<Box<Kind<'s>>>,
}

impl<'s> Kind<'s> {
    pub(crate) fn of(types: Types) -> Kind<'s> {
        Kind { types, is_loose: false, schemas: Vec::new(), item: None }
    }

    pub(crate) fn any() -> Kind<'s> {
        Kind { is_loose: true, ..Kind::of(Types::ANY) }
    }

    pub(crate) fn list(item: Option<Kind<'s>>) -> Kind<'s> {
        Kind { item: item.map(Box::new), ..Kind::of(Types::ARRAY) }
    }

    /// What meets all of `schemas`.
    pub(crate) fn meeting(schemas: Vec<&'s Value>, reader: &mut SameValue<'s>) -> Kind<'s> {
        let types = schemas.iter().filter_map(|schema| reader.types(schema)).fold(Types::ANY, |all, one| Types(all.0 & one.0));
        Kind { types, is_loose: types == Types::ANY, schemas, item: None }
    }

    /// The same, where it is known to have one of `types`.
    pub(crate) fn narrowed(self, types: Types) -> Kind<'s> {
        Kind { types: Types(self.types.0 & types.0), ..self }
    }

    /// What is known of one that is either.
    pub(crate) fn or(&self, other: &Kind<'s>) -> Kind<'s> {
        let item = match (&self.item, &other.item) {
            (Some(one), Some(two)) if self.schemas.is_empty() && other.schemas.is_empty() => Some(Box::new(one.or(two))),
            _ => None,
        };
        let whole = |kind: &Kind<'_>| kind.types.0 & Types::NUMBER.0 == Types::INTEGER.0;
        let is_mixed = self.types.0 & Types::NUMBER.0 != 0 && other.types.0 & Types::NUMBER.0 != 0 && whole(self) != whole(other);
        let is_loose = self.is_loose || other.is_loose || is_mixed;
        Kind { types: self.types.with(other.types), is_loose, schemas: Vec::new(), item }
    }

    /// The member `name`: `None` where the schema has members and not that one.
    pub(crate) fn member(&self, name: &str, reader: &mut SameValue<'s>) -> Option<Kind<'s>> {
        let (mut sure, mut is_named, mut is_open, mut has_names) = (Vec::new(), false, false, false);
        for (schema, is_sure) in reader.same_value(&self.schemas) {
            is_open |= is_sure == Sure::Foreign;
            let properties = schema.get("properties").and_then(Value::as_object);
            has_names |= properties.is_some();
            match (properties.and_then(|properties| properties.get(name)), is_sure) {
                (Some(schema), Sure::Always) => sure.push(schema),
                (Some(_), _) => is_named = true,
                _ => {}
            }
            is_open |= schema.get("patternProperties").is_some() || schema.get("additionalProperties").is_some_and(Value::is_object);
            let requires = schema.get("required").and_then(Value::as_array);
            is_named |= requires.is_some_and(|names| names.iter().any(|each| each == name));
        }
        match sure.is_empty() {
            false => Some(Kind::meeting(sure, reader)),
            true => (is_named || is_open || !has_names).then(Kind::any),
        }
    }

    /// The items of a list. Members of an object are gone through by name.
    pub(crate) fn items(&self, reader: &mut SameValue<'s>) -> Kind<'s> {
        if let Some(item) = &self.item {
            return (**item).clone();
        }
        if self.types == Types::OBJECT {
            return Kind::of(Types::STRING);
        }
        let found = reader.same_value(&self.schemas);
        let is_plain = self.types.0 & Types::OBJECT.0 == 0 && found.iter().all(|(schema, _)| schema.get("prefixItems").is_none());
        let sure = found.iter().filter(|(_, sure)| *sure == Sure::Always);
        let items: Vec<_> = sure.filter_map(|(schema, _)| schema.get("items")).filter(|items| !items.is_array()).collect();
        if is_plain && !items.is_empty() { Kind::meeting(items, reader) } else { Kind::any() }
    }
}
