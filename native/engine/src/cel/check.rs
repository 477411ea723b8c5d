//! From syntax to code: what can never be right is refused, and the rest is known to a type.

use super::code::{Code, Fold, Function, Operator, Order, Reading};
use super::exact::Exact;
use super::kind::Kind;
use super::parse::{parse, with_stack};
use super::re2;
use crate::limits::{RULE_BYTES_MAX, RULE_DEPTH_MAX};
use crate::rules::decimal::Decimal;
use crate::schema::plan::Types;
use crate::schema::same_value::SameValue;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr, SourceInfo, operators};
use regex_automata::meta::Regex;
use serde_json::Value;
use std::fmt::Display;

/// The name of the record itself.
pub(crate) const RECORD: &str = "this";
/// Bytes of the automaton of one pattern in a rule.
const PATTERN_BYTES_MAX: usize = 1 << 20;

type Typed<'s> = Result<(Code, Kind<'s>), String>;

/// Compiles expressions over the records of `schema`; each gives its code, or why it is refused.
pub(crate) fn compile(schema: &Value, sources: &[&str]) -> Vec<Result<Code, String>> {
    let work = || {
        let mut reader = SameValue::new(schema);
        sources.iter().map(|source| compile_one(schema, source, &mut reader)).collect()
    };
    with_stack(work).unwrap_or_else(|fault| sources.iter().map(|_| Err(fault.clone())).collect())
}

fn compile_one<'s>(schema: &'s Value, source: &str, reader: &mut SameValue<'s>) -> Result<Code, String> {
    if source.len() > RULE_BYTES_MAX {
        return Err(format!("it has {} bytes, more than {RULE_BYTES_MAX}; say it in several rules", source.len()));
    }
    let (syntax, places) = parse(source)?;
    let record = Kind::meeting(vec![schema], reader).narrowed(Types::OBJECT);
    if record.types != Types::OBJECT {
        return Err("the schema allows no object, and a rule is over the fields of one".to_owned());
    }
    let mut checker = Checker { places: &places, record, reader, locals: Vec::new(), depth: 0 };
    let (code, kind) = checker.expression(&syntax)?;
    may_be(&kind, Types::BOOLEAN, "a rule says true or false, and this gives")?;
    Ok(code)
}

