//! The declaration of a `HotConfig` struct, as constants.
//!
//! In: nothing; the derive writes these constants. Out: a tree to walk ([`Tree`]), and the flat
//! list of its leaves ([`Tree::leaves`]). It knows no values, no store and no prefix with values
//! for its variables.

use std::sync::Arc;
use std::time::Duration;

use super::id::{LeafId, pattern_at};
use super::path::{Path, Step};
use super::shape::Shape;
use crate::value::{Codec, Size};

/// The declaration of a struct with `#[derive(HotConfig)]`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Tree {
    /// The struct's name.
    pub name: &'static str,
    /// Its doc comment, lines joined by `\n`; empty without one.
    pub doc: &'static str,
    /// The prefix's template, `/configs/{app}/{env}`, if the struct has one.
    pub prefix: Option<&'static str>,
    /// The path of the rule over the whole struct, if there is one.
    pub validate: Option<&'static str>,
    /// The fields, in the order of the source.
    pub fields: &'static [Field],
    /// Whether a field is left out, because of a mistake that the derive has reported.
    #[doc(hidden)]
    pub faulty: bool,
}

/// One field of a [`Tree`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Field {
    /// Its place among the fields of the source: one step of a path. It differs from the place
    /// in [`Tree::fields`] only while the struct does not compile.
    #[doc(hidden)]
    pub number: u16,
    /// The field's name in Rust, without `r#`.
    pub name: &'static str,
    /// Its key below that of its section, `limits/rps`; empty if it is skipped.
    pub key: &'static str,
    /// Old keys that are still read, in order of precedence; below the section, too.
    pub aliases: &'static [&'static str],
    /// Its doc comment.
    pub doc: &'static str,
    /// The type in the source.
    pub type_name: &'static str,
    /// The compiler's knowledge of the type; [`Shape::Opaque`] for a section.
    pub shape: Shape,
    /// Leaf, section, map or skipped.
    pub kind: Kind,
    /// The meaning of an absent key.
    pub default: DefaultValue,
    /// The rules of the field itself, in the order of the source.
    pub rules: &'static [Rule],
    /// The flags.
    pub flags: Flags,
}

