//! Properties that hold for any bytes: for fuzzing, and for tests that replay the inputs that
//! fuzzing kept.
//!
//! In: bytes. Out: nothing, or a panic that names the violated property. Each function is a target
//! of the folder `fuzz/`, which also contains its corpus.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::layers::{Layout, Slots};
use crate::reason::Reason;
use crate::schema::Schema;
use crate::store::Range;
use crate::value::{self, Secret, Size, encode};
use crate::{HotConfig, fallback, prefix, wording};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Mood {
    Calm,
    #[serde(rename = "not calm")]
    Loud,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Figure {
    Point,
    Circle(f64),
    Square { side: Option<u32>, name: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nested {
    #[serde(default)]
    inside: Option<Box<Nested>>,
    list: Vec<(u8, Duration)>,
    words: BTreeMap<String, Mood>,
    shape: Figure,
}

/// A message has a limited length and moves no cursor.
#[allow(
    clippy::needless_pass_by_value,
    reason = "errors of all kinds, on their way out"
)]
fn check_message(message: impl Display, max: usize) {
    let message = message.to_string();
    let length = message.chars().count();
    assert!(
        length <= max,
        "a message of {length} characters: {message:.500}"
    );
    let odd = |char: char| wording::misleads(char) && char != '\n';
    assert!(!message.contains(odd), "what misleads: {message:?}");
}

type DecodeFn<V> = fn(&[u8]) -> Result<V, Reason>;
type EncodeFn<V> = fn(&V) -> Result<Option<Vec<u8>>, Reason>;

/// Checks that a codec does not panic, and that a value is the same after it was written and read
/// again.
fn comes_back<V>(data: &[u8])
where
    V: DeserializeOwned + Serialize + PartialEq + Debug,
{
    let codecs: [(DecodeFn<V>, EncodeFn<V>); 3] = [
        (value::auto, encode::auto),
        (value::text, encode::text),
        (value::json, encode::json),
    ];
    for (decode, encode) in codecs {
        match decode(data) {
            Ok(value) => match encode(&value) {
                Ok(Some(bytes)) => assert_eq!(decode(&bytes).as_ref(), Ok(&value), "{bytes:?}"),
                // An absent key.
                Ok(None) => assert_eq!(
                    value::missing::<V>().and_then(Result::ok).as_ref(),
                    Some(&value)
                ),
                // Some values can be read but not written.
                Err(reason) => check_message(reason, 1_000),
            },
            Err(reason) => check_message(reason, 1_000),
        }
    }
}

/// The codecs of one value.
pub fn value(data: &[u8]) {
    comes_back::<bool>(data);
    comes_back::<u8>(data);
    comes_back::<NonZeroU16>(data);
    comes_back::<i64>(data);
    comes_back::<u128>(data);
    comes_back::<f32>(data);
    comes_back::<f64>(data);
    comes_back::<char>(data);
    comes_back::<String>(data);
    comes_back::<PathBuf>(data);
    comes_back::<SocketAddr>(data);
    comes_back::<Duration>(data);
    comes_back::<Size>(data);
    comes_back::<Option<u16>>(data);
    comes_back::<Option<String>>(data);
    comes_back::<Mood>(data);
    comes_back::<Figure>(data);
    comes_back::<Vec<u16>>(data);
    comes_back::<Vec<Option<String>>>(data);
    comes_back::<(bool, String)>(data);
    comes_back::<BTreeMap<String, f64>>(data);
    comes_back::<Nested>(data);
    if let Err(reason) = value::auto::<serde_json::Value>(data) {
        check_message(reason, 1_000);
    }
    // The error about a secret shows nothing of it.
    if let Err(reason) = value::auto::<Secret<u32>>(data) {
        let other = value::auto::<Secret<u32>>(b"other");
        check_message(&reason, 1_000);
        let texts =
            [Some(reason), other.err()].map(|reason| reason.map(|one| one.to_string().len()));
        assert!(
            texts.iter().flatten().all(|length| *length < 200),
            "{texts:?}"
        );
    }
}

#[derive(HotConfig, Clone)]
#[hot(crate = crate, prefix = "/p")]
struct Keys {
    #[hot(default = 1, alias = "old/size")]
    _size: u8,
    #[hot(nested)]
    _db: Section,
}

#[derive(HotConfig, Clone)]
#[hot(crate = crate)]
struct Section {
    #[hot(default)]
    _name: String,
    #[hot(default, key = "pool/size")]
    _size: u8,
}

/// A key of the store, below a prefix: the bytes before the first zero, and those after it.
pub fn keys(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let (first, key) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or(data),
    );
    let prefix = String::from_utf8_lossy(first);
    let range = Range::below(&prefix);
    let between = key >= range.start().as_bytes() && key < range.end().as_slice();
    assert_eq!(range.holds(key), between, "{range:?}");
    check_message(wording::shown_key(key), 10_000);

    let slots = Slots::new(Arc::new(Layout::new(Keys::TREE, Arc::new([range]))));
    if let Some(nearest) = slots.layout().nearest(key) {
        let mut leaves = slots.layout().leaves.iter();
        assert!(leaves.any(|leaf| leaf.key == nearest));
    }
    match slots.find(key) {
        Some(slot) => {
            let known = slots.info(slot).map(|info| info.key.as_bytes());
            assert_eq!(known, Some(key));
        }
        None => assert!(slots.iter().all(|(_, info)| info.key.as_bytes() != key)),
    }
}

