//! One stream's way through the pool: batches go in numbered, are checked side by side, and come out in order.

use crate::error::{failure, panic_message, to_napi};
use crate::references::Keys;
use crate::rule_state::InOrderRules;
use crate::verdict::{BatchVerdict, into_js};
use napi::Env;
use napi::JsDeferred;
use rayon_core::ThreadPool;
use sluice_engine::batch::Batch;
use sluice_engine::check::Checked;
use sluice_engine::error::Error;
use sluice_engine::intake::Opened;
use sluice_engine::records::{Records, Wanted};
use sluice_engine::snapshot::Snapshot;
use sluice_engine::stitch::Stitcher;
use sluice_engine::stop::{Kept, StopAt};
use sluice_engine::stream_rules::bounds::Part;
use sluice_engine::verdict::{Stitched, Verdict};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Makes the JavaScript value of a verdict, on the JavaScript thread.
pub(crate) type Resolver = Box<dyn FnOnce(Env) -> napi::Result<BatchVerdict> + Send>;
/// A promise that is still open.
pub(crate) type Deferred = JsDeferred<BatchVerdict, Resolver>;

/// One stream's way through the pool.
pub(crate) struct Lane {
    opened: Opened,
    wanted: Wanted,
    keeps_batches: bool,
    /// What is asked of the batches in their order.
    rules: InOrderRules,
    pool: Arc<ThreadPool>,
    order: Mutex<InOrder>,
    is_cancelled: AtomicBool,
    /// Bytes of the source from one snapshot to the next; none are made without it.
    snapshot_bytes: Option<u64>,
    /// Number of the batch whose check panics, so that a test can see what becomes of it.
    panic_at_batch: Option<u32>,
}

struct InOrder {
    next: u32,
    waiting: BTreeMap<u32, (Batch, Checked, Deferred)>,
    stitcher: Stitcher,
    /// The batches that JavaScript may yet stop in, where it does; it lets go of each.
    kept: VecDeque<Kept>,
    /// The byte of the source from which on the next snapshot is due.
    snapshot_at: u64,
    fault: Option<Fault>,
}

/// A batch in its place, and what the stream has come to with it where that is to be kept.
type Placed = (Stitched, Option<Snapshot>);

/// Why no batch is checked any more.
#[derive(Clone)]
struct Fault {
    code: &'static str,
    message: String,
}

impl Fault {
    fn panic(panic: &(dyn std::any::Any + Send)) -> Fault {
        Fault { code: "native/panic", message: panic_message(panic) }
    }

    fn of(error: Error) -> Fault {
        Fault { code: error.code, message: error.message }
    }

    fn cancelled() -> Fault {
        Fault { code: "native/cancelled", message: "The stream was destroyed.".to_owned() }
    }
}

impl Lane {
    pub(crate) fn new(
        opened: Opened,
        stitcher: Stitcher,
        (wanted, keeps_batches): (Wanted, bool),
        rules: InOrderRules,
        pool: Arc<ThreadPool>,
        snapshot_bytes: Option<u64>,
        panic_at_batch: Option<u32>,
    ) -> Lane {
        let snapshot_at = stitcher.bytes().saturating_add(snapshot_bytes.unwrap_or_default());
        let order = Mutex::new(InOrder { next: 0, waiting: BTreeMap::new(), stitcher, kept: VecDeque::new(), snapshot_at, fault: None });
        Lane { opened, wanted, keeps_batches, rules, pool, order, is_cancelled: AtomicBool::new(false), snapshot_bytes, panic_at_batch }
    }

    /// Checks `batch` on the pool. Batches are numbered from 0 without a gap.
    pub(crate) fn submit(self: &Arc<Self>, number: u32, batch: Batch, deferred: Deferred) {
        let lane = self.clone();
        self.pool.spawn_fifo(move || lane.run(number, batch, deferred));
    }

    /// Batches that are not checked yet are not checked any more.
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// The report so far, as JSON.
    pub(crate) fn report(&self, started_at: &str, ended_at: &str, complete: bool, part: Part) -> String {
        let (setup, order) = (&self.opened.setup, self.lock());
        let report = match part {
            Part::Whole => setup.report(&order.stitcher, started_at, ended_at, complete),
            _ => setup.part_report(&order.stitcher, part, (started_at, ended_at), complete),
        };
        serde_json::to_string(&report).unwrap_or_default()
    }

