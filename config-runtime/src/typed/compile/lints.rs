//! Lints for attributes that a field's type requires, if only the compiler knows the type.
//!
//! In: facts about a type. Out: a constant that compiles, or one sentence. It knows no value.

use super::message::Message;

/// Checks a leaf; in a constant.
#[doc(hidden)]
#[track_caller]
#[expect(clippy::panic, reason = "how a constant refuses to compile")]
pub const fn lint(type_name: &str, secret: bool, section: bool) {
    let mut message = Message::new();
    message.push("`");
    message.push(type_name);
    if secret {
        message.push("` is a `Secret`, which its field says, too: add `#[hot(secret)]`");
    } else if section {
        message.push("` has keys of its own: write `#[hot(nested)]`, or `#[hot(json)]` to read all of it from one key");
    } else {
        return;
    }
    panic!("{}", message.as_str())
}
