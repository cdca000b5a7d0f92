//! The list of the public API, one item a line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::documented::Documented;

/// The public items, sorted, each once.
pub(crate) fn lines(documented: &Documented) -> Vec<String> {
    let lines: BTreeSet<String> = documented.api().map(ToString::to_string).collect();
    lines.into_iter().collect()
}

/// The difference between the file and the API; `None` if there is none.
pub(crate) fn difference(written: &str, lines: &[String]) -> Option<String> {
    let old: BTreeSet<&str> = written.lines().collect();
    let new: BTreeSet<&str> = lines.iter().map(String::as_str).collect();
    let mut text = String::from("the public API is not the listed one:");
    for line in &old - &new {
        let _ = write!(text, "\n- {line}");
    }
    for line in &new - &old {
        let _ = write!(text, "\n+ {line}");
    }
    text += "\nif that is intended, run `cargo xtask api` and commit the list";
    (old != new).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_each_line_that_is_gone_or_new() {
        let lines = ["pub fn a()", "pub fn c()"].map(str::to_owned);
        let difference = difference("pub fn a()\npub fn b()\n", &lines).unwrap();
        assert!(
            difference.contains("\n- pub fn b()\n+ pub fn c()\n"),
            "{difference}"
        );
        assert!(!difference.contains("fn a"), "{difference}");
        assert!(difference.contains("`cargo xtask api`"), "{difference}");
    }

    #[test]
    fn the_same_lines_are_no_difference() {
        assert_eq!(difference("pub fn a()\n", &["pub fn a()".to_owned()]), None);
    }
}
