//! The bytes of the file.
//!
//! In: [`Contents`]. Out: bytes, and back: all that was written, or the reason why not. It knows no
//! disk and no clock.
//!
//! The first line is for people and programs; below it is JSON, with a line for each key:
//!
//! ```text
//! hotconfig-fallback/1 sha256=3fe1… bytes=516
//! {
//! "format": "hotconfig-fallback/1",
//! "prefixes": ["/configs/users/prod/"],
//! "schema": "77ab…",
//! "cluster": "cdf818194e3a8c32",
//! "epoch": 1,
//! "revision": 17,
//! "confirmed": "2026-01-02T03:04:05.678Z",
//! "held": [
//! {"keys":["/configs/users/prod/rps"],"revision":12,"reason":"…"}
//! ],
//! "left_out": [
//! "/configs/users/prod/db/dsn"
//! ],
//! "entries": [
//! {"key":"/configs/users/prod/db/pool_size","mod_revision":17,"value":{"text":"16"}}
//! ]
//! }
//! ```
//!
//! `sha256` and `bytes` are those of everything below the first line: `tail -n +2 FILE |
//! sha256sum`. They detect damage and edits. They are not a signature: a program that may write the
//! file may also write another checksum. The format's name is repeated in the JSON, so that the
//! checksum covers it.
//!
//! A value is `{"text": …}`, `{"base64": …}` if it is not readable text, or `{"sealed": …}`, the
//! base64 of a nonce and a value encrypted with XChaCha20-Poly1305. An entry of a secret has
//! `"secret":true`.

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::seal;
use super::{Contents, FallbackEntry, FallbackError, HeldNote, Secrets, sha256};
use crate::Revision;

/// The name of the format, and its version.
pub(super) const FORMAT: &str = "hotconfig-fallback/1";

/// The start of every version.
pub(super) const NAME: &str = "hotconfig-fallback/";

/// The maximum length of the first line, with 20 digits for the number of bytes.
const MAX_HEADER: usize = FORMAT.len() + " sha256=".len() + 64 + " bytes=".len() + 20;

/// The bytes of the file.
pub(crate) fn encode(contents: &Contents, secrets: &Secrets) -> Result<Vec<u8>, FallbackError> {
    let (entries, left_out) = sort_out(contents, secrets);
    let keys = entries.iter().map(|entry| entry.key.as_str());
    check_keys(
        &contents.prefixes,
        keys.chain(left_out.iter().copied()),
        &contents.held,
    )?;

    let mut body = JsonWriter::default();
    body.member("{", "format", &FORMAT)?;
    body.member(",", "prefixes", &contents.prefixes)?;
    body.member(",", "schema", &contents.schema)?;
    let cluster = contents.cluster.map(|id| format!("{id:x}"));
    body.member(",", "cluster", &cluster)?;
    body.member(",", "epoch", &contents.epoch)?;
    body.member(",", "revision", &contents.revision.map(Revision::get))?;
    let confirmed = humantime::format_rfc3339_millis(in_range(contents.confirmed));
    body.member(",", "confirmed", &confirmed.to_string())?;
    let held = contents.held.iter().map(|note| {
        Ok(FileNote {
            keys: Cow::Borrowed(&note.keys),
            revision: note.revision.get(),
            reason: Cow::Borrowed(&note.reason),
        })
    });
    body.list("held", held)?;
    body.list("left_out", left_out.into_iter().map(Ok))?;
    let entries = entries
        .into_iter()
        .map(|entry| FileEntry::new(entry, secrets));
    body.list("entries", entries)?;
    Ok(with_header(&body.end()))
}

/// The entries to write, and the keys of those to leave out.
fn sort_out<'a>(
    contents: &'a Contents,
    secrets: &Secrets,
) -> (Vec<&'a FallbackEntry>, Vec<&'a str>) {
    let leaves_out = matches!(secrets, Secrets::LeaveOut);
    let (out, entries): (Vec<_>, Vec<_>) = contents
        .entries
        .iter()
        .partition(|entry| entry.secret && leaves_out);
    let before = contents.left_out.iter().map(String::as_str);
    let out = before.chain(out.into_iter().map(|entry| entry.key.as_str()));
    (entries, out.collect())
}

