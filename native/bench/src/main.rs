//! `sluice-engine-bench INPUT --schema FILE [--threads N] [--batch-bytes N] [--format csv|ndjson] [--no-missing] [--out FILE]
//! [--violations FILE] [--repeat N]`
//! runs a file through the engine without Node, in the shape that the addon has, and prints what it took as one line of JSON.
//! `sluice-engine-bench keys …` adds keys to a set instead (see `keys.rs`).
//! With the feature `peers`, `--peer simd-csv|jsonschema` does the same with another crate, and `SUITE --peer suite` prints what the jsonschema
//! crate scores on JSON-Schema-Test-Suite.

mod arguments;
mod keys;
mod lane;
#[cfg(feature = "peers")]
mod peers;
#[cfg(feature = "peers")]
mod suite;

use arguments::Arguments;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

/// What a run found.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) read: u64,
    pub(crate) invalid: u64,
    pub(crate) violations: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if_eq("keys").is_some() {
        return keys::run(words);
    }
    let arguments = Arguments::parse(words)?;
    #[cfg(feature = "peers")]
    if arguments.peer.as_deref() == Some("suite") {
        println!("{}", suite::score(&arguments.input)?);
        return Ok(());
    }
    for _ in 0..arguments.repeat {
        let (start, cpu_start) = (Instant::now(), cpu_seconds());
        let counts = once(&arguments)?;
        let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu_start);
        let Counts { read, invalid, violations } = counts;
        let counts = serde_json::json!({ "read": read, "valid": read - invalid, "invalid": invalid, "violations": violations });
        let rate = (read as f64 / seconds).round();
        let told = serde_json::json!({ "seconds": seconds, "cpuSeconds": cpu, "recordsPerSecond": rate, "peakBytes": peak_bytes(), "counts": counts });
        println!("{told}");
    }
    Ok(())
}

fn once(arguments: &Arguments) -> Result<Counts, Box<dyn Error>> {
    match arguments.peer.as_deref() {
        None => lane::run(arguments),
        #[cfg(feature = "peers")]
        Some("simd-csv") => peers::split_csv(arguments),
        #[cfg(feature = "peers")]
        Some("jsonschema") => peers::jsonschema(arguments),
        Some(other) => Err(format!("there is no peer {other} in this build (features: peers)").into()),
    }
}

/// The most memory this process has had, where the system tells.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// What the processors have spent on this process, where the system tells, in hundredths of a second.
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = status.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
