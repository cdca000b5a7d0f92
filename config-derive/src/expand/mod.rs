//! Writes the `impl HotConfig`.
//!
//! In: the checked model. Out: tokens. Everything that can be a function is one in the runtime;
//! what is written here are tables and one `match` for each method.
//!
//! All of it stands in a `const _`, where `__` is the runtime's hidden module, and names nothing
//! else: no prelude, no macro, no primitive type that somebody could have shadowed. Its local
//! names have the macro's own hygiene, so that a default never sees them, and begin with `__`,
//! because a pattern of the name of somebody's constant would match that. Its tokens point at the
//! field or the attribute that they come from, for the compiler's messages.

mod at;
mod bounds;
mod build;
mod committed;
mod compile;
mod default;
mod leaf;
mod said;
mod same;
mod schema;
mod set;
mod show;
mod validate;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

use crate::model::checked::{Field, Kind, Struct};

/// The whole expansion.
pub(crate) fn expand(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let krate = if let Some(path) = &checked.krate {
        path.to_token_stream()
    } else {
        quote_spanned!(here=> ::hotconfig)
    };
    let ident = &checked.ident;
    let generics = bounds::generics(checked);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let table = schema::table(checked);
    let leaves = checked.fields.iter().filter_map(leaf::function);
    let schema = schema::constant(checked);
    let build = build::method(checked);
    let set = set::method(checked);
    let same = same::method(checked);
    let show = show::method(checked);
    let validate = validate::method(checked);
    let compile = compile::constants(checked);
    let said = said::constants(checked);
    let committed = committed::constants(checked);
    let default = default::method(checked);
    let places = at::impls(checked, &generics);
    quote_spanned! {here=>
        #[allow(deprecated, unused_imports)]
        const _: () = {
            use #krate::__;
            // A type that says nothing of its shape is answered for by this trait.
            use __::AnyShape as _;
            use __::compile::ParsesNot as _;

            struct __Fields<S>(__::core::marker::PhantomData<S>);

            #[automatically_derived]
            impl #impl_generics __Fields<#ident #ty_generics> #where_clause {
                #table
                #(#leaves)*
            }

            #[automatically_derived]
            impl #impl_generics __::HotConfig for #ident #ty_generics #where_clause {
                #schema
                #build
                #set
                #same
                #show
                #validate
                #default
            }

            #compile
            #said
            #committed
            #places
        };
    }
}

/// The macro's hygiene at a place of the source.
fn at(place: &impl Spanned) -> Span {
    Span::mixed_site().located_at(place.span())
}

/// `__Fields::<Self>::rps()`: the table of one leaf.
fn leaf_of(field: &Field) -> TokenStream {
    let at = at(&field.ident);
    let name = leaf_name(field);
    quote_spanned!(at=> __Fields::<Self>::#name())
}

/// The name of the function that makes the table of one leaf: that of the field.
fn leaf_name(field: &Field) -> Ident {
    let mut name = field.ident.clone();
    name.set_span(at(&field.ident));
    name
}

/// The arms of a `match` over the steps of a path; nothing where there are none. A leaf ends the
/// path, and a section has the steps behind it as `__rest`.
///
/// `leaf` and `section` write the expression behind the arrow.
fn arms(
    checked: &Struct,
    leaf: impl Fn(&Field) -> Option<TokenStream>,
    section: impl Fn(&Field) -> Option<TokenStream>,
) -> Vec<TokenStream> {
    let here = Span::mixed_site();
    let arm = |field: &Field| {
        let number = field.number;
        let (expression, rest) = match &field.kind {
            Kind::Leaf(_) => (leaf(field)?, None),
            Kind::Section => (section(field)?, Some(quote_spanned!(here=> , __rest @ ..))),
            Kind::Skipped | Kind::Faulty => return None,
        };
        Some(quote_spanned! {at(&field.ident)=>
            [__::Step::Field(#number) #rest] => #expression,
        })
    };
    checked.fields.iter().filter_map(arm).collect()
}
