//! The file on the disk: crashes, other processes, failing disks.
//!
//! If a test needs another process, it starts itself again, with the variable `ROLE`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

use tempfile::TempDir;

use super::super::file::tests::{abandon, hold, sweep_all};
use super::super::*;

const ROLE: &str = "HOTCONFIG_DRILL_FOLDER";

/// Copies that are all different in every part, and of different lengths.
fn copy(author: u64, number: u64) -> Vec<u8> {
    let entry = |at| FallbackEntry {
        key: format!("/p/{at}"),
        mod_revision: Revision::new(number),
        value: format!("{author} wrote {number} ")
            .repeat(40)
            .into_bytes()
            .into(),
        secret: false,
    };
    let contents = Contents {
        prefixes: vec!["/p/".to_owned()],
        schema: fingerprint("{}"),
        cluster: Some(author),
        epoch: 1,
        revision: Some(Revision::new(number)),
        confirmed: UNIX_EPOCH + Duration::from_secs(number),
        entries: (0..60 + 30 * number).map(entry).collect(),
        left_out: Vec::new(),
        held: Vec::new(),
    };
    encode(&contents, &Secrets::Plain).unwrap()
}

/// The number of different copies of an author.
const COPIES: u64 = 4;

/// The author and the number of a file, which must be whole.
fn whole(bytes: &[u8]) -> (u64, u64) {
    let contents = decode(bytes, &Secrets::Plain).unwrap();
    let (author, number) = (contents.cluster.unwrap(), contents.revision.unwrap().get());
    assert_eq!(bytes, copy(author, number));
    (author, number)
}

/// The command that runs this test again, in a process of its own, with `folder`.
fn again(test: &str, folder: &Path) -> Command {
    let module = module_path!().split_once("::").unwrap().1;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([&format!("{module}::{test}"), "--exact", "--nocapture"])
        .env(ROLE, folder);
    command
}

/// The folder, in a process that [`again`] made.
fn role() -> Option<PathBuf> {
    std::env::var_os(ROLE).map(PathBuf::from)
}

/// Writes one copy after the other, and prints the number of each, until it is killed or its output
/// is closed.
fn write_for_ever(folder: &Path, author: u64) {
    let path = folder.join("copy");
    let copies: Vec<_> = (0..COPIES).map(|number| copy(author, number)).collect();
    let mut last = read(&path).unwrap().map_or(0, |bytes| whole(&bytes).1);
    let mut out = std::io::stdout();
    loop {
        last = (last + 1) % COPIES;
        write(&path, &copies[usize::try_from(last).unwrap()]).unwrap();
        if writeln!(out, "\nwrote {last}").is_err() {
            return;
        }
    }
}

