//! What a mistake looks like: each file in `ui/` does not compile, and says so as beside it.
//!
//! After a change, `TRYBUILD=overwrite cargo test -p hotconfig-macro-tests --test ui` writes the
//! messages anew; read them before committing.

#[test]
fn mistakes_are_refused_with_a_sentence_where_they_were_written() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
