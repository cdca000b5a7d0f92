//! A regular expression as a table, with which a constant can match a text.

/// The table of an automaton.
pub(crate) struct AutomatonTable {
    /// The class of each byte.
    pub(crate) classes: Vec<u8>,
    /// The next state for each state and class, in two bytes, the lower first.
    pub(crate) table: Vec<u8>,
    /// The number of classes.
    pub(crate) width: usize,
    /// For each state, whether a text may end there: yes, no, or not known.
    pub(crate) ends: Vec<u8>,
}
