//! Patterns of `matches`, in the syntax of RE2, which CEL names for it.
//!
//! The crate regex-automata searches, and its own syntax is never asked: much of it reads like RE2 and means something else (`\d` of all
//! scripts, `[a&&b]`). So a pattern is read here as RE2 reads it, and what RE2 would refuse is refused. The crate gets what it means, and
//! is only asked whether a text matches; so it makes no difference how greedy a repetition is, or what a group captures.

mod class;
mod escape;
mod group;

#[cfg(test)]
mod tests;

use class::{Set, any, bracketed, folded, named, range};
use group::Flags;
use regex_syntax::hir::{Class, Hir, Look, Repetition};
use std::ops::RangeInclusive;

/// How often a repetition may repeat, together with those that are around it; RE2 has the same bound.
const COPIES_MAX: u32 = 1_000;
/// Groups within one another; RE2 has the same bound.
const GROUPS_MAX: usize = 1_000;

/// What the pattern `source` means, or why it is refused.
pub(super) fn read(source: &str) -> Result<Hir, String> {
    let mut reader = Reader { rest: source, flags: Flags::default(), groups: vec![Group::default()], has_within: false };
    let hir = reader.pattern();
    hir.map_err(|fault| format!("{fault} (at character {})", 1 + source[..source.len() - reader.rest.len()].chars().count()))
}

/// What a repetition may follow.
struct Item {
    hir: Hir,
    /// The most copies that repetitions make of anything in it.
    copies: u32,
}

/// A group that is not closed yet; the first one is the pattern.
#[derive(Default)]
struct Group {
    /// What held before it, and does again after it.
    flags: Flags,
    /// Alternatives that are complete.
    branches: Vec<Item>,
    /// Of the last alternative.
    items: Vec<Item>,
}

struct Reader<'p> {
    rest: &'p str,
    flags: Flags,
    groups: Vec<Group>,
    /// Whether `\B` stands in the pattern.
    has_within: bool,
}

