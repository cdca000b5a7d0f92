//! Reads serde's attributes on the same struct.
//!
//! In: attributes. Out: those that affect reading. serde itself reports the malformed ones.

use proc_macro2::Group;
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, LitStr, Token};

use super::body::literal_text;
use crate::model::ItemValue;
use crate::model::raw::SerdeAttribute;

/// The items of `#[serde(…)]`, except those that affect only writing.
pub(crate) fn items(attributes: &[Attribute]) -> Vec<ItemValue<SerdeAttribute>> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        // The items before a mistake are kept.
        let _ = attribute.parse_nested_meta(|meta| {
            found.extend(item(&meta)?);
            Ok(())
        });
    }
    found
}

fn item(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<ItemValue<SerdeAttribute>>> {
    let path = &meta.path;
    let name = path.to_token_stream().to_string();
    if meta.input.peek(Token![=]) {
        let equals: Token![=] = meta.input.parse()?;
        let value: Expr = meta.input.parse()?;
        return Ok(Some(ItemValue {
            value: SerdeAttribute {
                name,
                text: literal_text(&value).map(|text| text.value()),
            },
            tokens: quote!(#path #equals #value),
        }));
    }
    if !meta.input.peek(syn::token::Paren) {
        return Ok(Some(ItemValue {
            value: SerdeAttribute { name, text: None },
            tokens: path.to_token_stream(),
        }));
    }
    let list = meta.input.fork().parse::<Group>()?;
    let mut text = None;
    meta.parse_nested_meta(|inner| {
        let value: LitStr = inner.value()?.parse()?;
        if inner.path.is_ident("deserialize") {
            text = Some(value.value());
        }
        Ok(())
    })?;
    Ok(text.map(|text| ItemValue {
        value: SerdeAttribute {
            name,
            text: Some(text),
        },
        tokens: quote!(#path #list),
    }))
}
