//! What the derive costs to compile, beside `serde::Deserialize` on the same structs.
//!
//! In: how many rounds, or that instructions are to be counted. Out: tables for the README: the
//! cost of each derive, and how it grows with the number of fields.
//!
//! `cargo check` is what rustc does for one crate once its dependencies are there; so rustc is
//! called as cargo would call it, without cargo's own time and without an incremental cache, and
//! asked for its processor time. Each round has every crate once, in another order; ratios are
//! taken within a round, so that a machine that is busy for a while is busy for both sides.
//! Where a machine is never quiet, instructions are what can be compared: they take minutes, once.

mod source;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{bench, cargo};
use source::{Derive, source};

/// Rounds, unless said otherwise.
const RUNS: usize = 15;

/// The size that is compared.
const FIELDS: usize = 500;

/// The sizes that growth is judged by; each twice the one before.
const SIZES: [usize; 4] = [125, 250, FIELDS, 1000];

/// What is compared with serde, and how many times its cost it may have.
const GOAL: f64 = 1.0;

/// The crates that the structs need.
const DEPENDENCIES: [&str; 3] = ["hotconfig", "serde", "serde_json"];

/// Measures everything, and prints the tables.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    if let [option] = arguments
        && option == "--instructions"
    {
        return instructions();
    }
    let runs = runs(arguments)?;
    let compiler = Compiler::find()?;
    let subject = |name: &str, fields, derive| compiler.subject(name, fields, derive);

    let plain = subject("no derive", FIELDS, Derive::Nothing)?;
    let serde = subject("`serde::Deserialize`", FIELDS, Derive::Serde)?;
    let control = subject("the same, measured again", FIELDS, Derive::Serde)?;
    let bare = subject("`HotConfig`", FIELDS, Derive::Bare)?;
    let everything = subject("`HotConfig` with everything", FIELDS, Derive::Everything)?;
    let sizes = SIZES
        .into_iter()
        .filter(|size| *size != FIELDS)
        .map(|size| subject(&size.to_string(), size, Derive::Everything));
    let sizes = sizes.collect::<Result<Vec<_>>>()?;

    let mut subjects = vec![plain, serde, control, bare, everything];
    subjects.extend(sizes);
    measure(&compiler, &mut subjects, runs)?;

    let [plain, serde, control, bare, everything, sizes @ ..] = &*subjects else {
        bail!("a subject is lost");
    };
    let compared = [plain, serde, control, bare, everything];
    println!(
        "{FIELDS} fields in {} structs, {runs} rounds:\n",
        FIELDS / 10
    );
    compare(&compiler, plain, serde, &compared)?;
    println!();
    let mut sizes: Vec<&Subject> = sizes.iter().chain([everything]).collect();
    sizes.sort_by_key(|subject| subject.fields);
    growth(&compiler, &sizes)?;
    println!();
    for (what, subject) in [
        ("control", control),
        ("bare", bare),
        ("everything", everything),
    ] {
        let ratio = Spread::from_samples(ratios(subject, serde));
        let verdict = match subject.derive {
            Derive::Serde => "what noise does",
            _ if ratio.median <= GOAL => "met",
            _ => "missed",
        };
        println!("{what}: {ratio:.2} × serde, goal {GOAL:.2} ×: {verdict}");
    }
    Ok(())
}

/// The instructions of the same, by valgrind.
fn instructions() -> Result<()> {
    let valgrind = bench::valgrind().context("no valgrind on the PATH: install it")?;
    let compiler = Compiler::find()?;
    let subject = |name: &str, derive| compiler.subject(name, FIELDS, derive);
    let subjects = [
        subject("`serde::Deserialize`", Derive::Serde)?,
        subject("no derive", Derive::Nothing)?,
        subject("`HotConfig`", Derive::Bare)?,
        subject("`HotConfig` with everything", Derive::Everything)?,
    ];
    println!("| | instructions of `cargo check`, 10^9 | beside serde |");
    println!("| --- | --- | --- |");
    let mut serde = None;
    for subject in subjects {
        let rustc = compiler.checking(&subject);
        let mut counting = Command::new(&valgrind);
        counting
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(rustc.get_program())
            .args(rustc.get_args());
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
        let count = bench::told(&mut counting, "Collected :")? as f64 / 1e9;
        let ratio = count / *serde.get_or_insert(count);
        println!("| {} | {count:.2} | {ratio:.2} × |", subject.name);
    }
    Ok(())
}

