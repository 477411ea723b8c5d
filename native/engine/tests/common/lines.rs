//! NDJSON that provokes.

use proptest::prelude::*;
use proptest::sample::select;

/// NDJSON, mostly broken.
pub(crate) fn ndjson() -> impl Strategy<Value = Vec<u8>> {
    let parts = [
        "{\"a\":1}\n",
        "{\"a\":1,\"b\":\"x\"}\r\n",
        "{\"a\":1,\"a\":2}\n",
        "{",
        "}",
        "[",
        "]",
        "\"a\":",
        "\"b\":\"",
        "\"",
        ":",
        ",",
        "1",
        "1.0",
        "-",
        "e5",
        "true",
        "null",
        "\\u0061",
        "\\ud800",
        "\n",
        "\n",
        "\r\n",
        "\r",
        " \t ",
        "\n\n",
        "\0",
        "é",
        "\u{FEFF}",
        "\\",
        "x",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];
    let parts: Vec<Vec<u8>> = parts.iter().map(|text| text.as_bytes().to_vec()).chain([vec![0xFF], vec![0xC3]]).collect();
    proptest::collection::vec(select(parts), 0..60).prop_map(|parts| parts.concat())
}
