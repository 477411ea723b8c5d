//! Every limit of the engine: its name, its unit, its default, and what happens beyond it.

/// The limits of one stream. A limit that is passed gives a violation or an error, never silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one record, its line end left out. A longer one is the violation `record/too-large`.
    pub record_bytes_max: usize,
    /// Physical lines of one CSV record. A quote that is still open then is the violation `quote/unclosed`.
    pub record_lines_max: usize,
    /// Levels of nesting in one JSON record. A deeper one is the violation `json/depth`.
    pub depth_max: usize,
    /// Steps that a pattern with look-around or back-references may take on one text; beyond it, `pattern/undecided`.
    pub pattern_steps_max: u64,
    /// Steps that one rule of `x-rules` may take on one record; beyond it, `rule/error`.
    pub rule_steps_max: u64,
    /// Bytes of JSON text kept of one value in a violation; a longer value is cut there.
    pub value_bytes_max: usize,
    /// Samples kept per rule in a report.
    pub samples_per_rule: usize,
    /// Violations written out per record; the rest are counted in the report and said in one last violation's place.
    pub violations_per_record_max: usize,
    /// Records from which on a ratio of errors is asked; before, few records would be many in a hundred.
    pub max_errors_warm_up: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            record_bytes_max: 8 << 20,
            record_lines_max: 10_000,
            depth_max: 1_000,
            pattern_steps_max: 1_000_000,
            rule_steps_max: 100_000,
            value_bytes_max: 256,
            samples_per_rule: 5,
            violations_per_record_max: 1_000,
            max_errors_warm_up: 1_000,
        }
    }
}

/// Bytes of JSON text of one schema.
pub const SCHEMA_BYTES_MAX: usize = 4 << 20;
/// Levels of nesting of subschemas in one schema.
pub const SCHEMA_DEPTH_MAX: usize = 128;
/// Bytes of a source from which its delimiter is told.
pub const DELIMITER_BYTES_MAX: usize = 64 << 10;
/// Columns of one CSV header.
pub const COLUMNS_MAX: usize = 1 << 20;
/// Bytes of one batch: offsets within it are 32 bits wide.
pub const BATCH_BYTES_MAX: usize = 1 << 30;
/// Levels of alternatives (`anyOf`, `not`, shared references …) within each other on one record; beyond it, `schema/undecided`.
pub const PROBE_DEPTH_MAX: usize = 4_000;
/// Levels of nesting of a record that the full engine decides; beyond it, `schema/undecided`.
pub const FULL_ENGINE_DEPTH_MAX: usize = 120;
/// Rules (`x-rules`) of one schema.
pub const RULES_MAX: usize = 1_000;
/// Bytes of the text of one rule.
pub const RULE_BYTES_MAX: usize = 4_096;
/// Levels of nesting of the expression of one rule.
pub const RULE_DEPTH_MAX: usize = 100;
/// Steps of `x-transform` of one schema.
pub const TRANSFORM_STEPS_MAX: usize = 1_000;
/// Bits of one number within a rule: some 2,000 digits. A larger one is `rule/error`.
pub const RULE_NUMBER_BITS_MAX: u64 = 8_192;
/// Bytes of a buffer from which on it is kept for batches to come.
pub const SPARE_BYTES_MIN: usize = 64 << 10;
/// Bytes of a buffer up to which it is kept for batches to come.
pub const SPARE_BYTES_MAX: usize = 4 << 20;
/// Bytes of all buffers that are kept for batches to come.
pub const SPARES_BYTES_MAX: usize = 8 << 20;
