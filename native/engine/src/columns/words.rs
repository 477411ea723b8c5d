//! The texts of a column that come again and again.

use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Words beyond which a column has too many.
const WORDS_MAX: usize = 200;
/// Bytes of the longest.
const WORD_BYTES_MAX: usize = 32;
/// Texts after which it is asked whether they come again.
const TRIAL: u32 = 64;
/// Places for words.
const PLACES: usize = 512;

/// Words by their codes, which are their places in the order in which they came.
#[derive(Debug)]
pub(super) struct Words {
    /// The code of a word and one more, by its hash; 0 where there is none.
    table: Box<[u8; PLACES]>,
    words: Vec<Word>,
    tried: u32,
    is_closed: bool,
}

#[derive(Debug)]
struct Word {
    length: u8,
    bytes: [u8; WORD_BYTES_MAX],
    code: u8,
}

/// What is known of a text.
pub(super) enum Found {
    Known(u8),
    /// It is a word now, under the code that was offered.
    New,
    /// It is none.
    No,
}

impl Words {
    pub(super) fn new() -> Words {
        Words { table: Box::new([0; PLACES]), words: Vec::new(), tried: 0, is_closed: false }
    }

    /// Looks for a text; `next` is the code that it gets if it is new.
    #[inline]
    pub(super) fn find(&mut self, text: &[u8], next: usize) -> Found {
        if self.is_closed || text.len() > WORD_BYTES_MAX {
            return Found::No;
        }
        self.tried += 1;
        let mut hasher = FxHasher::default();
        hasher.write(text);
        let mut place = hasher.finish() as usize % PLACES;
        while self.table[place] != 0 {
            let word = &self.words[usize::from(self.table[place]) - 1];
            if word.bytes[..usize::from(word.length)] == *text {
                return Found::Known(word.code);
            }
            place = (place + 1) % PLACES;
        }
        // Texts that hardly come again are not worth a look.
        if self.words.len() == WORDS_MAX || (self.tried >= TRIAL && self.words.len() as u32 * 2 > self.tried) {
            self.is_closed = true;
            return Found::No;
        }
        let mut bytes = [0; WORD_BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text);
        self.words.push(Word { length: text.len() as u8, bytes, code: next as u8 });
        self.table[place] = self.words.len() as u8;
        Found::New
    }
}
