//! `field!(Struct, path.to.the.field)`, and `field!(Struct)` for all of it.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Ident, Lit, LitStr, Token, Type};

use super::struct_argument::{Messages, StructArgument, expression};
use crate::tidy::tidy;

pub(crate) fn field(input: TokenStream) -> TokenStream {
    expression(input, write)
}

struct FieldArguments {
    argument: StructArgument,
    path: Vec<Ident>,
}

const MESSAGES: Messages<'static> =
    Messages {
        nothing: "name the struct and the path of a field: `field!(Struct, path.to.the.field)`",
        no_struct: "name the struct first, then the path: `field!(Struct, path.to.the.field)`",
        alone: |config| match config {
            // `Config::db`
            Type::Path(path)
                if path.path.segments.len() > 1
                    && path.path.segments.last().is_some_and(|last| {
                        last.ident.to_string().starts_with(char::is_lowercase)
                    }) =>
            {
                let written = tidy(config);
                let (before, field) = written.rsplit_once("::").unwrap_or_default();
                Some(format!(
                    "expected a comma after the struct: write `field!({before}, {field})`"
                ))
            }
            _ => None,
        },
    };

impl Parse for FieldArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let argument = StructArgument::parse(input, &MESSAGES)?;
        let mut path = Vec::new();
        if !input.is_empty() {
            path.push(segment(input, None)?);
        }
        while !input.is_empty() {
            let before = path.last();
            if input.parse::<Option<Token![.]>>()?.is_some() {
                let next = segment(input, before)?;
                path.push(next);
            } else if input.peek(Token![,]) && input.peek2(syn::parse::End) {
                input.parse::<Token![,]>()?;
            } else {
                return Err(input.error(after(input, before)));
            }
        }
        Ok(Self { argument, path })
    }
}

/// One name.
fn segment(input: ParseStream<'_>, before: Option<&Ident>) -> syn::Result<Ident> {
    if input.is_empty() {
        let what = "the name of a field is missing behind this";
        let place = before.map_or_else(Span::call_site, Ident::span);
        return Err(syn::Error::new(place, what));
    }
    if let Some(text) = input.parse::<Option<LitStr>>()? {
        let path = text.value();
        return Err(syn::Error::new_spanned(
            &text,
            if path.contains('/') {
                format!("this is a key: write `key!(…, \"{path}\")`")
            } else {
                format!("a path has no quotes: write `{path}`")
            },
        ));
    }
    if let (Some(before), Ok(_)) = (before, input.fork().parse::<Lit>()) {
        return Err(input.error(format!(
            "`{before}` has no fields with keys of their own: it is one key, so end the path there"
        )));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input
            .error("this is not the name of a field: write `field!(Struct, path.to.the.field)`"));
    }
    let name = input.call(Ident::parse_any)?;
    let text = name.to_string();
    if matches!(text.as_str(), "self" | "Self" | "super" | "crate") {
        let what = format!("`{text}` is not the name of a field: leave it out");
        return Err(syn::Error::new_spanned(&name, what));
    }
    if syn::parse_str::<Ident>(&text).is_err() {
        let what = format!("`{text}` is a word of Rust's own: write `r#{text}`");
        return Err(syn::Error::new_spanned(&name, what));
    }
    Ok(name)
}

/// The message about unexpected tokens after a name.
fn after(input: ParseStream<'_>, before: Option<&Ident>) -> String {
    let before = before.map(ToString::to_string).unwrap_or_default();
    if input.peek(syn::token::Bracket) {
        format!("the contents of `{before}` have no keys of their own: end the path at `{before}`")
    } else if input.peek(syn::token::Paren) {
        format!("`{before}` is called here: a path names fields, so leave the call out")
    } else {
        "the names of a path are joined by dots: `path.to.the.field`".to_owned()
    }
}

/// The path stands in one place, so that rustc reports a mistake in it once.
fn write(input: &FieldArguments) -> TokenStream {
    let FieldArguments { argument, path } = input;
    let (krate, config) = (&argument.krate, &argument.config);
    let names: Vec<_> = path.iter().map(|name| name.unraw().to_string()).collect();
    let written: Vec<_> = path.iter().map(ToString::to_string).collect();
    let written = written.join(".");
    let here = Span::mixed_site();
    let start = path.first().map_or(here, Ident::span);
    // The struct is written once, and rejected once. Items can't name the `Self` or the parameters
    // around them.
    let alias = Ident::new("__Config", here.located_at(config.span()));
    let is_item = !argument.generic && !argument.is_self();
    let (alias, config) = if is_item {
        let alias_of = quote_spanned!(here=> type __Config = #config;);
        (Some(alias_of), alias.to_token_stream())
    } else {
        (None, config.to_token_stream())
    };
    let found = quote_spanned!(here=> <#config as __::Section>::TREE, &[#(#names),*]);
    let (constant, reach, span) = if argument.generic {
        // The type is known only to a program that uses it. The underline covers the first name to
        // the last; its span lacks the macro's hygiene, so that the message ends there.
        let mut found = Group::new(Delimiter::Parenthesis, found);
        found.set_span(path.last().map_or(here, Ident::span));
        let span = quote_spanned!(start=> __::span #found);
        (None, None, quote_spanned!(here=> const { #span }))
    } else {
        // `cargo check` looks the path up in a constant, which can't know whether the path is right
        // in Rust, and so says nothing. Its verdict is a bound on the value.
        let found = quote_spanned!(here=> __::reached(#found));
        let (constant, verdict, span) = if is_item {
            let constant = quote_spanned!(here=> const __PATH: __::Reached = #found;);
            let verdict = quote_spanned!(here=> __PATH.verdict());
            (
                Some(constant),
                verdict,
                quote_spanned!(here=> __PATH.span()),
            )
        } else {
            let verdict = quote_spanned!(here=> #found.verdict());
            (
                None,
                verdict,
                quote_spanned!(here=> const { #found.span() }),
            )
        };
        let at = here.located_at(start);
        let reach = quote_spanned!(at=> .__reach::<{ #verdict }>());
        (constant, Some(reach), span)
    };
    let keys = match is_item {
        true => quote_spanned!(here=> __::KeysOf::<{ __PATH.is_one_key() }>),
        false => quote_spanned!(here=> __::OneKey),
    };
    let get = match &reach {
        _ if path.is_empty() => quote_spanned!(here=> |__config: &#config| __config),
        Some(reach) => quote_spanned!(here=> |__config: &#config| __config.#(#path).* #reach),
        None => quote_spanned!(here=> |__config: &#config| &__config.#(#path).*),
    };
    // The type is written out, so that a mismatch is reported for it and not for its parts.
    quote_spanned! {here=> {
        use #krate::__;
        #[allow(unused_imports)]
        use __::Reach as _;
        #alias
        #constant
        let __field = __::Field::<#config, _, #keys>::__new(#get, #span, #written);
        __field
    }}
}
