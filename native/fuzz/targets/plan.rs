//! The compiled plan decides as the full engine does: the bytes are the choices of the generator.
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

/// What the generator draws on: the bytes, and when they are used up a stream that they are the seed of.
fn choices(data: &[u8]) -> Vec<u8> {
    let mut state = data.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) | 1;
    let more = std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    data.iter().copied().chain(more.flatten()).take(data.len() + (1 << 16)).collect()
}

fuzz_target!(|data: &[u8]| {
    let rng = TestRng::from_seed(RngAlgorithm::PassThrough, &choices(data));
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let Ok(tree) = (schema(), vec(value(), 1..6)).new_tree(&mut runner) else { return };
    let (schema, records) = tree.current();
    if let Some(found) = disagreement(&schema, &records) {
        panic!("{found}");
    }
});