fn runs(arguments: &[OsString]) -> Result<usize> {
    match arguments {
        [] => Ok(RUNS),
        [option, number] if option == "--runs" => number
            .to_str()
            .and_then(|number| number.parse().ok())
            .filter(|runs| *runs > 0)
            .with_context(|| format!("`--runs {}`: write a number", number.display())),
        _ => bail!("`cost` takes `--runs N` or `--instructions`, and nothing else"),
    }
}

/// Every subject once a round, after a round that only warms the caches.
fn measure(compiler: &Compiler, subjects: &mut [Subject], runs: usize) -> Result<()> {
    for round in 0..=runs {
        eprint!("\rround {round} of {runs}");
        // Whoever comes after the biggest one has colder caches.
        let count = subjects.len();
        for place in 0..count {
            let Some(subject) = subjects.get_mut((place + round) % count) else {
                continue;
            };
            let seconds = compiler.check(subject)?;
            if round > 0 {
                subject.seconds.push(seconds);
            }
        }
    }
    eprintln!();
    Ok(())
}

fn compare(
    compiler: &Compiler,
    plain: &Subject,
    serde: &Subject,
    compared: &[&Subject],
) -> Result<()> {
    let none = compiler.expanded(plain)?;
    println!("| | `cargo check`, ms | less the structs | beside serde | lines | LLVM lines |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for subject in compared {
        let time = Spread::from_samples(milliseconds(subject));
        let own = time.median - Spread::from_samples(milliseconds(plain)).median;
        let ratio = Spread::from_samples(ratios(subject, serde));
        let lines = compiler.expanded(subject)?.saturating_sub(none);
        let llvm = compiler.llvm(subject)?;
        println!(
            "| {} | {time:.0} | {own:.0} | {ratio:.2} × | {lines} | {llvm} |",
            subject.name
        );
    }
    Ok(())
}

