//! What starts and stops leave behind, counted over more of them than the ordinary tests have.
//!
//! In: how many. Out: the sum of the tests, as of any run.

use std::ffi::OsString;

use anyhow::{Context, Result, bail};

use crate::summary::Summary;
use crate::test;

const STARTS: u64 = 100_000;

/// Runs the test that counts.
pub(crate) fn run(arguments: &[OsString]) -> Result<Summary> {
    let starts = match arguments {
        [] => STARTS,
        [starts] => starts
            .to_str()
            .and_then(|text| text.parse().ok())
            .with_context(|| format!("{} is no number of starts", starts.display()))?,
        [_, other, ..] => bail!("`leaks` takes one number, and not {}, too", other.display()),
    };
    let arguments = ["--test", "leaks", "--", "--nocapture"].map(OsString::from);
    test::run_with(&arguments, &[("HOTCONFIG_STARTS", starts.to_string())])
}
