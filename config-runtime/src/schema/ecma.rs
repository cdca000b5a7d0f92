//! Checks whether a regular expression means the same in JSON Schema.
//!
//! In: a pattern in the syntax of the crate `regex`. Out: whether ECMA 262, with its flag `u`,
//! reads it the same way. It accepts a common subset and rejects the rest. Only `\d`, `\w`, `\s`,
//! `\b` and `.` mean a little less in ECMA: ASCII, or one line.

use std::sync::LazyLock;

use regex::Regex;

/// Whether both read the pattern, which is one of `regex`, the same way.
pub(super) fn understands(pattern: &str) -> bool {
    static COMMON: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(SUBSET).ok());
    COMMON
        .as_ref()
        .is_some_and(|subset| subset.is_match(pattern))
}

/// The patterns that both read the same way.
///
/// Only the second and the third part of the list may be repeated. In a class, `&`, `~` and `-` are
/// never adjacent: doubled, they are set operations in `regex`.
const SUBSET: &str = r"(?x)^(?:
    [|^$] | \\[bB] | \( (?: \?: | \?<[A-Za-z0-9_]+> )?
    |
    (?:
        [^\\\[\](){}*+?|^$] | \) | \\[dDwWsSnrtvf^$\\.*+?()\[\]{}|/]
        |
        \[ \^? [&~\-]? (?: (?: [^\\\[\]&~\-] | \\[dDwWsSnrtvf^$\\.*+?()\[\]{}|/\-] )+ [&~\-]? )+ \]
    )
    (?: [*+?] \?? | \{ [0-9]+ (?: ,[0-9]* )? \} \?? )?
)*$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_subset_is_kept_and_the_rest_is_not() {
        for pattern in [
            "",
            "^[a-z][a-z0-9-]*$",
            "^https?://",
            r"^\d{1,3}(\.\d{1,3}){3}$",
            "a|b|",
            "(?:ab)+?",
            "(?<year>[0-9]{4})",
            r"[^\]\-^]",
            r"\bword\b",
            "é🦀+",
            "x{2,}",
        ] {
            assert!(regex::Regex::new(pattern).is_ok(), "{pattern}");
            assert!(understands(pattern), "{pattern}");
        }
        for pattern in [
            "(?i)a",
            "(?x) a # b",
            "(?i:a)",
            "(?P<year>a)",
            r"\p{Greek}",
            r"\pL",
            r"\Aa\z",
            r"\x61",
            r"\x{61}",
            r"\#",
            r"a\-b",
            "[[:alpha:]]",
            "[a&&b]",
            "[a--b]",
            "[a~~b]",
            "[]a]",
            "a]",
            "a}",
            "a**",
            "(^*)",
            r"\b+",
            r"\b{start}",
            "x{2}{3}",
            "a+??",
        ] {
            assert!(!understands(pattern), "{pattern}");
        }
    }
}
