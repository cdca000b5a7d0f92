//! The configurations: one section of ten fields, and fifty of them.

use std::time::Duration;

use hotconfig::{Field, HotConfig, field};

/// Ten fields of the types that configurations are made of.
#[derive(HotConfig, Clone, Debug, PartialEq)]
pub struct Section {
    /// The field that changes while the others stand.
    #[hot(default = 0)]
    pub limit: u64,
    /// A switch.
    #[hot(default = true)]
    pub enabled: bool,
    /// One of a few words.
    #[hot(default = "info", one_of("trace", "debug", "info", "warn", "error"))]
    pub level: String,
    /// A text that takes an allocation.
    #[hot(default = "http://upstream.internal:8080/", non_empty)]
    pub upstream: String,
    /// A duration.
    #[hot(default = "30s")]
    pub timeout: Duration,
    /// A fraction.
    #[hot(default = 0.5, range(0.0..=1.0))]
    pub ratio: f64,
    /// A small number.
    #[hot(default = 3, range(0..=10))]
    pub retries: u8,
    /// A port.
    #[hot(default = 8080)]
    pub port: u16,
    /// Something that may be absent.
    pub note: Option<String>,
    /// A number with a rule.
    #[hot(default = 8, range(1..=64))]
    pub pool_size: u32,
}

/// Values for the keys of a [`Section`], which differ from its defaults.
const SECTION: [(&str, &str); 10] = [
    ("limit", "0"),
    ("enabled", "false"),
    ("level", "debug"),
    ("upstream", "http://other-upstream.internal:9090/"),
    ("timeout", "10s"),
    ("ratio", "0.25"),
    ("retries", "5"),
    ("port", "9090"),
    ("note", "written by the operators"),
    ("pool_size", "16"),
];

/// A configuration that a measurement can change.
pub trait MeasuredConfig: HotConfig {
    /// Where its keys live.
    const PREFIX: &'static str;
    /// Its sections.
    const SECTIONS: &'static [&'static str];
    /// The field that changes.
    const LIMIT: Field<Self, u64>;

    /// The key of the field that changes.
    fn key() -> String {
        let field = Self::LIMIT.path().replace('.', "/");
        format!("{}/{field}", Self::PREFIX)
    }

    /// Every key, with a value.
    fn entries() -> impl Iterator<Item = (String, &'static str)> {
        Self::SECTIONS.iter().flat_map(|section| {
            SECTION.map(|(name, value)| (format!("{}/{section}/{name}", Self::PREFIX), value))
        })
    }
}

macro_rules! measured {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $limit:ident, [$($section:ident)*]) => {
        $(#[$doc])*
        #[derive(HotConfig, Clone, Debug, PartialEq)]
        #[hot(prefix = $prefix)]
        pub struct $name {
            $(
                /// Ten fields.
                #[hot(nested)]
                pub $section: Section,
            )*
        }

        impl MeasuredConfig for $name {
            const PREFIX: &'static str = $prefix;
            const SECTIONS: &'static [&'static str] = &[$(stringify!($section)),*];
            const LIMIT: Field<Self, u64> = field!($name, $limit.limit);
        }
    };
}

measured!(
    /// Ten fields.
    Ten, "/bench/ten", s00, [s00]
);

measured!(
    /// Five hundred fields.
    FiveHundred, "/bench/five-hundred", s25, [
        s00 s01 s02 s03 s04 s05 s06 s07 s08 s09
        s10 s11 s12 s13 s14 s15 s16 s17 s18 s19
        s20 s21 s22 s23 s24 s25 s26 s27 s28 s29
        s30 s31 s32 s33 s34 s35 s36 s37 s38 s39
        s40 s41 s42 s43 s44 s45 s46 s47 s48 s49
    ]
);

#[cfg(test)]
mod tests {
    use super::*;

    fn is_what_it_says<T: MeasuredConfig>(fields: usize) {
        let leaves = T::TREE.leaves();
        assert_eq!(leaves.len(), fields);
        let keys = leaves
            .iter()
            .map(|leaf| format!("{}/{}", T::PREFIX, leaf.key));
        assert!(keys.eq(T::entries().map(|(key, _)| key)));
        assert!(T::entries().any(|(key, _)| key == T::key()));
    }

    #[test]
    fn the_entries_are_the_keys_of_the_schema() {
        is_what_it_says::<Ten>(10);
        is_what_it_says::<FiveHundred>(500);
    }
}
