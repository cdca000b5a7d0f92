//! The message for each kind of mistake.

use proptest::prelude::*;

use super::super::{HERE, Place, Span, place, span};
use super::message;
use crate::typed::path::Step;
use crate::typed::tree::{Field, Tree};

const POOL: &Tree = &Tree::new("Pool").fields(&[
    Field::new(0, "dsn", "dsn", "String"),
    Field::new(1, "pool_size", "pool_size", "u32").aliases(&["size"]),
    Field::new(2, "idle_timeout", "idle_timeout", "Duration"),
]);

const SERVICE: &Tree = &Tree::new("Service")
    .prefix("/configs/{app}/v1-{env}")
    .fields(&[
        Field::new(0, "log_level", "log_level", "String"),
        Field::new(1, "db", "db", "Pool").section(POOL),
        Field::new(2, "rps", "limits/rps", "u32").aliases(&["max_rps"]),
        Field::new(3, "burst", "limits/burst", "u32"),
        Field::new(4, "started", "", "bool").skipped(),
        Field::new(5, "replica", "db_of/replica", "Pool").section(POOL),
    ]);

fn says(key: &str) -> String {
    message(SERVICE, key).as_str().to_owned()
}

#[test]
fn a_misspelt_key_is_told_the_nearest() {
    let nearest = [
        ("log_levle", "log_level"),
        ("db/pool_sise", "db/pool_size"),
        ("limits/rsp", "limits/rps"),
        ("limts/rps", "limits/rps"),
        ("db_of/replicas/dsn", "db_of/replica"),
        ("db_off/replica/idle-timeout", "db_of/replica"),
    ];
    for (key, near) in nearest {
        let expected = format!("`Service` has no key `{key}`: the nearest is `{near}`");
        assert_eq!(says(key), expected);
    }
}

#[test]
fn where_several_are_near_the_nearest_is_named() {
    const TREE: &Tree = &Tree::new("T").fields(&[
        Field::new(0, "a", "timeout_xx", "u8"),
        Field::new(1, "b", "timeout_a", "u8"),
        Field::new(2, "c", "timeout_xxx", "u8"),
        Field::new(3, "d", "timeout", "u8"),
    ]);
    assert_eq!(
        message(TREE, "timeout_b").as_str(),
        "`T` has no key `timeout_b`: the nearest is `timeout_a`"
    );
}

#[test]
fn where_nothing_is_near_it_says_what_there_is() {
    assert_eq!(
        says("db/unheard_of"),
        "`Service` has no key `db/unheard_of`: that section has `db/dsn`, `db/pool_size`, \
         `db/idle_timeout`"
    );
    for key in ["x", "", "limits", "/configs/users/v1-prod/log_level"] {
        assert_eq!(
            says(key),
            format!(
                "`Service` has no key `{key}`: the struct has `log_level`, `db`, `limits/rps`, \
                 `limits/burst`, `db_of/replica`"
            )
        );
    }
}

#[test]
fn of_many_keys_the_first_are_named() {
    const FIELDS: [Field; 9] = [const { Field::new(0, "a", "a", "u8") }; 9];
    const TREE: &Tree = &Tree::new("T").fields(&FIELDS);
    let said = message(TREE, "unheard_of");
    assert_eq!(said.as_str().matches("`a`").count(), 8);
    assert!(said.as_str().ends_with("`a`, …"));
}

#[test]
fn what_is_nearly_a_key_is_told_what_to_write() {
    for (key, right) in [
        ("/db/pool_size", "db/pool_size"),
        ("db/", "db"),
        ("db.pool_size", "db/pool_size"),
        ("rps", "limits/rps"),
        ("replica/dsn", "db_of/replica/dsn"),
        ("db/poolSize", "db/pool_size"),
        ("LOG-LEVEL", "log_level"),
    ] {
        let expected = format!("`Service` has no key `{key}`: write `{right}`");
        assert_eq!(says(key), expected);
    }
    for (alias, key) in [("max_rps", "limits/rps"), ("db/size", "db/pool_size")] {
        let expected = format!("`{alias}` is an old key, an `alias`: write `{key}`");
        assert_eq!(says(alias), expected);
    }
    assert_eq!(
        says("started"),
        "the field `started` is `#[hot(skip)]`: it has no key and never changes"
    );
    assert_eq!(
        says("limits/rps/soft"),
        "`limits/rps/soft` goes on behind `limits/rps`, which is one key: end it there"
    );
}