/// What a field costs more, from one size to the next: where growth is linear it stays the same.
/// The ratio of the last doubling would also count what is paid once for each type.
fn growth(compiler: &Compiler, sizes: &[&Subject]) -> Result<()> {
    println!(
        "| fields | `cargo check`, ms | a further field | lines | a further field | LLVM lines | \
         a further field |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let mut smaller: Option<[f64; 4]> = None;
    for subject in sizes {
        let plain = compiler.subject("", subject.fields, Derive::Nothing)?;
        let lines = compiler
            .expanded(subject)?
            .saturating_sub(compiler.expanded(&plain)?);
        let llvm = compiler.llvm(subject)?;
        let time = Spread::from_samples(milliseconds(subject));
        let [fields, lines, llvm] = [subject.fields, lines, llvm].map(float);
        let measured = [fields, time.median, lines, llvm];
        let [each, each_line, each_llvm] = further(smaller, measured)
            .map(|each| each.map_or_else(|| "–".to_owned(), |each| format!("{each:.1}")));
        println!(
            "| {fields} | {time:.0} | {each} | {lines} | {each_line} | {llvm} | {each_llvm} |"
        );
        smaller = Some(measured);
    }
    Ok(())
}

/// What one more field adds to each number behind that of the fields.
fn further(smaller: Option<[f64; 4]>, [fields, time, lines, llvm]: [f64; 4]) -> [Option<f64>; 3] {
    let Some([fewer, time_before, lines_before, llvm_before]) = smaller else {
        return [None; 3];
    };
    let each = |now: f64, before: f64| Some((now - before) / (fields - fewer));
    [
        each(time, time_before),
        each(lines, lines_before),
        each(llvm, llvm_before),
    ]
}

fn milliseconds(subject: &Subject) -> Vec<f64> {
    subject.seconds.iter().map(|time| time * 1e3).collect()
}

/// Of each round.
fn ratios(subject: &Subject, floor: &Subject) -> Vec<f64> {
    let rounds = subject.seconds.iter().zip(&floor.seconds);
    rounds.map(|(time, floor)| time / floor).collect()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn float(number: usize) -> f64 {
    number as f64
}

/// The middle of some numbers, and the quarters around it.
#[derive(Debug, PartialEq)]
struct Spread {
    low: f64,
    median: f64,
    high: f64,
}

impl Spread {
    fn from_samples(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let last = numbers.len().saturating_sub(1);
        let quarter = |quarters: usize| {
            let place = (last * quarters + 2) / 4;
            numbers.get(place).copied().unwrap_or(f64::NAN)
        };
        Self {
            low: quarter(1),
            median: quarter(2),
            high: quarter(3),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        let Self { low, median, high } = self;
        write!(f, "{median:.digits$} ({low:.digits$} to {high:.digits$})")
    }
}

/// One crate, and what its rounds took.
struct Subject {
    name: String,
    fields: usize,
    derive: Derive,
    /// Its source.
    path: PathBuf,
    seconds: Vec<f64>,
}

/// rustc, and the dependencies that are there.
struct Compiler {
    rustc: PathBuf,
    /// Where sources and results go.
    folder: PathBuf,
    dependencies: BTreeMap<&'static str, PathBuf>,
}

impl Compiler {
    /// Builds the dependencies.
    fn find() -> Result<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let sysroot = cargo::output(Command::new(&rustc).args(["--print", "sysroot"]))?;
        // Not a proxy that looks for it first: that would be measured, too.
        let rustc = Path::new(sysroot.trim())
            .join("bin")
            .join(format!("rustc{}", std::env::consts::EXE_SUFFIX));

        let mut build = cargo::command("build");
        build
            .args(["--package", "hotconfig", "--no-default-features"])
            .arg("--message-format=json-render-diagnostics")
            .stderr(std::process::Stdio::inherit());
        let messages = cargo::output(&mut build)?;
        let dependencies: BTreeMap<_, _> = DEPENDENCIES
            .into_iter()
            .map(|name| Some((name, metadata(&messages, name)?)))
            .collect::<Option<_>>()
            .context("cargo did not say where the dependencies are")?;
        let folder = cargo::target()?.join("cost");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("can't make the folder {}", folder.display()))?;
        Ok(Self {
            rustc,
            folder,
            dependencies,
        })
    }

    /// Writes the source of a crate.
    fn subject(&self, name: &str, fields: usize, derive: Derive) -> Result<Subject> {
        let path = self.folder.join(format!("{derive:?}_{fields}.rs"));
        std::fs::write(&path, source(fields, derive))
            .with_context(|| format!("can't write {}", path.display()))?;
        Ok(Subject {
            name: name.to_owned(),
            fields,
            derive,
            path,
            seconds: Vec::new(),
        })
    }

    /// rustc as cargo calls it for a library in its `dev` profile, but for what comes out.
    fn rustc(&self, subject: &Subject) -> Command {
        let mut rustc = Command::new(&self.rustc);
        rustc
            .args(["--crate-name", "cost", "--edition", "2024"])
            .args(["--crate-type", "lib", "-C", "embed-bitcode=no"])
            .arg("--out-dir")
            .arg(&self.folder);
        for (name, path) in &self.dependencies {
            let mut dependency = OsString::from(format!("{name}="));
            dependency.push(path);
            rustc.arg("--extern").arg(dependency);
            if let Some(folder) = path.parent() {
                let mut search = OsString::from("dependency=");
                search.push(folder);
                rustc.arg("-L").arg(search);
            }
        }
        rustc.arg(&subject.path);
        rustc
    }

    /// `cargo check`.
    fn checking(&self, subject: &Subject) -> Command {
        let mut rustc = self.rustc(subject);
        rustc.args(["--emit=dep-info,metadata", "-C", "debuginfo=2"]);
        rustc
    }

    /// Its processor time, in seconds.
    fn check(&self, subject: &Subject) -> Result<f64> {
        let before = children()?;
        cargo::run(&mut self.checking(subject))?;
        Ok(children()? - before)
    }

    /// The lines of a crate once its derives are expanded, as rustc prints them.
    fn expanded(&self, subject: &Subject) -> Result<usize> {
        let mut rustc = self.rustc(subject);
        rustc
            .arg("-Zunpretty=expanded")
            // The option is for unstable Rust, and nothing but this is.
            .env("RUSTC_BOOTSTRAP", "1");
        Ok(cargo::output(&mut rustc)?.lines().count())
    }

    /// The lines of LLVM's functions that a crate becomes, unoptimised.
    fn llvm(&self, subject: &Subject) -> Result<usize> {
        let path = self.folder.join("cost.ll");
        let mut rustc = self.rustc(subject);
        rustc
            .args(["--emit=llvm-ir", "--cfg", "read"])
            .args(["-C", "codegen-units=1"])
            .args(["-C", "debug-assertions=on"])
            .arg("-o")
            .arg(&path);
        cargo::output(&mut rustc)?;
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("can't read {}", path.display()))?;
        Ok(lines_of_functions(&text))
    }
}

