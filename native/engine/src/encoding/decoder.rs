//! From bytes of any encoding, in chunks of any size, to UTF-8.

use super::mark::encoding_of;
use super::{Encoding, UNDECODABLE};
use crate::error::Error;

/// Most bytes of UTF-8 that one byte of another encoding becomes.
const GROWTH: usize = 3;

/// The characters of windows-1252 from 0x80 to 0x9F; those that it does not define are NUL.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•', '–', '—', '˜', '™',
    'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// Decodes one source.
#[derive(Debug)]
pub struct Decoder {
    asked: Option<Encoding>,
    encoding: Option<Encoding>,
    /// The first bytes of the source, until its encoding is known.
    front: Vec<u8>,
    /// The first byte of a code unit that a chunk cut in two.
    half: Option<u8>,
    /// The first half of a surrogate pair whose second has not come yet.
    high: Option<u16>,
    fault: Option<Error>,
}

impl Decoder {
    /// A source of the encoding `asked`; where that is `None`, of UTF-8, or of UTF-16 if a byte order mark says so.
    pub fn new(asked: Option<Encoding>) -> Decoder {
        Decoder { asked, encoding: None, front: Vec::new(), half: None, high: None, fault: None }
    }

    /// A source that is read on from the midst of it, where it has no mark, and its encoding is known.
    pub fn from_within(encoding: Encoding) -> Decoder {
        Decoder { encoding: Some(encoding), ..Decoder::new(Some(encoding)) }
    }

    /// The encoding, once it is known.
    pub fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// Why the source cannot be read.
    pub fn fault(&self) -> Option<&Error> {
        self.fault.as_ref()
    }

    /// Decodes from the front of `chunk`, which is not empty, into `room` bytes or a few more, and tells how many bytes of it that took.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>, room: usize) -> usize {
        match self.encoding {
            // The source has failed, and whoever pushes is about to hear of it.
            _ if self.fault.is_some() => chunk.len(),
            None => {
                self.front.push(chunk[0]);
                self.begin(out, false);
                1
            }
            Some(Encoding::Utf8) => {
                let taken = room.min(chunk.len());
                out.extend_from_slice(&chunk[..taken]);
                taken
            }
            Some(encoding) => {
                let taken = (room / GROWTH).max(1).min(chunk.len());
                self.decode(encoding, &chunk[..taken], out);
                taken
            }
        }
    }

    /// No bytes follow: decodes what waited for them.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.encoding.is_none() {
            self.begin(out, true);
        }
        if let Some(high) = self.high.take() {
            push_surrogate(high, out);
        }
        if self.half.take().is_some() {
            out.push(UNDECODABLE);
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>, last: bool) {
        match encoding_of(&self.front, self.asked, last) {
            Ok(Some(encoding)) => {
                self.encoding = Some(encoding);
                let front = std::mem::take(&mut self.front);
                self.decode(encoding, &front, out);
            }
            Ok(None) => {}
            Err(fault) => self.fault = Some(fault),
        }
    }

    fn decode(&mut self, encoding: Encoding, bytes: &[u8], out: &mut Vec<u8>) {
        match encoding {
            Encoding::Utf8 => out.extend_from_slice(bytes),
            Encoding::Utf16Le => self.utf16(bytes, u16::from_le_bytes, out),
            Encoding::Utf16Be => self.utf16(bytes, u16::from_be_bytes, out),
            Encoding::Latin1 => bytes_each(bytes, out, |byte, out| push_char(char::from(byte), out)),
            Encoding::Windows1252 => bytes_each(bytes, out, |byte, out| match WINDOWS_1252.get(usize::from(byte - 0x80)) {
                Some('\0') => out.push(UNDECODABLE),
                Some(&character) => push_char(character, out),
                None => push_char(char::from(byte), out),
            }),
        }
    }

    #[inline(always)]
    fn utf16(&mut self, mut bytes: &[u8], unit: impl Fn([u8; 2]) -> u16, out: &mut Vec<u8>) {
        if let (Some(first), Some((&second, rest))) = (self.half, bytes.split_first()) {
            self.half = None;
            self.unit(unit([first, second]), out);
            bytes = rest;
        }
        let (pairs, rest) = bytes.as_chunks::<2>();
        for block in pairs.chunks(16) {
            // Most text is ASCII, and a block of it has no halves of pairs.
            if self.high.is_none() && block.iter().fold(0, |all, &pair| all | unit(pair)) < 0x80 {
                out.extend(block.iter().map(|&pair| unit(pair) as u8));
            } else {
                block.iter().for_each(|&pair| self.unit(unit(pair), out));
            }
        }
        self.half = rest.first().copied().or(self.half);
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            if (0xDC00..0xE000).contains(&unit) {
                let code = 0x10000 + (u32::from(high - 0xD800) << 10) + u32::from(unit - 0xDC00);
                return push_char(char::from_u32(code).expect("a pair is a character"), out);
            }
            push_surrogate(high, out);
        }
        match char::from_u32(u32::from(unit)) {
            Some(character) => push_char(character, out),
            None if unit < 0xDC00 => self.high = Some(unit),
            None => push_surrogate(unit, out),
        }
    }
}

/// Copies runs of ASCII, and hands every other byte to `other`.
fn bytes_each(bytes: &[u8], out: &mut Vec<u8>, other: impl Fn(u8, &mut Vec<u8>)) {
    for block in bytes.chunks(32) {
        if block.is_ascii() {
            out.extend_from_slice(block);
            continue;
        }
        for &byte in block {
            if byte.is_ascii() { out.push(byte) } else { other(byte, out) }
        }
    }
}

fn push_char(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// As WTF-8 writes it, which is no UTF-8.
fn push_surrogate(unit: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xED, 0x80 | (unit >> 6 & 0x3F) as u8, 0x80 | (unit & 0x3F) as u8]);
}
