//! JSON Pointers, absolute and relative.

/// RFC 6901 `json-pointer`.
pub(super) fn is_json_pointer(bytes: &[u8]) -> bool {
    match bytes {
        [] => true,
        [b'/', tokens @ ..] => are_reference_tokens(tokens),
        _ => false,
    }
}

/// Whether each `~` of the reference tokens begins one of the two escapes.
fn are_reference_tokens(mut tokens: &[u8]) -> bool {
    while let Some(at) = tokens.iter().position(|&byte| byte == b'~') {
        if !matches!(tokens.get(at + 1), Some(b'0' | b'1')) {
            return false;
        }
        tokens = &tokens[at + 2..];
    }
    true
}

/// draft-bhutton-relative-json-pointer-00. Its grammar forgets an index manipulation before `#`, which its text and its
/// example `0-1#` have, so it is accepted there too.
pub(super) fn is_relative_json_pointer(bytes: &[u8]) -> bool {
    let Some(mut rest) = after_integer(bytes) else {
        return false;
    };
    if let [b'+' | b'-', manipulation @ ..] = rest {
        match after_integer(manipulation) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest == b"#" || is_json_pointer(rest)
}

/// What follows a `non-negative-integer`, which has no leading zero.
fn after_integer(bytes: &[u8]) -> Option<&[u8]> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_integer = digits == 1 || (digits > 1 && bytes[0] != b'0');
    is_integer.then(|| &bytes[digits..])
}
