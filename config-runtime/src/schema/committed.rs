//! The committed schema: compares the file with its struct, or writes it.
//!
//! In: a struct, the file, and an environment variable. Out: nothing, all differences, or the file
//! written again. No other module of the schema reads or writes files.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::compare::compare;
use super::declared::Schema;
use crate::HotConfig;
use crate::problem::list;

/// The variable that, if set to `write`, writes the file again.
const VARIABLE: &str = "HOTCONFIG_SCHEMA";

/// Compares a committed schema with its struct: the one line of a test.
///
/// The file is the JSON of [`Schema::to_json`](crate::schema::Schema::to_json), below the folder of
/// the crate that uses the macro. Only its content counts: white space and the order of its members
/// do not matter.
///
/// If they differ, the test fails and reports the differences, key by key, each with its effect on
/// stored values and on running programs, as [`compare`](fn@crate::schema::compare) does. If the change is
/// intended, write the file again with `HOTCONFIG_SCHEMA=write cargo test`, and commit it. If the
/// variable `CI` is set, nothing is written: the file must already be right.
///
/// It also computes every default, and fails if one can't be read or breaks a rule.
///
/// ```no_run
/// use hotconfig::HotConfig;
///
/// #[derive(HotConfig, Clone, Debug)]
/// struct UserService {
///     #[hot(default = 8, range(1..=64))]
///     pool_size: u32,
/// }
///
/// # #[allow(clippy::test_attr_in_doctest)]
/// #[test]
/// fn the_schema_is_the_committed_one() {
///     hotconfig::assert_schema!(UserService, "user-service.schema.json");
/// }
/// # hotconfig::assert_schema!(UserService, "user-service.schema.json");
/// ```
#[macro_export]
macro_rules! assert_schema {
    ($config:ty, $file:expr $(,)?) => {
        $crate::__::assert_schema::<$config>($crate::__::core::env!("CARGO_MANIFEST_DIR"), $file)
    };
}

/// For the expansion of [`assert_schema!`](crate::assert_schema).
///
/// # Panics
/// If the file is not the schema of the struct: that is the test.
#[doc(hidden)]
#[track_caller]
#[expect(clippy::panic, reason = "how a test fails")]
pub fn assert_schema<T: HotConfig>(folder: &str, file: &str) {
    let action = FileAction::from_environment(
        std::env::var_os(VARIABLE).as_deref(),
        std::env::var_os("CI").as_deref(),
    );
    let path = Path::new(folder).join(file);
    let compared = action.and_then(|action| {
        let bad = crate::typed::defaults::bad::<T>(false);
        if bad.is_empty() {
            compare_or_write(&super::schema::<T>(), &path, action)
        } else {
            Err(format!("`{}`:{}", T::TREE.name, list(&bad)))
        }
    });
    if let Err(wrong) = compared {
        panic!("{wrong}");
    }
}

/// Whether to compare the file or to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileAction {
    Compare,
    Write,
}

impl FileAction {
    /// Reads the variables [`VARIABLE`] and `CI`.
    fn from_environment(variable: Option<&OsStr>, ci: Option<&OsStr>) -> Result<Self, String> {
        let on_ci = ci.is_some_and(|ci| !ci.is_empty() && ci != "false" && ci != "0");
        match variable {
            None => Ok(Self::Compare),
            Some(empty) if empty.is_empty() => Ok(Self::Compare),
            Some(write) if write == "write" && on_ci => Err(format!(
                "found `{VARIABLE}=write` with `CI` set, which would compare the schema with \
                 itself: write it on another machine, and commit it"
            )),
            Some(write) if write == "write" => Ok(Self::Write),
            Some(other) => Err(format!(
                "found `{VARIABLE}={}`; expected `{VARIABLE}=write`, or leave it out",
                other.display()
            )),
        }
    }
}

fn compare_or_write(schema: &Schema, path: &Path, action: FileAction) -> Result<(), String> {
    let shown = path.display();
    let again = format!("write it again with `{VARIABLE}=write cargo test`, and commit it");
    let committed = std::fs::read_to_string(path);
    if action == FileAction::Write {
        let json = schema.to_json();
        return match committed {
            Ok(committed) if committed == json => Ok(()),
            _ => write(path, &json).map_err(|error| format!("cannot write `{shown}`: {error}")),
        };
    }
    let committed = match committed {
        Ok(committed) => committed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!(
                "`{}` has no committed schema: there is no file `{shown}`\n\
                 write it with `{VARIABLE}=write cargo test`, and commit it",
                schema.name
            ));
        }
        Err(error) => return Err(format!("cannot read `{shown}`: {error}")),
    };
    let committed = Schema::from_json(&committed)
        .map_err(|error| format!("`{shown}` is not a schema: {error}\n{again}"))?;
    let comparison = compare(&committed, schema);
    if comparison.differences.is_empty() {
        return Ok(());
    }
    Err(format!(
        "`{}` differs from its committed schema, from the file to the struct:\n\n\
         {comparison}\n\
         the file is `{shown}`\n\
         if the change is intended, {again}",
        schema.name
    ))
}

