//! A regular expression as a table, which a constant can read a text with.

/// The table of an automaton.
pub(crate) struct AutomatonTable {
    /// For each byte its class.
    pub(crate) classes: Vec<u8>,
    /// For each state and each class the next state, in two bytes, the lower first.
    pub(crate) table: Vec<u8>,
    /// How many classes there are.
    pub(crate) width: usize,
    /// For each state whether a text may end there: yes, no, or not known.
    pub(crate) ends: Vec<u8>,
}
