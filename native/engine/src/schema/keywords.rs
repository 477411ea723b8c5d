//! The words of JSON Schema draft 2020-12 that are no checks, and those that are known but not enforced.

/// Keywords that say something about a record without asking anything of it.
pub(super) const ANNOTATIONS: [&str; 13] = [
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "$anchor",
    "$dynamicAnchor",
];

/// Keywords of the draft, and of Sluice, that would have to be enforced.
pub(super) const NOT_ENFORCED: [&str; 27] = [
    "$ref",
    "$dynamicRef",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependentRequired",
    "patternProperties",
    "propertyNames",
    "contains",
    "minContains",
    "maxContains",
    "prefixItems",
    "uniqueItems",
    "unevaluatedItems",
    "unevaluatedProperties",
    "dependencies",
    "definitions",
    "additionalItems",
    "$recursiveRef",
    "x-unique",
    "x-rules",
    "x-severity",
];

/// Dialects in which every keyword that is enforced here means the same.
pub(super) const DIALECTS: [&str; 4] = [
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
];
