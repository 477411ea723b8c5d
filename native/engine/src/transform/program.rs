//! What the steps come to for one source.

use super::csv_out;
use super::declared::Declared;
use super::fields::{Fields, Origin, Slot, Source};
use super::operation::Operation;
use super::steps::{self, CODE, Change, Hash, Literal, Step, StepKind};
use super::{Asked, Target};
use crate::check::header::Column;
use crate::error::Error;
use crate::frame::csv::Dialect;
use crate::render::string;
use crate::schema::plan::{CellRules, Plan, Types};
use crate::setup::Form;
use crate::values::cell_rules;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// What a schema asks, before any source is known.
#[derive(Debug, Default)]
pub struct Transform {
    /// In their order.
    pub(super) steps: Vec<Step>,
    /// The schema: what it says of fields is asked only where records are transformed.
    text: Box<str>,
    declared: OnceLock<Declared>,
}

impl Transform {
    /// Reads `x-transform` of `schema`.
    ///
    /// # Errors
    /// `schema/invalid`, `schema/too-large` and `schema/transform`, with the JSON pointer: what is wrong with it whatever the source.
    pub(crate) fn compile(text: &str, schema: &Value) -> Result<Transform, Error> {
        let transform = Transform { steps: steps::read(schema)?, text: text.into(), declared: OnceLock::new() };
        if !transform.steps.is_empty() {
            let declared = transform.declared.get_or_init(|| Declared::new(schema));
            Fields::of_schema(declared, Source::Unknown).take(&transform.steps, None)?;
        }
        Ok(transform)
    }

    fn declared(&self) -> &Declared {
        // The text was read once already, or there would be no plan.
        self.declared.get_or_init(|| Declared::new(&serde_json::from_str(&self.text).unwrap_or_default()))
    }

    fn has_keyed_hash(&self) -> bool {
        let is_keyed = |(_, change): &(Box<str>, Change)| matches!(change, Change::Hash(Hash::HmacSha256));
        self.steps.iter().any(|step| matches!(&step.kind, StepKind::Change(changes) if changes.iter().any(is_keyed)))
    }
}

/// What the steps come to for one source.
#[derive(Debug)]
pub struct Program {
    /// The format of the valid records.
    pub(super) target: Target,
    /// The fields that go out, in their order.
    pub(super) slots: Vec<OutputField>,
    /// How the cells of each column become values.
    pub(super) columns: Vec<InputColumn>,
    /// CSV: the columns go out as they stand in the source.
    pub(super) is_plain: bool,
    /// JSON: what becomes of a member, by its name; `None` for one that is left out.
    pub(super) by_origin: FxHashMap<Box<[u8]>, Option<usize>>,
    /// JSON: no fields go out but those of `slots`, in their order. Otherwise all others go out as they are.
    pub(super) is_ordered: bool,
    /// JSON: names that no other member may have.
    pub(super) new_names: FxHashSet<Box<[u8]>>,
    /// How CSV is written.
    pub(super) dialect: Dialect,
    /// The header row of the valid records.
    pub(crate) header: Arc<[u8]>,
}

/// A field on its way out.
#[derive(Debug)]
pub(super) struct OutputField {
    pub(super) name: Box<str>,
    /// The name and a colon, as JSON.
    pub(super) json_name: Vec<u8>,
    pub(super) origin: Origin,
    /// It has the name that it has in the source.
    pub(super) keeps_name: bool,
    pub(super) operations: Vec<Operation>,
    /// The types that it may have.
    pub(super) types: Types,
    /// The texts that stand for no value, in CSV.
    pub(super) missing: Vec<Box<[u8]>>,
}

/// How the cells of a column become values.
#[derive(Debug)]
pub(super) struct InputColumn {
    pub(super) rules: CellRules,
    pub(super) missing: Vec<Box<[u8]>>,
}

/// What is known of a source when it is opened.
#[derive(Debug)]
pub struct SourceFacts<'s> {
    /// How the records are written.
    pub form: &'s Form,
    /// How CSV is written, also where the source is none.
    pub dialect: &'s Dialect,
    /// The delimiter was to be told from records of CSV.
    pub sniffs_delimiter: bool,
    /// Tokens that stand for a missing value.
    pub missing: &'s [Vec<u8>],
    /// The header row, with what stands before it.
    pub header: &'s [u8],
}

