//! A backslash and what it makes one character of.

/// Reads it off `rest`. It may be half of a surrogate pair, which is in no text.
pub(super) fn character(rest: &mut &str) -> Result<u32, String> {
    let mut after = rest[1..].chars();
    let Some(letter) = after.next() else {
        return Err("a backslash ends the pattern; write \\\\ for the character".to_owned());
    };
    let found = match letter {
        'a' => 0x07,
        'f' => 0x0C,
        'n' => 0x0A,
        'r' => 0x0D,
        't' => 0x09,
        'v' => 0x0B,
        'x' => return hexadecimal(rest),
        '0'..='7' => return octal(rest),
        mark if mark.is_ascii() && !mark.is_ascii_alphanumeric() => mark.into(),
        letter => return Err(unknown(letter)),
    };
    *rest = after.as_str();
    Ok(found)
}

fn hexadecimal(rest: &mut &str) -> Result<u32, String> {
    let text = &rest[2..];
    let found = match text.strip_prefix('{') {
        Some(text) => text.split_once('}').map(|(digits, _)| (digits, digits.len() + 2)),
        None => text.get(..2).map(|digits| (digits, 2)),
    };
    let found = found.filter(|(digits, _)| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let value = found.and_then(|(digits, length)| Some((u32::from_str_radix(digits, 16).ok()?, length)));
    match value.filter(|(value, _)| *value <= u32::from(char::MAX)) {
        Some((value, length)) => {
            *rest = &text[length..];
            Ok(value)
        }
        None => Err("\\x takes two hexadecimal digits, or up to 10FFFF in braces: \\x41 or \\x{1F600}".to_owned()),
    }
}

/// Up to three digits; one alone that is not 0 would refer to a group, which RE2 cannot.
fn octal(rest: &mut &str) -> Result<u32, String> {
    let text = &rest[1..];
    let length = text.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    if length == 1 && !text.starts_with('0') {
        return Err(unknown(text.chars().next().unwrap_or_default()));
    }
    *rest = &text[length..];
    Ok(text[..length].bytes().fold(0, |value, digit| value * 8 + u32::from(digit - b'0')))
}

fn unknown(letter: char) -> String {
    let instead = match letter {
        'C' => "text is made of characters here, not of bytes, so write (?s:.)",
        'Z' => "write \\z for the end of the text, or \\n?\\z where a line feed may end it",
        'u' | 'U' => "write \\x{…} with the number of the character",
        'E' => "it ends what \\Q begins",
        'h' => "write [\\t ]",
        '1'..='9' => "it would refer to a group, which takes more than linear time",
        _ => "RE2 has \\d \\w \\s \\b \\pN \\x{…} \\Q…\\E \\A \\z and the negations of the first five",
    };
    format!("\\{letter} is not known here; {instead}")
}
