//! The message about a key that a schema does not have.
//!
//! In: the tree and the text. Out: a panic with the text to write instead. The intended key is
//! tried from the most likely on: the same below the prefix, an old key, the names of Rust, another
//! case, a misspelling, a section left out. A misspelling is looked for only among siblings.

use super::{after_slash, below};
use crate::typed::compile::distance::distance;
use crate::typed::compile::message::Message;
use crate::typed::tree::{Field, Kind, Tree};

/// The allowed difference between a text and a key.
#[derive(Clone, Copy)]
enum How {
    /// None.
    Exact,
    /// An alias is allowed.
    Alias,
    /// The name of a field is allowed, dots may replace slashes, and case, `-` and `_` do not
    /// count.
    Loose,
}

/// The meaning of a text.
enum Meaning {
    /// A field with this key.
    Key(Message),
    /// Below this key, which has nothing below it.
    Below(Message),
    /// Below this key of a map, whose entries are named in the store.
    Entry(Message),
    /// The name of a field without a key.
    Skipped(&'static str),
    Nothing,
}

/// Panics, because there is no such key.
#[track_caller]
#[expect(clippy::panic, reason = "how a constant refuses to compile")]
pub(super) const fn refuse(tree: &Tree, text: &str) -> ! {
    let message = message(tree, text);
    panic!("{}", message.as_str())
}

const fn message(tree: &Tree, written: &str) -> Message {
    let mut message = Message::new();
    if written.is_empty() {
        message.push("a key is not empty: ");
        push_siblings(&mut message, tree, "");
        return message;
    }
    let mut text = trimmed(written);
    let mut wrong = "";
    if text.len() < written.len() {
        wrong = match written.as_bytes() {
            [b'/', ..] => "a key is written below the prefix, without a slash before it",
            _ => "a key has no slash at its end",
        };
    }
    if let Some(prefix) = tree.prefix
        && let Some(short) = below_prefix(text, trimmed(prefix))
    {
        text = short;
        wrong = "a key is written below the prefix";
        if text.is_empty() {
            message.push("this is the prefix, which stands before every key: ");
            push_siblings(&mut message, tree, "");
            return message;
        }
    }
    let hows: &[How] = &[How::Exact, How::Alias, How::Loose];
    let mut hows = hows;
    while let [how, rest @ ..] = hows {
        match meaning(tree, text, *how) {
            Meaning::Key(key) => {
                match how {
                    How::Exact => message.push(wrong),
                    How::Alias => {
                        push_quoted(&mut message, text);
                        message.push(" is an old key, an `alias`");
                    }
                    How::Loose => push_unknown(&mut message, tree, text),
                }
                message.push(": write ");
                push_quoted(&mut message, key.as_str());
                return message;
            }
            Meaning::Below(key) => {
                push_quoted(&mut message, text);
                message.push(" goes into the value of ");
                push_quoted(&mut message, key.as_str());
                message.push(", which is one key: end it there");
                return message;
            }
            Meaning::Entry(key) => {
                push_quoted(&mut message, text);
                message.push(" goes into the map ");
                push_quoted(&mut message, key.as_str());
                message.push(", whose entries are named in the store: end it there");
                return message;
            }
            Meaning::Skipped(name) => {
                message.push("the field ");
                push_quoted(&mut message, name);
                message.push(" is `#[hot(skip)]`: it has no key and never changes");
                return message;
            }
            Meaning::Nothing => {}
        }
        hows = rest;
    }
    nearest(tree, text, &mut message);
    message
}

/// The meaning of the text, with this allowed difference.
const fn meaning(tree: &Tree, text: &str, how: How) -> Meaning {
    let mut key = Message::new();
    let mut section = tree;
    let mut left = text;
    'down: loop {
        let mut fields = section.fields;
        while let [field, rest @ ..] = fields {
            if let Some(below) = match_field(left, field, how) {
                if let Kind::Skipped = field.kind {
                    return Meaning::Skipped(field.name);
                }
                if !key.as_str().is_empty() {
                    key.push("/");
                }
                key.push(field.key);
                if below.is_empty() {
                    return Meaning::Key(key);
                }
                match field.kind {
                    Kind::Section(tree) => {
                        section = tree;
                        left = after_slash(below);
                        continue 'down;
                    }
                    Kind::Map(_) => return Meaning::Entry(key),
                    Kind::Leaf(_) | Kind::Skipped => return Meaning::Below(key),
                }
            }
            fields = rest;
        }
        return Meaning::Nothing;
    }
}

