//! Markdown, taken apart into sentences.
//!
//! In: a text in Markdown. Out: the sentences of its paragraphs and lists. Code blocks, tables,
//! headings, HTML and the addresses of links are left out. Inline code is one word.

use std::fmt;

use pulldown_cmark::{BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sentence {
    /// The line of the paragraph's or the list item's begin; the first is 1.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// The place of a space within inline code.
const SPACE_IN_CODE: char = '␣';

/// Words with a full stop that ends no sentence.
const ABBREVIATIONS: [&str; 5] = ["e.g.", "i.e.", "cf.", "vs.", "approx."];

impl Sentence {
    pub(crate) fn words(&self) -> usize {
        let words = self.text.split_whitespace();
        words
            .filter(|word| word.contains(char::is_alphanumeric))
            .count()
    }

    /// Whether it begins with a relative clause: with one of four words, and is no question.
    pub(crate) fn begins_with_a_relative_clause(&self) -> bool {
        let is_letter = |letter: char| letter.is_alphabetic();
        let begin = self.text.trim_start_matches(|letter| !is_letter(letter));
        let word = begin.split(|letter| !is_letter(letter)).next();
        let word = word.unwrap_or_default().to_lowercase();
        let is_code = self.text.starts_with('`');
        let is_question = self.text.trim_end_matches(is_closing).ends_with('?');
        ["what", "who", "whoever", "where"].contains(&word.as_str()) && !is_code && !is_question
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text.replace(SPACE_IN_CODE, " "))
    }
}

/// The sentences of a text in Markdown.
pub(crate) fn sentences(markdown: &str) -> Vec<Sentence> {
    // A link to an item, [`Hot`], has no definition; the callback makes it a link all the same.
    let mut to_item = |_: BrokenLink<'_>| Some((CowStr::Borrowed("item"), CowStr::Borrowed("")));
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
    let parser = Parser::new_with_broken_link_callback(markdown, options, Some(&mut to_item));
    let mut sentences = Vec::new();
    let mut block = Sentence {
        line: 0,
        text: String::new(),
    };
    let mut skipped = 0_usize;
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(tag) if !is_inline(tag.to_end()) => {
                split(&mut block, &mut sentences);
                skipped += usize::from(is_skipped(tag.to_end()));
            }
            Event::End(tag) if !is_inline(tag) => {
                split(&mut block, &mut sentences);
                skipped -= usize::from(is_skipped(tag));
            }
            Event::Start(Tag::Image { .. }) => skipped += 1,
            Event::End(TagEnd::Image) => skipped -= 1,
            _ if skipped > 0 => {}
            Event::Text(text) => push(&mut block, &text, markdown, range.start),
            Event::Code(code) => {
                let code = code.replace(char::is_whitespace, &SPACE_IN_CODE.to_string());
                push(&mut block, &format!("`{code}`"), markdown, range.start);
            }
            Event::SoftBreak | Event::HardBreak => block.text.push(' '),
            _ => {}
        }
    }
    split(&mut block, &mut sentences);
    sentences
}

/// Adds a piece of text to a block.
fn push(block: &mut Sentence, text: &str, markdown: &str, start: usize) {
    if block.text.is_empty() {
        let before = markdown.get(..start).unwrap_or_default();
        block.line = 1 + before.matches('\n').count();
    }
    block.text.push_str(text);
}

/// Whether a tag is within a paragraph.
fn is_inline(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
    )
}

/// Whether the text of a block is left out.
fn is_skipped(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::CodeBlock | TagEnd::Table | TagEnd::Heading(_) | TagEnd::HtmlBlock
    )
}

/// Moves the sentences of a block to the others, and empties it.
fn split(block: &mut Sentence, sentences: &mut Vec<Sentence>) {
    let text = std::mem::take(&mut block.text);
    let mut sentence = String::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(word);
        if words.peek().is_none_or(|next| ends_before(word, next)) {
            sentences.push(Sentence {
                line: block.line,
                text: std::mem::take(&mut sentence),
            });
        }
    }
}

/// Whether a sentence ends between two words.
fn ends_before(word: &str, next: &str) -> bool {
    let bare = word.trim_end_matches(is_closing);
    let abbreviated = bare.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let next = next.trim_start_matches(|letter: char| "(\"“„‘'[".contains(letter));
    bare.ends_with(['.', '!', '?'])
        && !ABBREVIATIONS.contains(&abbreviated)
        && !next.starts_with(char::is_lowercase)
}

/// Whether a character may follow the end of a sentence.
fn is_closing(letter: char) -> bool {
    ")\"”’']".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(markdown: &str) -> Vec<String> {
        let sentences = sentences(markdown);
        sentences
            .into_iter()
            .map(|sentence| sentence.text)
            .collect()
    }

    #[test]
    fn a_sentence_ends_at_its_full_stop_and_with_its_block() {
        assert_eq!(
            texts("One ends. Two?\nThree (four.) `five` is code.\n\n- six\n- seven: 1.2 ms"),
            [
                "One ends.",
                "Two?",
                "Three (four.)",
                "`five` is code.",
                "six",
                "seven: 1.2 ms"
            ]
        );
    }

    #[test]
    fn abbreviations_and_code_end_no_sentence() {
        let text = "A unit, e.g. `1 s. Or`, i.e. time, cf. Size, is a word.";
        assert_eq!(texts(text), [text.replace("1 s. Or", "1␣s.␣Or")]);
        assert_eq!(
            texts("The method `Hot::load(). See` it."),
            ["The method `Hot::load().␣See` it."]
        );
    }

    #[test]
    fn only_prose_is_left() {
        let markdown = "\
# A heading. Of two.

A [`Hot`] and a [link](https://example.org/a.b?c=d).

| what | who |
| --- | --- |
| a cell. | Another. |

```
code. More code.
```

![A picture.](a.png)
<p>HTML. More.</p>

> A quotation.
";
        assert_eq!(texts(markdown), ["A `Hot` and a link.", "A quotation."]);
    }

    #[test]
    fn a_sentence_knows_the_line_of_its_block() {
        let lines: Vec<usize> = sentences("# A\n\nB\nb. C.\n\n- D\n- E")
            .iter()
            .map(|s| s.line)
            .collect();
        assert_eq!(lines, [3, 3, 6, 7]);
    }

    fn one(text: &str) -> Sentence {
        Sentence {
            line: 1,
            text: text.to_owned(),
        }
    }

    #[test]
    fn words_have_a_letter_or_a_digit() {
        assert_eq!(one("At most `1␣s.␣Or` – 5 × ½ of it.").words(), 7);
    }

    #[test]
    fn a_question_begins_with_no_relative_clause() {
        for text in [
            "What is refused is held.",
            "\"Whoever\" polls.",
            "where the keys live",
            "Where's one.",
        ] {
            assert!(one(text).begins_with_a_relative_clause(), "{text}");
        }
        for text in [
            "What is held?",
            "(Where is it?)",
            "Whatever is held.",
            "`what` is a word.",
            "Somewhere.",
        ] {
            assert!(!one(text).begins_with_a_relative_clause(), "{text}");
        }
    }
}
