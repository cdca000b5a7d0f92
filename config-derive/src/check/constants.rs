//! Names the expressions of a leaf that stand in several places of the expansion.
//!
//! In: a checked leaf. Out: a constant for each of its bounds and its default that is an expression
//! of a type with a well-known name. A mistake in the expression is then one error, at the
//! constant, and not one at each place: the rule, the schema, the checks.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, parse_quote_spanned};

use super::deferred::{self, inside_some};
use super::rules;
use crate::model::checked::{LeafDefault, LeafSpec, RuleKind};
use crate::model::constants::{ConstValue, NamedConstant};
use crate::model::raw;
use crate::model::scalar::ScalarType;
use crate::tidy::moved;

/// Gives names to the expressions.
pub(super) fn name(field: u16, raw: &raw::FieldInput, leaf: &mut LeafSpec) {
    let mut names = Names {
        field,
        constants: Vec::new(),
    };
    let scalar = leaf.known.scalar;
    for rule in &mut leaf.rules {
        let (low, high, of) = match &mut rule.kind {
            RuleKind::Range { low, high, .. } => (low, high, scalar.map(ScalarType::bound)),
            RuleKind::Length { low, high, .. } => (low, high, Some(ScalarType::USIZE)),
            _ => continue,
        };
        for end in [low, high] {
            names.bound(end, of);
        }
    }
    // Any other default may be one that constants can't name, such as a `static`.
    let is_known = leaf.known.scalar.is_some();
    if is_known && deferred::checks_the_default(raw, leaf) {
        leaf.named_default = names.default(leaf);
    }
    leaf.constants = names.constants;
}

struct Names {
    field: u16,
    constants: Vec<NamedConstant>,
}

impl Names {
    fn bound(&mut self, end: &mut ConstValue, of: Option<ScalarType>) {
        let (Some(value), Some(scalar)) = (end.computed().cloned(), of) else {
            return;
        };
        let span = value.span();
        if let Some(ty) = type_of(scalar, span) {
            let name = self.add(ty, value, span);
            end.replace_computed(name.into_token_stream());
        }
    }

    /// The default with the name of a constant for the value, or for the value inside `Some`.
    fn default(&mut self, leaf: &LeafSpec) -> Option<Expr> {
        let LeafDefault::Expression(value, None) = &leaf.default else {
            return None;
        };
        let (scalar, known) = (leaf.known.scalar?, &leaf.known);
        let inner = inside_some(value).filter(|_| known.optional);
        let computed = inner.unwrap_or(value);
        // A name may be that of an option.
        let is_plain = !known.optional
            || inner.is_some()
            || !matches!(computed, Expr::Path(_) | Expr::Call(_));
        if !is_plain || !rules::constant(computed, scalar).is_computed() {
            return None;
        }
        let span = computed.span();
        let ty = match scalar {
            // A text is converted.
            ScalarType::String => quote_spanned!(at(span)=> &'static __::core::primitive::str),
            _ => moved(&known.inner, span),
        };
        let name = self.add(ty, computed.to_token_stream(), span);
        Some(match inner {
            Some(_) => parse_quote_spanned!(at(span)=> __::Option::Some(#name)),
            None => parse_quote_spanned!(at(span)=> #name),
        })
    }

    fn add(&mut self, ty: TokenStream, value: TokenStream, span: Span) -> Ident {
        let number = self.constants.len();
        let name = format_ident!("__CONSTANT_{}_{number}", self.field, span = at(span));
        self.constants.push(NamedConstant {
            name: name.clone(),
            ty,
            value,
            span,
        });
        name
    }
}

fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// The type of a bound.
fn type_of(scalar: ScalarType, span: Span) -> Option<TokenStream> {
    let at = at(span);
    Some(match scalar {
        ScalarType::Integer { name, .. } | ScalarType::Float(name) => {
            let name = name.strip_prefix("NonZero").unwrap_or(name);
            let name = Ident::new(&name.to_ascii_lowercase(), at);
            quote_spanned!(at=> __::core::primitive::#name)
        }
        ScalarType::Duration => quote_spanned!(at=> __::core::time::Duration),
        ScalarType::Size => quote_spanned!(at=> __::value::Size),
        _ => return None,
    })
}
