//! `__show`: shows the leaf at a path, unless it is a secret.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::tokens::{Arms, at};
use crate::model::checked::Struct;

pub(super) fn method(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let arms = Arms::new(
        checked,
        |field| {
            let ident = &field.ident;
            // Method resolution takes `ShowDebug` if the type has it, otherwise `ShowNothing`.
            let shown = quote_spanned!(at(ident)=> (&__::AsDebug(&self.#ident)).show());
            (!field.secret).then_some(shown)
        },
        |field| {
            let (ident, ty) = (&field.ident, &field.ty);
            let shown = quote_spanned! {at(ident)=>
                __::TypeFacts::<#ty>::show(&self.#ident, __rest)
            };
            (!field.secret).then_some(shown)
        },
    );
    let body = arms.body(&quote_spanned!(here=> __::Option::None));
    quote_spanned! {here=>
        fn __show(
            &self,
            __path: &[__::Step<'_>],
        ) -> __::Option<__::String> {
            use __::{ShowDebug as _, ShowNothing as _};

            #body
        }
    }
}
