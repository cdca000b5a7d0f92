//! What several tests share: slow and obvious models, without code of what is tested against them,
//! and a map for the schemas of tests.

pub(crate) mod holding;
pub(crate) mod map;
