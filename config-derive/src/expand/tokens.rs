//! Tokens that several files write: spans, the names of tables, the arms of a `match`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use crate::model::checked::{FieldKind, Struct, StructField};
use crate::model::codec::Codec;

/// The macro's hygiene at a place in the source.
pub(super) fn at(place: &impl Spanned) -> Span {
    Span::mixed_site().located_at(place.span())
}

/// `__Fields::<Self>::rps()`: the table of one leaf.
pub(super) fn leaf_of(field: &StructField) -> TokenStream {
    let at = at(&field.ident);
    let name = leaf_name(field);
    quote_spanned!(at=> __Fields::<Self>::#name())
}

/// The name of a codec's type, and of its value.
pub(super) fn codec(codec: &Codec, at: Span) -> Ident {
    Ident::new(codec.ty, at)
}

/// The name of the function that makes the table of one leaf: the field's own name.
pub(super) fn leaf_name(field: &StructField) -> Ident {
    let mut name = field.ident.clone();
    name.set_span(at(&field.ident));
    name
}

/// The value that the runtime's `first_field` adds to a field's number if the path goes on.
const GOES_ON: u32 = 100_000;

/// The arms of a `match` over the number of the field that a path names first.
pub(super) struct Arms(Vec<TokenStream>);

impl Arms {
    /// `leaf` and `section` write the expression behind the arrow; a field without one has no arm.
    pub(super) fn new(
        checked: &Struct,
        leaf: impl Fn(&StructField) -> Option<TokenStream>,
        section: impl Fn(&StructField) -> Option<TokenStream>,
    ) -> Self {
        let arm = |field: &StructField| {
            let number = u32::from(field.number);
            let at = at(&field.ident);
            let (expression, goes_on) = match &field.kind {
                FieldKind::Leaf(_) => (leaf(field)?, None),
                FieldKind::Section => {
                    let number = number + GOES_ON;
                    (section(field)?, Some(quote_spanned!(at=> | #number)))
                }
                FieldKind::Skipped | FieldKind::Faulty => return None,
            };
            Some(quote_spanned!(at=> #number #goes_on => #expression,))
        };
        Self(checked.fields.iter().filter_map(arm).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The body of a method that has a `__path`; `unknown` is its result for all other paths.
    ///
    /// The runtime splits the path once. Integer patterns cost the compiler less time than slice
    /// patterns, and a guard for each leaf would cost it again.
    pub(super) fn body(&self, unknown: &TokenStream) -> TokenStream {
        let Self(arms) = self;
        quote_spanned! {Span::mixed_site()=>
            let (__field, __rest) = __::first_field(__path);
            match __field {
                #(#arms)*
                _ => #unknown,
            }
        }
    }
}
