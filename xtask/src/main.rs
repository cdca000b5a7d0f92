//! The project's own commands: `cargo xtask help` lists them.
//!
//! In goes a command; out come cargo's answer, a line for people where that is not
//! enough, and an exit code. It depends on no crate of the workspace, so that it runs
//! where those don't build yet.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what a command is for"
)]

mod bench;
mod cargo;
mod ci;
mod cost;
mod deny;
mod etcd;
mod fuzz;
mod leaks;
mod lines;
mod mutants;
mod package;
mod protoc;
mod rustdoc;
mod size;
mod soak;
mod summary;
mod test;
mod version;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
The project's own commands. They need Rust and, the first time, a network.

Usage: cargo xtask <command>

  test [ARGS…]   Run all tests on a real etcd, and those that need one on an old one
                 once more; ARGS go to `cargo test`
  demo [ARGS…]   Run the quickstart example; ARGS go to it
  bench [WHAT]   Run the benchmarks: `read`, `instructions` (needs valgrind),
                 `propagation` or `recovery`; what follows goes to that one
  cost [--runs N | --instructions]
                 Measure what the derive costs to compile, beside serde's: times in N
                 rounds, or instructions (needs valgrind, and minutes)
  ci             Everything that a change has to pass
  api [--check]  Write the public API to `api.txt`, one item a line; or check that list, the
                 types of other crates in it, and the headings `# Cancel safety`
  prose          Measure the sentences of the README and of the public docs
  fuzz [TARGETS…] [--seconds N]
                 Fuzz what reads bytes, for N seconds each: `value`, `keys`, `template`,
                 `fallback`, `schema`
  leaks [STARTS] Count what that many starts and stops leave behind; 100,000
  lines          How many lines of code both crates have, without tests, blank lines and
                 comments
  size           How many crates and bytes hotconfig adds to a small service
  mutants [NAMES…]
                 Make each mistake of `mutants/` in a copy of the tree, and see that a
                 test finds it out
  deny [CHECKS…] Check the dependencies with cargo-deny: bans, licenses and sources,
                 or else the CHECKS that are named (`advisories` needs a network)
  soak [chaos [--hours H | --minutes M] | histories [N]]
                 Long runs: everything that can befall a cluster, for half an hour; and
                 random histories of the engine, a million. Without a word: both
  tools          Get protoc and both etcds, and print where they are; for a shell:
                 eval \"$(cargo xtask tools)\"
  help           This text

Environment:

  PROTOC           the protoc to build with; else the one on the PATH, else a
                   vendored one
  HOTCONFIG_ETCD   the etcd to test with; else the one on the PATH if it is 3.5.16 or
                   newer, else one that is fetched into the target folder
  HOTCONFIG_ETCD_OLD
                   the old etcd, whose word about progress can't be trusted; else the
                   one on the PATH if it is a 3.4 below 3.4.25 or a 3.5 below 3.5.8, else
                   one that is fetched into the target folder; `none`: no such run
";

fn main() -> ExitCode {
    if let Some(code) = rustdoc::stand_in() {
        return code;
    }
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    match run(&command.to_string_lossy(), &rest) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, rest: &[OsString]) -> Result<ExitCode> {
    let takes_arguments = matches!(
        command,
        "test" | "demo" | "bench" | "cost" | "deny" | "soak" | "leaks" | "mutants" | "fuzz" | "api"
    );
    if let (false, Some(argument)) = (takes_arguments, rest.first()) {
        bail!("`{command}` takes no argument {}", argument.display());
    }
    match command {
        "test" => return Ok(test::run(rest)?.conclude()),
        "ci" => return Ok(ci::run()?.conclude()),
        "demo" => demo(rest)?,
        "api" => rustdoc::api(rest)?,
        "prose" => rustdoc::Docs::build(&[])?.prose()?,
        "bench" => bench::run(rest)?,
        "cost" => cost::run(rest)?,
        "deny" => deny::run(rest)?,
        "fuzz" => fuzz::run(rest)?,
        "mutants" => return mutants::run(rest),
        "lines" => lines::run()?,
        "size" => size::run()?,
        "leaks" => return Ok(leaks::run(rest)?.conclude()),
        "soak" => soak::run(rest)?,
        "tools" => tools()?,
        "help" | "--help" | "-h" => print!("{HELP}"),
        "" => bail!("which command?\n\n{HELP}"),
        other => bail!("no command `{other}`\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn tools() -> Result<()> {
    let none = || PathBuf::from("none");
    let variables = [
        ("PROTOC", protoc::find()?),
        ("HOTCONFIG_ETCD", etcd::find()?),
        ("HOTCONFIG_ETCD_OLD", etcd::find_old()?.unwrap_or_else(none)),
    ];
    for (name, path) in variables {
        // In single quotes, only a single quote means anything to a shell.
        let path = path.to_string_lossy().replace('\'', r"'\''");
        println!("export {name}='{path}'");
    }
    Ok(())
}

fn demo(arguments: &[OsString]) -> Result<()> {
    const EXAMPLE: [&str; 4] = ["--package", "hotconfig-examples", "--example", "quickstart"];
    let protoc = protoc::find()?;
    eprintln!("building the example; the first time takes minutes");
    let mut build = cargo::command("build");
    cargo::run(build.args(EXAMPLE).env("PROTOC", &protoc))?;
    let mut run = cargo::command("run");
    run.arg("--quiet")
        .args(EXAMPLE)
        .arg("--")
        .args(arguments)
        .env("PROTOC", &protoc);
    cargo::run(&mut run)
}
