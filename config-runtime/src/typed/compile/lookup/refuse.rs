//! The message about a key that a schema does not have.
//!
//! In: the tree and the text. Out: a panic with the text to write instead: the key of an alias, of
//! the names of Rust, or of a similar spelling. A misspelling is looked for only among siblings.

use super::{after_slash, below};
use crate::typed::compile::distance::distance;
use crate::typed::compile::message::Message;
use crate::typed::tree::{Field, Kind, Tree};

/// Panics, because there is no such key.
#[track_caller]
#[expect(clippy::panic, reason = "how a constant refuses to compile")]
pub(super) const fn refuse(tree: &Tree, text: &str) -> ! {
    let message = message(tree, text);
    panic!("{}", message.as_str())
}

const fn message(tree: &Tree, text: &str) -> Message {
    let mut message = Message::new();
    let mut key = Message::new();
    let mut section = tree;
    let mut left = trimmed(text);
    let mut by_alias = false;
    'down: loop {
        let mut fields = section.fields;
        while let [field, rest @ ..] = fields {
            fields = rest;
            let Some(found) = match_field(left, field) else {
                continue;
            };
            by_alias |= found.by_alias;
            key.push_segments(field.key);
            match field.kind {
                Kind::Skipped => {
                    message.push("the field ");
                    push_quoted(&mut message, field.name);
                    message.push(" is `#[hot(skip)]`: it has no key and never changes");
                }
                _ if found.left.is_empty() => {
                    if by_alias {
                        push_quoted(&mut message, text);
                        message.push(" is an old key, an `alias`");
                    } else {
                        push_unknown(&mut message, tree, text);
                    }
                    message.push(": write ");
                    push_quoted(&mut message, key.as_str());
                }
                Kind::Section(tree) => {
                    section = tree;
                    left = after_slash(found.left);
                    continue 'down;
                }
                Kind::Map(_) => {
                    let why = ", a map whose entries are named in the store";
                    push_beyond(&mut message, text, key.as_str(), why);
                }
                Kind::Leaf(_) => {
                    push_beyond(&mut message, text, key.as_str(), ", which is one key");
                }
            }
            return message;
        }
        break;
    }
    push_unknown(&mut message, tree, text);
    message.push(": ");
    match nearest(section, left) {
        Some(near) => {
            key.push_segments(near);
            message.push("the nearest is ");
            push_quoted(&mut message, key.as_str());
        }
        None => push_siblings(&mut message, section, key.as_str()),
    }
    message
}

/// A field that may be meant.
struct Match<'t> {
    /// The rest of the text.
    left: &'t str,
    by_alias: bool,
}

/// Whether the text begins with the field's key, an alias, or another spelling of its key or name.
const fn match_field<'t>(text: &'t str, field: &Field) -> Option<Match<'t>> {
    let mut left = None;
    let mut by_alias = false;
    if !matches!(field.kind, Kind::Skipped) {
        left = below(text, field.key);
        let mut aliases = field.aliases;
        while let ([alias, rest @ ..], None) = (aliases, left) {
            left = below(text, alias);
            by_alias = left.is_some();
            aliases = rest;
        }
        if left.is_none() {
            left = alike(text, field.key);
        }
    }
    if left.is_none() {
        left = alike(text, field.name);
    }
    match left {
        Some(left) => Some(Match { left, by_alias }),
        None => None,
    }
}

/// The rest of the text after a loose form of this key: nothing, or a separator of segments and
/// more.
const fn alike<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut left = text.as_bytes();
    let mut wanted = key.as_bytes();
    loop {
        while let [b'_' | b'-', rest @ ..] = left {
            left = rest;
        }
        while let [b'_' | b'-', rest @ ..] = wanted {
            wanted = rest;
        }
        let [letter, wanted_rest @ ..] = wanted else {
            break;
        };
        let [other, left_rest @ ..] = left else {
            return None;
        };
        if !(other.eq_ignore_ascii_case(letter) || matches!((other, letter), (b'.', b'/'))) {
            return None;
        }
        left = left_rest;
        wanted = wanted_rest;
    }
    match left {
        [] | [b'/' | b'.', ..] => Some(text.split_at(text.len() - left.len()).1),
        _ => None,
    }
}

/// The key of a section's field with the most similar spelling, if there is a similar one.
const fn nearest(section: &Tree, text: &str) -> Option<&'static str> {
    let mut nearest = None;
    let mut min = usize::MAX;
    let mut fields = section.fields;
    while let [field, rest @ ..] = fields {
        if !matches!(field.kind, Kind::Skipped)
            && let Some(far) = distance(first_segments(text, field.key), field.key)
            && far < min
        {
            min = far;
            nearest = Some(field.key);
        }
        fields = rest;
    }
    nearest
}

/// The first segments of a text, as many as the key has.
const fn first_segments<'t>(text: &'t str, key: &str) -> &'t str {
    let mut slashes = 0;
    let mut bytes = key.as_bytes();
    while let [byte, rest @ ..] = bytes {
        slashes += (*byte == b'/') as usize;
        bytes = rest;
    }
    let mut bytes = text.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if *byte == b'/' {
            if slashes == 0 {
                return text.split_at(text.len() - bytes.len()).0;
            }
            slashes -= 1;
        }
        bytes = rest;
    }
    text
}

/// The text without the slashes around it.
const fn trimmed(text: &str) -> &str {
    let mut text = text;
    while let [b'/', ..] = text.as_bytes() {
        text = after_slash(text);
    }
    while let [.., b'/'] = text.as_bytes() {
        text = text.split_at(text.len() - 1).0;
    }
    text
}

const fn push_quoted(message: &mut Message, text: &str) {
    message.push("`");
    message.push(text);
    message.push("`");
}

const fn push_unknown(message: &mut Message, tree: &Tree, text: &str) {
    message.push("`");
    message.push(tree.name);
    message.push("` has no key ");
    push_quoted(message, text);
}

const fn push_beyond(message: &mut Message, text: &str, key: &str, why: &str) {
    push_quoted(message, text);
    message.push(" goes on behind ");
    push_quoted(message, key);
    message.push(why);
    message.push(": end it there");
}

/// Adds the first keys of a section, as many as can be read at a glance.
const fn push_siblings(message: &mut Message, section: &Tree, above: &str) {
    const SHOWN: usize = 8;
    message.push(if above.is_empty() {
        "the struct has "
    } else {
        "that section has "
    });
    let mut count = 0;
    let mut fields = section.fields;
    while let [field, rest @ ..] = fields {
        fields = rest;
        if matches!(field.kind, Kind::Skipped) {
            continue;
        }
        if count > 0 {
            message.push(", ");
        }
        if count == SHOWN {
            message.push("…");
            return;
        }
        let mut key = Message::new();
        key.push(above);
        key.push_segments(field.key);
        push_quoted(message, key.as_str());
        count += 1;
    }
    if count == 0 {
        message.push("none");
    }
}

#[cfg(test)]
mod tests;
