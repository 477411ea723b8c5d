//! The values of keywords, read strictly.

use super::plan::Types;
use crate::error::Error;
use crate::rules::decimal::Decimal;
use serde_json::{Map, Value};

pub(crate) fn wrong(at: &str, expected: &str) -> Error {
    Error::at("schema/invalid", at, format!("must be {expected}"))
}

pub(crate) fn read_object<'s>(value: &'s Value, at: &str) -> Result<&'s Map<String, Value>, Error> {
    value.as_object().ok_or_else(|| wrong(at, "an object"))
}

pub(crate) fn read_text<'s>(value: &'s Value, at: &str) -> Result<&'s str, Error> {
    value.as_str().ok_or_else(|| wrong(at, "a string"))
}

pub(crate) fn read_texts<'s>(value: &'s Value, at: &str) -> Result<Vec<&'s str>, Error> {
    let texts = value.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
    texts.ok_or_else(|| wrong(at, "an array of strings"))
}

pub(super) fn read_schemas<'s>(value: &'s Value, at: &str) -> Result<&'s [Value], Error> {
    match value {
        Value::Array(items) if !items.is_empty() => Ok(items),
        _ => Err(wrong(at, "an array of one schema or more")),
    }
}

pub(super) fn read_types(value: &Value, at: &str) -> Result<Types, Error> {
    let names = match value {
        Value::Array(names) if !names.is_empty() => names.as_slice(),
        Value::String(_) => std::slice::from_ref(value),
        _ => return Err(wrong(at, "the name of a type or an array of such names")),
    };
    names.iter().try_fold(Types(0), |types, name| {
        let one = match name.as_str() {
            Some("null") => Types::NULL,
            Some("boolean") => Types::BOOLEAN,
            Some("integer") => Types::INTEGER,
            Some("number") => Types::NUMBER,
            Some("string") => Types::STRING,
            Some("object") => Types::OBJECT,
            Some("array") => Types::ARRAY,
            _ => return Err(wrong(at, "null, boolean, integer, number, string, object or array")),
        };
        Ok(types.with(one))
    })
}

pub(super) fn read_number(value: &Value, at: &str) -> Result<Decimal, Error> {
    let number = value.as_number().ok_or_else(|| wrong(at, "a number"))?;
    Decimal::parse(number.to_string().as_bytes()).ok_or_else(|| wrong(at, "a number"))
}

pub(super) fn read_divisor(value: &Value, at: &str) -> Result<Decimal, Error> {
    let divisor = read_number(value, at)?;
    if divisor.is_zero() || divisor.is_negative() {
        return Err(wrong(at, "a number above 0"));
    }
    Ok(divisor)
}

pub(super) fn read_count(value: &Value, at: &str) -> Result<u64, Error> {
    let number = read_number(value, at)?;
    if number.is_negative() || !number.is_integer() {
        return Err(wrong(at, "a whole number, 0 or more"));
    }
    // No text and no array is longer than that, so a larger count means the same.
    Ok(number.to_i64().unwrap_or(i64::MAX) as u64)
}

pub(super) fn read_tokens(value: &Value, at: &str) -> Result<Vec<Box<[u8]>>, Error> {
    Ok(read_texts(value, at)?.into_iter().map(|text| text.as_bytes().into()).collect())
}
