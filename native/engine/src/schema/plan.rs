//! The compiled form of a schema: what the checks run on.

use super::cells::CellLaw;
use super::full::FullEngine;
use super::quick::Quick;
pub use super::rule::{Builtin, Rule, RuleId};
use crate::cel::code::Code;
use crate::decode::equal::Document;
use crate::decode::name_token::NameToken;
use crate::decode::tape::{EntryId, Tape};
use crate::format::Format;
use crate::pattern::Pattern;
use crate::rules::decimal::Decimal;
use crate::rules::text_set::TextSet;
use crate::stream_rules::StreamRules;
use crate::transform::program::Transform;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Index of a [`Node`] in [`Plan::nodes`].
pub type NodeId = u32;

/// A schema, compiled.
#[derive(Debug)]
pub struct Plan {
    /// All rules; the built-in ones first, in the order of [`Builtin`].
    pub rules: Vec<Rule>,
    /// All subschemas.
    pub nodes: Vec<Node>,
    /// The quick checks of each node.
    pub quick: Vec<Quick>,
    /// The whole schema.
    pub root: NodeId,
    /// `sha256:` and 64 hexadecimal digits over the canonical JSON of the schema.
    pub digest: String,
    /// What the records are checked by.
    pub engine: Engine,
    /// Rules over the fields of a record that meets all else.
    pub record_rules: Vec<RecordRule>,
    /// Rules over the whole stream.
    pub stream: StreamRules,
    /// What becomes of the valid records (`x-transform`).
    pub transform: Transform,
}

/// A rule over the fields of a record (`x-rules`).
#[derive(Debug)]
pub struct RecordRule {
    /// What it asks.
    pub(crate) code: Code,
    /// The rule of a record of which it is not true.
    pub broken: RuleId,
    /// The rule of a record of which it is neither true nor false.
    pub failed: RuleId,
    /// The rule of a record that is no object, and so has no fields to be asked of.
    pub fieldless: RuleId,
}

/// What the records are checked by.
#[derive(Debug)]
pub enum Engine {
    /// The nodes, in one pass over the bytes: every value meets one node at most.
    OnePass,
    /// The nodes, over a [`Tape`] of each record: some values meet several.
    Tape(CellLaw),
    /// The full engine, as the schema has a keyword that the nodes have no word for.
    Full(Box<FullEngine>, CellLaw),
}

impl Engine {
    /// How text becomes a value before any node sees it. `None` when each node reads the text for itself.
    pub fn cell_law(&self) -> Option<&CellLaw> {
        match self {
            Engine::OnePass => None,
            Engine::Tape(law) | Engine::Full(_, law) => Some(law),
        }
    }
}

impl Plan {
    /// The node of `id`.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The quick checks of the node `id`.
    #[inline(always)]
    pub fn quick(&self, id: NodeId) -> &Quick {
        &self.quick[id as usize]
    }

    /// The rule of `id`.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id as usize]
    }
}

/// A set of JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Types(pub u8);

impl Types {
    /// `null`.
    pub const NULL: Types = Types(1);
    /// `boolean`.
    pub const BOOLEAN: Types = Types(2);
    /// `integer`: a number without a fractional part.
    pub const INTEGER: Types = Types(4);
    /// `number`, integers too.
    pub const NUMBER: Types = Types(4 | 8);
    /// `string`.
    pub const STRING: Types = Types(16);
    /// `object`.
    pub const OBJECT: Types = Types(32);
    /// `array`.
    pub const ARRAY: Types = Types(64);
    /// Every type.
    pub const ANY: Types = Types(127);

    /// True when all of `other` is in the set.
    #[inline]
    pub fn has(self, other: Types) -> bool {
        self.0 & other.0 == other.0
    }

    /// The union.
    pub fn with(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }
}

