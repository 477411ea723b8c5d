//! How often checking allocates, which no busy machine changes: so that a `clone` or a `format!` on the hot path is seen at once.

mod common;

use common::{request, run};
use sluice_engine::intake::Format;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

const RECORDS: u64 = 10_000;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which counts for each thread what it is asked for.
struct Counting;

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SCHEMA: &str = r#"{"type": "object", "required": ["id", "at", "state", "amount", "code", "mail"], "properties": {
    "id": {"type": "integer", "minimum": 1}, "at": {"type": "string", "format": "date-time"}, "state": {"type": "string", "enum": ["open", "shut"]},
    "amount": {"type": "number", "maximum": 100000}, "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"},
    "name": {"type": "string", "pattern": "^[a-z ]{2,40}$"}, "mail": {"type": "string", "format": "email"}, "yes": {"type": "boolean"}}}"#;

/// Allocations beyond those of as little as one record. Room for the output that the driver of tests gathers is among them.
fn allocations(format: Format, header: &str, record: impl Fn(u64) -> String) -> u64 {
    let asked = request(SCHEMA, format);
    let count = |records: u64| {
        let input: String = std::iter::once(header.to_owned()).chain((1..=records).map(&record)).collect();
        let before = ALLOCATIONS.get();
        let outcome = run(&asked, input.as_bytes(), &[1 << 16]).expect("a stream");
        let allocations = ALLOCATIONS.get() - before;
        assert_eq!(outcome.report.counts.read, records, "{:?}", outcome.brief().first());
        allocations
    };
    count(1);
    count(RECORDS).saturating_sub(count(1))
}

fn row(id: u64, state: &str) -> String {
    format!("{id},2024-02-{:02}T10:11:12Z,{state},{}.25,AB-{:04},a name,user.{id}@example.org,true\n", id % 29 + 1, id * 3, id % 10_000)
}

const HEADER: &str = "id,at,state,amount,code,name,mail,yes\n";

#[test]
fn valid_csv_allocates_by_the_batch() {
    let found = allocations(Format::Csv, HEADER, |id| row(id, "open"));
    assert!(found <= 40, "{found} allocations for {RECORDS} records");
}

#[test]
fn quoted_csv_allocates_by_the_batch() {
    let found = allocations(Format::Csv, HEADER, |id| row(id, "\"open\"").replace("a name", "\"a \"\"name\"\"\"").replace("\"\"", ""));
    assert!(found <= 40, "{found} allocations for {RECORDS} records");
}

#[test]
fn invalid_csv_allocates_by_the_batch() {
    let found = allocations(Format::Csv, HEADER, |id| row(id, "ajar"));
    assert!(found <= 120, "{found} allocations for {RECORDS} records");
}

fn json(id: u64, state: &str) -> String {
    let at = id % 29 + 1;
    let amount = id * 3;
    format!(
        "{{\"id\":{id},\"at\":\"2024-02-{at:02}T10:11:12Z\",\"state\":\"{state}\",\"amount\":{amount}.25,\"code\":\"AB-{:04}\",\"name\":\"a name\",\"mail\":\"user.{id}@example.org\",\"yes\":true}}\n",
        id % 10_000
    )
}

#[test]
fn valid_ndjson_allocates_by_the_batch() {
    let found = allocations(Format::Ndjson, "", |id| json(id, "open"));
    assert!(found <= 40, "{found} allocations for {RECORDS} records");
}

#[test]
fn ndjson_in_another_order_allocates_by_the_batch() {
    let found =
        allocations(Format::Ndjson, "", |id| json(id, "open").replace("\"id\":", "\"yes\":false,\"id\":").replace(",\"yes\":true", ""));
    assert!(found <= 40, "{found} allocations for {RECORDS} records");
}

#[test]
fn invalid_ndjson_allocates_by_the_batch() {
    let found = allocations(Format::Ndjson, "", |id| json(id, "ajar"));
    assert!(found <= 120, "{found} allocations for {RECORDS} records");
}
