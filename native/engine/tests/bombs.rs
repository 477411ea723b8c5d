//! Schemas and records that are made to break a validator end soon, with an answer or a clear error.

mod common;

use common::{request, run};
use serde_json::{Value, json};
use sluice_engine::intake::Format;
use sluice_engine::schema::{Options, compile, explain};
use std::time::{Duration, Instant};

/// Tests are built without much optimisation, on machines that do other work as well; a release is many times faster.
const SOON: Duration = Duration::from_secs(20);

/// Runs on a stack of the size that the binding gives its threads.
fn soon<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let started = Instant::now();
    let outcome = std::thread::Builder::new().stack_size(8 << 20).spawn(work).expect("a thread").join().expect("no panic");
    let elapsed = started.elapsed();
    eprintln!("{name}: {elapsed:?}");
    assert!(elapsed < SOON, "{name} took {elapsed:?}");
    outcome
}

fn code(name: &str, schema: String) -> Option<&'static str> {
    let explained = schema.clone();
    let fault = soon(name, move || compile(&schema, &Options::default()).err().map(|fault| fault.code));
    soon("  explained", move || drop(explain(&explained, &Options::default())));
    fault
}

fn chain(length: usize, link: impl Fn(String) -> Value) -> Value {
    let mut definitions: serde_json::Map<String, Value> =
        (0..length).map(|at| (format!("d{at}"), link(format!("#/$defs/d{}", at + 1)))).collect();
    definitions.insert(format!("d{length}"), json!({ "type": "integer" }));
    json!({ "$ref": "#/$defs/d0", "$defs": definitions })
}

#[test]
fn schemas_that_are_bombs() {
    let nested = |depth: usize| format!("{}true{}", r#"{"allOf":["#.repeat(depth), "]}".repeat(depth));
    assert_eq!(code("5,000 nested allOf", nested(5_000)), Some("schema/too-large"));
    assert_eq!(code("60 nested allOf", nested(60)), None);
    assert_eq!(
        code("a million nested arrays", format!(r#"{{"const":{}{}}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000))),
        Some("schema/too-large")
    );
    let wide: Vec<u32> = (0..1_000_000).collect();
    let wide = json!({ "enum": wide }).to_string();
    assert_eq!(code("an enum of 10^6 items", wide.clone()), Some("schema/too-large"));
    let composites: Vec<Value> = (0..200_000).map(|at| json!([at])).collect();
    let shared = json!({ "$defs": { "e": { "enum": composites } }, "prefixItems": vec![json!({ "$ref": "#/$defs/e" }); 500] });
    assert_eq!(code("an enum of 200,000 arrays, referred to 500 times", shared.to_string()), None);
    let properties: serde_json::Map<String, Value> =
        (0..225_000).map(|at| (format!("p{at}"), json!({ "type": "string", "maxLength": at }))).collect();
    let schema = json!({ "properties": properties }).to_string();
    assert!(schema.len() > 10_000_000, "{}", schema.len());
    assert_eq!(code("10 MB of properties", schema.clone()), Some("schema/too-large"));
    for (name, schema) in [("10 MB of properties, under a raised limit", schema), ("an enum of 10^6 items, under a raised limit", wide)] {
        let raised = Options { bytes_max: 16 << 20, ..Options::default() };
        assert!(soon(name, move || compile(&schema, &raised).is_ok()));
    }
    assert_eq!(code("a chain of 5,000 references", chain(5_000, |next| json!({ "$ref": next })).to_string()), None);
    assert_eq!(code("5,000 references within allOf", chain(5_000, |next| json!({ "allOf": [{ "$ref": next }] })).to_string()), None);
    assert_eq!(
        code("2^40 paths of references", chain(40, |next| json!({ "allOf": [{ "$ref": next }, { "$ref": next }] })).to_string()),
        None
    );
    let full = |schema: Value| {
        let mut schema = schema;
        schema["unevaluatedProperties"] = json!(false);
        schema.to_string()
    };
    let paths = chain(20, |next| json!({ "allOf": [{ "$ref": next }, { "$ref": next }] }));
    assert_eq!(code("2^20 paths for the full engine", full(paths)), Some("schema/too-large"));
    let long = full(chain(2_000, |next| json!({ "$ref": next })));
    assert_eq!(code("a chain of 2,000 references for the full engine", long), Some("schema/too-large"));
}

fn invalid(name: &str, schema: Value, record: String) -> Vec<String> {
    soon(name, move || {
        let outcome = run(&request(&schema.to_string(), Format::Ndjson), record.as_bytes(), &[usize::MAX]).expect("a stream");
        outcome.brief().iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    })
}

#[test]
fn records_that_are_bombs() {
    let twice = |next: String| json!({ "anyOf": [{ "$ref": next, "maximum": 5 }, { "$ref": next, "not": { "const": 7 } }] });
    assert_eq!(invalid("2^40 paths of alternatives", chain(40, twice), "9\n".to_owned()), [""; 0]);
    let deep = |depth: usize| format!("{}null{}\n", r#"{"c":"#.repeat(depth), "}".repeat(depth));
    let tree = json!({ "anyOf": [{ "type": "null" }, { "properties": { "c": { "$ref": "#" } }, "allOf": [{ "properties": { "c": { "$ref": "#" } } }] }] });
    assert_eq!(invalid("alternatives at 999 levels", tree.clone(), deep(999)), [""; 0]);
    assert_eq!(invalid("alternatives at 100,000 levels", tree, deep(100_000)), ["json/depth"]);
    let alternatives = json!({ "$defs": { "t": { "oneOf": [{ "type": "null" }, { "anyOf": [{ "not": { "not": { "properties": { "c": { "$ref": "#/$defs/t" } } } } }] }] } }, "$ref": "#/$defs/t" });
    assert_eq!(invalid("six levels of alternatives on each of 900", alternatives, deep(900)), ["schema/undecided"]);
    let full = json!({ "properties": { "c": { "$ref": "#" } }, "unevaluatedProperties": false });
    assert_eq!(invalid("the full engine at 100 levels", full.clone(), deep(100)), [""; 0]);
    assert_eq!(invalid("the full engine at 900 levels", full, deep(900)), ["schema/undecided"]);
    let twice = json!({ "properties": { "c": { "$ref": "#" } }, "allOf": [{ "properties": { "c": { "$ref": "#" } } }], "unevaluatedProperties": false });
    assert_eq!(invalid("2^100 paths for the full engine", twice, deep(100)), [""; 0]);
    let mut chained = chain(40, |next| json!({ "$ref": next }));
    chained["$defs"]["d40"] = json!({ "properties": { "c": { "$ref": "#" } } });
    chained["unevaluatedProperties"] = json!(false);
    assert_eq!(invalid("40 references at each of 110 levels for the full engine", chained, deep(110)), [""; 0]);
    let unique = json!({ "items": { "$ref": "#" }, "uniqueItems": true });
    let nested = format!("{}{}{}\n", "[".repeat(900), (0..200_000).map(|at| at.to_string()).collect::<Vec<_>>().join(","), "]".repeat(900));
    assert_eq!(invalid("unique items at 900 levels", unique, nested), [""; 0]);
}
