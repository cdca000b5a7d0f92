//! The names of the attributes, once; those of codecs are in [`crate::model::codec`].

use crate::model::codec;

pub(crate) const HOT: &str = "hot";

// On the struct.
pub(crate) const CRATE: &str = "crate";
pub(crate) const PREFIX: &str = "prefix";
pub(crate) const RENAME_ALL: &str = "rename_all";
pub(crate) const SCHEMA: &str = "schema";

// On both.
pub(crate) const VALIDATE: &str = "validate";

// On a field.
pub(crate) const ALIAS: &str = "alias";
pub(crate) const COMPARE: &str = "compare";
pub(crate) const DEFAULT: &str = "default";
pub(crate) const DEPRECATED: &str = "deprecated";
pub(crate) const KEY: &str = "key";
pub(crate) const LENGTH: &str = "length";
pub(crate) const MAP: &str = "map";
pub(crate) const NESTED: &str = "nested";
pub(crate) const NON_EMPTY: &str = "non_empty";
pub(crate) const ONE_OF: &str = "one_of";
pub(crate) const PATTERN: &str = "pattern";
pub(crate) const RANGE: &str = "range";
pub(crate) const RESTART: &str = "restart";
pub(crate) const SECRET: &str = "secret";
pub(crate) const SKIP: &str = "skip";
pub(crate) const TOML: &str = "toml";
pub(crate) const URL: &str = "url";
pub(crate) const WITH: &str = "with";
pub(crate) const YAML: &str = "yaml";

/// The attributes of a struct.
pub(crate) const ON_STRUCT: [&str; 5] = [CRATE, PREFIX, RENAME_ALL, SCHEMA, VALIDATE];

/// The attributes of a field.
pub(crate) fn on_field() -> Vec<&'static str> {
    let mut names = vec![
        ALIAS, COMPARE, DEFAULT, DEPRECATED, KEY, LENGTH, NESTED, NON_EMPTY, ONE_OF, PATTERN,
        RANGE, RESTART, SECRET, SKIP, URL, VALIDATE, WITH,
    ];
    names.extend(codec::NAMED.iter().map(|codec| codec.name));
    names.sort_unstable();
    names
}

/// The names of other libraries for the same attributes.
const SYNONYMS: &[(&str, &str)] = &[
    ("aliases", ALIAS),
    ("allowed", ONE_OF),
    ("any_of", ONE_OF),
    ("choices", ONE_OF),
    ("confidential", SECRET),
    ("credential", SECRET),
    ("decode", WITH),
    ("default_value", DEFAULT),
    ("default_value_t", DEFAULT),
    ("deserialize_with", WITH),
    ("enum", ONE_OF),
    ("eq", COMPARE),
    ("flatten", NESTED),
    ("from_str", WITH),
    ("group", NESTED),
    ("hidden", SECRET),
    ("ignore", SKIP),
    ("immutable", RESTART),
    ("len", LENGTH),
    ("max", RANGE),
    ("max_len", LENGTH),
    ("max_length", LENGTH),
    ("maximum", RANGE),
    ("min", RANGE),
    ("min_len", LENGTH),
    ("min_length", LENGTH),
    ("minimum", RANGE),
    ("name", KEY),
    ("not_empty", NON_EMPTY),
    ("nonempty", NON_EMPTY),
    ("notempty", NON_EMPTY),
    ("oneof", ONE_OF),
    ("parse_with", WITH),
    ("password", SECRET),
    ("path", KEY),
    ("readonly", RESTART),
    ("redact", SECRET),
    ("redacted", SECRET),
    ("regex", PATTERN),
    ("rename", KEY),
    ("requires_restart", RESTART),
    ("section", NESTED),
    ("sensitive", SECRET),
    ("serde_json", "json"),
    ("size", LENGTH),
    ("skip_deserializing", SKIP),
    ("static", RESTART),
    ("uri", URL),
    ("validator", VALIDATE),
    ("values", ONE_OF),
    ("variants", ONE_OF),
];

