//! How many tests passed: in goes the output of `cargo test`, as it comes; out comes
//! one line that sums it up.

use std::fmt;
use std::process::ExitCode;

/// The sum over all test programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Summary {
    /// Adds what one line says, if it is a test program's last.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        // `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.1s`
        let Some((_, counts)) = result.split_once(". ") else {
            return;
        };
        for count in counts.split(';') {
            let Some((number, what)) = count.trim().split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Adds another run's.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }

    /// Counts a failure that no test reported: a build that failed, or a test program
    /// that ended before its tests did. Without it the sum would look like a success.
    pub(crate) fn count_unreported_failure(&mut self) {
        self.failed = self.failed.max(1);
    }

    /// Prints the line, and says whether that is a success: something was tested, and
    /// nothing failed.
    pub(crate) fn conclude(self) -> ExitCode {
        if self.passed == 0 && self.failed == 0 {
            eprintln!("error: no test ran");
        }
        println!("{self}");
        if self.passed > 0 && self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Finds the lines in pieces of output that end anywhere.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    line: Vec<u8>,
    summary: Summary,
}

impl Reader {
    pub(crate) fn read(&mut self, mut piece: &[u8]) {
        while let Some(end) = piece.iter().position(|&byte| byte == b'\n') {
            let (line, rest) = piece.split_at(end);
            self.line.extend_from_slice(line);
            self.end_line();
            piece = rest.get(1..).unwrap_or_default();
        }
        self.line.extend_from_slice(piece);
    }

    pub(crate) fn finish(mut self) -> Summary {
        self.end_line();
        self.summary
    }

    fn end_line(&mut self) {
        self.summary
            .add(String::from_utf8_lossy(&self.line).trim_end());
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 3 tests
test a ... ok
test b ... ignored, later

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.11s

     Running tests/server.rs
test result: FAILED. 11 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.03s\r
   Doc-tests hotconfig
test result: ok. 40 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.00s";

    fn sum(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Summary {
        let mut reader = Reader::default();
        for piece in pieces {
            reader.read(piece.as_ref());
        }
        reader.finish()
    }

    #[test]
    fn results_are_summed_over_test_programs() {
        let summary = sum([OUTPUT]);
        assert_eq!(summary.to_string(), "53 passed, 2 failed, 4 skipped");
    }

    #[test]
    fn a_result_is_found_wherever_the_output_is_cut() {
        assert_eq!(sum(OUTPUT.as_bytes().chunks(1)), sum([OUTPUT]));
        assert_eq!(sum(OUTPUT.as_bytes().chunks(7)), sum([OUTPUT]));
    }

    #[test]
    fn what_a_test_prints_is_not_a_result() {
        let lines = b"  test result: ok. 1 passed; 0 failed\nthe test result: ok. 1 passed\n\
                      test result: unknown\n\xff\n";
        assert_eq!(sum([lines]), Summary::default());
    }

    #[test]
    fn nothing_skipped_is_not_mentioned() {
        let summary = Summary {
            passed: 123,
            ..Summary::default()
        };
        assert_eq!(summary.to_string(), "123 passed, 0 failed");
    }

    #[test]
    fn only_a_run_with_tests_and_without_failures_is_a_success() {
        let summary = |passed, failed| Summary {
            passed,
            failed,
            skipped: 1,
        };
        assert_eq!(summary(1, 0).conclude(), ExitCode::SUCCESS);
        assert_eq!(summary(0, 0).conclude(), ExitCode::FAILURE);
        assert_eq!(summary(5, 1).conclude(), ExitCode::FAILURE);
    }

    #[test]
    fn two_runs_make_one_sum() {
        let both = sum([OUTPUT]).and(sum([OUTPUT]));
        assert_eq!(both.to_string(), "106 passed, 4 failed, 8 skipped");
    }

    #[test]
    fn a_failure_that_no_test_reported_counts_once() {
        let mut summary = Summary::default();
        summary.count_unreported_failure();
        assert_eq!(summary.failed, 1);
        let mut summary = sum([OUTPUT]);
        summary.count_unreported_failure();
        assert_eq!(summary.failed, 2);
    }
}
