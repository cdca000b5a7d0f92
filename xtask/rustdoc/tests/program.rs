//! The program, on the JSON that rustdoc writes for small crates.

// A test says what it expects by failing, in its helpers too.
#![allow(clippy::expect_used)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

const FOREIGN: &str = "pub struct Type; pub trait Trait {}";

/// A crate without a fault.
const GOOD: &str = r"
#[derive(Clone, PartialEq)]
pub struct Kept;

#[doc(hidden)]
pub struct Hidden;

impl std::ops::Deref for Kept {
    type Target = u8;
    fn deref(&self) -> &u8 {
        &0
    }
}

/// Waits.
///
/// # Cancel safety
///
/// Nothing happens.
pub async fn waits() {}
";

/// A crate in whose folder everything lies.
struct Fixture {
    folder: TempDir,
}

fn run(command: &mut Command) -> Output {
    command.output().expect("it can be called")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat())
        .into_owned()
}

impl Fixture {
    fn new(source: &str) -> Self {
        let fixture = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        fixture.write("foreign.rs", FOREIGN);
        fixture.write("fixture.rs", source);
        fixture.tool("rustc", &["--crate-type", "lib", "foreign.rs"]);
        let json = ["-Zunstable-options", "--output-format", "json", "-o", "."];
        let source = ["--extern", "foreign", "-L", ".", "fixture.rs"];
        fixture.tool("rustdoc", &[json, source].concat());
        fixture
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("it can be written");
    }