struct Checker<'c, 's> {
    places: &'c SourceInfo,
    record: Kind<'s>,
    reader: &'c mut SameValue<'s>,
    /// Variables of the macros around, by the place of each.
    locals: Vec<(String, Kind<'s>)>,
    depth: usize,
}

impl<'s> Checker<'_, 's> {
    fn expression(&mut self, syntax: &IdedExpr) -> Typed<'s> {
        self.depth += 1;
        if self.depth > RULE_DEPTH_MAX {
            return Err(format!("it is nested deeper than {RULE_DEPTH_MAX} levels; say it in several rules"));
        }
        let typed = match &syntax.expr {
            Expr::Literal(value) => self.literal(value, syntax.id),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) if list.optional_indices.is_empty() => {
                let typed = self.all(&list.elements)?;
                let item = typed.iter().map(|(_, kind)| kind.clone()).reduce(|one, two| one.or(&two));
                Ok((Code::List(typed.into_iter().map(|(code, _)| code).collect()), Kind::list(item)))
            }
            Expr::Comprehension(fold) => self.fold(fold),
            Expr::Map(_) => Err("a map { … } is not supported in a rule".to_owned()),
            Expr::Struct(_) => Err("a message { … } is not supported in a rule".to_owned()),
            _ => Err("it has an optional value ( ? ), which is not supported in a rule".to_owned()),
        };
        self.depth -= 1;
        typed
    }

    fn all(&mut self, syntax: &[IdedExpr]) -> Result<Vec<(Code, Kind<'s>)>, String> {
        syntax.iter().map(|each| self.expression(each)).collect()
    }

    fn literal(&self, value: &LiteralValue, id: u64) -> Typed<'s> {
        Ok(match value {
            LiteralValue::Null => (Code::Null, Kind::of(Types::NULL)),
            LiteralValue::Boolean(value) => (Code::Boolean(*value.inner()), Kind::of(Types::BOOLEAN)),
            LiteralValue::String(text) => (Code::Text(text.inner().into()), Kind::of(Types::STRING)),
            LiteralValue::Int(value) => (Code::Number(Exact::Short(i128::from(*value.inner()), 0), true), Kind::of(Types::INTEGER)),
            LiteralValue::Double(value) => (Code::Number(self.written(*value.inner(), id)?, false), Kind::of(Types::NUMBER)),
            LiteralValue::UInt(_) => return Err("numbers are exact here, so they need no u: write 1 instead of 1u".to_owned()),
            LiteralValue::Bytes(_) => return Err("bytes (b\"…\") are not supported in a rule".to_owned()),
        })
    }

    /// The number as it is written, which the float that it was read as need not be.
    fn written(&self, float: f64, id: u64) -> Result<Exact, String> {
        let span = self.places.offset_for(id).map(|(start, stop)| start as usize..stop as usize + 1);
        let text = span.and_then(|span| self.places.source.get(span)).unwrap_or_default().trim_start_matches('-');
        let text = if text.starts_with('.') { format!("0{text}") } else { text.to_owned() };
        let decimal = Decimal::parse(text.as_bytes()).filter(|decimal| decimal.to_f64() == float.abs());
        let exact = decimal.and_then(|_| Exact::read(text.as_bytes()).ok());
        let exact = exact.and_then(|exact| if float.is_sign_negative() { exact.negated().ok() } else { Some(exact) });
        exact.ok_or_else(|| format!("the number {float} cannot be kept exactly; write it with digits before and after the point"))
    }

    fn name(&mut self, name: &str) -> Typed<'s> {
        if let Some(at) = self.locals.iter().rposition(|(local, _)| local == name) {
            return Ok((Code::Local(at), self.locals[at].1.clone()));
        }
        if name == RECORD {
            return Ok((Code::Record, self.record.clone()));
        }
        let record = self.record.clone();
        self.member(Code::Record, &record, name)
    }

    fn member(&mut self, of: Code, kind: &Kind<'s>, name: &str) -> Typed<'s> {
        may_be(kind, Types::OBJECT, &format!("a member ({name:?}) is asked of"))?;
        let Some(found) = kind.member(name, self.reader) else {
            return Err(format!("the schema has no field {name:?} there; name it in properties, or correct the rule"));
        };
        Ok((Code::Member(Box::new(of), name.into(), reading(&found)), found))
    }

    fn select(&mut self, select: &SelectExpr) -> Typed<'s> {
        let (of, kind) = self.expression(&select.operand)?;
        let typed = self.member(of, &kind, &select.field)?;
        match typed {
            (Code::Member(of, name, _), _) if select.test => Ok((Code::Has(of, name), Kind::of(Types::BOOLEAN))),
            typed => Ok(typed),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Typed<'s> {
        let name = call.func_name.as_str();
        if let Some(target) = &call.target {
            return self.method(name, target, &call.args);
        }
        match (name, call.args.as_slice()) {
            (operators::INDEX, [of, at]) => self.index(of, at),
            (operators::CONDITIONAL, [test, yes, no]) => {
                let test = self.boolean(test, "?:")?;
                let ((yes, one), (no, two)) = (self.expression(yes)?, self.expression(no)?);
                Ok((Code::If(test.into(), yes.into(), no.into()), one.or(&two)))
            }
            (operators::LOGICAL_NOT, [of]) => Ok((Code::Not(self.boolean(of, "!")?.into()), Kind::of(Types::BOOLEAN))),
            (operators::NOT_STRICTLY_FALSE, [of]) => Ok((Code::NotFalse(self.boolean(of, name)?.into()), Kind::of(Types::BOOLEAN))),
            (operators::NEGATE, [of]) => {
                let (code, kind) = self.expression(of)?;
                may_be(&kind, Types::NUMBER, "- is asked of")?;
                Ok((Code::Negate(code.into()), kind.narrowed(Types::NUMBER)))
            }
            (operators::LOGICAL_AND, [one, two]) => {
                let (one, two) = (self.boolean(one, "&&")?, self.boolean(two, "&&")?);
                Ok((Code::And(one.into(), two.into()), Kind::of(Types::BOOLEAN)))
            }
            (operators::LOGICAL_OR, [one, two]) => {
                let (one, two) = (self.boolean(one, "||")?, self.boolean(two, "||")?);
                Ok((Code::Or(one.into(), two.into()), Kind::of(Types::BOOLEAN)))
            }
            ("size", [of]) => self.size(of),
            ("matches", [of, pattern]) => self.matches(of, pattern),
            ("int" | "double" | "string", [of]) => self.conversion(name, of),
            (_, [one, two]) => self.binary(name, one, two),
            _ => Err(unknown_function(name, call.args.len())),
        }
    }

    fn boolean(&mut self, syntax: &IdedExpr, asker: &str) -> Result<Code, String> {
        let (code, kind) = self.expression(syntax)?;
        may_be(&kind, Types::BOOLEAN, &format!("{asker} takes true or false, and is given"))?;
        Ok(code)
    }

    fn binary(&mut self, name: &str, one: &IdedExpr, two: &IdedExpr) -> Typed<'s> {
        let known = [
            operators::EQUALS,
            operators::NOT_EQUALS,
            operators::IN,
            operators::LESS,
            operators::LESS_EQUALS,
            operators::GREATER,
            operators::GREATER_EQUALS,
            operators::ADD,
            operators::SUBSTRACT,
            operators::MULTIPLY,
            operators::DIVIDE,
            operators::MODULO,
        ];
        if !known.contains(&name) {
            return Err(unknown_function(name, 2));
        }
        let ((one, left), (two, right)) = (self.expression(one)?, self.expression(two)?);
        let boolean = Kind::of(Types::BOOLEAN);
        match name {
            operators::EQUALS | operators::NOT_EQUALS => {
                if !may_equal(&left, &right) {
                    let sign = if name == operators::EQUALS { "==" } else { "!=" };
                    return Err(format!("{} {sign} {} is never asked of equal values", words(left.types), words(right.types)));
                }
                Ok((Code::Equal(one.into(), two.into(), name == operators::EQUALS), boolean))
            }
            operators::IN => {
                may_be(&right, Types::ARRAY.with(Types::OBJECT), "in asks for a list or an object, and is given")?;
                if right.types == Types::ARRAY && !may_equal(&left, &right.items(self.reader)) {
                    return Err(format!("{} is never in a list of {}", words(left.types), words(right.items(self.reader).types)));
                }
                Ok((Code::In(one.into(), two.into()), boolean))
            }
            operators::LESS => compare(Order::Less, one, two, &left, &right),
            operators::LESS_EQUALS => compare(Order::LessOrEqual, one, two, &left, &right),
            operators::GREATER => compare(Order::Greater, one, two, &left, &right),
            operators::GREATER_EQUALS => compare(Order::GreaterOrEqual, one, two, &left, &right),
            operators::ADD => arithmetic(Operator::Add, one, two, &left, &right),
            operators::SUBSTRACT => arithmetic(Operator::Subtract, one, two, &left, &right),
            operators::MULTIPLY => arithmetic(Operator::Multiply, one, two, &left, &right),
            operators::DIVIDE => arithmetic(Operator::Divide, one, two, &left, &right),
            _ => arithmetic(Operator::Remainder, one, two, &left, &right),
        }
    }

    fn index(&mut self, of: &IdedExpr, at: &IdedExpr) -> Typed<'s> {
        let (code, kind) = self.expression(of)?;
        if let Expr::Literal(LiteralValue::String(name)) = &at.expr {
            return self.member(code, &kind, name.inner());
        }
        let (place, place_kind) = self.expression(at)?;
        may_be(&kind, Types::ARRAY.with(Types::OBJECT), "[ ] asks for a list or an object, and is given")?;
        may_be(&place_kind, Types::INTEGER.with(Types::STRING), "[ ] takes a whole number or a name, and is given")?;
        let found = if is_possible(&kind, Types::OBJECT) { Kind::any() } else { kind.items(self.reader) };
        Ok((Code::Index(code.into(), place.into(), reading(&found)), found))
    }

    fn method(&mut self, name: &str, target: &IdedExpr, args: &[IdedExpr]) -> Typed<'s> {
        let function = match (name, args) {
            ("size", []) => return self.size(target),
            ("matches", [pattern]) => return self.matches(target, pattern),
            ("contains", [_]) => Function::Contains,
            ("startsWith", [_]) => Function::StartsWith,
            ("endsWith", [_]) => Function::EndsWith,
            _ => return Err(unknown_function(name, args.len())),
        };
        let mut codes = Vec::new();
        for syntax in std::iter::once(target).chain(args) {
            let (code, kind) = self.expression(syntax)?;
            may_be(&kind, Types::STRING, &format!("{name} takes strings, and is given"))?;
            codes.push(code);
        }
        Ok((Code::Call(function, codes), Kind::of(Types::BOOLEAN)))
    }

    fn size(&mut self, of: &IdedExpr) -> Typed<'s> {
        let (code, kind) = self.expression(of)?;
        let sized = Types::STRING.with(Types::ARRAY).with(Types::OBJECT);
        may_be(&kind, sized, "size takes a string, a list or an object, and is given")?;
        Ok((Code::Call(Function::Size, vec![code]), Kind::of(Types::INTEGER)))
    }

    fn matches(&mut self, of: &IdedExpr, pattern: &IdedExpr) -> Typed<'s> {
        let (code, kind) = self.expression(of)?;
        may_be(&kind, Types::STRING, "matches takes a string, and is given")?;
        let Expr::Literal(LiteralValue::String(source)) = &pattern.expr else {
            return Err("matches takes its pattern as text in quotes, so that it is compiled once".to_owned());
        };
        let config = Regex::config().nfa_size_limit(Some(PATTERN_BYTES_MAX));
        let unusable = |fault: &dyn Display| format!("the pattern of matches cannot be used: {fault}");
        let meaning = re2::read(source.inner()).map_err(|fault| unusable(&fault))?;
        let regex = Regex::builder().configure(config).build_from_hir(&meaning).map_err(|fault| unusable(&fault))?;
        Ok((Code::Matches(code.into(), regex.into()), Kind::of(Types::BOOLEAN)))
    }

    fn conversion(&mut self, name: &str, of: &IdedExpr) -> Typed<'s> {
        let (code, kind) = self.expression(of)?;
        let (function, to, from) = match name {
            "int" => (Function::ToInt, Types::INTEGER, Types::NUMBER.with(Types::STRING)),
            "double" => (Function::ToDouble, Types::NUMBER, Types::NUMBER.with(Types::STRING)),
            _ => (Function::ToText, Types::STRING, Types::INTEGER.with(Types::STRING).with(Types::BOOLEAN)),
        };
        may_be(&kind, from, &format!("{name}() is not made of"))?;
        Ok((Code::Call(function, vec![code]), Kind::of(to)))
    }

    fn fold(&mut self, fold: &ComprehensionExpr) -> Typed<'s> {
        if fold.iter_var2.is_some() {
            return Err("a macro with two variables is not supported in a rule".to_owned());
        }
        let (range, kind) = self.expression(&fold.iter_range)?;
        may_be(&kind, Types::ARRAY.with(Types::OBJECT), "a macro goes through a list or an object, and is given")?;
        let item = kind.items(self.reader);
        let reading = reading(&item);
        let (first, gathered) = self.expression(&fold.accu_init)?;
        let gathered = if gathered.types == Types::ARRAY { Kind::list(Some(Kind::any())) } else { gathered };
        let local = self.locals.len();
        self.locals.push((fold.iter_var.clone(), item));
        self.locals.push((fold.accu_var.clone(), gathered));
        let (go_on, _) = self.expression(&fold.loop_cond)?;
        let (step, _) = self.expression(&fold.loop_step)?;
        let (result, found) = self.expression(&fold.result)?;
        self.locals.truncate(local);
        Ok((Code::Fold(Box::new(Fold { range, reading, local, first, go_on, step, result })), found))
    }
}