impl Program {
    /// What the steps of `plan` come to for one source; `None` where its valid records go out as they are.
    ///
    /// # Errors
    /// `schema/transform` and `option/invalid`.
    pub fn compile(plan: &Plan, asked: &Asked, facts: &SourceFacts<'_>) -> Result<Option<Program>, Error> {
        let steps = &plan.transform.steps;
        let key = asked.hash_key.as_deref();
        if key.is_some() && !plan.transform.has_keyed_hash() {
            return Err(invalid("hashKey is given, and x-transform has no hash hmac-sha256; leave it out, or ask for that algorithm"));
        }
        let source = match facts.form {
            Form::Csv { .. } => Target::Csv,
            Form::Ndjson | Form::Document => Target::Ndjson,
            Form::Records { .. } if steps.is_empty() && asked.to.is_none() => return Ok(None),
            Form::Records { .. } => {
                let text = "Objects come out as they went in, and are never changed: x-transform and the option to are for bytes";
                return Err(invalid(text));
            }
        };
        let target = asked.to.unwrap_or(source);
        if steps.is_empty() && target == source {
            return Ok(None);
        }
        let declared = plan.transform.declared();
        let program = match facts.form {
            // An input without a byte, which is allowed, has neither fields nor records.
            Form::Csv { columns, .. } if columns.is_empty() => return Ok(None),
            Form::Csv { dialect, columns } => {
                let readers: Vec<_> = columns.iter().map(|column| InputColumn::new(plan, column)).collect();
                let types =
                    columns.iter().zip(&readers).map(|(column, reader)| (&*column.name, reader.types(), !reader.missing.is_empty()));
                let mut fields = Fields::of_columns(declared, types);
                fields.take(steps, key)?;
                Program::new(plan, target, fields, readers, dialect, facts)?
            }
            _ => {
                if !declared.is_object {
                    let text = "the schema does not say that a record is an object, whose fields can be changed; add \"type\": \"object\"";
                    return Err(Error::at(CODE, "", text));
                }
                let mut fields = Fields::of_schema(declared, Source::Json);
                fields.take(steps, key)?;
                Program::new(plan, target, fields, Vec::new(), facts.dialect, facts)?
            }
        };
        Ok(Some(program).filter(|program| !program.is_identity(source)))
    }

    fn new(
        plan: &Plan,
        target: Target,
        fields: Fields<'_>,
        columns: Vec<InputColumn>,
        dialect: &Dialect,
        facts: &SourceFacts<'_>,
    ) -> Result<Program, Error> {
        if target == Target::Csv {
            check_columns(&fields, facts)?;
        }
        let is_json = columns.is_empty();
        let names = match facts.form {
            Form::Csv { columns, .. } => columns.iter().map(|column| &*column.name).collect(),
            _ => Vec::new(),
        };
        let is_plain = !is_json
            && fields
                .slots
                .iter()
                .filter(|slot| slot.is_shown)
                .map(|slot| &slot.origin)
                .eq((0..columns.len()).map(Origin::Column).collect::<Vec<_>>().iter());
        let is_ordered = fields.is_ordered || target == Target::Csv;
        let mut by_origin: FxHashMap<Box<[u8]>, Option<usize>> =
            fields.left_out.iter().map(|name| (name.as_bytes().into(), None)).collect();
        let mut new_names = FxHashSet::default();
        let mut slots = Vec::new();
        for slot in fields.slots.into_iter().filter(|slot| slot.is_shown) {
            let slot = OutputField::new(plan, slot, &names, &columns, facts.missing);
            if target == Target::Csv {
                slot.check_cells()?;
            }
            if is_json && !is_ordered && slot.keeps_name && slot.operations.is_empty() {
                continue;
            }
            if !slot.keeps_name {
                new_names.insert(slot.name.as_bytes().into());
            }
            if let Origin::Member(origin) = &slot.origin {
                by_origin.insert(origin.as_bytes().into(), Some(slots.len()));
            }
            slots.push(slot);
        }
        let mut program = Program {
            target,
            slots,
            columns,
            is_plain,
            by_origin,
            is_ordered,
            new_names,
            dialect: dialect.clone(),
            header: Arc::default(),
        };
        if target == Target::Csv {
            program.header = csv_out::header(&program, facts, is_json)?.into();
        }
        Ok(program)
    }

