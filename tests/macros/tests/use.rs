//! `field!` and `key!` in every place where they may stand.

#![deny(missing_docs, warnings, clippy::pedantic)]
#![allow(clippy::expect_used)] // a test says what it expects by failing

use hotconfig::{Field, HotConfig, field, key};

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/configs/{app}", rename_all = "kebab-case")]
struct Service {
    #[hot(default = "info")]
    log_level: String,
    #[hot(nested, key = "storage/main")]
    db: Pool,
    #[hot(key = "limits/rps", default = 1000)]
    rps: u32,
    #[hot(default)]
    whole: Option<Pool>,
    #[hot(default)]
    r#type: u8,
    #[hot(skip)]
    skipped: u8,
}

#[derive(HotConfig, Clone, Debug, PartialEq, serde::Deserialize)]
struct Pool {
    pool_size: u16,
    #[hot(nested)]
    tls: Tls,
}

#[derive(HotConfig, Clone, Debug, PartialEq, serde::Deserialize)]
struct Tls {
    on: bool,
}

type Renamed = Service;

#[derive(HotConfig, Clone, Debug)]
struct Paged<T: Clone, const N: usize> {
    #[hot(nested)]
    own: T,
    list: Vec<[u8; N]>,
    #[hot(nested)]
    same: Pool,
}

fn service() -> Service {
    Service {
        log_level: "warn".to_owned(),
        db: pool(),
        rps: 10,
        whole: None,
        r#type: 4,
        skipped: 0,
    }
}

fn pool() -> Pool {
    Pool {
        pool_size: 3,
        tls: Tls { on: true },
    }
}

/// Whether the two name the same field.
fn is_same<T, V: PartialEq, K>(one: Field<T, V, K>, other: Field<T, V, K>, config: &T) -> bool {
    one.span() == other.span()
        && one.path() == other.path()
        && std::ptr::eq(one.get(config), other.get(config))
}

