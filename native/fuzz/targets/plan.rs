//! The compiled plan decides as the full engine does, on the schemas and records of the property test.
#![no_main]

#[path = "../../engine/tests/common/agreement.rs"]
mod agreement;
#[path = "../../engine/tests/common/mod.rs"]
mod common;
#[path = "../../engine/tests/common/schemas.rs"]
mod schemas;

use agreement::disagreement;
use libfuzzer_sys::fuzz_target;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use schemas::{schema, value};

/// Drawn by a generator that the bytes are the seed of: it cannot do with few choices, and bytes end.
fn drawn<S: Strategy>(strategy: S, seed: &[u8]) -> Option<S::Value> {
    let mut whole = [0; 32];
    whole[..seed.len()].copy_from_slice(seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &whole));
    Some(strategy.new_tree(&mut runner).ok()?.current())
}

// The schema and the records have seeds of their own, so that one can be kept while the other changes.
fuzz_target!(|data: &[u8]| {
    let (first, rest) = data.split_at(data.len().min(16));
    let (Some(schema), Some(records)) = (drawn(schema(), first), drawn(vec(value(), 1..6), &rest[..rest.len().min(16)])) else { return };
    if let Some(found) = disagreement(&schema, &records) {
        panic!("{found}");
    }
});
