//! Entries of a map that appear and disappear, one case at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::config::{Config, Key, NAMES, Text};
use super::server::Server;
use super::steps::{History, Step};
use super::world::World;
use super::{end, quiet};
use crate::apply::BadKeys;
use crate::engine::{Command, Engine, EngineEvent, Start};
use crate::layers::Layout;
use crate::store::{ErrorKind, Range, WatchEvent};
use crate::sync::{Request, Settings, StoreEvent};
use crate::{HotConfig, Revision};

const MIN: Key = b"/p/min";
const A_LEFT: Key = b"/p/tenants/of/a/left";
const A_RIGHT: Key = b"/p/tenants/of/a/right";
const B_LEFT: Key = b"/p/tenants/of/b/left";

fn put(key: Key, text: Text) -> Step {
    Step::Write(vec![(key, Some(text))])
}

fn delete(key: Key) -> Step {
    Step::Write(vec![(key, None)])
}

fn begin(steps: Vec<Step>) -> (World, History) {
    // With one prefix, everything that arrives is handed out at once.
    let history = History {
        layered: false,
        ..quiet(steps)
    };
    let mut world = World::new(&history, false).unwrap();
    run(&mut world, &history.steps);
    (world, history)
}

fn run(world: &mut World, steps: &[Step]) {
    for step in steps {
        world.run(step).unwrap();
    }
}

/// The names of the entries with their values.
fn entries(world: &World) -> Vec<(String, u8, u8)> {
    let now = world.hub.as_ref().unwrap().snapshot();
    let entries = now.tenants.of.iter();
    entries
        .map(|(name, pair)| (name.to_owned(), pair.left, pair.right))
        .collect()
}

/// `b` was there when the reading was requested; `a` was not.
#[test]
fn a_reading_does_not_bring_back_an_entry_that_went_while_it_was_on_its_way() {
    let (mut world, history) = begin(vec![put(B_LEFT, b"5"), Step::Deliver]);
    assert_eq!(entries(&world), [("b".to_owned(), 5, 1)]);
    while !world.is_reading() {
        world.calm_round(Duration::MAX).unwrap();
    }
    let come = [put(A_LEFT, b"3"), Step::Take];
    let go = [delete(A_LEFT), delete(B_LEFT), Step::Deliver];
    run(&mut world, &come);
    run(&mut world, &go);
    // The next settling would forget the entries.
    run(&mut world, &[put(MIN, b"1"), Step::Deliver]);
    assert!(world.is_reading() && entries(&world).is_empty());
    run(&mut world, &[Step::Answer(0)]);
    assert!(!world.is_reading() && entries(&world).is_empty());
    end(&mut world, &history).unwrap();
}

#[test]
fn an_entry_whose_last_key_is_deleted_during_an_outage_is_found_missing() {
    let (mut world, history) = begin(vec![
        put(A_LEFT, b"2"),
        put(A_RIGHT, b"4"),
        put(B_LEFT, b"5"),
        Step::Deliver,
        Step::Break(ErrorKind::Unreachable),
        delete(A_LEFT),
        delete(B_LEFT),
        Step::Compact(0),
        Step::Calm(5_000),
    ]);
    // The remaining key of `a` breaks its rule.
    assert_eq!(
        entries(&world),
        [("a".to_owned(), 2, 4), ("b".to_owned(), 5, 1)]
    );
    let [held] = &world.status.held[..] else {
        panic!("held: {:?}", world.status.held);
    };
    assert!(held.missing);
    assert_eq!(held.keys.len(), 2);
    let second = [
        Step::Break(ErrorKind::Unreachable),
        delete(A_RIGHT),
        Step::Compact(0),
        Step::Calm(5_000),
    ];
    run(&mut world, &second);
    assert!(entries(&world).is_empty() && world.status.held.is_empty());
    end(&mut world, &history).unwrap();
}

#[test]
fn a_held_entry_appears_once_when_it_is_repaired() {
    let (mut world, history) = begin(vec![put(A_LEFT, b"4"), Step::Deliver]);
    assert!(entries(&world).is_empty());
    assert_eq!(world.status.held.len(), 1);
    let before = world.judgement.publications;
    run(&mut world, &[put(A_RIGHT, b"2"), Step::Deliver]);
    assert_eq!(entries(&world), [("a".to_owned(), 4, 2)]);
    assert!(world.status.held.is_empty());
    assert_eq!(world.judgement.publications, before + 1);
    assert!(world.judgement.told.iter().eq(&NAMES[9..11]));
    end(&mut world, &history).unwrap();
}

