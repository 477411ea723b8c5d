//! Durations of RFC 3339 appendix A.

/// RFC 3339 appendix A `duration`. The designators are capitals, as in ISO 8601, from which the appendix takes them.
pub(super) fn is_duration(bytes: &[u8]) -> bool {
    let [b'P', rest @ ..] = bytes else {
        return false;
    };
    match rest.iter().position(|&byte| byte == b'T') {
        None => are_components(rest, b"YMD") || are_components(rest, b"W"),
        Some(at) => (at == 0 || are_components(&rest[..at], b"YMD")) && are_components(&rest[at + 1..], b"HMS"),
    }
}

/// Whether the text is one or more numbers, each with its unit. The grammar nests each unit in the one before it, so a run may
/// begin and end anywhere in `units` but leaves out none between.
fn are_components(mut bytes: &[u8], units: &[u8]) -> bool {
    let mut following = None;
    loop {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let Some((unit, rest)) = bytes[digits..].split_first() else {
            return digits == 0 && following.is_some();
        };
        let Some(index) = units.iter().position(|known| known == unit) else {
            return false;
        };
        if digits == 0 || following.is_some_and(|expected| expected != index) {
            return false;
        }
        following = Some(index + 1);
        bytes = rest;
    }
}
