//! One stream as a JavaScript handle. All of its methods run on the JavaScript thread and return at once.

use crate::error::{failure, panic_message, to_napi};
use crate::garbage::collect_soon;
use crate::lane::{Deferred, Lane};
use crate::outgoing::spares;
use crate::plan::Plan;
use crate::pool::pool;
use crate::references::ReferenceKeys;
use crate::rule_state::{InOrderRules, RuleState};
use crate::verdict::{BatchVerdict, StreamSnapshot, into_js};
use napi::Env;
use napi::bindgen_prelude::{ArrayBuffer, Buffer, Object};
use napi_derive::napi;
use rayon_core::ThreadPool;
use sluice_engine::encoding::Encoding;
use sluice_engine::frame::csv::Dialect;
use sluice_engine::frame::record_path::RecordPath;
use sluice_engine::intake::{Format, Intake, Opened, Request, Take};
use sluice_engine::limits::Limits;
use sluice_engine::policy::{DuplicateKeys, Policy, Undecided};
use sluice_engine::records::Wanted;
use sluice_engine::schema;
use sluice_engine::setup::{Alone, MaxErrors};
use sluice_engine::snapshot::Snapshot;
use sluice_engine::stitch::Stitcher;
use sluice_engine::stop::StopAt;
use sluice_engine::stream_rules::bounds::Part;
use sluice_engine::transform::{Asked, Target};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What a stream is asked to do; every number is whole and fits.
#[napi(object)]
pub struct StreamOptions {
    /// `auto`, `csv`, `ndjson`, `json`, `records` or `cells` (records whose strings are CSV cells).
    pub format: String,
    /// Of records: an empty line stands for one that was found valid before it came here.
    pub glanced: Option<bool>,
    /// Name of the encoding; none for UTF-8, or UTF-16 where a byte order mark says so.
    pub encoding: Option<String>,
    /// Where the records of a JSON document are.
    pub record_path: Option<String>,
    /// Byte.
    pub delimiter: u8,
    /// The delimiter is to be told from the records.
    pub sniff_delimiter: bool,
    /// Byte.
    pub quote: Option<u8>,
    /// Byte.
    pub escape: Option<u8>,
    /// Byte.
    pub comment: Option<u8>,
    /// Spaces between a delimiter and the field after it are no part of the field.
    pub skip_initial_space: bool,
    /// Blank lines are no records.
    pub skip_blank_lines: bool,
    /// Names of the columns, without a header row.
    pub header: Option<Vec<String>>,
    /// Tokens that stand for a missing value.
    pub missing: Vec<String>,
    /// Name of the source.
    pub source: Option<String>,
    /// Invalid records beyond which the stream stops.
    pub max_errors: Option<f64>,
    /// Invalid records in a hundred beyond which the stream stops.
    pub max_errors_percent: Option<f64>,
    /// A source without bytes is no error.
    pub allow_empty: bool,
    /// Threads of the pool.
    pub threads: u32,
    /// Bytes.
    pub batch_bytes: u32,
    /// Lines.
    pub batch_lines_max: u32,
    /// Bytes.
    pub record_bytes_max: u32,
    /// Lines.
    pub record_lines_max: u32,
    /// Levels.
    pub depth_max: u32,
    /// Steps.
    pub pattern_steps_max: f64,
    /// Steps.
    pub rule_steps_max: f64,
    /// Bytes.
    pub value_bytes_max: u32,
    /// Samples.
    pub samples_per_rule: u32,
    /// Violations.
    pub violations_per_record_max: u32,
    /// Records.
    pub max_errors_warm_up: f64,
    /// Of members with one name, the last one counts.
    pub keep_last_key: bool,
    /// What becomes of a record that could not be decided: `invalid`, `valid` or `abort`.
    pub on_undecided: String,
    /// Bytes of the source from one snapshot to the next; none are made without it.
    pub snapshot_bytes: Option<f64>,
    /// The snapshot to go on from: its `state`.
    pub resume: Option<String>,
    /// The place of each record is wanted.
    pub wants_places: Option<bool>,
    /// The values of the valid records are wanted.
    pub wants_values: Option<bool>,
    /// JavaScript decides where the stream stops: each batch is kept until `release`, so that `stop_at` can stop within it.
    pub keeps_batches: Option<bool>,
    /// For tests: the values are wanted as JSON, even where they could go by columns.
    pub wants_json: Option<bool>,
    /// The values of the valid records as they go out are wanted, where these are transformed.
    pub wants_results: Option<bool>,
    /// Format of the valid records: `csv` or `ndjson`; none for that of the source.
    pub to: Option<String>,
    /// The key of `hmac-sha256`.
    pub hash_key: Option<Buffer>,
    /// For tests: the batch whose check panics.
    pub panic_at_batch: Option<u32>,
}

