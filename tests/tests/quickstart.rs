//! The tour and the quick start of the README run, and the README shows their real output.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use hotconfig_tests::{LIMIT, Server, example};

/// Runs the tour and returns its output.
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

/// The lines of the tour's output that the README shows.
fn shown_by_the_readme() -> Vec<&'static str> {
    let readme = include_str!("../../README.md");
    let start = "<!-- output: examples/quickstart.rs -->\n\n```text\n";
    let (_, shown) = readme.split_once(start).unwrap();
    let (shown, _) = shown.split_once("```\n").unwrap();
    let lines: Vec<_> = shown.lines().filter(|line| *line != "…").collect();
    assert!(lines.len() > 5, "{shown}");
    lines
}

/// Whether the output has these lines, in this order.
fn has_in_order(printed: &str, shown: &[&str]) -> Result<(), String> {
    let mut printed = printed.lines();
    for line in shown {
        if !printed.any(|printed| printed == *line) {
            return Err(format!(
                "README.md shows a line that was not printed: {line}"
            ));
        }
    }
    Ok(())
}

#[test]
fn the_tour_prints_the_output_in_the_readme() {
    let printed = tour(&[]);
    assert_eq!(has_in_order(&printed, &shown_by_the_readme()), Ok(()));
    assert!(
        !printed.contains("hunter2"),
        "a secret was printed:\n{printed}"
    );
}

#[tokio::test]
async fn the_tour_runs_on_a_real_etcd_and_leaves_nothing_behind() {
    let server = Server::start().await;
    let printed = tour(&["--etcd", &server.endpoint()]);
    assert_eq!(has_in_order(&printed, &shown_by_the_readme()), Ok(()));
    let all = etcd_client::GetOptions::new()
        .with_all_keys()
        .with_count_only();
    let left = server.client().await.get("", Some(all)).await.unwrap();
    assert_eq!(left.count(), 0);
}

/// Kills the process at the end of a test, even of one that failed.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_quick_start_follows_a_real_etcd() {
    const POOL_SIZE: &str = "/configs/user-service/production/pool_size";
    let server = Server::start().await;
    let mut service = Command::new(example("service"))
        .arg(server.endpoint())
        .stdout(Stdio::piped())
        .spawn()
        .map(Killed)
        .unwrap();
    let printed = BufReader::new(service.0.stdout.take().unwrap()).lines();
    let (sender, mut lines) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        printed
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    let mut next = async || tokio::time::timeout(LIMIT, lines.recv()).await.unwrap();

    assert_eq!(next().await.as_deref(), Some("pool size: 8"));
    let mut client = server.client().await;
    client.put(POOL_SIZE, "16", None).await.unwrap();
    assert_eq!(next().await.as_deref(), Some("pool size: 8 -> 16"));
    client.put(POOL_SIZE, "900", None).await.unwrap();
    client.delete(POOL_SIZE, None).await.unwrap();
    assert_eq!(next().await.as_deref(), Some("pool size: 16 -> 8"));
}
