//! Text for messages.
//!
//! In: bytes and names from outside the program. Out: one line of text with a limited length. For a
//! value of several parts, which may have a secret inside, it shows only the shape. It knows no
//! keys, no fields and no store.

use serde_json::Value;

/// Text from a store for a message: quoted, without control characters, and of limited length.
///
/// Only the shape of a JSON array or object is shown: a secret may be behind the point of failure.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    if let Some(b'[' | b'{') = bytes.trim_ascii_start().first() {
        return match json(bytes) {
            Some(value) => shape(&value, &|_| true),
            None => format!("{} bytes that are not JSON", bytes.len()),
        };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().nth(MAX_CHARS).is_some() => {
            format!("\"{}\" ({} bytes)", shown(bytes), bytes.len())
        }
        Ok(_) => format!("\"{}\"", shown(bytes)),
        Err(_) => format!("{} bytes that are not UTF-8", bytes.len()),
    }
}

/// Like [`excerpt`], for a value that may have a secret anywhere: shows only these names.
pub(crate) fn outline(bytes: &[u8], names: &[&str]) -> String {
    match json(bytes) {
        Some(Value::String(_)) => "a JSON string".to_owned(),
        Some(Value::Number(_)) => "a JSON number".to_owned(),
        Some(value) => shape(&value, &|name| names.contains(&name)),
        None => format!("{} bytes", bytes.len()),
    }
}

/// The JSON in these bytes. It is read from a text, as values are: `serde_json` compiles each kind
/// of input separately.
fn json(bytes: &[u8]) -> Option<Value> {
    serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()
}

/// A JSON value without its texts, numbers and unknown names, with a limited length.
fn shape(value: &Value, is_known: &dyn Fn(&str) -> bool) -> String {
    let mut shape = String::new();
    sketch(value, is_known, &mut shape);
    match shape.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => shape.get(..end).unwrap_or_default().to_owned() + "…",
        None => shape,
    }
}

/// Adds the value to the sketch, until the sketch is long enough.
fn sketch(value: &Value, is_known: &dyn Fn(&str) -> bool, out: &mut String) {
    match value {
        _ if out.len() > 4 * MAX_CHARS => {}
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().take(MAX_CHARS).enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                sketch(item, is_known, out);
            }
            out.push(']');
        }
        Value::Object(items) => {
            out.push('{');
            for (place, (name, value)) in items.iter().take(MAX_CHARS).enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                let name = is_known(name).then(|| format!("{name:?}: "));
                out.push_str(name.as_deref().unwrap_or("…: "));
                sketch(value, is_known, out);
            }
            out.push('}');
        }
        Value::String(_) | Value::Number(_) => out.push('…'),
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
    }
}

/// The maximum number of characters of a value that a message repeats.
const MAX_CHARS: usize = 80;

/// Text from a store without quotes, without control characters, and of limited length.
pub(crate) fn shown(bytes: &[u8]) -> String {
    // Only the first characters are shown, and a value may be big.
    let bytes = bytes.get(..4 * (MAX_CHARS + 1)).unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let shown = text.chars().take(MAX_CHARS).flat_map(char::escape_debug);
    shown
        .chain(text.chars().nth(MAX_CHARS).map(|_| '…'))
        .collect()
}

/// Whether a character could mislead a reader: it ends the line, moves the cursor, changes the
/// direction of the text, or is invisible.
pub(crate) fn misleads(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Foreign text for a message: on one line, and all of it visible.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if misleads(char) {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// A whole key from a store, for a message: without control characters, and of limited length.
pub(crate) fn shown_key(key: &[u8]) -> String {
    const MAX: usize = 300;
    let key = String::from_utf8_lossy(key);
    let shown = key.chars().take(MAX).flat_map(char::escape_debug);
    let more = key.chars().nth(MAX).map(|_| '…');
    shown.chain(more).collect()
}

/// A message that may quote a value: without control characters, and of limited length. Its end is
/// kept, because it may name the position in the JSON.
pub(crate) fn shorten(message: &str) -> String {
    const FIRST: usize = 80;
    const LAST: usize = 120;
    let cut = message.char_indices().rev().nth(LAST - 1).map(|(at, _)| at);
    let (first, last) = match cut.and_then(|cut| message.split_at_checked(cut)) {
        Some((head, tail)) if head.chars().nth(FIRST).is_some() => (head, Some(tail)),
        _ => (message, None),
    };
    let first = first
        .chars()
        .take(if last.is_some() { FIRST } else { usize::MAX });
    let gap = last.is_some().then_some('…');
    let last = last.unwrap_or_default().chars();
    printable(&first.chain(gap).chain(last).collect::<String>())
}

/// A choice of words: ``one of `a`, `b` ``.
pub(crate) fn one_of_words(words: &[impl AsRef<str>]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("`{}`", word.as_ref()))
        .collect();
    match words.as_slice() {
        [word] => word.clone(),
        words => format!("one of {}", words.join(", ")),
    }
}

/// Adds the most likely intended word.
pub(crate) fn suggest(wrong: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("{wrong}: did you mean `{near}`?"),
        None => wrong.to_owned(),
    }
}

/// An error with its sources, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = sources.map(ToString::to_string).collect();
    texts.join(": ")
}

/// The most likely intended word, if one is near enough.
pub(crate) fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A distance costs the product of the lengths; a misspelt word is never this long.
    const MAX_LEN: usize = 256;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    if text.is_empty() || text.len() > MAX_LEN {
        return None;
    }
    let text = text.to_lowercase();
    let (distance, word) = words
        .into_iter()
        .filter(|word| word.len() <= MAX_LEN)
        .map(|word| (strsim::osa_distance(&text, &word.to_lowercase()), word))
        .min_by_key(|(distance, _)| *distance)?;
    let near = distance == 0 || distance <= (word.chars().count() / 3).max(1);
    (near && distance < word.chars().count()).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drill_39_a_message_shows_only_the_shape_of_json() {
        let raw = br#" [{"name": 7, "password": "hunter2", "on": true}, null]"#;
        let shown = excerpt(raw);
        assert!(
            shown.contains("password") && shown.contains("true"),
            "{shown}"
        );
        assert!(!shown.contains("hunter") && !shown.contains('7'), "{shown}");
        assert_eq!(
            excerpt(b"{\"password\": \"hunter2\""),
            "22 bytes that are not JSON"
        );
    }

    #[test]
    fn invisible_and_direction_characters_are_escaped() {
        let odd = [
            '\u{1b}', '\n', '\u{202e}', '\u{2066}', '\u{200b}', '\u{2028}', '\u{feff}',
        ];
        for char in odd {
            let text = printable(&format!("über {char} grün"));
            assert!(!text.contains(misleads), "{text:?}");
            assert!(
                text.starts_with("über \\") && text.ends_with(" grün"),
                "{text}"
            );
            // `escape_debug` escapes all of them too.
            assert!(!excerpt(text.as_bytes()).contains(misleads));
            assert!(!shown_key(char.to_string().as_bytes()).contains(misleads));
        }
    }

    #[test]
    fn a_message_is_short_and_without_control_characters() {
        let long = excerpt("x\u{1b}".repeat(10_000).as_bytes());
        assert!(long.len() < 1_000 && !long.contains('\u{1b}'), "{long}");
        assert!(shown_key(&[0xff; 5_000]).chars().count() < 400);
    }
}