/// The metadata of a library among cargo's messages.
fn metadata(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message.pointer("/target/name").and_then(|n| n.as_str()) == Some(name))
        .filter_map(|message| message.get("filenames")?.as_array().cloned())
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        // The macros depend on some of them, too, with other features: those are built first.
        .rfind(|path| path.extension() == Some(OsStr::new("rmeta")))
}

fn lines_of_functions(llvm: &str) -> usize {
    let mut inside = false;
    let counted = llvm.lines().filter(|line| {
        inside |= line.starts_with("define ");
        let counts = inside;
        inside &= *line != "}";
        counts
    });
    counted.count()
}

/// The processor time of all children that have ended, in seconds.
#[cfg(unix)]
fn children() -> Result<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeVal;

    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("no times of children")?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds, far fewer than 2^52"
    )]
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

#[cfg(not(unix))]
fn children() -> Result<f64> {
    bail!("how long a child took is only asked of Unix")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_and_its_quarters() {
        let spread = Spread::from_samples(vec![5.0, 1.0, 100.0, 2.0, 4.0]);
        assert_eq!(format!("{spread:.1}"), "4.0 (2.0 to 5.0)");
        assert_eq!(
            Spread::from_samples(vec![3.0]).to_string(),
            "3.00 (3.00 to 3.00)"
        );
    }

    #[test]
    fn what_a_further_field_adds_is_counted_from_the_smaller_size() {
        let smaller = [100.0, 50.0, 1000.0, 90_000.0];
        let bigger = [200.0, 90.0, 3000.0, 120_000.0];
        let each = [Some(0.4), Some(20.0), Some(300.0)];
        assert_eq!(further(Some(smaller), bigger), each);
        assert_eq!(further(None, smaller), [None; 3]);
    }

    #[test]
    fn the_lines_of_functions_are_counted_and_nothing_else() {
        let llvm = "; module\n@a = constant\ndefine void @f() {\nstart:\n  ret void\n}\n\n\
                    declare void @g()\ndefine i8 @h() {\n  ret i8 0\n}\n!0 = !{}\n";
        assert_eq!(lines_of_functions(llvm), 7);
    }

    #[test]
    fn the_metadata_of_a_library_is_found_by_its_name() {
        let messages = r#"not json
{"reason":"compiler-artifact","target":{"name":"serde"},"filenames":["/t/libserde-1.rlib","/t/libserde-1.rmeta"]}
{"reason":"compiler-artifact","target":{"name":"serde_json"},"filenames":["/t/libserde_json-1.rmeta"]}"#;
        let found = metadata(messages, "serde_json");
        assert_eq!(found, Some(PathBuf::from("/t/libserde_json-1.rmeta")));
        assert_eq!(metadata(messages, "hotconfig"), None);
    }

    #[test]
    fn the_rounds_are_a_number_above_zero() {
        let runs = |arguments: &[&str]| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            runs(&arguments).ok()
        };
        assert_eq!(runs(&[]), Some(RUNS));
        assert_eq!(runs(&["--runs", "3"]), Some(3));
        assert_eq!(runs(&["--runs", "0"]), None);
        assert_eq!(runs(&["--runs"]), None);
        assert_eq!(runs(&["3"]), None);
    }
}
