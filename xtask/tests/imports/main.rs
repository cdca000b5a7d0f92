//! Imports run one way.
//!
//! `table.rs` says which module may import which, and `ARCHITECTURE.md` shows the same. This test
//! fails if the sources, the table and the picture differ.
//!
//! `cargo test -p xtask --test imports -- --ignored --nocapture print` prints the imports that there
//! are, and the tables that they would make.

mod reader;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use reader::Sources;
use table::{TABLES, Table};

/// For each room the rooms that it imports, and the places where it does: `file:line`.
type Edges = BTreeMap<(String, String), Vec<String>>;

/// The name of the folder's own `lib.rs` or `mod.rs`.
const PARENT: &str = "";

impl Table {
    /// The room of a module; [`PARENT`] for the folder's own file, `None` for another folder's.
    fn room(&self, module: &[String]) -> Option<String> {
        let above = self.module.split("::").filter(|name| !name.is_empty());
        let mut inside = module.iter();
        for name in above {
            if inside.next()? != name {
                return None;
            }
        }
        let mut room = inside.next().cloned().unwrap_or_default();
        while self.look_inside.contains(&room.as_str())
            && let Some(child) = inside.next()
        {
            room = format!("{room}::{child}");
        }
        Some(room)
    }

    fn rooms(&self, sources: &Sources) -> BTreeSet<String> {
        let rooms = sources
            .modules
            .iter()
            .filter_map(|module| self.room(module));
        rooms.filter(|room| room != PARENT).collect()
    }

    /// The imports between rooms; those of the folder's own file are free.
    fn edges(&self, sources: &Sources) -> Edges {
        let mut edges = Edges::new();
        for import in &sources.imports {
            if let (Some(from), Some(to)) = (self.room(&import.from), self.room(&import.to))
                && from != to
                && from != PARENT
            {
                let place = format!("{}:{}", import.file, import.line);
                edges.entry((from, to)).or_default().push(place);
            }
        }
        edges
    }

    /// The row of each room, from the top, and what it may import.
    fn allowed(&self) -> BTreeMap<&str, (usize, &[&str])> {
        let rows = self.rows.iter().enumerate();
        rows.flat_map(|(row, rooms)| rooms.iter().map(move |(room, to)| (*room, (row, *to))))
            .collect()
    }

    /// Every difference between the table and the sources, and every edge that does not go down.
    fn problems(&self, sources: &Sources) -> Vec<String> {
        let (allowed, rooms, edges) = (self.allowed(), self.rooms(sources), self.edges(sources));
        let name = self.name;
        let mut problems = Vec::new();
        for room in &rooms {
            if !allowed.contains_key(room.as_str()) {
                problems.push(format!(
                    "`{room}` is not in the table `{name}`: give it a row there"
                ));
            }
        }
        for (room, (row, imports)) in &allowed {
            if !rooms.contains(*room) {
                problems.push(format!(
                    "the table `{name}` has a room `{room}`, but there is no such module: take it \
                     out"
                ));
            }
            for to in *imports {
                if !edges.contains_key(&((*room).to_owned(), (*to).to_owned())) {
                    problems.push(format!(
                        "the table `{name}` lets `{room}` import `{to}`, but no line does: take \
                         `{to}` out"
                    ));
                }
                if allowed.get(to).is_none_or(|(below, _)| below <= row) {
                    problems.push(format!(
                        "the table `{name}` lets `{room}` import `{to}`, which is not in a row \
                         below: imports run one way, so cut this one"
                    ));
                }
            }
        }
        for ((from, to), places) in &edges {
            let may = allowed.get(from.as_str()).map_or(&[][..], |(_, to)| *to);
            if may.contains(&to.as_str()) {
                continue;
            }
            for place in places {
                problems.push(if to == PARENT {
                    format!(
                        "{place}: `{from}` imports from the folder's own file, which is above it: \
                         move the item into a room below `{from}`"
                    )
                } else {
                    format!(
                        "{place}: `{from}` imports `{to}`, which the table `{name}` does not \
                         allow: move the item into a room below both, or, if `{to}` is in a row \
                         below `{from}`, add it there"
                    )
                });
            }
        }
        problems
    }

    /// The table for `ARCHITECTURE.md`, between its two markers.
    fn markdown(&self) -> String {
        let name = self.name;
        let mut text = format!("<!-- imports: {name} -->\n| row | module | imports |\n");
        text.push_str("| --- | --- | --- |\n");
        for (row, (room, imports)) in self.numbered() {
            let imports: Vec<_> = imports.iter().map(|to| format!("`{to}`")).collect();
            let imports = if imports.is_empty() {
                "nothing".to_owned()
            } else {
                imports.join(", ")
            };
            let _ = writeln!(text, "| {row} | `{room}` | {imports} |");
        }
        text + "<!-- end of imports -->"
    }

    fn numbered(&self) -> impl Iterator<Item = (usize, &table::Room)> {
        let rows = (1..).zip(self.rows);
        rows.flat_map(|(row, rooms)| rooms.iter().map(move |room| (row, room)))
    }

