//! `x-unique`, `x-foreignKeys`, `x-order`, `x-recordCount`, `x-missingRatio`: rules over the whole stream, at the top of a schema.

mod foreign_keys;

use super::compile::Options;
use super::compiler::rule_at;
use super::place::{Place, escape};
use super::plan::{Rule, RuleId};
use super::read::{read_count, read_number, read_object, read_text, wrong};
use super::same_value::{SameValue, Sure};
use crate::error::Error;
use crate::limits::RULES_MAX;
use crate::stream_rules::bounds::{MISSING_RATIO, RECORD_COUNT};
use crate::stream_rules::{BoundRule, Counted, OrderRule, StreamRules, UniqueKey};
use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

/// No two records with the same values of these fields.
pub(crate) const UNIQUE: &str = "x-unique";
/// Records in the order of a field.
pub(crate) const ORDER: &str = "x-order";
/// Keys that have to be among those of a reference.
pub(crate) const FOREIGN_KEYS: &str = "x-foreignKeys";
const KEYWORDS: [&str; 5] = [UNIQUE, FOREIGN_KEYS, ORDER, RECORD_COUNT, MISSING_RATIO];
/// Formats of which the order of the texts is not that of what they mean.
const UNORDERED_FORMATS: [&str; 2] = ["time", "duration"];
/// Digits that a number keeps on its way through JavaScript.
const DIGITS_MAX: usize = 15;

/// True for a keyword of a rule over the whole stream.
pub(super) fn is_keyword(keyword: &str) -> bool {
    KEYWORDS.contains(&keyword)
}

/// Refuses such a keyword below the top.
pub(super) fn check_place(keyword: &str, at: &str) -> Result<(), Error> {
    if at == format!("/{keyword}") {
        return Ok(());
    }
    let text = format!("{keyword} stands at the top of a schema, for it is a rule over the whole stream; write it there");
    Err(Error::at("schema/stream-rule", at, text))
}

/// Compiles the rules over the whole stream of `schema`; what they may find goes to the end of `rules`.
pub(super) fn compile(schema: &Value, options: &Options, rules: &mut Vec<Rule>) -> Result<StreamRules, Error> {
    let mut reader = Reader { schema, fields: Fields::of(schema), options, rules, stream: StreamRules::default() };
    reader.severity()?;
    reader.unique()?;
    reader.foreign_keys()?;
    reader.order()?;
    reader.record_count()?;
    reader.missing_ratio()?;
    let present = |keyword: &&&str| schema.get(**keyword).is_some();
    reader.stream.keywords = KEYWORDS.iter().filter(present).copied().collect();
    Ok(reader.stream)
}

/// The names of the members that a schema knows.
struct Fields<'s> {
    known: FxHashSet<&'s str>,
    /// There may be more of them: the schema refers to another document, or names fields by patterns.
    is_open: bool,
}

impl<'s> Fields<'s> {
    fn of(schema: &'s Value) -> Fields<'s> {
        let mut fields = Fields { known: FxHashSet::default(), is_open: false };
        if !KEYWORDS.iter().any(|keyword| schema.get(keyword).is_some()) {
            return fields;
        }
        for (inner, sure) in SameValue::new(schema).same_value(&[schema]) {
            fields.is_open |= sure == Sure::Foreign || inner.get("patternProperties").is_some();
            fields.known.extend(
                inner.get("properties").and_then(Value::as_object).into_iter().flat_map(|members| members.keys()).map(String::as_str),
            );
            fields.known.extend(inner.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str));
        }
        fields
    }
}

struct Reader<'s, 'r> {
    schema: &'s Value,
    fields: Fields<'s>,
    options: &'r Options,
    rules: &'r mut Vec<Rule>,
    stream: StreamRules,
}

