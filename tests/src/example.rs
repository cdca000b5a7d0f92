//! The built examples, to be run in processes of their own.
//!
//! In: a name. Out: the path of the program, which `cargo test` built beside the test itself.

use std::path::PathBuf;

/// The path of a built example.
///
/// # Panics
///
/// When it is not there, with what builds it.
pub fn example(name: &str) -> PathBuf {
    let test = match std::env::current_exe() {
        Ok(test) => test,
        Err(error) => panic!("where this test is: {error}"),
    };
    // The test is in `deps`, the examples lie beside that.
    let profile = test.parent().and_then(|deps| deps.parent());
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let example = profile.unwrap_or(&test).join("examples").join(name);
    assert!(
        example.is_file(),
        "{} is not there: `cargo xtask test` builds it, as it does all that the tests need",
        example.display()
    );
    example
}
