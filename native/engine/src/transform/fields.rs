//! The fields of a source, taken through the steps: what each is called in the end, where its value comes from, and what it may be.

use super::declared::Declared;
use super::operation::Operation;
use super::steps::{CODE, Case, Cast, Change, Literal, Step, StepKind};
use crate::decode::json::Cursor;
use crate::error::Error;
use crate::schema::place::escape;
use crate::schema::plan::Types;
use rustc_hash::{FxHashMap, FxHashSet};

/// What is known of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Nothing yet: only what is wrong with any source is refused.
    Unknown,
    Csv,
    Json,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A column, by its place.
    Column(usize),
    /// A member, by its name.
    Member(Box<str>),
    /// Nowhere: the field is not in the source.
    Nowhere,
}

/// One field on its way out.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// What it is called now.
    pub(super) name: Box<str>,
    pub(super) origin: Origin,
    pub(super) operations: Vec<Operation>,
    /// The types that it may have.
    pub(super) types: Types,
    /// The schema, or the format, says of what type it is.
    pub(super) is_typed: bool,
    pub(super) may_be_absent: bool,
    /// It goes out. One that is not in the source does so only where a step asks for it.
    pub(super) is_shown: bool,
    texts: Option<Vec<Box<str>>>,
}

/// The fields after some of the steps.
#[derive(Debug)]
pub(super) struct Fields<'d> {
    pub(super) source: Source,
    declared: &'d Declared,
    pub(super) slots: Vec<Slot>,
    /// Their places, by what they are called now.
    places: FxHashMap<Box<str>, usize>,
    /// Names that no field has any more.
    gone: FxHashSet<Box<str>>,
    /// Members that do not go out, by the names that they have in the source.
    pub(super) left_out: Vec<Box<str>>,
    /// There are no fields but those of `slots`.
    pub(super) is_closed: bool,
    /// They go out in the order of `slots`, and no others do.
    pub(super) is_ordered: bool,
}

