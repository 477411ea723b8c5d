//! How many cases a property test tries.

use proptest::test_runner::Config;

/// `count` cases, unless PROPTEST_CASES says otherwise. What fails becomes a test of its own, so no seeds are kept.
pub(crate) fn cases(count: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { count };
    Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() }
}
