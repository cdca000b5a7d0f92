//! An etcd from the packages of Debian or a distribution that descends from it, without
//! installing anything and without being root: apt works in a folder of its own, and
//! the packages are unpacked, not installed. apt checks the signatures as it always
//! does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::sources::{self, Source};
use crate::cargo;

/// Which suites to take etcd from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Suites {
    /// Those of this release of Debian, on any Debian: its etcd needs nothing but libc. That
    /// of trixie answers requests for progress rightly, those of older releases don't.
    Of(&'static str),
    /// Those of this system.
    Own,
}

/// Fetches and unpacks the packages; gives back the folder of the programs.
pub(crate) fn fill(folder: &Path, suites: Suites) -> Result<PathBuf> {
    for program in ["apt-get", "dpkg-deb"] {
        if cargo::on_path(program).is_none() {
            bail!("there is no {program} here");
        }
    }
    let sources = choose(suites)?;
    let stanzas: String = sources.iter().map(Source::stanza).collect();
    fs::write(folder.join("etcd.sources"), stanzas)?;
    let settings = folder.join("apt.conf");
    fs::write(&settings, configuration(folder)?)?;

    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        // `-c` is read after the system's own settings, which may name a proxy.
        command.current_dir(folder).arg("-c").arg(&settings);
        cargo::output(command.args(arguments))
    };
    apt(&["update"])?;
    apt(&["download", "etcd-server", "etcd-client"])?;

    let unpacked = folder.join("unpacked");
    let mut packages = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            let mut command = Command::new("dpkg-deb");
            cargo::output(command.arg("-x").arg(&path).arg(&unpacked))?;
            packages += 1;
        }
    }
    if packages == 0 {
        bail!("apt-get downloaded no package");
    }
    Ok(unpacked.join("usr").join("bin"))
}

fn choose(suites: Suites) -> Result<Vec<Source>> {
    let release = fs::read_to_string("/etc/os-release").context("can't read /etc/os-release")?;
    let codename = sources::os_release(&release, "VERSION_CODENAME")
        .context("/etc/os-release names no release")?;
    let sources = read_all(Path::new("/etc/apt"));
    let chosen = match suites {
        Suites::Own => sources::of_release(&sources, &codename),
        Suites::Of(other) => {
            let id = sources::os_release(&release, "ID").unwrap_or_default();
            if id != "debian" {
                bail!("this is {id}, not Debian");
            }
            sources::of_other_release(&sources, &codename, other)
        }
    };
    if chosen.is_empty() {
        bail!("/etc/apt has no sources of {codename}");
    }
    Ok(chosen)
}

/// All sources that apt reads.
fn read_all(folder: &Path) -> Vec<Source> {
    let parts = fs::read_dir(folder.join("sources.list.d"))
        .into_iter()
        .flatten();
    let mut files: Vec<PathBuf> = parts.flatten().map(|entry| entry.path()).collect();
    files.push(folder.join("sources.list"));
    files.sort();
    files
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("sources") => sources::deb822(&text),
                Some("list") => sources::one_line(&text),
                _ => Vec::new(),
            }
        })
        .collect()
}

/// Settings with which apt leaves the system alone.
fn configuration(folder: &Path) -> Result<String> {
    for name in ["state/lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(folder.join(name))?;
    }
    let folder = folder
        .to_str()
        .context("the path of the target folder is not UTF-8")?;
    if folder.contains(['"', '\\', '\n']) {
        bail!("apt can't use a folder with such a name: {folder:?}");
    }
    Ok(format!(
        r#"// What to do after an update is for the system's own lists.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "{folder}/state";
Dir::State::Lists "{folder}/state/lists";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/cache/archives";
Dir::Etc::SourceList "{folder}/etcd.sources";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
// The user for downloads may not be allowed to write here.
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
"#
    ))
}
