//! Advice about an item in the wrong form.
//!
//! In: the name of an attribute and its body, in any form. Out: the end of a sentence that begins
//! with a verb: an example of the item, or another way to the same end. It rejects nothing.

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, Token};

use super::body::ItemBody;
use super::names;
use crate::tidy::tidy;

/// The correct form, or the reason why there is none.
pub(super) fn instead(name: &str, body: &ItemBody) -> String {
    let example = names::example(name);
    let is_range = matches!(name, names::RANGE | names::LENGTH);
    let is_function = matches!(name, names::VALIDATE | names::COMPARE | names::WITH);
    match values(body).as_slice() {
        [Expr::Lit(literal)] if example == name && is_false(&literal.lit) => {
            "leave it out, that is what its absence means".to_owned()
        }
        [Expr::Lit(literal)] if is_range && !matches!(literal.lit, Lit::Str(_)) => {
            let value = tidy(literal);
            format!(
                "write `{name}(..={value})` for at most {value}, `{name}({value}..)` for at \
                 least, `{name}({value}..={value})` for exactly"
            )
        }
        [Expr::Range(_), Expr::Range(_), ..] if is_range => format!(
            "a `{name}` has no gaps: write one, and check the gaps in a function, \
             `validate = path`"
        ),
        [Expr::Closure(_)] if is_function => format!("give the closure a name, `{example}`"),
        [value] if example.contains('"') && is_computed(value) => {
            "a macro can't read a constant, so write the text itself here".to_owned()
        }
        _ => format!("write `{example}`"),
    }
}

fn is_false(literal: &Lit) -> bool {
    matches!(literal, Lit::Bool(value) if !value.value)
}

/// Whether it is a constant, by its capitals, or a macro.
fn is_computed(value: &Expr) -> bool {
    match value {
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.contains(|letter: char| letter.is_ascii_uppercase())
                && !name.contains(|letter: char| letter.is_ascii_lowercase())
        }),
        Expr::Macro(_) => true,
        _ => false,
    }
}

/// The values in the body, if they can be read.
fn values(body: &ItemBody) -> Vec<Expr> {
    match body {
        ItemBody::Nothing => Vec::new(),
        ItemBody::Value(_, value) => vec![value.clone()],
        ItemBody::List(list) => {
            let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
            let values = parser.parse2(list.stream()).unwrap_or_default();
            values.into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::instead;
    use crate::syntax::item::Item;

    #[test]
    fn an_example_or_another_way_is_named() {
        for (written, right) in [
            ("range = 1..5", "write `range(1..=64)`"),
            (
                "range(5)",
                "write `range(..=5)` for at most 5, `range(5..)` for at least, `range(5..=5)` for \
                 exactly",
            ),
            (
                "length(1..5, 8..9)",
                "a `length` has no gaps: write one, and check the gaps in a function, \
                 `validate = path`",
            ),
            (
                "one_of = [\"a\", \"b\"]",
                "write `one_of(\"debug\", \"info\")`",
            ),
            ("nested = true", "write `nested`"),
            (
                "nested = false",
                "leave it out, that is what its absence means",
            ),
            (
                "key = PREFIX",
                "a macro can't read a constant, so write the text itself here",
            ),
            (
                "validate = |x| x",
                "give the closure a name, `validate = path::to::function`",
            ),
            ("validate(even)", "write `validate = path::to::function`"),
        ] {
            let item: Item = syn::parse_str(written).unwrap();
            assert_eq!(instead(&item.name, &item.body), right, "{written}");
        }
    }
}
