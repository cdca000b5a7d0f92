//! Collects the mistakes of a struct, so that all are reported in one compile.
//!
//! In: a message and the tokens it is about. Out: one `compile_error!` for each. Dropping it before
//! they were taken panics, so that no mistake is lost.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The mistakes so far.
pub(crate) struct Errors {
    /// `None` after they were taken.
    list: RefCell<Option<Vec<syn::Error>>>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self {
            list: RefCell::new(Some(Vec::new())),
        }
    }

    /// Reports a mistake in these tokens; the message ends with the correct form.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error of syn.
    pub(crate) fn push(&self, error: syn::Error) {
        if let Some(list) = self.list.borrow_mut().as_mut() {
            list.push(error);
        }
    }

    /// The `compile_error!` calls; empty without mistakes.
    ///
    /// They are inside a constant: in a module with a `compile_error!` of its own, rustc does not
    /// report names that it cannot find.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        let list = self.list.borrow_mut().take().unwrap_or_default();
        if list.is_empty() {
            return TokenStream::new();
        }
        let calls = list.iter().map(syn::Error::to_compile_error);
        quote_spanned!(Span::mixed_site()=> const _: () = { #(#calls)* () };)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // A bug of the macro, on a path that no input reaches.
        assert!(
            self.list.borrow().is_none() || std::thread::panicking(),
            "the collected errors were dropped without being reported"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Errors;

    #[test]
    #[should_panic(expected = "dropped without being reported")]
    fn errors_that_nobody_asks_for_panic() {
        drop(Errors::new());
    }

    #[test]
    fn every_error_is_reported() {
        let errors = Errors::new();
        errors.at(quote::quote!(a), "first");
        errors.at(quote::quote!(b), "second");
        let reported = errors.into_compile_errors().to_string();
        assert!(reported.contains("first") && reported.contains("second"));
    }
}