/// The bytes with the first line that belongs to them.
fn with_header(body: &[u8]) -> Vec<u8> {
    let header = format!("{FORMAT} sha256={} bytes={}\n", sha256(body), body.len());
    [header.as_bytes(), body].concat()
}

/// The contents of these bytes.
///
/// Sealed secrets need the key. Secrets in plain text are read even if `secrets` requires something
/// else for the next write: that setting may be newer than the file.
pub(crate) fn decode(bytes: &[u8], secrets: &Secrets) -> Result<Contents, FallbackError> {
    let body = checked_body(bytes)?;
    let body: Body<'_> = serde_json::from_slice(body).map_err(|error| body_refused(&error))?;
    body.contents(secrets)
}

/// The bytes below the first line, if they are those that the first line names.
fn checked_body(bytes: &[u8]) -> Result<&[u8], FallbackError> {
    let end = bytes
        .iter()
        .take(MAX_HEADER + 1)
        .position(|byte| *byte == b'\n');
    let (header, body) = match end.and_then(|end| bytes.split_at_checked(end)) {
        Some((header, rest)) => (header, rest.get(1..)),
        None => (bytes.get(..MAX_HEADER).unwrap_or(bytes), None),
    };
    let header = String::from_utf8_lossy(header);
    let Some(rest) = header.strip_prefix(NAME) else {
        // Cut off within the format's name, or empty: probably a damaged copy.
        return Err(match NAME.starts_with(header.as_ref()) {
            true => FallbackError::Header,
            false => FallbackError::Foreign,
        });
    };
    let (version, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    if version != "1" {
        return Err(match version.is_empty() {
            true => FallbackError::Header,
            false => FallbackError::Version {
                found: crate::wording::shorten(&format!("{NAME}{version}")),
            },
        });
    }
    let checks = rest
        .strip_prefix("sha256=")
        .and_then(|rest| rest.split_once(" bytes="))
        .and_then(|(checksum, length)| Some((checksum, length.parse::<u64>().ok()?)));
    let (Some(body), Some((checksum, length))) = (body, checks) else {
        return Err(FallbackError::Header);
    };
    // Only the form in which it is written: no `+`, no leading zero, no capital letters.
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if checksum.len() != 64
        || !checksum.bytes().all(digit)
        || *header != *format!("{FORMAT} sha256={checksum} bytes={length}")
    {
        return Err(FallbackError::Header);
    }
    let found = u64::try_from(body.len()).unwrap_or(u64::MAX);
    if found != length {
        return Err(FallbackError::Length {
            expected: length,
            found,
        });
    }
    let found = sha256(body);
    if found != checksum {
        return Err(FallbackError::Checksum {
            expected: checksum.to_owned(),
            found,
        });
    }
    Ok(body)
}

/// The error for JSON that does not fit the format. It does not contain serde's message, which may
/// quote a value.
fn body_refused(error: &serde_json::Error) -> FallbackError {
    use serde_json::error::Category;

    FallbackError::Body {
        // The JSON begins on the second line of the file.
        line: error.line() + 1,
        column: error.column(),
        wrong: match error.classify() {
            Category::Eof => "the JSON is truncated",
            Category::Syntax | Category::Io => "found invalid JSON",
            Category::Data => "found JSON that does not match the format",
        },
    }
}

/// Checks that each key occurs only once, and is below one of the prefixes.
fn check_keys<'a>(
    prefixes: &[String],
    keys: impl Iterator<Item = &'a str>,
    held: &'a [HeldNote],
) -> Result<(), FallbackError> {
    let inside = |key: &str| match prefixes.iter().any(|prefix| key.starts_with(prefix)) {
        true => Ok(()),
        false => Err(FallbackError::Outside { key: key.into() }),
    };
    let mut known = HashSet::with_capacity(keys.size_hint().0);
    for key in keys {
        inside(key)?;
        if !known.insert(key) {
            return Err(FallbackError::Twice { key: key.into() });
        }
    }
    held.iter()
        .flat_map(|note| &note.keys)
        .try_for_each(|key| inside(key))
}

