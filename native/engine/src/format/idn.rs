//! Internationalized domain names: the validity of U-labels and A-labels by RFC 5891, RFC 5892 and RFC 5893.

use super::hostname::{LABEL_LENGTH_MAX, LdhName, NAME_LENGTH_MAX, is_a_label, ldh_name};
use super::idn_tables::{GREEK, HAN, HEBREW, HIRAGANA, KATAKANA, PROTOCOL_VALID, contains};
use super::punycode;
use unicode_bidi::{BidiClass, bidi_class};
use unicode_joining_type::{JoiningType, get_joining_type};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// A name of NR-LDH labels, A-labels and U-labels, joined by any of the dots of RFC 3490 section 3.1. Nothing is mapped:
/// a capital letter in a U-label makes it invalid.
pub(super) fn is_domain_name(text: &str) -> bool {
    // A character makes at least one byte of the name in ASCII, so this bounds the work on hopeless texts.
    if text.len() > NAME_LENGTH_MAX * 4 {
        return false;
    }
    let mut labels = Vec::new();
    let mut ascii_length = 0;
    for text in text.split(is_dot) {
        let Some(label) = read_label(text) else {
            return false;
        };
        ascii_length += label.ascii_length;
        labels.push(label.characters);
    }
    let dots = labels.len() - 1;
    ascii_length + dots <= NAME_LENGTH_MAX
        && (!labels.iter().any(|label| has_right_to_left(label)) || labels.iter().all(|label| follows_bidi_rule(label)))
}

/// The lookup form of a domain name, which RFC 5895 makes of what people type: small letters of usual width, in NFC.
pub(super) fn mapped(name: &str) -> String {
    let mut mapped = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            // What is valid stays: the capitals of Cherokee are its valid letters, and its small ones are not.
            _ if contains(&PROTOCOL_VALID, character) => mapped.push(character),
            '\u{FF00}'..='\u{FFEF}' => {
                mapped.extend([character].into_iter().nfkc().flat_map(char::to_lowercase));
            }
            _ => mapped.extend(character.to_lowercase()),
        }
    }
    mapped.nfc().collect()
}

fn is_dot(character: char) -> bool {
    matches!(character, '.' | '\u{3002}' | '\u{FF0E}' | '\u{FF61}')
}

/// A valid label.
struct Label {
    /// What it shows: of an A-label, the U-label it stands for.
    characters: Vec<char>,
    /// Its length in the DNS.
    ascii_length: usize,
}

fn read_label(text: &str) -> Option<Label> {
    let bytes = text.as_bytes();
    let (characters, ascii_length) = if is_a_label(bytes) {
        (decoded_a_label(bytes)?, bytes.len())
    } else if text.is_ascii() {
        if ldh_name(bytes) == LdhName::Invalid {
            return None;
        }
        (text.chars().collect(), bytes.len())
    } else {
        let characters: Vec<char> = text.chars().collect();
        // Each character makes at least one byte, and encoding takes time as the square of their number.
        if characters.len() > LABEL_LENGTH_MAX {
            return None;
        }
        let ascii_length = A_LABEL_PREFIX_LENGTH + punycode::encode(&characters)?.len();
        if !is_u_label(&characters) {
            return None;
        }
        (characters, ascii_length)
    };
    (ascii_length <= LABEL_LENGTH_MAX).then_some(Label { characters, ascii_length })
}

const A_LABEL_PREFIX_LENGTH: usize = 4;

/// The U-label that an A-label stands for. One U-label has one A-label, so what does not encode to itself again is none.
fn decoded_a_label(bytes: &[u8]) -> Option<Vec<char>> {
    if bytes.len() > LABEL_LENGTH_MAX {
        return None;
    }
    let encoded = bytes[A_LABEL_PREFIX_LENGTH..].to_ascii_lowercase();
    let characters = punycode::decode(&encoded)?;
    let is_valid = !characters.iter().all(char::is_ascii) && punycode::encode(&characters)? == encoded && is_u_label(&characters);
    is_valid.then_some(characters)
}

