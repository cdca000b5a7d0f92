//! The part of the expansion that each attribute adds: one snapshot an attribute.
//!
//! A snapshot shows the tables for one field; the first snapshot shows the whole expansion. After a
//! change, `INSTA_UPDATE=always cargo test -p hotconfig-derive` writes them anew.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, Item, Stmt};

use super::derive;

/// The expansion as rustfmt would print it.
fn pretty(items: Vec<Item>) -> String {
    prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items,
    })
}

fn items(expansion: TokenStream) -> Vec<Item> {
    syn::parse2::<syn::File>(expansion).unwrap().items
}

/// The `impl` blocks inside the `const _`.
fn blocks(input: TokenStream) -> Vec<Item> {
    let statements = statements(input).into_iter();
    let blocks = statements.filter_map(|statement| match statement {
        Stmt::Item(item @ Item::Impl(_)) => Some(item),
        _ => None,
    });
    blocks.collect()
}

/// The statements in the `const _`.
fn statements(input: TokenStream) -> Vec<Stmt> {
    let mut items = items(derive(input));
    assert_eq!(items.len(), 1, "the input has a mistake");
    let Item::Const(block) = items.remove(0) else {
        panic!("not a constant")
    };
    let Expr::Block(block) = *block.expr else {
        panic!("not a block")
    };
    block.block.stmts
}

/// The tables of a struct.
fn tables(input: TokenStream) -> String {
    pretty(vec![blocks(input).remove(0)])
}

/// The implementation of the trait.
fn implementation(input: TokenStream) -> String {
    pretty(vec![blocks(input).remove(1)])
}

/// The constants that only check something.
fn constants(input: TokenStream) -> String {
    let constants = statements(input)
        .into_iter()
        .filter_map(|statement| match statement {
            Stmt::Item(item @ Item::Const(_)) => Some(item),
            _ => None,
        });
    // The file's path depends on the location of the crate.
    pretty(constants.collect()).replace(env!("CARGO_MANIFEST_DIR"), "…")
}

/// The expansion of `HotValue`.
fn values(input: TokenStream) -> String {
    pretty(items(super::value::derive(input)))
}

macro_rules! snapshots {
    ($($name:ident: $print:ident { $($input:tt)* })+) => {$(
        #[test]
        fn $name() {
            // The input is in this file; a snapshot holds the expansion.
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!($print(quote!($($input)*)));
            });
        }
    )+};
}

fn whole(input: TokenStream) -> String {
    pretty(items(derive(input)))
}

