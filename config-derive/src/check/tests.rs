//! The engine for literals, held to the runtime, which is the truth.
//!
//! A field with a literal default goes through the macro, and the same text goes through the codec
//! and the rules of the runtime. What the runtime accepts, the macro may never refuse; of the types
//! whose names it knows, it refuses everything else, too. The constants of [`super::deferred`] are
//! held to the runtime in the same way, for types that the macro sees only as an alias.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZeroI16, NonZeroU8};
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::time::Duration;

use hotconfig::__::{DeserializeOwned, Scalar, Shape, TypeFacts, compile, rules, value};
use hotconfig::rules::{Reason, Reasons};
use hotconfig::{HotValue, Secret, Size};
use proc_macro2::TokenStream;
use proptest::prelude::*;
use quote::quote;

use crate::errors::Errors;
use crate::model::checked::FieldKind;
use crate::model::constants::{DeferredKind, EntryVerdicts, LiteralVerdicts};
use crate::model::scalar::ScalarType;

/// How much the macro knows of a type.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Knowledge {
    /// Everything: it refuses what the runtime refuses.
    Full,
    /// Something: the runtime refuses more.
    Partial,
}
use Knowledge::{Full, Partial};

/// A field without its default, and the verdict of the runtime on a default.
struct Case {
    attributes: TokenStream,
    ty: TokenStream,
    knowledge: Knowledge,
    accepts: Box<dyn Fn(&str) -> bool>,
}

type Decode<V> = fn(&[u8]) -> Result<V, Reason>;
type Check<V> = fn(&V, &mut Reasons);

fn accepts<V>(text: &str, decode: Decode<V>, check: Check<V>) -> bool {
    decode(text.as_bytes()).is_ok_and(|value| {
        let mut reasons = Reasons::default();
        check(&value, &mut reasons);
        reasons.into_vec().is_empty()
    })
}

/// A case: what is known, the type, the attributes, the codec, and what they mean.
macro_rules! case {
    ($knowledge:ident, $type:ty) => {
        case!($knowledge, $type, {}, value::auto, |_, _| {})
    };
    ($knowledge:ident, $type:ty, {$($attributes:tt)*}, $decode:expr, $check:expr) => {
        Case {
            attributes: quote!($($attributes)*),
            ty: quote!($type),
            knowledge: $knowledge,
            accepts: Box::new(|text| accepts::<$type>(text, $decode, $check)),
        }
    };
}

fn cases() -> impl Iterator<Item = Case> {
    let types = types_of_one_word().into_iter().chain(other_types());
    types.chain(numbers_with_rules()).chain(others_with_rules())
}

fn types_of_one_word() -> Vec<Case> {
    vec![
        case!(Full, u8),
        case!(Full, i8),
        case!(Full, u16),
        case!(Full, i32),
        case!(Full, u64),
        case!(Full, i64),
        case!(Full, usize),
        case!(Full, i128),
        case!(Full, u128),
        case!(Full, f32),
        case!(Full, f64),
        case!(Full, bool),
        case!(Full, char),
        case!(Full, String),
        case!(Full, PathBuf),
        case!(Full, Duration),
        case!(Full, Size),
        case!(Full, NonZeroU8),
        case!(Full, NonZeroI16),
        case!(Full, IpAddr),
        case!(Full, Ipv4Addr),
        case!(Full, Ipv6Addr),
        case!(Full, SocketAddr),
        case!(Full, SocketAddrV4),
        case!(Full, SocketAddrV6),
    ]
}

fn other_types() -> Vec<Case> {
    vec![
        case!(Full, Option<u8>),
        case!(Full, Option<String>),
        case!(Full, Option<Duration>),
        case!(Full, Vec<u8>),
        case!(Full, Vec<String>),
        case!(Full, Vec<Option<bool>>),
        case!(Full, Option<Vec<u16>>),
        case!(Full, Vec<Duration>),
        case!(Full, Vec<Size>),
        case!(Full, Vec<char>),
        case!(Full, Vec<f32>),
        case!(Full, Vec<IpAddr>),
        case!(Full, Vec<NonZeroU8>),
        case!(Full, [u8; 2]),
        case!(Full, (u8, String)),
        case!(Full, BTreeSet<i8>),
        case!(Full, BTreeMap<String, u8>),
        // The macro does not look at the names of entries.
        case!(Partial, BTreeMap<u8, Vec<bool>>),
        case!(Full, Secret<u8>, { secret }, value::auto, |_, _| {}),
        case!(Full, u8, { json }, value::json, |_, _| {}),
        case!(Full, String, { json }, value::json, |_, _| {}),
        case!(Full, Option<Duration>, { json }, value::json, |_, _| {}),
        case!(Full, u8, { text }, value::text, |_, _| {}),
        case!(Full, String, { text }, value::text, |_, _| {}),
    ]
}

