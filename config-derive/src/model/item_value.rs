//! A value together with the tokens that it was written in.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// A value, and the item that it was written in: `range(1..=64)`.
pub(crate) struct ItemValue<T> {
    pub(crate) tokens: TokenStream,
    pub(crate) value: T,
}

impl<T> ToTokens for ItemValue<T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}
