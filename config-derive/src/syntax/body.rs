//! The body of an item, behind its name: nothing, `= value` or `(list)`.

use proc_macro2::{Delimiter, Group};
use syn::{Expr, Lit, LitStr, Token};

/// The part of an item behind its name.
pub(super) enum ItemBody {
    Nothing,
    Value(Token![=], Expr),
    List(Group),
}

/// Whether a list has the brackets that attributes have.
pub(super) fn in_parentheses(list: &Group) -> bool {
    list.delimiter() == Delimiter::Parenthesis
}

/// The string, if the expression is a string literal.
pub(super) fn literal_text(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.clone()),
            _ => None,
        },
        Expr::Group(group) => literal_text(&group.expr),
        _ => None,
    }
}
