//! A regular expression as a table, with which a constant can read a text that the macro can't see.
//!
//! In: a pattern that is one. Out: an automaton over bytes, or nothing where it would be too big,
//! or if its word boundaries depend on characters: the pattern is then checked when the program
//! starts.

use std::collections::HashMap;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;

use crate::model::automaton::AutomatonTable;

/// The answers at the end of a text; the first states of every automaton are they themselves.
const YES: u8 = 0;
const NO: u8 = 1;
const UNKNOWN: u8 = 2;

/// The maximum size of a table, in bytes: a constant is no place for a megabyte.
const MAX_TABLE: usize = 1 << 18;

/// The automaton of a pattern; its fourth state is where a text begins.
pub(super) fn automaton(pattern: &str) -> Option<AutomatonTable> {
    let config = dense::Config::new()
        .start_kind(StartKind::Unanchored)
        .unicode_word_boundary(true)
        .dfa_size_limit(Some(1 << 20))
        .determinize_size_limit(Some(1 << 22));
    let dfa = dense::Builder::new()
        .configure(config)
        .build(pattern)
        .ok()?;
    let begin = dfa.start_state(&start::Config::new()).ok()?;

    let classes = dfa.byte_classes();
    let width = usize::from(classes.get(u8::MAX)) + 1;
    let mut letters = vec![None; width];
    for byte in 0..=u8::MAX {
        let letter = letters.get_mut(usize::from(classes.get(byte)))?;
        *letter = letter.or(Some(byte));
    }

    let mut numbers: HashMap<StateID, u16> = HashMap::new();
    let mut states = Vec::new();
    let mut number_of = |state: StateID, states: &mut Vec<StateID>| -> Option<u16> {
        if dfa.is_match_state(state) {
            return Some(YES.into());
        } else if dfa.is_dead_state(state) {
            return Some(NO.into());
        } else if dfa.is_quit_state(state) {
            return Some(UNKNOWN.into());
        }
        if let Some(number) = numbers.get(&state) {
            return Some(*number);
        }
        let number = u16::try_from(states.len() + 3).ok()?;
        numbers.insert(state, number);
        states.push(state);
        Some(number)
    };
    // A pattern that matches everything begins where it ends.
    let first = number_of(begin, &mut states)?;
    let mut table = Vec::new();
    for sink in [YES, NO, UNKNOWN] {
        table.extend([sink, 0].repeat(width));
    }
    let mut ends = vec![YES, NO, UNKNOWN];
    if first < 3 {
        table.extend([u8::try_from(first).ok()?, 0].repeat(width));
        ends.push(u8::try_from(first).ok()?);
    }
    let mut next = 0;
    while let Some(state) = states.get(next).copied() {
        for letter in letters.iter().copied().flatten() {
            let number = number_of(dfa.next_state(state, letter), &mut states)?;
            table.extend(number.to_le_bytes());
        }
        let end = dfa.next_eoi_state(state);
        ends.push(match (dfa.is_match_state(end), dfa.is_quit_state(end)) {
            (true, _) => YES,
            (_, true) => UNKNOWN,
            _ => NO,
        });
        if table.len() > MAX_TABLE {
            return None;
        }
        next += 1;
    }
    Some(AutomatonTable {
        classes: (0..=u8::MAX).map(|byte| classes.get(byte)).collect(),
        table,
        width,
        ends,
    })
}

#[cfg(test)]
mod tests {
    use super::{AutomatonTable, NO, YES, automaton};

    /// The constant's answer.
    fn matches(automaton: &AutomatonTable, text: &str) -> Option<bool> {
        let mut state = 3;
        for byte in text.bytes() {
            let class = usize::from(automaton.classes[usize::from(byte)]);
            let at = 2 * (state * automaton.width + class);
            let next = [automaton.table[at], automaton.table[at + 1]];
            state = usize::from(u16::from_le_bytes(next));
        }
        match automaton.ends[state] {
            YES => Some(true),
            NO => Some(false),
            _ => None,
        }
    }

    #[test]
    fn an_automaton_answers_as_the_expression_does() {
        let patterns = [
            "^[a-z]+$",
            "a",
            "",
            "^$",
            "^\\d{3}-\\d{4}$",
            "(?i)^(debug|info|warn)$",
            "^[^/]+(/[^/]+)*$",
            "é",
            "^.{2,4}$",
            "^\\w+$",
            "\\bword\\b",
            "(?m)^b$",
            "[[:^ascii:]]",
            "$",
            "x*",
            "\\p{Greek}+",
        ];
        let texts = [
            "",
            "a",
            "abc",
            "ABC",
            "123-4567",
            "123-45678",
            "Info",
            "infos",
            "a/b/c",
            "a//b",
            "é",
            "e",
            "éé",
            "ééééé",
            "ünder_9",
            "a word here",
            "aword",
            "a\nb\nc",
            "λόγος",
            "x",
            "\u{10ffff}",
        ];
        let mut decided = 0;
        for pattern in patterns {
            let automaton = automaton(pattern).expect(pattern);
            let expression = regex::Regex::new(pattern).unwrap();
            for text in texts {
                if let Some(matches) = matches(&automaton, text) {
                    assert_eq!(
                        matches,
                        expression.is_match(text),
                        "{pattern:?} on {text:?}"
                    );
                    decided += 1;
                }
            }
        }
        assert!(decided > patterns.len() * texts.len() * 9 / 10);
    }

    #[test]
    fn an_automaton_that_would_be_too_big_is_none() {
        assert!(automaton("^(\\w{1,40}\\s){40}$").is_none());
    }
}