/// The template of a prefix in the first line, and `name=value` in each other line.
pub fn template(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let template = lines.next().unwrap_or_default();
    let variables: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    match prefix::fill(template, &variables) {
        Ok(prefix) => {
            assert!(!prefix.contains(char::is_control), "{prefix:?}");
            let inner = prefix.strip_prefix('/').unwrap_or(&prefix);
            let good = |segment: &str| !matches!(segment, "" | "." | "..");
            assert!(inner.split('/').all(good), "{prefix:?}");
            // No value adds a segment or takes one away.
            let slashes = |text: &str| text.matches('/').count();
            let mut outside = String::new();
            let mut rest = template;
            while let Some((before, after)) = rest.split_once('{') {
                outside.push_str(before);
                rest = after.split_once('}').map_or("", |(_, after)| after);
            }
            outside.push_str(rest);
            assert_eq!(slashes(&prefix), slashes(&outside), "{prefix:?}");
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                check_message(mistake.to_string(), 1_000 + 12 * text.len());
            }
        }
    }
}

/// The copy on disk.
pub fn fallback(data: &[u8]) {
    if let Err(lost) = fallback::round_trip(data) {
        unreachable!("{lost}");
    }
    if let Err(refusal) = fallback::decode(data, &fallback::Secrets::Plain) {
        check_message(refusal, 10_000);
    }
}

/// A committed schema file.
pub fn schema(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match Schema::from_json(text) {
        Ok(schema) => {
            let again = Schema::from_json(&schema.to_json());
            assert_eq!(again.as_ref().ok(), Some(&schema), "{again:?}");
        }
        Err(error) => check_message(error, 2_000),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Replays the inputs that fuzzing kept, and inputs that once failed.
    fn replay(target: &str, body: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let files = std::fs::read_dir(folder.join(target)).unwrap();
        let mut replayed = 0;
        for file in files {
            let path = file.unwrap().path();
            let data = std::fs::read(&path).unwrap();
            if let Err(panic) = std::panic::catch_unwind(|| body(&data)) {
                eprintln!("{} does not hold", path.display());
                std::panic::resume_unwind(panic);
            }
            replayed += 1;
        }
        assert!(replayed >= 5, "{replayed} files in the corpus of {target}");
        body(b"");
    }

    #[test]
    fn drill_02_the_corpus_of_values_holds() {
        replay("value", value);
    }

    #[test]
    fn drill_02_the_corpus_of_keys_holds() {
        replay("keys", keys);
    }

    #[test]
    fn drill_02_the_corpus_of_templates_holds() {
        replay("template", template);
    }

    #[test]
    fn drill_36_the_corpus_of_copies_holds() {
        replay("fallback", fallback);
    }

    #[test]
    fn drill_02_the_corpus_of_schemas_holds() {
        replay("schema", schema);
    }

    #[test]
    fn a_message_that_does_not_end_or_moves_the_cursor_is_found() {
        for (message, max) in [("\x1b[2J", 100), ("much too long", 5)] {
            let found = std::panic::catch_unwind(|| check_message(message, max));
            assert!(found.is_err(), "{message:?}");
        }
    }
}
