//! Whether a regular expression means the same in JSON Schema.
//!
//! In: a pattern in the syntax of the crate `regex`. Out: whether ECMA 262 reads it, with its flag
//! `u`, as the same. It knows a part that both have and refuses the rest. Only `\d`, `\w`, `\s`,
//! `\b` and `.` mean a little less there: ASCII, or one line.

use std::iter::Peekable;
use std::str::Chars;

/// Whether both read the pattern as the same.
pub(super) fn understands(pattern: &str) -> bool {
    Scanner {
        rest: pattern.chars().peekable(),
    }
    .pattern()
    .is_some()
}

struct Scanner<'a> {
    rest: Peekable<Chars<'a>>,
}

/// The kind of token that a quantifier could follow.
#[derive(Clone, Copy, PartialEq)]
enum QuantifierTarget {
    /// The beginning, a group's beginning, `|`, `^`: nothing that can be repeated.
    Nothing,
    Atom,
    /// A quantifier, which a `?` may follow.
    Quantifier,
}

impl Scanner<'_> {
    fn pattern(&mut self) -> Option<()> {
        let mut before = QuantifierTarget::Nothing;
        while let Some(letter) = self.rest.next() {
            before = match letter {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '|' | '^' | '$' => QuantifierTarget::Nothing,
                '*' | '+' | '?' | '{' => self.quantifier(letter, before)?,
                ']' | '}' => return None,
                // A dot, the end of a group, a letter.
                _ => QuantifierTarget::Atom,
            };
        }
        Some(())
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) -> Option<QuantifierTarget> {
        match self.rest.next()? {
            letter if "dDwWsSnrtvf^$\\.*+?()[]{}|/".contains(letter) => {
                Some(QuantifierTarget::Atom)
            }
            '-' if in_class => Some(QuantifierTarget::Atom),
            'b' | 'B' if !in_class && self.rest.peek() != Some(&'{') => {
                Some(QuantifierTarget::Nothing)
            }
            _ => None,
        }
    }

    /// What follows an opening bracket.
    fn class(&mut self) -> Option<QuantifierTarget> {
        self.rest.next_if_eq(&'^');
        let mut last = None;
        loop {
            let letter = self.rest.next()?;
            match letter {
                // The first closing bracket is a letter to `regex`, and the end to ECMA.
                ']' if last.is_none() => return None,
                ']' => return Some(QuantifierTarget::Atom),
                '[' => return None,
                // Twice they are operations on sets to `regex`.
                '&' | '~' | '-' if last == Some(letter) => return None,
                '\\' => {
                    self.escape(true)?;
                }
                _ => {}
            }
            last = Some(letter);
        }
    }

    /// What follows an opening parenthesis.
    fn group(&mut self) -> Option<QuantifierTarget> {
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next()? {
                ':' => {}
                '<' => loop {
                    match self.rest.next()? {
                        '>' => break,
                        letter if letter.is_ascii_alphanumeric() || letter == '_' => {}
                        _ => return None,
                    }
                },
                _ => return None,
            }
        }
        Some(QuantifierTarget::Nothing)
    }

    fn quantifier(&mut self, letter: char, before: QuantifierTarget) -> Option<QuantifierTarget> {
        match (letter, before) {
            // It makes the one before it lazy, and is the end of that.
            ('?', QuantifierTarget::Quantifier) => return Some(QuantifierTarget::Nothing),
            (_, QuantifierTarget::Atom) => {}
            _ => return None,
        }
        if letter == '{' {
            self.digits()?;
            if self.rest.next_if_eq(&',').is_some() {
                let _ = self.digits();
            }
            self.rest.next_if_eq(&'}')?;
        }
        Some(QuantifierTarget::Quantifier)
    }

    fn digits(&mut self) -> Option<()> {
        self.rest.next_if(char::is_ascii_digit)?;
        while self.rest.next_if(char::is_ascii_digit).is_some() {}
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_have_is_kept_and_the_rest_is_not() {
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
