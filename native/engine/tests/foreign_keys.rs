//! Foreign keys where what they are looked up in cannot be read: no record passes that nobody has looked up.

use sluice_engine::error::Error;
use sluice_engine::frame::csv::Dialect;
use sluice_engine::frame::record_path::RecordPath;
use sluice_engine::intake::{Format, Intake, Request, Take};
use sluice_engine::keys::{Spill, SpillFile};
use sluice_engine::limits::Limits;
use sluice_engine::policy::Policy;
use sluice_engine::schema::plan::Plan;
use sluice_engine::schema::{Options, compile};
use sluice_engine::stitch::Stitcher;
use sluice_engine::stream_rules::foreign::{References, reference_plan};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

const SCHEMA: &str =
    r#"{"properties":{"k":{"type":"integer"}},"x-foreignKeys":[{"fields":"k","reference":{"resource":"r","fields":"id"}}]}"#;

/// Files in memory, which cannot be read once `is_broken`.
#[derive(Debug, Clone, Default)]
struct Files {
    is_broken: Arc<AtomicBool>,
}

#[derive(Debug)]
struct File {
    bytes: Mutex<Vec<u8>>,
    is_broken: Arc<AtomicBool>,
}

impl Spill for Files {
    fn create(&mut self) -> Result<Box<dyn SpillFile>, Error> {
        Ok(Box::new(File { bytes: Mutex::default(), is_broken: self.is_broken.clone() }))
    }
}

impl SpillFile for File {
    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes.lock().expect("no panic").extend_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(Error::new("unique/spill", "the disk is gone"));
        }
        into.copy_from_slice(&self.bytes.lock().expect("no panic")[offset as usize..][..into.len()]);
        Ok(())
    }
}

fn request(plan: Plan) -> Request {
    Request {
        plan: Arc::new(plan),
        limits: Limits::default(),
        format: Format::Csv,
        encoding: None,
        record_path: RecordPath::default(),
        dialect: Dialect::default(),
        sniff_delimiter: false,
        header: None,
        missing: vec![Vec::new()],
        source: None,
        max_errors: None,
        policy: Policy::default(),
        allow_empty: false,
        batch_bytes: 1 << 20,
        batch_lines_max: 1 << 14,
        asked: sluice_engine::transform::Asked::default(),
    }
}

/// The keys of a reference of numbers from 0 on.
fn gathered(plan: &Plan, count: usize, files: Files) -> References {
    let input: String = std::iter::once("id\n".to_owned()).chain((0..count).map(|id| format!("{id}\n"))).collect();
    let asked = request(reference_plan(plan, "r").expect("it is referred to"));
    let mut references = References::new(1, Box::new(files));
    let mut intake = Intake::new(asked);
    let mut rest = input.as_bytes();
    while !rest.is_empty() {
        rest = &rest[intake.push(rest)..];
    }
    let mut stitcher = None;
    while let Some(batch) = intake.take(Take::Last).expect("it is read") {
        let opened = intake.opened().expect("it is opened");
        let stitcher = stitcher.get_or_insert_with(|| Stitcher::new(&opened.setup, opened.base));
        let checked = opened.setup.check_batch(&batch);
        stitcher.take_gathered(&opened.setup, batch, checked, &mut references).expect("it is read");
    }
    references
}

/// The valid records of `input`.
fn valid(asked: Request, input: &str, references: Weak<References>) -> Result<String, Error> {
    let mut intake = Intake::new(asked);
    intake.refer_to(references);
    intake.push(input.as_bytes());
    let (mut stitcher, mut valid) = (None, Vec::new());
    while let Some(batch) = intake.take(Take::Last)? {
        let opened = intake.opened().expect("it is opened");
        let stitcher = stitcher.get_or_insert_with(|| Stitcher::new(&opened.setup, opened.base));
        let checked = opened.setup.check_batch(&batch);
        valid.extend(stitcher.take(&opened.setup, batch, checked)?.verdict(&opened.setup).valid);
    }
    Ok(String::from_utf8(valid).expect("text"))
}

#[test]
fn what_cannot_be_looked_up_stops_the_stream() {
    let asked = request(compile(SCHEMA, &Options::default()).expect("a schema"));
    let files = Files::default();
    let references = Arc::new(gathered(&asked.plan, 20_000, files.clone()));
    references.check(&asked.plan).expect("it has keys");
    let input = "k\n1\n20000\n19999\nx\n";
    assert_eq!(valid(asked.clone(), input, Arc::downgrade(&references)).expect("it is read"), "1\n19999\n");
    files.is_broken.store(true, Ordering::Relaxed);
    let many: String = std::iter::once("k\n".to_owned()).chain((0..20_000).map(|id| format!("{id}\n"))).collect();
    assert_eq!(valid(asked.clone(), &many, Arc::downgrade(&references)).expect_err("no disk").code, "unique/spill");
    drop(references);
    assert_eq!(valid(asked, input, Weak::new()).expect_err("nothing to look up").code, "schema/stream-rule");
}

#[test]
fn a_reference_has_to_have_keys() {
    let asked = request(compile(SCHEMA, &Options::default()).expect("a schema"));
    assert_eq!(gathered(&asked.plan, 0, Files::default()).check(&asked.plan).expect_err("no key").code, "reference/empty");
    assert_eq!(reference_plan(&asked.plan, "s").expect_err("nobody refers to it").code, "reference/unused");
}
