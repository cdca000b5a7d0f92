//! Tokens that several files write: spans, the names of tables, the arms of a `match`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

use crate::model::checked::{FieldKind, LeafSpec, Struct, StructField};
use crate::model::codec::Codec;

/// The macro's hygiene at a place in the source.
pub(super) fn at(place: &impl Spanned) -> Span {
    Span::mixed_site().located_at(place.span())
}

/// The path of hotconfig.
pub(super) fn krate(written: Option<&syn::Path>) -> TokenStream {
    match written {
        Some(path) => path.to_token_stream(),
        None => quote_spanned!(Span::mixed_site()=> ::hotconfig),
    }
}

/// The place of the underline of a constant's panic: from its first token to its last.
pub(super) struct Place {
    pub(super) start: Span,
    pub(super) end: Span,
}

impl Place {
    /// The place of these tokens.
    pub(super) fn of(tokens: &impl ToTokens) -> Self {
        let last = tokens.to_token_stream().into_iter().last();
        let end = last.map_or_else(Span::call_site, |token| match token {
            TokenTree::Group(group) => group.span_close(),
            token => token.span(),
        });
        Self::between(tokens.to_token_stream().span(), end)
    }

    pub(super) fn between(start: Span, end: Span) -> Self {
        let at = |span| Span::mixed_site().located_at(span);
        Self {
            start: at(start),
            end: at(end),
        }
    }

    /// `const _: () = __::compile::function(arguments);`
    ///
    /// The call begins and ends with the tokens at the place. The constant's own name is elsewhere:
    /// rustc would propose to make a misspelt type in it a parameter of the constant.
    pub(super) fn constant(&self, function: &str, arguments: TokenStream) -> TokenStream {
        let (here, at) = (Span::mixed_site(), self.start);
        let function = Ident::new(function, at);
        let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
        arguments.set_span(self.end);
        let call = quote_spanned!(at=> __::compile::#function #arguments);
        // Clippy reports the expressions where they are used.
        quote_spanned! {here=>
            #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            const _: () = #call;
        }
    }
}

/// Whether a constant checks that the leaf's type has the traits, since its name does not show it.
/// Then the expansion names the traits by `TypeFacts`, which has stand-ins.
pub(super) fn checks_its_type(leaf: &LeafSpec) -> bool {
    leaf.known.form.contains_unknown()
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
                FieldKind::Skipped | FieldKind::Faulty { .. } => return None,
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
