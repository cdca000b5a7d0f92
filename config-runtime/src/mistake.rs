//! The mistakes of a builder: one sentence each, with the setting to change.
//!
//! In: what `prefix`, `defaults` and the builders found, before any store is contacted. Out: values
//! for programs and text for people. No value of a secret is in them.

use std::path::PathBuf;

use crate::wording::suggest;

/// One mistake in the settings of a builder. `{}` prints one sentence, with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuilderMistake {
    /// Neither the struct nor the builder has a prefix.
    #[error(
        "`{schema}` has no prefix: write `#[hot(prefix = \"/…\")]` on it, or call `.prefix(\"/…\")`"
    )]
    #[non_exhaustive]
    NoPrefix {
        /// The struct's name.
        schema: String,
    },
    /// The template of the prefix has a `{` without its `}`.
    #[error("the prefix {template:?} has a `{{` without its `}}`")]
    #[non_exhaustive]
    UnclosedVariable {
        /// The template.
        template: String,
    },
    /// The template has a variable that was not given.
    #[error("{}", missing(.template, .name, .given.as_deref()))]
    #[non_exhaustive]
    MissingVariable {
        /// The template.
        template: String,
        /// The variable.
        name: String,
        /// A variable that was given, with a similar name.
        given: Option<String>,
    },
    /// The builder has a variable that the template does not have.
    #[error("{}", unknown(.template, .name, .nearest.as_deref()))]
    #[non_exhaustive]
    UnknownVariable {
        /// The template.
        template: String,
        /// The variable.
        name: String,
        /// The variable of the template with the most similar name.
        nearest: Option<String>,
    },
    /// The value of a variable can't be a segment of a key.
    #[error("the variable `{}` is {value:?}: {reason}", .name.escape_debug())]
    #[non_exhaustive]
    InvalidVariable {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
        /// The reason.
        reason: &'static str,
    },
    /// The filled template can't be a prefix.
    #[error("the prefix {prefix:?}: {reason}")]
    #[non_exhaustive]
    InvalidPrefix {
        /// The prefix, with the values of its variables.
        prefix: String,
        /// The reason.
        reason: &'static str,
    },
    /// A default can't be read, or breaks a rule of its field.
    #[error("the default of `{field}`: {reason}")]
    #[non_exhaustive]
    InvalidDefault {
        /// The path in Rust, `db.pool_size`.
        field: String,
        /// The reason, with the expected form.
        reason: String,
    },
    /// The defaults together break a rule over a struct.
    #[error("the defaults of `{section}` break its rule `{rule}`: {reason}")]
    #[non_exhaustive]
    InvalidDefaults {
        /// The path of the section, or the struct's name.
        section: String,
        /// The path of the rule's function.
        rule: String,
        /// The reason.
        reason: String,
    },
    /// A field has no default, which `defaults_without_store` requires.
    #[error("`{field}` has no default, which `.defaults_without_store()` requires")]
    #[non_exhaustive]
    NoDefault {
        /// The path in Rust.
        field: String,
    },
    /// Code of yours panicked while the defaults were computed.
    #[error("computing the defaults of `{schema}` panicked: {panic}")]
    #[non_exhaustive]
    DefaultsPanicked {
        /// The struct's name.
        schema: String,
        /// The panic's message.
        panic: String,
    },
    /// A setting of the fallback without the fallback itself.
    #[error("`.{setting}(..)` needs the path of the fallback: call `.fallback(\"…\")`")]
    #[non_exhaustive]
    NoFallback {
        /// The method's name.
        setting: &'static str,
    },
    /// The path of the fallback has no file name.
    #[error("the fallback {} has no file name: give the path of a file", .path.display())]
    #[non_exhaustive]
    FallbackWithoutName {
        /// The path.
        path: PathBuf,
    },
    /// The builder has both a key for the fallback's secrets and the setting for plain ones.
    #[error(
        "`.fallback_key(..)` seals the secrets, and `.fallback_with_plain_secrets()` does not: call \
         one of the two"
    )]
    FallbackKeyAndPlain,
    /// The fallback leaves out secrets, and one of them has no default, so it could not serve.
    #[error(
        "`{field}` is a secret without a default, and the fallback leaves secrets out, so it could \
         not serve: seal them with `.fallback_key(..)`, or call `.fallback_with_plain_secrets()`"
    )]
    #[non_exhaustive]
    FallbackWithoutSecret {
        /// The path in Rust.
        field: String,
    },
}

fn missing(template: &str, name: &str, given: Option<&str>) -> String {
    let hint = match given {
        Some(given) => format!(
            " (did you mean `{}`, which was given?)",
            given.escape_debug()
        ),
        None => String::new(),
    };
    format!(
        "the prefix {template:?} needs the variable `{}`: give it with `.var({name:?}, \"…\")`{hint}",
        name.escape_debug()
    )
}

fn unknown(template: &str, name: &str, nearest: Option<&str>) -> String {
    let nearest = nearest.map(|near| near.escape_debug().to_string());
    let name = name.escape_debug();
    suggest(
        &format!("the prefix {template:?} has no variable `{name}`"),
        nearest.as_deref(),
    )
}
