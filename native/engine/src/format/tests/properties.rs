use crate::format::{ALL, Format, punycode};
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};

const MONTH_LENGTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn last_day(year: u32, month: u32) -> u32 {
    let is_leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    MONTH_LENGTHS[month as usize - 1] + u32::from(month == 2 && is_leap)
}

/// A number of exactly `width` ASCII digits.
fn number(text: &str, width: usize) -> Option<u32> {
    let is_number = text.len() == width && text.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| text.parse().unwrap())
}

/// RFC 3339 `date-time` read by splitting, slowly: the minutes of a day are counted out to find a leap second.
fn reads_as_date_time(text: &str) -> Option<()> {
    let (date, time) = text.split_once(['T', 't'])?;
    let date: Vec<&str> = date.split('-').collect();
    let &[year, month, day] = date.as_slice() else {
        return None;
    };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    if !(1..=12).contains(&month) || !(1..=last_day(year, month)).contains(&day) {
        return None;
    }
    let (clock, ahead) = match time.find(['+', '-', 'Z', 'z'])? {
        at if matches!(&time[at..], "Z" | "z") => (&time[..at], 0),
        at => {
            let (hours, minutes) = time[at..].get(1..)?.split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            if time[at..].starts_with(['Z', 'z']) || hours > 23 || minutes > 59 {
                return None;
            }
            let minutes = i64::from(hours * 60 + minutes);
            (&time[..at], if time[at..].starts_with('-') { -minutes } else { minutes })
        }
    };
    let clock = match clock.split_once('.') {
        None => clock,
        Some((clock, fraction)) => {
            let is_fraction = !fraction.is_empty() && fraction.chars().all(|c| c.is_ascii_digit());
            is_fraction.then_some(clock)?
        }
    };
    let clock: Vec<&str> = clock.split(':').collect();
    let &[hour, minute, second] = clock.as_slice() else {
        return None;
    };
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let in_utc = (i64::from(hour * 60 + minute) - ahead + 2 * 1440) % 1440;
    let seconds_in_minute = if in_utc == 1439 { 61 } else { 60 };
    (hour < 24 && minute < 60 && second < seconds_in_minute).then_some(())
}

prop_compose! {
    fn valid_date()(year in 0u32..=9999, month in 1u32..=12)
        (day in 1..=last_day(year, month), year in Just(year), month in Just(month)) -> String {
        format!("{year:04}-{month:02}-{day:02}")
    }
}

prop_compose! {
    fn valid_time()(
        minute_in_utc in 0i64..1440,
        is_last in any::<bool>(),
        second in 0u32..=60,
        fraction in "(\\.[0-9]{1,7})?",
        offset in -1439i64..1440,
        zulu in prop::sample::select(vec!["", "Z", "z"]),
    ) -> String {
        let minute_in_utc = if is_last { 1439 } else { minute_in_utc };
        let second = if minute_in_utc == 1439 { second } else { second.min(59) };
        let offset = if zulu.is_empty() { offset } else { 0 };
        let local = (minute_in_utc + offset).rem_euclid(1440);
        let sign = if offset < 0 { '-' } else { '+' };
        let shown = if zulu.is_empty() {
            format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
        } else {
            zulu.to_owned()
        };
        format!("{:02}:{:02}:{second:02}{fraction}{shown}", local / 60, local % 60)
    }
}