#[test]
fn every_key_has_its_place() {
    for leaf in SERVICE.leaves() {
        let place = place::<3>(SERVICE, &leaf.key);
        assert_eq!(
            (place.span().first, place.span().len),
            (leaf.id().place(), 1)
        );
        assert_eq!(place.path(SERVICE).as_str(), leaf.name);
        let path = leaf.path.fixed();
        let steps = (0..path.len()).map(|level| Step::Field(place.step(level)));
        assert_eq!(steps.collect::<Vec<_>>(), path);
    }
    let section = place::<2>(SERVICE, "db_of/replica");
    assert_eq!((section.span().first, section.span().len), (6, 3));
    assert_eq!(section.path(SERVICE).as_str(), "replica");
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "[a-z_./é{}-]{0,40}|db/[a-z/é]{0,12}|(db_of|limits)(/[a-z.]{0,9}){0,3}") {
        prop_assert!(!says(&text).is_empty());
    }
}

const TENANT: &Tree = &Tree::new("Tenant").fields(&[
    Field::new(0, "left", "left", "u32"),
    Field::new(1, "limits", "limits", "Limits").section(POOL),
]);

const FLAG: &Tree = &Tree::new("bool").fields(&[Field::new(0, "", "", "bool")]);

const MAPPED: &Tree = &Tree::new("Mapped").fields(&[
    Field::new(0, "first", "first", "u32"),
    Field::new(1, "tenants", "of/tenants", "Map<Tenant>").map(TENANT),
    Field::new(2, "features", "features", "Map<bool>").map(FLAG),
    Field::new(3, "last", "last", "u32"),
]);

#[test]
fn a_map_is_found_and_stands_for_all_of_its_patterns() {
    const TENANTS: Span = span(MAPPED, &["tenants"]);
    const LAST: Place<1> = place(MAPPED, "last");
    assert_eq!((TENANTS.first, TENANTS.len), (1, 4));
    assert_eq!((LAST.span().first, LAST.span().len), (6, 1));
    let tenants = place::<2>(MAPPED, "of/tenants");
    assert_eq!(tenants.span(), TENANTS);
    assert_eq!(tenants.path(MAPPED).as_str(), "tenants");
    assert_eq!((tenants.step(0), tenants.step(1)), (1, HERE));
    let features = place::<1>(MAPPED, "features");
    assert_eq!(features.span(), span(MAPPED, &["features"]));
    assert_eq!((features.span().first, features.span().len), (5, 1));
    assert_eq!(span(MAPPED, &[]), Span { first: 0, len: 7 });
}

#[test]
fn a_key_ends_at_the_map() {
    for key in [
        "of/tenants/acme",
        "of/tenants/acme/left",
        "of/tenants/*/left",
    ] {
        assert!(place::<4>(MAPPED, key).is_unknown, "{key}");
        let said = message(MAPPED, key).as_str().to_owned();
        let expected = format!(
            "`{key}` goes on behind `of/tenants`, a map whose entries are named in the store: end it \
             there"
        );
        assert_eq!(said, expected);
    }
    let said = |key: &str| message(MAPPED, key).as_str().to_owned();
    assert!(said("of/tenant/acme").ends_with("the nearest is `of/tenants`"));
    assert!(said("tenants").ends_with("has no key `tenants`: write `of/tenants`"));
    assert!(said("features/").ends_with("write `features`"));
}

#[test]
#[should_panic(
    expected = "this path goes into `tenants`, a map, whose entries are named in the store: end it there"
)]
fn a_path_ends_at_the_map() {
    let _ = span(MAPPED, &["tenants", "left"]);
}