/// One stream.
#[napi]
pub struct Stream {
    intake: Intake,
    wanted: Wanted,
    /// JavaScript has an object for each record, before or after.
    makes_objects: bool,
    keeps_batches: bool,
    pool: Arc<ThreadPool>,
    lane: Option<Arc<Lane>>,
    submitted: u32,
    snapshot_bytes: Option<u64>,
    resume: Option<Snapshot>,
    panic_at_batch: Option<u32>,
    rules: InOrderRules,
    plan: Arc<schema::plan::Plan>,
}

#[napi]
impl Stream {
    /// A stream that has seen nothing yet.
    #[napi(constructor)]
    pub fn new(plan: &Plan, options: StreamOptions) -> napi::Result<Stream> {
        let pool = pool(options.threads as usize)?;
        let panic_at_batch = options.panic_at_batch;
        let snapshot_bytes = options.snapshot_bytes.map(|bytes| bytes as u64);
        let resume = options.resume.as_deref().map(Snapshot::from_text).transpose().map_err(|fault| to_napi(&fault))?;
        let keeps_batches = options.keeps_batches.unwrap_or(false);
        let wanted = Wanted {
            places: options.wants_places.unwrap_or(false),
            values: options.wants_values.unwrap_or(false),
            results: options.wants_results.unwrap_or(false),
            json: options.wants_json.unwrap_or(false),
        };
        let compiled = plan.plan.clone();
        let request = request(plan, options)?;
        let makes_objects = wanted.values || wanted.results || matches!(request.format, Format::Records { .. });
        let mut intake = match &resume {
            Some(snapshot) => Intake::resumed(request, snapshot).map_err(|fault| to_napi(&fault))?,
            None => Intake::new(request),
        };
        intake.reuse(spares());
        Ok(Stream {
            wanted,
            makes_objects,
            keeps_batches,
            intake,
            pool,
            lane: None,
            submitted: 0,
            snapshot_bytes,
            resume,
            panic_at_batch,
            rules: InOrderRules::None,
            plan: compiled,
        })
    }

    /// Its rules over the whole stream go on with what `state` has come to.
    #[napi]
    pub fn judge_by(&mut self, state: &RuleState) {
        self.rules = InOrderRules::Judge(state.state.clone());
    }

    /// It is a reference: its keys are gathered into `keys`. To be told before the first byte.
    #[napi]
    pub fn gather_into(&mut self, keys: &ReferenceKeys) {
        self.rules = InOrderRules::Gather(keys.keys.clone());
    }

    /// Its foreign keys are looked up in `keys`, which are complete. To be told before the first byte.
    #[napi]
    pub fn look_up_in(&mut self, keys: &ReferenceKeys) -> napi::Result<()> {
        self.intake.refer_to(keys.complete_for(&self.plan)?);
        Ok(())
    }

    /// Copies bytes of `chunk` from `offset` on, as many as there is room for, and gives their number.
    #[napi]
    pub fn push(&mut self, chunk: &[u8], offset: u32) -> u32 {
        self.intake.push(chunk.get(offset as usize..).unwrap_or_default()) as u32
    }

    /// Checks one record of a stream of objects ahead of its batch, on the calling thread: 1 where nothing is wrong with it, nor is there anything to
    /// tell of it, 2 where it is refused, 0 where its batch decides or has more to tell. `json` is its text without line feeds.
    #[napi]
    pub fn check_alone(&mut self, json: String) -> napi::Result<u8> {
        let Some(opened) = self.intake.open_records() else { return Ok(0) };
        let alone = catch_unwind(AssertUnwindSafe(|| opened.setup.check_alone(json.as_bytes())));
        Ok(match alone.map_err(|panic| failure("native/panic", &panic_message(&*panic)))? {
            Alone::Open => 0,
            Alone::Clean => 1,
            Alone::Refused => 2,
        })
    }

