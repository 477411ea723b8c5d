//! Sources in other encodings: what comes out is what UTF-8 gives, and positions are those of the source.

#[path = "common/cases.rs"]
mod cases;
mod common;

use cases::cases;
use common::{Outcome, request, run};
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use proptest::prelude::*;
use proptest::sample::select;
use sluice_engine::encoding::{Decoder, Encoding};
use sluice_engine::error::Error;
use sluice_engine::intake::{Format, Request};

const SCHEMA: &str = r#"{"properties":{"a":{"type":"integer"},"b":{"type":"string","maxLength":2}}}"#;

fn asked(encoding: Option<Encoding>) -> Request {
    Request { encoding, ..request(SCHEMA, Format::Csv) }
}

fn utf16(text: &str, encoding: Encoding) -> Vec<u8> {
    let bytes = |unit: u16| if encoding == Encoding::Utf16Le { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

fn in_any_chunks(asked: &Request, input: &[u8]) -> Result<Outcome, Error> {
    let whole = run(asked, input, &[usize::MAX]);
    for chunk in [1, 2, 3, 5, 7] {
        for batch_bytes in [1, 8, 1 << 20] {
            assert_eq!(
                whole,
                run(&Request { batch_bytes, ..asked.clone() }, input, &[chunk]),
                "chunks of {chunk}, batches of {batch_bytes}"
            );
        }
    }
    whole
}

fn code(asked: &Request, input: &[u8]) -> &'static str {
    in_any_chunks(asked, input).expect_err("an error").code
}

/// Decodes in chunks of `sizes`, over and over, into room for as many bytes.
fn decoded(encoding: Encoding, bytes: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut decoder = Decoder::new(Some(encoding));
    let (mut out, mut at) = (Vec::new(), 0);
    for &size in sizes.iter().cycle() {
        let end = (at + size).min(bytes.len());
        while at < end {
            at += decoder.push(&bytes[at..end], &mut out, size);
        }
        if at == bytes.len() {
            break;
        }
    }
    decoder.finish(&mut out);
    assert_eq!(decoder.fault(), None);
    out
}

#[test]
fn utf16_by_its_mark_and_by_name() {
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
        let input = utf16("\u{FEFF}a,b\n1,é𝄞\nx,☃\n2,abc\n", encoding);
        for named in [None, Some(encoding)] {
            let outcome = in_any_chunks(&asked(named), &input).expect("a stream");
            assert_eq!(outcome.brief(), ["type 3 22", "maxLength 4 30"]);
            assert_eq!(outcome.valid, "1,é𝄞\n".as_bytes());
            assert_eq!(outcome.report.encoding.as_deref(), Some(encoding.name()));
            assert_eq!(outcome.report.bytes, input.len() as u64);
        }
        assert_eq!(in_any_chunks(&asked(Some(encoding)), &input[2..]).expect("a stream").report.counts.read, 3, "without its mark");
        assert_eq!(code(&asked(None), &input[2..]), "input/encoding", "nor a name");
        assert_eq!(code(&asked(Some(Encoding::Utf8)), &input), "input/encoding");
        assert_eq!(code(&asked(Some(Encoding::Latin1)), &input), "input/encoding");
    }
    assert_eq!(code(&asked(Some(Encoding::Utf16Le)), b"\xfe\xff\0a"), "input/encoding");
    assert_eq!(code(&asked(None), b"\xff\xfe\0\0a\0\0\0"), "input/encoding");
    assert_eq!(code(&asked(Some(Encoding::Utf16Le)), b"\xff\xfe\0\0a\0\0\0"), "input/encoding");
    assert_eq!(code(&asked(None), b"\0\0\xfe\xff\0\0\0a"), "input/encoding");
    assert_eq!(code(&asked(Some(Encoding::Latin1)), b"\xef\xbb\xbfa,b\n"), "input/encoding");
    assert_eq!(code(&asked(None), b"\xff\xfe"), "header/malformed");
    assert_eq!(code(&asked(Some(Encoding::Utf16Be)), b""), "input/empty");
}

#[test]
fn what_is_no_utf16_costs_its_record_alone() {
    for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
        let part = |text: &str| utf16(text, encoding);
        let unit = |unit: u16| if encoding == Encoding::Utf16Le { unit.to_le_bytes() } else { unit.to_be_bytes() };
        let parts = [
            part("\u{FEFF}a,b\n1,x\n2,"),
            unit(0xD800).to_vec(),
            part("\n3,\u{FFFD}\n"),
            unit(0xDC00).to_vec(),
            unit(0xD834).to_vec(),
            unit(0xDD1E).to_vec(),
            part(",x\n4,"),
            unit(0xD800).to_vec(),
            unit(0xD800).to_vec(),
            part("\n5,x"),
            vec![0],
        ];
        let input = parts.concat();
        let outcome = in_any_chunks(&asked(None), &input).expect("a stream");
        assert_eq!(outcome.brief(), ["encoding/utf16 3 18", "encoding/utf16 5 34", "encoding/utf16 6 46", "encoding/utf16 7 56"]);
        assert_eq!(outcome.valid, "1,x\n3,\u{FFFD}\n".as_bytes());
        assert_eq!(outcome.report.counts.read, 6);
        assert_eq!(outcome.report.bytes, input.len() as u64);
        assert_eq!(outcome.report.rules[0].code, "encoding/utf16");
        assert!(outcome.violations.contains("\"params\":{\"offset\":4}"), "{}", outcome.violations);
        let mut lines = asked(None);
        lines.format = Format::Ndjson;
        let json = [part("\u{FEFF}{\"a\":1}\n{\"b\":\"é"), unit(0xDFFF).to_vec(), part("\"}\n{\"a\":é}\n{\"a\":\"x\"}\n")].concat();
        let outcome = in_any_chunks(&lines, &json).expect("a stream");
        assert_eq!(outcome.brief(), ["encoding/utf16 2 18", "json/syntax 3 40", "type 4 56"]);
        assert!(outcome.violations.contains("{\"offset\":10,\"expected\""), "{}", outcome.violations);
    }
}

