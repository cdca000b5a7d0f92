//! Prints tokens the way people write them: `Option<String>`, `1..=64`, `60 * 5`.
//!
//! In: tokens. Out: one line for schemas and messages. rustc's own printing differs between
//! releases and puts spaces around every token.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// The tokens on one line.
pub(crate) fn tidy(tokens: &impl ToTokens) -> String {
    let mut line = String::new();
    print(tokens.to_token_stream(), &mut line);
    line
}

/// The kind of the last token, as far as the space after it depends on it.
#[derive(Clone, Copy, PartialEq)]
enum LastToken {
    /// Nothing, or a token with no space after it.
    Glue,
    /// A name, a number, a closing bracket.
    Word,
    /// A sign that has a space after it.
    Sign,
}

fn print(tokens: TokenStream, line: &mut String) {
    let mut last = LastToken::Glue;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::None => ("", ""),
                };
                if last == LastToken::Sign {
                    line.push(' ');
                }
                line.push_str(open);
                print(group.stream(), line);
                line.push_str(close);
                last = LastToken::Word;
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if last != LastToken::Glue {
                    line.push(' ');
                }
                line.push_str(&token.to_string());
                last = LastToken::Word;
            }
            TokenTree::Punct(punct) => {
                let mut sign = punct.as_char().to_string();
                let mut spacing = punct.spacing();
                while spacing == Spacing::Joint {
                    let Some(TokenTree::Punct(next)) = tokens.peek() else {
                        break;
                    };
                    sign.push(next.as_char());
                    spacing = next.spacing();
                    tokens.next();
                }
                last = match sign.as_str() {
                    "," | ";" => {
                        line.push_str(&sign);
                        LastToken::Sign
                    }
                    "+" | "-" | "*" | "/" | "%" | "=" | "==" | "=>" | "->" | "&&" | "||" | "|"
                        if last == LastToken::Word =>
                    {
                        line.push(' ');
                        line.push_str(&sign);
                        LastToken::Sign
                    }
                    ">" => {
                        line.push_str(&sign);
                        // `Vec<u8> + x` is rarer than `Vec<u8>::new`.
                        LastToken::Word
                    }
                    _ => {
                        if last == LastToken::Sign {
                            line.push(' ');
                        }
                        line.push_str(&sign);
                        LastToken::Glue
                    }
                };
            }
        }
    }
}

/// A type with its tokens at the place of the check: the error is there, not at the type.
pub(crate) fn moved(ty: &impl ToTokens, to: Span) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(token.span().located_at(to));
        token
    };
    ty.to_token_stream().into_iter().map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn tokens_are_printed_as_people_write_them() {
        for written in [
            "Option<String>",
            "std::collections::BTreeMap<String, Vec<u8>>",
            "1..=64",
            "..=80",
            "-5..5",
            "60 * 5",
            "[u8; 4]",
            "(u8, bool)",
            "Duration::from_secs(30)",
            "Box<dyn Fn(&str)>",
            "&'static str",
            "\"1s\"..=\"5m\"",
            "HashMap::<String, u8>::new()",
        ] {
            let tokens: proc_macro2::TokenStream = written.parse().unwrap();
            assert_eq!(tidy(&tokens), written);
        }
    }
}