/// One subschema. Every check of it that applies to a value's type runs; none stops another.
#[derive(Debug)]
pub struct Node {
    /// The types allowed.
    pub types: Types,
    /// The rule of `type`.
    pub type_rule: RuleId,
    /// The rule of the schema `false`.
    pub never: Option<RuleId>,
    /// `enum` and `const`.
    pub values: Vec<ValueRule>,
    /// What applies to numbers.
    pub number: Option<Box<NumberRules>>,
    /// What applies to strings.
    pub text: Option<Box<TextRules>>,
    /// What applies to objects.
    pub object: Option<Box<ObjectRules>>,
    /// What applies to arrays.
    pub array: Option<Box<ArrayRules>>,
    /// Further nodes for the same value.
    pub also: Option<Box<Applicators>>,
    /// Several references lead here, so that one value may meet this node more than once.
    pub is_shared: bool,
    /// How the text of a CSV cell becomes a value.
    pub cell: CellRules,
}

/// `enum` or `const`: the values allowed.
#[derive(Debug)]
pub struct ValueRule {
    /// The rule.
    pub rule: RuleId,
    /// `null` is allowed.
    pub null: bool,
    /// `true` is allowed.
    pub yes: bool,
    /// `false` is allowed.
    pub no: bool,
    /// The numbers allowed.
    pub numbers: Vec<Decimal>,
    /// The strings allowed.
    pub texts: TextSet,
    /// The arrays and objects allowed.
    pub composites: Option<Box<Composites>>,
}

/// Arrays and objects of an `enum`, found by hash and compared value by value.
#[derive(Debug)]
pub struct Composites {
    /// JSON text of all of them, as one array.
    pub text: Vec<u8>,
    /// Its values.
    pub tape: Tape,
    /// Each by the hash of its value.
    pub by_hash: FxHashMap<u64, Vec<EntryId>>,
}

impl Composites {
    /// True when one of them equals the value `id`, whose hash is `hash`.
    pub fn has(&self, document: Document<'_>, id: EntryId, hash: u64) -> bool {
        let ours = Document { bytes: &self.text, tape: &self.tape };
        self.by_hash.get(&hash).is_some_and(|members| members.iter().any(|&member| ours.equals(member, document, id)))
    }
}

/// Further nodes for the same value.
#[derive(Debug, Default)]
pub struct Applicators {
    /// `allOf` and `$ref`: each applies.
    pub all: Vec<NodeId>,
    /// `anyOf`.
    pub any: Option<(RuleId, Vec<NodeId>)>,
    /// `oneOf`: the rule for none, and the rule for more than one.
    pub one: Option<(RuleId, RuleId, Vec<NodeId>)>,
    /// `not`.
    pub not: Option<(RuleId, NodeId)>,
    /// `if`, `then` and `else`.
    pub condition: Option<Condition>,
    /// `dependentSchemas`, and schemas in `dependencies`.
    pub dependent: Vec<(Box<[u8]>, NodeId)>,
}

/// `if`, `then` and `else`.
#[derive(Debug)]
pub struct Condition {
    /// `if`.
    pub test: NodeId,
    /// `then`.
    pub yes: Option<NodeId>,
    /// `else`.
    pub no: Option<NodeId>,
}

/// Which side of a bound is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundKind {
    /// `minimum`.
    Minimum,
    /// `maximum`.
    Maximum,
    /// `exclusiveMinimum`.
    ExclusiveMinimum,
    /// `exclusiveMaximum`.
    ExclusiveMaximum,
}

/// One bound of a number.
#[derive(Debug)]
pub struct Bound {
    /// The rule.
    pub rule: RuleId,
    /// Which bound.
    pub kind: BoundKind,
    /// The bound.
    pub limit: Decimal,
    /// The bound, rounded.
    pub rounded: f64,
}

/// What applies to numbers.
#[derive(Debug)]
pub struct NumberRules {
    /// Integers from `low` to `high` pass every bound. `low` > `high` when nothing is known to pass.
    pub low: i64,
    /// See `low`.
    pub high: i64,
    /// Every bound.
    pub bounds: Vec<Bound>,
    /// `multipleOf`.
    pub multiple_of: Option<(RuleId, Decimal)>,
}

/// What applies to strings.
#[derive(Debug, Default)]
pub struct TextRules {
    /// `minLength` in code points.
    pub length_min: Option<(RuleId, u64)>,
    /// `maxLength` in code points.
    pub length_max: Option<(RuleId, u64)>,
    /// `pattern`.
    pub pattern: Option<PatternRule>,
    /// `format`, when it asserts.
    pub format: Option<(RuleId, Format)>,
}

