//! Asks an expression of a record.

use super::code::{Code, Fold, Function, Operator, Order, Reading};
use super::exact::Exact;
use crate::decode::equal::{Document, Likeness};
use crate::decode::tape::{EntryId, Kind};
use memchr::memmem;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Deref;
use std::rc::Rc;

/// Bytes of text that are looked at in one step.
const BYTES_PER_STEP: usize = 64;

/// Why an expression says neither true nor false of a record. It holds no value of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Stable, for programs.
    pub(crate) reason: &'static str,
    /// The member, operator or function.
    pub(crate) at: String,
}

impl Fault {
    pub(crate) fn new(reason: &'static str, at: &str) -> Fault {
        Fault { reason, at: at.to_owned() }
    }
}

#[derive(Debug, Clone)]
enum Value<'d> {
    Null,
    Boolean(bool),
    /// A number, and whether it counts as whole.
    Number(Exact, bool),
    Text(Text<'d>),
    List(Rc<[Value<'d>]>),
    /// An array or object of the record.
    Entry(EntryId),
}

/// Text of the record or the rule, or made by the rule and shared: lists that are copied do not copy it.
#[derive(Debug, Clone)]
enum Text<'d> {
    Known(&'d str),
    Made(Rc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Known(text) => text,
            Text::Made(text) => text,
        }
    }
}

impl<'d> From<Cow<'d, [u8]>> for Text<'d> {
    fn from(text: Cow<'d, [u8]>) -> Text<'d> {
        // The record was found to be UTF-8 before it was read.
        match text {
            Cow::Borrowed(text) => std::str::from_utf8(text).map_or_else(|_| Text::Made(String::from_utf8_lossy(text).into()), Text::Known),
            Cow::Owned(text) => Text::Made(String::from_utf8_lossy(&text).into()),
        }
    }
}

type Outcome<'d> = Result<Value<'d>, Fault>;

/// Whether the record meets the rule, in at most `steps_max` steps.
pub(crate) fn is_met(code: &Code, document: Document<'_>, steps_max: u64) -> Result<bool, Fault> {
    let mut asked = Asked { document, left: steps_max, locals: Vec::new() };
    asked.boolean(code, "rule")
}

struct Asked<'d> {
    document: Document<'d>,
    left: u64,
    locals: Vec<Outcome<'d>>,
}

impl<'d> Asked<'d> {
    fn spend(&mut self, steps: usize) -> Result<(), Fault> {
        match self.left.checked_sub(steps as u64) {
            Some(left) => self.left = left,
            None => {
                // Whatever is asked from here on fails too, so that no operator turns it into an answer.
                self.left = 0;
                return Err(Fault::new("steps", "ruleStepsMax"));
            }
        }
        Ok(())
    }

    fn value(&mut self, code: &'d Code) -> Outcome<'d> {
        self.spend(1)?;
        match code {
            Code::Null => Ok(Value::Null),
            Code::Boolean(value) => Ok(Value::Boolean(*value)),
            Code::Number(value, is_whole) => Ok(Value::Number(value.clone(), *is_whole)),
            Code::Text(text) => Ok(Value::Text(Text::Known(text))),
            Code::List(items) => {
                items.iter().map(|item| self.value(item)).collect::<Result<Vec<_>, _>>().map(|all| Value::List(all.into()))
            }
            Code::Record => Ok(Value::Entry(0)),
            Code::Local(at) => self.locals[*at].clone(),
            Code::Member(of, name, reading) => {
                let of = self.value(of)?;
                let found = self.member(&of, name)?.ok_or_else(|| Fault::new("absent", name))?;
                self.load(found, *reading)
            }
            Code::Has(of, name) => {
                let of = self.value(of)?;
                Ok(Value::Boolean(self.member(&of, name)?.is_some()))
            }
            Code::Index(of, at, reading) => self.index(of, at, *reading),
            Code::Not(of) => Ok(Value::Boolean(!self.boolean(of, "!")?)),
            Code::Negate(of) => match self.value(of)? {
                Value::Number(value, is_whole) => Ok(Value::Number(value.negated()?, is_whole)),
                _ => Err(Fault::new("type", "-")),
            },
            // Either side may decide, also where the other one fails.
            Code::And(one, two) => self.either(one, two, false, "&&"),
            Code::Or(one, two) => self.either(one, two, true, "||"),
            Code::If(test, yes, no) => {
                if self.boolean(test, "?:")? {
                    self.value(yes)
                } else {
                    self.value(no)
                }
            }
            Code::Equal(one, two, wanted) => {
                let (one, two) = (self.value(one)?, self.value(two)?);
                Ok(Value::Boolean(self.equals(&one, &two)? == *wanted))
            }
            Code::Compare(order, one, two) => self.compare(*order, one, two),
            Code::Arithmetic(operator, one, two) => {
                let (one, two) = (self.value(one)?, self.value(two)?);
                self.arithmetic(*operator, one, two)
            }
            Code::In(one, two) => self.is_in(one, two),
            Code::Call(function, codes) => self.call(*function, codes),
            Code::Matches(of, regex) => match self.value(of)? {
                Value::Text(text) => {
                    self.spend(text.len() / BYTES_PER_STEP * 4)?;
                    Ok(Value::Boolean(regex.is_match(text.as_bytes())))
                }
                _ => Err(Fault::new("type", "matches")),
            },
            Code::NotFalse(of) => Ok(Value::Boolean(!matches!(self.value(of), Ok(Value::Boolean(false))))),
            Code::Fold(fold) => self.fold(fold),
        }
    }

    fn boolean(&mut self, code: &'d Code, asker: &str) -> Result<bool, Fault> {
        match self.value(code)? {
            Value::Boolean(value) => Ok(value),
            _ => Err(Fault::new("type", asker)),
        }
    }

    fn either(&mut self, one: &'d Code, two: &'d Code, decides: bool, asker: &str) -> Outcome<'d> {
        let first = self.boolean(one, asker);
        if first == Ok(decides) {
            return Ok(Value::Boolean(decides));
        }
        match (first, self.boolean(two, asker)) {
            (_, Ok(second)) if second == decides => Ok(Value::Boolean(decides)),
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
            _ => Ok(Value::Boolean(!decides)),
        }
    }