#[test]
fn a_key_names_the_same_field_as_a_path() {
    let service = service();
    macro_rules! same {
        ($($key:literal is $first:ident $(. $rest:ident)*;)+) => {$(
            assert!(
                is_same(key!(Service, $key), field!(Service, $first $(. $rest)*), &service),
                $key
            );
        )+};
    }
    same! {
        "log-level" is log_level;
        "storage/main" is db;
        "storage/main/pool_size" is db.pool_size;
        "storage/main/tls" is db.tls;
        "storage/main/tls/on" is db.tls.on;
        "limits/rps" is rps;
        "whole" is whole;
    }
    assert_eq!(key!(Service, "type",).get(&service), &4);
    assert_eq!(field!(Service, r#type,).path(), "r#type");
}

#[test]
fn the_type_of_the_value_is_that_of_the_field() {
    let service = service();
    // No annotation: the methods of `u16` and of `String` are found.
    assert_eq!(
        key!(Service, "storage/main/pool_size").get(&service).pow(2),
        9
    );
    assert_eq!(key!(Service, "log-level").get(&service).len(), 4);
    assert!(key!(Service, "storage/main").get(&service).tls.on);
}

const IN_A_CONST: Field<Service, u16> = key!(Service, "storage/main/pool_size");
static IN_A_STATIC: Field<Service, u16> = field!(Service, db.pool_size);

const fn in_a_const_fn() -> Field<Service, u32> {
    key!(Service, "limits/rps")
}

struct Holder;

impl Holder {
    const SIZE: Field<Service, u16> = field!(Service, db.pool_size);
    const KEY: Field<Service, u16> = key!(Service, "storage/main/pool_size");
}

#[test]
fn both_are_constants() {
    const RPS: Field<Service, u32> = in_a_const_fn();
    let service = service();
    assert!(is_same(IN_A_CONST, IN_A_STATIC, &service));
    assert!(is_same(Holder::SIZE, Holder::KEY, &service));
    assert_eq!(RPS.get(&service), &10);
}

impl Service {
    const RPS: Field<Self, u32> = field!(Self, rps);

    fn own() -> Field<Self, u16> {
        field!(Self, db.pool_size)
    }
}

impl<T: HotConfig> Paged<T, 2> {
    fn list() -> Field<Self, Vec<[u8; 2]>> {
        field!(for Self, list)
    }
}

fn generic<T: HotConfig>() -> Field<Paged<T, 2>, u16> {
    field!(for Paged<T, 2>, same.pool_size)
}

#[test]
fn self_aliases_and_parameters() {
    let service = service();
    assert!(is_same(Service::own(), IN_A_CONST, &service));
    assert!(is_same(Service::RPS, field!(Renamed, rps), &service));
    assert!(is_same(
        key!(Renamed, "limits/rps"),
        field!(self::Service, rps),
        &service
    ));
    let paged: Paged<Pool, 2> = Paged {
        own: pool(),
        list: vec![[1, 2]],
        same: pool(),
    };
    assert!(is_same(key!(Paged<Pool, 2>, "list"), Paged::list(), &paged));
    assert!(is_same(
        key!(Paged<Pool, 2>, "same/pool_size"),
        generic(),
        &paged
    ));
    assert!(is_same(
        key!(Paged<Pool, { 1 + 1 }>, "own/tls/on"),
        field!(Paged<Pool, 2>, own.tls.on),
        &paged
    ));
}

/// Names that the expansions might have used for themselves.
#[test]
#[expect(non_upper_case_globals)]
fn names_of_the_user_are_not_seen() {
    const SPAN: usize = 2;
    const config: usize = 1;
    const field: usize = config;
    let paged: Paged<Pool, SPAN> = Paged {
        own: pool(),
        list: vec![[1, 2]],
        same: pool(),
    };
    assert_eq!(field!(Paged<Pool, SPAN>, own.pool_size).get(&paged), &3);
    assert_eq!(
        key!(Paged<Pool, { config + field }>, "list")
            .get(&paged)
            .len(),
        1
    );
}

mod without_prelude {
    #![no_implicit_prelude]

    use super::{Paged, Pool, Service};

    pub(super) struct Box;
    pub(super) mod core {}
    pub(super) mod std {}
    pub(super) mod hotconfig {}

    pub(super) fn fields() -> (
        ::hotconfig::Field<Service, u16>,
        ::hotconfig::Field<Service, u16>,
    ) {
        let _ = (Box, ::hotconfig::field!(for Paged<Pool, 1>, own));
        (
            ::hotconfig::field!(Service, db.pool_size),
            ::hotconfig::key!(Service, "storage/main/pool_size"),
        )
    }
}

/// The macros through somebody else's crate.
mod framework {
    pub(crate) use ::hotconfig as settings;
    pub(crate) use ::hotconfig::{field as path_of, key as key_of};
}

#[test]
fn both_work_without_a_prelude_and_through_another_name() {
    let service = service();
    let (by_path, by_key) = without_prelude::fields();
    assert!(is_same(by_path, by_key, &service));
    assert!(is_same(
        framework::settings::field!(Service, rps),
        framework::path_of!(Service, rps),
        &service
    ));
    assert!(is_same(
        framework::settings::key!(Service, "limits/rps"),
        framework::key_of!(Service, "limits/rps"),
        &service
    ));
}

/// A public struct with private fields, one of them of a private type.
pub mod public {
    /// Documented.
    #[derive(hotconfig::HotConfig, Clone, Debug)]
    pub struct Section {
        on: bool,
    }

    #[derive(hotconfig::HotConfig, Clone, Debug)]
    struct Hidden {
        on: bool,
    }

    /// Documented.
    #[derive(hotconfig::HotConfig, Clone, Debug)]
    pub struct Public {
        #[hot(nested)]
        section: Section,
        #[hot(nested)]
        hidden: Hidden,
    }

    impl Public {
        /// It is on.
        #[must_use]
        pub fn on() -> Self {
            let _ = hotconfig::key!(Public, "hidden/on");
            Self {
                section: Section { on: true },
                hidden: Hidden { on: true },
            }
        }
    }
}

#[test]
fn a_private_field_has_a_public_key() {
    let on = key!(public::Public, "section/on");
    assert!(on.get(&public::Public::on()));
}
