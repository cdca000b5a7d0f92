//! Converts the constants of a struct to its schema as a value.
//!
//! In: a [`Tree`], and facts that only the program knows: which absent keys are allowed, and the
//! texts of defaults that are expressions. Out: a [`Schema`], in the order of the keys. It calls no
//! user code by itself.

use std::collections::BTreeMap;

use super::declared::{Absent, Format, Key, Schema, Section, StructRule, Type};
use super::rule::Rule;
use crate::HotConfig;
use crate::guard::guard;
use crate::typed::path::Step;
use crate::typed::read::{LeafReader, Specimen};
use crate::typed::shape::Shape;
use crate::typed::tree::{self, ANY, DefaultValue, Kind, Leaf, Tree, join};
use crate::value::Codec;

/// Returns the declaration of a struct: its keys, their types, defaults, rules and descriptions.
///
/// Defaults that are expressions are computed, and shown as in the store.
///
/// ```
/// use hotconfig::{HotConfig, schema::Absent};
///
/// #[derive(HotConfig, Clone, Debug)]
/// struct Service {
///     /// Connections to the database.
///     #[hot(default = 8, range(1..=64))]
///     pool_size: u32,
/// }
///
/// let schema = hotconfig::schema::<Service>();
/// assert_eq!(schema.keys[0].key, "pool_size");
/// assert_eq!(schema.keys[0].absent, Absent::Text("8".to_owned()));
/// ```
pub fn schema<T: HotConfig>() -> Schema {
    gather(T::TREE, &ProgramFacts::collect::<T>())
}

/// The facts about a struct's leaves that only the program knows.
#[derive(Default)]
struct ProgramFacts {
    /// The patterns of the leaves that are a problem if they are absent.
    missing: Vec<u32>,
    /// The patterns of the leaves whose default has a secret inside, even if the field is not
    /// marked.
    secrets: Vec<u32>,
    /// The text in the store of each default that is an expression, by the pattern.
    defaults: BTreeMap<u32, Absent>,
}

impl ProgramFacts {
    fn collect<T: HotConfig>() -> Self {
        // An entry in each map shows the meaning of an absent key in it.
        let mut reader = LeafReader::all(&Specimen);
        // A panic in a skipped field's default ends the reading; earlier findings are used.
        let _ = guard(|| T::__build(&mut reader).is_some());
        let secrets = reader.secrets().iter().map(|leaf| leaf.pattern).collect();
        let findings = reader.into_findings().into_iter();
        let defaults = T::TREE.leaves().into_iter().filter_map(|leaf| {
            let path = leaf.path.within(&vec![ANY; leaf.path.maps()])?;
            let default = guard(|| T::__default(&path)).ok().flatten()?;
            Some((leaf.pattern, default))
        });
        Self {
            missing: findings.map(|finding| finding.leaf.pattern).collect(),
            secrets,
            defaults: defaults.collect(),
        }
    }

    fn hides(&self, leaf: &Leaf) -> bool {
        // If the default is never read, a secret deep inside shows only in the source text.
        let written = match leaf.field.default {
            DefaultValue::Expression(written) => written,
            _ => "",
        };
        leaf.secret
            || self.secrets.contains(&leaf.pattern)
            || names_secret(leaf.field.type_name)
            || names_secret(written)
    }
}

fn names_secret(written: &str) -> bool {
    written
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .any(|word| word == "Secret")
}

fn gather(tree: &Tree, facts: &ProgramFacts) -> Schema {
    let mut keys = Vec::new();
    let mut sections: BTreeMap<String, &str> = BTreeMap::new();
    for leaf in tree.leaves() {
        let deprecated = above(tree, &leaf, &mut sections);
        keys.push(key(&leaf, deprecated, facts));
    }
    keys.sort_by(|one, other| one.key.cmp(&other.key));
    let mut rules = Vec::new();
    struct_rules(tree, String::new(), &mut rules);
    rules.sort_by(|one, other| one.section.cmp(&other.section));
    Schema {
        name: tree.name.to_owned(),
        doc: tree.doc.to_owned(),
        prefix: tree.prefix.map(str::to_owned),
        keys,
        sections: sections
            .into_iter()
            .filter(|(_, doc)| !doc.is_empty())
            .map(|(key, doc)| Section {
                key,
                doc: doc.to_owned(),
            })
            .collect(),
        rules,
    }
}

/// Notes the sections and maps above a leaf, and returns the note of the first deprecated one.
fn above<'t>(
    tree: &'t Tree,
    leaf: &Leaf,
    sections: &mut BTreeMap<String, &'t str>,
) -> Option<&'t str> {
    let mut tree = tree;
    let mut key = String::new();
    let mut deprecated = None;
    for step in leaf.path.within(&vec![ANY; leaf.path.maps()])? {
        let Step::Field(number) = step else {
            key = join(&key, '/', ANY);
            continue;
        };
        let field = tree.fields.iter().find(|field| field.number == number)?;
        deprecated = deprecated.or(field.flags.deprecated);
        let section = match field.kind {
            Kind::Section(section) | Kind::Map(section) => section,
            Kind::Leaf(_) | Kind::Skipped => break,
        };
        key = join(&key, '/', field.key);
        // The field's comment describes the section's purpose; the struct's comment describes the
        // struct.
        let doc = if field.doc.is_empty() {
            section.doc
        } else {
            field.doc
        };
        sections.insert(key.clone(), doc);
        tree = section;
    }
    deprecated
}

fn struct_rules(tree: &Tree, section: String, rules: &mut Vec<StructRule>) {
    for field in tree.fields {
        let key = || join(&section, '/', field.key);
        match field.kind {
            Kind::Section(nested) => struct_rules(nested, key(), rules),
            Kind::Map(element) => struct_rules(element, join(&key(), '/', ANY), rules),
            Kind::Leaf(_) | Kind::Skipped => {}
        }
    }
    if let Some(rule) = tree.validate {
        rules.push(StructRule {
            section,
            rule: rule.to_owned(),
        });
    }
}