    fn member(&mut self, of: &Value<'d>, name: &str) -> Result<Option<EntryId>, Fault> {
        let Document { bytes, tape } = self.document;
        let Value::Entry(object) = of else { return Err(Fault::new("type", name)) };
        if tape.entry(*object).kind != Kind::Object {
            return Err(Fault::new("type", name));
        }
        self.spend(tape.entry(*object).count as usize / 8)?;
        Ok(tape.members(*object).find(|(at, _)| *tape.text(*at, bytes) == *name.as_bytes()).map(|(_, value)| value))
    }

    fn load(&mut self, id: EntryId, reading: Reading) -> Outcome<'d> {
        let Document { bytes, tape } = self.document;
        Ok(match tape.entry(id).kind {
            Kind::Null => Value::Null,
            Kind::True => Value::Boolean(true),
            Kind::False => Value::Boolean(false),
            Kind::Text | Kind::EscapedText => Value::Text(tape.text(id, bytes).into()),
            Kind::Number => {
                let text = &bytes[tape.range(id)];
                let is_whole = match reading {
                    Reading::Whole => true,
                    Reading::Broken => false,
                    Reading::AsWritten => !text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')),
                };
                self.spend(text.len() / BYTES_PER_STEP)?;
                Value::Number(Exact::read(text)?, is_whole)
            }
            Kind::Array | Kind::Object => Value::Entry(id),
        })
    }

    fn index(&mut self, of: &'d Code, at: &'d Code, reading: Reading) -> Outcome<'d> {
        let (of, at) = (self.value(of)?, self.value(at)?);
        let tape = self.document.tape;
        match (&of, &at) {
            (Value::Entry(_), Value::Text(name)) => {
                let found = self.member(&of, name)?.ok_or_else(|| Fault::new("absent", "[]"))?;
                self.load(found, reading)
            }
            (Value::Entry(array), Value::Number(place, _)) if tape.entry(*array).kind == Kind::Array => {
                self.spend(tape.entry(*array).count as usize / 8)?;
                let found = place.index().and_then(|place| tape.items(*array).nth(place));
                self.load(found.ok_or_else(|| Fault::new("index", "[]"))?, reading)
            }
            (Value::List(items), Value::Number(place, _)) => {
                let found = place.index().and_then(|place| items.get(place));
                found.cloned().ok_or_else(|| Fault::new("index", "[]"))
            }
            _ => Err(Fault::new("type", "[]")),
        }
    }

    /// The items of a list, or the names of an object. `None` for what is neither.
    fn items(&mut self, of: &Value<'d>, reading: Reading, asker: &str) -> Result<Vec<Value<'d>>, Fault> {
        let Document { bytes, tape } = self.document;
        match of {
            Value::List(items) => Ok(items.to_vec()),
            Value::Entry(id) => {
                self.spend(tape.entry(*id).count as usize)?;
                if tape.entry(*id).kind == Kind::Array {
                    return tape.items(*id).map(|item| self.load(item, reading)).collect();
                }
                Ok(tape.members(*id).map(|(name, _)| Value::Text(tape.text(name, bytes).into())).collect())
            }
            _ => Err(Fault::new("type", asker)),
        }
    }

    /// Null is like nothing but itself. Other values of unlike types are neither equal nor not: the text "3" of a cell without a type is
    /// no answer to whether it is 3, nor is a list with it to whether it is a list with 3, unless another item decides.
    fn equals(&mut self, one: &Value<'d>, two: &Value<'d>) -> Result<bool, Fault> {
        Ok(match (one, two) {
            (Value::Null, Value::Null) => true,
            (Value::Null, _) | (_, Value::Null) => false,
            (Value::Boolean(one), Value::Boolean(two)) => one == two,
            (Value::Number(one, _), Value::Number(two, _)) => one == two,
            (Value::Text(one), Value::Text(two)) => {
                self.spend(one.len().min(two.len()) / BYTES_PER_STEP)?;
                **one == **two
            }
            (Value::Entry(one), Value::Entry(two)) if self.is_object(*one) == self.is_object(*two) => {
                let tape = self.document.tape;
                let range = tape.range(*one).len() + tape.range(*two).len();
                self.spend(range / BYTES_PER_STEP + (tape.entry(*one).next - one) as usize)?;
                match self.document.likeness(*one, self.document, *two) {
                    Likeness::Unlike => return Err(Fault::new("type", "==")),
                    found => found == Likeness::Equal,
                }
            }
            (Value::List(_), Value::List(_)) => self.lists_equal(one, two)?,
            (Value::List(_), Value::Entry(id)) | (Value::Entry(id), Value::List(_)) if !self.is_object(*id) => {
                self.lists_equal(one, two)?
            }
            _ => return Err(Fault::new("type", "==")),
        })
    }

    fn lists_equal(&mut self, one: &Value<'d>, two: &Value<'d>) -> Result<bool, Fault> {
        let (one, two) = (self.items(one, Reading::AsWritten, "==")?, self.items(two, Reading::AsWritten, "==")?);
        if one.len() != two.len() {
            return Ok(false);
        }
        let mut unlike = None;
        for (one, two) in one.iter().zip(&two) {
            self.spend(1)?;
            match self.equals(one, two) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(fault) => unlike = Some(fault),
            }
        }
        unlike.map_or(Ok(true), Err)
    }

    fn is_object(&self, id: EntryId) -> bool {
        self.document.tape.entry(id).kind == Kind::Object
    }

    fn compare(&mut self, order: Order, one: &'d Code, two: &'d Code) -> Outcome<'d> {
        let found = match (self.value(one)?, self.value(two)?) {
            (Value::Number(one, _), Value::Number(two, _)) => one.cmp(&two),
            (Value::Text(one), Value::Text(two)) => {
                self.spend(one.len().min(two.len()) / BYTES_PER_STEP)?;
                // The order of UTF-8 is that of code points.
                one.as_bytes().cmp(two.as_bytes())
            }
            _ => {
                let sign = match order {
                    Order::Less => "<",
                    Order::LessOrEqual => "<=",
                    Order::Greater => ">",
                    Order::GreaterOrEqual => ">=",
                };
                return Err(Fault::new("type", sign));
            }
        };
        Ok(Value::Boolean(match order {
            Order::Less => found == Ordering::Less,
            Order::LessOrEqual => found != Ordering::Greater,
            Order::Greater => found == Ordering::Greater,
            Order::GreaterOrEqual => found != Ordering::Less,
        }))
    }

    fn arithmetic(&mut self, operator: Operator, one: Value<'d>, two: Value<'d>) -> Outcome<'d> {
        match (one, two) {
            (Value::Number(one, one_whole), Value::Number(two, two_whole)) => {
                if matches!((&one, &two), (Exact::Long(_), _) | (_, Exact::Long(_))) {
                    self.spend(BYTES_PER_STEP)?;
                }
                let is_whole = one_whole && two_whole;
                let result = match operator {
                    Operator::Add => one.add(&two)?,
                    Operator::Subtract => one.subtract(&two)?,
                    Operator::Multiply => one.multiply(&two)?,
                    Operator::Divide if is_whole => one.divide_whole(&two)?,
                    Operator::Divide => one.divide(&two)?,
                    Operator::Remainder if is_whole => one.remainder(&two)?,
                    Operator::Remainder => return Err(Fault::new("type", "%")),
                };
                Ok(Value::Number(result, is_whole))
            }
            (Value::Text(one), Value::Text(two)) if operator == Operator::Add => {
                self.spend((one.len() + two.len()) / BYTES_PER_STEP)?;
                Ok(Value::Text(Text::Made([&*one, &*two].concat().into())))
            }
            (one @ (Value::List(_) | Value::Entry(_)), two @ (Value::List(_) | Value::Entry(_))) if operator == Operator::Add => {
                if [&one, &two].iter().any(|side| matches!(side, Value::Entry(id) if self.is_object(*id))) {
                    return Err(Fault::new("type", "+"));
                }
                let (mut all, two) = (self.items(&one, Reading::AsWritten, "+")?, self.items(&two, Reading::AsWritten, "+")?);
                self.spend(all.len() + two.len())?;
                all.extend(two);
                Ok(Value::List(all.into()))
            }
            _ => Err(Fault::new("type", operator.sign())),
        }
    }

    fn is_in(&mut self, one: &'d Code, two: &'d Code) -> Outcome<'d> {
        let (wanted, range) = (self.value(one)?, self.value(two)?);
        let mut unlike = None;
        for item in self.items(&range, Reading::AsWritten, "in")? {
            self.spend(1)?;
            match self.equals(&wanted, &item) {
                Ok(true) => return Ok(Value::Boolean(true)),
                Ok(false) => {}
                Err(fault) => unlike = Some(fault),
            }
        }
        match unlike {
            Some(fault) => Err(fault),
            None => Ok(Value::Boolean(false)),
        }
    }

    fn call(&mut self, function: Function, codes: &'d [Code]) -> Outcome<'d> {
        let first = self.value(&codes[0])?;
        let wrong = || Fault::new("type", function.name());
        let unfit = || Fault::new("conversion", function.name());
        match (function, first) {
            (Function::Size, Value::Text(text)) => {
                self.spend(text.len() / BYTES_PER_STEP)?;
                Ok(whole(text.chars().count()))
            }
            (Function::Size, Value::List(items)) => Ok(whole(items.len())),
            (Function::Size, Value::Entry(id)) => Ok(whole(self.document.tape.entry(id).count as usize)),
            (Function::Contains | Function::StartsWith | Function::EndsWith, Value::Text(text)) => {
                let Value::Text(part) = self.value(&codes[1])? else { return Err(wrong()) };
                self.spend((text.len() + part.len()) / BYTES_PER_STEP)?;
                Ok(Value::Boolean(match function {
                    Function::Contains => memmem::find(text.as_bytes(), part.as_bytes()).is_some(),
                    Function::StartsWith => text.starts_with(&*part),
                    _ => text.ends_with(&*part),
                }))
            }
            (Function::ToInt, Value::Number(value, _)) => Ok(Value::Number(value.truncated()?, true)),
            (Function::ToDouble, Value::Number(value, _)) => Ok(Value::Number(value, false)),
            (Function::ToInt, Value::Text(text)) => {
                let digits = text.strip_prefix('-').unwrap_or(&text);
                let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                if is_whole { Ok(Value::Number(Exact::read(text.as_bytes())?, true)) } else { Err(unfit()) }
            }
            (Function::ToDouble, Value::Text(text)) => {
                Exact::read(text.as_bytes()).map(|value| Value::Number(value, false)).map_err(|fault| match fault.reason {
                    "conversion" => unfit(),
                    _ => fault,
                })
            }
            (Function::ToText, Value::Number(value, true)) => Ok(Value::Text(Text::Made(value.digits().into()))),
            (Function::ToText, Value::Boolean(value)) => Ok(Value::Text(Text::Known(if value { "true" } else { "false" }))),
            (Function::ToText, Value::Text(text)) => Ok(Value::Text(text)),
            _ => Err(wrong()),
        }
    }

    fn fold(&mut self, fold: &'d Fold) -> Outcome<'d> {
        let range = self.value(&fold.range)?;
        let items = self.items(&range, fold.reading, "macro")?;
        let first = self.value(&fold.first);
        let base = self.locals.len();
        debug_assert_eq!(base, fold.local);
        self.locals.extend([Ok(Value::Null), first]);
        let result = self.fold_items(fold, items);
        self.locals.truncate(base);
        result
    }

    fn fold_items(&mut self, fold: &'d Fold, items: Vec<Value<'d>>) -> Outcome<'d> {
        for item in items {
            if !self.boolean(&fold.go_on, "macro")? {
                break;
            }
            self.locals[fold.local] = Ok(item);
            self.locals[fold.local + 1] = self.value(&fold.step);
            self.spend(1)?;
        }
        self.value(&fold.result)
    }
}

fn whole<'d>(count: usize) -> Value<'d> {
    Value::Number(Exact::Short(count as i128, 0), true)
}
