//! `key!(Struct, "path/to/the/key")`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{LitStr, Token};

use super::struct_argument::{Messages, StructArgument, expression};
use crate::tidy::tidy;

pub(crate) fn key(input: TokenStream) -> TokenStream {
    expression(input, write)
}

struct KeyArguments {
    argument: StructArgument,
    key: LitStr,
}

const MESSAGES: Messages<'static> = Messages {
    nothing: "name the struct and a key: `key!(Struct, \"path/to/the/key\")`",
    no_struct: "name the struct first, then the key: `key!(Struct, \"path/to/the/key\")`",
    // The key that is missing then is reported below.
    alone: |_| None,
};

impl Parse for KeyArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let argument = StructArgument::parse(input, &MESSAGES)?;
        if argument.generic || argument.is_self() {
            return Err(syn::Error::new_spanned(
                &argument.config,
                "a key is looked up before `Self` and type parameters are known: name the struct \
                 with all its types, or write `field!(for …, path.to.the.field)`",
            ));
        }
        if input.is_empty() {
            return Err(syn::Error::new_spanned(
                &argument.config,
                format!(
                    "name the key, too: `key!({}, \"path/to/the/key\")`",
                    tidy(&argument.config)
                ),
            ));
        }
        if !input.peek(LitStr) {
            return Err(input.error(
                "a key is a text in quotes, `\"path/to/the/key\"`; a path in Rust is for `field!`",
            ));
        }
        let key = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            return Err(input.error("unexpected text after the key: leave this out"));
        }
        Ok(Self { argument, key })
    }
}

fn write(input: &KeyArguments) -> TokenStream {
    let KeyArguments { argument, key } = input;
    let (krate, config) = (&argument.krate, &argument.config);
    let here = Span::mixed_site();
    // A key has at most as many levels as segments.
    let levels = key.value().split('/').count();
    // The struct is written once, and rejected once.
    let alias = Ident::new("__Config", here.located_at(config.span()));
    let checked = quote!(<#alias as __::Section>::TREE);
    let tree = quote!(__::TypeFacts::<#alias>::TREE);
    // The key is underlined. Its span lacks the macro's hygiene, so that the message ends there.
    let known = quote_spanned!(key.span()=> __::known(#checked, #key));
    // Only the first step rejects a key. If the other steps used the same constant, the compiler
    // would add a note for each of them.
    let first = quote_spanned!(key.span()=> __KNOWN.step(0));
    let steps = (0..levels).map(|level| {
        let step = if level == 0 {
            first.clone()
        } else {
            quote_spanned!(here=> __PLACE.step(#level))
        };
        quote_spanned!(here=> let __config = __::At::<{ #step }, _>::at(__config);)
    });
    quote_spanned! {here=> {
        use #krate::__;
        #[allow(unused_imports)]
        use __::AnyShape as _;
        type __Config = #config;
        const __KNOWN: __::Place<#levels> = #known;
        const __PLACE: __::Place<#levels> = __::place(#tree, #key);
        const __PATH: &__::Message = &__PLACE.path(#tree);
        // The type is written out, so that a mismatch is reported for it and not for its parts.
        let __field = __::Field::<#alias, _, __::KeysOf<{ __PLACE.is_one_key() }>>::__new(
            |__config: &#alias| {
                #(#steps)*
                __config
            },
            __PLACE.span(),
            __PATH.as_str(),
        );
        __field
    }}
    .into_token_stream()
}
