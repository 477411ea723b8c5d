//! Where the compiler stands: in the schema, and in the records that the subschema will see.

/// A place in a schema and the values that it describes.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// JSON pointer into the schema.
    pub(super) schema: String,
    /// Name of the field in violations; see [`super::plan::Rule::field`].
    pub(super) field: Option<String>,
    /// JSON pointer into the record, `None` below an array.
    pub(super) value: Option<String>,
    /// Reference tokens on the way from the record, `*` for an array's items, joined by `/`.
    pub(super) trail: String,
    /// How many subschemas this one is nested in.
    pub(super) depth: usize,
}

impl Place {
    pub(super) fn root() -> Place {
        Place { value: Some(String::new()), ..Place::default() }
    }

    /// The place of a keyword of this subschema.
    pub(super) fn keyword(&self, keyword: &str) -> String {
        format!("{}/{}", self.schema, escape(keyword))
    }

    /// The subschema of the property `name`.
    pub(super) fn property(&self, name: &str) -> Place {
        let token = escape(name);
        let value = self.value.as_ref().map(|pointer| format!("{pointer}/{token}"));
        let inner = self.inner(format!("{}/properties/{token}", self.schema), &token, value);
        if self.depth == 0 { Place { field: Some(name.to_owned()), ..inner } } else { inner }
    }

    /// The subschema of an array's items.
    pub(super) fn items(&self) -> Place {
        self.inner(self.keyword("items"), "*", None)
    }

    fn inner(&self, schema: String, token: &str, value: Option<String>) -> Place {
        let trail = if self.depth == 0 { token.to_owned() } else { format!("{}/{token}", self.trail) };
        Place { schema, field: Some(trail.clone()), value, trail, depth: self.depth + 1 }
    }
}

/// A reference token of RFC 6901.
pub(crate) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}
