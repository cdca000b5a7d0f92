//! The macros of hotconfig.
//!
//! In: a struct with `#[hot(…)]` attributes. Out: its `impl HotConfig`, and every mistake of the
//! struct, underlined where it was written. It knows the names of the runtime's hidden module
//! `__` and nothing of stores.
//!
//! `syntax` reads the attributes into a raw `model`, `schema_file` loads the committed schema file,
//! `check` turns both into a checked model, and `expand` writes it out. What was not checked is of another type, so expanding it does
//! not compile.

mod accessors;
mod check;
mod errors;
mod expand;
mod model;
mod schema_file;
mod syntax;
mod tidy;
mod value;

use proc_macro2::TokenStream;
use quote::quote;

use errors::Errors;

/// Makes every field of a struct a live, typed, validated key.
///
/// The struct has named fields, and is `Clone`, `Send`, `Sync` and `'static`. A field is one key,
/// of the field's name, unless it says otherwise; its type is `Clone`, `PartialEq`,
/// `serde::de::DeserializeOwned`, `Send`, `Sync` and `'static`. Doc comments become the
/// descriptions in the schema.
///
/// # On the struct
///
/// | attribute | means | example |
/// | --- | --- | --- |
/// | `prefix` | where the keys live; a template with `{variables}` | `#[hot(prefix = "/configs/{app}/{env}")]` |
/// | `rename_all` | how field names become keys; serde's eight cases | `#[hot(rename_all = "kebab-case")]` |
/// | `validate` | a rule over the whole struct, `fn(&Self) -> Result<(), Invalid>` | `#[hot(validate = min_below_max)]` |
/// | `schema` | a committed schema file, which the compiler holds the struct to; below the crate's folder | `#[hot(schema = "service.schema.json")]` |
/// | `crate` | where hotconfig is, if it is not `::hotconfig` | `#[hot(crate = my_framework::hotconfig)]` |
///
/// # On a field: its key
///
/// | attribute | means | example |
/// | --- | --- | --- |
/// | `key` | the key below that of the section; `/` goes deeper | `#[hot(key = "limits/rps")]` |
/// | `alias` | an old key that is still read, with a warning; may be repeated | `#[hot(alias = "max_rps")]` |
/// | `nested` | a section: the field's type derives `HotConfig` too | `#[hot(nested)]` |
/// | `skip` | no key; always `Default::default()` | `#[hot(skip)]` |
///
/// # On a field: its value
///
/// | attribute | means | example |
/// | --- | --- | --- |
/// | `default` | an absent key is `Default::default()` | `#[hot(default)]` |
/// | `default = …` | an absent key is this: any expression of the field's type, or a string that is read as the store's bytes would be | `#[hot(default = "30s")]` |
/// | `json` | the bytes are JSON, also where the value is a word | `#[hot(json)]` |
/// | `text` | the bytes are plain text, never JSON | `#[hot(text)]` |
/// | `with` | the bytes are read by `path::decode`, a `fn(&[u8]) -> Result<V, impl Display>` | `#[hot(with = hex)]` |
/// | `compare` | whether two values are the same, a `fn(&V, &V) -> bool`, instead of `==` | `#[hot(compare = same_host)]` |
///
/// Without `default` an absent key is `None` for an `Option`, and a problem for any other type.
///
/// # On a field: its rules
///
/// | attribute | means | example |
/// | --- | --- | --- |
/// | `range` | lies in this range; texts as bounds are read as values are | `#[hot(range(1..=64))]`, `#[hot(range("1s"..="5m"))]` |
/// | `length` | the characters of a text, or the entries of a collection | `#[hot(length(..=80))]` |
/// | `pattern` | the text matches this regular expression somewhere | `#[hot(pattern("^[a-z]+$"))]` |
/// | `one_of` | is one of these texts or numbers | `#[hot(one_of("debug", "info"))]` |
/// | `non_empty` | the text or the collection is not empty | `#[hot(non_empty)]` |
/// | `url` | the text is an absolute URL | `#[hot(url)]` |
/// | `validate` | a function accepts it, `fn(&V) -> Result<(), Invalid>`, of the field's own type `V` | `#[hot(validate = is_even)]` |
///
/// All but `validate` look into an `Option` and a `Secret` by themselves.
///
/// # On a field: what else is known of it
///
/// | attribute | means | example |
/// | --- | --- | --- |
/// | `secret` | never printed; the type is `Secret<…>`, or a section, of which no leaf is ever printed then: only the struct's own `Debug` still does | `#[hot(secret)]` |
/// | `restart` | keeps its first value until the program starts again; also on a section | `#[hot(restart)]` |
/// | `deprecated` | reported when it is set, with a note if there is one | `#[hot(deprecated = "use `rps`")]` |
///
/// # The schema file
///
/// `#[hot(schema = "service.schema.json")]` names a file below the folder of the crate: what
/// `hotconfig::assert_schema!` writes and holds to the struct. The compiler holds to it that every key of
/// the struct is there with the same type, and that no other is; of a section the first that differs
/// is told. The rest of the file is for the test. Where a section's type is a type parameter, only the
/// test can know. A schema file cannot describe two `cfg` combinations.
///
/// Where the variable `HOTCONFIG_SCHEMA` is `write` nothing is held to the file, so that the test that
/// writes it compiles; where `CI` is set that is not so. Cargo compiles anew when the file or one of
/// the variables changes.
///
/// # What is not read
///
/// Of doc comments those that are macros, `#[doc = include_str!("…")]`: they are in no schema. Of
/// defaults those that have to be computed: `start()` asks them, and `assert_schema!` does.
#[proc_macro_derive(HotConfig, attributes(hot))]
pub fn hot_config(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into()).into()
}

/// Makes the texts of an enum of words, or of a newtype, known to the compiler.
///
/// A default that is written as a text is checked while compiling then, and the schema names the
/// words. The words are those of serde: `rename`, `rename_all`, `alias` and `skip` are respected.
/// With `#[serde(other)]` any word will do: nothing is checked then, the schema says no more than
/// the type's name, and a default is written as a value, `default = Level::Info`.
///
/// `#[hot(crate = path)]` says where hotconfig is, if it is not `::hotconfig`.
///
/// A `Deserialize` that is written by hand must read the names of the variants.
#[proc_macro_derive(HotValue, attributes(hot))]
pub fn hot_value(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    value::derive(input.into()).into()
}

/// The whole macro: parse, check, expand; and the errors, if there were any.
fn derive(input: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let expansion = syntax::parse(input, &errors)
        .and_then(|raw| {
            let schema = raw.schema.as_ref();
            let schema = schema.and_then(|written| schema_file::load(&written.value));
            check::check(raw, schema, &errors)
        })
        .map(|checked| expand::expand(&checked));
    let errors = errors.into_compile_errors();
    quote!(#errors #expansion)
}

/// What `hotconfig::field!` is made of: it says where hotconfig is.
#[doc(hidden)]
#[proc_macro]
pub fn field(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    accessors::field(input.into()).into()
}

/// What `hotconfig::key!` is made of: it says where hotconfig is.
#[doc(hidden)]
#[proc_macro]
pub fn key(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    accessors::key(input.into()).into()
}

#[cfg(test)]
mod tests;
