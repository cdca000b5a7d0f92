//! Shared by tests: slow and obvious models, which share no code with what they check, and a map
//! for the schemas of tests.

pub(crate) mod holding;
pub(crate) mod map;
