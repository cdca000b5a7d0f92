//! `field!(Struct, path.to.the.field)`, and `field!(Struct)` for all of it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
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
                    "a comma stands behind the struct: write `field!({before}, {field})`"
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
        format!("what is in `{before}` has no keys of its own: end the path at `{before}`")
    } else if input.peek(syn::token::Paren) {
        format!("`{before}` is called here: a path names fields, so leave the call out")
    } else {
        "the names of a path are joined by dots: `path.to.the.field`".to_owned()
    }
}

fn write(input: &FieldArguments) -> TokenStream {
    let FieldArguments { argument, path } = input;
    let (krate, config) = (&argument.krate, &argument.config);
    let names: Vec<_> = path.iter().map(|name| name.unraw().to_string()).collect();
    let written = path.iter().map(ToString::to_string).collect::<Vec<_>>();
    let written = written.join(".");
    let here = Span::mixed_site();
    // The underline covers the first name to the last. Its span lacks the macro's hygiene, so that
    // the message ends there.
    let of = |name: Option<&Ident>| name.map_or_else(|| config.span(), Ident::span);
    let (start, end) = (of(path.first()), of(path.last()));
    let target = {
        let mut arguments = proc_macro2::Group::new(
            proc_macro2::Delimiter::Parenthesis,
            quote!(<#config as __::HotConfig>::TREE, &[#(#names),*]),
        );
        arguments.set_span(end);
        quote_spanned!(start=> __::target #arguments)
    };
    let place = match path.is_empty() {
        true => quote_spanned!(here=> __config),
        false => quote_spanned!(here=> &__config.#(#path).*),
    };
    let projection = quote_spanned!(here=> |__config: &#config| #place);
    // The same as a closure of no particular function type.
    let exists = quote_spanned!(here=> |__config: &#config| { let _ = #place; });
    let is_known = !argument.generic && !argument.is_self();
    let (checked, target) = if argument.generic {
        // The type is known only to a program that uses it.
        (TokenStream::new(), quote_spanned!(here=> const { #target }))
    } else if argument.is_self() {
        // A constant item can't name the `Self` around it; the length of an array can.
        let checked = quote_spanned!(here=> let _: [(); { let _ = #exists; #target.none() }] = [];);
        (checked, quote_spanned!(here=> const { #target }))
    } else {
        // `cargo check` computes a constant of its own. If the projection fails, rustc reports it
        // better than a constant could, and computes nothing.
        let checked = quote_spanned! {here=>
            const __TARGET: __::Target = { let _ = #exists; #target };
        };
        (checked, quote_spanned!(here.located_at(start)=> __TARGET))
    };
    let keys = match is_known {
        true => quote_spanned!(here=> __::KeysOf::<{ __TARGET.one_key }>),
        false => quote_spanned!(here=> __::OneKey),
    };
    // The type is written out, so that a mismatch is reported for it and not for its parts.
    quote_spanned! {here=> {
        use #krate::__;
        #checked
        let __field = __::Field::<#config, _, #keys>::__new(#projection, #target, #written);
        __field
    }}
    .into_token_stream()
}
