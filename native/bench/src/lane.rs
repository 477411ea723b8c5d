//! The addon's shape without Node: one thread reads, copies and cuts, others check, and what they found is stitched in order.

use crate::Counts;
use crate::arguments::Arguments;
use sluice_engine::batch::Batch;
use sluice_engine::check::Checked;
use sluice_engine::frame::csv::Dialect;
use sluice_engine::intake::{Intake, Opened, Request, Take};
use sluice_engine::limits::Limits;
use sluice_engine::schema::{Options, compile};
use sluice_engine::spares::Spares;
use sluice_engine::stitch::Stitcher;
use sluice_engine::verdict::Verdict;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// As the sources of Sluice read.
const READ_BYTES: usize = 1 << 20;

/// Batches that were checked, until it is their turn.
struct InOrder {
    next: usize,
    waiting: BTreeMap<usize, (Batch, Checked)>,
    stitcher: Option<Stitcher>,
}

/// What the checking threads share.
struct Lane {
    opened: OnceLock<Opened>,
    batches: Mutex<Receiver<(usize, Batch)>>,
    order: Mutex<InOrder>,
}

/// Runs a file through the engine.
pub(crate) fn run(arguments: &Arguments) -> Result<Counts, Box<dyn Error>> {
    let schema = std::fs::read_to_string(&arguments.schema)?;
    let plan = Arc::new(compile(&schema, &Options::default()).map_err(|fault| fault.to_string())?);
    let mut intake = Intake::new(Request {
        plan,
        limits: Limits::default(),
        format: arguments.format,
        encoding: None,
        record_path: arguments.record_path.clone(),
        dialect: Dialect::default(),
        sniff_delimiter: false,
        header: None,
        missing: if arguments.missing { vec![Vec::new()] } else { Vec::new() },
        source: Some(arguments.input.display().to_string()),
        max_errors: None,
        policy: sluice_engine::policy::Policy::default(),
        asked: sluice_engine::transform::Asked::default(),
        allow_empty: false,
        batch_bytes: arguments.batch_bytes,
        batch_lines_max: 1 << 14,
    });
    let spares = Arc::new(Spares::default());
    intake.reuse(spares.clone());
    let mut file = File::open(&arguments.input)?;
    let outputs = Outputs {
        valid: arguments.out.as_ref().map(File::create).transpose()?,
        violations: arguments.violations.as_ref().map(File::create).transpose()?,
    };
    let (send, receive) = sync_channel(1);
    let (done, verdicts) = channel();
    let order = Mutex::new(InOrder { next: 0, waiting: BTreeMap::new(), stitcher: None });
    let lane = Lane { opened: OnceLock::new(), batches: Mutex::new(receive), order };
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads {
            let (lane, done) = (&lane, done.clone());
            scope.spawn(move || lane.work(&done));
        }
        drop(done);
        let writer = scope.spawn(move || write(&verdicts, outputs, &spares));
        feed(&mut intake, &mut file, &lane, send)?;
        let counts = writer.join().map_err(|_| "the writer panicked")??;
        Ok(counts)
    })
}

/// Reads the file and hands on batches; dropping the sender lets the others end.
fn feed(intake: &mut Intake, file: &mut File, lane: &Lane, send: SyncSender<(usize, Batch)>) -> Result<(), Box<dyn Error>> {
    let mut buffer = vec![0; READ_BYTES];
    let mut number = 0;
    let mut submit = |intake: &mut Intake, take: Take| -> Result<bool, Box<dyn Error>> {
        let Some(batch) = intake.take(take).map_err(|fault| fault.to_string())? else { return Ok(false) };
        if let Some(opened) = intake.opened() {
            lane.opened.get_or_init(|| opened.clone());
        }
        send.send((number, batch))?;
        number += 1;
        Ok(true)
    };
    loop {
        let size = file.read(&mut buffer)?;
        if size == 0 {
            break;
        }
        let mut chunk = &buffer[..size];
        while !chunk.is_empty() {
            chunk = &chunk[intake.push(chunk)..];
            while intake.is_full() && submit(intake, Take::Full)? {}
        }
    }
    while submit(intake, Take::Last)? {}
    Ok(())
}

impl Lane {
    fn work(&self, done: &Sender<(usize, Verdict)>) {
        loop {
            let next = self.batches.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((number, batch)) = next else { return };
            let Some(Opened { setup, base, .. }) = self.opened.get() else { return };
            let checked = setup.check_batch(&batch);
            let mut ready = Vec::new();
            {
                let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
                let order = &mut *order;
                order.waiting.insert(number, (batch, checked));
                let stitcher = order.stitcher.get_or_insert_with(|| Stitcher::new(setup, *base));
                while let Some((batch, checked)) = order.waiting.remove(&order.next) {
                    ready.push((order.next, stitcher.take(setup, batch, checked).expect("no foreign keys")));
                    order.next += 1;
                }
            }
            for (number, stitched) in ready {
                if done.send((number, stitched.verdict(setup))).is_err() {
                    return;
                }
            }
        }
    }
}

/// Where to write, as far as that is asked for.
struct Outputs {
    valid: Option<File>,
    violations: Option<File>,
}

/// Takes the verdicts in order, and writes them.
fn write(verdicts: &Receiver<(usize, Verdict)>, outputs: Outputs, spares: &Spares) -> std::io::Result<Counts> {
    let mut counts = Counts::default();
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (number, verdict) in verdicts {
        waiting.insert(number, verdict);
        while let Some(verdict) = waiting.remove(&next) {
            next += 1;
            counts.read += verdict.counts.read;
            counts.invalid += verdict.counts.invalid;
            counts.violations += verdict.counts.violations;
            for (file, bytes) in [(&outputs.valid, &verdict.valid), (&outputs.violations, &verdict.violations)] {
                if let Some(mut file) = file.as_ref() {
                    file.write_all(bytes)?;
                }
            }
            spares.give(verdict.valid);
        }
    }
    Ok(counts)
}
