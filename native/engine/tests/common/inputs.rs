//! Inputs that provoke: every byte that means something to a reader, and those that break one.

use proptest::prelude::*;
use proptest::sample::select;
use sluice_engine::frame::csv::Dialect;

/// Dialects that the options allow.
pub(crate) fn dialect() -> impl Strategy<Value = Dialect> {
    let quote = prop_oneof![6 => Just(Some(b'"')), 1 => Just(Some(b'\'')), 1 => Just(None)];
    let escape = prop_oneof![3 => Just(None), 1 => Just(Some(b'\\'))];
    let comment = prop_oneof![2 => Just(None), 1 => Just(Some(b'#'))];
    let skips = (any::<bool>(), prop::bool::weighted(0.3));
    (select(b",,;\t|".to_vec()), quote, escape, comment, skips).prop_map(
        |(delimiter, quote, escape, comment, (skip_blank_lines, skip_initial_space))| {
            let escape = escape.filter(|_| quote.is_some());
            Dialect { delimiter, quote, escape, comment, skip_blank_lines, skip_initial_space }
        },
    )
}

/// CSV of `dialect`, mostly broken.
pub(crate) fn csv(dialect: &Dialect) -> impl Strategy<Value = Vec<u8>> + use<> {
    let quote = dialect.quote.unwrap_or(b'"');
    let delimiter = dialect.delimiter;
    let signs: Vec<Vec<u8>> = vec![
        vec![delimiter],
        vec![delimiter, quote],
        vec![delimiter, b' ', b' ', quote],
        vec![delimiter, b' ', b'\n'],
        vec![quote, delimiter],
        vec![quote],
        vec![quote, quote],
        vec![quote, b'\n'],
        vec![b'\n', quote],
        vec![dialect.escape.unwrap_or(b'\\')],
        vec![b'\\', quote],
        vec![b'\n'],
        vec![b'\n'],
        vec![b'\r'],
        vec![b'\r', b'\n'],
        vec![b'\n', b'#'],
    ];
    let plain: Vec<Vec<u8>> = ["a", "1", "-7", "1.5", " ", "\0", "é", "\u{FEFF}", "#", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .chain([vec![0xFF], vec![0xC3], vec![0xA9], vec![0xED, 0xA0, 0x80]])
        .collect();
    joined(prop_oneof![3 => select(signs), 2 => select(plain)], 90)
}

fn joined(part: impl Strategy<Value = Vec<u8>>, most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(part, 0..most).prop_map(|parts| parts.concat())
}

/// Sizes of chunks.
pub(crate) fn sizes() -> impl Strategy<Value = Vec<usize>> {
    let some = prop_oneof![3 => 1usize..9, 1 => 9usize..200, 1 => Just(0)];
    (proptest::collection::vec(some, 0..6), 1usize..9).prop_map(|(mut sizes, last)| {
        sizes.push(last);
        sizes
    })
}