fn compare<'s>(order: Order, one: Code, two: Code, left: &Kind<'s>, right: &Kind<'s>) -> Typed<'s> {
    let numbers = is_possible(left, Types::NUMBER) && is_possible(right, Types::NUMBER);
    let texts = is_possible(left, Types::STRING) && is_possible(right, Types::STRING);
    one_meaning(numbers, texts, "compared", left, right)?;
    Ok((Code::Compare(order, one.into(), two.into()), Kind::of(Types::BOOLEAN)))
}

fn arithmetic<'s>(operator: Operator, one: Code, two: Code, left: &Kind<'s>, right: &Kind<'s>) -> Typed<'s> {
    let both = |types: Types| is_possible(left, types) && is_possible(right, types);
    let numbers = both(Types::NUMBER);
    let is_add = operator == Operator::Add;
    let (texts, lists) = (is_add && both(Types::STRING), is_add && both(Types::ARRAY));
    if !(numbers || texts || lists) {
        let sign = operator.sign();
        return Err(format!("{} {sign} {} is not possible", words(left.types), words(right.types)));
    }
    if numbers || texts {
        one_meaning(numbers, texts, "added", left, right)?;
    }
    if matches!(operator, Operator::Divide | Operator::Remainder) {
        may_divide(operator, left, right)?;
    }
    let is_whole = [left, right].iter().all(|kind| kind.types.0 & Types::NUMBER.0 == Types::INTEGER.0);
    let number = if is_whole { Types::INTEGER } else { Types::NUMBER };
    let possible = [(numbers, number), (texts, Types::STRING), (lists, Types::ARRAY)];
    let types = possible.into_iter().filter(|(is, _)| *is).fold(Types(0), |all, (_, one)| all.with(one));
    let mut kind = Kind::of(types);
    kind.is_loose = left.is_loose || right.is_loose;
    Ok((Code::Arithmetic(operator, one.into(), two.into()), kind))
}

