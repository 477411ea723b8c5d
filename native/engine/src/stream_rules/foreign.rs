//! Foreign keys: keys of records that have to be among those of a reference.
//!
//! A reference is read before the first record, as a stream of its own, by a plan ([`reference_plan`]) that makes values of its fields just as the
//! schema makes values of the fields that refer to them. Its keys go to [`References`], all of them into one set. When that is complete it does not
//! change any more, so all threads look keys up in it at once.

use super::StreamRules;
use crate::check::Checked;
use crate::error::Error;
use crate::keys::{KeySet, Spill};
use crate::schema::plan::{CellRules, Plan, RuleId};
use crate::schema::{self, Options};
use crate::values::cell_rules;

/// A key that has to be among those of a reference.
#[derive(Debug)]
pub struct ForeignKey {
    /// Its fields: places in [`StreamRules::fields`].
    pub fields: Vec<u32>,
    /// What it refers to.
    pub resource: Box<str>,
    /// The fields of that, one for each of its own.
    pub referenced: Vec<Box<str>>,
    /// What it is looked up in: which of [`StreamRules::targets`].
    pub target: u32,
    /// The rule of a record whose key is not there.
    pub unknown: RuleId,
}

/// Keys of a reference. Foreign keys that ask for the same keys share them.
#[derive(Debug)]
pub struct Target {
    /// The reference.
    pub resource: Box<str>,
    /// The fields of the key.
    pub fields: Vec<Box<str>>,
    /// How the text of each becomes a value.
    pub cells: Vec<CellRules>,
}

/// A key that is gathered from the records of a reference.
#[derive(Debug)]
pub struct GatheredKey {
    /// Its fields: places in [`StreamRules::fields`].
    pub fields: Vec<u32>,
    /// The target that it belongs to.
    pub target: u32,
}

impl Plan {
    /// Finds out what foreign keys are looked up in, once it is known how cells become values.
    pub(crate) fn bind_targets(&mut self) {
        let mut targets: Vec<Target> = Vec::new();
        let mut bound = Vec::new();
        for key in &self.stream.foreign {
            let of = |&field: &u32| cell_rules(self, &self.stream.fields[field as usize], None).into_owned();
            let target =
                Target { resource: key.resource.clone(), fields: key.referenced.clone(), cells: key.fields.iter().map(of).collect() };
            let known = targets.iter().position(|other| other.is_same(&target));
            bound.push(known.unwrap_or(targets.len()) as u32);
            if known.is_none() {
                targets.push(target);
            }
        }
        self.stream.foreign.iter_mut().zip(bound).for_each(|(key, target)| key.target = target);
        self.stream.targets = targets;
    }
}

impl Target {
    fn is_same(&self, other: &Target) -> bool {
        let reads_same = |(one, other): (&CellRules, &CellRules)| {
            (&one.missing, one.numbers, one.booleans) == (&other.missing, other.numbers, other.booleans)
        };
        (&self.resource, &self.fields) == (&other.resource, &other.fields) && self.cells.iter().zip(&other.cells).all(reads_same)
    }
}

/// The plan that a reference of `plan` is read by: each record is an object, and all its keys are gathered.
///
/// # Errors
/// `reference/unused` where nothing refers to `resource`.
pub fn reference_plan(plan: &Plan, resource: &str) -> Result<Plan, Error> {
    let mut stream = StreamRules { hasher: plan.stream.hasher, ..StreamRules::default() };
    for (target, wanted) in plan.stream.targets.iter().enumerate().filter(|(_, target)| *target.resource == *resource) {
        // A field stands here once for each key, for its text may become another value in each.
        let first = stream.fields.len() as u32;
        stream.fields.extend(wanted.fields.iter().cloned());
        stream.cells.extend(wanted.cells.iter().cloned());
        stream.gathered.push(GatheredKey { fields: (first..stream.fields.len() as u32).collect(), target: target as u32 });
    }
    if stream.gathered.is_empty() {
        return Err(Error::new(
            "reference/unused",
            format!("The schema has no foreign key that refers to {resource:?}; correct the name, or leave it out."),
        ));
    }
    let records = schema::compile("{\"type\":\"object\"}", &Options::default())?;
    Ok(Plan { stream, ..records })
}

/// The keys of all references of a schema.
#[derive(Debug)]
pub struct References {
    keys: KeySet,
    /// Of each target, whether it has any key.
    has_keys: Vec<bool>,
}

impl References {
    /// Without a key. They take `bytes_max` bytes of memory at most; what is beyond goes to `spill`.
    pub fn new(bytes_max: usize, spill: Box<dyn Spill>) -> References {
        References { keys: KeySet::new(bytes_max, spill), has_keys: Vec::new() }
    }

    /// Adds the keys of a batch of a reference, which `plan` was made for.
    pub(crate) fn gather(&mut self, plan: &Plan, checked: &Checked) -> Result<(), Error> {
        self.has_keys
            .resize(self.has_keys.len().max(plan.stream.gathered.iter().map(|key| key.target as usize + 1).max().unwrap_or(0)), false);
        for key in &checked.seen.keys {
            self.keys.insert(u128::from_le_bytes(key.hash), 0)?;
            self.has_keys[plan.stream.gathered[key.which as usize].target as usize] = true;
        }
        Ok(())
    }

    /// Makes sure that there is something to be looked up by every foreign key of `plan`.
    ///
    /// # Errors
    /// `reference/empty`.
    pub fn check(&self, plan: &Plan) -> Result<(), Error> {
        let is_empty = |(at, _): &(usize, &Target)| !self.has_keys.get(*at).copied().unwrap_or(false);
        match plan.stream.targets.iter().enumerate().find(is_empty) {
            None => Ok(()),
            Some((_, target)) => {
                let text = format!(
                    "The reference {:?} has no record with a value of {}; give the right file, and correct the names of its fields.",
                    target.resource,
                    target.fields.join(", ")
                );
                Err(Error::new("reference/empty", text))
            }
        }
    }

    /// True when `key` is there.
    ///
    /// # Errors
    /// Those of the spill.
    pub(crate) fn has(&self, key: u128) -> Result<bool, Error> {
        Ok(self.keys.find(key)?.is_some())
    }
}

/// Why a foreign key cannot be looked up where nobody has read the reference.
pub(crate) fn not_read() -> Error {
    Error::new("schema/stream-rule", "The schema has foreign keys (x-foreignKeys), whose references were not read.")
}
