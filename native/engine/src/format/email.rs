//! Mail addresses.

use super::hostname::{LdhName, ldh_name};
use super::{idn, ip};

/// RFC 5321 section 4.5.3.1.1, in octets.
const LOCAL_PART_LENGTH_MAX: usize = 64;
/// RFC 5321 section 4.5.3.1.2, in octets.
const DOMAIN_LENGTH_MAX: usize = 255;

/// RFC 5321 `Mailbox`. Its domain is bound by syntax alone, so a single label or a made-up A-label will do.
pub(super) fn is_email(bytes: &[u8]) -> bool {
    match domain::<false>(bytes) {
        Some([b'[', rest @ ..]) => is_address_literal(rest),
        Some(domain) => is_ascii_domain(domain),
        None => false,
    }
}

/// RFC 6531 `Mailbox`. The domain is mapped before it is looked up, so it is valid when what it maps to is.
pub(super) fn is_idn_email(text: &str) -> bool {
    let Some(domain) = domain::<true>(text.as_bytes()) else {
        return false;
    };
    match domain {
        [b'[', rest @ ..] => is_address_literal(rest),
        _ if domain.is_ascii() => is_ascii_domain(domain),
        _ => {
            // The domain follows an ASCII `@`, so it begins at a character.
            let domain = &text[text.len() - domain.len()..];
            domain.len() <= DOMAIN_LENGTH_MAX && idn::is_domain_name(&idn::mapped(domain))
        }
    }
}

/// Which bytes RFC 5322 `atext` has.
const ATEXT: [bool; 256] = {
    let mut atext = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        atext[byte as usize] = matches!(
            byte,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+'
                | b'-' | b'/' | b'=' | b'?' | b'^' | b'_' | b'`' | b'{' | b'|' | b'}' | b'~'
        );
        byte += 1;
    }
    atext
};

/// What follows a valid local part and its `@`.
fn domain<const INTERNATIONAL: bool>(bytes: &[u8]) -> Option<&[u8]> {
    let length = match bytes {
        [b'"', rest @ ..] => quoted_string_length::<INTERNATIONAL>(rest)? + 1,
        _ => dot_string_length::<INTERNATIONAL>(bytes)?,
    };
    match &bytes[length..] {
        [b'@', domain @ ..] if length <= LOCAL_PART_LENGTH_MAX => Some(domain),
        _ => None,
    }
}

/// The length of the `Dot-string` that `bytes` begin with.
fn dot_string_length<const INTERNATIONAL: bool>(bytes: &[u8]) -> Option<usize> {
    // Before the first atom is as after a dot.
    let mut is_after_dot = true;
    let mut length = 0;
    for &byte in bytes {
        if ATEXT[usize::from(byte)] || (INTERNATIONAL && byte >= 0x80) {
            is_after_dot = false;
        } else if byte == b'.' && !is_after_dot {
            is_after_dot = true;
        } else {
            break;
        }
        length += 1;
    }
    (!is_after_dot).then_some(length)
}

/// The length of a `Quoted-string` after its opening quote, its closing quote included.
fn quoted_string_length<const INTERNATIONAL: bool>(bytes: &[u8]) -> Option<usize> {
    let mut length = 0;
    loop {
        match bytes[length..] {
            [b'"', ..] => return Some(length + 1),
            [b'\\', b' '..=b'~', ..] => length += 2,
            [b'\\', ..] => return None,
            [b' '..=b'~', ..] => length += 1,
            [0x80..=0xFF, ..] if INTERNATIONAL => length += 1,
            _ => return None,
        }
    }
}

fn is_ascii_domain(domain: &[u8]) -> bool {
    domain.len() <= DOMAIN_LENGTH_MAX && ldh_name(domain) != LdhName::Invalid
}

/// An `address-literal` after its opening bracket. `IPv6` is the only tag that IANA has registered.
fn is_address_literal(bytes: &[u8]) -> bool {
    let [address @ .., b']'] = bytes else {
        return false;
    };
    match address.split_first_chunk::<5>() {
        Some((tag, address)) if tag.eq_ignore_ascii_case(b"IPv6:") => ip::is_ipv6(address),
        _ => ip::is_ipv4(address),
    }
}
