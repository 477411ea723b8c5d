//! URIs of RFC 3986 and IRIs of RFC 3987, and the references to them.

/// RFC 3986 `URI`.
pub(super) fn is_uri(text: &str) -> bool {
    after_scheme(text).is_some_and(is_after_scheme::<false>)
}

/// RFC 3986 `URI-reference`.
pub(super) fn is_uri_reference(text: &str) -> bool {
    is_reference::<false>(text)
}

/// RFC 3987 `IRI`.
pub(super) fn is_iri(text: &str) -> bool {
    after_scheme(text).is_some_and(is_after_scheme::<true>)
}

/// RFC 3987 `IRI-reference`.
pub(super) fn is_iri_reference(text: &str) -> bool {
    is_reference::<true>(text)
}

/// RFC 3987 `ucschar`.
pub(super) fn is_ucschar(character: char) -> bool {
    match u32::from(character) {
        0xA0..=0xD7FF | 0xF900..=0xFDCF | 0xFDF0..=0xFFEF | 0xE1000..=0xEFFFD => true,
        // The last two code points of each plane are noncharacters.
        code @ 0x10000..=0xDFFFF => code & 0xFFFF <= 0xFFFD,
        _ => false,
    }
}

/// RFC 3987 `iprivate`.
pub(super) fn is_iprivate(character: char) -> bool {
    matches!(
        u32::from(character),
        0xE000..=0xF8FF | 0xF0000..=0xFFFFD | 0x100000..=0x10FFFD
    )
}

/// The length of a `pct-encoded` that `bytes` begin with.
pub(super) fn percent_encoded_length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => Some(3),
        _ => None,
    }
}

/// The bytes that a `scheme` may have after its first letter.
const SCHEME: u8 = 1;
/// `unreserved` and `sub-delims`: the bytes of a `reg-name`.
const REG_NAME: u8 = 1 << 1;
/// The bytes of a `userinfo`: those of a `reg-name`, and `:`.
const USERINFO: u8 = 1 << 2;
/// The bytes of a path: `pchar` and `/`.
const PATH: u8 = 1 << 3;
/// The bytes of a query or a fragment: those of a path, and `?`.
const QUERY: u8 = 1 << 4;
/// The bytes of a query where private-use characters are allowed too. It marks no byte of its own.
const PRIVATE: u8 = 1 << 5;

/// Which parts each byte may stand in, unescaped.
const PARTS: [u8; 256] = {
    let mut parts = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        parts[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'+' => SCHEME | REG_NAME | USERINFO | PATH | QUERY,
            b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b',' | b';' | b'=' => REG_NAME | USERINFO | PATH | QUERY,
            b':' => USERINFO | PATH | QUERY,
            b'@' | b'/' => PATH | QUERY,
            b'?' => QUERY,
            _ => 0,
        };
        byte += 1;
    }
    parts
};

fn is_in(byte: u8, part: u8) -> bool {
    PARTS[usize::from(byte)] & part != 0
}

/// What follows a scheme and its colon, or `None` when the text begins with no scheme.
fn after_scheme(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    if !bytes.first()?.is_ascii_alphabetic() {
        return None;
    }
    let length = bytes.iter().take_while(|&&byte| is_in(byte, SCHEME)).count();
    (bytes.get(length) == Some(&b':')).then(|| &text[length + 1..])
}

fn is_reference<const INTERNATIONAL: bool>(text: &str) -> bool {
    if let Some(rest) = after_scheme(text) {
        return is_after_scheme::<INTERNATIONAL>(rest);
    }
    // A colon in the first segment would make what precedes it a scheme, and it is none.
    let mut before_colon = text.bytes().take_while(|byte| !matches!(byte, b'/' | b'?' | b'#'));
    !before_colon.any(|byte| byte == b':') && is_after_scheme::<INTERNATIONAL>(text)
}

/// RFC 3986 `hier-part [ "?" query ] [ "#" fragment ]`.
fn is_after_scheme<const INTERNATIONAL: bool>(text: &str) -> bool {
    let path = match text.strip_prefix("//") {
        None => text,
        Some(rest) => {
            let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
            let (authority, path) = rest.split_at(end.unwrap_or(rest.len()));
            if !is_authority::<INTERNATIONAL>(authority) {
                return false;
            }
            path
        }
    };
    let mut rest = &path[part_length::<INTERNATIONAL>(path, PATH)..];
    if let Some(query) = rest.strip_prefix('?') {
        rest = &query[part_length::<INTERNATIONAL>(query, QUERY | PRIVATE)..];
    }
    match rest.strip_prefix('#') {
        Some(fragment) => part_length::<INTERNATIONAL>(fragment, QUERY) == fragment.len(),
        None => rest.is_empty(),
    }
}

/// RFC 3986 `authority`.
fn is_authority<const INTERNATIONAL: bool>(text: &str) -> bool {
    let host_and_port = match text.split_once('@') {
        Some((userinfo, _)) if part_length::<INTERNATIONAL>(userinfo, USERINFO) < userinfo.len() => {
            return false;
        }
        Some((_, rest)) => rest,
        None => text,
    };
    let port = match host_and_port.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((literal, port)) if is_ip_literal(literal.as_bytes()) => port,
            _ => return false,
        },
        None => &host_and_port[part_length::<INTERNATIONAL>(host_and_port, REG_NAME)..],
    };
    match port.as_bytes() {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// What RFC 3986 `IP-literal` has between its brackets: an `IPv6address` or an `IPvFuture`.
fn is_ip_literal(bytes: &[u8]) -> bool {
    let [b'v' | b'V', future @ ..] = bytes else {
        return super::ip::is_ipv6(bytes);
    };
    let version = future.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    match &future[version..] {
        [b'.', address @ ..] => version > 0 && !address.is_empty() && address.iter().all(|&byte| is_in(byte, USERINFO)),
        _ => false,
    }
}

/// The length of the longest beginning of `text` that may stand in a part.
fn part_length<const INTERNATIONAL: bool>(text: &str, part: u8) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        if is_in(byte, part) {
            length += 1;
        } else if byte == b'%' {
            match percent_encoded_length(&bytes[length..]) {
                Some(encoded) => length += encoded,
                None => break,
            }
        } else if INTERNATIONAL && byte >= 0x80 {
            match text[length..].chars().next() {
                Some(character) if is_international(character, part) => {
                    length += character.len_utf8();
                }
                _ => break,
            }
        } else {
            break;
        }
    }
    length
}

/// Whether a non-ASCII character may stand in a part of an IRI.
fn is_international(character: char, part: u8) -> bool {
    // RFC 3987 section 4.1 forbids the bidirectional formatting characters, which its grammar has.
    let is_bidi_formatting = matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}');
    (is_ucschar(character) && !is_bidi_formatting) || (part & PRIVATE != 0 && is_iprivate(character))
}
