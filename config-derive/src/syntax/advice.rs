//! Corrected forms of an item, with the user's own text if possible.
//!
//! In: the name of an attribute and its body, in any form. Out: the item as it should be,
//! `range(1..=5)` for `range(min = 1, max = 5)`. It rejects nothing.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, Path, RangeLimits, Token};

use super::body::{ItemBody, literal_text};
use super::{case, names};
use crate::tidy::tidy;

/// The correct form, as the end of a sentence that begins with a verb.
pub(super) fn instead(name: &str, body: &ItemBody) -> String {
    if let Some(explanation) = explanation(name, body) {
        return explanation;
    }
    match right(name, body) {
        Some(right) => format!("write `{right}`"),
        None => format!("write `{}`", names::example(name)),
    }
}

/// The item under this name, or an example of it.
pub(super) fn renamed(written: &str, name: &'static str, body: &ItemBody) -> String {
    let bound = values(body).and_then(|values| match values.as_slice() {
        [value] => Some(tidy(value)),
        _ => None,
    });
    let right = match (written, bound) {
        ("min" | "minimum" | "min_length" | "min_len", Some(bound)) => {
            Some(format!("{name}({bound}..)"))
        }
        ("max" | "maximum" | "max_length" | "max_len", Some(bound)) => {
            Some(format!("{name}(..={bound})"))
        }
        ("len" | "size", Some(bound)) if !bound.contains("..") => {
            Some(format!("{name}({bound}..={bound})"))
        }
        _ => right(name, body),
    };
    right.unwrap_or_else(|| names::example(name).to_owned())
}

