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
    /// The value is within the record, rather than the record itself.
    is_within: bool,
    /// Several places lead to the subschema, so that nothing is known of the values that it will see.
    pub(super) is_shared: bool,
    /// The keyword that the subschema belongs to.
    pub(super) via: &'static str,
}

impl Place {
    pub(super) fn root() -> Place {
        Place { value: Some(String::new()), via: "properties", ..Place::default() }
    }

    /// The subschema at `schema`, to which references lead from several places.
    pub(super) fn shared(schema: &str) -> Place {
        Place { schema: schema.to_owned(), is_within: true, is_shared: true, via: "$ref", ..Place::default() }
    }

    /// The place of a keyword of this subschema.
    pub(super) fn keyword(&self, keyword: &str) -> String {
        format!("{}/{}", self.schema, escape(keyword))
    }

    /// The subschema of the property `name`.
    pub(super) fn property(&self, name: &str) -> Place {
        let token = escape(name);
        let value = self.value.as_ref().map(|pointer| format!("{pointer}/{token}"));
        let inner = self.inner("properties", format!("{}/properties/{token}", self.schema), &token, value);
        if self.is_within { inner } else { Place { field: Some(name.to_owned()), ..inner } }
    }

    /// A subschema of properties or items whose names or places are not known.
    pub(super) fn any_child(&self, via: &'static str, name: Option<&str>) -> Place {
        self.inner(via, self.within(via, name), "*", None)
    }

    /// The subschema of the item `index`.
    pub(super) fn item(&self, index: usize) -> Place {
        let value = self.value.as_ref().map(|pointer| format!("{pointer}/{index}"));
        self.inner("prefixItems", format!("{}/prefixItems/{index}", self.schema), &index.to_string(), value)
    }

    /// A subschema of the same value.
    pub(super) fn same(&self, via: &'static str, name: Option<&str>) -> Place {
        Place { schema: self.within(via, name), depth: self.depth + 1, via, ..self.clone() }
    }

    /// The subschema at `schema`, for the same value.
    pub(super) fn moved(&self, schema: &str) -> Place {
        Place { schema: schema.to_owned(), depth: self.depth + 1, via: "$ref", ..self.clone() }
    }

    fn within(&self, keyword: &str, name: Option<&str>) -> String {
        match name {
            Some(name) => format!("{}/{keyword}/{}", self.schema, escape(name)),
            None => self.keyword(keyword),
        }
    }

    fn inner(&self, via: &'static str, schema: String, token: &str, value: Option<String>) -> Place {
        let trail = if self.is_within { format!("{}/{token}", self.trail) } else { token.to_owned() };
        let field = (!self.is_shared).then(|| trail.clone());
        Place { schema, field, value, trail, depth: self.depth + 1, is_within: true, is_shared: self.is_shared, via }
    }
}

/// A reference token of RFC 6901.
pub(crate) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// The text of a reference token.
pub(crate) fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