    /// The table that the imports would make, as Rust: a cycle stands in one row.
    fn proposal(&self, sources: &Sources) -> String {
        let edges = self.edges(sources);
        let mut text = "rows: &[\n".to_owned();
        for row in rows(&self.rooms(sources), &edges) {
            text.push_str("    &[\n");
            for room in &row {
                let imports: Vec<_> = imports_of(room, &edges).collect();
                let _ = writeln!(text, "        ({room:?}, &{imports:?}),");
            }
            text.push_str("    ],\n");
        }
        text + "],"
    }
}

fn imports_of<'a>(room: &'a str, edges: &'a Edges) -> impl Iterator<Item = &'a str> {
    let of_room = edges.keys().filter(move |(from, _)| from == room);
    of_room.map(|(_, to)| to.as_str())
}

/// All rooms that a room imports, by whatever way.
fn reach<'a>(room: &'a str, edges: &'a Edges) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<_> = imports_of(room, edges).collect();
    while let Some(room) = next.pop() {
        if found.insert(room) {
            next.extend(imports_of(room, edges));
        }
    }
    found
}

/// The sets of rooms that import one another.
fn cycles(rooms: &BTreeSet<String>, edges: &Edges) -> BTreeSet<Vec<String>> {
    let reach: BTreeMap<_, _> = rooms
        .iter()
        .map(|room| (room, reach(room, edges)))
        .collect();
    let cycle = |room: &String| -> Vec<String> {
        let back = |other: &&String| {
            let reached =
                |a: &String, b: &String| reach.get(a).is_some_and(|to| to.contains(b.as_str()));
            reached(room, other) && reached(other, room)
        };
        rooms.iter().filter(back).cloned().collect()
    };
    rooms
        .iter()
        .map(cycle)
        .filter(|cycle| !cycle.is_empty())
        .collect()
}

/// The rooms from top to bottom, each as far down as its importers let it be high.
fn rows(rooms: &BTreeSet<String>, edges: &Edges) -> Vec<Vec<String>> {
    let cycles = cycles(rooms, edges);
    let cycle_of = |room: &str| {
        cycles
            .iter()
            .find(|cycle| cycle.iter().any(|name| name == room))
    };
    let mut left = rooms.clone();
    let mut rows = Vec::new();
    while !left.is_empty() {
        let is_imported = |room: &&String| {
            let others = left.iter().filter(|other| {
                other != room && cycle_of(other).is_none_or(|cycle| !cycle.contains(room))
            });
            others
                .clone()
                .any(|other| reach(other, edges).contains(room.as_str()))
        };
        let row: Vec<_> = left
            .iter()
            .filter(|room| !is_imported(room))
            .cloned()
            .collect();
        left.retain(|room| !row.contains(room));
        rows.push(row);
    }
    rows
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads the sources of a table's crate; its files are named from the repository on.
fn sources(table: &Table) -> Result<Sources> {
    let root = root();
    let mut sources = reader::read(&root.join(table.source))?;
    let named = sources.imports.into_iter().map(|mut import| {
        let file = Path::new(&import.file);
        let file = file.strip_prefix(&root).unwrap_or(file);
        import.file = file.display().to_string();
        import
    });
    sources.imports = named.collect();
    Ok(sources)
}

#[test]
fn imports_are_those_of_the_tables() -> Result<()> {
    let mut problems = Vec::new();
    for table in TABLES {
        problems.extend(table.problems(&sources(table)?));
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    Ok(())
}

#[test]
fn imports_have_no_cycle() -> Result<()> {
    for table in TABLES {
        let sources = sources(table)?;
        let cycles = cycles(&table.rooms(&sources), &table.edges(&sources));
        let name = table.name;
        assert!(
            cycles.is_empty(),
            "modules of {name} import one another: {cycles:?}"
        );
    }
    Ok(())
}

#[test]
fn the_architecture_shows_the_tables() -> Result<()> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md"))?.replace("\r\n", "\n");
    let markdown = TABLES.iter().map(Table::markdown);
    let missing: Vec<_> = markdown.filter(|table| !text.contains(table)).collect();
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md does not show these tables as they are: put them into its section \
         \"Imports\"\n\n{}\n",
        missing.join("\n\n")
    );
    Ok(())
}

#[test]
#[ignore = "prints the imports instead of checking them"]
fn print() -> Result<()> {
    for table in TABLES {
        let sources = sources(table)?;
        let edges = table.edges(&sources);
        println!("\n# {}\n", table.name);
        for ((from, to), places) in &edges {
            let first = places.first().context("an edge has a place")?;
            let to = if to == PARENT { "(its parent)" } else { to };
            println!(
                "{from} -> {to}: {} ({first}{})",
                places.len(),
                if places.len() > 1 { ", …" } else { "" }
            );
        }
        for cycle in cycles(&table.rooms(&sources), &edges) {
            println!("\na cycle: {}", cycle.join(", "));
        }
        println!("\n{}", table.proposal(&sources));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
