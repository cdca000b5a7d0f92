//! The types of other crates in the public API.
//!
//! A release of such a crate that breaks its users breaks those of hotconfig, too, so each type and
//! trait has a reason in [`ALLOWED`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;

use crate::documented::Documented;

/// The crates that every program has, and hotconfig's own.
const FREE: [&str; 5] = ["std", "core", "alloc", "proc_macro", "hotconfig_derive"];

/// The foreign types and traits that may be in the public API, and the reason.
const ALLOWED: [(&str, &str); 6] = [
    (
        "serde_core::de::Deserialize",
        "values are read through serde",
    ),
    (
        "serde_core::de::DeserializeOwned",
        "a codec returns such a type",
    ),
    (
        "serde_core::ser::Serialize",
        "values are written through serde",
    ),
    (
        "tokio::runtime::handle::Handle",
        "`HotBuilder::runtime` names the runtime of the loop",
    ),
    (
        "futures_core::stream::Stream",
        "subscriptions are streams for the combinators of others",
    ),
    (
        "zeroize::Zeroize",
        "a secret is overwritten by the trait that others implement",
    ),
];

/// The foreign types that nothing allows; `None` if there are none.
pub(crate) fn fault(documented: &Documented) -> Result<Option<String>> {
    let mut found = foreign(documented)?;
    found.retain(|path, _| !ALLOWED.iter().any(|(allowed, _)| allowed == path));
    let mut text = String::from("the public API has types of other crates:");
    for (path, items) in &found {
        let _ = write!(text, "\n  {path}");
        for item in items {
            let _ = write!(text, "\n    in {item}");
        }
    }
    text += "\nuse a type of hotconfig's own, or add the type with its reason to `ALLOWED` in \
             xtask/rustdoc/src/foreign.rs";
    Ok((!found.is_empty()).then_some(text))
}

/// The foreign types and traits, each with the public items that name it.
fn foreign(documented: &Documented) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for public in documented.api() {
        let Some(item) = documented.item(public.id()) else {
            continue;
        };
        for named in documented.named(&serde_json::to_value(&item.inner)?) {
            let home = documented.krate.external_crates.get(&named.crate_id);
            if home.is_some_and(|home| !FREE.contains(&home.name.as_str())) {
                let items = found.entry(named.path.join("::")).or_default();
                items.insert(public.to_string());
            }
        }
    }
    Ok(found)
}
