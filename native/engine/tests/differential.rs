//! The compiled plan decides as the full engine does: generated schemas of every compiled keyword, on generated records.

#[path = "common/agreement.rs"]
mod agreement;
#[path = "common/cases.rs"]
mod cases;
mod common;
#[path = "common/schemas.rs"]
mod schemas;

use agreement::disagreement;
use cases::cases;
use proptest::prelude::*;
use schemas::{schema, value};

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn the_plan_decides_as_the_full_engine(schema in schema(), records in proptest::collection::vec(value(), 1..6)) {
        let found = disagreement(&schema, &records);
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
    }
}
