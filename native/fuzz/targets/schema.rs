//! Any text as a schema: it is compiled or refused, explained, and never panics; what was compiled checks any record.
#![no_main]

#[path = "../../engine/tests/common/mod.rs"]
mod common;

use common::{request, run};
use libfuzzer_sys::fuzz_target;
use sluice_engine::intake::Format;
use sluice_engine::schema::{How, Options, compile, explain};

const RECORDS: &str = concat!(
    "{\"a\":1,\"b\":\"x\"}\n[]\nnull\n\"2024-02-29\"\n1.5\n{\"a\":{\"a\":[{}]}}\n",
    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"\n",
);

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for ignore_unknown in [false, true] {
        let options = Options { ignore_unknown, ..Options::default() };
        let explained = explain(text, &options);
        let Ok(plan) = compile(text, &options) else { continue };
        assert!(explained.expect("what compiles is explained").iter().all(|each| each.how != How::Refused));
        let mut asked = request("true", Format::Ndjson);
        asked.plan = plan.into();
        asked.limits.pattern_steps_max = 10_000;
        let outcome = run(&asked, RECORDS.as_bytes(), &[usize::MAX]).expect("a stream");
        assert_eq!(outcome.report.counts.read, 7);
    }
});
