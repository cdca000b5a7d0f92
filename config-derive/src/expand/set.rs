//! `__set`: the leaf behind a path is replaced.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::tokens::{arms, at, leaf_of};
use crate::model::checked::Struct;

pub(super) fn method(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let arms = arms(
        checked,
        |field| {
            let (ident, leaf) = (&field.ident, leaf_of(field));
            Some(quote_spanned!(at(ident)=> __intake.replace(&mut self.#ident, &#leaf)))
        },
        |field| {
            let (ident, ty) = (&field.ident, &field.ty);
            Some(quote_spanned! {at(ident)=>
                <#ty as __::Section>::__set(&mut self.#ident, __rest, __intake)
            })
        },
    );
    quote_spanned! {here=>
        fn __set(
            &mut self,
            __path: &[__::Step<'_>],
            __intake: &mut __::Intake<'_>,
        ) {
            match __path {
                #(#arms)*
                _ => __intake.unknown(__path),
            }
        }
    }
}
