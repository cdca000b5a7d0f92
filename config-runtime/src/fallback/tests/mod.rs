//! The format, from outside: encoded contents are decoded again, and no other bytes are.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;

mod drills;

const DSN: &str = "postgres://user:hunter2@db";

fn key(byte: u8) -> Secrets {
    Secrets::Seal(SealKey::new([byte; 32]))
}

fn entry(key: &str, mod_revision: u64, value: &[u8], secret: bool) -> FallbackEntry {
    FallbackEntry {
        key: format!("/configs/users/prod/{key}"),
        mod_revision: Revision::new(mod_revision),
        value: value.into(),
        secret,
    }
}

fn contents() -> Contents {
    Contents {
        prefixes: vec![
            "/configs/common/".to_owned(),
            "/configs/users/prod/".to_owned(),
        ],
        schema: fingerprint("{}"),
        cluster: Some(0xcdf8_1819_4e3a_8c32),
        epoch: 2,
        revision: Some(Revision::new(17)),
        confirmed: UNIX_EPOCH + Duration::from_millis(1_767_323_045_678),
        entries: vec![
            entry("db/dsn", 3, DSN.as_bytes(), true),
            entry("db/pool_size", 17, b"16", false),
            entry("logo", 5, &[0, 159, 146, 150], false),
            entry("motd", 6, "\"Grüße\"\n\tall".as_bytes(), false),
        ],
        left_out: Vec::new(),
        held: vec![HeldNote {
            keys: vec!["/configs/users/prod/rps".to_owned()],
            revision: Revision::new(12),
            reason: "`rps`: 0 is below 1".to_owned(),
        }],
    }
}

/// A file of that body with the right first line, as another program may leave it.
fn file(body: &str) -> Vec<u8> {
    let mut file = format!(
        "hotconfig-fallback/1 sha256={} bytes={}\n",
        sha256(body.as_bytes()),
        body.len()
    );
    file.push_str(body);
    file.into_bytes()
}

fn body(file: &[u8]) -> String {
    let text = std::str::from_utf8(file).unwrap();
    text.split_once('\n').unwrap().1.to_owned()
}

/// The same file, edited, with the first line to match.
fn edited(secrets: &Secrets, from: &str, to: &str) -> Vec<u8> {
    let body = body(&encode(&contents(), secrets).unwrap());
    let edited = body.replacen(from, to, 1);
    assert_ne!(body, edited, "{from:?} is not in {body}");
    file(&edited)
}

fn refusal(bytes: &[u8]) -> FallbackError {
    decode(bytes, &Secrets::Plain).unwrap_err()
}

