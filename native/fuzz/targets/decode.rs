//! JSON is read as serde_json reads it, but for what is refused on purpose, and texts and numbers mean the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sluice_engine::decode::equal::Document;
use sluice_engine::decode::json::{Cursor, Fault};
use sluice_engine::decode::tape::{EntryId, Kind, Tape};

/// serde_json stops at 128 levels.
const DEPTH_MAX: usize = 100;

fn read(bytes: &[u8]) -> Result<Tape, Fault> {
    let mut tape = Tape::default();
    let mut cursor = Cursor { bytes, at: 0 };
    tape.read(&mut cursor, DEPTH_MAX)?;
    cursor.peek();
    if cursor.at < bytes.len() { Err(Fault::Syntax("nothing after the value")) } else { Ok(tape) }
}

fn same(document: Document<'_>, at: EntryId, value: &Value) {
    let Document { bytes, tape } = document;
    match (tape.entry(at).kind, value) {
        (Kind::Null, Value::Null) | (Kind::True, Value::Bool(true)) | (Kind::False, Value::Bool(false)) => {}
        (Kind::Number, Value::Number(number)) => {
            // Both keep the text, but serde_json writes an exponent in its own way.
            let text = |digits: &str| digits.to_ascii_lowercase().replace("e+", "e");
            let ours = std::str::from_utf8(&bytes[tape.range(at)]).expect("a number is ASCII");
            assert_eq!(text(ours), text(&number.to_string()));
        }
        (Kind::Text | Kind::EscapedText, Value::String(text)) => assert_eq!(*tape.text(at, bytes), *text.as_bytes()),
        (Kind::Array, Value::Array(items)) => {
            assert_eq!(tape.items(at).count(), items.len());
            tape.items(at).zip(items).for_each(|(item, value)| same(document, item, value));
        }
        (Kind::Object, Value::Object(members)) => {
            for (name, item) in tape.members(at) {
                let name = String::from_utf8(tape.text(name, bytes).into_owned()).expect("text");
                same(document, item, &members[&name]);
            }
            assert_eq!(tape.members(at).count(), members.len());
        }
        (ours, theirs) => panic!("{ours:?} is not {theirs}"),
    }
}

fuzz_target!(|data: &[u8]| {
    if std::str::from_utf8(data).is_err() {
        return;
    }
    let theirs = serde_json::from_slice::<Value>(data);
    match (read(data), &theirs) {
        (Ok(mut tape), Ok(value)) => {
            tape.keep_last(data);
            same(Document { bytes: data, tape: &tape }, 0, value);
        }
        (Err(Fault::Depth), _) => {}
        (Err(fault), Ok(value)) => panic!("{fault:?}, though it is {value}"),
        (Ok(_), Err(fault)) => panic!("accepted, though {fault}"),
        (Err(_), Err(_)) => {}
    }
});
