//! What a mistake looks like: each file in `ui/` does not compile, and says so as beside it.
//!
//! After a change, `TRYBUILD=overwrite cargo test -p hotconfig-macro-tests --test ui` writes the
//! messages anew; read them before committing.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

#[test]
fn mistakes_are_refused_with_a_sentence_where_they_were_written() {
    copy_schema_files();
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// A schema file lies beside the manifest of the crate: for the cases that is trybuild's own.
fn copy_schema_files() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let crate_of_the_cases = target.join("tests/trybuild/hotconfig-macro-tests");
    std::fs::create_dir_all(&crate_of_the_cases).unwrap();
    for file in std::fs::read_dir("tests/ui/files").unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), crate_of_the_cases.join(file.file_name())).unwrap();
    }
}