/// Clamps a time to the range of the file: full milliseconds from 1970 to 9999.
pub(crate) fn in_range(time: SystemTime) -> SystemTime {
    const LAST: Duration = Duration::from_millis(253_402_300_799_999);
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH.checked_add(since.min(LAST)).unwrap_or(time)
}

/// JSON with a line for each member, and one for each item of a list.
#[derive(Default)]
struct JsonWriter(Vec<u8>);

impl JsonWriter {
    fn json<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), FallbackError> {
        serde_json::to_writer(&mut self.0, value).map_err(|_| FallbackError::Encoding)
    }

    fn name(&mut self, before: &str, name: &str) {
        for part in [before, "\n\"", name, "\": "] {
            self.0.extend_from_slice(part.as_bytes());
        }
    }

    fn member<V>(&mut self, before: &str, name: &str, value: &V) -> Result<(), FallbackError>
    where
        V: Serialize + ?Sized,
    {
        self.name(before, name);
        self.json(value)
    }

    fn list<V: Serialize>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = Result<V, FallbackError>>,
    ) -> Result<(), FallbackError> {
        self.name(",", name);
        self.0.push(b'[');
        for (at, item) in items.enumerate() {
            let before = if at == 0 { "\n" } else { ",\n" };
            self.0.extend_from_slice(before.as_bytes());
            self.json(&item?)?;
        }
        self.0.extend_from_slice(b"\n]");
        Ok(())
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"\n}\n");
        self.0
    }
}

// The JSON of the file has types of its own, so that its names do not change with those of the
// fields.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    prefixes: Vec<String>,
    schema: String,
    // `null` if there is none; a missing member is an error.
    #[serde(deserialize_with = "Option::deserialize")]
    cluster: Option<String>,
    epoch: u64,
    #[serde(deserialize_with = "Option::deserialize")]
    revision: Option<u64>,
    #[serde(borrow)]
    confirmed: Cow<'a, str>,
    #[serde(borrow)]
    held: Vec<FileNote<'a>>,
    left_out: Vec<String>,
    #[serde(borrow)]
    entries: Vec<FileEntry<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileNote<'a> {
    keys: Cow<'a, [String]>,
    revision: u64,
    #[serde(borrow)]
    reason: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    mod_revision: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
    #[serde(borrow)]
    value: FileValue<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FileValue<'a> {
    #[serde(borrow, rename = "text")]
    String(Cow<'a, str>),
    #[serde(borrow)]
    Base64(Cow<'a, str>),
    #[serde(borrow)]
    Sealed(Cow<'a, str>),
}

impl Body<'_> {
    fn contents(self, secrets: &Secrets) -> Result<Contents, FallbackError> {
        let member = |member, right| FallbackError::Member { member, right };
        if self.format != FORMAT {
            return Err(member("format", "the format of the first line"));
        }
        let keys = self.entries.iter().map(|entry| entry.key.as_ref());
        let held: Vec<_> = self.held.into_iter().map(FileNote::held).collect();
        check_keys(
            &self.prefixes,
            keys.chain(self.left_out.iter().map(String::as_str)),
            &held,
        )?;
        let cluster = self
            .cluster
            .map(|text| number(&text).ok_or_else(|| member("cluster", "a hexadecimal number")));
        let confirmed = time(&self.confirmed)
            .ok_or_else(|| member("confirmed", "a time like `2026-01-02T03:04:05.678Z`"))?;
        let entries = self
            .entries
            .into_iter()
            .map(|entry| entry.into_entry(secrets));
        Ok(Contents {
            cluster: cluster.transpose()?,
            confirmed,
            entries: entries.collect::<Result<_, _>>()?,
            prefixes: self.prefixes,
            schema: self.schema,
            epoch: self.epoch,
            revision: self.revision.map(Revision::new),
            left_out: self.left_out,
            held,
        })
    }
}

/// Parses a cluster's id, only in the form in which it is written.
fn number(text: &str) -> Option<u64> {
    let number = u64::from_str_radix(text, 16).ok()?;
    (format!("{number:x}") == text).then_some(number)
}

/// Parses a time, only in the form in which it is written.
fn time(text: &str) -> Option<SystemTime> {
    let time = humantime::parse_rfc3339(text).ok()?;
    let same = humantime::format_rfc3339_millis(time).to_string() == text;
    same.then_some(time)
}

impl FileNote<'_> {
    fn held(self) -> HeldNote {
        HeldNote {
            keys: self.keys.into_owned(),
            revision: Revision::new(self.revision),
            reason: self.reason.into_owned(),
        }
    }
}