#[test]
fn latin1_is_not_windows_1252() {
    let input = b"a,b\n1,\xe9\x80\nx,\x93\n2,abc\n";
    let outcome = in_any_chunks(&asked(Some(Encoding::Latin1)), input).expect("a stream");
    assert_eq!(outcome.valid, "1,é\u{80}\n".as_bytes());
    assert_eq!(outcome.brief(), ["type 3 9", "maxLength 4 13"]);
    let outcome = in_any_chunks(&asked(Some(Encoding::Windows1252)), input).expect("a stream");
    assert_eq!(outcome.valid, "1,é€\n".as_bytes());
    assert_eq!(outcome.brief(), ["type 3 9", "maxLength 4 13"]);
    let outcome = in_any_chunks(&asked(Some(Encoding::Windows1252)), b"a,b\n\x80,x\n1,\xc3\x81\n2,x\n").expect("a stream");
    assert_eq!(outcome.brief(), ["type 2 4", "encoding/windows-1252 3 8"]);
    assert_eq!(outcome.valid, b"2,x\n");
    assert_eq!(outcome.report.bytes, 17);
    let quote = in_any_chunks(&asked(Some(Encoding::Latin1)), b"a,b\n1,\xe9\n2,\"\xe9\n3,x\n").expect("a stream");
    assert_eq!(quote.brief(), ["quote/unclosed 3 10"]);
}

#[test]
fn windows_1252_is_that_of_encoding_rs_but_for_what_is_undefined() {
    let bytes: Vec<u8> = (0..=255).filter(|byte| ![0x81, 0x8D, 0x8F, 0x90, 0x9D].contains(byte)).collect();
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
    assert_eq!(decoded(Encoding::Windows1252, &bytes, &[7]), text.as_bytes());
    assert_eq!(decoded(Encoding::Windows1252, b"\x81\x8d\x8f\x90\x9d", &[2]), [0xFF; 5]);
    let every: Vec<u8> = (0..=255).collect();
    assert_eq!(decoded(Encoding::Latin1, &every, &[3]), encoding_rs::mem::decode_latin1(&every).as_bytes());
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(1usize..9, 1..6)
}

fn csv_text() -> impl Strategy<Value = String> {
    let parts = ["1", "-2", "x", ",", "\"", "\"\"", "\n", "\r", "\r\n", "é", "€", "☃", "𝄞", "\0", " ", "abcdefghijklmnopqrstuvwxyz"];
    proptest::collection::vec(select(parts.to_vec()), 0..60).prop_map(|parts| format!("a,b\n{}", parts.concat()))
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn utf16_is_that_of_encoding_rs(
        units in proptest::collection::vec(prop_oneof![4 => 32u16..127, 2 => any::<u16>(), 2 => 0xD7F0u16..0xE010], 0..80),
        is_little in any::<bool>(), odd in any::<bool>(), sizes in sizes(),
    ) {
        let (encoding, other) = if is_little { (Encoding::Utf16Le, UTF_16LE) } else { (Encoding::Utf16Be, UTF_16BE) };
        let mut bytes: Vec<u8> = units.iter().flat_map(|unit| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
        bytes.extend(odd.then_some(b'x'));
        // A mark is looked at before.
        let bytes = [if is_little { [b'a', 0] } else { [0, b'a'] }.as_slice(), &bytes].concat();
        let ours = decoded(encoding, &bytes, &sizes);
        prop_assert_eq!(encoding.source_bytes(&ours), bytes.len() as u64);
        match other.decode_without_bom_handling_and_without_replacement(&bytes) {
            Some(text) => prop_assert_eq!(ours, text.as_bytes()),
            None => prop_assert!(std::str::from_utf8(&ours).is_err()),
        }
    }

    #[test]
    fn every_encoding_gives_what_utf8_gives(text in csv_text(), batch_bytes in 1usize..200, chunks in sizes()) {
        let known = run(&asked(Some(Encoding::Utf8)), text.as_bytes(), &[usize::MAX]).expect("a stream");
        for encoding in [Encoding::Utf16Le, Encoding::Utf16Be] {
            let outcome = run(&Request { batch_bytes, ..asked(Some(encoding)) }, &utf16(&text, encoding), &chunks).expect("a stream");
            prop_assert_eq!(&outcome.valid, &known.valid);
            prop_assert_eq!(&outcome.invalid, &known.invalid);
            let expected: Vec<String> = known.violations.lines().map(|line| located(line, &text)).collect();
            prop_assert_eq!(outcome.violations.lines().map(without_offset).collect::<Vec<_>>(), expected);
        }
    }
}

fn violation(line: &str) -> serde_json::Value {
    serde_json::from_str(line).expect("JSON")
}

fn without_offset(line: &str) -> String {
    let mut value = violation(line);
    value["params"] = serde_json::Value::Null;
    value.to_string()
}

/// The violation with its byte counted in UTF-16.
fn located(line: &str, text: &str) -> String {
    let mut value = violation(line);
    let byte = value["byte"].as_u64().expect("a byte") as usize;
    value["byte"] = (2 * text[..byte].encode_utf16().count()).into();
    value["params"] = serde_json::Value::Null;
    value.to_string()
}