fn numbers_with_rules() -> Vec<Case> {
    vec![
        case!(Full, u8, { range(3..=200) }, value::auto, |v, out| {
            rules::range(v, 3..=200, out);
        }),
        case!(Full, i64, { range(-5..7) }, value::auto, |v, out| {
            rules::range(v, -5..7, out);
        }),
        case!(Full, f64, { range(0.5..) }, value::auto, |v, out| {
            rules::range(v, 0.5.., out);
        }),
        case!(Full, NonZeroU8, { range(..9) }, value::auto, |v, out| {
            rules::range(v, ..9, out);
        }),
        case!(Full, Option<u16>, { range(10..) }, value::auto, |v, out| {
            rules::range(v, 10.., out);
        }),
        case!(Full, char, { range("b"..="x") }, value::auto, |v, out| {
            rules::range_text(v, Some("b"), Some("x"), true, out);
        }),
        case!(
            Full,
            Duration,
            { range("1s"..="5m") },
            value::auto,
            |v, out| {
                rules::range_text(v, Some("1s"), Some("5m"), true, out);
            }
        ),
        case!(
            Full,
            Size,
            { range("1KiB".."2MiB") },
            value::auto,
            |v, out| {
                rules::range_text(v, Some("1KiB"), Some("2MiB"), false, out);
            }
        ),
    ]
}

fn others_with_rules() -> Vec<Case> {
    vec![
        case!(Full, String, { length(2..=5) }, value::auto, |v, out| {
            rules::length(v, 2..=5, out);
        }),
        case!(Full, Vec<u8>, { length(1..3) }, value::auto, |v, out| {
            rules::length(v, 1..3, out);
        }),
        // Only the type knows which entries are equal.
        case!(
            Partial,
            BTreeSet<u8>,
            { length(..2) },
            value::auto,
            |v, out| {
                rules::length(v, ..2, out);
            }
        ),
        case!(
            Full,
            Option<String>,
            { non_empty },
            value::auto,
            |v, out| {
                rules::non_empty(v, out);
            }
        ),
        case!(Full, BTreeMap<String, u8>, { non_empty }, value::auto, |v, out| {
            rules::non_empty(v, out);
        }),
        case!(
            Full,
            String,
            { pattern("^[a-z]+$") },
            value::auto,
            |v, out| {
                rules::pattern(v, &rules::Pattern::new("^[a-z]+$"), out);
            }
        ),
        case!(
            Full,
            PathBuf,
            { pattern(r"^[a-z]?\.|[0-9]$") },
            value::auto,
            |v, out| {
                rules::pattern(v, &rules::Pattern::new(r"^[a-z]?\.|[0-9]$"), out);
            }
        ),
        case!(
            Full,
            String,
            { one_of("info", "warn") },
            value::auto,
            |v, out| {
                rules::one_of(v, &["info", "warn"], out);
            }
        ),
        case!(Full, i32, { one_of(1, -2, 300) }, value::auto, |v, out| {
            rules::one_of(v, &[1, -2, 300], out);
        }),
        case!(
            Full,
            Duration,
            { one_of("1s", "5m") },
            value::auto,
            |v, out| {
                rules::one_of(v, &["1s", "5m"], out);
            }
        ),
        case!(Full, String, { url }, value::auto, rules::url),
        case!(Full, Option<String>, { json, length(1..) }, value::json, |v, out| {
            rules::length(v, 1.., out);
        }),
    ]
}

/// Whether the macro refuses this default, and its messages.
fn refused(case: &Case, default: &TokenStream) -> Option<String> {
    let (attributes, ty) = (&case.attributes, &case.ty);
    let input = quote! {
        struct Config {
            #[hot(default = #default, #attributes)]
            field: #ty,
        }
    };
    let errors = Errors::new();
    crate::syntax::parse(input, &errors).and_then(|raw| super::check(raw, None, &errors));
    let errors = errors.into_compile_errors();
    (!errors.is_empty()).then(|| errors.to_string())
}

