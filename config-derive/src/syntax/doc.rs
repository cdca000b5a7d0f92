//! Joins doc comments into one text.

use syn::{Attribute, Expr, Lit, Meta};

/// The doc comment's lines, without the space that follows `///` or the star of a block.
pub(super) fn joined(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(literal) = &meta.value else {
            continue;
        };
        if let (true, Lit::Str(text)) = (meta.path.is_ident("doc"), &literal.lit) {
            let text = text.value();
            let block = text.contains('\n');
            for line in text.split('\n') {
                let line = if block {
                    let line = line.trim_start();
                    line.strip_prefix('*').unwrap_or(line)
                } else {
                    line
                };
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned());
            }
        }
    }
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn lines_and_blocks_become_one_text() {
        let input: syn::ItemStruct = syn::parse_quote! {
            #[doc = " First."]
            #[doc = ""]
            #[doc = "   indented"]
            #[doc = "\n * Second.\n"]
            struct S;
        };
        assert_eq!(joined(&input.attrs), "First.\n\n  indented\n\nSecond.");
    }
}