/// The kind of a field.
#[derive(Debug)]
#[non_exhaustive]
pub enum Kind {
    /// One key, with the format of its bytes.
    Leaf(Format),
    /// A nested struct.
    Section(&'static Tree),
    /// A map: a section for each entry, whose name is in the store. The tree is that of an entry;
    /// if an entry is one key, the only field of the tree has neither a name nor a key.
    #[doc(hidden)]
    Map(&'static Tree),
    /// Not in the store; always `Default::default()`.
    Skipped,
}

/// The format of a leaf's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One of our codecs.
    Codec(Codec),
    /// The user's codec at this path.
    With(&'static str),
}

/// The meaning of an absent key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DefaultValue {
    /// `None` for an `Option`, a problem for any other type.
    None,
    /// `#[hot(default)]`: `Default::default()` of its type.
    OfType,
    /// `#[hot(default = "30s")]`: read as the store's bytes would be. A literal number, character
    /// or `bool` also becomes a text, as the store would hold it.
    Text(&'static str),
    /// `#[hot(default = 8)]`: the expression in the source.
    Expression(&'static str),
}

/// The meaning of an absent key, with the default computed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absent {
    /// An absent key is a problem: it is required.
    Required,
    /// Nothing: the type is optional.
    Nothing,
    /// A default, as the store would hold it: `30s`.
    Text(String),
    /// A default that can't be shown as a text: the expression in Rust.
    Expression(String),
    /// A default that is secret.
    Hidden,
}

/// A rule of one field.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// The value lies in this range.
    Range(Bounds),
    /// The characters of a text, or the entries of a collection.
    Length(Bounds),
    /// The text matches this regular expression somewhere.
    Pattern(&'static str),
    /// The value is one of these, each as the store would hold it.
    OneOf(&'static [&'static str]),
    /// The text or the collection is not empty.
    NonEmpty,
    /// The text is an absolute URL.
    Url,
    /// The function at this path accepts the value.
    Validate(&'static str),
}

/// The bounds of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Bounds {
    /// The lower bound; always included.
    pub low: ConstValue,
    /// The upper bound.
    pub high: ConstValue,
    /// Whether the upper bound is included.
    pub inclusive: bool,
}

/// A value that is known while compiling: an end of [`Bounds`], or a default.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ConstValue {
    /// There is none: no bound.
    Nothing,
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// A duration.
    Period(Duration),
    /// A size.
    Bytes(Size),
    /// A text, or a value as the store would hold it: `30s`.
    Text(&'static str),
    /// An expression that only the running program can compute, as it was written.
    Unknown(&'static str),
}

impl Bounds {
    #[doc(hidden)]
    pub const fn new(low: ConstValue, high: ConstValue, inclusive: bool) -> Self {
        Self {
            low,
            high,
            inclusive,
        }
    }
}

/// The flags of a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)] // they are independent of one another
pub struct Flags {
    /// Whether the value is never printed.
    pub secret: bool,
    /// Whether the field keeps its first value until the program starts again.
    pub restart: bool,
    /// The note of `#[hot(deprecated = "…")]`; empty without one.
    pub deprecated: Option<&'static str>,
    /// The function by which two values are compared, if it is not `==`.
    pub compare: Option<&'static str>,
}

/// A leaf with its place in the tree: one of [`Tree::leaves`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Leaf {
    /// Its place in the list.
    pub pattern: u32,
    /// The path to it in a value of the struct.
    pub path: Path,
    /// The path in Rust, `db.pool_size`; in a map `tenants[*].dsn`.
    pub name: String,
    /// The key below the prefix, `db/pool_size`; in a map `tenants/*/dsn`.
    pub key: String,
    /// Old keys below the prefix.
    pub aliases: Vec<String>,
    /// The declaration.
    pub field: &'static Field,
    /// Whether it, or a section that it is in, is secret.
    pub secret: bool,
    /// Whether it, or a section that it is in, is restart-only.
    pub restart: bool,
    /// The map that it is in; then it stands for a leaf of every entry.
    #[doc(hidden)]
    pub map: Option<Arc<MapPattern>>,
}

/// A map of the schema.
#[doc(hidden)]
#[derive(Debug, PartialEq, Eq)]
pub struct MapPattern {
    /// The first of its patterns.
    pub first: u32,
    /// The number of its patterns, those of maps inside it included.
    pub len: usize,
    /// Its key below the prefix, `tenants`; inside another map `plans/*/limits`.
    pub key: String,
    /// The map that it is in itself.
    pub outer: Option<Arc<Self>>,
}

impl Tree {
    /// Creates a schema without fields, to which the derive adds.
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            doc: "",
            prefix: None,
            validate: None,
            fields: &[],
            faulty: false,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn prefix(mut self, template: &'static str) -> Self {
        self.prefix = Some(template);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn validate(mut self, path: &'static str) -> Self {
        self.validate = Some(path);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn faulty(mut self) -> Self {
        self.faulty = true;
        self
    }

    /// All leaves, in the order of the source; a section's leaves are at the section's place. The
    /// leaves of a map are patterns: each stands for a leaf of every entry.
    pub fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        let mut path = Path::default();
        self.walk(&mut path, &Above::default(), &mut leaves);
        leaves
    }

    fn walk(&self, path: &mut Path, above: &Above, leaves: &mut Vec<Leaf>) {
        for field in self.fields {
            path.enter(field.number);
            let here = above.below(field);
            match field.kind {
                Kind::Leaf(_) => {
                    let alias = |alias: &&str| join(&above.key, '/', alias);
                    leaves.push(Leaf {
                        pattern: pattern_at(leaves.len()),
                        path: path.clone(),
                        name: here.name,
                        key: here.key,
                        aliases: field.aliases.iter().map(alias).collect(),
                        field,
                        secret: here.secret,
                        restart: here.restart,
                        map: here.map,
                    });
                }
                Kind::Section(section) => section.walk(path, &here, leaves),
                Kind::Map(element) => {
                    path.enter_map();
                    let first = pattern_at(leaves.len());
                    element.walk(path, &here.entry(first, element.len()), leaves);
                    path.leave_map();
                }
                Kind::Skipped => {}
            }
            path.leave();
        }
    }

    /// The number of patterns before those behind these steps; `None` if the tree does not have
    /// them.
    pub(super) fn before(&self, path: &[Step<'_>]) -> Option<u32> {
        let mut tree = Some(self);
        let mut count = 0;
        let mut is_map = false;
        for step in path {
            let fields = match step {
                Step::Entry(_) if std::mem::take(&mut is_map) => continue,
                Step::Field(_) if !is_map => tree?.fields,
                _ => return None,
            };
            let at = fields
                .iter()
                .position(|field| Step::Field(field.number) == *step)?;
            let (before, field) = (fields.get(..at)?, fields.get(at)?);
            count += before.iter().map(Field::len).sum::<usize>();
            (tree, is_map) = match field.kind {
                Kind::Section(section) => (Some(section), false),
                Kind::Map(element) => (Some(element), true),
                Kind::Leaf(_) => (None, false),
                Kind::Skipped => return None,
            };
        }
        Some(pattern_at(count))
    }

    /// Whether the steps to each leaf outside maps, and those to each map, pass the test.
    #[doc(hidden)]
    pub fn every(&self, test: &mut dyn FnMut(&[Step<'_>]) -> bool) -> bool {
        self.every_below(&mut Vec::new(), test)
    }

    fn every_below(
        &self,
        path: &mut Vec<Step<'static>>,
        test: &mut dyn FnMut(&[Step<'_>]) -> bool,
    ) -> bool {
        self.fields.iter().all(|field| {
            path.push(Step::Field(field.number));
            let passed = match field.kind {
                Kind::Leaf(_) | Kind::Map(_) => test(path),
                Kind::Section(section) => section.every_below(path, test),
                Kind::Skipped => true,
            };
            path.pop();
            passed
        })
    }

    /// The number of leaves in the tree.
    pub const fn len(&self) -> usize {
        let mut count = 0;
        let mut fields = self.fields;
        while let [field, rest @ ..] = fields {
            count += field.len();
            fields = rest;
        }
        count
    }

    /// Whether the tree has no leaf at all.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Leaf {
    /// The id of a leaf outside maps; in a map, that of its pattern, which is not a leaf.
    #[doc(hidden)]
    pub fn id(&self) -> LeafId {
        LeafId::fixed(self.pattern)
    }
}

/// The properties that a leaf gets from the sections above it and from its own field.
#[derive(Default)]
struct Above {
    name: String,
    key: String,
    secret: bool,
    restart: bool,
    map: Option<Arc<MapPattern>>,
}

impl Above {
    /// The same for everything below this field.
    fn below(&self, field: &Field) -> Self {
        Self {
            name: join(&self.name, '.', field.name),
            key: join(&self.key, '/', field.key),
            secret: self.secret || field.flags.secret,
            restart: self.restart || field.flags.restart,
            map: self.map.clone(),
        }
    }

    /// The same for the entries of this map.
    fn entry(self, first: u32, len: usize) -> Self {
        Self {
            name: format!("{}[*]", self.name),
            key: join(&self.key, '/', ANY),
            map: Some(Arc::new(MapPattern {
                first,
                len,
                key: self.key,
                outer: self.map,
            })),
            ..self
        }
    }
}

/// The segment of a pattern that stands for the name of an entry.
pub(crate) const ANY: &str = "*";

/// A name below another; either may be empty.
pub(crate) fn join(above: &str, separator: char, own: &str) -> String {
    match (above, own) {
        ("", own) => own.to_owned(),
        (above, "") => above.to_owned(),
        (above, own) => format!("{above}{separator}{own}"),
    }
}

impl Field {
    /// Creates a required leaf without rules, to which the derive adds.
    #[doc(hidden)]
    pub const fn new(
        number: u16,
        name: &'static str,
        key: &'static str,
        type_name: &'static str,
    ) -> Self {
        Self {
            number,
            name,
            key,
            aliases: &[],
            doc: "",
            type_name,
            shape: Shape::Opaque,
            kind: Kind::Leaf(Format::Codec(Codec::Auto)),
            default: DefaultValue::None,
            rules: &[],
            flags: Flags {
                secret: false,
                restart: false,
                deprecated: None,
                compare: None,
            },
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn format(mut self, format: Format) -> Self {
        self.kind = Kind::Leaf(format);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn section(mut self, schema: &'static Tree) -> Self {
        self.kind = Kind::Section(schema);
        self
    }

    /// Makes a leaf whose type has keys of its own a section. A constant has reported it: this is
    /// for the paths into it.
    #[doc(hidden)]
    #[must_use]
    pub const fn or_section(self, schema: Option<&'static Tree>) -> Self {
        match schema {
            Some(schema) => self.section(schema),
            None => self,
        }
    }

    /// Makes the field a map; `element` is the tree of an entry.
    #[doc(hidden)]
    #[must_use]
    pub const fn map(mut self, element: &'static Tree) -> Self {
        self.kind = Kind::Map(element);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn skipped(mut self) -> Self {
        self.kind = Kind::Skipped;
        self.key = "";
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn default(mut self, default: DefaultValue) -> Self {
        self.default = default;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.flags.secret = true;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn restart(mut self) -> Self {
        self.flags.restart = true;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn deprecated(mut self, note: &'static str) -> Self {
        self.flags.deprecated = Some(note);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn compare(mut self, path: &'static str) -> Self {
        self.flags.compare = Some(path);
        self
    }

    pub(crate) const fn len(&self) -> usize {
        match self.kind {
            Kind::Leaf(_) => 1,
            Kind::Section(section) | Kind::Map(section) => section.len(),
            Kind::Skipped => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &Tree = &Tree::new("Limits").fields(&[
        Field::new(0, "low", "low", "u32"),
        Field::new(1, "high", "high", "u32").aliases(&["top"]),
    ]);
    const FLAG: &Tree = &Tree::new("bool").fields(&[Field::new(0, "", "", "bool")]);
    const TENANT: &Tree = &Tree::new("Tenant").fields(&[
        Field::new(0, "left", "left", "u32"),
        Field::new(1, "limits", "limits", "Limits").section(LIMITS),
        Field::new(2, "features", "features", "Map<bool>").map(FLAG),
    ]);
    const SERVICE: &Tree = &Tree::new("Service").fields(&[
        Field::new(0, "first", "first", "u32"),
        Field::new(1, "cache", "cache", "Cache").skipped(),
        Field::new(2, "tenants", "of/tenants", "Map<Tenant>")
            .map(TENANT)
            .secret(),
        Field::new(3, "last", "last", "u32"),
    ]);

    #[test]
    fn the_leaves_of_a_map_are_patterns() {
        let leaves = SERVICE.leaves();
        let named: Vec<_> = leaves
            .iter()
            .map(|leaf| (&*leaf.name, &*leaf.key))
            .collect();
        assert_eq!(
            named,
            [
                ("first", "first"),
                ("tenants[*].left", "of/tenants/*/left"),
                ("tenants[*].limits.low", "of/tenants/*/limits/low"),
                ("tenants[*].limits.high", "of/tenants/*/limits/high"),
                ("tenants[*].features[*]", "of/tenants/*/features/*"),
                ("last", "last"),
            ]
        );
        assert_eq!((SERVICE.len(), leaves.len()), (6, 6));
        assert_eq!(leaves[3].aliases, ["of/tenants/*/limits/top"]);
        assert!(leaves[1].secret && !leaves[5].secret);
        let patterns: Vec<_> = leaves.iter().map(|leaf| leaf.pattern).collect();
        assert_eq!(patterns, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_leaf_knows_the_map_that_it_is_in() {
        let leaves = SERVICE.leaves();
        assert_eq!((&leaves[0].map, &leaves[5].map), (&None, &None));
        let tenants = leaves[1].map.as_deref().unwrap();
        assert_eq!((tenants.first, tenants.len), (1, 4));
        assert_eq!((&*tenants.key, &tenants.outer), ("of/tenants", &None));
        assert_eq!(leaves[3].map.as_deref(), Some(tenants));
        let features = leaves[4].map.as_deref().unwrap();
        assert_eq!((features.first, features.len), (4, 1));
        assert_eq!(features.key, "of/tenants/*/features");
        assert_eq!(features.outer.as_deref(), Some(tenants));
        assert_eq!(leaves[4].path.maps(), 2);
    }

    #[test]
    fn the_steps_of_each_leaf_lead_to_its_pattern() {
        for leaf in SERVICE.leaves() {
            let path = leaf.path.within(&vec!["x"; leaf.path.maps()]).unwrap();
            assert_eq!(SERVICE.before(&path), Some(leaf.pattern), "{}", leaf.name);
        }
        let (tenants, x) = (Step::Field(2), Step::Entry("x"));
        assert_eq!(SERVICE.before(&[]), Some(0));
        assert_eq!(SERVICE.before(&[tenants]), Some(1));
        assert_eq!(SERVICE.before(&[tenants, x]), Some(1));
        assert_eq!(SERVICE.before(&[tenants, x, Step::Field(2)]), Some(4));
        for wrong in [
            &[x][..],
            &[Step::Field(1)],
            &[Step::Field(9)],
            &[Step::Field(0), x],
            &[Step::Field(0), Step::Field(0)],
            &[tenants, Step::Field(0)],
            &[tenants, x, x],
        ] {
            assert_eq!(SERVICE.before(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn every_leaf_is_tested_and_a_map_as_a_whole() {
        let mut paths = Vec::new();
        assert!(SERVICE.every(&mut |path| {
            paths.push(format!("{path:?}"));
            true
        }));
        assert_eq!(paths, ["[Field(0)]", "[Field(2)]", "[Field(3)]"]);
        let mut count = 0;
        assert!(!TENANT.every(&mut |path| {
            count += 1;
            path != [Step::Field(1), Step::Field(0)]
        }));
        assert_eq!(count, 2);
    }
}