    /// True where every valid record goes out as it is.
    fn is_identity(&self, source: Target) -> bool {
        if self.target != source {
            return false;
        }
        match self.target {
            Target::Csv => self.is_plain && self.slots.iter().all(|slot| slot.keeps_name && slot.operations.is_empty()),
            Target::Ndjson => !self.is_ordered && self.slots.is_empty() && self.by_origin.is_empty(),
        }
    }
}

/// Makes sure that the fields can be columns.
fn check_columns(fields: &Fields<'_>, facts: &SourceFacts<'_>) -> Result<(), Error> {
    if !fields.is_closed {
        let text = "the schema allows fields that it does not name, so the columns are not known; select them (x-transform), or allow no others (additionalProperties: false)";
        return Err(Error::at(CODE, "", text));
    }
    if fields.source == Source::Json && facts.sniffs_delimiter {
        return Err(invalid(
            "delimiter is \"auto\", and there are no records of CSV that tell it; name one for the CSV that is to be made",
        ));
    }
    if !fields.slots.iter().any(|slot| slot.is_shown) {
        return Err(Error::at(CODE, "", "the schema names no fields, so there are no columns"));
    }
    Ok(())
}

impl OutputField {
    fn new(plan: &Plan, slot: Slot, names: &[&str], columns: &[InputColumn], missing: &[Vec<u8>]) -> OutputField {
        let tokens = |name: &str| {
            let own = cell_rules(plan, name, None).missing.clone();
            own.unwrap_or_else(|| missing.iter().map(|token| token.as_slice().into()).collect())
        };
        let (keeps_name, missing) = match &slot.origin {
            Origin::Column(at) => (*names[*at] == *slot.name, columns[*at].missing.clone()),
            Origin::Member(name) => (*name == slot.name, tokens(name)),
            Origin::Nowhere => (false, tokens(&slot.name)),
        };
        let mut json_name = Vec::with_capacity(slot.name.len() + 3);
        string(&slot.name, &mut json_name);
        json_name.push(b':');
        // A value that is not there is for CSV what null is.
        let types = if slot.may_be_absent { slot.types.with(Types::NULL) } else { slot.types };
        OutputField { name: slot.name, json_name, origin: slot.origin, keeps_name, operations: slot.operations, types, missing }
    }

    /// Makes sure that a cell can hold the value.
    fn check_cells(&self) -> Result<(), Error> {
        let name = &self.name;
        if self.types.0 & Types::OBJECT.with(Types::ARRAY).0 != 0 {
            let text = format!(
                "the field {name:?} may be an array or an object, as far as the schema says, which no CSV cell can hold; drop it, or give it a type that leaves these out"
            );
            return Err(Error::at(CODE, "", text));
        }
        if self.types.has(Types::NULL) && self.missing.is_empty() {
            let text = format!(
                "the field {name:?} may be missing, and no text stands for that in CSV; give one (missing, x-missing), or a default"
            );
            return Err(Error::at(CODE, "", text));
        }
        let given = match self.operations.last() {
            Some(
                Operation::Default(Literal::Text(text) | Literal::Word(text))
                | Operation::Constant(Literal::Text(text) | Literal::Word(text)),
            ) => text,
            _ => return Ok(()),
        };
        if self.missing.iter().any(|token| **token == *given.as_bytes()) {
            let text = format!("the field {name:?} is given the text {given:?}, which stands for a missing value in CSV; give another");
            return Err(Error::at(CODE, "", text));
        }
        Ok(())
    }
}

impl InputColumn {
    fn new(plan: &Plan, column: &Column) -> InputColumn {
        let rules = cell_rules(plan, &column.name, column.node).into_owned();
        let missing = rules.missing.clone().unwrap_or_else(|| column.missing.clone());
        InputColumn { rules, missing }
    }

    /// The types that its cells may have.
    fn types(&self) -> Types {
        let booleans = if self.rules.booleans { Types::BOOLEAN } else { Types(0) };
        let null = if self.rules.nullable { Types::NULL } else { Types(0) };
        Types::STRING.with(self.rules.numbers).with(booleans).with(null)
    }
}

fn invalid(text: &str) -> Error {
    Error::new("option/invalid", format!("{text}."))
}