/// Texts as people write them for one of the types, right or nearly so.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,4}",
        "[-+]?[0-9]{1,40}",
        "[-+]?[0-9]{0,3}\\.?[0-9]{0,3}(e[-+]?[0-9]{1,3})?",
        "[0-9]{1,4}(\\.[0-9]{1,2})? ?(ns|us|ms|s|m|min|h|d|B|kB|KiB|MB|MiB|GiB|EiB|KB|K)?",
        "[0-9]{1,2}h ?[0-9]{1,2}m",
        "[ \\t\\n]?(true|false|null|none|info|warn|NaN|inf|b|x|é)[ \\n]?",
        "[a-zé ]{0,7}",
        "([0-9]{1,3}\\.){3}[0-9]{1,3}(:[0-9]{1,6})?",
        "(\\[(::1|fe80::1|[0-9a-f:]{2,9})\\]:[0-9]{1,5}|[0-9a-f:]{2,12})",
        "(https?://|ftp:|//)?[a-zé.%]{0,8}(:[0-9]{0,6})?(/[a-z]{0,3})?",
        "\\[( ?(-?[0-9]{1,3}|true|null|\"[a-z]{0,2}\"|\"[0-9]{1,2}(s|MiB)\")(, ?[0-9\"a]{1,4})?)?\\]",
        "\\[([0-9]{1,3})(, ?(\"a\"|[0-9]{1,3}))?\\]",
        "\\{(\"[a0-9]{1,2}\": ?([0-9]{1,3}|\\[true\\]|\"a\"))?\\}",
        "\"(-?[0-9]{1,4}s?|[a-z]{0,3})\"",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_text_is_refused_if_the_runtime_refuses_it(text in texts()) {
        for case in cases() {
            let accepted = (case.accepts)(&text);
            let refused = refused(&case, &quote!(#text));
            let shown = format!("{} {} {text:?}", case.ty, case.attributes);
            if accepted {
                prop_assert_eq!(refused, None, "the runtime accepts: {}", shown);
            } else if case.knowledge == Full {
                prop_assert!(refused.is_some(), "the runtime refuses: {}", shown);
            }
        }
    }

    #[test]
    fn a_number_is_refused_if_the_runtime_refuses_it(number in prop_oneof![-300..300_i128, any::<i128>()]) {
        let whole = ["u8", "i8", "u16", "i32", "u64", "i64", "i128", "NonZeroU8", "NonZeroI16"];
        let literal = syn::parse_str::<syn::Expr>(&number.to_string()).unwrap();
        for case in cases() {
            let with_rule = case.attributes.to_string();
            let of_numbers = with_rule.starts_with("range") || with_rule.starts_with("one_of");
            if !whole.contains(&case.ty.to_string().as_str()) || !(of_numbers || with_rule.is_empty()) {
                continue;
            }
            let refused = refused(&case, &quote!(#literal));
            let accepted = (case.accepts)(&number.to_string());
            prop_assert_eq!(accepted, refused.is_none(), "{} {} {}", case.ty, with_rule, number);
        }
    }
}

/// A type that the macro sees only as an alias: its shape is all that a constant knows.
struct AliasCase {
    attributes: TokenStream,
    shape: Shape,
    knowledge: Knowledge,
    accepts: Box<dyn Fn(&str) -> bool>,
}

fn alias<V: DeserializeOwned + HotValue + 'static>(
    knowledge: Knowledge,
    attributes: TokenStream,
    check: Check<V>,
) -> AliasCase {
    AliasCase {
        attributes,
        shape: TypeFacts::<V>::SHAPE,
        knowledge,
        accepts: Box::new(move |text| accepts::<V>(text, value::auto, check)),
    }
}

fn aliases() -> Vec<AliasCase> {
    fn free<V: DeserializeOwned + HotValue + 'static>(knowledge: Knowledge) -> AliasCase {
        alias::<V>(knowledge, TokenStream::new(), |_, _| {})
    }
    vec![
        free::<u8>(Full),
        free::<i64>(Full),
        free::<u128>(Full),
        free::<NonZeroI16>(Full),
        free::<f32>(Full),
        free::<f64>(Full),
        free::<bool>(Full),
        free::<char>(Full),
        free::<String>(Full),
        free::<PathBuf>(Full),
        free::<Duration>(Full),
        free::<Size>(Full),
        free::<IpAddr>(Full),
        free::<Ipv6Addr>(Full),
        free::<SocketAddr>(Full),
        free::<SocketAddrV4>(Full),
        free::<Option<u16>>(Full),
        free::<Vec<u8>>(Full),
        free::<Vec<Duration>>(Full),
        // Entries of options may be `null`, so they are left to the runtime.
        free::<Vec<Option<bool>>>(Partial),
        free::<BTreeMap<String, i8>>(Full),
        alias::<u8>(Full, quote!(range(3..=200)), |v, out| {
            rules::range(v, 3..=200, out);
        }),
        alias::<Duration>(Full, quote!(range("1s"..="5m")), |v, out| {
            rules::range_text(v, Some("1s"), Some("5m"), true, out);
        }),
        alias::<String>(Full, quote!(length(2..5)), |v, out| {
            rules::length(v, 2..5, out);
        }),
        alias::<Vec<u8>>(Partial, quote!(length(..=2)), |v, out| {
            rules::length(v, ..=2, out);
        }),
        alias::<BTreeSet<u8>>(Partial, quote!(length(..2)), |v, out| {
            rules::length(v, ..2, out);
        }),
        alias::<String>(Full, quote!(non_empty), rules::non_empty),
        alias::<String>(Full, quote!(one_of("info", "warn")), |v, out| {
            rules::one_of(v, &["info", "warn"], out);
        }),
        alias::<String>(Full, quote!(pattern("^[a-z]+$")), |v, out| {
            rules::pattern(v, &rules::Pattern::new("^[a-z]+$"), out);
        }),
    ]
}

/// The verdicts of the macro on a default of an alias.
fn verdicts(text: &str, attributes: &TokenStream) -> Option<LiteralVerdicts> {
    let input = quote! {
        struct Config {
            #[hot(default = #text, #attributes)]
            field: Alias,
        }
    };
    let errors = Errors::new();
    let checked =
        crate::syntax::parse(input, &errors).and_then(|raw| super::check(raw, None, &errors));
    assert!(errors.into_compile_errors().is_empty());
    let mut field = checked?.fields.pop()?;
    let FieldKind::Leaf(leaf) = &mut field.kind else {
        return None;
    };
    leaf.deferred.drain(..).find_map(|check| match check.kind {
        DeferredKind::Literal(verdicts) => Some(verdicts),
        _ => None,
    })
}

/// The verdicts as a constant has them.
fn leaked(verdicts: LiteralVerdicts) -> compile::Verdicts {
    let scalar =
        |scalar: &ScalarType| serde_json::from_value::<Scalar>(scalar.name().into()).unwrap();
    let scalars = |all: &[ScalarType]| -> &'static [Scalar] {
        all.iter().map(scalar).collect::<Vec<_>>().leak()
    };
    let entries = |entries: Option<EntryVerdicts>| {
        entries.map(|entries| compile::EntryVerdicts {
            accepts: scalars(&entries.accepts),
            breaks: entries.breaks.map(|message| &*message.leak()),
        })
    };
    let refused = verdicts.refused.into_iter();
    let refused = refused.map(|(of, message)| (scalar(&of), &*message.leak()));
    let words = verdicts.words.into_iter().map(|word| &*word.leak());
    compile::Verdicts {
        text: verdicts.text.map(|text| &*text.leak()),
        accepts: scalars(&verdicts.accepts),
        refused: refused.collect::<Vec<_>>().leak(),
        list: entries(verdicts.list),
        map: entries(verdicts.map),
        broken: verdicts.broken.map(|message| &*message.leak()),
        words: words.collect::<Vec<_>>().leak(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_constant_refuses_a_text_of_an_alias_if_the_runtime_refuses_it(text in texts()) {
        for case in aliases() {
            let Some(verdicts) = verdicts(&text, &case.attributes).map(leaked) else {
                continue;
            };
            let compiles = catch_unwind(|| {
                compile::literal("field", "Alias", case.shape, false, &verdicts);
            });
            let shown = format!("{:?} {} {text:?}", case.shape, case.attributes);
            if (case.accepts)(&text) {
                prop_assert!(compiles.is_ok(), "the runtime accepts: {}", shown);
            } else if case.knowledge == Full {
                prop_assert!(compiles.is_err(), "the runtime refuses: {}", shown);
            }
        }
    }
}
