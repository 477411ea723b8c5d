//! Internet addresses in text.

/// RFC 2673 `dotted-quad`, without leading zeros: some readers take `010` for eight and others for ten, so such a text
/// names no single address.
pub(super) fn is_ipv4(bytes: &[u8]) -> bool {
    let (mut octet, mut digits, mut dots) = (0u32, 0u32, 0u32);
    for &byte in bytes {
        match byte {
            b'0'..=b'9' => {
                if digits > 0 && octet == 0 {
                    return false;
                }
                octet = octet * 10 + u32::from(byte - b'0');
                digits += 1;
                if octet > 255 {
                    return false;
                }
            }
            b'.' if digits > 0 && dots < 3 => {
                (octet, digits) = (0, 0);
                dots += 1;
            }
            _ => return false,
        }
    }
    dots == 3 && digits > 0
}

/// RFC 4291 section 2.2. A zone (RFC 4007) is no part of the address.
pub(super) fn is_ipv6(bytes: &[u8]) -> bool {
    let mut groups = 0;
    let mut compressed = bytes.starts_with(b"::");
    let mut rest = if compressed { &bytes[2..] } else { bytes };
    if compressed && rest.is_empty() {
        return true;
    }
    loop {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        match rest.get(digits) {
            Some(b'.') => return has_all_groups(groups + 2, compressed) && is_ipv4(rest),
            _ if !(1..=4).contains(&digits) => return false,
            None => return has_all_groups(groups + 1, compressed),
            Some(b':') => {}
            Some(_) => return false,
        }
        groups += 1;
        rest = &rest[digits + 1..];
        if let [b':', after @ ..] = rest {
            if compressed {
                return false;
            }
            compressed = true;
            rest = after;
            if rest.is_empty() {
                return has_all_groups(groups, compressed);
            }
        }
    }
}

/// An address has eight groups, of which `::` stands for one or more.
fn has_all_groups(groups: usize, compressed: bool) -> bool {
    if compressed { groups <= 7 } else { groups == 8 }
}
