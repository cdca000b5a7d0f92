//! The heading `# Cancel safety`: each public function that returns a future has one in its docs.
//!
//! A type that is a future, or becomes one when it is awaited, has the heading in its own docs; the
//! functions that return it need none.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Result;
use rustdoc_types::{Function, Impl, Item, ItemEnum, Type};
use serde_json::Value;

use crate::documented::Documented;

const HEADING: &str = "# Cancel safety";

/// The items without the heading; `None` if there are none.
pub(crate) fn fault(documented: &Documented) -> Result<Option<String>> {
    let mut missing = BTreeSet::new();
    for public in documented.api() {
        let Some(item) = documented.item(public.id()) else {
            continue;
        };
        let Some(item) = awaited(documented, item)? else {
            continue;
        };
        let docs = item.docs.as_deref().unwrap_or_default();
        if !docs.lines().any(|line| line.trim() == HEADING) {
            missing.insert(Documented::place(item));
        }
    }
    let mut text = format!("the docs of functions that return a future have no `{HEADING}`:");
    for item in &missing {
        let _ = write!(text, "\n  {item}");
    }
    text += "\nsay under that heading what happens if the future is dropped";
    Ok((!missing.is_empty()).then_some(text))
}

/// The item whose docs need the heading because of this one, if any.
fn awaited<'a>(documented: &'a Documented, item: &'a Item) -> Result<Option<&'a Item>> {
    match &item.inner {
        ItemEnum::Function(Function { sig, header, .. }) => {
            let output = serde_json::to_value(&sig.output)?;
            Ok((header.is_async || names_future(documented, &output)).then_some(item))
        }
        ItemEnum::Impl(Impl {
            trait_: Some(path),
            for_: Type::ResolvedPath(future),
            ..
        }) => {
            let is_future = names_future(documented, &serde_json::to_value(path)?);
            Ok(documented.item(future.id).filter(|_| is_future))
        }
        _ => Ok(None),
    }
}

/// Whether this names `Future` or `IntoFuture` of the standard library.
fn names_future(documented: &Documented, part: &Value) -> bool {
    let mut named = documented.named(part).into_iter();
    named.any(|named| {
        let path: Vec<&str> = named.path.iter().map(String::as_str).collect();
        matches!(
            path.as_slice(),
            ["core" | "std", "future", .., "Future" | "IntoFuture"]
        )
    })
}
