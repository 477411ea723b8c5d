use super::assert_each;
use crate::format::Format::{Email, Hostname, IdnEmail, IdnHostname};
use crate::format::hostname::is_a_label;
use crate::format::idn_tables::{self, PROTOCOL_VALID};
use crate::format::punycode;
use unicode_normalization::UnicodeNormalization;

/// A name of labels no longer than 49, of a total length that 50 does not divide evenly.
fn repeated_labels(length: usize) -> String {
    let mut name: Vec<u8> = vec![b'a'; length];
    name.iter_mut().skip(49).step_by(50).for_each(|byte| *byte = b'.');
    String::from_utf8(name).unwrap()
}

#[test]
fn hostnames_are_labels_of_letters_digits_and_inner_hyphens() {
    for format in [Hostname, IdnHostname] {
        assert_each(format, true, &["a", "A", "0", "a-b", "a--b", "ab--cd", "1.2.3.4", "a.b", "EXAMPLE.com", "x--n.a"]);
        assert_each(
            format,
            false,
            &[
                "-",
                "-a",
                "a-",
                "a.-b",
                "a-.b",
                ".",
                "a.",
                ".a",
                "a..b",
                "a_b",
                "a b",
                "a/b",
                "a:80",
                "*.a",
                "a@b",
                "[::1]",
                "a\0",
                "%61",
                "xn--",
                "XN--",
                "xn--a",
                "xn---",
                "xn--a-",
                "a.xn--",
                "xn--99999999",
                "xn--\u{FC}",
            ],
        );
    }
    assert_each(Hostname, false, &["é", "a。b", "ａ", "a\u{AD}b", "\u{17F}"]);
}

#[test]
fn names_and_labels_end_where_the_dns_does() {
    let label = "a".repeat(63);
    let name = repeated_labels(253);
    for format in [Hostname, IdnHostname] {
        assert_each(format, true, &[&label, &name, &format!("b.{label}")]);
        assert_each(
            format,
            false,
            &[
                &format!("{label}a"),
                &format!("{label}a.b"),
                &format!("b.{label}a"),
                &repeated_labels(254),
                &"a".repeat(1_000_000),
                &format!("xn--{}", "a".repeat(1_000_000)),
            ],
        );
    }
    // What counts is the name as the DNS carries it, not the text.
    assert_each(IdnHostname, true, &[&format!("{}ü", "a".repeat(54))]);
    assert_each(IdnHostname, false, &[&format!("{}ü", "a".repeat(59)), &"ü".repeat(100_000), &"ü.".repeat(100_000)]);
}

#[test]
fn u_labels_follow_rfc_5891() {
    assert_each(IdnHostname, true, &["bücher", "bücher.EXAMPLE", "straße", "日本語。jp", "हिन्दी", "ไทย", "ab--cd"]);
    assert_each(
        IdnHostname,
        false,
        &[
            "Bücher",
            "BÜCHER",
            "bu\u{308}cher",
            "ｂücher",
            "a\u{AD}ü",
            "☃",
            "💩",
            "½",
            "ﬁü",
            "ü-",
            "-ü",
            "aü--b",
            "ü_a",
            "ü a",
            "\u{E000}",
            "\u{FFFE}",
            "\u{378}",
            "ü..a",
            "\u{200B}ü",
            "\u{1100}\u{1161}",
            "ü.a-",
            "ü.xn--a",
        ],
    );
}

#[test]
fn characters_with_a_context_need_it() {
    assert_each(
        IdnHostname,
        true,
        &["l·l", "col·lecció", "α͵α", "א׳", "ア・", "・亜", "ب٠", "ب۰", "क्\u{200D}ष", "क्\u{200C}ष", "ب\u{64B}\u{200C}\u{64B}ا"],
    );
    assert_each(
        IdnHostname,
        false,
        &[
            "·",
            "l·",
            "·l",
            "l·L",
            "a·l",
            "͵",
            "α͵",
            "α͵a",
            "׳",
            "a׳",
            "a・",
            "・・",
            "ب٠۰",
            "ü\u{200D}",
            "ü\u{200C}a",
            "ا\u{200C}ب",
            "\u{200C}",
            "ب\u{200C}",
        ],
    );
}

#[test]
fn bidi_names_keep_each_label_of_one_direction() {
    assert_each(IdnHostname, true, &["אב", "אב1", "אב.com", "a1.אב", "אב\u{5B0}", "ابجد", "اب٣", "1a.bü"]);
    assert_each(IdnHostname, false, &["אa", "aא", "1א", "אב.1a", "אב.1", "א-", "א1٣", "1.xn--4dbc5h", "٣a"]);
    assert_each(Hostname, true, &["a.xn--4dbc5h"]);
    assert_each(Hostname, false, &["1.xn--4dbc5h"]);
}

#[test]
fn a_labels_stand_for_one_u_label_each() {
    for format in [Hostname, IdnHostname] {
        assert_each(format, true, &["xn--bcher-kva", "XN--BCHER-KVA", "www.xn--strae-oqa.de"]);
        assert_each(format, false, &["xn--Bcher-Kva0", "xn--bcher", "xn--n3h", "xn--a-ecp.ru-", "xn--bcher-kva-", "xn--999999b"]);
    }
}

