//! Checks of a field's type, which only the compiler knows.
//!
//! In: facts about a type. Out: a constant that compiles, or one sentence: a trait that is missing,
//! or an attribute that the field requires. It knows no value.

use super::message::Message;
use crate::typed::tree::Tree;

/// Checks the type of a leaf; in a constant.
///
/// `nested` is the attribute that makes the field a section, with the attributes to leave out then;
/// empty if the type has no keys of its own. `missing` are the traits that it lacks. Nothing is
/// said of a type that no snapshot can hold, or that should be secret and is not: rustc does.
///
/// # Panics
/// If a trait or an attribute is missing.
#[doc(hidden)]
#[track_caller]
pub const fn leaf_type(
    type_name: &str,
    says_secret: bool,
    secret: bool,
    held: bool,
    nested: &str,
    missing: [Option<&str>; 2],
) {
    if says_secret && !secret || !held {
        return;
    }
    let mut message = Message::new();
    let lacks = !matches!(missing, [None, None]);
    if secret && !says_secret {
        push_quoted(&mut message, type_name);
        message.push(" is a `Secret`, which its field says, too: add `#[hot(secret)]`");
    } else if !nested.is_empty() {
        push_quoted(&mut message, type_name);
        message.push(" has keys of its own: write ");
        message.push(nested);
        if lacks {
            message.push("; to read all of it from one key, derive ");
            push_missing(&mut message, missing);
            message.push(" on it and write `#[hot(json)]`");
        } else {
            message.push(", or `#[hot(json)]` to read all of it from one key");
        }
    } else if lacks {
        if let [None, _] = missing {
            message.push("two values of ");
            push_quoted(&mut message, type_name);
            message.push(" cannot be compared: derive ");
        } else {
            push_quoted(&mut message, type_name);
            message.push(" cannot be read from a key: derive ");
        }
        push_missing(&mut message, missing);
        message.push(" on it, or on the types inside it; for a type of another crate write ");
        message.push(match missing {
            [_, None] => "`#[hot(with = path)]` with a `decode` function of your own",
            [None, _] => "`#[hot(compare = path)]` with a function of your own",
            _ => "`#[hot(with = path, compare = path)]` with functions of your own",
        });
    } else {
        return;
    }
    refuse(&message);
}

/// Checks the type of a section; in a constant.
///
/// # Panics
/// If the type is not a section, or has a prefix.
#[doc(hidden)]
#[track_caller]
pub const fn section_type(type_name: &str, is_section: bool, tree: &Tree) {
    let mut message = Message::new();
    push_quoted(&mut message, type_name);
    if !is_section {
        message.push(" is not a hotconfig struct: write `#[derive(HotConfig, Clone)]` on it");
        if has_arguments(type_name) {
            message.push(", and give it types that have the traits of its fields");
        }
        message.push(
            "; for a field that is one key leave `nested` out, and derive `serde::Deserialize` and \
             `PartialEq`",
        );
    } else if let Some(prefix) = tree.prefix {
        message.push(" has the prefix `");
        message.push(prefix);
        message.push(
            "`, but the keys of a section lie below the field's key: leave `prefix` out there",
        );
    } else {
        return;
    }
    refuse(&message);
}

/// Whether the type is generic.
const fn has_arguments(type_name: &str) -> bool {
    let mut bytes = type_name.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if *byte == b'<' {
            return true;
        }
        bytes = rest;
    }
    false
}

const fn push_missing(message: &mut Message, missing: [Option<&str>; 2]) {
    match missing {
        [Some(read), Some(compared)] => {
            push_quoted(message, read);
            message.push(" and ");
            push_quoted(message, compared);
        }
        [Some(one), None] | [None, Some(one)] => push_quoted(message, one),
        [None, None] => {}
    }
}

const fn push_quoted(message: &mut Message, name: &str) {
    message.push("`");
    message.push(name);
    message.push("`");
}

#[track_caller]
#[expect(clippy::panic, reason = "how a constant refuses to compile")]
const fn refuse(message: &Message) {
    panic!("{}", message.as_str())
}
