//! One item of a `#[hot(…)]` list: a name and a body.
//!
//! In: attributes. Out: items in the order of the source, and their values on request. A mistake in
//! one item does not affect the others.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprRange, Lit, LitStr, Meta, Path, Token};

use super::body::{self, ItemBody, literal_text};
use super::{advice, names};
use crate::errors::Errors;
use crate::model::{ItemValue, raw};
use crate::tidy::tidy;

/// An item: `name`, `name = value` or `name(list)`.
pub(super) struct Item {
    ident: Ident,
    pub(super) name: String,
    pub(super) body: ItemBody,
}

/// Every item that could be read; `false` if one could not.
pub(super) fn items(attributes: &[Attribute], errors: &Errors) -> (Vec<Item>, bool) {
    let mut items = Vec::new();
    let mut all = true;
    for attribute in attributes.iter().filter(|a| a.path().is_ident(names::HOT)) {
        let Meta::List(list) = &attribute.meta else {
            let written = match &attribute.meta {
                // `#[hot = "default = 8"]`
                Meta::NameValue(meta) => literal_text(&meta.value)
                    .map(|text| text.value())
                    .filter(|text| text.parse::<TokenStream>().is_ok()),
                _ => None,
            };
            let written = written.unwrap_or_else(|| "default".to_owned());
            errors.at(
                &attribute.meta,
                format!("write the attributes in brackets: `#[hot({written})]`"),
            );
            all = false;
            continue;
        };
        if list.tokens.is_empty() {
            errors.at(
                &attribute.meta,
                "an empty list says nothing: leave `#[hot()]` out, or write an attribute into \
                 it, `#[hot(default = 8)]`",
            );
        }
        let parser = |input: ParseStream<'_>| {
            all &= read(input, &mut items, errors);
            Ok(())
        };
        if let Err(error) = parser.parse2(list.tokens.clone()) {
            errors.push(error);
        }
    }
    (items, all)
}

/// Reads a list to its end, whatever it contains.
fn read(input: ParseStream<'_>, items: &mut Vec<Item>, errors: &Errors) -> bool {
    let mut all = true;
    while !input.is_empty() {
        let item = Item::parse(input).and_then(|item| {
            if input.is_empty() || input.peek(Token![,]) {
                Ok(item)
            } else {
                Err(input.error(format!("write a comma after `{}`", item.name)))
            }
        });
        match item {
            Ok(item) => items.push(item),
            Err(error) => {
                errors.push(error);
                all = false;
            }
        }
        // Skips the unreadable tokens, up to the next item.
        while let Ok(token) = input.parse::<TokenTree>() {
            if matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',') {
                break;
            }
        }
    }
    all
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        misplaced(input)?;
        // `crate` is a keyword, and so are some likely mistakes.
        let ident = input.call(Ident::parse_any)?;
        let name = ident.unraw().to_string();
        without_a_sign(&ident, input)?;
        let body = if input.peek(Token![=]) {
            let equals = input.parse()?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(syn::Error::new_spanned(&ident, missing_value(&name)));
            }
            unquoted(&name, input)?;
            ItemBody::Value(equals, input.parse()?)
        } else if input.peek(syn::token::Paren)
            || input.peek(syn::token::Bracket)
            || input.peek(syn::token::Brace)
        {
            ItemBody::List(input.parse()?)
        } else {
            ItemBody::Nothing
        };
        Ok(Self { ident, name, body })
    }
}

impl Item {
    /// The name alone.
    pub(super) fn ident(&self) -> &Ident {
        &self.ident
    }

    /// A value together with the tokens of the item.
    pub(super) fn with_tokens<T>(&self, value: T) -> ItemValue<T> {
        ItemValue {
            tokens: self.to_token_stream(),
            value,
        }
    }

    /// Rejects any other form.
    fn refuse<T>(&self, what: &str, errors: &Errors) -> Option<T> {
        let (name, instead) = (&self.name, advice::instead(&self.name, &self.body));
        errors.at(self, format!("`{name}` takes {what}: {instead}"));
        None
    }

