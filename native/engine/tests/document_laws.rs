//! Laws of documents: the same outcome in any pieces, the same records as a parser of whole documents finds, and never silence about damage.

#[path = "common/document.rs"]
mod document;

use document::{ANY, request, run};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

/// A JSON text, written with white space and escapes that people and programs use.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("-0.5E+3".to_owned()),
        text().prop_map(|text| text.to_owned()),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            (vec(inner.clone(), 0..5), blank()).prop_map(|(items, blank)| format!("[{blank}{}{blank}]", items.join(&format!("{blank},")))),
            (vec((blank(), inner), 0..5), blank()).prop_map(|(members, blank)| {
                let members: Vec<_> =
                    members.iter().enumerate().map(|(at, (blank, value))| format!("{blank}\"n{at}\":{blank}{value}")).collect();
                format!("{{{}{blank}}}", members.join(","))
            }),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ -!#-\\[\\]-~é€]{0,12}",
        Just("\\\\".to_owned()),
        Just("\\\"".to_owned()),
        Just("\\u00e9".to_owned()),
        Just("\\ud83d\\ude00".to_owned()),
        Just("\\n".to_owned()),
        Just("{[]},:".to_owned()),
        Just("\u{1F600}".to_owned()),
        "[a-z]{60,70}",
    ];
    vec(part, 0..6).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn blank() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just(String::new()), 1 => "[ \t\r\n]{0,3}", 1 => Just("\n        ".to_owned())]
}

/// A document with records at `$.r[*]`, among other things.
fn document() -> impl Strategy<Value = String> {
    (vec((blank(), json(), blank()), 0..12), json(), json(), blank()).prop_map(|(records, before, after, blank)| {
        let records: Vec<_> = records.iter().map(|(before, record, after)| format!("{before}{record}{after}")).collect();
        format!("{blank}{{\"b\"{blank}:{before},{blank}\"r\":[{}],\"z\":{after}{blank}}}{blank}", records.join(","))
    })
}

/// Bytes with a few of them struck out, changed or put in.
fn damaged(document: &str, changes: &[(u8, usize, u8)]) -> Vec<u8> {
    let mut bytes = document.as_bytes().to_vec();
    for &(kind, at, byte) in changes {
        let at = at % (bytes.len() + 1);
        match kind {
            0 => bytes.insert(at, byte),
            1 if at < bytes.len() => bytes[at] = byte,
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => bytes.truncate(at),
            _ => {}
        }
    }
    bytes
}

fn change() -> impl Strategy<Value = (u8, usize, u8)> {
    (0u8..4, any::<usize>(), proptest::sample::select(b"\"\\{}[],: \n\rn0a\xFF\xC3".to_vec()))
}

fn values(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|fault| panic!("{fault}: {line}"))).collect()
}

