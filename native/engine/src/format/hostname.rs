//! Host names in ASCII, and the door to those that are not.

use super::idn;

/// The longest name that the DNS can carry, in text without its trailing dot.
pub(super) const NAME_LENGTH_MAX: usize = 253;
/// The longest label that the DNS can carry.
pub(super) const LABEL_LENGTH_MAX: usize = 63;

/// RFC 1123 host name. Its A-labels stand for U-labels, which have to be valid too.
pub(super) fn is_hostname(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= NAME_LENGTH_MAX
        && match ldh_name(bytes) {
            LdhName::Plain => true,
            LdhName::WithALabel => idn::is_domain_name(text),
            LdhName::Invalid => false,
        }
}

/// RFC 1123 host name or RFC 5890 internationalized host name.
pub(super) fn is_idn_hostname(text: &str) -> bool {
    if text.is_ascii() { is_hostname(text) } else { idn::is_domain_name(text) }
}

/// What a text is as a name of letter-digit-hyphen labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LdhName {
    /// Some label is none, or is longer than the DNS allows.
    Invalid,
    /// Every label means what it says.
    Plain,
    /// Some label begins with `xn--`.
    WithALabel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    LetterOrDigit,
    Hyphen,
    Dot,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Class::LetterOrDigit,
            b'-' => Class::Hyphen,
            b'.' => Class::Dot,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

/// Reads labels of letters, digits and inner hyphens, joined by dots. The length of the whole is the caller's to bound.
pub(super) fn ldh_name(bytes: &[u8]) -> LdhName {
    let mut name = LdhName::Plain;
    let mut label_start = 0;
    // Before the first label is as after a dot.
    let mut previous = Class::Dot;
    for (at, &byte) in bytes.iter().enumerate() {
        let class = CLASSES[usize::from(byte)];
        match class {
            Class::LetterOrDigit => {}
            Class::Hyphen => {
                if previous == Class::Dot {
                    return LdhName::Invalid;
                }
                if at == label_start + 3 && is_a_label(&bytes[label_start..]) {
                    name = LdhName::WithALabel;
                }
            }
            Class::Dot => {
                if previous != Class::LetterOrDigit || at - label_start > LABEL_LENGTH_MAX {
                    return LdhName::Invalid;
                }
                label_start = at + 1;
            }
            Class::Other => return LdhName::Invalid,
        }
        previous = class;
    }
    if previous != Class::LetterOrDigit || bytes.len() - label_start > LABEL_LENGTH_MAX {
        return LdhName::Invalid;
    }
    name
}

/// Whether a label has the prefix of the labels that Punycode made.
pub(super) fn is_a_label(label: &[u8]) -> bool {
    matches!(label, [b'x' | b'X', b'n' | b'N', b'-', b'-', ..])
}
