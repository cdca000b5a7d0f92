//! `TREE`, and the table of fields that it points to.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::rule;
use super::tokens::at;
use crate::model::checked::{FieldKind, LeafDefault, LeafSpec, RuleKind, Struct, StructField};
use crate::model::codec::Format;
use crate::model::known::TypeForm;
use crate::tidy::tidy;

/// Writes `const TREE`.
pub(super) fn constant(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let name = checked.ident.to_string();
    let doc = (!checked.doc.is_empty()).then(|| {
        let doc = &checked.doc;
        quote_spanned!(here=> .doc(#doc))
    });
    let prefix = checked
        .prefix
        .as_ref()
        .map(|prefix| quote_spanned!(here=> .prefix(#prefix)));
    let validate = checked.validate.as_ref().map(|path| {
        let path = tidy(path);
        quote_spanned!(here=> .validate(#path))
    });
    let faulty = checked.faulty.then(|| quote_spanned!(here=> .faulty()));
    quote_spanned! {here=>
        const TREE: &'static __::Tree =
            &__::Tree::new(#name) #doc #prefix #validate #faulty .fields(__Fields::<Self>::__FIELDS);
    }
}

/// Writes `const __FIELDS`. It is a constant of its own, because the result of a builder inside
/// another constant does not live long enough to be pointed to.
pub(super) fn table(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let computed = checked.fields.iter().filter_map(computed_rules);
    let fields = checked.fields.iter().filter_map(field);
    quote_spanned! {here=>
        #(#computed)*
        const __FIELDS: &'static [__::SchemaField] = &[#(#fields),*];
    }
}

/// Writes `const __RULES_3`. A computed rule lives long enough only as a constant of its own.
fn computed_rules(field: &StructField) -> Option<TokenStream> {
    let FieldKind::Leaf(leaf) = &field.kind else {
        return None;
    };
    let at = at(&field.ident);
    let (name, rules) = (rules_of(field), rules(leaf, at));
    computes(leaf).then(|| {
        quote_spanned! {at=>
            #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            const #name: &'static [__::Rule] = #rules;
        }
    })
}

fn rules_of(field: &StructField) -> Ident {
    format_ident!("__RULES_{}", field.number, span = at(&field.ident))
}

fn rules(leaf: &LeafSpec, at: Span) -> TokenStream {
    let rules = leaf
        .rules
        .iter()
        .map(|written| rule::declared(&written.kind, at));
    quote_spanned!(at=> &[#(__::Rule::#rules),*])
}

/// Whether an end of a range is an expression.
fn computes(leaf: &LeafSpec) -> bool {
    leaf.rules.iter().any(|rule| match &rule.kind {
        RuleKind::Range { low, high, .. } | RuleKind::Length { low, high, .. } => {
            low.is_computed() || high.is_computed()
        }
        _ => false,
    })
}

fn field(field: &StructField) -> Option<TokenStream> {
    let at = at(&field.ident);
    let (name, key, type_name) = (&field.name, &field.key, tidy(&field.ty));
    let number = field.number;
    let mut calls = TokenStream::new();
    let mut call = |tokens: TokenStream| calls.extend(tokens);
    match &field.kind {
        FieldKind::Faulty { nameable: false } => return None,
        FieldKind::Faulty { nameable: true } => {
            let ty = &field.ty;
            call(quote_spanned! {at=>
                .or_section(__::TypeFacts::<#ty>::KEYS)
            });
        }
        FieldKind::Skipped => call(quote_spanned!(at=> .skipped())),
        FieldKind::Section => {
            let ty = &field.ty;
            call(quote_spanned!(at=> .section(__::TypeFacts::<#ty>::TREE)));
        }
        FieldKind::Leaf(leaf) => {
            let ty = &field.ty;
            let shape = match primitive(leaf, at) {
                // Cheaper to compile than the type's own shape.
                Some(scalar) => quote_spanned!(at=> __::Shape::Scalar(__::Scalar::#scalar)),
                None => quote_spanned!(at=> __::TypeFacts::<#ty>::SHAPE),
            };
            call(quote_spanned!(at=> .shape(#shape)));
            if leaf.known.form == TypeForm::Unknown && is_auto(leaf) {
                call(quote_spanned! {at=>
                    .or_section(__::TypeFacts::<#ty>::KEYS)
                });
            }
            match &leaf.format {
                Format::Codec(_) if is_auto(leaf) => {}
                Format::Codec(codec) => {
                    let codec = super::tokens::codec(codec, at);
                    call(quote_spanned! {at=>
                        .format(__::Format::Codec(__::codec::Codec::#codec))
                    });
                }
                Format::With(path) => {
                    let path = tidy(path);
                    call(quote_spanned!(at=> .format(__::Format::With(#path))));
                }
            }
            if let Some(default) = default(leaf, at) {
                call(quote_spanned!(at=> .default(__::DefaultValue::#default)));
            }
            if computes(leaf) {
                let name = rules_of(field);
                call(quote_spanned!(at=> .rules(Self::#name)));
            } else if !leaf.rules.is_empty() {
                let rules = rules(leaf, at);
                call(quote_spanned!(at=> .rules(#rules)));
            }
            if let Some(path) = &leaf.compare {
                let path = tidy(path);
                call(quote_spanned!(at=> .compare(#path)));
            }
        }
    }
    if !field.aliases.is_empty() {
        let aliases = &field.aliases;
        call(quote_spanned!(at=> .aliases(&[#(#aliases),*])));
    }
    if !field.doc.is_empty() {
        let doc = &field.doc;
        call(quote_spanned!(at=> .doc(#doc)));
    }
    if field.secret {
        call(quote_spanned!(at=> .secret()));
    }
    if field.restart {
        call(quote_spanned!(at=> .restart()));
    }
    if let Some(note) = &field.deprecated {
        call(quote_spanned!(at=> .deprecated(#note)));
    }
    Some(quote_spanned!(at=> __::SchemaField::new(#number, #name, #key, #type_name) #calls))
}

/// Whether the type decides how it is read.
fn is_auto(leaf: &LeafSpec) -> bool {
    matches!(leaf.format, Format::Codec(codec) if codec.name.is_empty())
}

/// The variant of `DefaultValue`.
fn default(leaf: &LeafSpec, at: Span) -> Option<TokenStream> {
    match &leaf.default {
        LeafDefault::None => None,
        LeafDefault::OfType(_) => Some(quote_spanned!(at=> OfType)),
        LeafDefault::Text(text) => Some(quote_spanned!(at=> Text(#text))),
        LeafDefault::Expression(value, _) => Some(if let Some(text) = super::default::text(leaf) {
            quote_spanned!(at=> Text(#text))
        } else {
            let value = tidy(value);
            quote_spanned!(at=> Expression(#value))
        }),
    }
}

/// The runtime's name of a primitive type; none for a name that a user's type may have.
fn primitive(leaf: &LeafSpec, at: Span) -> Option<Ident> {
    let known = &leaf.known;
    let scalar = known.scalar.filter(|scalar| scalar.is_primitive())?;
    let variant = scalar.variant()?;
    (!known.optional && !known.secret).then(|| Ident::new(variant, at))
}
