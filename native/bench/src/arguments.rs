//! The command line.

use sluice_engine::frame::record_path::RecordPath;
use sluice_engine::intake::Format;
use std::error::Error;
use std::path::PathBuf;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) input: PathBuf,
    pub(crate) schema: PathBuf,
    pub(crate) threads: usize,
    pub(crate) batch_bytes: usize,
    pub(crate) format: Format,
    pub(crate) record_path: RecordPath,
    pub(crate) missing: bool,
    pub(crate) out: Option<PathBuf>,
    pub(crate) violations: Option<PathBuf>,
    pub(crate) repeat: usize,
    pub(crate) peer: Option<String>,
}

impl Arguments {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, Box<dyn Error>> {
        let mut arguments = Arguments {
            input: PathBuf::new(),
            schema: PathBuf::new(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            batch_bytes: 768 << 10,
            format: Format::Auto,
            record_path: RecordPath::default(),
            missing: true,
            out: None,
            violations: None,
            repeat: 1,
            peer: None,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--schema" => arguments.schema = value()?.into(),
                "--threads" => arguments.threads = value()?.parse()?,
                "--batch-bytes" => arguments.batch_bytes = value()?.parse()?,
                "--format" => arguments.format = format(&value()?)?,
                "--record-path" => arguments.record_path = RecordPath::parse(&value()?)?,
                "--no-missing" => arguments.missing = false,
                "--out" => arguments.out = Some(value()?.into()),
                "--violations" => arguments.violations = Some(value()?.into()),
                "--repeat" => arguments.repeat = value()?.parse()?,
                "--peer" => arguments.peer = Some(value()?),
                option if option.starts_with('-') => return Err(format!("there is no option {option}").into()),
                _ => arguments.input = word.into(),
            }
        }
        if arguments.input.as_os_str().is_empty() {
            return Err("usage: sluice-engine-bench INPUT --schema FILE [--threads N] [--batch-bytes N] [--format csv|ndjson|json] [--record-path PATH] [--no-missing] [--out FILE] [--violations FILE] [--repeat N] [--peer NAME]".into());
        }
        Ok(arguments)
    }
}

fn format(name: &str) -> Result<Format, Box<dyn Error>> {
    match name {
        "csv" => Ok(Format::Csv),
        "ndjson" => Ok(Format::Ndjson),
        "json" => Ok(Format::Json),
        other => Err(format!("format cannot be {other}").into()),
    }
}
