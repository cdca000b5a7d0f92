//! Which module may import which.
//!
//! A table's rows go from top to bottom. A room is a module of the folder that the table is about;
//! behind it are the rooms that it may import, all of them in rows below its own. The folder's own
//! `lib.rs` or `mod.rs` is above all of them: it may import every room, and no room imports from it.

/// A room, and the rooms that it may import.
pub(crate) type Room = (&'static str, &'static [&'static str]);

/// The rooms of one folder.
pub(crate) struct Table {
    /// Its name in `ARCHITECTURE.md`.
    pub(crate) name: &'static str,
    /// The folder of the crate's `lib.rs`.
    pub(crate) source: &'static str,
    /// The module whose children are the rooms, `a::b`; empty for the crate.
    pub(crate) module: &'static str,
    /// Rooms whose children are rooms of this table, too: `a`, `a::b`.
    pub(crate) look_inside: &'static [&'static str],
    pub(crate) rows: &'static [&'static [Room]],
}

const DERIVE: &str = "config-derive/src";
const RUNTIME: &str = "config-runtime/src";

/// The tables that hold.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "config-derive",
        source: DERIVE,
        module: "",
        look_inside: &[],
        rows: &[
            &[
                ("accessors", &["tidy"]),
                ("check", &["errors", "model", "syntax", "tidy"]),
                ("expand", &["model", "tidy"]),
                ("schema_file", &["model"]),
                ("value", &["errors", "syntax"]),
            ],
            &[("syntax", &["errors", "model", "tidy"])],
            &[("errors", &[]), ("model", &[]), ("tidy", &[])],
        ],
    },
    Table {
        name: "config-derive/check",
        source: DERIVE,
        module: "check",
        look_inside: &[],
        rows: &[
            &[
                ("attributes", &["rules", "types"]),
                ("constants", &["deferred", "rules"]),
                ("prefix", &["keys"]),
                ("schema_file", &["keys"]),
                ("serde", &[]),
            ],
            &[
                (
                    "deferred",
                    &["facts", "literal", "rules", "stored", "units"],
                ),
                ("keys", &[]),
                ("types", &[]),
            ],
            &[("rules", &["defaults", "facts", "literal"])],
            &[("defaults", &["facts", "literal", "stored"])],
            &[("facts", &["literal", "stored"])],
            &[("literal", &["units"]), ("stored", &["units"])],
            &[("units", &[])],
        ],
    },
    Table {
        name: "config-derive/expand",
        source: DERIVE,
        module: "expand",
        look_inside: &[],
        rows: &[
            &[
                ("at", &[]),
                ("build", &["tokens"]),
                ("compile", &["bounds", "rule", "tokens"]),
                ("faulty", &["tokens"]),
                ("leaf", &["default", "rule", "tokens"]),
                ("lints", &["bounds", "tokens"]),
                ("same", &["tokens"]),
                ("schema", &["default", "rule", "tokens"]),
                ("set", &["tokens"]),
                ("show", &["tokens"]),
                ("validate", &["tokens"]),
            ],
            &[
                ("default", &["tokens"]),
                ("rule", &["tokens"]),
                ("schema_file", &["bounds", "tokens"]),
            ],
            &[("bounds", &["tokens"])],
            &[("tokens", &[])],
        ],
    },
    Table {
        name: "config-derive/model",
        source: DERIVE,
        module: "model",
        look_inside: &[],
        rows: &[
            &[
                ("checked", &["codec", "constants", "known", "schema_file"]),
                ("raw", &["codec", "item_value"]),
            ],
            &[
                ("codec", &[]),
                ("constants", &["scalar"]),
                ("item_value", &[]),
                ("known", &["scalar"]),
                ("schema_file", &[]),
            ],
            &[("scalar", &[])],
        ],
    },
    Table {
        name: "config-derive/syntax",
        source: DERIVE,
        module: "syntax",
        look_inside: &[],
        rows: &[
            &[
                ("doc", &[]),
                ("item", &["advice", "body", "names"]),
                ("receiver", &[]),
                ("serde", &["body"]),
            ],
            &[("advice", &["body", "names"])],
            &[("body", &[]), ("case", &["names"])],
            &[("names", &[])],
        ],
    },
    Table {
        name: "config-derive/accessors",
        source: DERIVE,
        module: "accessors",
        look_inside: &[],
        rows: &[
            &[
                ("field", &["struct_argument"]),
                ("key", &["struct_argument"]),
            ],
            &[("struct_argument", &[])],
        ],
    },
    Table {
        name: "config-runtime",
        source: RUNTIME,
        module: "",
        look_inside: &[],
        rows: &[
            &[(
                "hot",
                &[
                    "apply", "engine", "fallback", "guard", "layers", "mistake", "observe",
                    "prefix", "problem", "publish", "revision", "schema", "snapshot", "status",
                    "store", "sync", "typed",
                ],
            )],
            &[
                (
                    "engine",
                    &[
                        "apply", "layers", "problem", "revision", "snapshot", "status", "store",
                        "sync", "typed",
                    ],
                ),
                (
                    "schema",
                    &[
                        "guard", "mistake", "prefix", "problem", "reason", "revision", "rules",
                        "store", "typed", "value", "wording",
                    ],
                ),
            ],
            &[(
                "publish",
                &[
                    "event", "guard", "observe", "revision", "snapshot", "typed", "waiting",
                ],
            )],
            &[(
                "observe",
                &[
                    "apply", "event", "problem", "revision", "status", "store", "wording",
                ],
            )],
            &[(
                "status",
                &[
                    "apply", "event", "fallback", "guard", "revision", "store", "waiting",
                    "wording",
                ],
            )],
            &[(
                "apply",
                &[
                    "guard", "layers", "problem", "revision", "snapshot", "store", "sync", "typed",
                    "wording",
                ],
            )],
            &[
                ("fallback", &["problem", "revision", "wording"]),
                ("layers", &["prefix", "store", "typed", "wording"]),
                ("snapshot", &["revision", "typed", "wording"]),
                ("sync", &["revision", "store"]),
            ],
            &[
                ("rules", &["reason", "value", "wording"]),
                ("store", &["event", "revision", "wording"]),
                ("typed", &["guard", "mistake", "reason", "value"]),
            ],
            &[("value", &["reason", "wording"])],
            &[
                ("event", &[]),
                ("guard", &["wording"]),
                ("prefix", &["mistake", "wording"]),
                ("problem", &["revision"]),
                ("reason", &["wording"]),
            ],
            &[("mistake", &["wording"])],
            &[("revision", &[]), ("waiting", &[]), ("wording", &[])],
        ],
    },
    Table {
        name: "config-runtime/typed",
        source: RUNTIME,
        module: "typed",
        look_inside: &[],
        rows: &[
            &[
                ("defaults", &["checks", "config", "read", "tree"]),
                ("encode", &["leaf", "tree"]),
                (
                    "facts",
                    &["checks", "config", "leaf", "path", "read", "shape", "tree"],
                ),
                ("selector", &["compile", "field"]),
            ],
            &[
                ("config", &["checks", "path", "read", "tree"]),
                ("field", &["compile"]),
            ],
            &[
                ("compile", &["shape", "tree"]),
                ("read", &["checks", "id", "leaf", "path", "tree"]),
            ],
            &[
                ("checks", &[]),
                ("leaf", &[]),
                ("tree", &["id", "path", "shape"]),
            ],
            &[
                ("function", &[]),
                ("id", &[]),
                ("path", &[]),
                ("shape", &[]),
            ],
        ],
    },
];
