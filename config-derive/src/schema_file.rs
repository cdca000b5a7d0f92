//! Loads the committed schema file of a struct: `schema = "user-service.schema.json"`.
//!
//! In: the path as it was written. Out: the file's text. It reads one file, below the folder of the
//! crate that is compiled, and three environment variables. No other part of the macros reads
//! either.

use std::path::{Component, Path, PathBuf};

use syn::LitStr;

use crate::model::schema_file::{SchemaContent, SchemaSource};

/// The variable that, if set to `write`, announces that the file is about to be written anew.
const REWRITES: &str = "HOTCONFIG_SCHEMA";

/// The file, or the reason why it can't be read; `None` if its path is not UTF-8.
pub(crate) fn load(written: &LitStr) -> Option<SchemaSource> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let name = written.value();
    let path = PathBuf::from(folder).join(&name);
    if !lies_inside(Path::new(&name)) {
        return Some(SchemaSource {
            path: path.to_str()?.to_owned(),
            exists: false,
            content: SchemaContent::Outside,
        });
    }
    // If `CI` is set, nothing is written, so the file has to be right already.
    let rewrites = std::env::var(REWRITES).is_ok_and(|value| value == "write")
        && std::env::var_os("CI").is_none();
    let content = if rewrites {
        SchemaContent::Ignored
    } else {
        match std::fs::read_to_string(&path) {
            Ok(text) => SchemaContent::Text(text),
            Err(error) => SchemaContent::Failed(error),
        }
    };
    Some(SchemaSource {
        path: path.to_str()?.to_owned(),
        exists: path.is_file(),
        content,
    })
}

/// Whether a path leads to a file below the folder that it starts in.
fn lies_inside(path: &Path) -> bool {
    let mut depth = 0_usize;
    path.components().all(|component| match component {
        Component::Normal(_) => {
            depth += 1;
            true
        }
        Component::ParentDir => match depth.checked_sub(1) {
            Some(above) => {
                depth = above;
                true
            }
            None => false,
        },
        Component::CurDir => true,
        Component::RootDir | Component::Prefix(_) => false,
    })
}