    /// Reads `nested`.
    pub(super) fn flag(&self, errors: &Errors) -> Option<()> {
        match self.body {
            ItemBody::Nothing => Some(()),
            _ => self.refuse("no value", errors),
        }
    }

    /// Reads `key = "limits/rps"`.
    pub(super) fn text(&self, errors: &Errors) -> Option<LitStr> {
        match &self.body {
            ItemBody::Value(_, value) => literal_text(value),
            _ => None,
        }
        .or_else(|| self.refuse("a string", errors))
    }

    /// Reads `validate = path::to::function`.
    pub(super) fn path(&self, errors: &Errors) -> Option<Path> {
        let path = match &self.body {
            ItemBody::Value(_, value) => ungrouped(value),
            _ => None,
        };
        match path {
            Some(Expr::Path(path)) if path.qself.is_none() => Some(path.path.clone()),
            _ if self.name == names::WITH => {
                self.refuse("the path of a module that has a `decode` function", errors)
            }
            _ if self.name == names::CRATE => self.refuse("a path, not a text", errors),
            _ => self.refuse("the path of a function, not a text or a closure", errors),
        }
    }

    /// Reads `default` and `default = 8`.
    pub(super) fn default(&self, errors: &Errors) -> Option<raw::DefaultAttribute> {
        match &self.body {
            ItemBody::Nothing => Some(raw::DefaultAttribute::OfType),
            ItemBody::Value(_, value) => Some(raw::DefaultAttribute::Value(value.clone())),
            ItemBody::List(_) => self.refuse("its value after `=`", errors),
        }
    }

    /// Reads `deprecated` and `deprecated = "note"`; the first has an empty note.
    pub(super) fn note(&self, errors: &Errors) -> Option<LitStr> {
        match &self.body {
            ItemBody::Nothing => Some(LitStr::new("", self.ident.span())),
            _ => self.text(errors),
        }
    }

    /// Reads `range(1..=64)`.
    pub(super) fn range(&self, errors: &Errors) -> Option<ExprRange> {
        let list = self.list::<Expr>().and_then(Result::ok);
        match list.as_ref().and_then(ungrouped) {
            Some(Expr::Range(range)) => Some(range.clone()),
            _ => self.refuse("a range in brackets", errors),
        }
    }

    /// Reads `pattern("^[a-z]+$")`.
    pub(super) fn listed_text(&self, errors: &Errors) -> Option<LitStr> {
        match self.list::<Expr>() {
            Some(Ok(value)) => literal_text(&value),
            _ => None,
        }
        .or_else(|| self.refuse("a string in brackets", errors))
    }

    /// Reads `one_of("debug", "info")`.
    pub(super) fn values(&self, errors: &Errors) -> Option<Vec<Expr>> {
        let list = match &self.body {
            ItemBody::List(list) if body::in_parentheses(list) => list,
            _ => return self.refuse("its values in brackets", errors),
        };
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let values: Vec<_> = match parser.parse2(list.stream()) {
            Ok(values) => values.into_iter().collect(),
            Err(_) => {
                return self.refuse("its values in brackets, with commas between them", errors);
            }
        };
        match values.as_slice() {
            [Expr::Array(_) | Expr::Reference(_) | Expr::Tuple(_) | Expr::Binary(_)] => {
                self.refuse("its values one by one", errors)
            }
            _ => Some(values),
        }
    }

    fn list<T: syn::parse::Parse>(&self) -> Option<syn::Result<T>> {
        match &self.body {
            ItemBody::List(list) if body::in_parentheses(list) => {
                (!list.stream().is_empty()).then(|| syn::parse2(list.stream()))
            }
            _ => None,
        }
    }
}