impl<'a> FileEntry<'a> {
    fn new(entry: &'a FallbackEntry, secrets: &Secrets) -> Result<Self, FallbackError> {
        let value = match secrets {
            Secrets::Seal(key) if entry.secret => {
                let context = seal::context(FORMAT, &entry.key, entry.mod_revision);
                let sealed =
                    seal::seal(key, &context, &entry.value).ok_or(FallbackError::Unsealed)?;
                FileValue::Sealed(BASE64.encode(sealed).into())
            }
            Secrets::LeaveOut | Secrets::Plain | Secrets::Seal(_) => match readable(&entry.value) {
                Some(text) => FileValue::String(text.into()),
                None => FileValue::Base64(BASE64.encode(&entry.value).into()),
            },
        };
        Ok(Self {
            key: entry.key.as_str().into(),
            mod_revision: entry.mod_revision.get(),
            secret: entry.secret,
            value,
        })
    }

    fn into_entry(self, secrets: &Secrets) -> Result<FallbackEntry, FallbackError> {
        let key = self.key.into_owned();
        let mod_revision = Revision::new(self.mod_revision);
        let decode = |text: &str| match BASE64.decode(text) {
            Ok(bytes) => Ok(bytes),
            Err(_) => Err(FallbackError::Value {
                key: key.clone(),
                right: "base64 with padding",
            }),
        };
        let value = match &self.value {
            FileValue::String(text) => text.as_bytes().into(),
            FileValue::Base64(text) => decode(text)?.into(),
            FileValue::Sealed(_) if !self.secret => {
                let right = "a plain value, since the key is not secret";
                return Err(FallbackError::Value { key, right });
            }
            FileValue::Sealed(text) => {
                let Secrets::Seal(sealer) = secrets else {
                    return Err(FallbackError::NoKey { key });
                };
                let context = seal::context(FORMAT, &key, mod_revision);
                match seal::open(sealer, &context, &decode(text)?) {
                    Some(value) => value.into(),
                    None => return Err(FallbackError::WrongKey { key }),
                }
            }
        };
        Ok(FallbackEntry {
            key,
            mod_revision,
            value,
            secret: self.secret,
        })
    }
}

/// The text, if an editor would show it as one.
fn readable(value: &[u8]) -> Option<&str> {
    let odd = |char: char| char.is_control() && !matches!(char, '\n' | '\r' | '\t');
    let text = std::str::from_utf8(value).ok()?;
    (!text.contains(odd)).then_some(text)
}

/// Reads any bytes, as a file and as the body of one, for fuzzing. The contents must be the same
/// when they are written and read again. Returns whether anything could be read.
///
/// # Errors
/// The contents that differ.
#[cfg(any(test, fuzzing))]
pub(crate) fn round_trip(bytes: &[u8]) -> Result<bool, String> {
    let mut read = false;
    for file in [bytes, &with_header(bytes)] {
        let Ok(first) = decode(file, &Secrets::Plain) else {
            continue;
        };
        read = true;
        let again = encode(&first, &Secrets::Plain).map_err(|error| error.to_string())?;
        let second = decode(&again, &Secrets::Plain).map_err(|error| error.to_string())?;
        if first != second {
            return Err(lost(&first, &second));
        }
    }
    Ok(read)
}

#[cfg(any(test, fuzzing))]
fn lost(first: &dyn std::fmt::Debug, second: &dyn std::fmt::Debug) -> String {
    format!("read: {first:?}\nread again: {second:?}")
}
