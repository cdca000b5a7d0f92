//! The rules of a field, and the messages about values that break them.
//!
//! In: a decoded value and the declared rules. Out: [`Reason`]s. It knows no keys and no store.
//!
//! A rule reads the value through a trait: `range` through [`Ranged`], `length` and `non_empty`
//! through [`Length`], `pattern` and `url` through [`Text`], `one_of` through [`Choice`]. Implement
//! the trait for a type of your own to declare the rule on its fields. `Option`, `Box`, `Arc`, `Rc`
//! and [`Secret`] delegate to the value inside; `None` breaks no rule.
//!
//! No [`Reason`] from here prints the value, which may be a secret. The reporter of the reason
//! prints the stored value if that is allowed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::fmt;
use std::ops::{Bound as End, RangeBounds};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use iri_string::types::{IriReferenceStr, IriStr};

pub use crate::reason::{Invalid, Reason, Reasons};
use crate::value::{Secret, Size, duration};
use crate::wording::{nearest, one_of_words, shorten, suggest};

// The functions that the expansion calls: each pushes a reason if its rule is broken.

/// `range(1..=64)`.
#[doc(hidden)]
pub fn range<V: Ranged + ?Sized>(value: &V, bounds: impl Ends<V::Bound>, out: &mut Reasons) {
    let Some(value) = value.ranged() else { return };
    // NaN compares with nothing, not even itself, and breaks even a range without ends.
    if value.partial_cmp(&value).is_some() && bounds.contains(&value) {
        return;
    }
    let expected = format!("a value in {}", shown(&bounds, RangeBound::show));
    out.push(Reason::new("out of range").with_expected(expected));
}

/// The ends in `range(…)` on a field whose type has the bound `B`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the ends of this `range` are no `{B}`, which the type of the field asks for",
    label = "not ends of type `{B}`",
    note = "numbers are written plainly, `range(1..=64)`; durations and sizes in quotes with their unit, `range(\"1s\"..=\"5m\")`, `range(\"1KiB\"..)`"
)]
pub trait Ends<B>: RangeBounds<B> {}

#[diagnostic::do_not_recommend]
impl<B, R: RangeBounds<B>> Ends<B> for R {}

/// A bound that can be given to `range` in quotes, because it has a unit or is a character.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the ends of this `range` are texts, and the type of the field asks for `{Self}`",
    label = "not a `{Self}`",
    note = "numbers are written without quotes, `range(1..=64)`"
)]
pub trait TextBound: RangeBound {}

#[diagnostic::do_not_recommend]
impl TextBound for Duration {}
#[diagnostic::do_not_recommend]
impl TextBound for Size {}
#[diagnostic::do_not_recommend]
impl TextBound for char {}

/// `range("1s"..="5m")`: the ends are written as in the store.
#[doc(hidden)]
pub fn range_text<V: Ranged<Bound: TextBound> + ?Sized>(
    value: &V,
    lo: Option<&str>,
    hi: Option<&str>,
    inclusive: bool,
    out: &mut Reasons,
) {
    range_read(value, lo, hi, inclusive, out);
}

/// A range with ends as texts, over any type that has an order.
pub(crate) fn range_read<V: Ranged + ?Sized>(
    value: &V,
    lo: Option<&str>,
    hi: Option<&str>,
    inclusive: bool,
    out: &mut Reasons,
) {
    let end = |text, inclusive: bool| match text {
        None => Ok(End::Unbounded),
        Some(text) => match V::Bound::read(text) {
            None => Err(text),
            Some(end) if inclusive => Ok(End::Included(end)),
            Some(end) => Ok(End::Excluded(end)),
        },
    };
    match (end(lo, true), end(hi, inclusive)) {
        (Ok(lo), Ok(hi)) => range(value, (lo, hi), out),
        (Err(text), _) | (_, Err(text)) => out.push(unreadable("range", text)),
    }
}

/// `length(..=80)`.
#[doc(hidden)]
pub fn length<V: Length + ?Sized>(value: &V, bounds: impl RangeBounds<usize>, out: &mut Reasons) {
    let Some(length) = value.length() else { return };
    if bounds.contains(&length) {
        return;
    }
    let short = match bounds.start_bound() {
        End::Included(&lo) => length < lo,
        End::Excluded(&lo) => length <= lo,
        End::Unbounded => false,
    };
    let wrong = if short { "too short" } else { "too long" };
    let expected = format!("{} {}", shown(&bounds, usize::to_string), V::UNIT);
    out.push(Reason::new(wrong).with_expected(expected));
}

/// `non_empty`.
#[doc(hidden)]
pub fn non_empty<V: Length + ?Sized>(value: &V, out: &mut Reasons) {
    if value.length() == Some(0) {
        out.push(Reason::new("empty").with_expected(format!("1.. {}", V::UNIT)));
    }
}

