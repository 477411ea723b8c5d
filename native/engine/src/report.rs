//! Reports: what happened to a stream, in a form that merges in any order and any grouping.

use crate::error::Error;
use crate::severity::Severity;
use crate::stream_rules::bounds::Whole;
use semver::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many records, and violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Data records read.
    pub read: u64,
    /// Records that meet the schema.
    pub valid: u64,
    /// Records that were refused.
    pub invalid: u64,
    /// Records that could not be decided and break no rule; they are among `valid` or `invalid`, as the caller chose. A report tells them apart.
    #[serde(skip)]
    pub undecided: u64,
    /// Violations that refuse a record.
    pub violations: u64,
    /// Violations of rules that only warn.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub warnings: u64,
}

impl Counts {
    /// Adds `other`.
    pub fn add(&mut self, other: Counts) {
        self.read += other.read;
        self.valid += other.valid;
        self.invalid += other.invalid;
        self.undecided += other.undecided;
        self.violations += other.violations;
        self.warnings += other.warnings;
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// One violation of a rule, kept to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Name of the source.
    pub source: Option<String>,
    /// Number of the record, from 1.
    pub record: u64,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Offset in bytes.
    pub byte: Option<u64>,
    /// CSV column, from 0.
    pub column: Option<u32>,
    /// The value.
    pub value: serde_json::Value,
}

impl Sample {
    fn key(&self) -> impl Ord {
        (&self.source, self.byte, self.record, self.column, self.line, self.value.to_string())
    }
}

/// A rule and how often it was not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// The field; `None` for the record.
    pub field: Option<String>,
    /// The keyword.
    pub keyword: Option<String>,
    /// The code.
    pub code: String,
    /// The rule, where it has a name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// How much a violation weighs, where it is no error.
    #[serde(default, skip_serializing_if = "Severity::is_error")]
    pub severity: Severity,
    /// Violations.
    pub count: u64,
    /// Those with the smallest positions.
    pub samples: Vec<Sample>,
}

impl RuleCount {
    fn name(&self) -> (&Option<String>, &Option<String>, &str, &Option<String>, Severity) {
        (&self.field, &self.keyword, &self.code, &self.rule, self.severity)
    }
}

/// What happened to a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of Sluice.
    pub version: String,
    /// Identity of the schema.
    pub schema_digest: String,
    /// `csv`, `ndjson`, `records`, or `mixed` after a merge of different ones.
    pub format: String,
    /// How the source was written; none for objects, `mixed` after a merge of different ones.
    #[serde(default)]
    pub encoding: Option<String>,
    /// What stands between CSV fields; none after a merge of different ones.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// How sure that is, where it was told from the records.
    #[serde(default)]
    pub delimiter_confidence_percent: Option<u32>,
    /// The source, where there is one and it has a name.
    pub source: Option<String>,
    /// Names of all sources.
    pub sources: BTreeSet<String>,
    /// Bytes read.
    pub bytes: u64,
    /// The counts.
    pub counts: Counts,
    /// Records that could not be decided and break no rule; they are among `valid` or `invalid`, as the caller chose.
    #[serde(default)]
    pub undecided: u64,
    /// Violations that were counted, but were too many of one record to be written out.
    pub violations_unwritten: u64,
    /// Samples kept per rule.
    pub samples_per_rule: usize,
    /// Most violated rule first.
    pub rules: Vec<RuleCount>,
    /// What rules over the whole stream have come to, where the schema has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_rules: Option<Whole>,
    /// RFC 3339, UTC, milliseconds.
    pub started_at: String,
    /// RFC 3339, UTC, milliseconds.
    pub ended_at: String,
    /// False when the stream was stopped before the end of its input.
    pub complete: bool,
}

impl Report {
    /// The report of both. Associative and commutative.
    ///
    /// # Errors
    /// `report/mismatch` when the two are of different schemas.
    pub fn merge(mut self, mut other: Report) -> Result<Report, Error> {
        if self.schema_digest != other.schema_digest {
            let text = format!("Reports of different schemas do not merge: {} and {}.", self.schema_digest, other.schema_digest);
            return Err(Error::new("report/mismatch", text));
        }
        self.merge_whole(&mut other);
        if self.format != other.format {
            self.format = "mixed".to_owned();
        }
        if self.encoding != other.encoding {
            self.encoding = Some("mixed".to_owned());
        }
        if self.delimiter != other.delimiter {
            self.delimiter = None;
        }
        // One that was named is as sure as can be.
        let percents = [self.delimiter_confidence_percent, other.delimiter_confidence_percent];
        self.delimiter_confidence_percent = percents.into_iter().flatten().min();
        if self.source != other.source {
            self.source = None;
        }
        self.sources.extend(other.sources);
        self.version = later(self.version, other.version);
        self.bytes += other.bytes;
        self.counts.add(other.counts);
        self.undecided += other.undecided;
        self.violations_unwritten += other.violations_unwritten;
        self.samples_per_rule = self.samples_per_rule.min(other.samples_per_rule);
        self.rules.extend(other.rules);
        self.started_at = self.started_at.min(other.started_at);
        self.ended_at = self.ended_at.max(other.ended_at);
        self.complete &= other.complete;
        self.settle();
        self.decide();
        Ok(self)
    }

    /// Brings rules and samples into their one order, with each rule once.
    pub fn settle(&mut self) {
        self.rules.sort_by(|one, other| one.name().cmp(&other.name()));
        let mut settled: Vec<RuleCount> = Vec::new();
        for rule in self.rules.drain(..) {
            match settled.last_mut() {
                Some(last) if last.name() == rule.name() => {
                    last.count += rule.count;
                    last.samples.extend(rule.samples);
                }
                _ => settled.push(rule),
            }
        }
        for rule in &mut settled {
            keep_first(&mut rule.samples, self.samples_per_rule);
        }
        settled.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.name().cmp(&other.name())));
        self.rules = settled;
    }
}

/// The later of two versions (Semantic Versioning 2.0, section 11); any text is before a version.
fn later(one: String, other: String) -> String {
    let is_before = (Version::parse(&one).ok(), &one) < (Version::parse(&other).ok(), &other);
    if is_before { other } else { one }
}

/// Keeps the `max` samples with the smallest positions, in order.
pub(crate) fn keep_first(samples: &mut Vec<Sample>, max: usize) {
    samples.sort_by(|one, other| one.key().cmp(&other.key()));
    samples.truncate(max);
}
