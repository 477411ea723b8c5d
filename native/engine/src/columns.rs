//! The valid records of a batch by columns, from which JavaScript makes objects sooner than from JSON. Only flat records have columns; what they
//! become is what it is by way of `values.rs`, which is told by a law in test/laws.

mod column;
mod words;

pub use column::Form;

use crate::check::number_cell;
use crate::decode::json::{Cursor, unescape};
use crate::rules::number::{Shape, rounded, shape};
use crate::schema::plan::CellRules;
use crate::values::{Large, SAFE_MAX, large, pointer_to};
use crate::word::{HIGHS, first_word};
use column::Column;
use rustc_hash::FxHashMap;

/// Columns beyond which records go as JSON: V8 makes slow objects of literals with 128 properties or more.
const COLUMNS_MAX: usize = 120;
/// Sequences of keys in one batch beyond which they do, for each has a function of its own.
const SHAPES_MAX: usize = 32;
/// Bytes of text after which the next record begins a block. A text cut from a block keeps the block in memory, so blocks are small.
const BLOCK_BYTES: usize = 2048;
/// Bytes of a text beyond which it is in no block.
const BLOCK_TEXT_MAX: usize = 256;

/// Records of which nothing can be told by columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFlat;

/// The first byte in UTF-8 of the last letters of Latin-1.
const LATIN1_LEAD_MAX: u8 = 0xC3;

/// How texts are written, which is how JavaScript holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Latin-1.
    One = 1,
    /// UTF-16, the low byte first.
    Two = 2,
}

/// Records that follow each other, of which the texts are one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Past its last record, 0-based.
    pub records: u32,
    /// Past its last byte in `text`.
    pub bytes: u32,
    /// How it is written.
    pub width: Width,
}

/// Records that follow each other and have the same keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Past its last record, 0-based.
    pub records: u32,
    /// Which of the shapes.
    pub shape: u32,
}

/// The records of a batch.
#[derive(Debug, Default)]
pub struct Columns {
    columns: Vec<Column>,
    by_name: FxHashMap<Box<[u8]>, u16>,
    /// The columns of a record, in the order of its keys.
    shapes: Vec<Box<[u16]>>,
    runs: Vec<Run>,
    /// Those of the record that is being read.
    keys: Vec<u16>,
    /// The texts of the block that goes on, record by record, and where it began in `ends`.
    block: Vec<u8>,
    block_ends: usize,
    /// The blocks before it.
    text: Vec<u8>,
    /// Where each text ends in its block; in letters as JavaScript counts them, once the block has ended.
    ends: Vec<u32>,
    blocks: Vec<Block>,
    /// Texts that are too long for a block, and where each ends.
    long: Vec<u8>,
    long_ends: Vec<(u32, Width)>,
    large: Vec<Large>,
    count: u32,
    scratch: Vec<u8>,
}

/// What JavaScript is given.
#[derive(Debug)]
pub struct Handed {
    /// What there is to know of the whole as JSON: `names`, `forms`, `values` (of each column, by code), `shapes`, and flat lists: `runs` (past its
    /// last record, shape), `blocks` (past its last record, past its last byte, bytes of a letter), `long` (past its last byte, bytes of a letter).
    pub head: String,
    /// The texts of blocks.
    pub text: Vec<u8>,
    /// Where each ends in its block, in UTF-16 code units.
    pub ends: Vec<u32>,
    /// Texts that are in no block.
    pub long: Vec<u8>,
    /// The codes of columns that have them, one column after the other, `count` each.
    pub codes: Vec<u8>,
    /// Numbers of columns, `count` each.
    pub doubles: Vec<f64>,
    /// Numbers of columns that have integers of 32 bits alone.
    pub integers: Vec<i32>,
    /// Numbers that a double does not hold; they stand as texts.
    pub large: Vec<Large>,
}

