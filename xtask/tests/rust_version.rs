//! The Rust version that the library declares.
//!
//! It is the highest that its dependencies declare, or that its own code needs. Clippy's
//! `incompatible_msrv` finds items of the standard library that are newer.

// A test says what it expects by failing, in its helpers too.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The version that the code needs: it locks files.
const CODE: (u32, u32) = (1, 89);

fn version(text: &str) -> (u32, u32) {
    let mut numbers = text
        .split('.')
        .map(|number| number.parse().expect("a number"));
    (
        numbers.next().expect("a major version"),
        numbers.next().unwrap_or(0),
    )
}

#[test]
fn the_declared_rust_version_is_the_highest_that_is_needed() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--all-features",
            "--locked",
        ])
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let entries = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> = entries(&metadata["packages"])
        .into_iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    let nodes: BTreeMap<String, Value> = entries(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| (text(&node["id"]), node))
        .collect();
    let (library, _) = packages
        .iter()
        .find(|(_, package)| package["name"] == "hotconfig")
        .expect("the library is in the workspace");

    let mut needed = BTreeSet::from([library.clone()]);
    let mut queue = vec![library.clone()];
    while let Some(id) = queue.pop() {
        for dependency in entries(&nodes[&id]["deps"]) {
            let kinds = entries(&dependency["dep_kinds"]);
            let id = text(&dependency["pkg"]);
            if kinds.iter().any(|kind| kind["kind"] != "dev") && needed.insert(id.clone()) {
                queue.push(id);
            }
        }
    }

    let mut highest = (CODE, "the code".to_owned());
    for package in needed.iter().map(|id| &packages[id]) {
        if let (Some(declared), false) = (
            package["rust_version"].as_str(),
            text(&package["name"]).starts_with("hotconfig"),
        ) {
            highest = highest.max((version(declared), text(&package["name"])));
        }
    }
    assert!(needed.len() > 100, "{}", needed.len());
    for name in ["hotconfig", "hotconfig-derive"] {
        let package = packages.values().find(|package| package["name"] == name);
        let declared = package.expect("it is in the workspace")["rust_version"].clone();
        assert_eq!(
            version(&text(&declared)),
            highest.0,
            "{name}: {}",
            highest.1
        );
    }
}