/// The rest of the text after this field's key, or after an allowed form of it.
const fn match_field<'t>(text: &'t str, field: &Field, how: How) -> Option<&'t str> {
    if let Kind::Skipped = field.kind {
        return match how {
            How::Exact | How::Alias => None,
            How::Loose => alike(text, field.name),
        };
    }
    if let Some(left) = below(text, field.key) {
        return Some(left);
    }
    match how {
        How::Exact => None,
        How::Alias => {
            let mut aliases = field.aliases;
            while let [alias, rest @ ..] = aliases {
                if let Some(left) = below(text, alias) {
                    return Some(left);
                }
                aliases = rest;
            }
            None
        }
        How::Loose => match alike(text, field.key) {
            Some(left) => Some(left),
            None => alike(text, field.name),
        },
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

/// Reports that there is no such key, and the most likely ones.
const fn nearest(tree: &Tree, text: &str, message: &mut Message) {
    push_unknown(message, tree, text);
    // As deep as the text is right.
    let mut section = tree;
    let mut left = text;
    'down: loop {
        let mut fields = section.fields;
        while let [field, rest @ ..] = fields {
            if let Kind::Section(tree) = field.kind
                && let Some(below) = below(left, field.key)
                && below.len() > 1
            {
                section = tree;
                left = after_slash(below);
                continue 'down;
            }
            fields = rest;
        }
        break;
    }
    let (above, _) = text.split_at(text.len() - left.len());
    let mut near = Near::new();
    begins(section, above, left, &mut near);
    if near.count() == 0 {
        misspelt(section, above, left, &mut near);
    }
    if near.count() == 0 {
        elsewhere(tree, &Message::new(), last_segment(text), &mut near);
    }
    message.push(": ");
    let [first, second, third] = &near.keys;
    match near.count() {
        0 => push_siblings(message, section, above),
        1 => {
            message.push("the nearest is ");
            push_quoted(message, first.as_str());
        }
        count => {
            message.push("the nearest are ");
            push_quoted(message, first.as_str());
            if count > 2 {
                message.push(", ");
                push_quoted(message, second.as_str());
            }
            message.push(" and ");
            push_quoted(message, if count > 2 { third } else { second }.as_str());
        }
    }
}

/// Up to three keys, the nearest first.
///
/// A key more than twice as far as the nearest is not near: keys of one directory begin alike.
struct Near {
    keys: [Message; 3],
    distances: [usize; 3],
}

impl Near {
    const fn new() -> Self {
        Self {
            keys: [Message::new(); 3],
            distances: [usize::MAX; 3],
        }
    }

    const fn add(&mut self, key: &Message, distance: usize) {
        let [first, second, third] = &mut self.keys;
        let [first_distance, second_distance, third_distance] = &mut self.distances;
        if distance < *first_distance {
            (*third, *third_distance) = (*second, *second_distance);
            (*second, *second_distance) = (*first, *first_distance);
            (*first, *first_distance) = (*key, distance);
        } else if distance < *second_distance {
            (*third, *third_distance) = (*second, *second_distance);
            (*second, *second_distance) = (*key, distance);
        } else if distance < *third_distance {
            (*third, *third_distance) = (*key, distance);
        }
    }

    /// The number of near keys.
    const fn count(&self) -> usize {
        let mut count = 0;
        let [nearest, ..] = self.distances;
        let mut distances: &[usize] = &self.distances;
        while let [distance, rest @ ..] = distances {
            if *distance != usize::MAX && *distance <= 2 * nearest {
                count += 1;
            }
            distances = rest;
        }
        count
    }
}

/// Adds the keys that have the text as a directory.
const fn begins(section: &Tree, above: &str, text: &str, near: &mut Near) {
    let mut fields = section.fields;
    while let [field, rest @ ..] = fields {
        if let Some(left) = below(field.key, trimmed(text))
            && !left.is_empty()
        {
            let mut key = Message::new();
            key.push(above);
            key.push(field.key);
            near.add(&key, 0);
        }
        fields = rest;
    }
}

