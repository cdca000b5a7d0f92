//! The tour of the README runs, on both stores, and the README shows what it runs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::process::Command;

use hotconfig_tests::{Server, example};

/// Runs the tour and answers what it printed.
fn tour(arguments: &[&str]) -> String {
    let ran = Command::new(example("quickstart"))
        .args(arguments)
        .output()
        .unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap();
    let complained = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{printed}\n{complained}");
    printed
}

/// What every run of the tour shows.
fn shows_everything(printed: &str) {
    for shown in [
        "/configs/hotconfig-demo/tour/db/dsn           ***",
        "db.pool_size: 8 -> 16 at revision",
        "Limits { rate: 1000, burst: 2000 } -> Limits { rate: 5000, burst: 6000 } at revision",
        "out of range; found \"900\"; expected a value in 1..=64",
        "db.pool_size is still 16",
        "db.pool_size: 16 -> 8",
    ] {
        assert!(
            printed.contains(shown),
            "{shown:?} is missing in:\n{printed}"
        );
    }
    assert!(
        !printed.contains("hunter2"),
        "a secret was printed:\n{printed}"
    );
}

#[test]
fn the_tour_runs_on_the_store_in_the_process() {
    shows_everything(&tour(&[]));
}

#[tokio::test]
async fn the_tour_runs_on_a_real_etcd_and_leaves_nothing_behind() {
    let server = Server::start().await;
    shows_everything(&tour(&["--etcd", &server.endpoint()]));
    let all = etcd_client::GetOptions::new()
        .with_all_keys()
        .with_count_only();
    let left = server.client().await.get("", Some(all)).await.unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn the_readme_shows_what_the_tour_runs() {
    let readme = include_str!("../../README.md");
    let quickstart = include_str!("../../examples/quickstart.rs");
    let (_, shown) = quickstart.split_once("// README: begin\n").unwrap();
    let (shown, _) = shown.split_once("// README: end\n").unwrap();
    assert!(
        readme.contains(shown),
        "README.md differs from examples/quickstart.rs"
    );
}