fn key(leaf: &Leaf, deprecated: Option<&str>, facts: &ProgramFacts) -> Key {
    let field = leaf.field;
    Key {
        key: leaf.key.clone(),
        field: leaf.name.clone(),
        aliases: leaf.aliases.clone(),
        kind: kind(field.shape, field.type_name),
        format: format(field),
        absent: absent(leaf, facts),
        rules: field
            .rules
            .iter()
            .map(|rule| Rule::declared(rule, facts.hides(leaf)))
            .collect(),
        compare: field.flags.compare.map(str::to_owned),
        // A leaf with a secret inside is never printed either, although the program shows the rest.
        secret: facts.hides(leaf),
        restart: leaf.restart,
        deprecated: deprecated.map(str::to_owned),
        doc: field.doc.to_owned(),
    }
}

fn kind(shape: Shape, type_name: &str) -> Type {
    // An opaque type inside makes the whole a name: its own names are unknown.
    of_shape(shape).unwrap_or_else(|| Type::Rust(type_name.to_owned()))
}

fn of_shape(shape: Shape) -> Option<Type> {
    let inner = |shape: &Shape| of_shape(*shape).map(Box::new);
    Some(match shape {
        Shape::Scalar(scalar) => Type::Scalar(scalar),
        Shape::Words(words) => Type::Words(words.iter().map(|word| (*word).to_owned()).collect()),
        Shape::Optional(shape) => Type::Optional(inner(shape)?),
        Shape::List(shape) => Type::List(inner(shape)?),
        Shape::Map(shape) => Type::Map(inner(shape)?),
        Shape::Opaque => return None,
    })
}

fn format(field: &tree::Field) -> Format {
    match field.kind {
        Kind::Leaf(tree::Format::Codec(codec)) => Format::Codec(codec),
        Kind::Leaf(tree::Format::With(path)) => Format::With(path.to_owned()),
        Kind::Section(_) | Kind::Map(_) | Kind::Skipped => Format::Codec(Codec::Auto),
    }
}

fn absent(leaf: &Leaf, facts: &ProgramFacts) -> Absent {
    let field = leaf.field;
    match field.default {
        DefaultValue::None => {
            let named = is_option(field.type_name);
            let optional = match (field.shape, &field.kind) {
                // Without serde, only the name shows whether a type is optional.
                (_, Kind::Leaf(tree::Format::With(_))) => named,
                (Shape::Optional(_), _) => true,
                (Shape::Opaque, _) => named || !facts.missing.contains(&leaf.pattern),
                _ => false,
            };
            if optional {
                Absent::Nothing
            } else {
                Absent::Required
            }
        }
        _ if facts.hides(leaf) => Absent::Hidden,
        DefaultValue::Text(text) => Absent::Text(text.to_owned()),
        DefaultValue::OfType | DefaultValue::Expression(_) => {
            let known = facts.defaults.get(&leaf.pattern).cloned();
            known.unwrap_or_else(|| {
                Absent::Expression(match field.default {
                    DefaultValue::Expression(written) => written.to_owned(),
                    _ => "Default::default()".to_owned(),
                })
            })
        }
    }
}

/// Whether a type is written as an `Option`, with or without its path.
fn is_option(type_name: &str) -> bool {
    let (path, _) = type_name.split_once('<').unwrap_or_default();
    path.trim().rsplit("::").next() == Some("Option")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typed::tree::Field;

    const LIMITS: &Tree = &Tree::new("Limits")
        .doc("Bounds.")
        .validate("ordered")
        .fields(&[Field::new(0, "low", "low", "u32").default(DefaultValue::Text("3"))]);
    const FLAG: &Tree = &Tree::new("bool").fields(&[Field::new(0, "", "", "bool")]);
    const TENANT: &Tree = &Tree::new("Tenant").doc("A customer.").fields(&[
        Field::new(0, "left", "left", "u32"),
        Field::new(1, "limits", "limits", "Limits").section(LIMITS),
    ]);
    const SERVICE: &Tree = &Tree::new("Service").fields(&[
        Field::new(0, "tenants", "of/tenants", "Map<Tenant>")
            .map(TENANT)
            .deprecated("gone soon"),
        Field::new(1, "features", "features", "Map<bool>").map(FLAG),
    ]);

    #[test]
    fn the_patterns_of_a_map_are_keys() {
        let known = ProgramFacts {
            missing: vec![0, 2],
            ..ProgramFacts::default()
        };
        let schema = gather(SERVICE, &known);
        let keys: Vec<_> = schema
            .keys
            .iter()
            .map(|key| (&*key.key, &*key.field))
            .collect();
        assert_eq!(
            keys,
            [
                ("features/*", "features[*]"),
                ("of/tenants/*/left", "tenants[*].left"),
                ("of/tenants/*/limits/low", "tenants[*].limits.low"),
            ]
        );
        let absent: Vec<_> = schema.keys.iter().map(|key| &key.absent).collect();
        let low = Absent::Text("3".to_owned());
        assert_eq!(absent, [&Absent::Required, &Absent::Required, &low]);
        assert_eq!(schema.keys[1].deprecated.as_deref(), Some("gone soon"));
        let sections: Vec<_> = schema
            .sections
            .iter()
            .map(|section| &*section.key)
            .collect();
        assert_eq!(sections, ["of/tenants", "of/tenants/*/limits"]);
        let rules: Vec<_> = schema.rules.iter().map(|rule| &*rule.section).collect();
        assert_eq!(rules, ["of/tenants/*/limits"]);
    }
}