/// `pattern("^[a-z]+$")`.
#[doc(hidden)]
pub fn pattern<V: Text + ?Sized>(value: &V, pattern: &Pattern, out: &mut Reasons) {
    match pattern.regex() {
        Ok(regex) => matches(value, regex, out),
        // The derive reads the pattern with the same parser; this is for direct calls.
        Err(_) if value.text().is_some() => out.push(unreadable("pattern", pattern.source)),
        Err(_) => {}
    }
}

/// Applies a compiled pattern.
pub(crate) fn matches<V: Text + ?Sized>(value: &V, regex: &regex::Regex, out: &mut Reasons) {
    if value.text().is_none_or(|text| regex.is_match(&text)) {
        return;
    }
    out.push(
        Reason::new("does not match the pattern")
            .with_expected(format!("a text that matches `{}`", regex.as_str())),
    );
}

/// `one_of("trace", "debug")`.
#[doc(hidden)]
pub fn one_of<V: Choice<C> + ?Sized, C: fmt::Display>(value: &V, choices: &[C], out: &mut Reasons) {
    // `None` for any choice: there is no value to compare.
    if choices.iter().any(|choice| value.is(choice) != Some(false)) {
        return;
    }
    let wrong = "not one of the choices";
    if value.hides() {
        // One of the choices may be the secret itself.
        out.push(Reason::new(wrong));
        return;
    }
    let words: Vec<String> = choices.iter().map(C::to_string).collect();
    let near = value
        .word()
        .and_then(|word| nearest(&word, words.iter().map(String::as_str)));
    let expected = one_of_words(&words);
    out.push(Reason::new(suggest(wrong, near)).expected_value(expected));
}

/// `url`.
#[doc(hidden)]
pub fn url<V: Text + ?Sized>(value: &V, out: &mut Reasons) {
    let Some(text) = value.text() else { return };
    if let Some(mistake) = url_mistake(&text) {
        out.push(Reason::new(format!("not a URL: {mistake}")).with_expected("an absolute URL"));
    }
}

/// The reason why a text is not an absolute URL. The syntax is that of RFC 3987; a port has 16
/// bits, and the schemes of the web need a host. The derive judges literals in the same way.
fn url_mistake(text: &str) -> Option<&'static str> {
    let Ok(url) = IriStr::new(text) else {
        return Some(match IriReferenceStr::new(text) {
            Ok(_) => "it has no scheme",
            Err(_) => "it has a character that should be escaped, or is cut short",
        });
    };
    let is_of_the_web = matches!(url.scheme_str(), "http" | "https" | "ws" | "wss" | "ftp");
    let host = url.authority_components();
    if is_of_the_web && host.is_none_or(|host| host.host().is_empty()) {
        return Some("it has no host");
    }
    let port = host.and_then(|host| host.port()).unwrap_or_default();
    (!port.is_empty() && port.parse::<u16>().is_err()).then_some("its port is above 65535")
}

/// `validate = path`.
#[doc(hidden)]
pub fn validate<V: ?Sized>(
    value: &V,
    name: &'static str,
    rule: impl Fn(&V) -> Result<(), Invalid>,
    out: &mut Reasons,
) {
    let Err(invalid) = rule(value) else { return };
    let reason = Reason::new(format!(
        "rejected by `{name}`: {}",
        shorten(invalid.message())
    ));
    out.push(match invalid.expected() {
        Some(expected) => reason.with_expected(expected),
        None => reason,
    });
}

/// A mistake in the rule itself: every value is rejected, so the first start reports it.
fn unreadable(rule: &str, text: &str) -> Reason {
    Reason::new(format!(
        "the field's `{rule}` itself cannot be read: `{text}`"
    ))
}

/// A range as Rust writes it.
fn shown<B>(bounds: &impl RangeBounds<B>, show: impl Fn(&B) -> String) -> String {
    let lo = match bounds.start_bound() {
        End::Included(lo) | End::Excluded(lo) => show(lo),
        End::Unbounded => String::new(),
    };
    match bounds.end_bound() {
        End::Included(hi) => format!("{lo}..={}", show(hi)),
        End::Excluded(hi) => format!("{lo}..{}", show(hi)),
        End::Unbounded => format!("{lo}.."),
    }
}

/// A regular expression, compiled on first use.
#[doc(hidden)]
#[derive(Debug)]
pub struct Pattern {
    source: &'static str,
    regex: OnceLock<Result<regex::Regex, regex::Error>>,
}

impl Pattern {
    /// The pattern of this regular expression, in the syntax of the crate `regex`.
    pub const fn new(source: &'static str) -> Self {
        Self {
            source,
            regex: OnceLock::new(),
        }
    }