/// Refuses tokens in the place of a name: a comma, a name in quotes, `hot::`.
fn misplaced(input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    if ahead.peek(Token![,]) {
        return Err(input.error("two commas in a row: leave one out"));
    }
    if let Ok(quoted) = ahead.parse::<LitStr>() {
        let item = syn::parse_str::<Ident>(&quoted.value())
            .ok()
            .filter(|name| !names::example(&name.to_string()).is_empty())
            .map(|name| tidy(&item_of(&name, &ahead)));
        return Err(syn::Error::new_spanned(
            quoted,
            match item {
                Some(item) => format!("a name has no quotes: write `{item}`"),
                None => "expected a name without quotes: `default = 8`".to_owned(),
            },
        ));
    }
    if let (Ok(first), Ok(colons)) = (ahead.call(Ident::parse_any), ahead.parse::<Token![::]>())
        && let Ok(name) = ahead.call(Ident::parse_any)
    {
        let item = tidy(&item_of(&name, &ahead));
        let mut tokens = first.to_token_stream();
        colons.to_tokens(&mut tokens);
        name.to_tokens(&mut tokens);
        return Err(syn::Error::new_spanned(
            tokens,
            format!("expected a single name: leave `{first}::` out, `{item}`"),
        ));
    }
    Ok(())
}

/// The name with all tokens that follow it, up to a comma.
fn item_of(name: &Ident, rest: ParseStream<'_>) -> TokenStream {
    let mut item = name.to_token_stream();
    while !rest.is_empty() && !rest.peek(Token![,]) {
        let Ok(token) = rest.parse::<TokenTree>() else {
            break;
        };
        item.extend([token]);
    }
    item
}

/// Rejects `default: 5` and `range 1..=64`.
fn without_a_sign(ident: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    let colon = ahead.parse::<Option<Token![:]>>()?;
    let begins_a_value = ahead.peek(Lit) || ahead.peek(Token![-]) || ahead.peek(Token![..]);
    let name = ident.unraw().to_string();
    if (colon.is_none() && !begins_a_value) || names::example(&name).is_empty() {
        return Ok(());
    }
    let Ok(value) = ahead.parse::<Expr>() else {
        return Ok(());
    };
    let mut tokens = ident.to_token_stream();
    colon.to_tokens(&mut tokens);
    value.to_tokens(&mut tokens);
    let example = names::example(&name);
    let message = match colon {
        Some(_) => format!("attributes have no `:`: write `{example}`"),
        None => format!("`{name}` and its value are not joined: write `{example}`"),
    };
    Err(syn::Error::new_spanned(tokens, message))
}

/// Rejects `default = /var/lib` and `default = 10.0.0.1:80`: not expressions, but probably texts.
fn unquoted(name: &str, input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    let parses = ahead.parse::<Expr>().is_ok() && (ahead.is_empty() || ahead.peek(Token![,]));
    if parses || !(name == names::DEFAULT || names::example(name).contains("= \"")) {
        return Ok(());
    }
    let ahead = input.fork();
    let (mut tokens, mut text) = (TokenStream::new(), String::new());
    let (mut after_word, mut signs) = (false, 0);
    while !ahead.is_empty() && !ahead.peek(Token![,]) {
        let token = ahead.parse::<TokenTree>()?;
        let word = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
        let written = token.to_string();
        let part_of_a_text = match &token {
            TokenTree::Punct(sign) => "/.:-~@".contains(sign.as_char()),
            _ => word && !after_word && !written.contains(['"', '\'']),
        };
        if !part_of_a_text {
            return Ok(());
        }
        signs += usize::from(!word);
        after_word = word;
        text.push_str(&written);
        tokens.extend([token]);
    }
    if signs == 0 || !after_word {
        return Ok(());
    }
    Err(syn::Error::new_spanned(
        tokens,
        format!("a text needs quotes: write `{name} = {text:?}`"),
    ))
}

fn missing_value(name: &str) -> String {
    match names::example(name) {
        "" => format!("`{name} =` has no value"),
        example => format!("`{name} =` has no value: write `{example}`"),
    }
}

/// The expression in a fragment of another macro, which is in a group without brackets.
fn ungrouped(value: &Expr) -> Option<&Expr> {
    match value {
        Expr::Group(group) => ungrouped(&group.expr),
        value => Some(value),
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.ident.to_tokens(tokens);
        match &self.body {
            ItemBody::Nothing => {}
            ItemBody::Value(equals, value) => {
                equals.to_tokens(tokens);
                value.to_tokens(tokens);
            }
            ItemBody::List(list) => list.to_tokens(tokens),
        }
    }
}
