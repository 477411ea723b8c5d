//! One column: a code for each record, and numbers.

use super::NotFlat;
use super::words::{Found, Words};
use crate::render::string;

/// The code of a text that is in a block.
const TEXT: u8 = 255;
/// The code of a number.
const NUMBER: u8 = 254;
/// The code of a text that is in no block.
const LONG: u8 = 253;

/// What a column has, which decides about the code that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Integers of 32 bits alone.
    Integers,
    /// Numbers alone.
    Doubles,
    /// Texts of blocks alone.
    Texts,
    /// Values of the column's list alone.
    Values,
    /// Texts and values.
    Mixed,
    /// Numbers and others.
    MixedNumbers,
}

impl Form {
    /// As JavaScript knows it.
    pub fn letter(self) -> char {
        match self {
            Form::Integers => 'i',
            Form::Doubles => 'd',
            Form::Texts => 't',
            Form::Values => 'v',
            Form::Mixed => 'm',
            Form::MixedNumbers => 'n',
        }
    }
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: Box<str>,
    /// The name as JSON.
    pub(super) key: Box<[u8]>,
    /// A code for each record; what stands for records without this column is never read.
    codes: Vec<u8>,
    numbers: Vec<f64>,
    words: Words,
    /// The values that codes stand for, as JSON.
    values: Vec<u8>,
    values_count: usize,
    literals: Vec<(&'static str, u8)>,
    has_text: bool,
    has_long: bool,
    has_number: bool,
    /// All numbers are integers of 32 bits.
    is_small: bool,
}

impl Column {
    pub(super) fn new(name: &str) -> Column {
        let mut key = Vec::new();
        string(name, &mut key);
        Column {
            name: name.into(),
            key: key.into(),
            codes: Vec::new(),
            numbers: Vec::new(),
            words: Words::new(),
            values: Vec::new(),
            values_count: 0,
            literals: Vec::new(),
            has_text: false,
            has_long: false,
            has_number: false,
            is_small: true,
        }
    }

    #[inline]
    fn code(&mut self, record: u32, code: u8) {
        let record = record as usize;
        if self.codes.len() < record {
            self.codes.resize(record, 0);
        }
        // Of two members with one name, neither is read.
        self.codes.truncate(record);
        self.codes.push(code);
    }

    #[inline]
    pub(super) fn number(&mut self, record: u32, value: f64) {
        self.code(record, NUMBER);
        let record = record as usize;
        self.has_number = true;
        // Bits, for a zero with a sign is no integer of 32 bits.
        self.is_small &= f64::from(value as i32).to_bits() == value.to_bits();
        if self.numbers.len() != record {
            self.numbers.resize(record, 0.0);
        }
        self.numbers.push(value);
    }

    pub(super) fn text(&mut self, record: u32) {
        self.has_text = true;
        self.code(record, TEXT);
    }

    pub(super) fn long(&mut self, record: u32) {
        self.has_long = true;
        self.code(record, LONG);
    }

    /// True if the text is one of the column's values.
    #[inline]
    pub(super) fn word(&mut self, record: u32, text: &[u8]) -> bool {
        let code = match self.words.find(text, self.values_count) {
            Found::No => return false,
            Found::Known(code) => code,
            Found::New => {
                self.begin_value();
                // What is no UTF-8 is found in `values`.
                match std::str::from_utf8(text) {
                    Ok(text) => string(text, &mut self.values),
                    Err(_) => self.values.push(0xFF),
                }
                self.values_count as u8 - 1
            }
        };
        self.code(record, code);
        true
    }

    pub(super) fn literal(&mut self, record: u32, word: &'static str) {
        let known = self.literals.iter().find(|(own, _)| *own == word).map(|&(_, code)| code);
        let code = known.unwrap_or_else(|| {
            self.begin_value();
            self.values.extend_from_slice(word.as_bytes());
            let code = self.values_count as u8 - 1;
            self.literals.push((word, code));
            code
        });
        self.code(record, code);
    }

    fn begin_value(&mut self) {
        if self.values_count > 0 {
            self.values.push(b',');
        }
        self.values_count += 1;
    }

    /// The values that codes stand for, as a JSON array.
    pub(super) fn values(&self) -> Result<String, NotFlat> {
        Ok(format!("[{}]", std::str::from_utf8(&self.values).map_err(|_| NotFlat)?))
    }

    pub(super) fn form(&self) -> Form {
        match (self.has_number, self.has_text, self.values_count > 0 || self.has_long) {
            (true, false, false) if self.is_small => Form::Integers,
            (true, false, false) => Form::Doubles,
            (false, true, false) => Form::Texts,
            (false, false, _) if !self.has_long => Form::Values,
            (false, ..) => Form::Mixed,
            (true, ..) => Form::MixedNumbers,
        }
    }

    /// Appends what there is for `count` records.
    pub(super) fn hand_over(&mut self, form: Form, count: usize, codes: &mut Vec<u8>, doubles: &mut Vec<f64>, integers: &mut Vec<i32>) {
        if matches!(form, Form::Values | Form::Mixed | Form::MixedNumbers) {
            self.codes.resize(count, 0);
            codes.append(&mut self.codes);
        }
        if self.has_number {
            self.numbers.resize(count, 0.0);
            match form {
                Form::Integers => integers.extend(self.numbers.iter().map(|&number| number as i32)),
                _ => doubles.append(&mut self.numbers),
            }
        }
    }
}
