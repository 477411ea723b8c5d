//! The text of rules as syntax, by the crate `cel`.

use cel::common::ast::{IdedExpr, SourceInfo};
use cel::parser::Parser;

/// What the reader of the crate may take: its frames are large, and it may be called from a thread with little.
const STACK_BYTES: usize = 64 << 20;

/// Does `work`, which may go as deep as an expression is nested.
pub(super) fn with_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("sluice-rules".into()).stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let thread = thread.map_err(|fault| format!("no thread could be started to compile it: {fault}"))?;
        thread.join().map_err(|_| "it cannot be read; this is a fault inside Sluice, so please report the expression".to_owned())
    })
}

/// Reads an expression.
pub(super) fn parse(source: &str) -> Result<(IdedExpr, SourceInfo), String> {
    Parser::new().parse_with_source_info(source).map_err(|faults| match faults.errors.first() {
        Some(fault) if fault.msg.contains("has() macro") => {
            "has() asks for a member, so write has(this.name) for a field of the record".to_owned()
        }
        Some(fault) => format!("it is no CEL: {} (line {}, column {})", fault.msg, fault.pos.0, fault.pos.1 + 1),
        None => "it is no CEL".to_owned(),
    })
}