    /// Bytes should be submitted before more are pushed.
    #[napi(getter)]
    pub fn is_full(&self) -> bool {
        self.intake.is_full()
    }

    /// Hands a batch to the pool: a full one (`take` 0), the whole records there are (1) or, at the end, all there is (2). Gives the promise of its
    /// verdict, or null when there is no batch.
    #[napi(ts_return_type = "Promise<BatchVerdict> | null")]
    pub fn submit<'env>(&mut self, env: &'env Env, take: u8) -> napi::Result<Option<Object<'env>>> {
        let take = [Take::Full, Take::Partial, Take::Last][usize::from(take.min(2))];
        let Some(batch) = self.intake.take(take).map_err(|fault| to_napi(&fault))? else { return Ok(None) };
        let Some(opened) = self.intake.opened() else { return Ok(None) };
        collect_soon(env, self.makes_objects)?;
        if self.lane.is_none() {
            let stitcher = match self.resume.take() {
                Some(snapshot) => Stitcher::resumed(&opened.setup, &snapshot).map_err(|fault| to_napi(&fault))?,
                None => Stitcher::new(&opened.setup, opened.base),
            };
            let lacks_references = !self.plan.stream.foreign.is_empty() && opened.setup.references.strong_count() == 0;
            match &self.rules {
                InOrderRules::None if lacks_references || !self.plan.stream.is_empty() => {
                    let text = "The schema has rules over the whole stream, which cannot be asked here.";
                    return Err(failure("schema/stream-rule", text));
                }
                InOrderRules::Judge(rules) if !lacks_references => rules.begin(opened.setup.source.as_deref()),
                InOrderRules::Judge(_) => return Err(failure("schema/stream-rule", "The references of the schema were not read.")),
                InOrderRules::None | InOrderRules::Gather(_) => {}
            }
            let lane = Lane::new(
                opened.clone(),
                stitcher,
                (self.wanted, self.keeps_batches),
                self.rules.clone(),
                self.pool.clone(),
                self.snapshot_bytes,
                self.panic_at_batch,
            );
            self.lane = Some(Arc::new(lane));
        }
        let Some(lane) = &self.lane else { return Ok(None) };
        let (deferred, promise): (Deferred, Object<'env>) = env.create_deferred()?;
        lane.submit(self.submitted, batch, deferred);
        self.submitted += 1;
        Ok(Some(promise))
    }

    /// The oldest batch that is kept (`keeps_batches`) is done with.
    #[napi]
    pub fn release(&self) {
        if let Some(lane) = &self.lane {
            lane.release();
        }
    }

    /// Stops within the oldest batch that is kept: after so many of its records, or so many bytes of CSV or lines. Gives that batch anew, up to there; the
    /// report is of what came until then.
    #[napi]
    pub fn stop_at(&self, records: u32, length: f64) -> napi::Result<BatchVerdict> {
        let lane = self.lane.as_ref().ok_or_else(|| failure("native/panic", "Nothing was submitted yet."))?;
        let (verdict, records) = lane.stop(StopAt { records: records as usize, length: length as usize })?;
        Ok(into_js(verdict, records, None))
    }

    /// The header row, for both outputs, once it is known.
    #[napi(getter)]
    pub fn header(&self) -> Option<Buffer> {
        self.intake.opened().map(|opened| opened.header.to_vec().into())
    }

    /// The header row of the valid records, once it is known, where it is not `header`.
    #[napi(getter)]
    pub fn valid_header(&self) -> Option<Buffer> {
        self.intake.opened().filter(|opened| opened.setup.program.is_some()).map(|opened| opened.valid_header().to_vec().into())
    }

    /// The report so far, as JSON; null of bytes before anything was submitted. `input` is the number of inputs that are one whole with this one and come
    /// before it: what is asked of the whole at its end is then left open.
    #[napi]
    pub fn report(&mut self, started_at: String, ended_at: String, complete: bool, input: Option<u32>) -> Option<String> {
        let part = match input {
            None => Part::Whole,
            Some(0) => Part::First,
            Some(_) => Part::Next,
        };
        if let Some(lane) = &self.lane {
            return Some(lane.report(&started_at, &ended_at, complete, part));
        }
        let Opened { setup, base, .. } = self.intake.open_records()?;
        let report = setup.part_report(&Stitcher::new(setup, *base), part, (&started_at, &ended_at), complete);
        serde_json::to_string(&report).ok()
    }

    /// What the stream has come to, once every batch was checked; null where it cannot be gone on from.
    #[napi]
    pub fn snapshot(&self) -> Option<StreamSnapshot> {
        self.lane.as_ref().and_then(|lane| lane.snapshot()).map(StreamSnapshot::from)
    }

    /// Nothing is pushed any more. Batches that are not checked yet are not checked any more; their promises are rejected.
    #[napi]
    pub fn cancel(&mut self) {
        self.intake.close();
        if let Some(lane) = &self.lane {
            lane.cancel();
        }
    }
}

