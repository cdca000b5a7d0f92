//! The macros of hotconfig.
//!
//! In: a struct with `#[hot(…)]` attributes. Out: its `impl HotConfig`, and every mistake in the
//! struct, each underlined at its place. It knows the names of the runtime's hidden module `__` and
//! nothing of stores.
//!
//! `syntax` reads the attributes into a raw `model`, `schema_file` loads the committed schema file,
//! `check` turns both into a checked model, and `expand` writes it out. The unchecked model is of
//! another type, so expanding it does not compile.

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
/// named like the field unless an attribute says otherwise; its type is `Clone`, `PartialEq`,
/// `serde::de::DeserializeOwned`, `Send`, `Sync` and `'static`. Doc comments become the
/// descriptions in the schema.
///
/// # On the struct
///
/// | attribute | means | example |
/// | --- | --- | --- |
/// | `prefix` | where the keys live; a template with `{variables}`; not on a nested struct | `#[hot(prefix = "/configs/{app}/{env}")]` |
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
/// | `url` | the text is an absolute URL (RFC 3987; with a host if its scheme is `http`, `https`, `ws`, `wss` or `ftp`) | `#[hot(url)]` |
/// | `validate` | a function accepts it, `fn(&V) -> Result<(), Invalid>`, of the field's own type `V` | `#[hot(validate = is_even)]` |
///
/// All except `validate` apply to the value inside an `Option` or a `Secret`.
///
/// # On a field: its treatment
///
/// | attribute | means | example |
/// | --- | --- | --- |
/// | `secret` | never printed; the type is `Secret<…>`, or a section, of which no leaf is ever printed then: only the struct's own `Debug` still does | `#[hot(secret)]` |
/// | `restart` | keeps its first value until the program starts again; also on a section | `#[hot(restart)]` |
/// | `deprecated` | reported when it is set, with a note if there is one | `#[hot(deprecated = "use `rps`")]` |
///
/// # The schema file
///
/// `#[hot(schema = "service.schema.json")]` names a file below the folder of the crate, which
/// `hotconfig::assert_schema!` writes and compares with the struct. The compiler checks that the
/// file has every key of the struct with the same type, and no other key; in a section, it reports
/// only the first difference. The rest of the file, and the keys of a section whose type is a type
/// parameter, are compared by the test alone. A schema file cannot describe two `cfg` combinations.
///
/// If the variable `HOTCONFIG_SCHEMA` is `write` and `CI` is not set, nothing is compared with the
/// file, so that the test that writes it compiles. Cargo compiles anew when the file or one of the
/// variables changes.
///
/// # Mistakes
///
/// One compile reports all mistakes of a struct, each once and where it was written. A type that
/// lacks a trait is one error, at its field. If a field, a key or a section is reported, `field!`,
/// `key!` and the check of the schema file say nothing about it.
///
/// rustc itself hides some errors until others are mended:
///
/// | while there is | rustc hides |
/// | --- | --- |
/// | a syntax error | everything else in the crate |
/// | an `include!` of a missing file | everything else in the crate |
/// | in a module, an import with `*` that fails, or an error of another macro | names in that module that it cannot find |
/// | an error about the types in a constant | the value of that constant, which may break a rule |
/// | any error | its lints, the mistakes in function bodies about borrows and moves, and the checks inside generic code, which belong to `cargo build` |
///
/// A struct that no snapshot can hold, because a field has an `Rc` or a pointer, is reported at
/// that field, and once more at each struct that has it as a section, by rustc.
///
/// # What the compiler does not check
///
/// A mistake in a name, a key, a type, an attribute or a literal default does not compile. `start()`
/// and `assert_schema!` find the rest, before the store is read; call the latter in a test. The
/// `validate` of a struct needs all of its values: `start()` checks it on what it read, and on the
/// defaults only if it may serve them (`defaults_without_store`).
///
/// | what | example |
/// | --- | --- |
/// | a constant's text that breaks `pattern` or `url` | `default = NAME, pattern("^[a-z]+$")` |
/// | the constant of an `Option`, which may be the value or the option | `default = LIMIT` of an `Option<u32>` |
/// | a constant of another type than a number, a `Duration`, a `Size` or a text | `default = ADDRESS` |
/// | a default that a function computes | `default = cores()` |
/// | a default or an end of a range whose type is a parameter of the struct, or is unknown to the macro and a constant's name | `range(LOW..=HIGH)` of an alias |
/// | `range`, `length` or `one_of` of a type of your own, which implements its trait | `default = Percent(200), range(..=100)` |
/// | a text that `FromStr` of a type of your own reads | `default = "a,b"` of a `Tags` |
/// | the names of a map's entries, and JSON inside a type of your own | `default = "{}"` of a struct |
/// | an entry of a set that is there twice, if a rule counts them | `default = "[1, 1]", length(2..)` |
/// | the length of a list against a constant | `default = "[1, 2]", length(..MOST)` |
/// | a constant or a bound that an `i128` can't hold | `default = TOO_MANY` of a `u128` |
/// | bytes of a codec of your own | `default = "x", with = hex` |
/// | `validate` of a field or of a struct | `validate = is_even` |
/// | a `Url` of the crate `url`, behind its scheme | `default = "https://["` |
/// | JSON of an alias of a tuple or of an array | `default = "[1]"` of a `Pair` |
///
/// Doc comments that are macros, `#[doc = include_str!("…")]`, are in no schema.
#[proc_macro_derive(HotConfig, attributes(hot))]
pub fn hot_config(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into()).into()
}

/// Makes the texts of an enum of words, or of a newtype, known to the compiler.
///
/// A default that is written as a text is then checked while compiling, and the schema names the
/// words. The words are those of serde: `rename`, `rename_all`, `alias` and `skip` are respected.
/// With `#[serde(other)]` any word is accepted: nothing is checked, the schema contains only the
/// type's name, and a default is written as a value, `default = Level::Info`.
///
/// `#[hot(crate = path)]` is the path of hotconfig, if it is not `::hotconfig`.
///
/// A handwritten `Deserialize` must read the names of the variants.
#[proc_macro_derive(HotValue, attributes(hot))]
pub fn hot_value(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    value::derive(input.into()).into()
}

/// The whole macro: parse, check, expand; and the errors, if there are any.
fn derive(input: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let expansion = if let Some(raw) = syntax::parse(input.clone(), &errors) {
        let schema = raw.schema.as_ref();
        let schema = schema.and_then(|written| schema_file::load(&written.value));
        let checked = check::check(raw, schema, &errors);
        checked.map(|checked| expand::expand(&checked))
    } else {
        // The other macros then report nothing more about the item.
        let input = syn::parse2(input).ok();
        input.map(|input| expand::expand_faulty(&input))
    };
    let errors = errors.into_compile_errors();
    quote!(#errors #expansion)
}

/// The implementation of `hotconfig::field!`, which passes the path of hotconfig.
#[doc(hidden)]
#[proc_macro]
pub fn field(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    accessors::field(input.into()).into()
}

/// The implementation of `hotconfig::key!`, which passes the path of hotconfig.
#[doc(hidden)]
#[proc_macro]
pub fn key(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    accessors::key(input.into()).into()
}

#[cfg(test)]
mod tests;