/// Names without an attribute, and the alternative.
const ALTERNATIVES: &[(&[&str], &str)] = &[
    (
        &["doc", "description", "desc", "help", "about", "comment"],
        "write it as a doc comment, `/// …`",
    ),
    (
        &["required", "mandatory"],
        "a field without `default` is required, unless it is an `Option`: leave this out",
    ),
    (
        &["optional", "nullable"],
        "make the field an `Option<…>`, or give it a `default`",
    ),
    (
        &["env", "env_var"],
        "values come from the store: leave it out",
    ),
    (
        &[
            "step",
            "multiple_of",
            "contains",
            "starts_with",
            "ends_with",
            "custom",
            "check",
        ],
        "write `validate = path` with a function of your own, or `pattern(\"…\")` for a text",
    ),
    (
        &["unit", "duration", "seconds", "millis"],
        "make the field a `Duration`, which is written with its unit, `30s`",
    ),
    (
        &["bytes", "bytesize"],
        "make the field a `Size`, which is written with its unit, `64MiB`",
    ),
    (
        &["ip", "ipv4", "ipv6", "socket_addr", "host"],
        "make the field an `IpAddr` or a `SocketAddr` of `std::net`",
    ),
    (
        &["email"],
        "write `pattern(\"^[^@]+@[^@]+$\")`, or `validate = path`",
    ),
    (
        &["serialize_with", "skip_serializing", "skip_serializing_if"],
        "a configuration is only read: leave it out",
    ),
    (
        &["separator", "delimiter", "split", "csv"],
        "a list is one key that holds JSON, `[\"a\", \"b\"]`; for another form write \
         `with = path` and a `decode` function of your own",
    ),
];

/// The alternative, if there is no such attribute.
pub(crate) fn alternative(name: &str) -> Option<&'static str> {
    ALTERNATIVES
        .iter()
        .find(|(names, _)| names.contains(&name))
        .map(|(_, instead)| *instead)
}

/// An example of the attribute.
pub(crate) fn example(name: &str) -> &'static str {
    let codec = codec::NAMED.iter().find(|codec| codec.name == name);
    match name {
        CRATE => "crate = my_framework::hotconfig",
        PREFIX => "prefix = \"/configs/{app}/{env}\"",
        RENAME_ALL => "rename_all = \"kebab-case\"",
        SCHEMA => "schema = \"user-service.schema.json\"",
        VALIDATE => "validate = path::to::function",
        ALIAS => "alias = \"old/key\"",
        COMPARE => "compare = path::to::function",
        DEFAULT => "default = 8",
        DEPRECATED => "deprecated = \"what to use instead\"",
        KEY => "key = \"limits/rps\"",
        LENGTH => "length(..=80)",
        NESTED => "nested",
        NON_EMPTY => "non_empty",
        ONE_OF => "one_of(\"debug\", \"info\")",
        PATTERN => "pattern(\"^[a-z]+$\")",
        RANGE => "range(1..=64)",
        RESTART => "restart",
        SECRET => "secret",
        SKIP => "skip",
        URL => "url",
        WITH => "with = path::to::module",
        // The name of a codec stands alone.
        _ => codec.map_or("", |codec| codec.name),
    }
}

/// The most likely intended name.
pub(crate) fn nearest(name: &str, names: &[&'static str]) -> Option<&'static str> {
    if let Some((_, ours)) = SYNONYMS.iter().find(|(theirs, _)| *theirs == name) {
        let instead = match *ours {
            RANGE => LENGTH,
            LENGTH => RANGE,
            ours => ours,
        };
        // A text has a length in place of a range.
        let ours = [*ours, instead];
        return ours.into_iter().find(|ours| names.contains(ours));
    }
    nearest_of(name, names.iter().copied())
}

/// The nearest of these, if one is near enough to be likely.
pub(crate) fn nearest_of<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let max = (name.chars().count() / 3).max(1);
    names
        .into_iter()
        .map(|known| (strsim::osa_distance(name, known), known))
        .filter(|(distance, _)| *distance <= max)
        .min()
        .map(|(_, known)| known)
}
