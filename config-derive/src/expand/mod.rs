//! Writes the `impl HotConfig`.
//!
//! In: the checked model. Out: tokens. Everything that can be a function is one in the runtime;
//! these files write tables, and one `match` for each method.
//!
//! The expansion is in a `const _`, where `__` is the runtime's hidden module, and names nothing
//! else: no prelude, no macro, no primitive type, because any of them could be shadowed. Its local
//! names have the macro's own hygiene, so that a default never sees them. They begin with `__`,
//! because a pattern with the name of a constant in scope would match that constant. Its tokens
//! point at the field or the attribute that they come from, for the compiler's messages.

mod at;
mod bounds;
mod build;
mod compile;
mod default;
mod faulty;
mod leaf;
mod lints;
mod rule;
mod same;
mod schema;
mod schema_file;
mod set;
mod show;
mod tokens;
mod validate;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::model::checked::{Implemented, Struct};

pub(crate) use faulty::expand as expand_faulty;

/// The whole expansion.
pub(crate) fn expand(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let krate = tokens::krate(checked.krate.as_ref());
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
    let named = compile::named(checked);
    let compile = compile::constants(checked);
    let lints = lints::constants(checked);
    let schema_file = schema_file::constants(checked);
    let default = default::method(checked);
    let implemented = match checked.implemented {
        Implemented::HotConfig => Some(quote_spanned!(here=> __::HotConfig)),
        Implemented::Section => Some(quote_spanned!(here=> __::Section)),
        Implemented::Nothing => None,
    };
    let implementation = implemented.map(|implemented| {
        quote_spanned! {here=>
            #[automatically_derived]
            impl #impl_generics #implemented for #ident #ty_generics #where_clause {
                #schema
                #build
                #set
                #same
                #show
                #validate
                #default
            }
        }
    });
    let places = at::impls(checked, &generics);
    quote_spanned! {here=>
        #[allow(deprecated, unused_imports)]
        const _: () = {
            use #krate::__;
            // These traits answer for a type that lacks one.
            use __::{AnyShape as _, AnyType as _};
            use __::compile::ParsesNot as _;

            struct __Fields<S: ?__::core::marker::Sized>(__::core::marker::PhantomData<S>);

            #[automatically_derived]
            impl #impl_generics __Fields<#ident #ty_generics> #where_clause {
                #table
                #(#leaves)*
            }

            #implementation

            #named
            #compile
            #lints
            #schema_file
            #places
        };
    }
}
