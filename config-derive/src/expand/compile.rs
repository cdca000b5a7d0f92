//! Constants that fail to compile: what only the compiler can decide.
//!
//! Each token points at the default or the rule in question: an error is underlined there.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::bounds::{mentions, parameters};
use crate::model::checked::{Field, Kind, Struct};
use crate::model::constants::{Ask, Asked, AskedRule, AskedRuleKind, Given, Inside, Reading};
use crate::tidy::moved;

/// `const _: () = …;` for each question that names no parameter of the struct: a constant can't.
pub(super) fn constants(checked: &Struct) -> TokenStream {
    let parameters = parameters(&checked.generics);
    let constants = checked.fields.iter().flat_map(of_field);
    constants
        .filter(|constant| !mentions(constant.clone(), &parameters))
        .collect()
}

fn of_field(field: &Field) -> Vec<TokenStream> {
    match &field.kind {
        Kind::Leaf(leaf) => leaf.asks.iter().map(|ask| constant(field, ask)).collect(),
        _ => Vec::new(),
    }
}

fn constant(field: &Field, ask: &Ask) -> TokenStream {
    let at = at(ask.span);
    let ty = moved(&field.ty, ask.span);
    let shape = quote_spanned!(at=> __::Probe::<#ty>::SHAPE);
    match &ask.asked {
        Asked::Range {
            low,
            high,
            inclusive,
            length,
            written,
        } => {
            let (low, high) = (given(low, at), given(high, at));
            let shape = if *length {
                quote_spanned!(at=> __::Probe::<__::core::primitive::usize>::SHAPE)
            } else {
                shape
            };
            let arguments = quote_spanned!(at=> #shape, #low, #high, #inclusive, #written);
            asserted(&quote_spanned!(at=> range), arguments, ask)
        }
        Asked::Default {
            given,
            rules,
            inner,
        } => {
            let rules = rules.iter().map(|asked| rule(asked, at));
            let parses = match given {
                Given::Text(_) => {
                    let inner = moved(inner, ask.span);
                    quote_spanned!(at=> __::compile::Parses::<#inner>::ANY_TEXT)
                }
                _ => quote_spanned!(at=> true),
            };
            let given = self::given(given, at);
            let (name, type_name) = (&field.name, crate::tidy::tidy(inner));
            let arguments = quote_spanned! {at=>
                #name, #type_name, #shape, #parses, #given, &[#(#rules),*]
            };
            asserted(&quote_spanned!(at=> default), arguments, ask)
        }
        Asked::Value { value, ty } => {
            let ty = moved(ty, ask.span);
            quote_spanned! {at=>
                #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
                const _: #ty = #value;
            }
        }
    }
}

/// The call begins and ends where the question does, so that all of it is underlined.
fn asserted(function: &TokenStream, arguments: TokenStream, ask: &Ask) -> TokenStream {
    let at = at(ask.span);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(self::at(ask.end));
    // What clippy says of the expressions it says where they are used.
    quote_spanned! {at=>
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        const _: () = __::compile::#function #arguments;
    }
}

fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn rule(rule: &AskedRule, at: Span) -> TokenStream {
    let written = &rule.written;
    let kind = match &rule.kind {
        AskedRuleKind::Range {
            low,
            high,
            inclusive,
        } => {
            let (low, high) = (given(low, at), given(high, at));
            quote_spanned!(at=> Range(#low, #high, #inclusive))
        }
        AskedRuleKind::Length {
            low,
            high,
            inclusive,
        } => {
            let (low, high) = (given(low, at), given(high, at));
            quote_spanned!(at=> Length(#low, #high, #inclusive))
        }
        AskedRuleKind::OneOf(values) => {
            let values = values.iter().map(|value| given(value, at));
            quote_spanned!(at=> OneOf(&[#(#values),*]))
        }
        AskedRuleKind::NonEmpty => quote_spanned!(at=> NonEmpty),
        AskedRuleKind::Pattern(automaton) => {
            let bytes = |bytes: &[u8]| proc_macro2::Literal::byte_string(bytes);
            let (classes, table) = (bytes(&automaton.classes), bytes(&automaton.table));
            let (width, ends) = (automaton.width, bytes(&automaton.ends));
            quote_spanned! {at=>
                Pattern(&__::compile::Automaton {
                    classes: #classes, table: #table, width: #width, ends: #ends,
                })
            }
        }
        AskedRuleKind::Text(kept) => quote_spanned!(at=> Text(#kept)),
    };
    quote_spanned!(at=> (__::compile::Rule::#kind, #written))
}

fn given(given: &Given, at: Span) -> TokenStream {
    if let Given::ValueOf(value) = given {
        return quote_spanned!(at=> __::compile::Val(#value).given());
    }
    let given = match given {
        Given::ValueOf(_) | Given::Nothing => quote_spanned!(at=> Nothing),
        Given::Zero => quote_spanned!(at=> Zero),
        Given::Unknown => quote_spanned!(at=> Unknown),
        Given::Integer(number) => quote_spanned!(at=> Integer(#number)),
        Given::Float(number) => quote_spanned!(at=> Float(#number)),
        Given::IntegerOf(value) => quote_spanned!(at=> Integer((#value) as _)),
        Given::FloatOf(value) => quote_spanned!(at=> Float((#value) as _)),
        Given::DurationOf(value) => quote_spanned!(at=> Nanos((#value).as_nanos())),
        Given::SizeOf(value) => quote_spanned!(at=> Bytes((#value).bytes())),
        Given::WordOf(value) => quote_spanned!(at=> Word(#value)),
        Given::Text(text) => {
            let reading = reading(text, at);
            quote_spanned!(at=> Text(&#reading))
        }
    };
    quote_spanned!(at=> __::compile::Given::#given)
}

fn reading(reading: &Reading, at: Span) -> TokenStream {
    fn member<T: ToTokens>(name: &str, value: Option<T>, at: Span) -> Option<TokenStream> {
        let name = Ident::new(name, at);
        value.map(|value| quote_spanned!(at=> #name: __::Option::Some(#value),))
    }
    let text = &reading.text;
    let integer = member("integer", reading.integer, at);
    let float = member("float", reading.float, at);
    let nanos = member("nanos", reading.nanos, at);
    let bytes = member("bytes", reading.bytes, at);
    let list = member("list", reading.list, at);
    let map = member("map", reading.map, at);
    let entries = (!reading.entries.is_empty()).then(|| {
        let entries = reading.entries.iter().map(|entry| {
            let entry = match entry {
                Inside::Word(word) => quote_spanned!(at=> Word(#word)),
                Inside::Integer(number) => quote_spanned!(at=> Integer(#number)),
                Inside::Other => quote_spanned!(at=> Other),
            };
            quote_spanned!(at=> __::compile::Inside::#entry)
        });
        quote_spanned!(at=> entries: &[#(#entries),*],)
    });
    let distinct = reading
        .distinct
        .then(|| quote_spanned!(at=> distinct: true,));
    let addresses = reading.addresses.contains(&true).then(|| {
        let [v4, v6, socket_v4, socket_v6] = reading.addresses;
        quote_spanned!(at=> addresses: [#v4, #v6, #socket_v4, #socket_v6],)
    });
    // Only what it can be read as: a reading stands in the expansion of many fields.
    quote_spanned! {at=>
        __::compile::Reading {
            text: #text, #integer #float #nanos #bytes #list #map #entries #distinct #addresses
            ..__::compile::Reading::NOTHING
        }
    }
}