    /// What the stream has come to, where it can be gone on from.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        self.lock().stitcher.snapshot(&self.opened)
    }

    /// The oldest batch that is kept is done with.
    pub(crate) fn release(&self) {
        self.lock().kept.pop_front();
    }

    /// Stops the stream within the oldest batch that is kept, and tells that one anew. No batch after it has been.
    pub(crate) fn stop(&self, at: StopAt) -> napi::Result<(Verdict, Option<Records>)> {
        let setup = &self.opened.setup;
        let mut order = self.lock();
        let kept = order.kept.pop_front().ok_or_else(|| failure("native/panic", "No batch is kept to be stopped in."))?;
        let told = catch_unwind(AssertUnwindSafe(|| {
            let (stitcher, stitched) = kept.stop(setup, at)?;
            order.stitcher = stitcher;
            Ok(self.tell(stitched))
        }));
        order.kept.clear();
        self.cancel();
        told.map_err(|panic| failure("native/panic", &panic_message(&*panic)))?.map_err(|fault: Error| to_napi(&fault))
    }

    fn tell(&self, stitched: Stitched) -> (Verdict, Option<Records>) {
        let setup = &self.opened.setup;
        let is_wanted = self.wanted != Wanted::default();
        let records = is_wanted.then(|| stitched.records(setup, self.wanted));
        (stitched.verdict(setup), records)
    }

    fn lock(&self) -> MutexGuard<'_, InOrder> {
        // A panic is caught while the lock is held and kept as `fault`, so a poisoned lock tells nothing more.
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, number: u32, batch: Batch, deferred: Deferred) {
        let setup = &self.opened.setup;
        // A batch that is not checked stops those after it too: they would wait for it, and their promises keep the process alive.
        let checked = if self.is_cancelled.load(Ordering::Relaxed) {
            Err(Fault::cancelled())
        } else {
            catch_unwind(AssertUnwindSafe(|| {
                assert!(self.panic_at_batch != Some(number), "a panic that a test asked for");
                setup.check_batch(&batch)
            }))
            .map_err(|panic| Fault::panic(&*panic))
        };
        let ready = self.take(number, batch, checked, deferred);
        for (stitched, deferred) in ready {
            let outcome = stitched.and_then(|(stitched, snapshot)| {
                let (verdict, records) = catch_unwind(AssertUnwindSafe(|| self.tell(stitched))).map_err(|panic| Fault::panic(&*panic))?;
                Ok((verdict, records, snapshot))
            });
            settle(outcome, deferred);
        }
    }

    /// Puts a checked batch in its place, and gives all that are ready now.
    fn take(
        &self,
        number: u32,
        batch: Batch,
        checked: Result<Checked, Fault>,
        deferred: Deferred,
    ) -> Vec<(Result<Placed, Fault>, Deferred)> {
        let mut order = self.lock();
        let order = &mut *order;
        let mut ready = Vec::new();
        match checked {
            Ok(checked) => drop(order.waiting.insert(number, (batch, checked, deferred))),
            Err(fault) => ready.push((Err(order.fault.get_or_insert(fault).clone()), deferred)),
        }
        if let Some(fault) = &order.fault {
            let waiting = std::mem::take(&mut order.waiting);
            ready.extend(waiting.into_values().map(|(_, _, deferred)| (Err(fault.clone()), deferred)));
            return ready;
        }
        while let Some((batch, checked, deferred)) = order.waiting.remove(&order.next) {
            order.next += 1;
            let stitched = catch_unwind(AssertUnwindSafe(|| self.place(order, batch, checked)));
            let stitched = stitched.unwrap_or_else(|panic| Err(Fault::panic(&*panic)));
            let stitched = stitched.map_err(|fault| order.fault.insert(fault).clone());
            ready.push((stitched, deferred));
            if let Some(fault) = &order.fault {
                // Nothing comes after it that would reject these.
                let waiting = std::mem::take(&mut order.waiting);
                ready.extend(waiting.into_values().map(|(_, _, deferred)| (Err(fault.clone()), deferred)));
            }
        }
        ready
    }

    fn place(&self, order: &mut InOrder, batch: Batch, checked: Checked) -> Result<Placed, Fault> {
        let before = self.keeps_batches.then(|| order.stitcher.about_to_stop());
        let (setup, stitcher) = (&self.opened.setup, &mut order.stitcher);
        let stitched = match &self.rules {
            InOrderRules::None => stitcher.take(setup, batch, checked),
            InOrderRules::Judge(rules) => match &mut *rules.lock() {
                Some(state) => stitcher.take_judged(setup, batch, checked, state),
                None => return Err(Fault::cancelled()),
            },
            InOrderRules::Gather(keys) => match &mut *keys.lock() {
                Keys::Gathering(references) => stitcher.take_gathered(setup, batch, checked, references),
                _ => return Err(Fault::cancelled()),
            },
        };
        let stitched = stitched.map_err(Fault::of)?;
        order.kept.extend(before.map(|before| Kept::new(before, &stitched)));
        let due = self.snapshot_bytes.filter(|_| order.stitcher.bytes() >= order.snapshot_at);
        let snapshot = due.and_then(|_| order.stitcher.snapshot(&self.opened));
        if let (Some(bytes), Some(snapshot)) = (due, &snapshot) {
            order.snapshot_at = snapshot.base.bytes.saturating_add(bytes);
        }
        Ok((stitched, snapshot))
    }
}

fn settle(outcome: Result<(Verdict, Option<Records>, Option<Snapshot>), Fault>, deferred: Deferred) {
    match outcome {
        Ok((verdict, records, snapshot)) => deferred.resolve(Box::new(move |_| Ok(into_js(verdict, records, snapshot)))),
        Err(fault) => deferred.reject(failure(fault.code, &fault.message)),
    }
}