/// Texts of the pieces that the grammars turn on, which random characters would seldom make.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "xn--",
            "XN--",
            "a",
            "l",
            "·",
            "-",
            "--",
            ".",
            "。",
            ":",
            "::",
            "1",
            "255",
            "%",
            "%41",
            "{",
            "}",
            "[",
            "]",
            "@",
            "\"",
            "\\",
            "/",
            "//",
            "?",
            "#",
            "~",
            "~0",
            "T",
            "Z",
            "P",
            "+",
            "א",
            "ب",
            "٠",
            "۰",
            "\u{200C}",
            "\u{200D}",
            "्",
            "क",
            "・",
            "ア",
            "é",
            "e\u{301}",
            "☃",
            "IPv6:",
            "v1.",
            "\u{E000}",
            "\u{10FFFF}",
            " ",
            "\n",
            "\0",
            ",",
            "*",
            "ａ",
            "İ",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_a_format_panic(text in prop_oneof![any::<String>(), pieces()]) {
        for format in ALL {
            let _ = format.is_valid(&text);
        }
    }

    #[test]
    fn bytes_are_judged_as_their_text_is(text in prop_oneof![any::<String>(), pieces(), valid_date(), "[a-z.]{1,9}@[a-z.]{1,9}"], byte: u8, at in any::<prop::sample::Index>()) {
        let mut bytes = text.into_bytes();
        bytes.insert(at.index(bytes.len() + 1), byte);
        for bytes in [&bytes[..], &bytes[1..]] {
            for format in ALL {
                let expected = std::str::from_utf8(bytes).is_ok_and(|text| format.is_valid(text));
                prop_assert_eq!(format.is_valid_bytes(bytes), expected, "{} of {:?}", format.name(), bytes);
            }
        }
    }

    #[test]
    fn wider_formats_have_what_narrower_ones_have(text in prop_oneof![any::<String>(), pieces()]) {
        for (narrow, wide) in [
            (Format::Uri, Format::Iri),
            (Format::Uri, Format::UriReference),
            (Format::UriReference, Format::IriReference),
            (Format::Iri, Format::IriReference),
            (Format::Email, Format::IdnEmail),
            (Format::Hostname, Format::IdnHostname),
            (Format::Ipv4, Format::Hostname),
        ] {
            prop_assert!(!narrow.is_valid(&text) || wide.is_valid(&text));
        }
    }

    #[test]
    fn every_real_date_and_time_is_accepted(date in valid_date(), time in valid_time()) {
        prop_assert!(Format::Date.is_valid(&date));
        prop_assert!(Format::Time.is_valid(&time), "{time}");
        let date_time = format!("{date}T{time}");
        prop_assert!(Format::DateTime.is_valid(&date_time));
    }

    #[test]
    fn changed_date_times_are_judged_as_the_slow_reader_judges(
        date in valid_date(),
        time in valid_time(),
        at in any::<prop::sample::Index>(),
        character in prop_oneof![0u8..128, prop::sample::select(b"0123456789:-+.TZtz ".to_vec())],
        change in 0..3,
    ) {
        let mut bytes = format!("{date}T{time}").into_bytes();
        let at = at.index(bytes.len());
        match change {
            0 => bytes[at] = character,
            1 => bytes.insert(at, character),
            _ => drop(bytes.remove(at)),
        }
        let text = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(Format::DateTime.is_valid(&text), reads_as_date_time(&text).is_some(), "{}", text);
    }

    #[test]
    fn addresses_are_judged_as_the_standard_library_judges(
        text in prop_oneof![
            "[0-9.]{0,16}", "([0-9]{1,3}\\.){3}[0-9]{1,3}", "[0-9a-fg:.]{0,24}",
            "([0-9a-f]{0,4}:){0,8}(::)?([0-9a-f]{0,4}:){0,8}[0-9a-f]{0,4}(1\\.2\\.3\\.[0-9]{1,3})?",
        ]
    ) {
        prop_assert_eq!(Format::Ipv4.is_valid(&text), text.parse::<Ipv4Addr>().is_ok(), "{}", text);
        prop_assert_eq!(Format::Ipv6.is_valid(&text), text.parse::<Ipv6Addr>().is_ok(), "{}", text);
    }

    #[test]
    fn every_real_address_and_uuid_is_accepted(four: u32, six: u128, zeros in 0u32..128) {
        let six = Ipv6Addr::from(six & (u128::MAX << zeros));
        prop_assert!(Format::Ipv4.is_valid(&Ipv4Addr::from(four).to_string()));
        prop_assert!(Format::Ipv6.is_valid(&six.to_string()));
        let literal = format!("http://[{six}]/");
        prop_assert!(Format::Uri.is_valid(&literal));
        let hex = format!("{:032x}", u128::from(six));
        let uuid = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        prop_assert!(Format::Uuid.is_valid(&uuid));
        prop_assert!(Format::Uuid.is_valid(&uuid.to_uppercase()));
    }

    #[test]
    fn punycode_comes_back(label in prop::collection::vec(any::<char>(), 0..63)) {
        let encoded = punycode::encode(&label).unwrap();
        prop_assert_eq!(punycode::decode(&encoded), Some(label));
    }

    #[test]
    fn an_a_label_is_valid_when_its_u_label_is(
        before in "[a-zß-öא-תا-يक-ह्一-三·٠-٢۰-۲0-2-]{0,6}",
        character in "[ß-öא-תا-يक-हァ-ヴ一-三・]",
        after in "[a-zß-öא-תا-يक-ह्一-三·٠-٢۰-۲0-2-]{0,6}",
    ) {
        let label = format!("{before}{character}{after}");
        let encoded = punycode::encode(&label.chars().collect::<Vec<_>>()).unwrap();
        let a_label = format!("xn--{}", String::from_utf8(encoded).unwrap());
        prop_assert_eq!(Format::Hostname.is_valid(&a_label), Format::IdnHostname.is_valid(&label));
    }
}