/// A process that writes forever; it is killed when this is dropped.
struct Writer {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Writer {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// The next number that it prints. `None` after its end.
    fn next(&mut self) -> Option<u64> {
        let mut line = String::new();
        while self.out.read_line(&mut line).unwrap() > 0 {
            if let Some(number) = line.trim().strip_prefix("wrote ") {
                return number.parse().ok();
            }
            line.clear();
        }
        None
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn just(name: &str) -> BTreeSet<String> {
    BTreeSet::from([name.to_owned()])
}

#[test]
fn drill_36_a_kill_at_any_instant_leaves_the_old_copy_or_the_new_one() {
    if let Some(folder) = role() {
        return write_for_ever(&folder, 7);
    }
    let this = "drill_36_a_kill_at_any_instant_leaves_the_old_copy_or_the_new_one";
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy");
    let mut litter = 0;
    for round in 0..60 {
        let mut writer = Writer::start(again(this, folder.path()));
        let mut said = writer.next().unwrap();
        for _ in 0..fastrand::u32(0..8) {
            said = writer.next().unwrap();
        }
        // The kill hits a random point of a write.
        std::thread::sleep(Duration::from_micros(fastrand::u64(0..2000)));
        writer.kill();
        while let Some(number) = writer.next() {
            said = number;
        }
        let (_, found) = whole(&read(&path).unwrap().unwrap());
        let next = (said + 1) % COPIES;
        assert!(
            found == said || found == next,
            "round {round}: said {said}, found {found}"
        );
        litter = files(folder.path()).len() - 1;
    }
    println!("files that crashes left: {litter}");
    sweep_all(&path);
    assert_eq!(files(folder.path()), just("copy"));
}

#[test]
fn drill_36_two_processes_write_to_one_path_and_a_third_always_reads_it_whole() {
    let this = "drill_36_two_processes_write_to_one_path_and_a_third_always_reads_it_whole";
    if let Some(folder) = role() {
        let author = std::env::var("HOTCONFIG_DRILL_AUTHOR").unwrap();
        return write_for_ever(&folder, author.parse().unwrap());
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy");
    let mut writers: Vec<_> = ["1", "2"]
        .into_iter()
        .map(|author| {
            let mut command = again(this, folder.path());
            command.env("HOTCONFIG_DRILL_AUTHOR", author);
            Writer::start(command)
        })
        .collect();
    for writer in &mut writers {
        writer.next().expect("both have written");
    }
    let begun = Instant::now();
    let mut seen = BTreeSet::new();
    let mut reads = 0;
    // Each copy of each author, at least once.
    while seen.len() < 2 * usize::try_from(COPIES).unwrap() || reads < 100 {
        let bytes = read(&path).unwrap().expect("it is never missing");
        seen.insert(whole(&bytes));
        reads += 1;
        for writer in &mut writers {
            writer.next().expect("both go on");
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "after {reads} reads only {seen:?}"
        );
    }
}

#[test]
fn drill_36_what_a_crash_left_is_swept_and_what_is_being_written_is_not() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy");
    write(&path, b"old").unwrap();
    // Files of other programs, however similar.
    let others = [
        ".copy.backup1.hotconfig",
        ".copy.abcdefgh",
        "copy.abcdefgh.hotconfig",
        ".copy2.abcdefgh.hotconfig",
        ".copy.abcd/fgh.hotconfig",
    ];
    fs::create_dir(folder.path().join(".copy.abcd")).unwrap();
    for other in others {
        fs::write(folder.path().join(other), "theirs").unwrap();
    }
    fs::create_dir(folder.path().join(".copy.ABCDEFGH.hotconfig")).unwrap();
    let before = files(folder.path());

    let living = hold(&path);
    let crashed = abandon(&path);
    assert_eq!(files(folder.path()).len(), before.len() + 2);
    // It has just been written: its process may not have locked it yet.
    sweep(&path);
    assert_eq!(files(folder.path()).len(), before.len() + 2);
    sweep_all(&path);
    assert!(!crashed.exists());
    assert!(living.path().exists());
    drop(living);
    assert_eq!(files(folder.path()), before);
    assert_eq!(read(&path).unwrap().unwrap(), b"old");
    // Nothing to sweep in.
    sweep(&folder.path().join("missing/copy"));
    sweep(Path::new("/"));
}

#[test]
fn a_copy_that_is_not_there_is_no_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy");
    assert_eq!(read(&path).unwrap(), None);
    assert_eq!(read(&folder.path().join("missing/copy")).unwrap(), None);
    write(&path, b"").unwrap();
    assert_eq!(read(&path).unwrap().unwrap(), b"");
}

#[test]
fn drill_38_a_path_that_cannot_be_written_is_said_to_be_one_and_leaves_no_litter() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "somebody's").unwrap();
    let taken = folder.path().join("folder");
    fs::create_dir(&taken).unwrap();
    let long = folder.path().join("x".repeat(300));
    for path in [
        file.join("copy"),
        folder.path().join("missing/copy"),
        taken.clone(),
        long,
    ] {
        let error = write(&path, b"new").unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{error}");
    }
    for path in ["", "/", ".."] {
        assert!(write(Path::new(path), b"new").is_err(), "{path:?}");
    }
    assert_eq!(files(&taken), BTreeSet::new());
    let all = BTreeSet::from(["file".to_owned(), "folder".to_owned()]);
    assert_eq!(files(folder.path()), all);
    let error = read(&file.join("copy")).unwrap_err();
    assert!(error.to_string().contains("cannot be read"), "{error}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn drill_37_a_copy_is_its_owners_only_whatever_stood_there() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("copy");
        // Before it contains a byte.
        assert_eq!(mode(hold(&path).path()), 0o600);
        write(&path, b"one").unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_link_is_replaced_and_what_it_names_is_left_alone() {
        let folder = TempDir::new().unwrap();
        let (path, target) = (folder.path().join("copy"), folder.path().join("target"));
        fs::write(&target, "theirs").unwrap();
        for target in [&target, &folder.path().join("nowhere")] {
            let _ = fs::remove_file(&path);
            symlink(target, &path).unwrap();
            write(&path, b"ours").unwrap();
            assert!(fs::symlink_metadata(&path).unwrap().is_file());
            assert_eq!(read(&path).unwrap().unwrap(), b"ours");
        }
        assert_eq!(fs::read(&target).unwrap(), b"theirs");
    }

    #[test]
    fn a_device_or_a_pipe_is_neither_read_nor_replaced() {
        let folder = TempDir::new().unwrap();
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let link = folder.path().join("link");
        symlink("/dev/zero", &link).unwrap();
        for path in [&pipe, &link, folder.path()] {
            for error in [read(path).unwrap_err(), write(path, b"new").unwrap_err()] {
                assert!(error.to_string().contains("not a regular file"), "{error}");
            }
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(files(folder.path()).len(), 2);
    }

    #[test]
    fn a_file_beyond_the_limit_is_refused() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("copy");
        // It takes no room on the disk.
        let file = fs::File::create(&path).unwrap();
        file.set_len((1 << 30) + 1).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains("larger than 1 GiB"), "{error}");
    }

    #[test]
    fn drill_38_a_disk_without_room_keeps_the_old_copy_and_no_litter() {
        let this = "unix::drill_38_a_disk_without_room_keeps_the_old_copy_and_no_litter";
        if let Some(folder) = role() {
            // In this process no file may have more than 4 KiB.
            let path = folder.join("copy");
            write(&path, b"small").unwrap();
            for _ in 0..3 {
                let error = write(&path, &vec![b'x'; 100_000]).unwrap_err();
                assert!(error.to_string().contains("cannot be written"), "{error}");
                assert_eq!(read(&path).unwrap().unwrap(), b"small");
                assert_eq!(files(&folder), just("copy"));
            }
            write(&path, b"small again").unwrap();
            return;
        }
        let folder = TempDir::new().unwrap();
        let limited = again(this, folder.path());
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""])
            .arg(limited.get_program())
            .args(limited.get_args())
            .env(ROLE, folder.path());
        let done = shell.output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
        let path = folder.path().join("copy");
        assert_eq!(read(&path).unwrap().unwrap(), b"small again");
    }
}
