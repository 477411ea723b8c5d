//! Mail addresses.

use super::hostname::{LdhName, ldh_name};
use super::{idn, ip};
use wide::u8x16;

/// RFC 5321 section 4.5.3.1.1, in octets.
const LOCAL_PART_LENGTH_MAX: usize = 64;
/// RFC 5321 section 4.5.3.1.2, in octets.
const DOMAIN_LENGTH_MAX: usize = 255;

/// RFC 5321 `Mailbox`. Its domain is bound by syntax alone, so a single label or a made-up A-label will do.
#[inline]
pub(super) fn is_email(bytes: &[u8]) -> bool {
    is_plain(bytes) || is_any_email(bytes)
}

/// Which bytes of a text are of a class, each by its place.
#[derive(Debug, Default, Clone, Copy)]
struct Places {
    letters_and_digits: u64,
    dots: u64,
    hyphens: u64,
    ats: u64,
    /// `_` and `+`.
    others: u64,
}

impl Places {
    #[inline(always)]
    fn of_block(block: u8x16) -> Places {
        let within = |block: u8x16, low: u8, count: u8| {
            let above = block - u8x16::splat(low);
            above.min(u8x16::splat(count - 1)).simd_eq(above)
        };
        let is = |byte: u8| block.simd_eq(u8x16::splat(byte));
        let mask = |lanes: u8x16| u64::from(lanes.to_bitmask() as u16);
        // Of the characters that the bit of lower case makes letters, all are letters.
        let letters = within(block | u8x16::splat(0x20), b'a', 26);
        Places {
            letters_and_digits: mask(letters | within(block, b'0', 10)),
            dots: mask(is(b'.')),
            hyphens: mask(is(b'-')),
            ats: mask(is(b'@')),
            others: mask(is(b'_') | is(b'+')),
        }
    }

    #[inline(always)]
    fn and(self, other: Places, at: usize) -> Places {
        Places {
            letters_and_digits: self.letters_and_digits | other.letters_and_digits << at,
            dots: self.dots | other.dots << at,
            hyphens: self.hyphens | other.hyphens << at,
            ats: self.ats | other.ats << at,
            others: self.others | other.others << at,
        }
    }

    /// `None` for a text that is shorter than 8 bytes, or longer than 64.
    #[inline(always)]
    fn of(bytes: &[u8]) -> Option<Places> {
        let length = bytes.len();
        let Some((first, last)) = bytes.first_chunk::<16>().zip(bytes.last_chunk::<16>()) else {
            // Two words that overlap make the one block.
            let low = u128::from(u64::from_le_bytes(*bytes.first_chunk()?));
            let high = u128::from(u64::from_le_bytes(*bytes.last_chunk()?)) << ((length - 8) * 8);
            return Some(Places::of_block(u8x16::new((low | high).to_le_bytes())));
        };
        if length > 64 {
            return None;
        }
        let mut places = Places::of_block(u8x16::new(*first));
        let mut at = 16;
        while at + 16 < length {
            let block = bytes.get(at..).and_then(<[u8]>::first_chunk)?;
            places = places.and(Places::of_block(u8x16::new(*block)), at);
            at += 16;
        }
        Some(places.and(Places::of_block(u8x16::new(*last)), length - 16))
    }
}

/// True for an address of 8 to 64 bytes, without quotes or brackets, whose local part has no character but letters, digits, dots, hyphens, `_`
/// and `+`: what most of them are. No label of such an address can be too long.
#[inline(always)]
fn is_plain(bytes: &[u8]) -> bool {
    let Some(Places { letters_and_digits, dots, hyphens, ats, others }) = Places::of(bytes) else {
        return false;
    };
    let last = 1 << (bytes.len() - 1);
    let all = letters_and_digits | dots | hyphens | ats | others;
    if all != last | (last - 1) || ats.count_ones() != 1 {
        return false;
    }
    let local = ats - 1;
    let joints = dots | ats;
    let (starts, ends) = (joints << 1 | 1, joints >> 1 | last);
    // No part is empty; in the domain none begins or ends with a hyphen, nor has it other characters.
    (starts & joints) | (last & joints) | ((starts | ends) & hyphens & !local) | (others & !local) == 0
}

fn is_any_email(bytes: &[u8]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_addresses_are_plain() {
        for text in
            ["a@b.co.uk", "joe@mail.org", "first.last+tag@sub-domain.example.com", "o_o-@a.b-c.example", &format!("{}@b", "a".repeat(62))]
        {
            assert!(is_plain(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_is_plain_is_an_address(text in "[a-cA-C0-1.@_+-]{1,20}@[a-cA-C0-1.-]{1,50}|[a-z.@{}\\[\\]`^é-]{7,70}", byte: u8, at in any::<prop::sample::Index>()) {
            let mut bytes = text.into_bytes();
            prop_assert!(!is_plain(&bytes) || is_any_email(&bytes), "{:?}", bytes);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            prop_assert!(!is_plain(&bytes) || is_any_email(&bytes), "{:?}", bytes);
        }

        #[test]
        fn an_address_of_plain_characters_is_plain(text in "[a-c0-1._+-]{1,30}@[a-c0-1.-]{6,33}") {
            prop_assert_eq!(is_plain(text.as_bytes()), is_any_email(text.as_bytes()), "{}", text);
        }
    }
}