impl Reader<'_> {
    fn pattern(&mut self) -> Result<Hir, String> {
        let mut is_repetition = false;
        while let Some(next) = self.rest.chars().next() {
            let counts = self.counts(next);
            let was_repetition = std::mem::replace(&mut is_repetition, counts.is_some());
            match counts {
                Some(_) if was_repetition => {
                    return Err(format!("{next} repeats what is repeated already; put that in a group: (?:a*){next}"));
                }
                Some((counts, length)) => {
                    self.repeat(next, counts)?;
                    self.rest = &self.rest[length..];
                    // One that is not greedy matches the same texts.
                    self.eat("?");
                }
                None => self.item(next)?,
            }
        }
        match self.groups.pop() {
            Some(group) if self.groups.is_empty() => Ok(if self.has_within { from_start(group.close().hir) } else { group.close().hir }),
            _ => Err("a group is not closed; add ), or write \\( for the character".to_owned()),
        }
    }

    /// All that is no repetition.
    fn item(&mut self, next: char) -> Result<(), String> {
        match next {
            '(' => return self.open(),
            ')' => return self.close(),
            '\\' => return self.escaped(),
            '[' => {
                let set = bracketed(&mut self.rest, self.flags.is_folded)?;
                self.push_set(set);
                return Ok(());
            }
            '|' => {
                let group = self.group();
                let items = std::mem::take(&mut group.items);
                group.branches.push(joined(items));
            }
            '^' => self.push(Hir::look(if self.flags.is_by_line { Look::StartLF } else { Look::Start })),
            '$' => self.push(Hir::look(if self.flags.is_by_line { Look::EndLF } else { Look::End })),
            '.' => {
                let mut set = any();
                if !self.flags.is_dot_all {
                    set.difference(&range('\n'.into(), '\n'.into()));
                }
                self.push_set(set);
            }
            character => self.push_character(character.into()),
        }
        self.rest = &self.rest[next.len_utf8()..];
        Ok(())
    }

    /// What stands for more than the character after the backslash, outside of a class.
    fn escaped(&mut self) -> Result<(), String> {
        let look = match self.rest.as_bytes().get(1) {
            Some(b'A') => Look::Start,
            Some(b'z') => Look::End,
            Some(b'b') => Look::WordAscii,
            Some(b'B') => {
                self.has_within = true;
                Look::WordAsciiNegate
            }
            Some(b'Q') => {
                let quoted = &self.rest[2..];
                let (quoted, rest) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                quoted.chars().for_each(|character| self.push_character(character.into()));
                self.rest = rest;
                return Ok(());
            }
            _ => {
                match named(&mut self.rest, self.flags.is_folded)? {
                    Some(set) => self.push_set(set),
                    None => {
                        let character = escape::character(&mut self.rest)?;
                        self.push_character(character);
                    }
                }
                return Ok(());
            }
        };
        self.push(Hir::look(look));
        self.rest = &self.rest[2..];
        Ok(())
    }

    /// How often what stands before is repeated, where a repetition comes next, and the length of its text.
    fn counts(&self, next: char) -> Option<(RangeInclusive<u32>, usize)> {
        match next {
            '*' => Some((0..=u32::MAX, 1)),
            '+' => Some((1..=u32::MAX, 1)),
            '?' => Some((0..=1, 1)),
            // Braces that hold no numbers stand for themselves.
            '{' => braced(self.rest),
            _ => None,
        }
    }

    fn repeat(&mut self, sign: char, counts: RangeInclusive<u32>) -> Result<(), String> {
        let (min, max) = counts.into_inner();
        let Some(item) = self.group().items.pop() else {
            return Err(format!("there is nothing for {sign} to repeat; write \\{sign} for the character"));
        };
        let most = if max == u32::MAX { min } else { max };
        let copies = if max == 0 { 1 } else { item.copies.saturating_mul(most.max(1)) };
        if min > max {
            return Err(format!("a repetition {{{min},{max}}} ends before it begins; put the smaller number first"));
        }
        if most > COPIES_MAX || copies > COPIES_MAX {
            return Err(format!("repetitions come to more than {COPIES_MAX} copies, of one or within one another; ask for fewer"));
        }
        let max = (max != u32::MAX).then_some(max);
        let hir = Hir::repetition(Repetition { min, max, greedy: true, sub: item.hir.into() });
        self.group().items.push(Item { hir, copies });
        Ok(())
    }

    fn group(&mut self) -> &mut Group {
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn push(&mut self, hir: Hir) {
        self.group().items.push(Item { hir, copies: 1 });
    }

    fn push_set(&mut self, set: Set) {
        self.push(Hir::class(Class::Unicode(set)));
    }

    fn push_character(&mut self, character: u32) {
        let set = range(character, character);
        self.push_set(if self.flags.is_folded { folded(set) } else { set });
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// The same, come to over whole characters. `\B` holds between the bytes of one too, where the crate would find it, leave it out, and
/// then search anew from the next byte: it misses matches that way, and takes quadratic time.
fn from_start(hir: Hir) -> Hir {
    let before = Repetition { min: 0, max: None, greedy: false, sub: Hir::class(Class::Unicode(any())).into() };
    Hir::concat(vec![Hir::look(Look::Start), Hir::repetition(before), hir])
}

impl Group {
    fn close(mut self) -> Item {
        self.branches.push(joined(self.items));
        let copies = most_copies(&self.branches);
        Item { hir: Hir::alternation(self.branches.into_iter().map(|item| item.hir).collect()), copies }
    }
}

fn joined(items: Vec<Item>) -> Item {
    let copies = most_copies(&items);
    Item { hir: Hir::concat(items.into_iter().map(|item| item.hir).collect()), copies }
}

fn most_copies(items: &[Item]) -> u32 {
    items.iter().map(|item| item.copies).max().unwrap_or(1)
}

/// The counts of `{2}`, `{2,}` or `{2,5}`, and its length. Numbers have no leading zeros.
fn braced(text: &str) -> Option<(RangeInclusive<u32>, usize)> {
    let end = text.find('}')?;
    let count = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_padded = digits.len() > 1 && digits.starts_with('0');
        // A number beyond what fits is above the bound all the same.
        (is_number && !is_padded).then(|| digits.parse().unwrap_or(u32::MAX).min(u32::MAX - 1))
    };
    let counts = match text[1..end].split_once(',') {
        None => count(&text[1..end]).map(|times| times..=times),
        Some((min, "")) => count(min).map(|min| min..=u32::MAX),
        Some((min, max)) => count(min).zip(count(max)).map(|(min, max)| min..=max),
    };
    counts.map(|counts| (counts, end + 1))
}