/// 7 / 2 is 3 of whole numbers and 3.5 of others, so which they are is not left to how the record at hand writes them.
fn may_divide(operator: Operator, left: &Kind<'_>, right: &Kind<'_>) -> Result<(), String> {
    let is_broken = |kind: &Kind<'_>| !kind.is_loose && kind.types.0 & Types::NUMBER.0 != Types::INTEGER.0;
    let (is_any_broken, is_any_loose) = (is_broken(left) || is_broken(right), left.is_loose || right.is_loose);
    match operator {
        Operator::Remainder if is_any_broken => Err("% takes whole numbers; use int(), or give the field the type integer".to_owned()),
        _ if is_any_loose && !is_any_broken => Err(format!(
            "{} of numbers that may be whole or not means two things; give the field the type integer or number, or use int() or double()",
            operator.sign()
        )),
        _ => Ok(()),
    }
}

/// "10" is before "9" and 10 is after 9, so what may be either is not left to the record at hand: in CSV all that has no type is text.
fn one_meaning(numbers: bool, texts: bool, done: &str, left: &Kind<'_>, right: &Kind<'_>) -> Result<(), String> {
    match (numbers, texts) {
        (true, true) => Err(format!(
            "two values that may be numbers or strings are {done}, which means two things; give a field its type, or use double() or string()"
        )),
        (false, false) => Err(format!("{} and {} cannot be {done}", words(left.types), words(right.types))),
        _ => Ok(()),
    }
}

