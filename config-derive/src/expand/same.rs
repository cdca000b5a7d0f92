//! `__same`: compares the leaf at a path in two configurations.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::tokens::{Arms, at, leaf_of};
use crate::model::checked::Struct;

pub(super) fn method(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let arms = Arms::new(
        checked,
        |field| {
            // Through the table, so that a type without `==` is reported once.
            let (ident, leaf) = (&field.ident, leaf_of(field));
            Some(quote_spanned!(at(ident)=> (#leaf.same)(&self.#ident, &__other.#ident)))
        },
        |field| {
            let (ident, ty) = (&field.ident, &field.ty);
            Some(quote_spanned! {at(ident)=>
                __::TypeFacts::<#ty>::same_leaf(&self.#ident, &__other.#ident, __rest)
            })
        },
    );
    let body = arms.body(&quote_spanned!(here=> __::same_unknown(__path)));
    quote_spanned! {here=>
        fn __same(
            &self,
            __other: &Self,
            __path: &[__::Step<'_>],
        ) -> __::core::primitive::bool {
            #body
        }
    }
}
