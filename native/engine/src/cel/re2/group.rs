//! Groups and flags: what comes after `(`.

use super::{GROUPS_MAX, Group, Reader};

/// What flags say of the rest of a group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    /// `i`: case makes no difference.
    pub(super) is_folded: bool,
    /// `m`: `^` and `$` stand at line ends too.
    pub(super) is_by_line: bool,
    /// `s`: `.` is a line feed too.
    pub(super) is_dot_all: bool,
}

const KNOWN: &str = "RE2 has (?:…), (?P<name>…), (?<name>…) and the flags i, m, s and U: (?i) or (?i:…)";

impl Reader<'_> {
    pub(super) fn open(&mut self) -> Result<(), String> {
        let flags = self.flags;
        let is_group = match self.rest.strip_prefix("(?") {
            Some(rest) if rest.starts_with("P<") || rest.starts_with('<') => self.name().map(|()| true)?,
            Some(_) => self.flags()?,
            None => self.eat("("),
        };
        if !is_group {
            return Ok(());
        }
        if self.groups.len() > GROUPS_MAX {
            return Err(format!("groups are nested deeper than {GROUPS_MAX} levels; take some away"));
        }
        self.groups.push(Group { flags, ..Group::default() });
        Ok(())
    }

    pub(super) fn close(&mut self) -> Result<(), String> {
        if self.groups.len() == 1 {
            return Err("a ) closes no group; write \\) for the character".to_owned());
        }
        if let Some(group) = self.groups.pop() {
            self.flags = group.flags;
            let item = group.close();
            self.group().items.push(item);
        }
        self.eat(")");
        Ok(())
    }

    /// The beginning of a group with a name, which nothing asks for; it must be one.
    fn name(&mut self) -> Result<(), String> {
        let start = self.rest.find('<').map_or(0, |at| at + 1);
        let end = self.rest.find('>').unwrap_or(start);
        let name = &self.rest[start..end];
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err("the name of a group is letters, digits and _ of ASCII, and > ends it: (?P<name>…)".to_owned());
        }
        self.rest = &self.rest[end + 1..];
        Ok(())
    }

    /// Flags, and whether a group begins with them: else they hold to the end of the group around.
    fn flags(&mut self) -> Result<bool, String> {
        let (mut flags, mut wanted, mut is_dangling) = (self.flags, true, false);
        for (at, letter) in self.rest.char_indices().skip(2) {
            match letter {
                'i' => flags.is_folded = wanted,
                'm' => flags.is_by_line = wanted,
                's' => flags.is_dot_all = wanted,
                // Which of several ways a text matches is never asked.
                'U' => {}
                '-' if wanted => {
                    (wanted, is_dangling) = (false, true);
                    continue;
                }
                ':' | ')' if !is_dangling => {
                    self.flags = flags;
                    self.rest = &self.rest[at + 1..];
                    return Ok(letter == ':');
                }
                _ => break,
            }
            is_dangling = false;
        }
        Err(format!("what follows (? is not known; {KNOWN}"))
    }
}
