//! Sources that are not UTF-8: they are decoded at intake, so all that comes after sees UTF-8 alone.
//!
//! What cannot be decoded is never replaced: half a surrogate pair becomes the three bytes that it has in WTF-8, any other byte becomes
//! [`UNDECODABLE`], and both are no UTF-8. So the check of UTF-8 refuses their record, and theirs alone, and [`Encoding::locate`] gives the
//! violation its name and every position its place in the source.

mod decoder;
mod mark;

pub use decoder::Decoder;

use crate::check::Checked;
use crate::schema::plan::Builtin;
use crate::violation::{Detail, Violation};

/// Stands for a byte that is no text; it stands nowhere in UTF-8.
pub const UNDECODABLE: u8 = 0xFF;

/// How characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// ISO-8859-1: every byte is the character of its number.
    Latin1,
    /// windows-1252: as ISO-8859-1, but for 0x80 to 0x9F.
    Windows1252,
}

impl Encoding {
    /// Every one.
    pub const ALL: [Encoding; 5] = [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Latin1, Encoding::Windows1252];

    /// Its name in options and reports.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Latin1 => "latin1",
            Encoding::Windows1252 => "windows-1252",
        }
    }

    /// The one of that name.
    pub fn of_name(name: &str) -> Option<Encoding> {
        Encoding::ALL.into_iter().find(|encoding| encoding.name() == name)
    }

    /// The rule that a record breaks which cannot be decoded.
    pub fn fault(self) -> Builtin {
        match self {
            // Every byte is a character of ISO-8859-1, so it has no faults.
            Encoding::Utf8 | Encoding::Latin1 => Builtin::Encoding,
            Encoding::Utf16Le | Encoding::Utf16Be => Builtin::EncodingUtf16,
            Encoding::Windows1252 => Builtin::EncodingWindows1252,
        }
    }

    /// The bytes that `decoded` was in the source.
    pub fn source_bytes(self, decoded: &[u8]) -> u64 {
        // So many that their sum fits 16 bits, which a machine adds many of at once.
        let parts = decoded.chunks(1 << 13);
        match self {
            Encoding::Utf8 => decoded.len() as u64,
            Encoding::Latin1 | Encoding::Windows1252 => {
                parts.map(|part| u64::from(part.iter().map(|&byte| u16::from(byte as i8 >= -64)).sum::<u16>())).sum()
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                parts.map(|part| u64::from(part.iter().map(|&byte| utf16_bytes(byte)).sum::<u16>())).sum()
            }
        }
    }

    /// Turns positions in decoded `bytes` into those of the source, and names what could not be decoded. Gives the source's bytes that were
    /// consumed.
    pub fn locate(self, bytes: &[u8], checked: &mut Checked) -> u64 {
        if self == Encoding::Utf8 {
            return checked.consumed as u64;
        }
        let mut places = Places { encoding: self, bytes, at: 0, source: 0 };
        for violation in &mut checked.violations {
            self.name_fault(&mut violation.rule);
            places.locate(violation);
        }
        if let Some(violation) = &mut checked.abort {
            places.locate(violation);
        }
        for (rule, _) in &mut checked.counts {
            self.name_fault(rule);
        }
        places.of(checked.consumed)
    }

    fn name_fault(self, rule: &mut u32) {
        if *rule == Builtin::Encoding.id() {
            *rule = self.fault().id();
        }
    }
}

/// The bytes of UTF-16 that a byte of UTF-8 stands for: those of its character, where it is the first of one.
#[inline(always)]
fn utf16_bytes(byte: u8) -> u16 {
    let is_first = byte as i8 >= -64;
    let is_long = byte >= 0xF0;
    let is_half = byte == UNDECODABLE;
    2 * u16::from(is_first) + 2 * u16::from(is_long) - 3 * u16::from(is_half)
}

/// Places in the source. Each is counted from the one before, so that many cost no more than one way through the bytes.
struct Places<'b> {
    encoding: Encoding,
    bytes: &'b [u8],
    at: usize,
    source: u64,
}

impl Places<'_> {
    fn of(&mut self, at: usize) -> u64 {
        let at = at.min(self.bytes.len());
        if at >= self.at {
            self.source += self.encoding.source_bytes(&self.bytes[self.at..at]);
        } else {
            self.source -= self.encoding.source_bytes(&self.bytes[at..self.at]);
        }
        self.at = at;
        self.source
    }

    fn locate(&mut self, violation: &mut Violation) {
        let byte = violation.byte as usize;
        if let Detail::Offset(offset) | Detail::Syntax(offset, _) = &mut violation.detail {
            // The position of an unclosed quote is the quote's; every other one is that of its record.
            let start = if violation.rule == Builtin::QuoteUnclosed.id() { byte - *offset as usize } else { byte };
            let of_start = self.of(start);
            *offset = (self.of(start + *offset as usize) - of_start) as u32;
        }
        violation.byte = self.of(byte) as u32;
    }
}