/// An engine below one prefix, whose publications are counted.
struct Bare {
    engine: Engine<Config>,
    server: Server,
    now: Duration,
    asked: Vec<Request>,
    publications: usize,
}

impl Bare {
    /// Watches a store with the one key that is required.
    fn watching() -> Self {
        let mut server = Server::new();
        server.write(&[(b"/p/need", Some(b"3"))]);
        let layout = Layout::new(Config::TREE, vec![Range::below("/p")].into());
        let start = Start {
            limit: Duration::MAX,
            bad_keys: BadKeys::Refuse,
            defaults_without_store: false,
        };
        let (settings, begun) = (Settings::default(), Instant::now());
        let (engine, commands) = Engine::new(
            Arc::new(layout),
            settings,
            0,
            start,
            (begun, Duration::ZERO),
        );
        let mut bare = Self {
            engine,
            server,
            now: Duration::ZERO,
            asked: Vec::new(),
            publications: 0,
        };
        bare.carry(commands);
        bare.answer_reading();
        bare.say(StoreEvent::Opened(Ok(())));
        let revision = bare.latest();
        bare.say(StoreEvent::Watch(WatchEvent::Created {
            range: 0,
            revision,
        }));
        bare.asked.clear();
        bare
    }

    fn latest(&self) -> Revision {
        Revision::new(self.server.latest())
    }

    fn carry(&mut self, commands: Vec<Command<Config>>) {
        for command in commands {
            match command {
                Command::Ask(request) => self.asked.push(request),
                Command::Publish { publication, .. } => {
                    self.publications += usize::from(publication.is_some());
                }
                _ => {}
            }
        }
    }

    fn say(&mut self, event: StoreEvent) {
        let commands = self.engine.step(self.now, EngineEvent::Store(event));
        self.carry(commands);
        let commands = self.engine.end_batch(self.now);
        self.carry(commands);
    }

    fn change(&mut self, key: Key, text: Option<Text>) {
        self.server.write(&[(key, text)]);
        let events = self.server.events("/p/", self.server.latest());
        self.say(StoreEvent::Watch(WatchEvent::Events { range: 0, events }));
    }

    /// Writes an entry and deletes it again.
    fn visit(&mut self, name: &str, left: Text) {
        let key: Key = format!("/p/tenants/of/{name}/left").leak().as_bytes();
        self.change(key, Some(left));
        self.change(key, None);
    }

    fn answer_reading(&mut self) {
        let reading = self.server.reading(&["/p/"], self.server.latest());
        self.say(StoreEvent::Read(Ok(reading)));
    }

    /// Lets the time pass until everything is due to be compared.
    fn await_reading(&mut self) {
        loop {
            for request in std::mem::take(&mut self.asked) {
                let revision = self.latest();
                self.say(match request {
                    Request::Read => return,
                    Request::Probe => StoreEvent::Probed(Ok(self.server.probe(&["/p/"]))),
                    Request::Latest => StoreEvent::Latest(Ok(revision)),
                    Request::Progress => StoreEvent::Watch(WatchEvent::Progress { revision }),
                    Request::Open(_) | Request::Close => panic!("the watch is lost: {request:?}"),
                });
            }
            self.now = self.engine.deadline();
            let commands = self.engine.end_batch(self.now);
            self.carry(commands);
        }
    }
}

#[test]
fn names_that_are_gone_leave_no_slots_behind() {
    let mut bare = Bare::watching();
    let before = bare.engine.slots();
    for name in 0..250 {
        // Every other one is held, and never published.
        let left: Text = if name % 2 == 0 { b"3" } else { b"2" };
        bare.visit(&format!("early-{name}"), left);
    }
    assert_eq!(bare.publications, 250);
    bare.await_reading();
    for name in 0..250 {
        bare.visit(&format!("late-{name}"), b"3");
    }
    bare.answer_reading();
    assert_eq!(bare.publications, 750);
    assert_eq!(bare.engine.slots(), before);
}
