//! `__default`: the store's text for a default that is an expression; never for a secret.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Lit};

use super::tokens::{Arms, at, leaf_name};
use crate::model::checked::{FieldKind, Implemented, LeafDefault, LeafSpec, Struct, StructField};
use crate::model::codec::{Form, Format};

/// Nothing for a struct that has neither such a default nor a section.
pub(super) fn method(checked: &Struct) -> Option<TokenStream> {
    let here = Span::mixed_site();
    let arms = Arms::new(checked, leaf, section);
    if arms.is_empty() && checked.implemented == Implemented::HotConfig {
        return None;
    }
    let body = arms.body(&quote_spanned!(here=> __::Option::None));
    Some(quote_spanned! {here=>
        fn __default(__path: &[__::Step<'_>]) -> __::Option<__::Absent> {
            use __::{EncodeNothing as _, EncodeSerialize as _};

            #body
        }
    })
}

/// The store's text for a literal of Rust; `None` if it has to be computed.
pub(super) fn text(leaf: &LeafSpec) -> Option<&str> {
    let LeafDefault::Expression(value, Some(text)) = &leaf.default else {
        return None;
    };
    let same = match leaf.format.form() {
        Form::Auto | Form::Text => true,
        // A number and a `bool` are the same in JSON; a character is in quotes.
        Form::Json => !matches!(value, Expr::Lit(literal) if matches!(literal.lit, Lit::Char(_))),
        Form::Other => false,
    };
    same.then_some(text)
}

fn leaf(field: &StructField) -> Option<TokenStream> {
    let FieldKind::Leaf(leaf) = &field.kind else {
        return None;
    };
    let computed = match &leaf.default {
        LeafDefault::OfType(_) => true,
        LeafDefault::Expression(value, _) => text(leaf).is_none() && is_the_same_everywhere(value),
        LeafDefault::None | LeafDefault::Text(_) => false,
    };
    if field.secret || !computed {
        return None;
    }
    let at = at(&field.ident);
    let codec = match &leaf.format {
        Format::Codec(codec) => super::tokens::codec(codec, at),
        // A codec of the user only reads.
        Format::With(_) => return None,
    };
    let (name, ty) = (leaf_name(field), &field.ty);
    // Method resolution takes `EncodeSerialize` if the type has it, otherwise `EncodeNothing`.
    Some(quote_spanned! {at=>
        __::default_of(
            __Fields::<Self>::#name,
            |__value: &#ty| (&__::AsStored(__value, __::codec::Codec::#codec)).encode(),
        )
    })
}

/// Whether every machine computes the same value, as far as its form shows. The result of a
/// function may depend on the machine, and does not belong in a committed file.
fn is_the_same_everywhere(value: &Expr) -> bool {
    let all = |mut values: syn::punctuated::Iter<'_, Expr>| values.all(is_the_same_everywhere);
    match value {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Group(group) => is_the_same_everywhere(&group.expr),
        Expr::Paren(paren) => is_the_same_everywhere(&paren.expr),
        Expr::Unary(unary) => is_the_same_everywhere(&unary.expr),
        Expr::Cast(cast) => is_the_same_everywhere(&cast.expr),
        Expr::Reference(reference) => is_the_same_everywhere(&reference.expr),
        Expr::Binary(binary) => {
            is_the_same_everywhere(&binary.left) && is_the_same_everywhere(&binary.right)
        }
        Expr::Array(array) => all(array.elems.iter()),
        Expr::Tuple(tuple) => all(tuple.elems.iter()),
        Expr::Struct(value) => value
            .fields
            .iter()
            .all(|field| is_the_same_everywhere(&field.expr)),
        Expr::Call(call) => makes_a_value(&call.func) && all(call.args.iter()),
        Expr::MethodCall(call) => {
            matches!(
                call.method.to_string().as_str(),
                "into" | "to_string" | "to_owned" | "to_vec"
            ) && call.args.is_empty()
                && is_the_same_everywhere(&call.receiver)
        }
        // The tokens of other macros are unknown.
        Expr::Macro(made) => {
            made.mac.path.is_ident("vec")
                && syn::parse::Parser::parse2(
                    syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated,
                    made.mac.tokens.clone(),
                )
                .is_ok_and(|values| values.iter().all(is_the_same_everywhere))
        }
        _ => false,
    }
}

/// Whether a function constructs a value: `Some`, `Retry::Times`, `Duration::from_secs`,
/// `Vec::new`; not `cores` or `Self::cores`.
fn makes_a_value(function: &Expr) -> bool {
    const TYPES: [&str; 18] = [
        "Duration",
        "Size",
        "String",
        "Vec",
        "VecDeque",
        "HashMap",
        "BTreeMap",
        "HashSet",
        "BTreeSet",
        "PathBuf",
        "IpAddr",
        "Ipv4Addr",
        "Ipv6Addr",
        "SocketAddr",
        "Box",
        "Arc",
        "Secret",
        "NonZero",
    ];
    let Expr::Path(path) = function else {
        return false;
    };
    let mut segments = path.path.segments.iter().rev();
    let Some(last) = segments.next() else {
        return false;
    };
    let last = last.ident.to_string();
    if last.starts_with(char::is_uppercase) {
        return true;
    }
    if last == "default" {
        return true;
    }
    let of = segments.next().map(|of| of.ident.to_string());
    of.is_some_and(|of| TYPES.contains(&of.as_str()) || of.starts_with("NonZero"))
        && (last == "new" || last.starts_with("from"))
}

fn section(field: &StructField) -> Option<TokenStream> {
    let ty = &field.ty;
    let forward = quote_spanned!(at(&field.ident)=> __::TypeFacts::<#ty>::default(__rest));
    (!field.secret).then_some(forward)
}