/// RFC 5891 section 4.2, but for the rules on length and direction.
fn is_u_label(label: &[char]) -> bool {
    let (Some(&first), Some(&last)) = (label.first(), label.last()) else {
        return false;
    };
    first != '-'
        && last != '-'
        && label.get(2..4) != Some(&['-', '-'])
        && !is_combining_mark(first)
        && label.iter().copied().nfc().eq(label.iter().copied())
        && (0..label.len()).all(|at| is_permitted(label, at))
}

/// Whether the character at an index is PVALID, or is a CONTEXTJ or CONTEXTO whose rule in RFC 5892 appendix A holds.
fn is_permitted(label: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|index| label[index]);
    let after = label.get(at + 1).copied();
    match label[at] {
        // ZERO WIDTH NON-JOINER
        '\u{200C}' => before.is_some_and(is_virama) || breaks_cursive_joining(label, at),
        // ZERO WIDTH JOINER
        '\u{200D}' => before.is_some_and(is_virama),
        // MIDDLE DOT
        '\u{B7}' => before == Some('l') && after == Some('l'),
        // GREEK LOWER NUMERAL SIGN (KERAIA)
        '\u{375}' => after.is_some_and(|after| contains(&GREEK, after)),
        // HEBREW PUNCTUATION GERESH and GERSHAYIM
        '\u{5F3}' | '\u{5F4}' => before.is_some_and(|before| contains(&HEBREW, before)),
        // KATAKANA MIDDLE DOT
        '\u{30FB}' => {
            label.iter().any(|&character| contains(&HIRAGANA, character) || contains(&KATAKANA, character) || contains(&HAN, character))
        }
        // ARABIC-INDIC DIGITS
        '\u{660}'..='\u{669}' => !label.iter().any(|c| matches!(c, '\u{6F0}'..='\u{6F9}')),
        // EXTENDED ARABIC-INDIC DIGITS
        '\u{6F0}'..='\u{6F9}' => !label.iter().any(|c| matches!(c, '\u{660}'..='\u{669}')),
        character => contains(&PROTOCOL_VALID, character),
    }
}

fn is_virama(character: char) -> bool {
    canonical_combining_class(character) == 9
}

/// RFC 5892 appendix A.1: the letters on both sides, marks aside, would join here.
fn breaks_cursive_joining(label: &[char], at: usize) -> bool {
    let is_opaque = |kind: &JoiningType| *kind != JoiningType::Transparent;
    let before = label[..at].iter().rev().map(|&c| get_joining_type(c)).find(is_opaque);
    let after = label[at + 1..].iter().map(|&c| get_joining_type(c)).find(is_opaque);
    matches!(before, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(after, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// Whether a label makes its name a Bidi domain name.
fn has_right_to_left(label: &[char]) -> bool {
    label.iter().any(|&character| matches!(bidi_class(character), BidiClass::R | BidiClass::AL | BidiClass::AN))
}

/// RFC 5893 section 2, for each label of a Bidi domain name.
fn follows_bidi_rule(label: &[char]) -> bool {
    use BidiClass::{AL, AN, BN, CS, EN, ES, ET, L, NSM, ON, R};
    let mut classes = label.iter().map(|&character| bidi_class(character));
    let last = classes.clone().rfind(|&class| class != NSM);
    match label.first().map(|&first| bidi_class(first)) {
        Some(R | AL) => {
            let has = |wanted| label.iter().any(|&character| bidi_class(character) == wanted);
            classes.all(|class| matches!(class, R | AL | AN | EN | ES | CS | ET | ON | BN | NSM))
                && matches!(last, Some(R | AL | EN | AN))
                && !(has(EN) && has(AN))
        }
        Some(L) => classes.all(|class| matches!(class, L | EN | ES | CS | ET | ON | BN | NSM)) && matches!(last, Some(L | EN)),
        _ => false,
    }
}
