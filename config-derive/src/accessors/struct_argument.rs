//! The struct before the comma, which both macros read, and the messages about it.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Token, Type, bracketed};

use crate::tidy::tidy;

/// The tokens before the comma.
pub(super) struct StructArgument {
    /// The runtime: `$crate`, as its own macro wrote it.
    pub(super) krate: TokenStream,
    /// Whether `for` precedes the struct.
    pub(super) generic: bool,
    pub(super) config: Type,
}

impl StructArgument {
    /// Also consumes the comma, which only a struct that stands alone may lack.
    pub(super) fn parse(input: ParseStream<'_>, messages: &Messages<'_>) -> syn::Result<Self> {
        let krate;
        bracketed!(krate in input);
        let krate = krate.parse()?;
        if input.is_empty() {
            return Err(syn::Error::new(Span::call_site(), messages.nothing));
        }
        if input.peek(Token![self]) && !input.peek2(Token![::]) {
            return Err(input.error("this names a value: write the struct's name, or `Self`"));
        }
        let generic = input.parse::<Option<Token![for]>>()?.is_some();
        let config = input
            .parse::<Type>()
            .map_err(|error| syn::Error::new(error.span(), messages.no_struct))?;
        if input.is_empty() {
            return match (messages.alone)(&config) {
                None => Ok(Self {
                    krate,
                    generic,
                    config,
                }),
                Some(wrong) => Err(syn::Error::new_spanned(&config, wrong)),
            };
        }
        if input.peek(Token![.]) {
            return Err(syn::Error::new_spanned(&config, dotted(&config, messages)));
        }
        if !input.peek(Token![,]) {
            return Err(input.error(messages.no_struct));
        }
        input.parse::<Token![,]>()?;
        Ok(Self {
            krate,
            generic,
            config,
        })
    }

    pub(super) fn is_self(&self) -> bool {
        mentions_self(self.config.to_token_stream())
    }
}

/// The messages in which the two macros differ.
pub(super) struct Messages<'a> {
    pub(super) nothing: &'a str,
    pub(super) no_struct: &'a str,
    /// The message about a struct without a comma; none if it may stand alone.
    pub(super) alone: fn(&Type) -> Option<String>,
}

/// The message about `Config.db` and `config.db`.
fn dotted(config: &Type, messages: &Messages<'_>) -> String {
    let config = tidy(config);
    if config.starts_with(|letter: char| letter.is_lowercase()) && !config.contains("::") {
        format!("`{config}` is a value: {}", messages.no_struct)
    } else {
        format!("expected a comma after the struct: write `{config},` and then the rest")
    }
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == "Self",
        proc_macro2::TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

/// The expression, or the error.
pub(super) fn expression<T: Parse>(
    input: TokenStream,
    write: fn(&T) -> TokenStream,
) -> TokenStream {
    match syn::parse2(input) {
        Ok(parsed) => write(&parsed),
        Err(error) => error.to_compile_error(),
    }
}
