//! `__set`: replaces the leaf at a path.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::tokens::{Arms, at, leaf_of};
use crate::model::checked::Struct;

pub(super) fn method(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let arms = Arms::new(
        checked,
        |field| {
            let (ident, leaf) = (&field.ident, leaf_of(field));
            Some(quote_spanned!(at(ident)=> __reader.replace(&mut self.#ident, &#leaf)))
        },
        |field| {
            let (ident, ty) = (&field.ident, &field.ty);
            Some(quote_spanned! {at(ident)=>
                __::TypeFacts::<#ty>::set(&mut self.#ident, __rest, __reader)
            })
        },
    );
    let body = arms.body(&quote_spanned!(here=> __reader.unknown(__path)));
    quote_spanned! {here=>
        fn __set(
            &mut self,
            __path: &[__::Step<'_>],
            __reader: &mut __::LeafReader<'_>,
        ) {
            #body
        }
    }
}
