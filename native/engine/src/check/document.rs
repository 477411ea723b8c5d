//! Records of a JSON document against a plan.

use super::json::{JsonChecker, JsonRecord};
use super::{Checked, Findings};
use crate::batch::{Span, SpanKind, Start};
use crate::schema::plan::Builtin;
use crate::violation::Detail;

impl JsonChecker<'_> {
    /// Checks the records at `spans`; the last one ends with `bytes`.
    pub fn check_spans(&self, bytes: &[u8], spans: &[Span]) -> Checked {
        let mut findings = Findings::new(self.plan, self.limits, self.policy, Start::Record);
        let is_utf8 = simdutf8::basic::from_utf8(bytes).is_ok();
        let mut record = JsonRecord::new(*self, bytes);
        let mut lines = 0;
        for span in spans {
            let (start, end) = (span.start as usize, span.end as usize);
            findings.pass(start, span.line.saturating_sub(lines), Start::Record);
            lines = lines.max(span.line);
            if span.kind == SpanKind::Rest {
                findings.refuse(start..end, None);
                findings.pass(end, 0, Start::Record);
                continue;
            }
            findings.begin(start);
            let fault = if is_utf8 { None } else { std::str::from_utf8(&bytes[start..end]).err() };
            match fault {
                _ if span.kind == SpanKind::TooLarge => findings.add_fault(Builtin::RecordTooLarge, Detail::None),
                Some(fault) => findings.add_fault(Builtin::Encoding, Detail::Offset(fault.valid_up_to() as u32)),
                None => record.check(start, end, &mut findings),
            }
            findings.end(end, 0);
        }
        findings.finish()
    }
}