snapshots! {
    a_whole_struct: whole {
        /// Settings.
        struct Config {
            /// Least severe level.
            level: String,
            #[hot(nested)]
            db: Pool,
        }
    }

    attribute_prefix: implementation {
        #[hot(prefix = "/configs/{app}")]
        struct Config { a: u8 }
    }
    attribute_validate_on_a_struct: implementation {
        #[hot(validate = Self::check)]
        struct Config { #[hot(nested)] b: Pool }
    }
    attribute_rename_all: tables {
        #[hot(rename_all = "SCREAMING-KEBAB-CASE")]
        struct Config { max_size: u8 }
    }
    attribute_crate: whole {
        #[hot(crate = crate::deps::hot)]
        struct Config { a: u8 }
    }
    parameters: whole {
        struct Config<T: Bound = u8, const N: usize = 3> where T: Other {
            leaf: Vec<[T; N]>,
            #[hot(nested)]
            section: T,
            #[hot(skip)]
            skipped: T,
            #[hot(with = hex, compare = alike)]
            opaque: Option<T>,
            plain: u8,
        }
    }

    attribute_key: tables { struct Config { #[hot(key = "limits/rps")] a: u8 } }
    attribute_alias: tables { struct Config { #[hot(alias = "old", alias = "older")] a: u8 } }
    attribute_nested: whole { struct Config { #[hot(nested, restart)] db: Pool } }
    attribute_skip: whole { struct Config { #[hot(skip)] cache: Cache } }

    attribute_default: tables { struct Config { #[hot(default)] a: Vec<u8> } }
    attribute_default_text: tables { struct Config { #[hot(default = "30s")] a: Duration } }
    attribute_default_expression: tables {
        struct Config { #[hot(default = 60 * Self::MINUTES)] a: u64 }
    }
    attribute_default_of_a_type: implementation {
        struct Config {
            #[hot(default, json)] a: Vec<u8>,
            #[hot(default = compute())] b: u8,
            #[hot(secret, default)] secret: Secret<String>,
            #[hot(with = hex, default)] with: u8,
        }
    }
    attribute_json: tables { struct Config { #[hot(json, default = "\"x\"")] a: String } }
    attribute_text: tables { struct Config { #[hot(text)] a: String } }
    attribute_with: tables {
        struct Config { #[hot(with = codec::hex, default = "ff")] a: Bytes, #[hot(with = hex)] b: Option<Bytes> }
    }
    attribute_compare: tables { struct Config { #[hot(compare = alike)] a: f64 } }

    attribute_range: tables { struct Config { #[hot(range(1..=64))] a: u8 } }
    attribute_range_of_texts: tables { struct Config { #[hot(range("1s"..))] a: Duration } }
    attribute_length: tables { struct Config { #[hot(length(..=80))] a: String } }
    attribute_pattern: tables { struct Config { #[hot(pattern(r"^\d+$"))] a: String } }
    attribute_one_of: tables { struct Config { #[hot(one_of("a", "b"))] a: String, #[hot(one_of(1, -2))] b: i8 } }
    attribute_non_empty: tables { struct Config { #[hot(non_empty)] a: Vec<u8> } }
    attribute_url: tables { struct Config { #[hot(url)] a: String } }
    attribute_validate: tables { struct Config { #[hot(validate = is_even)] a: u8 } }

    attribute_secret: whole { struct Config { #[hot(secret)] a: Secret<String>, #[hot(secret)] b: Dsn } }
    attribute_restart: tables { struct Config { #[hot(restart)] a: u8 } }
    attribute_deprecated: tables {
        struct Config { #[hot(deprecated)] a: u8, #[hot(deprecated = "use `a`")] b: u8 }
    }

    attribute_default_by_name: constants {
        struct Config {
            #[hot(default = MAX, range(1..=64))] a: u32,
            #[hot(default = NAME, one_of("a", "b"), pattern("^[ab]$"))] b: String,
        }
    }
    attribute_default_of_an_unknown_type: constants {
        struct Config { #[hot(default = "30s", range("1s"..))] a: Timeout }
    }
    attribute_schema: constants {
        #[hot(schema = "src/snapshots/service.schema.json")]
        struct Config { a: u8, level: Level, #[hot(nested)] db: Pool }
    }
    value_of_words: values {
        #[serde(rename_all = "kebab-case")]
        enum Level { Debug, #[serde(alias = "warn")] FairlyBad, #[serde(skip)] Hidden }
    }
    value_of_a_newtype: values { struct Port(u16); }

    what_is_wrong_is_left_out: whole {
        struct Config {
            #[hot(nestde)]
            unknown: Pool,
            #[hot(default = 9, range(1..5), key = "")]
            known: u8,
        }
    }
}

/// A struct with every attribute, many times over.
fn big() -> TokenStream {
    let fields = (0..200_usize).map(|number| {
        let ident = format_ident!("field_{number}");
        let key = format!("group/{number}");
        match number % 4 {
            0 => quote!(#[hot(default = #number, range(0..=1000))] #ident: usize),
            1 => quote!(#[hot(key = #key, one_of("a", "b"))] #ident: String),
            2 => quote!(#[hot(nested)] #ident: Section<T>),
            _ => quote!(#[hot(alias = #key, secret)] #ident: Secret<T>),
        }
    });
    quote!(struct Big<T> { #(#fields),* })
}

#[test]
fn the_expansion_is_the_same_each_time() {
    let first = derive(big()).to_string();
    assert!(!first.contains("compile_error"));
    // An order that is left to chance is another one nearly each time.
    for _ in 0..10 {
        assert_eq!(derive(big()).to_string(), first);
    }
}
