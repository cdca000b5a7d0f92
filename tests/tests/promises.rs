//! Every promise and every drill has a test that carries its number: `p07_…`, `drill_14_…`; and
//! every drill has one on a real etcd, in this package.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test says what it expects by failing"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Edits, and with them P14, are not there yet.
const PROMISES: [u32; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15];

/// Maps of keys (12) are not there yet, nor are edits (40 and later).
const DRILLS: [u32; 38] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
    28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
];

/// The tests of a source file: the functions that an attribute above calls a test.
fn tests(source: &str) -> Vec<String> {
    let mut tests = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
            continue;
        }
        let function = ["fn ", "async fn "]
            .iter()
            .find_map(|start| line.strip_prefix(start));
        if let (Some(function), true) = (function, is_test) {
            let end = function.find(['(', '<']).unwrap_or(function.len());
            tests.push(function[..end].to_owned());
        }
        // The text of a comment may stand between them.
        is_test &= line.starts_with("//");
    }
    tests
}

/// The numbers in a test's name: `p03_drill_04_…` is of promise 3 and of drill 4; `p01_to_p15_…`
/// is of all of those promises.
fn numbers(name: &str) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let (mut promises, mut drills) = (BTreeSet::new(), BTreeSet::new());
    let words: Vec<&str> = name.split('_').collect();
    let number = |word: &str| word.parse::<u32>().ok().filter(|_| word.len() == 2);
    let mut at = 0;
    let mut before = None;
    while let Some(word) = words.get(at) {
        let promise = word.strip_prefix('p').and_then(number);
        let next = words.get(at + 1).copied().unwrap_or_default();
        match (promise, *word, number(next)) {
            (Some(promise), ..) => {
                promises.insert(promise);
                before = Some(promise);
            }
            (None, "to", _) if before.is_some() => {
                let last = next.strip_prefix('p').and_then(number);
                promises.extend(before.zip(last).map(|(a, b)| a..=b).into_iter().flatten());
            }
            (None, "drill", Some(drill)) => {
                drills.insert(drill);
                at += 1;
            }
            _ => break,
        }
        at += 1;
    }
    (promises, drills)
}

fn collect(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            for test in tests(&fs::read_to_string(&path).unwrap()) {
                found.insert(test, path.display().to_string());
            }
        }
    }
}

fn missing(wanted: &[u32], found: &BTreeSet<u32>) -> Vec<u32> {
    wanted
        .iter()
        .copied()
        .filter(|number| !found.contains(number))
        .collect()
}

#[test]
fn every_promise_and_every_drill_has_a_test() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut everywhere = BTreeMap::new();
    let mut on_etcd = BTreeMap::new();
    collect(&here.join("tests"), &mut on_etcd);
    for folder in ["config-runtime/src", "config-runtime/tests", "tests/tests"] {
        collect(&here.join("..").join(folder), &mut everywhere);
    }
    let of = |tests: &BTreeMap<String, String>| {
        let (mut promises, mut drills) = (BTreeSet::new(), BTreeSet::new());
        for test in tests.keys() {
            let (of_promises, of_drills) = numbers(test);
            promises.extend(of_promises);
            drills.extend(of_drills);
        }
        (promises, drills)
    };
    let (promises, drills) = of(&everywhere);
    let none: [u32; 0] = [];
    assert_eq!(
        missing(&PROMISES, &promises),
        none,
        "promises without a test"
    );
    assert_eq!(missing(&DRILLS, &drills), none, "drills without a test");
    let (_, drills) = of(&on_etcd);
    assert_eq!(
        missing(&DRILLS, &drills),
        none,
        "drills without a test on an etcd"
    );
}

#[test]
fn a_test_is_what_an_attribute_calls_one() {
    let source = "
        #[test]
        fn p01_one() {}
        fn p02_helper() {}
        /// A comment.
        #[tokio::test(flavor = \"multi_thread\")]
        // And another.
        async fn drill_07_two() {
            fn p03_inside() {}
        }
        proptest! {
            #[test]
            #[ignore]
            fn p04_three(history in history()) {}
        }
        // fn p05_none() {}
    ";
    assert_eq!(tests(source), ["p01_one", "drill_07_two", "p04_three"]);
}

#[test]
fn numbers_stand_at_the_beginning_of_a_name() {
    let of = |name: &str| {
        let (promises, drills) = numbers(name);
        (Vec::from_iter(promises), Vec::from_iter(drills))
    };
    assert_eq!(of("p03_drill_04_drill_05_no_half"), (vec![3], vec![4, 5]));
    assert_eq!(of("p01_to_p03_all"), (vec![1, 2, 3], vec![]));
    assert_eq!(of("a_p03_drill_04"), (vec![], vec![]));
    assert_eq!(of("p3_x_drill_4_y"), (vec![], vec![]));
    assert_eq!(missing(&[1, 2, 3], &[1, 3].into()), [2]);
}
