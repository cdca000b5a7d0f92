//! Any history of a store, of the connection to it and of time, through the whole engine and the
//! hub.
//!
//! An honest world keeps etcd's guarantees: there everything is exact after every step. A lying one
//! loses events and replaces its history: there the end must be right within a bounded time. Both
//! end with a time without faults. `HOTCONFIG_HISTORIES` is the number of histories to try.

mod config;
mod copy;
mod entries;
mod judge;
mod server;
mod steps;
mod subscribers;
mod world;

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngAlgorithm;

use crate::apply::BadKeys;
use judge::{JudgeResult, ensure};
use steps::{History, Nature, Step, history};
use world::World;

/// Writes and deletes that give every field a good value, and leave no other key.
const REPAIR: [server::Change; 28] = [
    (b"/p/min", Some(b"1")),
    (b"/p/max", Some(b"9")),
    (b"/p/need", Some(b"4")),
    (b"/p/maybe", Some(b"6")),
    (b"/p/name", Some(b"quiet")),
    (b"/p/token", Some(b"hush-3")),
    (b"/p/threads", Some(b"2")),
    (b"/p/pair/left", Some(b"3")),
    (b"/p/pair/right", Some(b"5")),
    (b"/p/maximum", None),
    (b"/p@1/min", None),
    (b"/p@1/max", None),
    (b"/p@1/maximum", None),
    (b"/p@1/need", None),
    (b"/p@1/maybe", None),
    (b"/p@1/name", None),
    (b"/p@1/token", None),
    (b"/p@1/threads", None),
    (b"/p@1/pair/left", None),
    (b"/p@1/pair/right", None),
    (b"/p/tenants/of/a/left", Some(b"3")),
    (b"/p/tenants/of/a/right", Some(b"5")),
    (b"/p/tenants/of/b/left", None),
    (b"/p/tenants/of/b/right", None),
    (b"/p@1/tenants/of/a/left", None),
    (b"/p@1/tenants/of/a/right", None),
    (b"/p@1/tenants/of/b/left", None),
    (b"/p@1/tenants/of/b/right", None),
];

/// The total number of histories.
fn histories() -> u32 {
    let number = std::env::var("HOTCONFIG_HISTORIES");
    number.map_or(10_000, |number| {
        let number: u64 = number.parse().expect("HOTCONFIG_HISTORIES is a number");
        u32::try_from(number).unwrap_or(u32::MAX)
    })
}

fn some(share: u32) -> ProptestConfig {
    ProptestConfig {
        cases: (histories() / share).max(1),
        // The default algorithm is slow without optimisation.
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    }
}

/// Runs a history to its end, and returns the log of what it carried.
fn run(history: &History, log: bool) -> JudgeResult<Vec<String>> {
    let mut world = World::new(history, log)?;
    for (at, step) in history.steps.iter().enumerate() {
        world
            .run(step)
            .map_err(|wrong| format!("at step {} ({step}): {wrong}", at + 1))?;
    }
    end(&mut world, history).map_err(|wrong| format!("after the last step: {wrong}"))?;
    Ok(world.into_log())
}

/// Stops the faults, and waits until everything is settled.
fn end(world: &mut World, history: &History) -> JudgeResult {
    world.faults_stop();
    come_to_rest(world, "P4, P8, P13")?;
    if world.refused {
        return Ok(());
    }
    if !world.is_hung() {
        world.wait_for_the_newest(world.rest_limit())?;
    }
    world.server.write(&REPAIR);
    come_to_rest(world, "P4")?;
    // Recoveries and comparisons swap nothing if nothing changed.
    if history.seed.is_multiple_of(8) {
        let before = world.judgement.publications;
        world.calm(world.settings.compare_every.mul_f64(1.3))?;
        ensure!(
            world.judgement.publications == before,
            "P6: published in calm weather"
        );
        come_to_rest(world, "P4")?;
    }
    let Some(hub) = world.hub.clone() else {
        return Ok(());
    };
    world.end()?;
    hub.end();
    for subscriber in &mut world.subscribers {
        subscriber.drain(&hub.snapshot())?;
    }
    Ok(())
}

fn come_to_rest(world: &mut World, promise: &str) -> JudgeResult {
    let limit = world.rest_limit();
    let end = world.now + limit;
    while let Err(wrong) = world.judge_rest() {
        ensure!(
            world.now < end,
            "{promise}: not at rest {limit:?} after the faults: {wrong}"
        );
        world.calm_round(end)?;
        if world.refused {
            break;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(some(2))]

    #[test]
    fn p01_to_p15_in_an_honest_world_every_step_is_exact(history in history(Nature::Honest)) {
        run(&history, false).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn p04_p08_p13_in_a_lying_world_the_end_is_right(history in history(Nature::Lying)) {
        run(&history, false).map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(some(20))]

    #[test]
    fn the_same_history_gives_the_same_outputs(history in history(Nature::Lying)) {
        let once = run(&history, true).map_err(TestCaseError::fail)?;
        let again = run(&history, true).map_err(TestCaseError::fail)?;
        let same = once.iter().zip(&again).take_while(|(one, other)| one == other).count();
        prop_assert_eq!(once.get(same), again.get(same));
    }
}

/// A history in an honest world, with an open watch from the beginning.
fn quiet(steps: Vec<Step>) -> History {
    let seconds = Duration::from_secs;
    History {
        nature: Nature::Honest,
        layered: true,
        trusted: true,
        bad_keys: BadKeys::Refuse,
        staleness: seconds(30),
        compare_every: seconds(600),
        seed: 0,
        watching: true,
        copy: None,
        steps,
    }
}

/// The judge of answers checks the configuration that is published then.
#[test]
fn a_wait_is_answered_once_its_revision_is_published() {
    let history = History {
        layered: false,
        ..quiet(vec![
            Step::Write(vec![(b"/p/need", Some(b"4"))]),
            Step::Want(1),
            Step::Deliver,
        ])
    };
    let mut world = World::new(&history, false).unwrap();
    for step in &history.steps {
        world.run(step).unwrap();
    }
    assert_eq!(world.hub.as_ref().unwrap().snapshot().need, 4);
    end(&mut world, &history).unwrap();
}

/// Both delete a key that would give the field its value; each could have come alone.
#[test]
fn two_changes_that_are_bad_only_together_do_not_block_each_other() {
    let history = quiet(vec![
        Step::Write(vec![(b"/p/need", None), (b"/p@1/need", Some(b"1"))]),
        Step::Write(vec![(b"/p@1/need", None), (b"/p/maybe", Some(b"5"))]),
        Step::Deliver,
    ]);
    let mut world = World::new(&history, false).unwrap();
    for step in &history.steps {
        world.run(step).unwrap();
    }
    world.calm(Duration::from_secs(1)).unwrap();
    let now = world.hub.as_ref().unwrap().snapshot();
    assert_eq!((now.need, now.maybe), (3, Some(5)));
    end(&mut world, &history).unwrap();
}