    fn regex(&self) -> Result<&regex::Regex, &regex::Error> {
        self.regex
            .get_or_init(|| regex::Regex::new(self.source))
            .as_ref()
    }
}

/// A value that can have a `range`: its type has an order with ends.
///
/// ```
/// use hotconfig::rules::Ranged;
///
/// struct Percent(u8);
///
/// impl Ranged for Percent {
///     type Bound = u8;
///     fn ranged(&self) -> Option<u8> {
///         Some(self.0)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`range` cannot be used on `{Self}`",
    label = "this type has no range",
    note = "write `validate = path` with a function of your own; for a type of your own, implement `hotconfig::rules::Ranged`"
)]
pub trait Ranged {
    /// The type of the ends of a range.
    type Bound: RangeBound;

    /// The value to compare with the ends; `None` if there is no value, which breaks no rule.
    fn ranged(&self) -> Option<Self::Bound>;
}

mod sealed {
    pub trait Sealed {}
}

/// An end of a range: a number, a `char`, a `Duration` or a [`Size`]. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the end of a `range`",
    label = "not a number, a duration or a size",
    note = "choose a number, `Duration` or `Size` as `hotconfig::rules::Ranged::Bound`"
)]
pub trait RangeBound: sealed::Sealed + PartialOrd + Sized {
    /// The end as in the store.
    fn show(&self) -> String;

    /// Reads a bound; `None` if the text is not one.
    fn read(text: &str) -> Option<Self>;
}

/// A value that can have `length` and `non_empty`: a text or a collection.
#[diagnostic::on_unimplemented(
    message = "`length` and `non_empty` cannot be used on `{Self}`",
    label = "this type has no length",
    note = "write `validate = path` with a function of your own; for a type of your own, implement `hotconfig::rules::Length`"
)]
pub trait Length {
    /// The unit of the length: `characters` or `entries`.
    const UNIT: &'static str = "entries";

    /// The length; `None` if there is no value, which breaks no rule.
    fn length(&self) -> Option<usize>;
}

/// A value that can have `pattern` and `url`: a text.
#[diagnostic::on_unimplemented(
    message = "`pattern` and `url` cannot be used on `{Self}`",
    label = "this type is not a text",
    note = "write `validate = path` with a function of your own; for a type of your own, implement `hotconfig::rules::Text`"
)]
pub trait Text {
    /// The text; `None` if there is no value, which breaks no rule.
    fn text(&self) -> Option<Cow<'_, str>>;
}

/// A value that can have `one_of`; `C` is the type of the choices.
///
/// Texts, durations and sizes are compared with texts, numbers with numbers.
#[diagnostic::on_unimplemented(
    message = "`one_of` cannot compare `{Self}` with `{C}`",
    label = "not a choice of this type",
    note = "texts take texts and numbers take numbers; an enum's variants are checked by the enum \
            itself; for a type of your own implement \
            `hotconfig::rules::Choice<{C}>`, or write `validate = path`"
)]
pub trait Choice<C> {
    /// Whether the value is this choice; `None` if there is no value, which breaks no rule.
    fn is(&self, choice: &C) -> Option<bool>;

    /// The value as a word, to find the most likely intended choice. A secret has none.
    fn word(&self) -> Option<Cow<'_, str>> {
        None
    }

    /// Whether the value is a secret, so its choices are hidden too.
    fn hides(&self) -> bool {
        false
    }
}