fn reading(kind: &Kind<'_>) -> Reading {
    match kind.types.0 & Types::NUMBER.0 {
        _ if kind.types == Types::ANY => Reading::AsWritten,
        number if number == Types::INTEGER.0 => Reading::Whole,
        _ => Reading::Broken,
    }
}

fn is_possible(kind: &Kind<'_>, types: Types) -> bool {
    kind.types.0 & types.0 != 0
}

fn may_be(kind: &Kind<'_>, types: Types, asker: &str) -> Result<(), String> {
    if is_possible(kind, types) { Ok(()) } else { Err(format!("{asker} {}", words(kind.types))) }
}

fn may_equal(one: &Kind<'_>, other: &Kind<'_>) -> bool {
    // 1.0 is an integer, so any two numbers may be equal.
    let classes = |kind: &Kind<'_>| if is_possible(kind, Types::NUMBER) { kind.types.with(Types::NUMBER) } else { kind.types };
    classes(one).0 & classes(other).0 != 0
}

fn words(types: Types) -> String {
    let names =
        [(Types::NULL, "null"), (Types::BOOLEAN, "boolean"), (Types::STRING, "string"), (Types::OBJECT, "object"), (Types::ARRAY, "array")];
    let mut found: Vec<_> = names.iter().filter(|(one, _)| types.has(*one)).map(|(_, name)| *name).collect();
    match types.0 & Types::NUMBER.0 {
        0 => {}
        whole if whole == Types::INTEGER.0 => found.push("integer"),
        _ => found.push("number"),
    }
    if found.is_empty() { "nothing".to_owned() } else { found.join(" or ") }
}

fn unknown_function(name: &str, arguments: usize) -> String {
    let known = "size, contains, startsWith, endsWith, matches, int, double, string, has, all, exists, exists_one, map, filter";
    format!("there is no function {name:?} of {arguments} arguments here; a rule has {known}")
}
