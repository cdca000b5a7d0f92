//! Reading rustdoc's JSON.
//!
//! In: a file. Out: a crate's public items. Items with `#[doc(hidden)]` are not in the file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use public_api::PublicItem;
use rustdoc_types::{Crate, FORMAT_VERSION, Id, Impl, Item, ItemEnum, ItemSummary};
use serde_json::Value;

pub(crate) struct Documented {
    pub(crate) krate: Crate,
    items: Vec<PublicItem>,
}

impl Documented {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let read = || {
            let json: Value = serde_json::from_slice(&std::fs::read(path)?)?;
            let found = json.get("format_version").and_then(Value::as_u64);
            if found != Some(FORMAT_VERSION.into()) {
                let found =
                    found.map_or_else(|| "no version".to_owned(), |found| found.to_string());
                bail!(
                    "expected version {FORMAT_VERSION} of rustdoc's JSON, which Rust 1.95 writes, found \
                     {found}: call `cargo +1.95 xtask`, or change the versions of `public-api` and \
                     `rustdoc-types` in the workspace's Cargo.toml"
                );
            }
            let krate = serde_json::from_value(json)?;
            let api = public_api::Builder::from_rustdoc_json(path)
                .omit_blanket_impls(true)
                .omit_auto_trait_impls(true)
                .build()?;
            let items = api.into_items().collect();
            Ok(Self { krate, items })
        };
        read().with_context(|| format!("can't use {}", path.display()))
    }

    /// All public items. An item of several paths comes once for each.
    pub(crate) fn all(&self) -> impl Iterator<Item = &PublicItem> {
        self.items.iter()
    }

    /// The public items without those that an `impl` of a trait implies: its functions and
    /// constants, and `StructuralPartialEq`, which the compiler derives with `PartialEq`.
    pub(crate) fn api(&self) -> impl Iterator<Item = &PublicItem> {
        self.all().filter(|public| {
            let item = self.item(public.id());
            let structural = item
                .and_then(implemented)
                .is_some_and(|name| name == "StructuralPartialEq");
            let parent = public.parent_id().and_then(|parent| self.item(parent));
            let is_type = item.is_some_and(|item| matches!(item.inner, ItemEnum::AssocType { .. }));
            !structural && (is_type || parent.and_then(implemented).is_none())
        })
    }

    pub(crate) fn item(&self, id: Id) -> Option<&Item> {
        self.krate.index.get(&id)
    }

    /// The types and traits that a part of the JSON names.
    pub(crate) fn named(&self, part: &Value) -> Vec<&ItemSummary> {
        let mut named = Vec::new();
        self.collect(part, &mut named);
        named
    }

    fn collect<'a>(&'a self, part: &Value, named: &mut Vec<&'a ItemSummary>) {
        match part {
            Value::Object(members) => {
                // The members `id` are those of paths and of `use`.
                let id = members.get("id").and_then(Value::as_u64);
                let id = id.and_then(|id| u32::try_from(id).ok()).map(Id);
                named.extend(id.and_then(|id| self.krate.paths.get(&id)));
                members
                    .values()
                    .for_each(|value| self.collect(value, named));
            }
            Value::Array(values) => values.iter().for_each(|value| self.collect(value, named)),
            _ => {}
        }
    }

    /// The place of an item in the sources: its file and its line.
    pub(crate) fn place(item: &Item) -> String {
        let name = item.name.as_deref().unwrap_or("impl");
        match &item.span {
            Some(span) => format!("{}:{} ({name})", span.filename.display(), span.begin.0),
            None => name.to_owned(),
        }
    }
}

/// The trait that an `impl` implements.
fn implemented(item: &Item) -> Option<&str> {
    match &item.inner {
        ItemEnum::Impl(Impl {
            trait_: Some(path), ..
        }) => path.path.rsplit("::").next(),
        _ => None,
    }
}
