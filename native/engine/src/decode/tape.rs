//! A JSON text as a flat list of its values, for schemas that look at a value more than once.
//!
//! A tape holds no text and no number, only where each value stands: 28 bytes a value, in one allocation, read without recursion.

use super::json::{Cursor, Fault, Text, unescape};
use std::borrow::Cow;
use std::ops::Range;

/// Index of an [`Entry`].
pub type EntryId = u32;

/// Stands for "no entry".
pub const NO_ENTRY: EntryId = u32::MAX;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true`.
    True,
    /// `false`.
    False,
    /// A number.
    Number,
    /// A string, or the name of a member.
    Text,
    /// A string or name with escapes.
    EscapedText,
    /// An array.
    Array,
    /// An object: a name and a value in turn.
    Object,
}

/// One value, or the name of a member.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its first byte; of a string, its opening quote.
    pub start: u32,
    /// Past its last byte.
    pub end: u32,
    /// The entry after this one and all within it.
    pub next: EntryId,
    /// The array or object that it stands in, or [`NO_ENTRY`].
    pub parent: EntryId,
    /// How many items or members come before it.
    pub place: u32,
    /// How many items or members it has.
    pub count: u32,
}

/// Objects of more members than this sort their names to find one twice.
const LINEAR_NAMES: usize = 12;

/// The values of one JSON text, each before what is within it.
#[derive(Debug, Default)]
pub struct Tape {
    entries: Vec<Entry>,
    open: Vec<EntryId>,
    /// Names that stand twice in their object.
    pub duplicates: Vec<EntryId>,
    /// Names that are left out of their objects, in order.
    left_out: Vec<EntryId>,
}

impl Tape {
    /// Reads the one value that the cursor stands before.
    ///
    /// # Errors
    /// What is wrong with the text; the cursor then stands there.
    pub fn read(&mut self, cursor: &mut Cursor<'_>, depth_max: usize) -> Result<(), Fault> {
        self.entries.clear();
        self.open.clear();
        self.duplicates.clear();
        self.left_out.clear();
        loop {
            self.value(cursor, depth_max)?;
            loop {
                let Some(&open) = self.open.last() else { return Ok(()) };
                let is_object = self.entries[open as usize].kind == Kind::Object;
                let is_fresh = self.entries.len() as u32 == open + 1;
                match (cursor.peek(), is_object) {
                    (b']', false) | (b'}', true) => {
                        cursor.at += 1;
                        self.close(open, cursor);
                        continue;
                    }
                    (b',', _) if !is_fresh => cursor.at += 1,
                    (_, false) if !is_fresh => return Err(Fault::Syntax("a comma or ]")),
                    (_, true) if !is_fresh => return Err(Fault::Syntax("a comma or }")),
                    _ => {}
                }
                if is_object {
                    self.name(cursor)?;
                }
                break;
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let at = self.entries.len() as u32;
        let parent = self.open.last().copied().unwrap_or(NO_ENTRY);
        let mut place = 0;
        if let Some(open) = self.entries.get_mut(parent as usize) {
            place = open.count;
            open.count += 1;
        }
        self.entries.push(Entry { kind, start: start as u32, end: end as u32, next: at + 1, parent, place, count: 0 });
    }

    fn value(&mut self, cursor: &mut Cursor<'_>, depth_max: usize) -> Result<(), Fault> {
        let byte = cursor.peek();
        let start = cursor.at;
        let kind = match byte {
            b'"' => kind_of(&cursor.text()?),
            b'-' | b'0'..=b'9' => {
                cursor.number()?;
                Kind::Number
            }
            b'{' | b'[' => {
                if self.open.len() >= depth_max {
                    return Err(Fault::Depth);
                }
                cursor.at += 1;
                Kind::Object
            }
            b't' => {
                cursor.literal("true")?;
                Kind::True
            }
            b'f' => {
                cursor.literal("false")?;
                Kind::False
            }
            b'n' => {
                cursor.literal("null")?;
                Kind::Null
            }
            _ => return Err(Fault::Syntax("a value")),
        };
        self.push(if byte == b'[' { Kind::Array } else { kind }, start, cursor.at);
        if kind == Kind::Object {
            self.open.push(self.entries.len() as u32 - 1);
        }
        Ok(())
    }

    fn name(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        if cursor.peek() != b'"' {
            return Err(Fault::Syntax("a name in quotes"));
        }
        let start = cursor.at;
        let text = cursor.text()?;
        let end = cursor.at;
        cursor.take(b':', "a colon")?;
        self.push(kind_of(&text), start, end);
        // The value that follows is the member; its name is not counted.
        if let Some(open) = self.open.last() {
            self.entries[*open as usize].count -= 1;
        }
        Ok(())
    }

    fn close(&mut self, open: EntryId, cursor: &Cursor<'_>) {
        self.open.pop();
        let next = self.entries.len() as u32;
        let entry = &mut self.entries[open as usize];
        (entry.next, entry.end) = (next, cursor.at as u32);
        if entry.kind == Kind::Object && entry.count > 1 {
            self.find_duplicates(open, cursor.bytes);
        }
    }

    fn find_duplicates(&mut self, object: EntryId, bytes: &[u8]) {
        let mut found = Vec::new();
        let names = || self.members(object).map(|(name, _)| (name, self.text(name, bytes)));
        if self.entry(object).count as usize <= LINEAR_NAMES {
            let names: Vec<_> = names().collect();
            let is_second = |at: usize| names[..at].iter().any(|(_, before)| *before == names[at].1);
            found.extend((1..names.len()).filter(|&at| is_second(at)).map(|at| names[at].0));
        } else {
            // Sorted rather than hashed: a record could be made to spoil a hash.
            let mut names: Vec<_> = names().map(|(name, text)| (text, name)).collect();
            names.sort_unstable();
            found.extend(names.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1));
        }
        self.duplicates.extend(found);
    }

    /// The entry of `id`.
    #[inline]
    pub fn entry(&self, id: EntryId) -> &Entry {
        &self.entries[id as usize]
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True before anything was read.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes of an entry.
    pub fn range(&self, id: EntryId) -> Range<usize> {
        let entry = self.entry(id);
        entry.start as usize..entry.end as usize
    }

    /// The text of a string or name.
    pub fn text<'b>(&self, id: EntryId, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let entry = self.entry(id);
        let inner = &bytes[entry.start as usize + 1..entry.end as usize - 1];
        if entry.kind != Kind::EscapedText {
            return Cow::Borrowed(inner);
        }
        let mut text = Vec::new();
        unescape(inner, &mut text);
        Cow::Owned(text)
    }

    /// Names and values of an object.
    pub fn members(&self, object: EntryId) -> impl Iterator<Item = (EntryId, EntryId)> + '_ {
        let end = self.entry(object).next;
        let mut at = object + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let mut pair = (at, at + 1);
            at = self.entry(at + 1).next;
            // The last of a name is never left out, so that a member follows.
            while !self.left_out.is_empty() && self.left_out.binary_search(&pair.0).is_ok() {
                pair = (at, at + 1);
                at = self.entry(at + 1).next;
            }
            Some(pair)
        })
    }

    /// Leaves all but the last of members with the same name out of their objects.
    pub fn keep_last(&mut self, bytes: &[u8]) {
        let mut objects: Vec<_> = self.duplicates.drain(..).map(|name| self.entries[name as usize].parent).collect();
        objects.sort_unstable();
        objects.dedup();
        for object in objects {
            let mut names: Vec<_> = self.members(object).map(|(name, _)| (self.text(name, bytes), name)).collect();
            names.sort_unstable();
            let before = self.left_out.len();
            let earlier: Vec<_> = names.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].1).collect();
            self.left_out.extend(earlier);
            self.entries[object as usize].count -= (self.left_out.len() - before) as u32;
            // An object within a member may have names on both sides of others of its own.
            self.left_out.sort_unstable();
        }
    }

    /// True where a name of `object` stood twice, and the earlier member was left out.
    pub fn has_left_out(&self, object: EntryId) -> bool {
        self.left_out.iter().any(|&name| self.entries[name as usize].parent == object)
    }

    /// The items of an array.
    pub fn items(&self, array: EntryId) -> impl Iterator<Item = EntryId> + '_ {
        let end = self.entry(array).next;
        let mut at = array + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let item = at;
            at = self.entry(at).next;
            Some(item)
        })
    }

    /// The JSON pointer of a value, or that of a name's value.
    pub fn pointer(&self, id: EntryId, bytes: &[u8]) -> String {
        let mut steps = Vec::new();
        let mut at = id;
        loop {
            let entry = self.entry(at);
            if entry.parent == NO_ENTRY {
                break;
            }
            let is_member = self.entry(entry.parent).kind == Kind::Object;
            steps.push(if is_member {
                // The name of a value stands right before it.
                let name = if at == id && self.is_name(at) { at } else { at - 1 };
                let text = String::from_utf8_lossy(&self.text(name, bytes)).into_owned();
                text.replace('~', "~0").replace('/', "~1")
            } else {
                entry.place.to_string()
            });
            at = entry.parent;
        }
        steps.iter().rev().flat_map(|step| ["/", step.as_str()]).collect()
    }

    /// True for the name of a member.
    pub fn is_name(&self, id: EntryId) -> bool {
        let parent = self.entry(id).parent;
        if parent == NO_ENTRY || self.entry(parent).kind != Kind::Object {
            return false;
        }
        // Names and their values have the same place, and the name comes first.
        self.entries.get(id as usize + 1).is_some_and(|after| after.parent == parent && after.place == self.entry(id).place)
    }

    /// How many arrays and objects there are around the deepest value.
    pub fn depth(&self) -> usize {
        let mut ends: Vec<EntryId> = Vec::new();
        let mut deepest = 0;
        for (at, entry) in self.entries.iter().enumerate() {
            while ends.last().is_some_and(|&end| end <= at as u32) {
                ends.pop();
            }
            if matches!(entry.kind, Kind::Array | Kind::Object) {
                ends.push(entry.next);
                deepest = deepest.max(ends.len());
            }
        }
        deepest
    }
}

fn kind_of(text: &Text) -> Kind {
    if text.escaped { Kind::EscapedText } else { Kind::Text }
}
