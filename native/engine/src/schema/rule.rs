//! What can be wrong with a record.

use crate::severity::Severity;

/// Index of a [`Rule`] in [`Plan::rules`](super::plan::Plan::rules).
pub type RuleId = u32;

/// One thing that can be wrong, with all that does not depend on the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Name of the field; below the top the JSON pointer without its first `/`, with `*` for an array index. `None` for the record.
    pub field: Option<Box<str>>,
    /// JSON pointer of the value. `None` where it depends on the record.
    pub pointer: Option<Box<str>>,
    /// The JSON Schema keyword. `None` for what is wrong before any schema is asked.
    pub keyword: Option<&'static str>,
    /// Stable code.
    pub code: &'static str,
    /// The name that the schema gives the rule (`x-rules`).
    pub id: Option<Box<str>>,
    /// JSON object text: what was asked for.
    pub params: Box<str>,
    /// A sentence for people, without the value.
    pub message: Box<str>,
    /// The value is hidden.
    pub masked: bool,
    /// How much it weighs that a record does not meet it.
    pub severity: Severity,
}

impl Rule {
    /// True where it says that another rule could not be decided.
    pub fn is_undecided(&self) -> bool {
        self.code.ends_with("/undecided")
    }
}

/// The rules that every plan has, whatever its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Builtin {
    /// A CSV record with too few fields.
    FieldsShort,
    /// A CSV record with too many fields.
    FieldsLong,
    /// A quote that opens and never closes.
    QuoteUnclosed,
    /// A quote where none may stand.
    QuoteStray,
    /// A record over `record_bytes_max`.
    RecordTooLarge,
    /// Bytes that are no UTF-8.
    Encoding,
    /// A line that is no JSON.
    JsonSyntax,
    /// JSON nested beyond `depth_max`.
    JsonDepth,
    /// One name twice in an object.
    JsonDuplicateKey,
    /// A `\u` escape that is half a surrogate pair.
    JsonSurrogate,
    /// A record on which the schema takes more than the engine gives.
    Undecided,
    /// What is no UTF-16.
    EncodingUtf16,
    /// A byte that windows-1252 does not define.
    EncodingWindows1252,
    /// A value that a transformation cannot write.
    NotWritten,
}

impl Builtin {
    /// The rules, in the order of the variants: code and message.
    pub const TABLE: [(&'static str, &'static str); 14] = [
        ("fields/short", "has fewer fields than the header"),
        ("fields/long", "has more fields than the header"),
        ("quote/unclosed", "a quote opens here and never closes; double a quote that is meant as text"),
        (
            "quote/stray",
            "has a quote inside a field that is not quoted, or text after a closing quote; quote the field and double the quotes in it",
        ),
        ("record/too-large", "is longer than recordBytesMax; raise that limit if the record is meant to be so long"),
        ("encoding/utf8", "is not valid UTF-8"),
        ("json/syntax", "is not valid JSON"),
        ("json/depth", "is nested deeper than depthMax"),
        ("json/duplicate-key", "has one name twice in an object"),
        ("json/surrogate", "has a \\u escape that is half a surrogate pair"),
        ("schema/undecided", "is nested too deep for the schema to be decided on it"),
        ("encoding/utf16", "is not valid UTF-16: half a surrogate pair, or half a code unit at the end,"),
        ("encoding/windows-1252", "has a byte that windows-1252 does not define"),
        ("transform/value", "cannot be written in the form that was asked for, without becoming another value"),
    ];

    /// Codes that are neither a keyword's nor in the table: of a schema that allows nothing, of a pattern that took too long, of `x-rules`, and of rules over the whole stream.
    pub const OTHER_CODES: [&'static str; 11] = [
        "false-schema",
        "pattern/undecided",
        "rule",
        "rule/error",
        "unique/duplicate",
        "reference/unknown",
        "order/broken",
        "order/incomparable",
        "recordCount/minimum",
        "recordCount/maximum",
        "missingRatio/maximum",
    ];

    /// Its place in [`Plan::rules`](super::plan::Plan::rules).
    pub fn id(self) -> RuleId {
        self as RuleId
    }
}