macro_rules! numbers {
    ($($number:ty $(, $nonzero:ty)?;)+) => {$(
        impl sealed::Sealed for $number {}

        impl RangeBound for $number {
            fn show(&self) -> String {
                // `Debug` keeps the point of `1.0`.
                format!("{self:?}")
            }

            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }

        #[diagnostic::do_not_recommend]
        impl Ranged for $number {
            type Bound = Self;

            fn ranged(&self) -> Option<Self> {
                Some(*self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl Choice<$number> for $number {
            #[allow(clippy::float_cmp)] // a choice is exactly that number
            fn is(&self, choice: &$number) -> Option<bool> {
                Some(self == choice)
            }
        }

        $(
            #[diagnostic::do_not_recommend]
            impl Ranged for $nonzero {
                type Bound = $number;

                fn ranged(&self) -> Option<$number> {
                    Some(self.get())
                }
            }

            #[diagnostic::do_not_recommend]
            impl Choice<$number> for $nonzero {
                fn is(&self, choice: &$number) -> Option<bool> {
                    Some(self.get() == *choice)
                }
            }
        )?
    )+};
}

numbers! {
    u8, std::num::NonZeroU8;
    u16, std::num::NonZeroU16;
    u32, std::num::NonZeroU32;
    u64, std::num::NonZeroU64;
    u128, std::num::NonZeroU128;
    usize, std::num::NonZeroUsize;
    i8, std::num::NonZeroI8;
    i16, std::num::NonZeroI16;
    i32, std::num::NonZeroI32;
    i64, std::num::NonZeroI64;
    i128, std::num::NonZeroI128;
    isize, std::num::NonZeroIsize;
    f32;
    f64;
    char;
}

impl sealed::Sealed for Duration {}

impl RangeBound for Duration {
    fn show(&self) -> String {
        duration::show(*self)
    }

    fn read(text: &str) -> Option<Self> {
        duration::read(text).ok()
    }
}

impl sealed::Sealed for Size {}

impl RangeBound for Size {
    fn show(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

macro_rules! quantities {
    ($($quantity:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl Ranged for $quantity {
            type Bound = Self;

            fn ranged(&self) -> Option<Self> {
                Some(*self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl Choice<&str> for $quantity {
            fn is(&self, choice: &&str) -> Option<bool> {
                Some(Self::read(choice).as_ref() == Some(self))
            }
        }
    )+};
}

quantities!(Duration, Size);

#[diagnostic::do_not_recommend]
impl Choice<bool> for bool {
    fn is(&self, choice: &bool) -> Option<bool> {
        Some(self == choice)
    }
}

macro_rules! texts {
    ($([$($generics:tt)*] $text:ty, |$value:ident| $as_text:expr;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Length for $text {
            const UNIT: &'static str = "characters";

            fn length(&self) -> Option<usize> {
                self.text().map(|text| text.chars().count())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Text for $text {
            fn text(&self) -> Option<Cow<'_, str>> {
                let $value = self;
                Some($as_text)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Choice<&str> for $text {
            fn is(&self, choice: &&str) -> Option<bool> {
                self.text().map(|text| text == *choice)
            }

            fn word(&self) -> Option<Cow<'_, str>> {
                self.text()
            }
        }
    )+};
}

texts! {
    [] str, |text| Cow::Borrowed(text);
    [] String, |text| Cow::Borrowed(text);
    [] Cow<'_, str>, |text| Cow::Borrowed(text);
    // A path that is not Unicode is checked with replacement characters.
    [] Path, |path| path.to_string_lossy();
    [] PathBuf, |path| path.to_string_lossy();
}

macro_rules! collections {
    ($([$($generics:tt)*] $collection:ty;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Length for $collection {
            fn length(&self) -> Option<usize> {
                Some(self.len())
            }
        }
    )+};
}

collections! {
    [T] [T];
    [T, const N: usize] [T; N];
    [T] Vec<T>;
    [T] VecDeque<T>;
    [T] LinkedList<T>;
    [T] BinaryHeap<T>;
    [T] BTreeSet<T>;
    [T, S] HashSet<T, S>;
    [K, V] BTreeMap<K, V>;
    [K, V, S] HashMap<K, V, S>;
}

/// Delegates every rule to the value inside, if there is one.
macro_rules! pass_on {
    ($([$($unsized:tt)*] $outer:ty, |$value:ident| $inner:expr, $hides:expr;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<V: Ranged $($unsized)*> Ranged for $outer {
            type Bound = V::Bound;

            fn ranged(&self) -> Option<V::Bound> {
                let $value = self;
                $inner.and_then(V::ranged)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<V: Length $($unsized)*> Length for $outer {
            const UNIT: &'static str = V::UNIT;

            fn length(&self) -> Option<usize> {
                let $value = self;
                $inner.and_then(V::length)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<V: Text $($unsized)*> Text for $outer {
            fn text(&self) -> Option<Cow<'_, str>> {
                let $value = self;
                $inner.and_then(V::text)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<V: Choice<C> $($unsized)*, C> Choice<C> for $outer {
            fn is(&self, choice: &C) -> Option<bool> {
                let $value = self;
                $inner.and_then(|inner| V::is(inner, choice))
            }

            fn word(&self) -> Option<Cow<'_, str>> {
                // A suggestion would nearly reveal the secret.
                if self.hides() {
                    return None;
                }
                let $value = self;
                $inner.and_then(V::word)
            }

            fn hides(&self) -> bool {
                let $value = self;
                $hides || $inner.is_some_and(V::hides)
            }
        }
    )+};
}

pass_on! {
    [] Option<V>, |value| value.as_ref(), false;
    [+ ?Sized] Box<V>, |value| Some(&**value), false;
    [+ ?Sized] Arc<V>, |value| Some(&**value), false;
    [+ ?Sized] Rc<V>, |value| Some(&**value), false;
    [+ ?Sized] &V, |value| Some(&**value), false;
    [] Secret<V>, |value| Some(value.expose()), true;
}
