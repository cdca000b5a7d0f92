//! A regular expression that a constant can ask.
//!
//! In: the tables that the macro made of a pattern, and a text. Out: whether it matches, as far as
//! the tables know. It knows nothing of regular expressions.

/// The tables of an automaton over bytes.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Automaton {
    /// For each byte its class.
    pub classes: &'static [u8; 256],
    /// For each state and each class the next state, in two bytes, the lower first.
    pub table: &'static [u8],
    /// How many classes there are.
    pub width: usize,
    /// For each state what the answer is where a text ends there: yes, no, or not known.
    pub ends: &'static [u8],
}

impl Automaton {
    /// Where a text begins; the states before it are the answers.
    const BEGIN: usize = 3;

    /// Whether the text matches; `None` where the tables don't know.
    #[allow(clippy::indexing_slicing)] // in a constant: a table that is wrong does not compile
    pub(super) const fn matches(&self, text: &str) -> Option<bool> {
        let mut state = Self::BEGIN;
        let mut bytes = text.as_bytes();
        while let [byte, rest @ ..] = bytes {
            let class = self.classes[*byte as usize] as usize;
            let at = 2 * (state * self.width + class);
            state = self.table[at] as usize | (self.table[at + 1] as usize) << 8;
            bytes = rest;
        }
        match self.ends[state] {
            0 => Some(true),
            1 => Some(false),
            _ => None,
        }
    }
}
