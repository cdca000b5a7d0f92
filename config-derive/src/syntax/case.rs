//! The cases of `rename_all`: their names, and the keys that they make of field names.

use super::names;

/// The conversion of a field's name to a key.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

const CASES: [(&str, Case); 8] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

/// The case with this name.
pub(crate) fn named(name: &str) -> Option<Case> {
    CASES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, case)| *case)
}

/// The names of the cases.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|(name, _)| *name)
}

/// The most likely intended case: `Kebab` is `kebab-case`.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let bare = |name: &str| {
        let letters = name.chars().filter(|letter| letter.is_alphabetic());
        let lower: String = letters.flat_map(char::to_lowercase).collect();
        lower.strip_suffix("case").unwrap_or(&lower).to_owned()
    };
    let name = bare(name);
    let bares = CASES.map(|(known, _)| (bare(known), known));
    let near = names::nearest_of(&name, bares.iter().map(|(bare, _)| bare.as_str()))?;
    let found = bares.iter().find(|(bare, _)| bare == near);
    found.map(|(_, known)| *known)
}

impl Case {
    /// The key of a field, as serde would name it.
    pub(crate) fn apply(self, name: &str) -> String {
        match self {
            Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_uppercase(),
            Self::Pascal => pascal(name),
            Self::Camel => {
                let pascal = pascal(name);
                let mut letters = pascal.chars();
                let first = letters.next().into_iter().flat_map(char::to_lowercase);
                first.chain(letters).collect()
            }
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(name: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).collect::<String>()
    };
    name.split('_').map(capitalised).collect()
}

#[cfg(test)]
mod tests {
    use super::CASES;

    #[test]
    fn the_eight_cases_are_serdes() {
        let keys: Vec<_> = CASES
            .iter()
            .map(|(_, case)| case.apply("max_open_files"))
            .collect();
        let expected = [
            "max_open_files",
            "MAX_OPEN_FILES",
            "MaxOpenFiles",
            "maxOpenFiles",
            "max_open_files",
            "MAX_OPEN_FILES",
            "max-open-files",
            "MAX-OPEN-FILES",
        ];
        assert_eq!(keys, expected);
    }
}