impl Columns {
    /// For records with the columns `names`.
    pub fn new<'n>(names: impl Iterator<Item = &'n str>) -> Result<Columns, NotFlat> {
        let mut columns = Columns::default();
        for name in names {
            columns.add_column(name.as_bytes())?;
        }
        Ok(columns)
    }

    fn add_column(&mut self, name: &[u8]) -> Result<u16, NotFlat> {
        if self.columns.len() == COLUMNS_MAX {
            return Err(NotFlat);
        }
        let at = self.columns.len() as u16;
        self.columns.push(Column::new(std::str::from_utf8(name).map_err(|_| NotFlat)?));
        self.by_name.insert(name.into(), at);
        Ok(at)
    }

    /// The cell of column `at`, which is not missing.
    #[inline]
    pub fn cell(&mut self, at: u16, rules: &CellRules, text: &[u8]) -> Result<(), NotFlat> {
        self.keys.push(at);
        if rules.numbers.0 != 0 {
            let shape = shape(text);
            if number_cell(rules, shape) {
                return self.number(at, shape, text);
            }
        }
        match text {
            b"true" if rules.booleans => self.literal(at, "true"),
            b"false" if rules.booleans => self.literal(at, "false"),
            _ => return self.text(at, text),
        }
        Ok(())
    }

    /// A missing cell of a column that admits null.
    pub fn null(&mut self, at: u16) {
        self.keys.push(at);
        self.literal(at, "null");
    }

    fn literal(&mut self, at: u16, word: &'static str) {
        self.columns[usize::from(at)].literal(self.count, word);
    }

    #[inline]
    fn text(&mut self, at: u16, text: &[u8]) -> Result<(), NotFlat> {
        let column = &mut self.columns[usize::from(at)];
        if column.word(self.count, text) {
            return Ok(());
        }
        if text.len() > BLOCK_TEXT_MAX {
            column.long(self.count);
            let width = written(text, &mut [text.len() as u32], &mut self.long)?;
            self.long_ends.push((self.long.len() as u32, width));
        } else {
            column.text(self.count);
            self.block.extend_from_slice(text);
            self.ends.push(self.block.len() as u32);
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self, at: u16, shape: Shape, text: &[u8]) -> Result<(), NotFlat> {
        let value = match shape {
            Shape::Small(whole) if whole.unsigned_abs() <= SAFE_MAX && (whole != 0 || text[0] != b'-') => whole as f64,
            Shape::Short(mantissa, scale) if mantissa != 0 => rounded(mantissa, scale),
            _ => return self.rare_number(at, text),
        };
        self.columns[usize::from(at)].number(self.count, value);
        Ok(())
    }

    /// A number of many digits, with an exponent, or a zero with a sign.
    #[cold]
    fn rare_number(&mut self, at: u16, text: &[u8]) -> Result<(), NotFlat> {
        let (sign, digits) = text.split_at(usize::from(text[0] == b'-'));
        let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        let has_digit = digits.get(zeros).is_some_and(u8::is_ascii_digit);
        // Cells may have leading zeros, which are none of a large number's digits.
        let text = [sign, &digits[if has_digit { zeros } else { zeros.saturating_sub(1) }..]].concat();
        if let Some(large) = large(&text) {
            let pointer = pointer_to(&self.columns[usize::from(at)].name);
            self.text(at, large.text.as_bytes())?;
            self.large.push(Large { record: self.count, pointer, is_integer: large.is_integer });
            return Ok(());
        }
        let value = std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).ok_or(NotFlat)?;
        self.columns[usize::from(at)].number(self.count, value);
        Ok(())
    }

    /// A record of JSON that was read once already, or it would not be valid.
    pub fn json(&mut self, text: &[u8]) -> Result<(), NotFlat> {
        let mut cursor = Cursor { bytes: text, at: 0 };
        cursor.take(b'{', "an object").map_err(|_| NotFlat)?;
        if cursor.peek() == b'}' {
            return self.end();
        }
        loop {
            let at = self.key(&mut cursor)?;
            cursor.take(b':', "a colon").map_err(|_| NotFlat)?;
            self.keys.push(at);
            self.value(at, &mut cursor)?;
            match cursor.peek() {
                b',' => cursor.at += 1,
                _ => return self.end(),
            }
        }
    }

    /// The column of the key that comes next, which mostly is the one that came next before.
    #[inline]
    fn key(&mut self, cursor: &mut Cursor<'_>) -> Result<u16, NotFlat> {
        cursor.peek();
        let foretold = self.runs.last().and_then(|run| self.shapes[run.shape as usize].get(self.keys.len()));
        if let Some(&at) = foretold {
            let key = &self.columns[usize::from(at)].key;
            if cursor.bytes[cursor.at..].starts_with(key) {
                cursor.at += key.len();
                return Ok(at);
            }
        }
        let token = cursor.text().map_err(|_| NotFlat)?;
        let inner = &cursor.bytes[token.inner];
        let mut scratch = std::mem::take(&mut self.scratch);
        let name = unescaped(inner, token.escaped, &mut scratch);
        let at = match self.by_name.get(name) {
            Some(&at) => Ok(at),
            None => self.add_column(name),
        };
        self.scratch = scratch;
        at
    }

    #[inline]
    fn value(&mut self, at: u16, cursor: &mut Cursor<'_>) -> Result<(), NotFlat> {
        match cursor.peek() {
            b'"' => {
                let token = cursor.text().map_err(|_| NotFlat)?;
                let mut scratch = std::mem::take(&mut self.scratch);
                self.text(at, unescaped(&cursor.bytes[token.inner], token.escaped, &mut scratch))?;
                self.scratch = scratch;
            }
            b'-' | b'0'..=b'9' => {
                let (text, shape) = cursor.number_shape().map_err(|_| NotFlat)?;
                self.number(at, shape, text)?;
            }
            first => {
                let word = match first {
                    b'n' => "null",
                    b't' => "true",
                    b'f' => "false",
                    _ => return Err(NotFlat),
                };
                cursor.literal(word).map_err(|_| NotFlat)?;
                self.literal(at, word);
            }
        }
        Ok(())
    }

    /// Ends a record.
    pub fn end(&mut self) -> Result<(), NotFlat> {
        self.count += 1;
        let is_same = self.runs.last().is_some_and(|run| *self.shapes[run.shape as usize] == *self.keys);
        match self.runs.last_mut() {
            Some(run) if is_same => run.records = self.count,
            _ => {
                let shape = self.shape()?;
                self.runs.push(Run { records: self.count, shape });
            }
        }
        self.keys.clear();
        if self.block.len() >= BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    #[cold]
    fn shape(&mut self) -> Result<u32, NotFlat> {
        if let Some(at) = self.shapes.iter().position(|shape| **shape == *self.keys) {
            return Ok(at as u32);
        }
        let mut sorted = self.keys.clone();
        sorted.sort_unstable();
        // Of members with one name the last counts, which here would be both.
        if self.shapes.len() == SHAPES_MAX || sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(NotFlat);
        }
        self.shapes.push(self.keys.as_slice().into());
        Ok(self.shapes.len() as u32 - 1)
    }

    fn end_block(&mut self) -> Result<(), NotFlat> {
        let width = written(&self.block, &mut self.ends[self.block_ends..], &mut self.text)?;
        self.block.clear();
        self.block_ends = self.ends.len();
        self.blocks.push(Block { records: self.count, bytes: self.text.len() as u32, width });
        Ok(())
    }

    /// All that was taken, for JavaScript.
    pub fn hand_over(mut self) -> Result<Handed, NotFlat> {
        if self.blocks.last().map_or(0, |block| block.records) < self.count {
            self.end_block()?;
        }
        let count = self.count as usize;
        let (mut codes, mut doubles, mut integers) = (Vec::new(), Vec::new(), Vec::new());
        let mut forms = String::new();
        for column in &mut self.columns {
            let form = column.form();
            forms.push(form.letter());
            column.hand_over(form, count, &mut codes, &mut doubles, &mut integers);
        }
        let words = self.columns.iter().map(Column::values).collect::<Result<Vec<_>, _>>()?;
        let flat_blocks: Vec<u32> = self.blocks.iter().flat_map(|block| [block.records, block.bytes, block.width as u32]).collect();
        let flat_runs: Vec<u32> = self.runs.iter().flat_map(|run| [run.records, run.shape]).collect();
        let flat_long: Vec<u32> = self.long_ends.iter().flat_map(|&(end, width)| [end, width as u32]).collect();
        let names: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
        let shown = |value: serde_json::Value| value.to_string();
        let head = format!(
            "{{\"names\":{},\"forms\":\"{forms}\",\"values\":[{}],\"shapes\":{},\"runs\":{},\"blocks\":{},\"long\":{}}}",
            shown(serde_json::json!(names)),
            words.join(","),
            shown(serde_json::json!(self.shapes)),
            shown(serde_json::json!(flat_runs)),
            shown(serde_json::json!(flat_blocks)),
            shown(serde_json::json!(flat_long)),
        );
        Ok(Handed { head, text: self.text, ends: self.ends, long: self.long, codes, doubles, integers, large: self.large })
    }
}