/// Adds the keys with a similar spelling.
const fn misspelt(section: &Tree, above: &str, text: &str, near: &mut Near) {
    let mut fields = section.fields;
    while let [field, rest @ ..] = fields {
        fields = rest;
        let (start, left) = match field.kind {
            Kind::Skipped => continue,
            Kind::Leaf(_) => (text, ""),
            Kind::Section(_) | Kind::Map(_) => split_segments(text, segments(field.key)),
        };
        let Some(far) = distance(start, field.key) else {
            continue;
        };
        let mut key = Message::new();
        key.push(above);
        key.push(field.key);
        if let Kind::Section(tree) = field.kind
            && let Meaning::Key(rest) = meaning(tree, left, How::Loose)
        {
            key.push("/");
            key.push(rest.as_str());
        }
        near.add(&key, far);
    }
}

/// Adds the keys with this name in other sections.
const fn elsewhere(section: &Tree, above: &Message, name: &str, near: &mut Near) {
    let mut fields = section.fields;
    while let [field, rest @ ..] = fields {
        fields = rest;
        if let Kind::Skipped = field.kind {
            continue;
        }
        let mut key = *above;
        if !key.as_str().is_empty() {
            key.push("/");
        }
        key.push(field.key);
        if super::same(last_segment(field.key), name) {
            near.add(&key, 0);
        }
        if let Kind::Section(tree) = field.kind {
            elsewhere(tree, &key, name, near);
        }
    }
}

/// The text after the prefix, if it begins with the prefix with values for the variables.
const fn below_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let mut text = text;
    let mut prefix = prefix;
    while !prefix.is_empty() {
        let (wanted, prefix_left) = split_segments(prefix, 1);
        let (segment, left) = split_segments(text, 1);
        if segment.is_empty() || !has_variable(wanted) && !super::same(segment, wanted) {
            return None;
        }
        prefix = prefix_left;
        text = left;
    }
    Some(text)
}

const fn has_variable(segment: &str) -> bool {
    let mut bytes = segment.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if *byte == b'{' {
            return true;
        }
        bytes = rest;
    }
    false
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

/// The number of segments of a key.
const fn segments(key: &str) -> usize {
    let mut count = 1;
    let mut bytes = key.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if *byte == b'/' {
            count += 1;
        }
        bytes = rest;
    }
    count
}

/// The first `count` segments of a text, and the text after their slash.
const fn split_segments(text: &str, count: usize) -> (&str, &str) {
    let mut seen = 0;
    let mut bytes = text.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if *byte == b'/' {
            seen += 1;
            if seen == count {
                let (start, left) = text.split_at(text.len() - bytes.len());
                return (start, after_slash(left));
            }
        }
        bytes = rest;
    }
    (text, "")
}

const fn last_segment(text: &str) -> &str {
    let mut bytes = text.as_bytes();
    while let [rest @ .., byte] = bytes {
        if *byte == b'/' {
            return text.split_at(bytes.len()).1;
        }
        bytes = rest;
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

/// Adds the first keys of a section, as many as can be read at a glance.
const fn push_siblings(message: &mut Message, section: &Tree, above: &str) {
    const SHOWN: usize = 8;
    let mut total = 0;
    let mut fields = section.fields;
    while let [field, rest @ ..] = fields {
        if !matches!(field.kind, Kind::Skipped) {
            total += 1;
        }
        fields = rest;
    }
    message.push(if above.is_empty() {
        "the struct has "
    } else {
        "that section has "
    });
    if total == 0 {
        message.push("none");
    }
    let mut count = 0;
    let mut fields = section.fields;
    while let [field, rest @ ..] = fields {
        fields = rest;
        if matches!(field.kind, Kind::Skipped) {
            continue;
        }
        if count == SHOWN {
            message.push(" and ");
            message.push_number((total - count) as i128);
            message.push(" more");
            return;
        }
        if count > 0 {
            message.push(if count + 1 == total { " and " } else { ", " });
        }
        message.push("`");
        message.push(above);
        message.push(field.key);
        message.push("`");
        count += 1;
    }
}

#[cfg(test)]
mod tests;
