//! The path to a value inside a configuration.
//!
//! In: the numbers of fields and the names of entries. Out: a [`Path`], which a leaf of the schema
//! has, and the steps by which the expansion finds the value. It knows no keys and no values.

/// One step of the path to a value.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The field of a struct with this number.
    Field(u16),
    /// The entry of a map with this name.
    Entry(&'a str),
}

/// The path to a leaf of the schema: a step for each field, and a gap for the name of each entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path {
    fields: Vec<Step<'static>>,
    /// For each map, the outermost first, the number of steps before the name of its entry.
    gaps: Vec<usize>,
}

impl Path {
    /// Goes on to the field with this number.
    pub(super) fn enter(&mut self, field: u16) {
        self.fields.push(Step::Field(field));
    }

    /// Goes back from the last field.
    pub(super) fn leave(&mut self) {
        self.fields.pop();
    }

    /// Goes on to the entries of the map at the last field.
    pub(super) fn enter_map(&mut self) {
        self.gaps.push(self.fields.len());
    }

    /// Goes back from the entries of a map.
    pub(super) fn leave_map(&mut self) {
        self.gaps.pop();
    }

    /// The number of maps around the leaf.
    pub(crate) fn maps(&self) -> usize {
        self.gaps.len()
    }

    /// The steps to the leaf, or, if it is in a map, to the outermost map around it.
    #[doc(hidden)]
    pub fn fixed(&self) -> &[Step<'static>] {
        let outside = self.gaps.first().copied();
        let outside = outside.and_then(|gap| self.fields.get(..gap));
        outside.unwrap_or(&self.fields)
    }

    /// The steps to the leaf in the entries with these names, the outermost first; `None` unless
    /// there is a name for each map around it.
    #[doc(hidden)]
    pub fn within<'n>(&self, entries: &[&'n str]) -> Option<Vec<Step<'n>>> {
        if entries.len() != self.gaps.len() {
            return None;
        }
        let mut names = self.gaps.iter().zip(entries).peekable();
        let mut steps = Vec::with_capacity(self.fields.len() + entries.len());
        for (before, field) in self.fields.iter().enumerate() {
            while let Some((_, name)) = names.next_if(|(gap, _)| **gap == before) {
                steps.push(Step::Entry(name));
            }
            steps.push(*field);
        }
        steps.extend(names.map(|(_, name)| Step::Entry(name)));
        Some(steps)
    }
}

/// The value that [`first_field`] adds to the number of a field if the path goes on behind it: a
/// round number above those of all fields. The expansion uses it too.
const GOES_ON: u32 = 100_000;

/// The number that [`first_field`] returns for a path that does not begin with a field.
const NO_FIELD: u32 = u32::MAX;

/// Splits off the field that a path names first: its number, and the steps behind it.
///
/// The number is higher by 100,000 if there are steps behind it, so that the expansion has one arm
/// for a leaf and a path that goes on behind the leaf matches none. The arms are integers because
/// the compiler takes longer for patterns of steps.
#[doc(hidden)]
pub fn first_field<'p, 's>(path: &'p [Step<'s>]) -> (u32, &'p [Step<'s>]) {
    match path {
        [Step::Field(number)] => (u32::from(*number), &[]),
        [Step::Field(number), rest @ ..] => (u32::from(*number) + GOES_ON, rest),
        _ => (NO_FIELD, path),
    }
}

/// Whether two structs count as equal at a path that they do not have. For the expansion of
/// `__same`.
///
/// They do not if the path has the name of an entry: only a mistake of the caller leads here with
/// one, and a subscriber may be notified too often but never too seldom.
#[doc(hidden)]
pub fn same_unknown(path: &[Step<'_>]) -> bool {
    !names_entry(path)
}

/// Whether one of the steps is the name of an entry.
pub(super) fn names_entry(path: &[Step<'_>]) -> bool {
    path.iter().any(|step| matches!(step, Step::Entry(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `plans[…].limits[…].rps`, by numbers.
    fn nested() -> Path {
        Path {
            fields: [4, 1, 0].map(Step::Field).to_vec(),
            gaps: vec![1, 2],
        }
    }

    #[test]
    fn a_path_outside_maps_is_its_fields() {
        let mut path = Path::default();
        path.enter(3);
        path.enter(7);
        path.enter(9);
        path.leave();
        let steps = [Step::Field(3), Step::Field(7)];
        assert_eq!(path.fixed(), steps);
        assert_eq!(path.within(&[]).as_deref(), Some(&steps[..]));
        assert_eq!(path.within(&["acme"]), None);
    }

    #[test]
    fn a_path_through_maps_takes_a_name_for_each() {
        let path = nested();
        assert_eq!(path.fixed(), [Step::Field(4)]);
        assert_eq!(
            path.within(&["gold", "eu"]).unwrap(),
            [
                Step::Field(4),
                Step::Entry("gold"),
                Step::Field(1),
                Step::Entry("eu"),
                Step::Field(0),
            ]
        );
        assert_eq!(path.within(&["gold"]), None);
    }

    #[test]
    fn an_entry_that_is_one_key_ends_the_path() {
        let path = Path {
            fields: vec![Step::Field(2)],
            gaps: vec![1],
        };
        let steps = [Step::Field(2), Step::Entry("beta")];
        assert_eq!(path.within(&["beta"]).as_deref(), Some(&steps[..]));
    }

    #[test]
    fn the_number_of_the_first_field_says_whether_the_path_goes_on() {
        let field = Step::Field;
        let entry = Step::Entry("acme");
        assert_eq!(first_field(&[field(3)]), (3, &[][..]));
        assert_eq!(
            first_field(&[field(3), field(0)]),
            (100_003, &[field(0)][..])
        );
        assert_eq!(first_field(&[field(3), entry]), (100_003, &[entry][..]));
        for path in [&[][..], &[entry], &[entry, field(3)]] {
            assert_eq!(first_field(path), (NO_FIELD, path));
        }
        // No field's number equals that of another with steps behind it, or that of no field.
        let (last, _) = first_field(&[field(u16::MAX)]);
        let (last_with_steps, _) = first_field(&[field(u16::MAX), entry]);
        assert!(last < GOES_ON && last_with_steps < NO_FIELD);
    }

    #[test]
    fn an_entry_is_never_taken_for_unchanged() {
        assert!(same_unknown(&[]));
        assert!(same_unknown(&[Step::Field(9)]));
        assert!(!same_unknown(&[Step::Entry("acme")]));
        assert!(!same_unknown(&[Step::Field(0), Step::Entry("acme")]));
    }
}