/// The advice for an item whose meaning needs more than one item.
fn explanation(name: &str, body: &ItemBody) -> Option<String> {
    let values = values(body)?;
    match (name, values.as_slice()) {
        (names::RANGE | names::LENGTH, values) => bounds_explanation(name, values),
        (_, [Expr::Lit(literal)]) if is_flag(name) => match &literal.lit {
            Lit::Bool(value) if !value.value => {
                Some("leave it out, that is what its absence means".to_owned())
            }
            _ => None,
        },
        (
            names::KEY
            | names::ALIAS
            | names::PREFIX
            | names::RENAME_ALL
            | names::SCHEMA
            | names::DEPRECATED
            | names::PATTERN,
            [value],
        ) if is_computed(value) => {
            Some("a macro can't read a constant, so write the text itself here".to_owned())
        }
        (names::VALIDATE | names::COMPARE | names::WITH, [Expr::Closure(_)]) => {
            let mut explanation = format!("give the closure a name, `{}`", names::example(name));
            if name == names::VALIDATE {
                explanation.push_str(" with `fn function(value: &V) -> Result<(), Invalid>`");
            }
            Some(explanation)
        }
        _ => None,
    }
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

/// The advice for one number instead of two ends, a step, or several ranges.
fn bounds_explanation(name: &str, values: &[Expr]) -> Option<String> {
    let has_step = values.iter().any(|value| match value {
        Expr::Assign(assign) => matches!(tidy(&assign.left).as_str(), "step" | "multiple_of"),
        Expr::MethodCall(call) => call.method == "step_by",
        _ => false,
    });
    let all_ranges = values.iter().all(|value| matches!(value, Expr::Range(_)));
    match values {
        _ if has_step => Some(format!(
            "a `{name}` has no step: write the bounds alone, `{}`, and check the step in a \
             function, `validate = path`",
            names::example(name)
        )),
        [_, _, ..] if all_ranges => Some(format!(
            "a `{name}` has no gaps: write one, and check the gaps in a function, \
             `validate = path`"
        )),
        [Expr::Lit(literal)] if !matches!(literal.lit, Lit::Str(_)) => {
            let value = tidy(literal);
            Some(format!(
                "write `{name}(..={value})` for at most {value}, `{name}({value}..)` for at \
                 least, `{name}({value}..={value})` for exactly"
            ))
        }
        _ => None,
    }
}

/// The item as it should be; `None` if its meaning is unknown.
fn right(name: &str, body: &ItemBody) -> Option<String> {
    if is_flag(name) {
        return Some(name.to_owned());
    }
    let values = values(body)?;
    match name {
        names::RANGE | names::LENGTH => bounds(&values).map(|bounds| format!("{name}({bounds})")),
        names::ONE_OF if !values.is_empty() => {
            let values: Vec<_> = values.iter().map(tidy).collect();
            Some(format!("{name}({})", values.join(", ")))
        }
        names::PATTERN => match values.as_slice() {
            [value] => literal_text(value).map(|text| format!("{name}({})", tidy(&text))),
            _ => None,
        },
        names::DEFAULT => match values.as_slice() {
            [value] => Some(format!("{name} = {}", tidy(value))),
            _ => None,
        },
        names::VALIDATE | names::COMPARE | names::WITH | names::CRATE => match values.as_slice() {
            [value] => path(value).map(|path| format!("{name} = {path}")),
            _ => None,
        },
        names::ALIAS => {
            let keys: Option<Vec<_>> = values.iter().map(quoted).collect();
            let keys = keys.filter(|keys| !keys.is_empty())?;
            let items: Vec<_> = keys.iter().map(|key| format!("{name} = {key}")).collect();
            Some(items.join(", "))
        }
        names::RENAME_ALL => match values.as_slice() {
            [value] => {
                let text = literal_text(value).map_or_else(|| tidy(value), |text| text.value());
                let case = case::nearest(&text)?;
                Some(format!("{name} = {case:?}"))
            }
            _ => None,
        },
        names::KEY | names::PREFIX | names::DEPRECATED => match values.as_slice() {
            [value] => quoted(value).map(|text| format!("{name} = {text}")),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the attribute is its name alone.
fn is_flag(name: &str) -> bool {
    names::example(name) == name
}

/// The values in the body, without the brackets around it.
fn values(body: &ItemBody) -> Option<Vec<Expr>> {
    match body {
        ItemBody::Nothing => None,
        ItemBody::Value(_, value) => Some(flat(value.clone())),
        ItemBody::List(list) => {
            let list = parsed(list.stream())?;
            Some(match <[Expr; 1]>::try_from(list) {
                Ok([value]) => flat(value),
                Err(list) => list,
            })
        }
    }
}

/// Parses values with or without commas between them.
fn parsed(tokens: TokenStream) -> Option<Vec<Expr>> {
    let commas = Punctuated::<Expr, Token![,]>::parse_terminated;
    if let Ok(values) = commas.parse2(tokens.clone()) {
        return Some(values.into_iter().collect());
    }
    let literals: Option<Vec<Expr>> = tokens
        .into_iter()
        .map(|token| syn::parse2(token.into_token_stream()).ok())
        .collect();
    literals.filter(|literals| literals.iter().all(|value| matches!(value, Expr::Lit(_))))
}

/// The entries of an array, a tuple or `"a" | "b"`.
fn flat(value: Expr) -> Vec<Expr> {
    match value {
        Expr::Array(array) => array.elems.into_iter().collect(),
        Expr::Tuple(tuple) => tuple.elems.into_iter().collect(),
        Expr::Reference(reference) => flat(*reference.expr),
        Expr::Group(group) => flat(*group.expr),
        Expr::Paren(paren) => flat(*paren.expr),
        Expr::Macro(call) if call.mac.path.is_ident("vec") => {
            let tokens = call.mac.tokens.clone();
            parsed(tokens).unwrap_or_else(|| vec![Expr::Macro(call)])
        }
        Expr::Binary(binary) if matches!(binary.op, syn::BinOp::BitOr(_)) => {
            let mut all = flat(*binary.left);
            all.extend(flat(*binary.right));
            all
        }
        value => vec![value],
    }
}

/// `1..=5` of `1..=5`, `"1..=5"`, `1, 5` and `min = 1, max = 5`.
fn bounds(values: &[Expr]) -> Option<String> {
    match values {
        [value @ Expr::Range(_)] => return Some(tidy(value)),
        [value] => {
            if let Some(text) = literal_text(value) {
                return match syn::parse_str(&text.value()) {
                    Ok(Expr::Range(range)) => Some(range_of_texts(&range)),
                    _ => None,
                };
            }
        }
        [
            low @ (Expr::Lit(_) | Expr::Unary(_)),
            high @ (Expr::Lit(_) | Expr::Unary(_)),
        ] => {
            return Some(format!("{}..={}", tidy(low), tidy(high)));
        }
        _ => {}
    }
    let (mut low, mut high) = (String::new(), None);
    for value in values {
        let Expr::Assign(assign) = value else {
            return None;
        };
        let value = tidy(&assign.right);
        match tidy(&assign.left).as_str() {
            "min" | "minimum" | "from" | "start" | "low" | "lower" | "least" | "ge" | "gte" => {
                low = value;
            }
            "max" | "maximum" | "to" | "high" | "upper" | "most" | "le" | "lte" => {
                high = Some(format!("..={value}"));
            }
            "lt" | "end" | "exclusive_max" => high = Some(format!("..{value}")),
            "equal" | "eq" => {
                low.clone_from(&value);
                high = Some(format!("..={value}"));
            }
            _ => return None,
        }
    }
    (!values.is_empty()).then(|| format!("{low}{}", high.as_deref().unwrap_or("..")))
}

/// A range inside one text: bounds with a unit stay texts.
fn range_of_texts(range: &syn::ExprRange) -> String {
    let end = |end: &Option<Box<Expr>>| match end.as_deref() {
        None => String::new(),
        Some(Expr::Lit(literal)) => {
            let written = tidy(literal);
            let suffix = match &literal.lit {
                Lit::Int(number) => number.suffix(),
                Lit::Float(number) => number.suffix(),
                _ => "",
            };
            let number = [
                "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f32", "f64", "",
            ];
            if number.contains(&suffix) {
                written
            } else {
                format!("{written:?}")
            }
        }
        Some(value) => tidy(value),
    };
    let dots = match range.limits {
        RangeLimits::HalfOpen(_) => "..",
        RangeLimits::Closed(_) => "..=",
    };
    format!("{}{dots}{}", end(&range.start), end(&range.end))
}

/// The path inside quotes or brackets.
fn path(value: &Expr) -> Option<String> {
    match value {
        Expr::Path(path) => Some(tidy(path)),
        _ => {
            let text = literal_text(value)?;
            syn::parse_str::<Path>(&text.value())
                .ok()
                .map(|path| tidy(&path))
        }
    }
}

/// A text without its quotes: `limits/rps`.
fn quoted(value: &Expr) -> Option<String> {
    if let Some(text) = literal_text(value) {
        return Some(tidy(&text));
    }
    if let Expr::Lit(literal) = value {
        return Some(format!("\"{}\"", tidy(literal)));
    }
    let text = tidy(value).replace(' ', "");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    (!text.is_empty() && text.chars().all(plain)).then(|| format!("\"{text}\""))
}

#[cfg(test)]
mod tests {
    use super::{instead, renamed};
    use crate::syntax::item::Item;
    use crate::syntax::names;

    fn item(written: &str) -> Item {
        syn::parse_str(written).unwrap()
    }

    #[test]
    fn what_was_meant_is_written_as_it_should_be() {
        for (written, right) in [
            ("range = 1..5", "write `range(1..5)`"),
            ("range = \"1..5\"", "write `range(1..5)`"),
            ("range = \"1s..=5m\"", "write `range(\"1s\"..=\"5m\")`"),
            ("range(1, 5)", "write `range(1..=5)`"),
            ("range(-1, 5)", "write `range(-1..=5)`"),
            ("range(min = 1, max = 5)", "write `range(1..=5)`"),
            ("range(max = 5)", "write `range(..=5)`"),
            ("length(min = 1)", "write `length(1..)`"),
            ("one_of = [\"a\", \"b\"]", "write `one_of(\"a\", \"b\")`"),
            ("one_of([1, 2])", "write `one_of(1, 2)`"),
            ("one_of(\"a\" | \"b\")", "write `one_of(\"a\", \"b\")`"),
            ("one_of(\"a\" \"b\")", "write `one_of(\"a\", \"b\")`"),
            ("pattern = r\"^\\d$\"", "write `pattern(r\"^\\d$\")`"),
            ("default(\"x\")", "write `default = \"x\"`"),
            ("key(\"x\")", "write `key = \"x\"`"),
            ("key = limits/rps", "write `key = \"limits/rps\"`"),
            (
                "alias(\"a\", \"b\")",
                "write `alias = \"a\", alias = \"b\"`",
            ),
            ("nested = true", "write `nested`"),
            ("secret(true)", "write `secret`"),
            (
                "nested = false",
                "leave it out, that is what its absence means",
            ),
            ("with = \"codec::hex\"", "write `with = codec::hex`"),
            ("validate(even)", "write `validate = even`"),
        ] {
            let item = item(written);
            assert_eq!(instead(&item.name, item.body()), right, "{written}");
        }
    }

    #[test]
    fn names_of_other_libraries_keep_their_values() {
        for (written, name, right) in [
            ("min = 1", names::RANGE, "range(1..)"),
            ("max = 5", names::RANGE, "range(..=5)"),
            ("max_length = 80", names::LENGTH, "length(..=80)"),
            ("len = 5", names::LENGTH, "length(5..=5)"),
            ("regex = \"^a\"", names::PATTERN, "pattern(\"^a\")"),
            ("rename = \"p\"", names::KEY, "key = \"p\""),
            ("flatten", names::NESTED, "nested"),
            ("defualt = 8", names::DEFAULT, "default = 8"),
            ("lenght(1..)", names::LENGTH, "length(1..)"),
            ("name", names::KEY, "key = \"limits/rps\""),
        ] {
            let item = item(written);
            assert_eq!(renamed(&item.name, name, item.body()), right, "{written}");
        }
    }
}