fn unescaped<'t>(inner: &'t [u8], is_escaped: bool, scratch: &'t mut Vec<u8>) -> &'t [u8] {
    if !is_escaped {
        return inner;
    }
    unescape(inner, scratch);
    scratch
}

/// Writes texts that end at `ends` as JavaScript holds them, which it then only has to copy; the ends become those of letters.
fn written(block: &[u8], ends: &mut [u32], out: &mut Vec<u8>) -> Result<Width, NotFlat> {
    if block.is_ascii() {
        out.extend_from_slice(block);
        return Ok(Width::One);
    }
    let text = std::str::from_utf8(block).map_err(|_| NotFlat)?;
    let is_narrow = block.iter().all(|&byte| byte <= LATIN1_LEAD_MAX);
    let (mut at, begin) = (0, out.len());
    for end in ends {
        let part = text.get(at..*end as usize).ok_or(NotFlat)?;
        at = *end as usize;
        if is_narrow {
            push_latin1(part.as_bytes(), out);
            *end = (out.len() - begin) as u32;
        } else {
            out.extend(part.encode_utf16().flat_map(u16::to_le_bytes));
            *end = (out.len() - begin) as u32 / 2;
        }
    }
    Ok(if is_narrow { Width::One } else { Width::Two })
}

/// Writes letters of Latin-1 with one byte for each.
fn push_latin1(mut text: &[u8], out: &mut Vec<u8>) {
    loop {
        let (plain, rest) = text.split_at(ascii_length(text));
        out.extend_from_slice(plain);
        let [lead, second, rest @ ..] = rest else { return };
        out.push((lead << 6) | (second & 0x3F));
        text = rest;
    }
}