impl<'s> Reader<'s, '_> {
    /// Refuses a severity for all keywords beside it, for it would be one of these too.
    fn severity(&self) -> Result<(), Error> {
        let Some(Value::String(_)) = self.schema.get("x-severity") else { return Ok(()) };
        match KEYWORDS.iter().find(|keyword| self.schema.get(**keyword).is_some()) {
            None => Ok(()),
            Some(keyword) => {
                let text = format!("{keyword} beside it refuses, whatever is said; name the keywords that it is of: {{ \"required\": … }}");
                Err(Error::at("schema/severity", "/x-severity", text))
            }
        }
    }

    fn unique(&mut self) -> Result<(), Error> {
        let at = format!("/{UNIQUE}");
        let Some(keys) = self.schema.get(UNIQUE) else { return Ok(()) };
        let keys = keys.as_array().filter(|keys| !keys.is_empty());
        let keys = keys.ok_or_else(|| wrong(&at, "an array of keys, each the name of a field or an array of names"))?;
        if keys.len() > RULES_MAX {
            return Err(Error::at("schema/too-large", &at, format!("there are {} keys, more than {RULES_MAX}", keys.len())));
        }
        let mut seen = FxHashSet::default();
        for (index, key) in keys.iter().enumerate() {
            let place = format!("{at}/{index}");
            let names = self.names(key, &place)?;
            let mut sorted = names.clone();
            sorted.sort_unstable();
            if !seen.insert(sorted) {
                return Err(Error::at("schema/stream-rule", &place, "this key stands twice; remove one"));
            }
            let fields = names.iter().map(|name| self.stream.field(name)).collect();
            let duplicate = self.duplicate(&names);
            let names = json!(names).to_string().into();
            self.stream.unique.push(UniqueKey { fields, names, duplicate });
        }
        Ok(())
    }

    /// The names of a key.
    fn names(&self, key: &'s Value, place: &str) -> Result<Vec<&'s str>, Error> {
        let parts = match key {
            Value::Array(parts) if !parts.is_empty() => parts.as_slice(),
            Value::String(_) => std::slice::from_ref(key),
            _ => return Err(wrong(place, "the name of a field, or an array of names")),
        };
        let mut names = Vec::new();
        for part in parts {
            let name = part.as_str().ok_or_else(|| wrong(place, "the name of a field, or an array of names"))?;
            self.known(name, place)?;
            if names.contains(&name) {
                return Err(Error::at("schema/stream-rule", place, format!("{name:?} stands twice in this key; remove one")));
            }
            names.push(name);
        }
        Ok(names)
    }

    /// Refuses a name that the schema does not know: one that was misspelt would never be asked of anything.
    fn known(&self, name: &str, place: &str) -> Result<(), Error> {
        if self.fields.is_open || self.fields.known.contains(name) {
            return Ok(());
        }
        let text = format!("the schema has no field {name:?}; correct the name, or list the field under properties");
        Err(Error::at("schema/stream-rule", place, text))
    }

    fn order(&mut self) -> Result<(), Error> {
        let at = format!("/{ORDER}");
        let Some(orders) = self.schema.get(ORDER) else { return Ok(()) };
        let orders = orders.as_array().filter(|orders| !orders.is_empty());
        let orders = orders.ok_or_else(|| wrong(&at, "an array of orders: { \"field\": …, \"direction\": \"ascending\" }"))?;
        let mut seen = FxHashSet::default();
        for (index, order) in orders.iter().enumerate() {
            let place = format!("{at}/{index}");
            let members = members(order, &["field", "direction", "strict"], &place)?;
            let field = members.get("field").ok_or_else(|| wrong(&place, "an object with \"field\""))?;
            let field = read_text(field, &format!("{place}/field"))?;
            self.known(field, &format!("{place}/field"))?;
            if !seen.insert(field) {
                return Err(Error::at("schema/stream-rule", &place, format!("{field:?} stands in two orders; remove one")));
            }
            let is_descending = match members.get("direction").map(Value::as_str) {
                None | Some(Some("ascending")) => false,
                Some(Some("descending")) => true,
                _ => return Err(wrong(&format!("{place}/direction"), "ascending or descending")),
            };
            let strict = members.get("strict").unwrap_or(&Value::Bool(false));
            let is_strict = strict.as_bool().ok_or_else(|| wrong(&format!("{place}/strict"), "true or false"))?;
            let is_instant = self.is_instant(field, &place)?;
            self.add_order(field, is_descending, is_strict, is_instant);
        }
        Ok(())
    }

    /// True where the texts of a field are points in time. Refuses formats whose texts have another order than what they mean.
    fn is_instant(&self, field: &str, place: &str) -> Result<bool, Error> {
        let mut same = SameValue::new(self.schema);
        let records = same.same_value(&[self.schema]);
        let schemas: Vec<_> = records.iter().filter_map(|(inner, _)| inner.get("properties")?.get(field)).collect();
        let mut is_instant = false;
        for (inner, sure) in same.same_value(&schemas) {
            let Some(format) = inner.get("format").and_then(Value::as_str) else { continue };
            if UNORDERED_FORMATS.contains(&format) || (format == "date-time" && sure != Sure::Always) {
                let text = format!(
                    "the texts of {field:?} may be of the format {format}, whose order is not known to be theirs; order by another field"
                );
                return Err(Error::at("schema/stream-rule", place, text));
            }
            is_instant |= format == "date-time";
        }
        Ok(is_instant)
    }

    fn add_order(&mut self, name: &str, is_descending: bool, is_strict: bool, is_instant: bool) {
        let direction = if is_descending { "descending" } else { "ascending" };
        let params = json!({ "direction": direction, "strict": is_strict });
        let than = match (is_descending, is_strict) {
            (false, false) => "less than",
            (false, true) => "not more than",
            (true, false) => "more than",
            (true, true) => "not less than",
        };
        let broken = self.add(Some(name), ORDER, "order/broken", None, &params, format!("is {than} that of the last record in order"));
        let message =
            "cannot be compared with the values before it: numbers, texts and points in time each have an order of their own".to_owned();
        let incomparable = self.add(Some(name), ORDER, "order/incomparable", None, &params, message);
        let asked = params.to_string();
        let asked = asked[1..asked.len() - 1].into();
        let field = self.stream.field(name);
        self.stream.orders.push(OrderRule { field, is_descending, is_strict, is_instant, asked, broken, incomparable });
    }

    fn record_count(&mut self) -> Result<(), Error> {
        let at = format!("/{RECORD_COUNT}");
        let Some(bounds) = self.schema.get(RECORD_COUNT) else { return Ok(()) };
        let bounds = members(bounds, &["minimum", "maximum"], &at)?;
        if bounds.is_empty() {
            return Err(wrong(&at, "an object with \"minimum\" or \"maximum\""));
        }
        for (name, limit) in bounds {
            let place = format!("{at}/{name}");
            let count = read_count(limit, &place)?;
            if count >= 1 << 53 {
                return Err(wrong(&place, "less than 2^53"));
            }
            self.bound(Counted::Records, name == "maximum", &Value::from(count), &place)?;
        }
        Ok(())
    }

    fn missing_ratio(&mut self) -> Result<(), Error> {
        let at = format!("/{MISSING_RATIO}");
        let Some(fields) = self.schema.get(MISSING_RATIO) else { return Ok(()) };
        let fields = read_object(fields, &at)?;
        if fields.is_empty() {
            return Err(wrong(&at, "an object of fields: { \"name\": { \"maximum\": 0.1 } }"));
        }
        for (field, bounds) in fields {
            let place = format!("{at}/{}", escape(field));
            self.known(field, &place)?;
            let limit = members(bounds, &["maximum"], &place)?.get("maximum");
            let limit = limit.ok_or_else(|| wrong(&place, "an object with \"maximum\""))?;
            let field = self.stream.field(field);
            self.bound(Counted::Missing(field), true, limit, &format!("{place}/maximum"))?;
        }
        Ok(())
    }

    fn bound(&mut self, counted: Counted, is_maximum: bool, limit: &Value, place: &str) -> Result<(), Error> {
        let number = read_number(limit, place)?;
        let is_ratio = counted != Counted::Records;
        let text = limit.to_string();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if is_ratio && (number.is_negative() || number > read_number(&Value::from(1), place)? || digits > DIGITS_MAX) {
            return Err(wrong(place, "a number from 0 to 1 of no more than 15 digits"));
        }
        self.stream.bounds.push(BoundRule { counted, is_maximum, limit: text.into() });
        Ok(())
    }

    fn duplicate(&mut self, names: &[&str]) -> RuleId {
        let field = match names {
            [only] => Some(*only),
            _ => None,
        };
        let message = match field {
            Some(_) => "is the same as in an earlier record".to_owned(),
            None => format!("has the same {} as an earlier record", names.join(", ")),
        };
        let params = Value::Object(Map::from_iter([("fields".to_owned(), json!(names))]));
        // Keys of several fields are told apart by their names.
        let id = field.is_none().then(|| names.join(", ").into());
        self.add(field, UNIQUE, "unique/duplicate", id, &params, message)
    }

    fn add(
        &mut self,
        field: Option<&str>,
        keyword: &'static str,
        code: &'static str,
        id: Option<Box<str>>,
        params: &Value,
        message: String,
    ) -> RuleId {
        let place = field.map_or_else(Place::root, |name| Place::root().property(name));
        let rule = rule_at(&place, keyword, code, params.to_string(), message, &self.options.mask);
        self.rules.push(Rule { id, ..rule });
        self.rules.len() as RuleId - 1
    }
}

/// The members of an object that has no others than `known`.
fn members<'s>(value: &'s Value, known: &[&str], at: &str) -> Result<&'s Map<String, Value>, Error> {
    let members = read_object(value, at)?;
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(members),
        Some(name) => Err(wrong(&format!("{at}/{}", escape(name)), &format!("one of {}", known.join(", ")))),
    }
}
