//! The benchmarks of `benches/`, with a protoc to build them and an etcd to run them on.
//!
//! In: which one, or none for all. Out: what they print. Times are compared within one run and
//! judged by people; instructions and allocations don't depend on the machine's mood, so that
//! those above their goal are an error.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{cargo, etcd, protoc};

/// A way of reading, the floor that it is measured against, and the most times the floor's
/// instructions that it may take.
const GOALS: [(&str, &str, f64); 2] = [("reader", "cache", 1.1), ("load", "swap", 1.1)];

/// The difference between the two is what is counted: the start is in both.
const READS: [u64; 2] = [1_000, 101_000];

/// Runs one benchmark, or all.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    let Some((what, rest)) = arguments.split_first() else {
        read(&[])?;
        if valgrind().is_some() {
            instructions(&[])?;
        } else {
            eprintln!("no valgrind on the PATH: instructions are not counted");
        }
        on_etcd("propagation", &[])?;
        return on_etcd("recovery", &[]);
    };
    match &*what.to_string_lossy() {
        "read" => read(rest),
        "instructions" => instructions(rest),
        what @ ("propagation" | "recovery") => on_etcd(what, rest),
        other => bail!("no benchmark `{other}`: read, instructions, propagation or recovery"),
    }
}

/// cargo for the package of the benchmarks.
fn cargo_for(subcommand: &str) -> Result<Command> {
    let mut command = cargo::command(subcommand);
    command
        .args(["--package", "hotconfig-benches"])
        .env("PROTOC", protoc::find()?);
    Ok(command)
}

fn read(arguments: &[OsString]) -> Result<()> {
    cargo::run(
        cargo_for("bench")?
            .args(["--bench", "read", "--"])
            .args(arguments),
    )
}

/// A program that starts an etcd for itself.
fn on_etcd(program: &str, arguments: &[OsString]) -> Result<()> {
    let mut command = cargo_for("run")?;
    command
        .args(["--quiet", "--profile", "bench", "--bin", program, "--"])
        .args(arguments)
        .env("HOTCONFIG_ETCD", etcd::find()?);
    cargo::run(&mut command)
}

/// The program that counts.
pub(crate) fn valgrind() -> Option<PathBuf> {
    cargo::on_path("valgrind")
}

/// Counts the instructions and allocations of one read, for each way of reading.
fn instructions(arguments: &[OsString]) -> Result<()> {
    if let Some(argument) = arguments.first() {
        bail!("`instructions` takes no argument {}", argument.display());
    }
    let valgrind = valgrind().context("no valgrind on the PATH: install it, or run `read`")?;
    let program = built("instructions")?;
    let ways = cargo::output(&mut Command::new(&program))?;
    let mut counted = Vec::new();
    println!(
        "{:10}{:>14}{:>14}",
        "one read", "instructions", "allocations"
    );
    for way in ways.split_whitespace() {
        let count = |tool: &[&str], label: &str| -> Result<f64> {
            let [few, many] = READS.map(|reads| {
                let mut command = Command::new(&valgrind);
                command
                    .args(tool)
                    .arg(&program)
                    .args([way, &reads.to_string()]);
                told(&mut command, label)
            });
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
            let [difference, reads] = [many? - few?, READS[1] - READS[0]].map(|count| count as f64);
            Ok(difference / reads)
        };
        let tool = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
        let instructions = count(&tool, "Collected :")?;
        let allocations = count(&["--tool=memcheck"], "total heap usage:")?;
        println!("{way:10}{instructions:>14.2}{allocations:>14.2}");
        counted.push((way, instructions, allocations));
    }
    judge(&counted)
}

/// Compares with the goals.
fn judge(counted: &[(&str, f64, f64)]) -> Result<()> {
    let counts_of = |way: &str| {
        let found = counted.iter().find(|(other, ..)| *other == way);
        found.map(|(_, instructions, allocations)| (*instructions, *allocations))
    };
    let mut missed = Vec::new();
    for (way, floor, max) in GOALS {
        let (instructions, allocations) = counts_of(way).with_context(|| format!("no `{way}`"))?;
        let (floor_instructions, _) = counts_of(floor).with_context(|| format!("no `{floor}`"))?;
        let ratio = instructions / floor_instructions;
        println!("{way}: {ratio:.3} × {floor}, at most {max} × and no allocation");
        if ratio > max || allocations > 0.0 {
            missed.push(way);
        }
    }
    if !missed.is_empty() {
        bail!("missed its goal: {}", missed.join(", "));
    }
    Ok(())
}

/// The number behind a label in what valgrind says on its error output.
pub(crate) fn told(command: &mut Command, label: &str) -> Result<u64> {
    let output = command
        .output()
        .with_context(|| format!("can't run `{}`", cargo::show(command)))?;
    let text = String::from_utf8_lossy(&output.stderr);
    number(&text, label)
        .filter(|_| output.status.success())
        .with_context(|| format!("`{}` does not say `{label}`:\n{text}", cargo::show(command)))
}

fn number(text: &str, label: &str) -> Option<u64> {
    let (_, rest) = text.split_once(label)?;
    rest.split_whitespace()
        .next()?
        .replace(',', "")
        .parse()
        .ok()
}

/// Builds a program of the benchmarks, and says where it is.
fn built(name: &str) -> Result<PathBuf> {
    let mut command = cargo_for("build")?;
    command
        .args(["--profile", "bench", "--bin", name])
        .arg("--message-format=json-render-diagnostics")
        .stderr(std::process::Stdio::inherit());
    let output = command
        .output()
        .with_context(|| format!("can't run `{}`", cargo::show(&command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", cargo::show(&command), output.status);
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .find(|path| path.file_stem() == Some(OsStr::new(name)))
        .filter(|path| Path::is_file(path))
        .with_context(|| format!("cargo did not say where `{name}` is"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_behind_its_label() {
        let said = "==7== HEAP\n==7==   total heap usage: 1,234 allocs, 1,230 frees\n";
        assert_eq!(number(said, "total heap usage:"), Some(1234));
        assert_eq!(
            number("==7== Collected : 379514\n", "Collected :"),
            Some(379_514)
        );
        assert_eq!(number(said, "Collected :"), None);
    }

    #[test]
    fn a_way_above_its_goal_or_with_an_allocation_is_an_error() {
        let count = |reader, allocations| {
            let floors = [
                ("cache", 10.0, 0.0),
                ("swap", 50.0, 0.0),
                ("load", 50.0, 0.0),
            ];
            let counted: Vec<_> = floors
                .into_iter()
                .chain([("reader", reader, allocations)])
                .collect();
            judge(&counted).map_err(|error| error.to_string())
        };
        assert_eq!(count(11.0, 0.0), Ok(()));
        assert_eq!(count(11.1, 0.0), Err("missed its goal: reader".to_owned()));
        assert_eq!(count(10.0, 1.0), Err("missed its goal: reader".to_owned()));
    }
}