/// Bytes before the first one that is not ASCII.
fn ascii_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(word) = first_word(&text[at..]) {
        let others = word & HIGHS;
        if others != 0 {
            return at + others.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + text[at..].iter().take_while(|byte| byte.is_ascii()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As JavaScript reads it.
    fn letters(bytes: &[u8], width: Width) -> Vec<u16> {
        match width {
            Width::One => bytes.iter().map(|&byte| u16::from(byte)).collect(),
            Width::Two => bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect(),
        }
    }

    proptest! {
        #[test]
        fn texts_of_a_block_are_cut_where_they_end(texts in proptest::collection::vec("[a-z]{0,12}([\u{80}é\u{FF}]|[a-zĀ€😀])?[a-zé]{0,9}", 0..12)) {
            let block = texts.concat();
            let mut ends: Vec<u32> = texts.iter().scan(0, |end, text| { *end += text.len() as u32; Some(*end) }).collect();
            let mut out = b"before".to_vec();
            let width = written(block.as_bytes(), &mut ends, &mut out).unwrap();
            let all = letters(&out[6..], width);
            prop_assert_eq!(&all, &block.encode_utf16().collect::<Vec<u16>>());
            prop_assert_eq!(width == Width::One, block.chars().all(|letter| letter <= '\u{FF}'));
            let mut at = 0;
            for (text, end) in texts.iter().zip(ends) {
                prop_assert_eq!(&all[at..end as usize], &text.encode_utf16().collect::<Vec<u16>>()[..]);
                at = end as usize;
            }
        }
    }

    #[test]
    fn what_is_no_text_or_not_flat_goes_the_other_way() {
        assert!(written(b"a\xFF", &mut [2], &mut Vec::new()).is_err());
        assert!(written("é".as_bytes(), &mut [1, 2], &mut Vec::new()).is_err());
        for text in [&b"[]"[..], b"1", b"{\"a\":{}}", b"{\"a\":1,\"a\":1}", b"{\"a\":1,\"\\u0061\":1}"] {
            assert!(Columns::default().json(text).is_err(), "{}", String::from_utf8_lossy(text));
        }
        assert!(Columns::default().json(b"{}").is_ok());
    }

    #[test]
    fn too_many_columns_or_shapes_go_the_other_way() {
        let names: Vec<String> = (0..=COLUMNS_MAX).map(|at| format!("c{at}")).collect();
        assert!(Columns::new(names.iter().map(String::as_str)).is_err());
        let mut columns = Columns::new(names[1..].iter().map(String::as_str)).unwrap();
        let shapes = (0..=SHAPES_MAX).map(|at| columns.json(format!("{{\"c{}\":1}}", at + 1).as_bytes()));
        assert_eq!(shapes.filter(Result::is_ok).count(), SHAPES_MAX);
    }
}