#[test]
fn a_person_can_read_it() {
    let text = String::from_utf8(encode(&contents(), &Secrets::LeaveOut).unwrap()).unwrap();
    let body = body(text.as_bytes());
    let expected = [
        &*format!(
            "hotconfig-fallback/1 sha256={} bytes={}",
            sha256(body.as_bytes()),
            body.len()
        ),
        "{",
        r#""format": "hotconfig-fallback/1","#,
        r#""prefixes": ["/configs/common/","/configs/users/prod/"],"#,
        r#""schema": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","#,
        r#""cluster": "cdf818194e3a8c32","#,
        r#""epoch": 2,"#,
        r#""revision": 17,"#,
        r#""confirmed": "2026-01-02T03:04:05.678Z","#,
        r#""held": ["#,
        r#"{"keys":["/configs/users/prod/rps"],"revision":12,"reason":"`rps`: 0 is below 1"}"#,
        "],",
        r#""left_out": ["#,
        r#""/configs/users/prod/db/dsn""#,
        "],",
        r#""entries": ["#,
        r#"{"key":"/configs/users/prod/db/pool_size","mod_revision":17,"value":{"text":"16"}},"#,
        r#"{"key":"/configs/users/prod/logo","mod_revision":5,"value":{"base64":"AJ+Slg=="}},"#,
        r#"{"key":"/configs/users/prod/motd","mod_revision":6,"value":{"text":"\"Grüße\"\n\tall"}}"#,
        "]",
        "}",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn what_was_written_comes_back() {
    for secrets in [Secrets::Plain, key(7)] {
        let bytes = encode(&contents(), &secrets).unwrap();
        assert_eq!(decode(&bytes, &secrets).unwrap(), contents());
    }
}

#[test]
fn drill_37_secrets_are_in_the_bytes_only_if_they_may_be_plain() {
    let has_secret = |secrets: &Secrets| {
        let text = String::from_utf8(encode(&contents(), secrets).unwrap()).unwrap();
        text.contains("hunter2") || text.contains("cG9zdGdyZXM6Ly91c2VyOmh1bnRlcjJAZGI=")
    };
    assert!(has_secret(&Secrets::Plain));
    assert!(!has_secret(&Secrets::LeaveOut));
    assert!(!has_secret(&key(7)));
}

#[test]
fn drill_37_secrets_that_are_left_out_are_named_and_nothing_else() {
    let bytes = encode(&contents(), &Secrets::LeaveOut).unwrap();
    let read = decode(&bytes, &Secrets::LeaveOut).unwrap();
    let mut expected = contents();
    expected.entries.remove(0);
    expected.left_out = vec!["/configs/users/prod/db/dsn".to_owned()];
    assert_eq!(read, expected);

    // Neither the value nor its length makes a difference.
    let mut other = contents();
    other.entries[0].value = Arc::from(b"x".as_slice());
    assert_eq!(encode(&other, &Secrets::LeaveOut).unwrap(), bytes);
}

#[test]
fn drill_37_a_sealed_secret_needs_the_key_that_sealed_it() {
    let bytes = encode(&contents(), &key(7)).unwrap();
    let dsn = || "/configs/users/prod/db/dsn".to_owned();
    for keyless in [Secrets::Plain, Secrets::LeaveOut] {
        let refusal = decode(&bytes, &keyless).unwrap_err();
        assert_eq!(refusal, FallbackError::NoKey { key: dsn() });
    }
    let refusal = decode(&bytes, &key(8)).unwrap_err();
    assert_eq!(refusal, FallbackError::WrongKey { key: dsn() });
    // No two files have the same nonce, or anything that reveals that the value is the same.
    assert_ne!(encode(&contents(), &key(7)).unwrap(), bytes);
}

#[test]
fn drill_37_a_sealed_secret_opens_nowhere_else() {
    let moved = |from: &str, to: &str| {
        let bytes = edited(&key(7), from, to);
        decode(&bytes, &key(7)).unwrap_err()
    };
    assert_eq!(
        moved("/db/dsn\"", "/db/other\""),
        FallbackError::WrongKey {
            key: "/configs/users/prod/db/other".to_owned()
        }
    );
    assert_eq!(
        moved(
            r#""mod_revision":3,"secret""#,
            r#""mod_revision":4,"secret""#
        ),
        FallbackError::WrongKey {
            key: "/configs/users/prod/db/dsn".to_owned()
        }
    );
    // In a place where it would no longer be treated as a secret.
    let open = moved(r#""secret":true,"#, "");
    assert!(matches!(open, FallbackError::Value { .. }), "{open}");
}

#[test]
fn drill_37_what_a_plain_file_has_is_read_by_who_seals_from_now_on() {
    let bytes = encode(&contents(), &Secrets::Plain).unwrap();
    assert_eq!(decode(&bytes, &key(7)).unwrap(), contents());
    assert_eq!(decode(&bytes, &Secrets::LeaveOut).unwrap(), contents());
}

#[test]
fn drill_39_neither_secrets_nor_their_key_are_printed() {
    let shown = format!("{:?} {:?} {:#?}", contents(), key(104), key(104));
    assert!(shown.contains("***") && shown.contains("Seal(***)"));
    assert!(!shown.contains("hunter2") && !shown.contains("104"));
    // The bytes of `hunter2`.
    assert!(!shown.contains("117, 110"), "{shown}");

    // serde's message about a value in the wrong place would quote it.
    let from = r#""mod_revision":3,"#;
    let bytes = edited(&Secrets::Plain, from, r#""mod_revision":"hunter2","#);
    let said = refusal(&bytes);
    assert!(!said.to_string().contains("hunter2") && !format!("{said:?}").contains("hunter2"));
}

#[test]
fn drill_36_every_flipped_bit_is_refused() {
    for secrets in [Secrets::Plain, Secrets::LeaveOut, key(7)] {
        let mut bytes = encode(&contents(), &secrets).unwrap();
        assert!(decode(&bytes, &secrets).is_ok());
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert!(decode(&bytes, &secrets).is_err(), "byte {at}, bit {bit}");
                bytes[at] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn drill_36_every_cut_and_every_addition_is_refused() {
    let bytes = encode(&contents(), &Secrets::Plain).unwrap();
    let header = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for cut in 0..bytes.len() {
        let refusal = refusal(&bytes[..cut]);
        if cut < header {
            let first_line = matches!(refusal, FallbackError::Header);
            assert!(first_line, "{cut}: {refusal}");
        } else {
            let (expected, found) = (bytes.len() - header, cut - header);
            let (expected, found) = (expected as u64, found as u64);
            assert_eq!(refusal, FallbackError::Length { expected, found });
        }
    }
    for added in [&b"\n"[..], b" ", b"}", &bytes] {
        let longer = [&bytes, added].concat();
        let refusal = refusal(&longer);
        assert!(matches!(refusal, FallbackError::Length { .. }), "{refusal}");
    }
}

#[test]
fn drill_36_each_refusal_says_what_would_be_right() {
    let bytes = encode(&contents(), &Secrets::Plain).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let said = |bytes: &[u8]| refusal(bytes).to_string();

    let foreign = said(b"{\"db\": 1}");
    assert!(foreign.contains("begin with `hotconfig-fallback/1 "));
    let newer = said(text.replacen("back/1", "back/12", 1).as_bytes());
    assert!(
        newer.contains("`hotconfig-fallback/12`")
            && newer.contains("expected `hotconfig-fallback/1`")
    );
    let long = said(format!("hotconfig-fallback/{}", "9\u{7}".repeat(1000)).as_bytes());
    assert!(long.len() < 500 && !long.contains('\u{7}'), "{long}");

    for (from, to) in [
        ("bytes=", "bytes=0"),
        ("bytes=", "bytes=+"),
        ("sha256=", "sha256= "),
        ("sha256=", "md5="),
        ("\n{", " \n{"),
        ("\n{", "\r\n{"),
    ] {
        let refusal = refusal(text.replacen(from, to, 1).as_bytes());
        assert_eq!(refusal, FallbackError::Header, "{from:?} to {to:?}");
    }
    let short = said(&text.as_bytes()[..text.len() - 3]);
    let whole = body(text.as_bytes()).len();
    let cut = format!(
        "found {} bytes after the first line, expected {whole}",
        whole - 3
    );
    assert!(short.contains(&cut), "{short}");
    let by_hand = said(text.replacen("\"16\"", "\"17\"", 1).as_bytes());
    assert!(by_hand.contains("damaged or edited: found the checksum "));
}

#[test]
fn drill_36_what_the_format_does_not_say_is_refused_with_its_place() {
    let plain = |from: &str, to: &str| refusal(&edited(&Secrets::Plain, from, to));
    let place = |refusal: &FallbackError| match refusal {
        FallbackError::Body { line, .. } => *line,
        _ => panic!("{refusal}"),
    };
    // The line is that of the file.
    assert_eq!(place(&plain("\"epoch\": 2", "\"epoch\": -2")), 7);
    assert_eq!(place(&plain("\"epoch\": 2", "\"epoch\": 2,,")), 7);
    for (from, to) in [
        ("\"epoch\": 2,\n", ""),
        ("\"cluster\": \"cdf818194e3a8c32\",\n", ""),
        ("\"revision\": 17,\n", ""),
        ("\"epoch\": 2", "\"epoch\": 2, \"epoch\": 3"),
        ("\"epoch\": 2", "\"epoch\": 2, \"new\": 3"),
        ("{\"text\":\"16\"}", "{\"text\":\"16\",\"base64\":\"\"}"),
        ("{\"text\":\"16\"}", "{}"),
        ("{\"text\":\"16\"}", "{\"rot13\":\"16\"}"),
        ("\n}\n", "\n}\n{}"),
        ("\n}\n", "\n"),
        ("Grüße", "\\ud800"),
    ] {
        let refusal = plain(from, to);
        assert!(
            matches!(refusal, FallbackError::Body { .. }),
            "{to:?}: {refusal:?}"
        );
    }
    for (from, to) in [
        ("back/1\"", "back/2\""),
        ("\"cdf8", "\"0cdf8"),
        ("\"cdf8", "\"Cdf8"),
        ("\"cdf8", "\"+cdf8"),
        ("\"cdf8", "\"f\u{fc}"),
        ("2026-01", "2026-13"),
        ("5.678Z", "5.6789Z"),
        ("5.678Z", "5.678+00:00"),
    ] {
        let refusal = plain(from, to);
        assert!(
            matches!(refusal, FallbackError::Member { .. }),
            "{to:?}: {refusal:?}"
        );
    }
    let refusal = plain("AJ+Slg==", "AJ+Slg");
    assert!(refusal.to_string().contains("base64"), "{refusal}");
}

#[test]
fn drill_36_a_key_twice_or_of_somebody_else_is_refused_by_writer_and_reader() {
    let twice = plain_edit("prod/logo", "prod/motd");
    assert_eq!(
        twice,
        FallbackError::Twice {
            key: "/configs/users/prod/motd".to_owned()
        }
    );
    let outside = plain_edit("prod/logo", "prod2/logo");
    assert_eq!(
        outside,
        FallbackError::Outside {
            key: "/configs/users/prod2/logo".to_owned()
        }
    );
    let held = plain_edit("[\"/configs/users/prod/rps\"]", "[\"/rps\"]");
    assert!(matches!(held, FallbackError::Outside { .. }), "{held}");
    let left = "/configs/users/prod/motd";
    let both = plain_edit(
        "\"left_out\": [\n",
        &format!("\"left_out\": [\n\"{left}\"\n"),
    );
    assert!(matches!(both, FallbackError::Twice { .. }), "{both}");

    let mut wrong = contents();
    wrong.entries[1].key = "/other".to_owned();
    let outside = encode(&wrong, &Secrets::LeaveOut).unwrap_err();
    assert!(matches!(outside, FallbackError::Outside { .. }));
    wrong.entries[1].key = wrong.entries[2].key.clone();
    let twice = encode(&wrong, &Secrets::LeaveOut).unwrap_err();
    assert!(matches!(twice, FallbackError::Twice { .. }));
}

fn plain_edit(from: &str, to: &str) -> FallbackError {
    refusal(&edited(&Secrets::Plain, from, to))
}

#[test]
fn drill_36_deep_json_does_not_end_the_program() {
    for deep in ["[", "{\"held\": ["] {
        let refusal = refusal(&file(&deep.repeat(1_000_000)));
        assert!(matches!(refusal, FallbackError::Body { .. }), "{refusal}");
    }
}

#[test]
fn drill_36_a_copy_of_other_prefixes_or_another_schema_says_so() {
    let copy = contents();
    assert_eq!(copy.of_prefixes(&copy.prefixes), Ok(()));
    assert_eq!(
        copy.of_prefixes(&["/configs/common/", "/configs/users/prod/"]),
        Ok(())
    );
    for other in [
        &["/configs/users/prod/", "/configs/common/"][..],
        &["/configs/common/"],
        &["/configs/common/", "/configs/users/prod/", "/x/"],
        &[],
    ] {
        let refusal = copy.of_prefixes(other).unwrap_err().to_string();
        assert!(refusal.contains("/configs/users/prod/"), "{refusal}");
    }
    assert_eq!(copy.of_schema(&fingerprint("{}")), Ok(()));
    assert_eq!(
        copy.of_schema(&fingerprint("{ }")),
        Err(FallbackError::Schema)
    );
}

#[test]
fn an_age_is_held_against_the_limit_in_both_directions() {
    let copy = contents();
    let limit = Duration::from_secs(3600);
    let after = |age: Duration| copy.not_older_than(copy.confirmed + age, limit);
    assert_eq!(after(Duration::ZERO), Ok(()));
    assert_eq!(after(limit), Ok(()));
    let refusal = after(limit + Duration::from_millis(1)).unwrap_err();
    let said = "it was last confirmed 1h 1s ago; expected at most 1h";
    assert_eq!(refusal.to_string(), said);
    // With a clock that is a little fast, and with one that is wrong.
    assert_eq!(copy.not_older_than(copy.confirmed - limit, limit), Ok(()));
    let by = limit + Duration::from_secs(1);
    let wrong = copy.not_older_than(copy.confirmed - by, limit);
    assert_eq!(wrong, Err(FallbackError::Ahead { by, limit }));
    assert_eq!(
        wrong.unwrap_err().to_string(),
        format!(
            "its last confirmation is {} in the future, so its age can't be compared with the \
             maximum of {}; check the clocks",
            humantime::format_duration(by),
            humantime::format_duration(limit)
        )
    );
}

#[test]
fn a_time_that_the_file_cannot_say_is_moved_into_it() {
    let written = |confirmed: SystemTime| {
        let copy = Contents {
            confirmed,
            ..contents()
        };
        let bytes = encode(&copy, &Secrets::Plain).unwrap();
        decode(&bytes, &Secrets::Plain).unwrap().confirmed
    };
    let second = Duration::from_secs(1);
    assert_eq!(written(UNIX_EPOCH - second), UNIX_EPOCH);
    let last = UNIX_EPOCH + Duration::from_millis(253_402_300_799_999);
    assert_eq!(written(last), last);
    assert_eq!(written(last + second * 1_000_000), last);
    let odd = Duration::from_nanos(1_999_999);
    assert_eq!(
        written(UNIX_EPOCH + odd),
        UNIX_EPOCH + Duration::from_millis(1)
    );
}

#[test]
fn a_fingerprint_is_the_sha_256_of_the_text() {
    assert_eq!(
        fingerprint("abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

fn arbitrary_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..64),
        any::<String>().prop_map(String::into_bytes),
    ]
}

prop_compose! {
    fn arbitrary_contents()(
        entries in proptest::collection::btree_map(
            "\\PC{0,8}",
            (any::<u64>(), arbitrary_bytes(), any::<bool>()),
            0..12,
        ),
        out in proptest::collection::btree_set("\\PC{0,8}", 0..4),
        held in proptest::collection::vec(
            (proptest::collection::vec(any::<String>(), 0..3), any::<u64>(), any::<String>()),
            0..4,
        ),
        prefix in any::<String>(),
        schema in any::<String>(),
        cluster in any::<Option<u64>>(),
        epoch in any::<u64>(),
        revision in any::<Option<u64>>(),
        millis in 0..=253_402_300_799_999_u64,
    ) -> Contents {
        let below = |what: &str, key: &str| format!("{prefix}{what}/{key}");
        Contents {
            prefixes: vec![format!("{prefix}entry/"), prefix.clone()],
            schema,
            cluster,
            epoch,
            revision: revision.map(Revision::new),
            confirmed: UNIX_EPOCH + Duration::from_millis(millis),
            entries: entries.into_iter().map(|(key, (mod_revision, value, secret))| FallbackEntry {
                key: below("entry", &key),
                mod_revision: Revision::new(mod_revision),
                value: value.into(),
                secret,
            }).collect(),
            left_out: out.iter().map(|key| below("out", key)).collect(),
            held: held.into_iter().map(|(keys, revision, reason)| HeldNote {
                keys: keys.iter().map(|key| below("held", key)).collect(),
                revision: Revision::new(revision),
                reason,
            }).collect(),
        }
    }
}

proptest! {
    #[test]
    fn whatever_was_written_comes_back(copy in arbitrary_contents(), sealed: bool) {
        let secrets = if sealed { key(3) } else { Secrets::Plain };
        let bytes = encode(&copy, &secrets).unwrap();
        prop_assert_eq!(&decode(&bytes, &secrets).unwrap(), &copy);
        // Only the secrets that are left out are missing.
        let bytes = encode(&copy, &Secrets::LeaveOut).unwrap();
        let read = decode(&bytes, &Secrets::LeaveOut).unwrap();
        let (out, mut rest) = (copy.entries.iter().filter(|entry| entry.secret), copy.clone());
        rest.left_out.extend(out.map(|entry| entry.key.clone()));
        rest.entries.retain(|entry| !entry.secret);
        prop_assert_eq!(read, rest);
    }

    #[test]
    fn drill_36_whatever_was_changed_is_refused(
        copy in arbitrary_contents(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&copy, &Secrets::Plain).unwrap();
        let cut = cut.index(bytes.len());
        prop_assert!(decode(&bytes[..cut], &Secrets::Plain).is_err());
        let at = at.index(bytes.len());
        let before = std::mem::replace(&mut bytes[at], byte);
        prop_assert_eq!(decode(&bytes, &Secrets::Plain).is_err(), before != byte);
    }

    #[test]
    fn drill_36_arbitrary_bytes_are_no_copy(bytes in arbitrary_bytes()) {
        prop_assert_eq!(round_trip(&bytes), Ok(false));
    }

    /// A body with bytes replaced, removed and inserted, under a matching checksum.
    #[test]
    fn drill_36_a_body_that_was_changed_is_refused_or_read_whole(
        edits in proptest::collection::vec(
            (any::<prop::sample::Index>(), 0..3_usize, "[\\x00-\\x7f]{0,2}"), 1..4,
        ),
    ) {
        let mut body = body(&encode(&contents(), &Secrets::Plain).unwrap()).into_bytes();
        for (at, taken, put) in edits {
            let at = at.index(body.len());
            let end = (at + taken).min(body.len());
            body.splice(at..end, put.into_bytes());
        }
        prop_assert!(round_trip(&body).is_ok());
    }
}

#[test]
fn a_copy_and_its_body_come_back_for_the_fuzzer() {
    let file = encode(&contents(), &Secrets::Plain).unwrap();
    assert_eq!(round_trip(&file), Ok(true));
    assert_eq!(round_trip(body(&file).as_bytes()), Ok(true));
}