    /// Calls a program of Rust's own.
    fn tool(&self, name: &str, arguments: &[&str]) {
        let mut command = Command::new(name);
        command
            .args(["--edition", "2024"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("RUSTC_BOOTSTRAP", "1");
        let output = run(&mut command);
        assert!(output.status.success(), "{}", text(&output));
    }

    /// Calls the program that is tested.
    fn call(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-rustdoc"));
        let output = run(command.args(arguments).current_dir(self.folder.path()));
        let text = text(&output);
        if output.status.success() {
            Ok(text)
        } else {
            Err(text)
        }
    }

    fn listing(&self) -> Vec<String> {
        self.call(&["api", "api.txt", "fixture.json"])
            .expect("it can be listed");
        let text = fs::read_to_string(self.path("api.txt")).expect("it is written");
        text.lines().map(str::to_owned).collect()
    }

    fn check(&self) -> Result<String, String> {
        self.call(&["api", "--check", "api.txt", "fixture.json"])
    }
}

#[test]
fn the_list_has_each_public_item_on_a_line() {
    assert_eq!(
        Fixture::new(GOOD).listing(),
        [
            "impl core::clone::Clone for fixture::Kept",
            "impl core::cmp::PartialEq for fixture::Kept",
            "impl core::ops::deref::Deref for fixture::Kept",
            "pub async fn fixture::waits()",
            "pub mod fixture",
            "pub struct fixture::Kept",
            "pub type fixture::Kept::Target = u8",
        ]
    );
}

#[test]
fn a_crate_as_it_is_listed_passes() {
    let fixture = Fixture::new(GOOD);
    let count = fixture.listing().len();
    let passed = fixture.check().expect("it passes");
    assert!(
        passed.contains(&format!("{count} public items")),
        "{passed}"
    );
}

#[test]
fn a_difference_fails_with_its_lines_and_the_command() {
    let fixture = Fixture::new(GOOD);
    let listing = fixture.listing().join("\n");
    fixture.write(
        "api.txt",
        &listing.replace("struct fixture::Kept", "struct fixture::Gone"),
    );
    let fault = fixture.check().expect_err("it fails");
    let lines = "\n- pub struct fixture::Gone\n+ pub struct fixture::Kept\n";
    assert!(fault.contains(lines), "{fault}");
    assert!(fault.contains("run `cargo xtask api`"), "{fault}");
}

#[test]
fn foreign_types_fail_wherever_a_signature_names_them() {
    let fixture = Fixture::new(
        r"
pub struct Own;
pub struct Private { field: foreign::Type }
pub struct Public { pub field: Vec<foreign::Type> }
pub fn takes(_: &foreign::Type) {}
pub fn bounds<T>(_: T) where T: foreign::Trait {}
pub use foreign::Type as Again;
impl foreign::Trait for Own {}
impl From<foreign::Type> for Own {
    fn from(_: foreign::Type) -> Self {
        Own
    }
}
",
    );
    fixture.listing();
    let fault = fixture.check().expect_err("it fails");
    let found: Vec<&str> = fault
        .lines()
        .filter(|line| line.starts_with("  "))
        .collect();
    assert_eq!(
        found,
        [
            "  foreign::Trait",
            "    in impl foreign::Trait for fixture::Own",
            "    in pub fn fixture::bounds<T>(T) where T: foreign::Trait",
            "  foreign::Type",
            "    in impl core::convert::From<foreign::Type> for fixture::Own",
            "    in pub fixture::Public::field: alloc::vec::Vec<foreign::Type>",
            "    in pub fn fixture::takes(&foreign::Type)",
            "    in pub use fixture::Again",
        ],
        "{fault}"
    );
}

#[test]
fn a_future_without_its_heading_fails() {
    let fixture = Fixture::new(
        r"
use std::{future::Future, pin::Pin};

/// # Cancel safety
pub async fn documented() {}
pub async fn waits() {}
pub fn opaque() -> impl Future<Output = ()> { async {} }
pub fn boxed() -> Pin<Box<dyn Future<Output = ()>>> { Box::pin(async {}) }
pub fn takes(_: impl Future<Output = ()>) {}
pub struct Later;
pub fn later() -> Later { Later }
impl IntoFuture for Later {
    type Output = ();
    type IntoFuture = std::future::Ready<()>;
    fn into_future(self) -> Self::IntoFuture { std::future::ready(()) }
}
",
    );
    fixture.listing();
    let fault = fixture.check().expect_err("it fails");
    let found: Vec<&str> = fault
        .lines()
        .filter(|line| line.starts_with("  "))
        .collect();
    assert_eq!(
        found,
        [
            "  fixture.rs:10 (Later)",
            "  fixture.rs:6 (waits)",
            "  fixture.rs:7 (opaque)",
            "  fixture.rs:8 (boxed)",
        ],
        "{fault}"
    );
}

#[test]
fn another_format_fails_with_the_versions() {
    let fixture = Fixture::new(GOOD);
    let json = fs::read_to_string(fixture.path("fixture.json")).expect("rustdoc wrote it");
    let (before, _) = json
        .split_once("\"format_version\":")
        .expect("it has a version");
    fixture.write("fixture.json", &format!("{before}\"format_version\":1}}"));
    let fault = fixture.check().expect_err("it fails");
    assert!(
        fault.contains("expected version 57") && fault.contains("found 1"),
        "{fault}"
    );
}

#[test]
fn sentences_that_miss_the_goals_fail_with_their_places() {
    let fixture =
        Fixture::new("//! A crate.\n\n/// A short one. What is held waits.\npub struct Kept;");
    let long = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen \
                fifteen sixteen seventeen eighteen nineteen.";
    fixture.write("README.md", long);
    let fault = fixture
        .call(&["prose", "README.md", "fixture.json"])
        .expect_err("it fails");
    assert!(
        fault.contains("README.md: 1 sentences; words in a sentence: median 19"),
        "{fault}"
    );
    assert!(
        fault.contains("docs of fixture: 3 sentences; words in a sentence: median 3"),
        "{fault}"
    );
    assert!(
        fault.contains("fixture.rs:4 (Kept): What is held waits."),
        "{fault}"
    );
    assert!(
        fault.contains("the median of README.md is 19 words"),
        "{fault}"
    );
}

#[test]
fn sentences_that_meet_the_goals_pass() {
    let fixture = Fixture::new(GOOD);
    fixture.write("README.md", "A short one. What is it?");
    let passed = fixture.call(&["prose", "README.md", "fixture.json"]);
    assert!(passed.is_ok(), "{passed:?}");
}
