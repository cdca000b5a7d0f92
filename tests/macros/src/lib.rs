//! What a struct becomes, and what a mistake in it looks like: tests of the macros, without etcd.