/// `pattern`.
#[derive(Debug)]
pub struct PatternRule {
    /// The rule.
    pub rule: RuleId,
    /// The rule for a text on which the step budget ran out.
    pub undecided: RuleId,
    /// The automaton.
    pub pattern: Arc<Pattern>,
}

/// What applies to objects.
#[derive(Debug, Default)]
pub struct ObjectRules {
    /// `properties`, in the order of the schema, and then names that only `required` has.
    pub properties: Vec<Property>,
    /// Index in `properties` by name.
    pub by_name: FxHashMap<Box<[u8]>, u32>,
    /// `additionalProperties: false`.
    pub additional: Option<RuleId>,
    /// `minProperties`.
    pub count_min: Option<(RuleId, u64)>,
    /// `maxProperties`.
    pub count_max: Option<(RuleId, u64)>,
    /// What only some schemas ask.
    pub more: Option<Box<MoreObjectRules>>,
}

/// What only some schemas ask of objects.
#[derive(Debug, Default)]
pub struct MoreObjectRules {
    /// `patternProperties`.
    pub patterns: Vec<PatternProperty>,
    /// `additionalProperties`, when it is a schema.
    pub additional: Option<NodeId>,
    /// `propertyNames`: the rule, and the subschema of the names.
    pub names: Option<(RuleId, NodeId)>,
    /// `dependentRequired`: a name, and for each name that it asks for the rule.
    pub dependent: Vec<DependentRequired>,
}

/// One member of `dependentRequired`.
#[derive(Debug)]
pub struct DependentRequired {
    /// Where this name is,
    pub name: Box<[u8]>,
    /// each of these is to be as well.
    pub asked: Vec<(Box<str>, RuleId)>,
}

/// One member of `patternProperties`.
#[derive(Debug)]
pub struct PatternProperty {
    /// What the names match.
    pub pattern: Arc<Pattern>,
    /// The rule for a name on which the step budget ran out.
    pub undecided: RuleId,
    /// Its subschema.
    pub node: NodeId,
}

/// One name of an object.
#[derive(Debug)]
pub struct Property {
    /// The name.
    pub name: Box<str>,
    /// The name as it mostly stands in a record.
    pub token: Option<NameToken>,
    /// Its subschema; `None` when only `required` names it.
    pub node: Option<NodeId>,
    /// The rule of `required`.
    pub required: Option<RuleId>,
}

/// What applies to arrays.
#[derive(Debug, Default)]
pub struct ArrayRules {
    /// `items`.
    pub items: Option<NodeId>,
    /// `minItems`.
    pub count_min: Option<(RuleId, u64)>,
    /// `maxItems`.
    pub count_max: Option<(RuleId, u64)>,
    /// What only some schemas ask.
    pub more: Option<Box<MoreArrayRules>>,
}

/// What only some schemas ask of arrays.
#[derive(Debug, Default)]
pub struct MoreArrayRules {
    /// `prefixItems`; `items` speaks of those after them.
    pub prefix: Vec<NodeId>,
    /// `contains`.
    pub contains: Option<Contains>,
    /// `uniqueItems`.
    pub unique: Option<RuleId>,
}

/// `contains`, with `minContains` and `maxContains`.
#[derive(Debug)]
pub struct Contains {
    /// The subschema.
    pub node: NodeId,
    /// The fewest items that match.
    pub min: u64,
    /// The rule for fewer.
    pub min_rule: RuleId,
    /// The most items that match.
    pub max: Option<(RuleId, u64)>,
}

/// How the text of a CSV cell becomes a value.
#[derive(Debug, Clone)]
pub struct CellRules {
    /// Tokens that stand for a missing value in this field (`x-missing`), instead of the stream's.
    pub missing: Option<Vec<Box<[u8]>>>,
    /// A missing value is null here, rather than absent.
    pub nullable: bool,
    /// Text that reads as an integer or a number is one.
    pub numbers: Types,
    /// `true` and `false` are booleans.
    pub booleans: bool,
}

impl CellRules {
    /// Whether `text` stands for a missing value, by the field's own tokens or else by those that are `given`.
    #[inline]
    pub(crate) fn is_missing(&self, text: &[u8], given: &[Box<[u8]>]) -> bool {
        self.missing.as_deref().unwrap_or(given).iter().any(|token| **token == *text)
    }
}