impl<'d> Fields<'d> {
    /// The fields of a source of JSON, or of one of which nothing is known.
    pub(super) fn of_schema(declared: &'d Declared, source: Source) -> Fields<'d> {
        let slots = declared.fields.iter().map(|field| Slot {
            name: field.name.clone(),
            origin: Origin::Member(field.name.clone()),
            operations: Vec::new(),
            types: field.types,
            is_typed: field.types != Types::ANY,
            may_be_absent: !field.is_required,
            is_shown: true,
            texts: field.texts.clone(),
        });
        Fields::new(source, declared, slots.collect(), declared.is_closed)
    }

    /// The fields of CSV: the name of each column, the types that its cells may have, and whether a text stands for a missing one.
    pub(super) fn of_columns<'c>(declared: &'d Declared, columns: impl Iterator<Item = (&'c str, Types, bool)>) -> Fields<'d> {
        let slot = |(at, (name, types, has_missing)): (usize, (&str, Types, bool))| {
            let known = declared.field(name);
            Slot {
                name: name.into(),
                origin: Origin::Column(at),
                operations: Vec::new(),
                types: Types(types.0 & known.map_or(Types::ANY, |field| field.types).0 & if has_missing { !0 } else { !Types::NULL.0 }),
                is_typed: true,
                // A missing cell is null where the field admits null, and absent else.
                may_be_absent: has_missing && !types.has(Types::NULL) && known.is_none_or(|field| !field.is_required),
                is_shown: true,
                texts: known.and_then(|field| field.texts.clone()),
            }
        };
        let fields = Fields::new(Source::Csv, declared, columns.enumerate().map(slot).collect(), true);
        Fields { is_ordered: true, ..fields }
    }

    fn new(source: Source, declared: &'d Declared, slots: Vec<Slot>, is_closed: bool) -> Fields<'d> {
        let (places, gone) = (FxHashMap::default(), FxHashSet::default());
        let mut fields = Fields { source, declared, slots, places, gone, left_out: Vec::new(), is_closed, is_ordered: false };
        fields.index();
        fields
    }

    /// Finds the places anew.
    fn index(&mut self) {
        self.places = self.slots.iter().enumerate().map(|(place, slot)| (slot.name.clone(), place)).collect();
    }

    fn push(&mut self, slot: Slot) -> usize {
        self.places.insert(slot.name.clone(), self.slots.len());
        self.slots.push(slot);
        self.slots.len() - 1
    }

    /// Takes the fields through `steps`.
    ///
    /// # Errors
    /// `schema/transform`, with the JSON pointer; `option/invalid` for a key that is not there.
    pub(super) fn take(&mut self, steps: &[Step], key: Option<&[u8]>) -> Result<(), Error> {
        for Step { pointer, kind } in steps {
            match kind {
                StepKind::Select(names) => self.select(names, pointer)?,
                StepKind::Drop(names) => self.drop(names, pointer)?,
                StepKind::Rename(names) => self.rename(names, pointer)?,
                StepKind::Change(changes) => {
                    for (name, change) in changes {
                        self.change(name, change, &format!("{pointer}/{}", escape(name)), key)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The place in `slots` of the field that is called `name` now.
    fn find(&mut self, name: &str, at: &str) -> Result<usize, Error> {
        if let Some(&found) = self.places.get(name) {
            return Ok(found);
        }
        if self.gone.contains(name) {
            let text = format!("the field {name:?} is there no more: an earlier step dropped, renamed or did not select it");
            return Err(Error::at(CODE, at, text));
        }
        let known = self.declared.field(name);
        if self.source == Source::Csv && known.is_none() {
            let columns = self.slots.iter().take(20).map(|slot| format!("{:?}", slot.name)).collect::<Vec<_>>().join(", ");
            let text = format!("there is no column {name:?}, and the schema has no such field; there are {columns}");
            return Err(Error::at(CODE, at, text));
        }
        if self.is_closed && self.source != Source::Csv {
            let text = format!("there is no field {name:?}, and the schema allows none beside those that it names");
            return Err(Error::at(CODE, at, text));
        }
        let is_csv = self.source == Source::Csv;
        let types = known.map_or(Types::ANY, |field| field.types);
        Ok(self.push(Slot {
            name: name.into(),
            // Of CSV, an optional field that this file has no column for.
            origin: if is_csv { Origin::Nowhere } else { Origin::Member(name.into()) },
            operations: Vec::new(),
            types: if is_csv { Types(types.0 & !Types::OBJECT.with(Types::ARRAY).0) } else { types },
            is_typed: is_csv || types != Types::ANY,
            may_be_absent: true,
            is_shown: !is_csv,
            texts: known.and_then(|field| field.texts.clone()),
        }))
    }

    fn select(&mut self, names: &[Box<str>], at: &str) -> Result<(), Error> {
        let mut places = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            places.push(self.find(name, &format!("{at}/{index}"))?);
        }
        let kept: FxHashSet<usize> = places.iter().copied().collect();
        let others = self.slots.iter().enumerate().filter(|(place, _)| !kept.contains(place));
        self.gone.extend(others.map(|(_, slot)| slot.name.clone()));
        self.slots = places.into_iter().map(|place| Slot { is_shown: true, ..self.slots[place].clone() }).collect();
        (self.is_closed, self.is_ordered) = (true, true);
        self.index();
        Ok(())
    }

    fn drop(&mut self, names: &[Box<str>], at: &str) -> Result<(), Error> {
        let mut dropped = FxHashSet::default();
        for (index, name) in names.iter().enumerate() {
            dropped.insert(self.find(name, &format!("{at}/{index}"))?);
        }
        let mut kept = Vec::with_capacity(self.slots.len());
        for (place, slot) in self.slots.drain(..).enumerate() {
            match slot.origin {
                _ if !dropped.contains(&place) => kept.push(slot),
                Origin::Member(origin) => {
                    self.left_out.push(origin);
                    self.gone.insert(slot.name);
                }
                _ => drop(self.gone.insert(slot.name)),
            }
        }
        self.slots = kept;
        self.index();
        if self.is_closed && !self.slots.iter().any(|slot| slot.is_shown) {
            return Err(Error::at(CODE, at, "no field is left; a record has one at least"));
        }
        Ok(())
    }

    fn rename(&mut self, names: &[(Box<str>, Box<str>)], at: &str) -> Result<(), Error> {
        let mut places = Vec::with_capacity(names.len());
        for (old, _) in names {
            places.push(self.find(old, &format!("{at}/{}", escape(old)))?);
        }
        for (place, (old, new)) in places.into_iter().zip(names) {
            self.gone.insert(old.clone());
            self.slots[place].name = new.clone();
        }
        let mut seen = FxHashSet::default();
        for slot in &self.slots {
            if !seen.insert(&slot.name) {
                return Err(Error::at(CODE, at, format!("two fields are called {:?} then; drop one, or give it another name", slot.name)));
            }
        }
        self.gone.retain(|name| !seen.contains(name));
        self.index();
        Ok(())
    }

    fn change(&mut self, name: &str, change: &Change, at: &str, key: Option<&[u8]>) -> Result<(), Error> {
        let Some(operation) = Operation::new(change, key).or_else(|| self.keyless(change)) else {
            let text = "x-transform has the hash hmac-sha256, which needs a key; give it beside the schema (hashKey, or --hash-key-env)";
            return Err(Error::new("option/invalid", text));
        };
        let is_new = !self.places.contains_key(name);
        if is_new && matches!(change, Change::Constant(_)) && (self.is_closed || self.gone.contains(name)) {
            self.gone.remove(name);
            self.push(Slot::nowhere(name));
        }
        let place = self.find(name, at)?;
        let is_known = self.source != Source::Unknown;
        let slot = &mut self.slots[place];
        slot.change(change, is_known, at)?;
        slot.is_shown |= operation.fills();
        if matches!(change, Change::Constant(_)) {
            slot.operations.clear();
        }
        slot.operations.push(operation);
        Ok(())
    }

    /// What stands for a hash before its key is known.
    fn keyless(&self, change: &Change) -> Option<Operation> {
        (self.source == Source::Unknown && matches!(change, Change::Hash(_))).then_some(Operation::Sha256)
    }
}

impl Slot {
    fn nowhere(name: &str) -> Slot {
        Slot {
            name: name.into(),
            origin: Origin::Nowhere,
            operations: Vec::new(),
            types: Types::NULL,
            is_typed: true,
            may_be_absent: true,
            is_shown: true,
            texts: None,
        }
    }

    /// What it may be after `change`. `is_known`: what the schema leaves open is not to be known any better.
    fn change(&mut self, change: &Change, is_known: bool, at: &str) -> Result<(), Error> {
        let refused = |text: String| Err(Error::at(CODE, at, text));
        let name = self.name.clone();
        let has = |types: Types| self.types.0 & types.0 != 0;
        let may_nest = has(Types::OBJECT.with(Types::ARRAY)) && (self.is_typed || is_known);
        let texts = self.texts.take();
        match change {
            Change::Default(literal) => {
                self.types = Types(self.types.0 & !Types::NULL.0).with(type_of(literal));
                self.may_be_absent = false;
            }
            Change::Constant(literal) => {
                (self.types, self.is_typed, self.may_be_absent) = (type_of(literal), true, false);
            }
            Change::Trim | Change::Case(_) if !has(Types::STRING) => {
                return refused(format!("the field {name:?} is never text, so there is nothing to do; take the step out"));
            }
            Change::Trim => {}
            Change::Case(case) => self.texts = texts.filter(|texts| texts.iter().all(|text| is_cased(text, *case))),
            Change::Mask(_) | Change::Hash(_) | Change::Cast(Cast::Text) if may_nest => {
                return refused(format!(
                    "the field {name:?} may be an array or an object, as far as the schema says; give it a type that leaves these out"
                ));
            }
            Change::Mask(_) | Change::Hash(_) | Change::Cast(Cast::Text) => {
                let scalars = if has(Types(!Types::NULL.0 & Types::ANY.0)) { Types::STRING } else { Types(0) };
                self.types = Types(self.types.0 & Types::NULL.0).with(scalars);
                self.is_typed = true;
            }
            Change::Cast(cast) => {
                let texts = texts.as_deref().filter(|_| self.operations.is_empty());
                if !can_be(*cast, self.types, texts, self.is_typed || is_known) {
                    return refused(format!(
                        "the schema does not make sure that the field {name:?} can be {}; give it that type, or list its texts (enum)",
                        match cast {
                            Cast::Boolean => "a boolean",
                            Cast::Integer => "an integer",
                            _ => "a number",
                        }
                    ));
                }
                let target = match cast {
                    Cast::Boolean => Types::BOOLEAN,
                    Cast::Integer => Types::INTEGER,
                    _ => Types::NUMBER,
                };
                self.types = Types(self.types.0 & Types::NULL.0).with(target);
            }
        }
        Ok(())
    }
}

fn type_of(literal: &Literal) -> Types {
    match literal {
        Literal::Null => Types::NULL,
        Literal::Text(_) => Types::STRING,
        Literal::Word(word) if matches!(&**word, "true" | "false") => Types::BOOLEAN,
        Literal::Word(_) => Types::NUMBER,
    }
}

fn is_cased(text: &str, case: Case) -> bool {
    match case {
        Case::Lower => text.to_lowercase() == text,
        Case::Upper => text.to_uppercase() == text,
    }
}

/// True where every value is of the type of `cast`, or is a text that is written as such a value is.
fn can_be(cast: Cast, types: Types, texts: Option<&[Box<str>]>, is_known: bool) -> bool {
    if !is_known && types == Types::ANY {
        return true;
    }
    let target = match cast {
        Cast::Boolean => Types::BOOLEAN,
        Cast::Integer => Types::INTEGER,
        Cast::Number | Cast::Text => Types::NUMBER,
    };
    let rest = types.0 & !(target.0 | Types::NULL.0);
    let is_written = |text: &str| match cast {
        Cast::Boolean => matches!(text, "true" | "false"),
        Cast::Integer => is_number(text) && !text.contains(['.', 'e', 'E']),
        Cast::Number | Cast::Text => is_number(text),
    };
    match rest {
        0 => true,
        rest if rest == Types::STRING.0 => texts.is_some_and(|texts| texts.iter().all(|text| is_written(text))),
        _ => false,
    }
}

/// A number as JSON writes it.
fn is_number(text: &str) -> bool {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0 };
    matches!(text.as_bytes().first(), Some(b'-' | b'0'..=b'9')) && cursor.number().is_ok() && cursor.at == text.len()
}
