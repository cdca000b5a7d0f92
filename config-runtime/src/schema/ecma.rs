//! Checks whether a regular expression means the same in JSON Schema.
//!
//! In: a pattern in the syntax of the crate `regex`. Out: whether ECMA 262, with its flag `u`,
//! reads it the same way. It accepts a common subset and rejects the rest. Only `\d`, `\w`, `\s`,
//! `\b` and `.` mean a little less in ECMA: ASCII, or one line.

use std::iter::Peekable;
use std::str::Chars;

/// Whether both read the pattern the same way.
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
    /// The beginning, a group's beginning, `|`, `^`: not repeatable.
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

    /// Reads the rest of an escape, after the backslash.
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

    /// Reads the rest of a class, after the opening bracket.
    fn class(&mut self) -> Option<QuantifierTarget> {
        self.rest.next_if_eq(&'^');
        let mut last = None;
        loop {
            let letter = self.rest.next()?;
            match letter {
                // An initial closing bracket is a letter in `regex`, and the end in ECMA.
                ']' if last.is_none() => return None,
                ']' => return Some(QuantifierTarget::Atom),
                '[' => return None,
                // Doubled, these are set operations in `regex`.
                '&' | '~' | '-' if last == Some(letter) => return None,
                '\\' => {
                    self.escape(true)?;
                }
                _ => {}
            }
            last = Some(letter);
        }
    }

    /// Reads the start of a group, after the opening parenthesis.
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
            // It makes the preceding quantifier lazy; no further quantifier may follow.
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
