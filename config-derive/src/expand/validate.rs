//! `__validate`: the rules over whole structs, sections first.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::tokens::at;
use crate::model::checked::{FieldKind, Struct, StructField};
use crate::tidy::tidy;

pub(super) fn method(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let sections = checked.fields.iter().filter_map(section);
    let own = checked.validate.as_ref().map(|path| {
        let at = at(&path.span());
        let name = tidy(path);
        quote_spanned! {at=>
            use __::{AsRule as _, NoRule as _};
            __checks.rule(#name, || (&__::function::<Self, _>(#path)).rule()(self));
        }
    });
    quote_spanned! {here=>
        fn __validate(&self, __checks: &mut __::Checks) {
            #(#sections)*
            #own
        }
    }
}

fn section(field: &StructField) -> Option<TokenStream> {
    let FieldKind::Section = field.kind else {
        return None;
    };
    let (name, ident, ty) = (&field.name, &field.ident, &field.ty);
    Some(quote_spanned! {at(ident)=>
        __checks.section(#name, |__checks| __::TypeFacts::<#ty>::validate(&self.#ident, __checks));
    })
}