/// Writes the whole file or nothing: a test that is stopped leaves no partial file.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Tests of one program may write at the same time, and so may two programs.
    let unique = format!("{}-{}.tmp", std::process::id(), fastrand::u64(..));
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{unique}"));
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(members: &str) -> Schema {
        let keys = format!("\"keys\": {{{members}}}");
        let file = format!("{{\"format\": \"hotconfig-schema/1\", \"name\": \"S\", {keys}}}");
        Schema::from_json(&file).unwrap()
    }

    fn action(variable: &str, ci: &str) -> Result<FileAction, String> {
        FileAction::from_environment(Some(OsStr::new(variable)), Some(OsStr::new(ci)))
    }

    #[test]
    fn a_file_is_written_only_on_request_and_never_on_ci() {
        assert_eq!(
            FileAction::from_environment(None, None),
            Ok(FileAction::Compare)
        );
        assert_eq!(action("", "true"), Ok(FileAction::Compare));
        assert_eq!(action("write", ""), Ok(FileAction::Write));
        assert_eq!(action("write", "false"), Ok(FileAction::Write));
        assert!(action("write", "true").unwrap_err().contains("commit it"));
        assert_eq!(
            action("wirte", "").unwrap_err(),
            "found `HOTCONFIG_SCHEMA=wirte`; expected `HOTCONFIG_SCHEMA=write`, or leave it out"
        );
    }

    #[test]
    fn a_written_file_passes_and_one_that_differs_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/s.schema.json");
        let one = schema(r#""a": {"type": "u8", "default": "8"}"#);
        let two = schema(r#""a": {"type": "u8", "default": "16"}"#);

        let missing = compare_or_write(&one, &path, FileAction::Compare).unwrap_err();
        assert!(
            missing.starts_with("`S` has no committed schema"),
            "{missing}"
        );
        compare_or_write(&one, &path, FileAction::Write).unwrap();
        compare_or_write(&one, &path, FileAction::Compare).unwrap();
        let expected = format!(
            "`S` differs from its committed schema, from the file to the struct:\n\
             \n`a`: was default 8, is now default 16\
             \n  stored values: notice: an absent key now has another meaning\
             \n  old programs: notice: an absent key has another meaning for programs of the new \
             version\n\
             \nthe file is `{}`\
             \nif the change is intended, write it again with `HOTCONFIG_SCHEMA=write cargo test`, \
             and commit it",
            path.display()
        );
        assert_eq!(
            compare_or_write(&two, &path, FileAction::Compare),
            Err(expected)
        );
        compare_or_write(&two, &path, FileAction::Write).unwrap();
        compare_or_write(&two, &path, FileAction::Compare).unwrap();
        let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn only_the_content_of_a_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.json");
        let one = schema(r#""a": {"type": "u8"}, "b": {"type": "u8", "default": "1"}"#);
        let by_hand = "{\"keys\": {\"b\":{\"default\":\"1\",\"type\":\"u8\"},\r\n\
                       \"a\":{\"type\":\"u8\"}},\"name\":\"S\",\"format\":\"hotconfig-schema/1\"}";
        std::fs::write(&path, by_hand).unwrap();
        compare_or_write(&one, &path, FileAction::Compare).unwrap();
        compare_or_write(&one, &path, FileAction::Write).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), one.to_json());
    }

    #[test]
    fn an_unreadable_file_fails_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let one = schema("");
        let wrong = compare_or_write(&one, folder.path(), FileAction::Compare).unwrap_err();
        assert!(wrong.starts_with("cannot read `"), "{wrong}");
        let wrong = compare_or_write(&one, folder.path(), FileAction::Write).unwrap_err();
        assert!(wrong.starts_with("cannot write `"), "{wrong}");
        let path = folder.path().join("s.json");
        std::fs::write(&path, "{").unwrap();
        let wrong = compare_or_write(&one, &path, FileAction::Compare).unwrap_err();
        assert!(
            wrong.contains("` is not a schema: EOF while parsing"),
            "{wrong}"
        );
    }
}