#[test]
fn mailboxes_have_a_local_part() {
    let local = "a".repeat(64);
    for format in [Email, IdnEmail] {
        assert_each(
            format,
            true,
            &[
                "a@b",
                "a@b.c",
                "a.b@c",
                "!#$%&'*+-/=?^_`{|}~@a",
                "0@0",
                "\"\"@a",
                "\" \"@a",
                "\"a\\\"b\"@c",
                "\"\\\\\"@c",
                "\"a@b\"@c",
                "\"..\"@c",
                "A@B.COM",
                "a@xn--a",
                &format!("{local}@b"),
                &format!("\"{}\"@b", "a".repeat(62)),
            ],
        );
    }
}

#[test]
fn local_parts_quote_what_is_no_atom() {
    let local = "a".repeat(64);
    for format in [Email, IdnEmail] {
        assert_each(
            format,
            false,
            &[
                "@",
                "a@",
                "@b",
                "a",
                ".a@b",
                "a.@b",
                "a..b@c",
                ".@b",
                "a b@c",
                "a@b@c",
                "a,b@c",
                "a(b)@c",
                "<a@b>",
                "a@b>",
                "a:b@c",
                "a;b@c",
                "a\\b@c",
                "a[b]@c",
                "\"@b",
                "\"a@b",
                "\"a\"b@c",
                "a\"b\"@c",
                "\"a\".b@c",
                "\"a\n\"@b",
                "\"\\\n\"@b",
                "\"\\",
                "\"a\\\"@b",
                "\"a\"\"b\"@c",
                "a\t@b",
                "a\0@b",
                "a\u{7f}@b",
                "mailto:a@b",
                "a ＠b",
                "a＠b",
                &format!("{local}a@b"),
                &format!("\"{}\"@b", "a".repeat(63)),
            ],
        );
    }
}

#[test]
fn only_internationalized_mailboxes_have_unicode() {
    assert_each(Email, false, &["é@b", "\"é\"@b", "a@é", "a@b。c"]);
    assert_each(IdnEmail, true, &["é@b", "\"é\"@b", "a@é", "a@b。c", "é.é@é.é", "a@Bücher.DE", "a@ᏣᎳᎩ", "a@bu\u{308}cher"]);
    assert_each(
        IdnEmail,
        false,
        &[
            "é..é@b",
            ".é@b",
            "\"\\é\"@b",
            "é@",
            "é@é@é",
            "é@-é",
            "é@é-",
            "é@é..é",
            "a@☃",
            "a@é b",
            "a@é＠b",
            &format!("{}@b", "é".repeat(33)),
            &format!("a@{}", "é".repeat(10_000)),
        ],
    );
}

#[test]
fn mailboxes_have_a_domain_or_an_address() {
    let name = repeated_labels(255);
    for format in [Email, IdnEmail] {
        assert_each(
            format,
            true,
            &[
                "a@[1.2.3.4]",
                "a@[IPv6:::1]",
                "a@[ipv6:1:2:3:4:5:6:7:8]",
                "a@[IPv6:::1.2.3.4]",
                &format!("a@{name}"),
                &format!("a@{}", "b".repeat(63)),
            ],
        );
        assert_each(
            format,
            false,
            &[
                "a@-b",
                "a@b-",
                "a@b.",
                "a@.b",
                "a@b..c",
                "a@b_c",
                "a@b c",
                "a@b/c",
                "a@[]",
                "a@[",
                "a@[1.2.3]",
                "a@[1.2.3.4",
                "a@1.2.3.4]",
                "a@[1.2.3.4]b",
                "a@[::1]",
                "a@[IPv6:1.2.3.4]",
                "a@[IPv6:]",
                "a@[IPv4:1.2.3.4]",
                "a@[x:y]",
                "a@[1.2.3.256]",
                "a@[IPv6:fe80::1%eth0]",
                "a@[[1.2.3.4]]",
                &format!("a@b{name}"),
                &format!("a@{}", "b".repeat(64)),
            ],
        );
    }
}

#[test]
fn punycode_has_the_samples_of_rfc_3492() {
    let samples = [
        ("ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn"),
        ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
        ("pročprostěnemluvíčesky", "proprostnemluvesky-uyb24dma41a"),
        ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"),
        ("-> $1.00 <-", "-> $1.00 <--"),
    ];
    for (text, encoded) in samples {
        let label: Vec<char> = text.chars().collect();
        assert_eq!(punycode::encode(&label).unwrap(), encoded.as_bytes());
        assert_eq!(punycode::decode(encoded.as_bytes()).unwrap(), label);
    }
    for encoded in ["é", "a-b!", "999999999", "-é"] {
        assert_eq!(punycode::decode(encoded.as_bytes()), None, "{encoded}");
    }
    assert!(!is_a_label("xn-".as_bytes()));
}

#[test]
fn protocol_valid_characters_are_stable() {
    assert!(PROTOCOL_VALID.is_sorted_by(|one, next| one < next));
    for character in ('\0'..=char::MAX).filter(|&c| idn_tables::contains(&PROTOCOL_VALID, c)) {
        // Cherokee folds to its capitals, which are its older letters.
        let is_folded = character.to_lowercase().eq([character]) || matches!(character, '\u{13A0}'..='\u{13F5}');
        assert!(character.nfkc().eq([character]) && is_folded, "{character:?}");
    }
    for character in "-09azßςü亜".chars() {
        assert!(idn_tables::contains(&PROTOCOL_VALID, character));
    }
    for character in "\0.AZ_·ÀΣ・\u{200D}\u{10FFFF}".chars() {
        assert!(!idn_tables::contains(&PROTOCOL_VALID, character));
    }
}
