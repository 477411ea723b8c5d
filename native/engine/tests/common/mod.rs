//! Drives the engine as the binding does, on one thread, in chunks and batches of any size.

use sluice_engine::error::Error;
use sluice_engine::frame::csv::Dialect;
use sluice_engine::intake::{Format, Intake, Request, Take};
use sluice_engine::keys::{Spill, SpillFile};
use sluice_engine::limits::Limits;
use sluice_engine::report::Report;
use sluice_engine::schema::{Options, compile};
use sluice_engine::spares::Spares;
use sluice_engine::stitch::Stitcher;
use sluice_engine::stream_rules::state::StreamState;
use std::sync::Arc;

/// All that comes out of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) header: Vec<u8>,
    pub(crate) valid: Vec<u8>,
    pub(crate) invalid: Vec<u8>,
    pub(crate) violations: String,
    pub(crate) report: Report,
}

impl Outcome {
    /// `code line byte` of each violation.
    pub(crate) fn brief(&self) -> Vec<String> {
        let line = |line: &str| {
            let violation: serde_json::Value = serde_json::from_str(line).expect("a violation is JSON");
            format!("{} {} {}", violation["code"].as_str().unwrap_or_default(), violation["line"], violation["byte"])
        };
        self.violations.lines().map(line).collect()
    }
}

pub(crate) fn request(schema: &str, format: Format) -> Request {
    let plan = compile(schema, &Options::default()).unwrap_or_else(|fault| panic!("{fault}"));
    Request {
        plan: Arc::new(plan),
        limits: Limits::default(),
        format,
        encoding: None,
        record_path: sluice_engine::frame::record_path::RecordPath::default(),
        dialect: Dialect::default(),
        sniff_delimiter: false,
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

/// Runs `input` through, in chunks whose sizes are those of `chunks`, over and over; at a size of 0 what there is goes on at once.
pub(crate) fn run(request: &Request, input: &[u8], chunks: &[usize]) -> Result<Outcome, Error> {
    let mut intake = Intake::new(request.clone());
    let spares = Arc::new(Spares::default());
    intake.reuse(spares.clone());
    let mut stitcher = None;
    let mut state = StreamState::new(0, Box::new(NoRoom));
    let (mut valid, mut invalid, mut violations) = (Vec::new(), Vec::new(), Vec::new());
    let mut batches = Vec::new();
    let (mut at, mut turn) = (0, 0);
    loop {
        let is_over = at == input.len();
        let size = chunks[turn % chunks.len()].min(input.len() - at);
        turn += 1;
        let mut chunk = &input[at..at + size];
        at += size;
        if size == 0 && !is_over {
            while let Some(batch) = intake.take(Take::Partial)? {
                batches.push(batch);
            }
        }
        while !chunk.is_empty() {
            chunk = &chunk[intake.push(chunk)..];
            while intake.is_full() {
                match intake.take(Take::Full)? {
                    Some(batch) => batches.push(batch),
                    None => break,
                }
            }
        }
        if is_over {
            while let Some(batch) = intake.take(Take::Last)? {
                batches.push(batch);
            }
        }
        if let Some(opened) = intake.opened() {
            let stitcher = stitcher.get_or_insert_with(|| Stitcher::new(&opened.setup, opened.base));
            for batch in batches.drain(..) {
                let checked = opened.setup.check_batch(&batch);
                let verdict = stitcher.take_judged(&opened.setup, batch, checked, &mut state)?.verdict(&opened.setup);
                valid.extend(&verdict.valid);
                spares.give(verdict.valid);
                invalid.extend(verdict.invalid);
                violations.extend(verdict.violations);
            }
        }
        if is_over {
            break;
        }
    }
    let opened = intake.opened().expect("the source was opened");
    let stitcher = stitcher.expect("the source was opened");
    let report = opened.setup.report(&stitcher, "a", "b", true);
    let violations = String::from_utf8(violations).expect("violations are text");
    Ok(Outcome { header: opened.header.to_vec(), valid, invalid, violations, report })
}

/// Where keys go beyond the memory: nowhere, for the inputs of tests are small.
#[derive(Debug)]
struct NoRoom;

impl Spill for NoRoom {
    fn create(&mut self) -> Result<Box<dyn SpillFile>, Error> {
        Err(Error::new("unique/spill", "there is no room"))
    }
}