/// Half a surrogate pair is JSON by its grammar; the parser that is compared with refuses it, and so do we in records.
fn without_surrogates(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + 5 < bytes.len() {
        at += match bytes[at..] {
            // What follows a backslash that is text is text as well.
            [b'\\', b'\\', ..] => 2,
            // A pair is text, and stays.
            [
                b'\\',
                b'u',
                b'd' | b'D',
                b'8' | b'9' | b'a' | b'b' | b'A' | b'B',
                _,
                _,
                b'\\',
                b'u',
                b'd' | b'D',
                b'c'..=b'f' | b'C'..=b'F',
                ..,
            ] => 12,
            [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..] => {
                bytes[at + 2..at + 4].copy_from_slice(b"00");
                6
            }
            _ => 1,
        };
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn whole_documents_give_the_records_that_a_parser_finds(document in document()) {
        let parsed: Value = serde_json::from_str(&document).expect("a document");
        let outcome = run(&request(ANY, Some("$.r[*]")), document.as_bytes(), &[usize::MAX], usize::MAX);
        prop_assert_eq!(outcome.fault(), "none");
        prop_assert_eq!(&outcome.violations, "");
        prop_assert_eq!(Value::Array(values(&outcome.valid)), parsed["r"].clone());
        prop_assert_eq!(outcome.valid.lines().count() as u64, outcome.report.expect("a report").counts.valid);
    }

    #[test]
    fn any_pieces_give_the_same(
        document in document(),
        changes in vec(change(), 0..3),
        chunks in vec(1usize..40, 1..5),
        batch in 1usize..200,
        records in 1usize..5,
        flush in 1usize..9,
        max in prop_oneof![Just(1usize << 20), 1usize..80],
    ) {
        let bytes = damaged(&document, &changes);
        let mut request = request(ANY, Some("$.r[*]"));
        request.limits.record_bytes_max = max;
        let whole = run(&request, &bytes, &[usize::MAX], usize::MAX);
        request.batch_bytes = batch;
        request.batch_lines_max = records;
        prop_assert_eq!(whole, run(&request, &bytes, &chunks, flush));
    }

    /// Whatever a parser of whole documents refuses is refused here: by an error, or by a violation of a record.
    #[test]
    fn no_damage_is_passed_over_in_silence(document in document(), changes in vec(change(), 1..4)) {
        let bytes = damaged(&document, &changes);
        let outcome = run(&request(ANY, Some("$.r[*]")), &bytes, &[usize::MAX], usize::MAX);
        let is_told = outcome.fault.is_some() || !outcome.violations.is_empty();
        match serde_json::from_slice::<Value>(&without_surrogates(&bytes)) {
            Err(fault) => prop_assert!(is_told, "{fault}: {}", String::from_utf8_lossy(&bytes)),
            Ok(_) if !is_told => {
                let parsed: Value = serde_json::from_slice(&bytes).unwrap_or_else(|_| serde_json::from_slice(&without_surrogates(&bytes)).expect("JSON"));
                prop_assert_eq!(Value::Array(values(&outcome.valid)), parsed["r"].clone());
            }
            Ok(_) => {}
        }
        prop_assert_eq!(values(&outcome.valid).len() as u64, outcome.report.map_or(0, |report| report.counts.valid));
    }

    /// A violation's byte and line lead to the record, and its place to the same value.
    #[test]
    fn positions_are_exact(document in document()) {
        let parsed: Value = serde_json::from_str(&document).expect("a document");
        let outcome = run(&request(r#"{"type":"string","minLength":1000000}"#, Some("$.r[*]")), document.as_bytes(), &[17], 3);
        let count = parsed["r"].as_array().map_or(0, Vec::len);
        prop_assert_eq!(outcome.violations.lines().count(), count);
        for (index, violation) in values(&outcome.violations).iter().enumerate() {
            prop_assert_eq!(&violation["recordPointer"], &format!("/r/{index}"));
            prop_assert_eq!(&violation["record"], index as u64 + 1);
            let byte = violation["byte"].as_u64().expect("a byte") as usize;
            let mut there = serde_json::Deserializer::from_str(&document[byte..]).into_iter::<Value>();
            let value = there.next().expect("a value").expect("JSON");
            prop_assert_eq!(&value, &parsed["r"][index]);
            let line = document.as_bytes()[..byte].iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
            prop_assert_eq!(&violation["line"], line);
        }
    }

    #[test]
    fn any_bytes_end_in_an_answer(bytes in vec(proptest::sample::select(b"\"\\{}[],:1-tn \n\xFF".to_vec()), 0..200), chunk in 1usize..9) {
        let mut request = request(ANY, Some("$[*]"));
        let whole = run(&request, &bytes, &[usize::MAX], usize::MAX);
        request.batch_bytes = chunk;
        prop_assert_eq!(whole, run(&request, &bytes, &[chunk], 2));
    }
}

/// Every text of the suite as a whole document, as a record and beside the records: what a parser must refuse is told of, the rest is read.
#[test]
fn the_parsing_suite() {
    let Ok(folder) = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/suites/json-parsing/test_parsing")) else {
        assert!(std::env::var_os("CI").is_none(), "the suite is missing");
        return;
    };
    let mut count = 0;
    for entry in folder {
        let entry = entry.expect("a file");
        let name = entry.file_name().into_string().expect("a name");
        let text = std::fs::read(entry.path()).expect("a text");
        let kind = name.as_bytes()[0];
        let beside = [b"{\"r\":[],\"x\":".as_slice(), &text, b"}"].concat();
        let within = [b"[1,".as_slice(), &text, b",2]"].concat();
        for (path, input) in [("$", &text), ("$[*]", &within), ("$.r[*]", &beside)] {
            let outcome = run(&request(ANY, Some(path)), input, &[usize::MAX], usize::MAX);
            let mut small = request(ANY, Some(path));
            small.batch_bytes = 5;
            assert_eq!(outcome, run(&small, input, &[3], 4), "{name} at {path}");
            let is_told = outcome.fault.is_some() || !outcome.violations.is_empty();
            // A name that stands twice is refused in records by default, and these are JSON all the same.
            let is_duplicate = outcome.brief().iter().any(|brief| brief.starts_with("json/duplicate-key"));
            match kind {
                b'n' => assert!(is_told || is_json_in(path, input), "{name} at {path} was let pass"),
                b'y' => assert!(!is_told || is_duplicate, "{name} at {path}: {} {:?}", outcome.fault(), outcome.brief()),
                _ => {}
            }
        }
        count += 1;
    }
    assert!(count > 300, "{count} texts");
}

/// Some texts that are no JSON become JSON between others: `1,2` does.
fn is_json_in(path: &str, input: &[u8]) -> bool {
    path != "$" && serde_json::from_slice::<Value>(input).is_ok()
}
