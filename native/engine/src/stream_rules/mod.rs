//! Rules over the whole stream: what no record alone can be asked.
//!
//! Where a batch is checked, on any thread, [`watch`] takes out of each record what these rules have to know of it ([`seen`]). Where the batches
//! come together in order, [`state`] holds that against all that came before, and [`apply`] refuses the records that break a rule.
//! Foreign keys ([`foreign`]) need no order: what they are looked up in is complete before the first batch, so that is done where a batch is checked.

pub(crate) mod apply;
pub mod bounds;
pub mod foreign;
pub(crate) mod instant;
pub(crate) mod order;
pub mod seen;
pub mod state;
pub(crate) mod value;
pub(crate) mod watch;

use crate::keys::KeyHasher;
use crate::schema::plan::{CellRules, RuleId};
use foreign::{ForeignKey, GatheredKey, Target};

/// The rules over the whole stream that a schema has.
#[derive(Debug)]
pub struct StreamRules {
    /// The fields that they read, each once.
    pub fields: Vec<Box<str>>,
    /// `x-unique`.
    pub unique: Vec<UniqueKey>,
    /// `x-order`.
    pub orders: Vec<OrderRule>,
    /// `x-recordCount` and `x-missingRatio`: what is asked at the end.
    pub bounds: Vec<BoundRule>,
    /// `x-foreignKeys`.
    pub foreign: Vec<ForeignKey>,
    /// What these look up, each once.
    pub targets: Vec<Target>,
    /// Of a reference: the keys that are gathered from it.
    pub gathered: Vec<GatheredKey>,
    /// Of a reference: how the text of each field becomes a value. Of all else it is empty, and the schema says so.
    pub cells: Vec<CellRules>,
    /// The keywords, as they stand in the schema.
    pub keywords: Vec<&'static str>,
    /// Makes the hashes of keys. Who takes records from strangers gives it a seed that these cannot know.
    pub hasher: KeyHasher,
}

impl Default for StreamRules {
    fn default() -> StreamRules {
        StreamRules {
            fields: Vec::new(),
            unique: Vec::new(),
            orders: Vec::new(),
            bounds: Vec::new(),
            foreign: Vec::new(),
            targets: Vec::new(),
            gathered: Vec::new(),
            cells: Vec::new(),
            keywords: Vec::new(),
            hasher: KeyHasher::new([0; 16]),
        }
    }
}

/// A key that no two records may share.
#[derive(Debug)]
pub struct UniqueKey {
    /// Its fields: places in [`StreamRules::fields`].
    pub fields: Vec<u32>,
    /// Their names, as a JSON array.
    pub names: Box<str>,
    /// The rule of a record whose key came before.
    pub duplicate: RuleId,
}

/// An order that the records keep.
#[derive(Debug)]
pub struct OrderRule {
    /// The field: a place in [`StreamRules::fields`].
    pub field: u32,
    /// From the largest value to the smallest.
    pub is_descending: bool,
    /// No value comes twice.
    pub is_strict: bool,
    /// Its texts are points in time.
    pub is_instant: bool,
    /// What is asked, as members of a JSON object.
    pub asked: Box<str>,
    /// The rule of a record that comes too early or too late.
    pub broken: RuleId,
    /// The rule of a record whose value has no place in the order.
    pub incomparable: RuleId,
}

/// A bound that is asked at the end of the stream.
#[derive(Debug)]
pub struct BoundRule {
    /// What is counted.
    pub counted: Counted,
    /// It may be no more than the limit, rather than no less.
    pub is_maximum: bool,
    /// The text of the limit: of records, or of missing values to one record.
    pub limit: Box<str>,
}

/// What a bound counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Records.
    Records,
    /// Records in which a field is missing or null, among those that could be read: a place in [`StreamRules::fields`].
    Missing(u32),
}

impl StreamRules {
    /// True where nothing is asked that depends on the records before. Foreign keys do not.
    pub fn is_empty(&self) -> bool {
        self.keywords.iter().all(|keyword| *keyword == crate::schema::FOREIGN_KEYS)
    }

    /// The place of the field `name`, which is added where it is new.
    pub(crate) fn field(&mut self, name: &str) -> u32 {
        let known = self.fields.iter().position(|field| **field == *name);
        known.unwrap_or_else(|| {
            self.fields.push(name.into());
            self.fields.len() - 1
        }) as u32
    }

    /// The names of fields that have to be columns of a CSV source, or nothing would ever be asked of it; with the keyword that names each.
    pub(crate) fn columns_needed(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let unique = self.unique.iter().flat_map(|key| &key.fields).map(|&field| (field, crate::schema::UNIQUE));
        let orders = self.orders.iter().map(|order| (order.field, crate::schema::ORDER));
        let looked_up = self.foreign.iter().flat_map(|key| &key.fields);
        let foreign = looked_up.chain(self.gathered.iter().flat_map(|key| &key.fields)).map(|&field| (field, crate::schema::FOREIGN_KEYS));
        unique.chain(orders).chain(foreign).map(|(field, keyword)| (&*self.fields[field as usize], keyword))
    }
}
