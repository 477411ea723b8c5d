//! URI Templates of RFC 6570, of any level.

use super::uri::{is_iprivate, is_ucschar, percent_encoded_length};

/// RFC 6570 `URI-Template`.
pub(super) fn is_uri_template(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = &rest[literals_length(rest)..];
        if rest.is_empty() {
            return true;
        }
        let Some((expression, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            return false;
        };
        if !is_expression(expression.as_bytes()) {
            return false;
        }
        rest = after;
    }
}

/// The length of the `literals` that `text` begins with. Erratum 6937 adds the apostrophe to them.
fn literals_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        match byte {
            b'%' => match percent_encoded_length(&bytes[length..]) {
                Some(encoded) => length += encoded,
                None => break,
            },
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => break,
            0x21..=0x7E => length += 1,
            _ => match text[length..].chars().next() {
                Some(character) if is_ucschar(character) || is_iprivate(character) => {
                    length += character.len_utf8();
                }
                _ => break,
            },
        }
    }
    length
}

/// What an `expression` has between its braces. The operators reserved for extensions are in the grammar too.
fn is_expression(bytes: &[u8]) -> bool {
    let variables = match bytes {
        [b'+' | b'#' | b'.' | b'/' | b';' | b'?' | b'&' | b'=' | b',' | b'!' | b'@' | b'|', variables @ ..] => variables,
        _ => bytes,
    };
    variables.split(|&byte| byte == b',').all(is_variable)
}

/// RFC 6570 `varspec`.
fn is_variable(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| matches!(byte, b':' | b'*'));
    let (name, modifier) = bytes.split_at(end.unwrap_or(bytes.len()));
    let is_modifier = match modifier {
        [] | [b'*'] => true,
        [b':', b'1'..=b'9', digits @ ..] => digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_modifier && name.split(|&byte| byte == b'.').all(are_variable_characters)
}

/// One or more RFC 6570 `varchar`.
fn are_variable_characters(mut bytes: &[u8]) -> bool {
    let mut is_some = false;
    while let Some((&first, after)) = bytes.split_first() {
        bytes = match percent_encoded_length(bytes) {
            Some(encoded) => &bytes[encoded..],
            None if first == b'_' || first.is_ascii_alphanumeric() => after,
            None => return false,
        };
        is_some = true;
    }
    is_some
}
