//! The implementation for an item that can't be a configuration, beside the error about it.
//!
//! A struct that names the item as a section, and `field!` and `key!` of such a struct, compile:
//! they report nothing more. No program runs it.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Attribute, DeriveInput};

use super::tokens;

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let here = Span::mixed_site();
    let krate = tokens::krate(written(&input.attrs).as_ref());
    let (ident, name) = (&input.ident, input.ident.to_string());
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote_spanned! {here=>
        const _: () = {
            use #krate::__;

            #[automatically_derived]
            impl #impl_generics __::Section for #ident #ty_generics #where_clause {
                const TREE: &'static __::Tree = &__::Tree::new(#name).faulty();

                fn __build(_: &mut __::LeafReader<'_>) -> __::Option<Self> {
                    __::Option::None
                }
                fn __set(&mut self, _: &[__::Step<'_>], _: &mut __::LeafReader<'_>) {}
                fn __same(&self, _: &Self, _: &[__::Step<'_>]) -> __::core::primitive::bool {
                    true
                }
                fn __show(&self, _: &[__::Step<'_>]) -> __::Option<__::String> {
                    __::Option::None
                }
                fn __validate(&self, _: &mut __::Checks) {}
                fn __default(_: &[__::Step<'_>]) -> __::Option<__::Absent> {
                    __::Option::None
                }
            }
        };
    }
}

/// The path of hotconfig, if an attribute names it.
fn written(attributes: &[Attribute]) -> Option<syn::Path> {
    let mut krate = None;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("hot")) {
        // The items after a mistake are not read: another error says so.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                krate = Some(meta.value()?.parse()?);
            } else if let Ok(value) = meta.value() {
                value.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    krate
}
