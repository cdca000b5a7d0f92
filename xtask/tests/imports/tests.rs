//! The reader and the rules, on small sources: the test can fail.

use anyhow::Result;

use super::reader::{self, Sources};
use super::table::Table;

/// Reads a crate with the modules `a`, `b` and `b::c`, of which `a` holds this.
fn with(body: &str) -> Result<Sources> {
    reader::read_text(&format!(
        "pub use b::Item; use b::c::Deep as Renamed; pub use other::Foreign; mod b {{ pub mod c {{}} }} mod a {{ {body} }}"
    ))
}

/// The modules that `a` imports.
fn imported(body: &str) -> Result<Vec<String>> {
    let sources = with(body)?;
    let of_a = sources
        .imports
        .iter()
        .filter(|import| import.from.first().is_some_and(|name| name == "a"));
    let mut found: Vec<_> = of_a.map(|import| import.to.join("::")).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

#[test]
fn every_way_to_import_is_seen() -> Result<()> {
    for (body, expected) in [
        ("use crate::b::X;", &["b"][..]),
        ("use crate::b::{X, c::Y};", &["b", "b::c"]),
        ("use crate::{b::c::{self}, other};", &["", "b::c"]),
        ("use crate::b::X as Z;", &["b"]),
        ("use crate::b as z;", &["b"]),
        ("use crate::b::*;", &["b"]),
        ("use super::b::X;", &["b"]),
        ("use super::*;", &[""]),
        ("fn f(x: &crate::b::X) {}", &["b"]),
        ("fn f() { crate::b::c::call::<u8>(); }", &["b::c"]),
        ("fn f() { use crate::b::X; }", &["b"]),
        ("fn f() { let x: Vec<super::b::X>; }", &["b"]),
        ("fn f() { vec![1, (crate::b::X::new())]; }", &["b"]),
        ("fn f() { format!(\"{}\", super::b::c::x()); }", &["b::c"]),
        ("m! { use crate::{b::X, b::c::Y}; }", &["b", "b::c"]),
        ("m! { [super::b::*] }", &["b"]),
        ("mod d { use super::super::b::X; }", &["b"]),
        ("mod d { fn f() { super::super::b::x!(); } }", &["b"]),
        ("mod d {} fn f() { d::call(); }", &["a::d"]),
        ("use crate::Item;", &["b"]),
        ("use super::Renamed;", &["b::c"]),
        ("use crate::Foreign;", &[]),
        ("use crate::own;", &[""]),
        ("impl crate::b::X for Y {}", &["b"]),
        ("#[cfg(not(test))] use crate::b::X;", &["b"]),
        ("#[cfg(feature = \"test\")] use crate::b::X;", &["b"]),
    ] {
        assert_eq!(imported(body)?, expected, "{body}");
    }
    Ok(())
}

#[test]
fn tests_and_texts_import_nothing() -> Result<()> {
    for body in [
        "#[cfg(test)] use crate::b::X;",
        "#[cfg(any(test, fuzzing))] mod d { use crate::b::X; }",
        "#[cfg(test)] mod missing_file;",
        "struct S; impl S { #[cfg(test)] fn f() { crate::b::x(); } }",
        "macro_rules! m { () => { crate::b::X } }",
        "/// [`crate::b::X`]\nfn f() { let s = \"crate::b\"; }",
        "pub(in crate::a) fn f() {}",
        "use self::X; fn f() { self::g(); Self::h(); b::x(); }",
        "use ::b::X; use b::X; use std::b::X;",
    ] {
        assert_eq!(imported(body)?, [""; 0], "{body}");
    }
    Ok(())
}

/// A table over the modules of [`with`].
const fn table(rows: &'static [&'static [super::table::Room]]) -> Table {
    Table {
        name: "small",
        source: "",
        module: "",
        look_inside: &["b"],
        rows,
    }
}

#[test]
fn what_a_table_does_not_say_is_a_problem() -> Result<()> {
    let body = "use crate::b::c::X;";
    for (table, problem) in [
        (
            table(&[&[("a", &["b::c"])], &[("b", &[])], &[("b::c", &[])]]),
            None,
        ),
        (
            table(&[&[("a", &[])], &[("b", &[]), ("b::c", &[])]]),
            Some("lib.rs:1: `a` imports `b::c`"),
        ),
        (
            table(&[&[("a", &["b::c"])], &[("b::c", &[])]]),
            Some("`b` is not in the table"),
        ),
        (
            table(&[&[("a", &["b::c", "b"])], &[("b", &[]), ("b::c", &[])]]),
            Some("but no line does"),
        ),
        (
            table(&[&[("a", &["b::c"]), ("b", &[]), ("b::c", &[])]]),
            Some("not in a row below"),
        ),
        (
            table(&[&[("b", &[]), ("b::c", &[])], &[("a", &["b::c"])]]),
            Some("not in a row below"),
        ),
        (
            table(&[
                &[("a", &["b::c"]), ("x", &[])],
                &[("b", &[]), ("b::c", &[])],
            ]),
            Some("no such module"),
        ),
    ] {
        let problems = table.problems(&with(body)?);
        match problem {
            None => assert_eq!(problems, [""; 0]),
            Some(problem) => {
                assert_eq!(problems.len(), 1, "{problems:?}");
                assert!(problems[0].contains(problem), "{problems:?}");
            }
        }
    }
    let root = table(&[&[("a", &[])], &[("b", &[]), ("b::c", &[])]]);
    let problems = root.problems(&with("use crate::own;")?);
    assert!(
        problems[0].contains("the folder's own file"),
        "{problems:?}"
    );
    Ok(())
}

#[test]
fn a_table_of_one_folder_sees_its_children_alone() -> Result<()> {
    let sources = reader::read_text(
        "mod a { mod x { use super::y::Z; use crate::b::X; use super::Own; } mod y {} } mod b {}",
    )?;
    let table = Table {
        module: "a",
        look_inside: &[],
        ..table(&[&[("x", &["y"])], &[("y", &[])]])
    };
    let problems = table.problems(&sources);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].contains("the folder's own file"),
        "{problems:?}"
    );
    Ok(())
}

#[test]
fn a_cycle_is_found() -> Result<()> {
    let sources = reader::read_text(
        "mod a { use crate::b::X; } mod b { use crate::c::X; } mod c { use crate::a::X; } mod d { use crate::a::X; }",
    )?;
    let table = table(&[]);
    let (rooms, edges) = (table.rooms(&sources), table.edges(&sources));
    let cycles: Vec<_> = super::cycles(&rooms, &edges).into_iter().collect();
    assert_eq!(cycles, [["a", "b", "c"]]);
    assert_eq!(
        super::rows(&rooms, &edges),
        [vec!["d"], vec!["a", "b", "c"]]
    );
    Ok(())
}
