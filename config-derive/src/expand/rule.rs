//! The rules of a field: the call that checks a value, and the constant in the schema.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprRange, Lit, RangeLimits, Type};

use super::tokens;
use crate::model::checked::{LeafRule, RuleKind};
use crate::model::constants::ConstValue;
use crate::tidy::{moved, tidy};

/// The call that checks a value.
pub(super) fn call(rule: &LeafRule, ty: &Type) -> TokenStream {
    let at = Span::mixed_site().located_at(rule.span);
    match &rule.kind {
        RuleKind::Range {
            low: low @ (ConstValue::Text(_) | ConstValue::Nothing),
            high: high @ (ConstValue::Text(_) | ConstValue::Nothing),
            bounds,
        } => {
            let bound = |end: &ConstValue| {
                if let ConstValue::Text(text) = end {
                    quote_spanned!(tokens::at(text)=> __::Option::Some(#text))
                } else {
                    quote_spanned!(at=> __::Option::None)
                }
            };
            let (low, high) = (bound(low), bound(high));
            let inclusive = matches!(bounds.limits, RangeLimits::Closed(_));
            quote_spanned!(at=> __::rules::range_text(__value, #low, #high, #inclusive, __reasons);)
        }
        RuleKind::Range { bounds, low, high } => {
            let bounds = ends(bounds, low, high);
            quote_spanned!(at=> __::rules::range(__value, #bounds, __reasons);)
        }
        RuleKind::Length { bounds, low, high } => {
            let bounds = ends(bounds, low, high);
            quote_spanned!(at=> __::rules::length(__value, #bounds, __reasons);)
        }
        RuleKind::Pattern(pattern) => quote_spanned! {at=>
            static PATTERN: __::rules::Pattern = __::rules::Pattern::new(#pattern);
            __::rules::pattern(__value, &PATTERN, __reasons);
        },
        RuleKind::OneOf { values, .. } => {
            // The type of texts is written out, so that the compiler names it.
            let choice = match values.first() {
                Some(Expr::Lit(literal)) if matches!(literal.lit, Lit::Str(_)) => {
                    Some(quote_spanned!(at=> ::<_, &'static __::core::primitive::str>))
                }
                _ => None,
            };
            quote_spanned!(at=> __::rules::one_of #choice (__value, &[#(#values),*], __reasons);)
        }
        RuleKind::NonEmpty => quote_spanned!(at=> __::rules::non_empty(__value, __reasons);),
        RuleKind::Url => quote_spanned!(at=> __::rules::url(__value, __reasons);),
        RuleKind::Validate(path) => {
            let name = tidy(path);
            let (at, ty) = (tokens::at(path), moved(ty, path.span()));
            quote_spanned! {at=>
                use __::{AsRule as _, NoRule as _};
                __::rules::validate(
                    __value, #name, (&__::function::<#ty, _>(#path)).rule(), __reasons,
                );
            }
        }
    }
}

/// The range, by the names of the constants for its ends.
fn ends(bounds: &ExprRange, low: &ConstValue, high: &ConstValue) -> TokenStream {
    let end = |written: &Option<Box<Expr>>, value: &ConstValue| match value.computed() {
        Some(value) => Some(value.clone()),
        None => written.as_ref().map(ToTokens::to_token_stream),
    };
    let (start, limits) = (end(&bounds.start, low), &bounds.limits);
    let end = end(&bounds.end, high);
    quote!(#start #limits #end)
}

/// The variant of `Rule`.
pub(super) fn declared(kind: &RuleKind, at: Span) -> TokenStream {
    let text = |name: TokenStream, written: &dyn ToTokens| {
        let written = tidy(&written.to_token_stream());
        quote_spanned!(at=> #name(#written))
    };
    match kind {
        RuleKind::Range { bounds, low, high } => {
            let bounds = self::bounds(bounds, low, high, at);
            quote_spanned!(at=> Range(#bounds))
        }
        RuleKind::Length { bounds, low, high } => {
            let bounds = self::bounds(bounds, low, high, at);
            quote_spanned!(at=> Length(#bounds))
        }
        RuleKind::Pattern(pattern) => quote_spanned!(at=> Pattern(#pattern)),
        RuleKind::OneOf { shown, .. } => quote_spanned!(at=> OneOf(&[#(#shown),*])),
        RuleKind::NonEmpty => quote_spanned!(at=> NonEmpty),
        RuleKind::Url => quote_spanned!(at=> Url),
        RuleKind::Validate(path) => text(quote_spanned!(at=> Validate), path),
    }
}

fn bounds(written: &ExprRange, low: &ConstValue, high: &ConstValue, at: Span) -> TokenStream {
    let inclusive = matches!(written.limits, RangeLimits::Closed(_));
    let (low, high) = (const_value(low, at), const_value(high, at));
    quote_spanned!(at=> __::Bounds::new(#low, #high, #inclusive))
}

/// The runtime's `ConstValue`.
pub(super) fn const_value(value: &ConstValue, at: Span) -> TokenStream {
    let variant = match value {
        ConstValue::Nothing => quote_spanned!(at=> Nothing),
        ConstValue::Integer(number) => quote_spanned!(at=> Integer(#number)),
        ConstValue::Float(number) => quote_spanned!(at=> Float(#number)),
        ConstValue::Period(period) => {
            let (seconds, nanos) = (period.as_secs(), period.subsec_nanos());
            quote_spanned!(at=> Period(__::core::time::Duration::new(#seconds, #nanos)))
        }
        ConstValue::Bytes(bytes) => quote_spanned!(at=> Bytes(__::value::Size::new(#bytes))),
        ConstValue::Text(text) => quote_spanned!(at=> Text(#text)),
        ConstValue::IntegerOf(value) => quote_spanned!(at=> Integer((#value) as _)),
        ConstValue::FloatOf(value) => quote_spanned!(at=> Float((#value) as _)),
        ConstValue::PeriodOf(value) => quote_spanned!(at=> Period(#value)),
        ConstValue::BytesOf(value) => quote_spanned!(at=> Bytes(#value)),
        ConstValue::TextOf(value) => quote_spanned!(at=> Text(#value)),
        ConstValue::Unknown(written) => quote_spanned!(at=> Unknown(#written)),
    };
    quote_spanned!(at=> __::ConstValue::#variant)
}
