//! A struct that names its schema file, as cargo sees it: a crate of its own, compiled several times.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = r#"
#[derive(hotconfig::HotConfig, Clone)]
#[hot(schema = "schemas/service.json")]
pub struct Service {
    #[hot(default = 8)]
    pub workers: u32,
    #[hot(nested)]
    pub db: Pool,
}

#[derive(hotconfig::HotConfig, Clone)]
pub struct Pool {
    #[hot(default = 8)]
    pub size: u32,
}
"#;

const FILE: &str = r#"{
  "format": "hotconfig-schema/1",
  "name": "Service",
  "keys": {
    "db/size": { "type": "u32", "default": "8" },
    "workers": { "type": "u32", "default": "8" }
  }
}
"#;

struct Crate {
    folder: PathBuf,
}

impl Crate {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("committed");
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let library = workspace.join("config-runtime");
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir_all(folder.join("schemas")).unwrap();
        let manifest = format!(
            "[package]\nname = \"committed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [dependencies]\nhotconfig = {{ path = \"{}\", default-features = false }}\n\
             [workspace]\n[profile.dev]\ndebug = \"line-tables-only\"\n\
             [profile.dev.package.\"*\"]\ndebug = false\n",
            library.display(),
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        fs::write(folder.join("src/lib.rs"), SOURCE).unwrap();
        Self { folder }
    }

    fn write(&self, schema: &str) {
        fs::write(self.folder.join("schemas/service.json"), schema).unwrap();
    }

    fn check_on_ci(&self) -> Option<String> {
        let mut command = self.command(true);
        command.env("CI", "true");
        refused(command)
    }

    /// What the compiler refuses; `None` where it does not.
    fn check(&self, rewrite: bool) -> Option<String> {
        refused(self.command(rewrite))
    }

    fn command(&self, rewrite: bool) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command.args(["check", "--offline", "--quiet"]);
        command.current_dir(&self.folder);
        // That of the workspace, whose profile it has: what the library needs may be there.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        command.env("CARGO_TARGET_DIR", target);
        command.env_remove("HOTCONFIG_SCHEMA").env_remove("CI");
        if rewrite {
            command.env("HOTCONFIG_SCHEMA", "write");
        }
        command
    }
}

fn refused(mut command: Command) -> Option<String> {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(said)
}

#[test]
fn editing_the_schema_file_compiles_the_crate_anew() {
    let it = Crate::new();
    it.write(FILE);
    assert_eq!(it.check(false), None);

    // The source is the same; only the file is another.
    it.write(&FILE.replace("\"workers\"", "\"worker\""));
    let refused = it.check(false).expect("it compiles");
    assert!(
        refused.contains("which is not in `schemas/service.json`"),
        "{refused}"
    );
    it.write(&FILE.replace(
        "\"db/size\": { \"type\": \"u32\"",
        "\"db/size\": { \"type\": \"u64\"",
    ));
    let refused = it.check(false).expect("it compiles");
    assert!(refused.contains("has the type `u64`"), "{refused}");

    // So that the test that writes the file can be compiled.
    assert_eq!(it.check(true), None);
    assert!(it.check(false).is_some());
    // Where nothing is written the file has to be right.
    assert!(it.check_on_ci().is_some());

    it.write(FILE);
    assert_eq!(it.check(false), None);
    fs::remove_file(it.folder.join("schemas/service.json")).unwrap();
    let refused = it.check(false).expect("it compiles");
    assert!(refused.contains("can't be read"), "{refused}");
    it.write(FILE);
    assert_eq!(it.check(false), None);
}
