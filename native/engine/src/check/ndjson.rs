//! A batch of NDJSON (one JSON text a line) against a plan.

use super::json::{JsonChecker, JsonRecord};
use super::{Checked, Findings};
use crate::batch::Start;
use crate::schema::plan::Builtin;
use crate::violation::Detail;
use memchr::memchr;

impl JsonChecker<'_> {
    /// Checks every line that ends within `bytes`. `last` when no bytes follow.
    pub fn check(&self, bytes: &[u8], start: Start, last: bool) -> Checked {
        let limits = self.limits;
        let mut findings = Findings::new(self.plan, limits, self.policy, start);
        let Some(mut position) = findings.resume(bytes, start, last, line_end) else { return findings.finish() };
        let is_utf8 = simdutf8::basic::from_utf8(&bytes[position..]).is_ok();
        let mut record = JsonRecord::new(*self, bytes);
        while position < bytes.len() {
            findings.begin(position);
            let found = line_end(bytes, position, last);
            let length = content_end(bytes, position, found, last) - position;
            if found.is_none() && !last && length <= limits.record_bytes_max {
                break;
            }
            let end = found.unwrap_or(bytes.len());
            let lines = u32::from(found.is_some());
            if length > limits.record_bytes_max {
                findings.add_fault(Builtin::RecordTooLarge, Detail::None);
                if found.is_none() && !last {
                    findings.end_open(end, 0);
                } else {
                    findings.end(end, lines);
                }
            } else if self.glanced && length == 0 {
                findings.end(end, lines);
            } else if bytes[position..end].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
                findings.pass(end, lines, Start::Record);
            } else {
                let fault = if is_utf8 { None } else { std::str::from_utf8(&bytes[position..end]).err() };
                match fault {
                    Some(fault) => findings.add_fault(Builtin::Encoding, Detail::Offset(fault.valid_up_to() as u32)),
                    None => record.check(position, position + length, &mut findings),
                }
                findings.end(end, lines);
            }
            position = end;
        }
        findings.finish()
    }
}

/// Past the line feed that ends the line going on at `start`.
fn line_end(bytes: &[u8], start: usize, _last: bool) -> Option<usize> {
    memchr(b'\n', &bytes[start..]).map(|found| start + found + 1)
}

/// Where the line from `start` on ends, its line end left out. A carriage return that a line feed may yet follow is taken for part of one.
fn content_end(bytes: &[u8], start: usize, found: Option<usize>, last: bool) -> usize {
    let end = found.map_or(bytes.len(), |end| end - 1);
    let may_end = found.is_some() || !last;
    if may_end && bytes[start..end].last() == Some(&b'\r') { end - 1 } else { end }
}
