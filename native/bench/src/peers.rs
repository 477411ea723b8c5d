//! Other crates on the same input, one thread each.

use crate::Counts;
use crate::arguments::Arguments;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};

/// Splits CSV into cells and does nothing with them: what no validator of CSV can be faster than.
pub(crate) fn split_csv(arguments: &Arguments) -> Result<Counts, Box<dyn Error>> {
    let mut reader = simd_csv::ZeroCopyReader::from_reader(File::open(&arguments.input)?);
    let mut counts = Counts::default();
    let mut bytes = 0;
    while let Some(record) = reader.read_byte_record()? {
        counts.read += 1;
        bytes += record.iter().map(|cell| cell.len()).sum::<usize>();
    }
    std::hint::black_box(bytes);
    Ok(counts)
}

/// A line, a document of serde_json, the jsonschema crate. All violations are found, as Sluice finds them.
pub(crate) fn jsonschema(arguments: &Arguments) -> Result<Counts, Box<dyn Error>> {
    let schema = serde_json::from_str(&std::fs::read_to_string(&arguments.schema)?)?;
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).map_err(|fault| fault.to_string())?;
    let mut reader = BufReader::with_capacity(1 << 20, File::open(&arguments.input)?);
    let mut counts = Counts::default();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        counts.read += 1;
        let record: serde_json::Value = serde_json::from_slice(&line)?;
        let violations = if validator.is_valid(&record) { 0 } else { validator.iter_errors(&record).count() as u64 };
        counts.violations += violations;
        counts.invalid += u64::from(violations > 0);
        line.clear();
    }
    Ok(counts)
}
