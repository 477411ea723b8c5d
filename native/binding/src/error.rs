//! Failures on their way to JavaScript, which reads code and message back from one JSON text.

use sluice_engine::error::Error;

/// A failure as JavaScript will see it.
pub(crate) fn to_napi(fault: &Error) -> napi::Error {
    failure(fault.code, &fault.message)
}

/// A failure of `code`.
pub(crate) fn failure(code: &str, message: &str) -> napi::Error {
    napi::Error::from_reason(serde_json::json!({ "code": code, "message": message }).to_string())
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    format!("A fault inside Sluice stopped this stream: {}. Please report it.", said.unwrap_or_else(|| "no message".to_owned()))
}
