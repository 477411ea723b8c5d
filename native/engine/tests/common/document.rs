//! Drives the engine over a JSON document as the binding does: what came before a fault is kept, and the fault beside it.

use sluice_engine::frame::csv::Dialect;
use sluice_engine::frame::record_path::RecordPath;
use sluice_engine::intake::{Format, Intake, Request, Take};
use sluice_engine::limits::Limits;
use sluice_engine::render::Base;
use sluice_engine::report::Report;
use sluice_engine::schema::{Options, compile};
use sluice_engine::stitch::Stitcher;
use std::sync::Arc;

/// All that comes out of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Outcome {
    pub(crate) valid: String,
    pub(crate) invalid: Vec<u8>,
    pub(crate) violations: String,
    pub(crate) report: Option<Report>,
    /// Code and message.
    pub(crate) fault: Option<(String, String)>,
}

impl Outcome {
    /// `code record line byte recordPointer pointer` of each violation.
    pub(crate) fn brief(&self) -> Vec<String> {
        let line = |line: &str| {
            let violation: serde_json::Value = serde_json::from_str(line).expect("a violation is JSON");
            let text = |name: &str| violation[name].as_str().unwrap_or("-").to_owned();
            let (record, line, byte) = (&violation["record"], &violation["line"], &violation["byte"]);
            format!("{} {record} {line} {byte} {} {}", text("code"), text("recordPointer"), text("pointer"))
        };
        self.violations.lines().map(line).collect()
    }

    /// The code and the message of the fault.
    pub(crate) fn fault(&self) -> String {
        self.fault.as_ref().map_or("none".to_owned(), |(code, message)| format!("{code}: {message}"))
    }
}

pub(crate) const ANY: &str = r#"{"type":["object","array","string","number","boolean","null"]}"#;

pub(crate) fn request(schema: &str, path: Option<&str>) -> Request {
    let plan = compile(schema, &Options::default()).unwrap_or_else(|fault| panic!("{fault}"));
    Request {
        plan: Arc::new(plan),
        limits: Limits::default(),
        format: Format::Json,
        encoding: None,
        sniff_delimiter: false,
        record_path: path.map_or_else(RecordPath::default, |path| RecordPath::parse(path).unwrap_or_else(|fault| panic!("{fault}"))),
        dialect: Dialect::default(),
        header: None,
        missing: vec![Vec::new()],
        source: Some("test".to_owned()),
        max_errors: None,
        policy: sluice_engine::policy::Policy::default(),
        asked: sluice_engine::transform::Asked::default(),
        allow_empty: false,
        batch_bytes: 1 << 20,
        batch_lines_max: 1 << 14,
    }
}

/// Runs `input` through, in chunks whose sizes are those of `chunks`, over and over. A `take` of what there is follows every `flush`th chunk.
pub(crate) fn run(request: &Request, input: &[u8], chunks: &[usize], flush: usize) -> Outcome {
    let mut stream = Stream { intake: Intake::new(request.clone()), stitcher: None, outcome: Outcome::default(), largest: 0 };
    let fault = stream.feed(input, chunks, flush).err();
    let complete = fault.is_none();
    stream.outcome.fault = fault.map(|fault| (fault.code.to_owned(), fault.message));
    if let (Some(opened), Some(stitcher)) = (stream.intake.opened(), &stream.stitcher) {
        stream.outcome.report = Some(opened.setup.report(stitcher, "a", "b", complete));
    }
    let bound = request.limits.record_bytes_max + 2 * request.batch_bytes + 64;
    assert!(stream.largest <= bound, "a batch of {} bytes", stream.largest);
    stream.outcome
}

struct Stream {
    intake: Intake,
    stitcher: Option<Stitcher>,
    outcome: Outcome,
    largest: usize,
}

impl Stream {
    fn feed(&mut self, input: &[u8], chunks: &[usize], flush: usize) -> Result<(), sluice_engine::error::Error> {
        let (mut at, mut turn) = (0, 0);
        while at < input.len() {
            let size = chunks[turn % chunks.len()].min(input.len() - at);
            turn += 1;
            let mut chunk = &input[at..at + size];
            at += size;
            while !chunk.is_empty() {
                chunk = &chunk[self.intake.push(chunk)..];
                while self.intake.is_full() && self.take(Take::Full)? {}
            }
            if turn.is_multiple_of(flush) {
                self.take(Take::Partial)?;
            }
        }
        while self.take(Take::Last)? {}
        Ok(())
    }

    fn take(&mut self, take: Take) -> Result<bool, sluice_engine::error::Error> {
        let batch = self.intake.take(take)?;
        let Some(opened) = self.intake.opened() else { return Ok(false) };
        let Some(batch) = batch else { return Ok(false) };
        let stitcher = self.stitcher.get_or_insert_with(|| Stitcher::new(&opened.setup, Base::default()));
        self.largest = self.largest.max(batch.bytes.len());
        let checked = opened.setup.check_batch(&batch);
        let verdict = stitcher.take(&opened.setup, batch, checked).expect("no foreign keys").verdict(&opened.setup);
        self.outcome.valid += std::str::from_utf8(&verdict.valid).expect("valid records are text");
        self.outcome.invalid.extend(verdict.invalid);
        self.outcome.violations += std::str::from_utf8(&verdict.violations).expect("violations are text");
        Ok(true)
    }
}
