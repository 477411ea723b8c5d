//! A compiled schema as a JavaScript handle.

use crate::error::{failure, panic_message, to_napi};
use crate::references::ReferenceNeeded;
use crate::seed::seed;
use napi_derive::napi;
use sluice_engine::batch::{Batch, Start};
use sluice_engine::encoding::Encoding;
use sluice_engine::keys::KeyHasher;
use sluice_engine::limits::Limits;
use sluice_engine::render::Base;
use sluice_engine::report::Report;
use sluice_engine::schema::plan::Builtin;
use sluice_engine::schema::{self, Options};
use sluice_engine::setup::{Form, Setup};
use sluice_engine::stitch::Stitcher;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How a schema is compiled.
#[napi(object)]
pub struct PlanOptions {
    /// `format` asserts.
    pub format_assertion: bool,
    /// Unknown keywords are annotations.
    pub ignore_unknown: bool,
    /// Fields whose values are hidden.
    pub mask: Vec<String>,
    /// Bytes of the schema.
    pub bytes_max: u32,
    /// Documents that `$ref` may reach. Nothing else is ever fetched.
    pub references: Option<Vec<Reference>>,
}

/// A document that `$ref` may reach.
#[napi(object)]
pub struct Reference {
    /// Its absolute URI.
    pub uri: String,
    /// Its JSON text.
    pub json: String,
}

impl From<PlanOptions> for Options {
    fn from(options: PlanOptions) -> Options {
        let references = options.references.unwrap_or_default().into_iter().map(|document| (document.uri, document.json));
        Options {
            format_assertion: options.format_assertion,
            ignore_unknown: options.ignore_unknown,
            mask: options.mask,
            references: references.collect(),
            bytes_max: options.bytes_max as usize,
            ..Options::default()
        }
    }
}

/// Tells how each keyword of a schema is enforced, as a JSON array of `{ pointer, keyword, how, note }`.
#[napi]
pub fn explain(schema: String, options: PlanOptions) -> napi::Result<String> {
    let options = options.into();
    let explained = catch_unwind(AssertUnwindSafe(|| schema::explain(&schema, &options)))
        .map_err(|panic| failure("native/panic", &panic_message(&*panic)))?
        .map_err(|fault| to_napi(&fault))?;
    serde_json::to_string(&explained).map_err(|fault| failure("native/panic", &fault.to_string()))
}

/// Every code of a violation that is no keyword.
#[napi]
pub fn violation_codes() -> Vec<String> {
    let codes = Builtin::TABLE.iter().map(|(code, _)| *code).chain(Builtin::OTHER_CODES);
    codes.map(str::to_owned).collect()
}

/// A compiled schema.
#[napi]
pub struct Plan {
    pub(crate) plan: Arc<schema::plan::Plan>,
}

#[napi]
impl Plan {
    /// Compiles the JSON text of a schema.
    #[napi(constructor)]
    pub fn new(schema: String, options: PlanOptions) -> napi::Result<Plan> {
        let options = options.into();
        let compiled = catch_unwind(AssertUnwindSafe(|| schema::compile(&schema, &options)))
            .map_err(|panic| failure("native/panic", &panic_message(&*panic)))?;
        let mut plan = compiled.map_err(|fault| to_napi(&fault))?;
        // Who makes records cannot know the seed, so nobody makes two keys meet.
        plan.stream.hasher = KeyHasher::new(seed());
        Ok(Plan { plan: Arc::new(plan) })
    }

    /// Identity of the schema.
    #[napi(getter)]
    pub fn digest(&self) -> String {
        self.plan.digest.clone()
    }

    /// The keywords of its rules over the whole stream.
    #[napi(getter)]
    pub fn stream_rules(&self) -> Vec<String> {
        self.plan.stream.keywords.iter().map(|keyword| (*keyword).to_owned()).collect()
    }

    /// The references that its foreign keys name, each once.
    #[napi]
    pub fn references_needed(&self) -> Vec<ReferenceNeeded> {
        let mut needed: Vec<ReferenceNeeded> = Vec::new();
        for target in &self.plan.stream.targets {
            let fields = target.fields.iter().map(|field| field.to_string());
            match needed.iter_mut().find(|known| known.resource == *target.resource) {
                Some(known) => {
                    let more: Vec<_> = fields.filter(|field| !known.fields.contains(field)).collect();
                    known.fields.extend(more);
                }
                None => needed.push(ReferenceNeeded { resource: target.resource.to_string(), fields: fields.collect() }),
            }
        }
        needed
    }

    /// Checks one record, given as JSON text without line feeds, and gives its violations as NDJSON.
    #[napi]
    pub fn check_record(&self, json: String) -> napi::Result<String> {
        let setup = Setup {
            plan: self.plan.clone(),
            // Warnings crowd out no error: what is asked of one record is whether it is refused.
            limits: Limits { record_bytes_max: json.len().max(1), violations_per_record_max: usize::MAX, ..Limits::default() },
            form: Form::Records { cells: false, glanced: false },
            encoding: Encoding::Utf8,
            delimiter_confidence_percent: None,
            missing: Vec::new(),
            source: None,
            max_errors: None,
            policy: sluice_engine::policy::Policy::default(),
            program: None,
            references: std::sync::Weak::new(),
        };
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let batch = Batch { bytes: json.into_bytes(), last: true, document: None };
            let checked = setup.check(&batch.bytes, Start::Record, true);
            Stitcher::new(&setup, Base::default()).take(&setup, batch, checked).map(|stitched| stitched.verdict(&setup).violations)
        }));
        let violations = checked.map_err(|panic| failure("native/panic", &panic_message(&*panic)))?.map_err(|fault| to_napi(&fault))?;
        Ok(String::from_utf8_lossy(&violations).into_owned())
    }
}

/// Merges reports, given and returned as JSON.
#[napi]
pub fn merge_reports(reports: Vec<String>) -> napi::Result<String> {
    let mut merged: Option<Report> = None;
    for text in &reports {
        let report: Report =
            serde_json::from_str(text).map_err(|fault| failure("report/invalid", &format!("This is no report of Sluice: {fault}.")))?;
        merged = Some(match merged {
            None => report,
            Some(before) => before.merge(report).map_err(|fault| to_napi(&fault))?,
        });
    }
    let mut merged = merged.ok_or_else(|| failure("option/invalid", "There is no report to merge."))?;
    merged.decide();
    serde_json::to_string(&merged).map_err(|fault| failure("report/invalid", &fault.to_string()))
}
