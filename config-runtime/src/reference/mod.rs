//! The reference: slow and obvious models, which share no code with what is tested against them.

pub(crate) mod holding;
