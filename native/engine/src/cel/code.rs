//! The compiled form of an expression.

use super::exact::Exact;
use regex_automata::meta::Regex;

/// How a number that is read from a record counts: as whole (CEL `int`) or not (`double`), which decides what `/` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The schema says `integer`.
    Whole,
    /// The schema says `number`.
    Broken,
    /// The schema does not say: as it is written, so whole without a point and an exponent.
    AsWritten,
}

/// An order of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Arithmetic; `+` joins texts and lists as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }
}

/// A function of one or two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    ToInt,
    ToDouble,
    ToText,
}

impl Function {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Function::Size => "size",
            Function::Contains => "contains",
            Function::StartsWith => "startsWith",
            Function::EndsWith => "endsWith",
            Function::ToInt => "int",
            Function::ToDouble => "double",
            Function::ToText => "string",
        }
    }
}

/// An expression.
#[derive(Debug)]
pub(crate) enum Code {
    Null,
    Boolean(bool),
    /// A number, and whether it counts as whole.
    Number(Exact, bool),
    Text(Box<str>),
    List(Vec<Code>),
    /// The record.
    Record,
    /// A variable of the macros around.
    Local(usize),
    Member(Box<Code>, Box<str>, Reading),
    Has(Box<Code>, Box<str>),
    Index(Box<Code>, Box<Code>, Reading),
    Not(Box<Code>),
    Negate(Box<Code>),
    And(Box<Code>, Box<Code>),
    Or(Box<Code>, Box<Code>),
    If(Box<Code>, Box<Code>, Box<Code>),
    /// Whether two values are equal, or are not (`false`).
    Equal(Box<Code>, Box<Code>, bool),
    Compare(Order, Box<Code>, Box<Code>),
    Arithmetic(Operator, Box<Code>, Box<Code>),
    In(Box<Code>, Box<Code>),
    Call(Function, Vec<Code>),
    Matches(Box<Code>, Box<Regex>),
    /// True unless the value is `false`: an error too, so that a macro goes on to an item that decides.
    NotFalse(Box<Code>),
    Fold(Box<Fold>),
}

/// What the macros come to: `result` after `step` was asked for each item of `range`, while `go_on` holds.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) range: Code,
    pub(crate) reading: Reading,
    /// The first of two places in a row: the item, and what is gathered.
    pub(crate) local: usize,
    pub(crate) first: Code,
    pub(crate) go_on: Code,
    pub(crate) step: Code,
    pub(crate) result: Code,
}
