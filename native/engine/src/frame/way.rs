//! How far a reader of a JSON document has come on the path to its records.

use super::record_path::{RecordPath, Step};
use super::token::decode_name;
use crate::schema::place::escape;
use std::fmt::Write;

/// What a value is to the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Beside it.
    Off,
    /// On it, with steps still to go.
    On,
    /// At its end: a record.
    Record,
}

/// An open array or object on the path.
#[derive(Debug)]
struct Level {
    is_array: bool,
    /// Elements or members that began.
    count: u64,
    /// The name of the member at hand.
    name: Option<String>,
    /// The member that the path asks for has been met.
    is_met: bool,
}

/// How far the reader has come.
#[derive(Debug)]
pub(crate) struct Way {
    path: RecordPath,
    /// The open arrays and objects from the top down that are on the path.
    levels: Vec<Level>,
    /// A record was met, or an empty array or object that would have held records.
    is_found: bool,
    /// Steps of the path that some value was found for.
    reached: usize,
}

impl Way {
    pub(crate) fn new(path: RecordPath) -> Way {
        Way { path, levels: Vec::new(), is_found: false, reached: 0 }
    }

    /// True when the innermost of `depth` open arrays and objects is on the path, so that names in it matter.
    pub(crate) fn is_on(&self, depth: usize) -> bool {
        self.levels.len() == depth && depth > 0
    }

    /// True when the document has to be an array.
    pub(crate) fn wants_array(&self) -> bool {
        self.path.is_default
    }

    /// A value begins, within `depth` open arrays and objects.
    #[inline]
    pub(crate) fn begin(&mut self, depth: usize) -> Place {
        if self.levels.len() != depth {
            return Place::Off;
        }
        if let Some(level) = self.levels.last_mut() {
            level.count += 1;
            let is_on = match &self.path.steps[depth - 1] {
                Step::Every => true,
                Step::Index(index) => level.is_array && level.count == index + 1,
                Step::Name(name) => !level.is_array && level.name.as_ref() == Some(name),
            };
            if !is_on {
                return Place::Off;
            }
        }
        self.reached = self.reached.max(depth);
        if depth < self.path.steps.len() {
            return Place::On;
        }
        self.is_found = true;
        Place::Record
    }

    /// The value that began is an array or an object, and on the path.
    pub(crate) fn open(&mut self, is_array: bool) {
        self.levels.push(Level { is_array, count: 0, name: None, is_met: false });
    }

    /// The innermost of `depth` open arrays and objects closes.
    pub(crate) fn close(&mut self, depth: usize) {
        if self.levels.len() != depth {
            return;
        }
        if let Some(level) = self.levels.pop() {
            self.is_found |= level.count == 0 && self.path.steps[depth - 1] == Step::Every;
        }
    }

    /// The member at hand is called so. False when the path asks for that name, and it stood in this object before.
    pub(crate) fn name(&mut self, raw: &[u8]) -> bool {
        let Some(level) = self.levels.last_mut() else { return true };
        level.name = decode_name(raw);
        let Step::Name(asked) = &self.path.steps[self.levels.len() - 1] else { return true };
        let level = self.levels.last_mut().expect("there is one");
        let is_asked = level.name.as_ref() == Some(asked);
        let is_again = is_asked && level.is_met;
        level.is_met |= is_asked;
        !is_again
    }

    /// Where the record that began stands: the pointer to it or, where it is an element of an array, to the array, and its index.
    pub(crate) fn pointer(&self) -> (String, Option<u64>) {
        let mut pointer = String::new();
        let last = self.levels.len().saturating_sub(1);
        for (at, level) in self.levels.iter().enumerate() {
            let index = level.count.saturating_sub(1);
            if level.is_array && at == last {
                return (pointer, Some(index));
            }
            let _ = match &level.name {
                Some(name) if !level.is_array => write!(pointer, "/{}", escape(name)),
                None if !level.is_array => write!(pointer, "/\u{FFFD}"),
                _ => write!(pointer, "/{index}"),
            };
        }
        (pointer, None)
    }

    /// Why there are no records, if nothing stands where they were to be.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.is_found {
            return None;
        }
        let (there, next) = (self.path.first(self.reached), self.path.first(self.reached + 1));
        Some(format!("The document has no records at {}: {there} is there, but {next} is not.", self.path.text))
    }
}