/// Frees the memory of a verdict's bytes now, and leaves all Buffers on it empty: for who knows that nobody reads them any more.
#[napi]
pub fn release(bytes: ArrayBuffer<'_>) -> napi::Result<()> {
    bytes.detach()
}

/// Throws for a path that cannot be followed.
#[napi]
pub fn check_record_path(path: String) -> napi::Result<()> {
    parse_path(&path).map(drop)
}

fn parse_path(path: &str) -> napi::Result<RecordPath> {
    RecordPath::parse(path).map_err(|fault| to_napi(&fault))
}

fn request(plan: &Plan, options: StreamOptions) -> napi::Result<Request> {
    let glanced = options.glanced.unwrap_or(false);
    let format = match options.format.as_str() {
        "auto" => Format::Auto,
        "csv" => Format::Csv,
        "ndjson" => Format::Ndjson,
        "json" => Format::Json,
        "records" => Format::Records { cells: false, glanced },
        "cells" => Format::Records { cells: true, glanced },
        other => return Err(failure("option/invalid", &format!("format cannot be {other:?}."))),
    };
    let undecided = match options.on_undecided.as_str() {
        "invalid" => Undecided::Invalid,
        "valid" => Undecided::Valid,
        "abort" => Undecided::Abort,
        other => return Err(failure("option/invalid", &format!("onUndecided cannot be {other:?}."))),
    };
    let to = options.to.as_deref().map(|name| match name {
        "csv" => Ok(Target::Csv),
        "ndjson" => Ok(Target::Ndjson),
        other => Err(failure("option/invalid", &format!("to cannot be {other:?}."))),
    });
    let encoding = options
        .encoding
        .as_deref()
        .map(|name| Encoding::of_name(name).ok_or_else(|| failure("option/invalid", &format!("encoding cannot be {name:?}."))));
    Ok(Request {
        plan: plan.plan.clone(),
        limits: Limits {
            record_bytes_max: options.record_bytes_max as usize,
            record_lines_max: options.record_lines_max as usize,
            depth_max: options.depth_max as usize,
            pattern_steps_max: options.pattern_steps_max as u64,
            rule_steps_max: options.rule_steps_max as u64,
            value_bytes_max: options.value_bytes_max as usize,
            samples_per_rule: options.samples_per_rule as usize,
            violations_per_record_max: options.violations_per_record_max as usize,
            max_errors_warm_up: options.max_errors_warm_up as u64,
        },
        format,
        encoding: encoding.transpose()?,
        sniff_delimiter: options.sniff_delimiter,
        record_path: options.record_path.as_deref().map_or(Ok(RecordPath::default()), parse_path)?,
        dialect: Dialect {
            delimiter: options.delimiter,
            quote: options.quote,
            escape: options.escape,
            comment: options.comment,
            skip_blank_lines: options.skip_blank_lines,
            skip_initial_space: options.skip_initial_space,
        },
        header: options.header,
        missing: options.missing.into_iter().map(String::into_bytes).collect(),
        source: options.source,
        max_errors: options.max_errors.map(|max| MaxErrors::Count(max as u64)).or(options.max_errors_percent.map(MaxErrors::Percent)),
        policy: Policy { duplicate_keys: if options.keep_last_key { DuplicateKeys::Last } else { DuplicateKeys::Violation }, undecided },
        asked: Asked { to: to.transpose()?, hash_key: options.hash_key.map(|key| key.to_vec()) },
        allow_empty: options.allow_empty,
        batch_bytes: options.batch_bytes as usize,
        batch_lines_max: options.batch_lines_max as usize,
    })
}
