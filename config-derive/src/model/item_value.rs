//! The value of an item, with the item's tokens.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// The value of an item, and the item's tokens: `range(1..=64)`.
pub(crate) struct ItemValue<T> {
    pub(crate) tokens: TokenStream,
    pub(crate) value: T,
}

impl<T> ToTokens for ItemValue<T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}
