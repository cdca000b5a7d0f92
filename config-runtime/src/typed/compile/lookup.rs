//! Looks up the field of a `field!` or `key!` while compiling.
//!
//! In: the [`Tree`] of a struct, and a path or a key. Out: the leaves behind it ([`Span`]) and, for
//! a key, the way there ([`Place`]); or a panic, which is the compiler's error. It knows no types
//! and no values. A right key is found in one descent; siblings are compared only for a message.

mod refuse;

use super::message::Message;
use crate::typed::tree::{Field, Kind, Tree};

/// The patterns that a field stands for: `len` of them from `first`.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: usize,
    pub len: usize,
}

impl Span {
    /// The span in a struct with a mistake; nothing runs that could read it.
    const FAULTY: Self = Self { first: 0, len: 0 };
}

/// The patterns behind a path of field names; a map stands for all of its patterns.
///
/// # Panics
/// If the path names a skipped field, goes into a value or a map, or gets there by a `Deref`. The
/// function is called in constants: the panic is the compiler's error.
#[doc(hidden)]
#[track_caller]
#[expect(clippy::panic, reason = "how a constant refuses to compile")]
pub const fn span(tree: &Tree, path: &[&'static str]) -> Span {
    let reached = reached(tree, path);
    let mut message = Message::new();
    match reached.verdict {
        RIGHT => return reached.span,
        SKIPPED => {
            push_quoted(&mut message, reached.field);
            message.push(" is `#[hot(skip)]`: it has no key and never changes");
        }
        INTO_A_VALUE => {
            message.push("this path goes into ");
            push_quoted(&mut message, reached.field);
            message.push(", a value that is one key: end it there, or make ");
            push_quoted(&mut message, reached.field);
            message.push(" a section, `#[hot(nested)]`");
        }
        INTO_A_MAP => {
            message.push("this path goes into ");
            push_quoted(&mut message, reached.field);
            message.push(", a map, whose entries are named in the store: end it there");
        }
        _ => {
            push_quoted(&mut message, reached.field);
            message.push(" is not a field of ");
            push_quoted(&mut message, reached.section);
            message.push(" itself: name the fields that lead to it");
        }
    }
    panic!("{}", message.as_str())
}

const fn push_quoted(message: &mut Message, name: &str) {
    message.push("`");
    message.push(name);
    message.push("`");
}

/// The end of a path of field names.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Reached {
    span: Span,
    is_one_key: bool,
    verdict: u8,
    /// The last field of the path that was looked at.
    field: &'static str,
    /// The struct of that field.
    section: &'static str,
}

impl Reached {
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// Whether the path ends at a value with a key of its own.
    #[must_use]
    pub const fn is_one_key(&self) -> bool {
        self.is_one_key
    }

    #[must_use]
    pub const fn verdict(&self) -> u8 {
        self.verdict
    }
}

const RIGHT: u8 = 0;
const SKIPPED: u8 = 1;
const INTO_A_VALUE: u8 = 2;
const INTO_A_MAP: u8 = 3;
const ELSEWHERE: u8 = 4;

/// Looks up a path of field names; a map stands for all of its patterns. A path through a struct
/// with a mistake is right.
#[doc(hidden)]
pub const fn reached(tree: &Tree, path: &[&'static str]) -> Reached {
    let mut section = tree;
    let mut path = path;
    let mut reached = Reached {
        span: Span::FAULTY,
        is_one_key: true,
        verdict: RIGHT,
        field: "",
        section: tree.name,
    };
    let mut first = 0;
    while let [name, deeper @ ..] = path {
        let mut fields = section.fields;
        reached.field = name;
        reached.section = section.name;
        let field = loop {
            let [field, rest @ ..] = fields else {
                if !section.faulty {
                    reached.verdict = ELSEWHERE;
                }
                return reached;
            };
            if same(field.name, name) {
                break field;
            }
            first += field.len();
            fields = rest;
        };
        match field.kind {
            Kind::Skipped => {
                reached.verdict = SKIPPED;
                return reached;
            }
            _ if deeper.is_empty() => {
                reached.span = Span {
                    first,
                    len: field.len(),
                };
                reached.is_one_key = matches!(field.kind, Kind::Leaf(_));
                return reached;
            }
            Kind::Section(below) => section = below,
            // It may be the field with the mistake.
            Kind::Leaf(_) | Kind::Map(_) if section.faulty => return reached,
            Kind::Map(_) => {
                reached.verdict = INTO_A_MAP;
                return reached;
            }
            Kind::Leaf(_) => {
                reached.verdict = INTO_A_VALUE;
                return reached;
            }
        }
        path = deeper;
    }
    reached.span = Span {
        first: 0,
        len: section.len(),
    };
    reached.is_one_key = false;
    reached
}

/// A value at the end of a path, if the verdict on the path allows it.
///
/// It is called as a method: a path that is wrong in Rust has no type, on which rustc looks up no
/// method, and so says nothing more.
#[doc(hidden)]
pub trait Reach: Sized {
    fn __reach<const VERDICT: u8>(&self) -> &Self
    where
        Path<VERDICT>: HasAKey<Self> + EndsAtItsKey<Self> + NamesEachField<Self>,
    {
        self
    }
}

impl<V> Reach for V {}

/// A path with this verdict.
#[doc(hidden)]
#[derive(Debug)]
pub struct Path<const VERDICT: u8>;

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this field is `#[hot(skip)]`: it has no key and never changes",
    label = "a field without a key"
)]
pub trait HasAKey<V> {}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this path goes into a value that is one key: end it there, or make that field a \
               section, `#[hot(nested)]`",
    label = "a path into a value"
)]
pub trait EndsAtItsKey<V> {}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this path leads through a `Deref`: name the fields that lead there",
    label = "not a field of the struct itself"
)]
pub trait NamesEachField<V> {}

macro_rules! verdicts {
    ($($of:ident: $($verdict:ident),+;)+) => {
        $($(
            #[diagnostic::do_not_recommend]
            impl<V> $of<V> for Path<$verdict> {}
        )+)+
    };
}

verdicts! {
    HasAKey: RIGHT, INTO_A_VALUE, INTO_A_MAP, ELSEWHERE;
    EndsAtItsKey: RIGHT, SKIPPED, ELSEWHERE;
    NamesEachField: RIGHT, SKIPPED, INTO_A_VALUE, INTO_A_MAP;
}

/// The place of a key: the numbers of the fields that lead to it, at most `N`.
///
/// It does not point to the tree: the compiler would walk the whole tree for each constant of this
/// type.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Place<const N: usize> {
    steps: [u16; N],
    span: Span,
    is_one_key: bool,
    is_unknown: bool,
}

/// The step after the end of the way.
pub(crate) const HERE: u16 = u16::MAX;

/// The place of a key.
///
/// # Panics
/// If the schema has no such key. It is called in constants: the panic is the compiler's error.
#[doc(hidden)]
#[track_caller]
pub const fn known<const N: usize>(tree: &Tree, key: &str) -> Place<N> {
    let place = place(tree, key);
    if place.is_unknown {
        refuse::refuse(tree, key)
    }
    place
}

/// The place of a key, without steps if there is no such key.
#[doc(hidden)]
pub const fn place<const N: usize>(tree: &Tree, key: &str) -> Place<N> {
    let mut place = Place {
        steps: [HERE; N],
        span: Span::FAULTY,
        is_one_key: true,
        is_unknown: false,
    };
    let mut section = tree;
    let mut level = 0;
    let mut left = key;
    let mut first = 0;
    'down: loop {
        let mut fields = section.fields;
        while let [field, rest @ ..] = fields {
            if !matches!(field.kind, Kind::Skipped)
                && let Some(below) = below(left, field.key)
            {
                // The macro has counted the segments of the key: it has at most as many levels.
                if let (_, [step, ..]) = place.steps.split_at_mut(level) {
                    *step = field.number;
                }
                if below.is_empty() {
                    place.span = Span {
                        first,
                        len: field.len(),
                    };
                    place.is_one_key = matches!(field.kind, Kind::Leaf(_));
                    return place;
                }
                let tree = match field.kind {
                    Kind::Section(tree) => tree,
                    // The entries of a map are named in the store.
                    Kind::Leaf(_) | Kind::Map(_) | Kind::Skipped => break,
                };
                section = tree;
                level += 1;
                left = after_slash(below);
                continue 'down;
            }
            first += field.len();
            fields = rest;
        }
        place.steps = [HERE; N];
        place.is_unknown = !section.faulty;
        return place;
    }
}

impl<const N: usize> Place<N> {
    /// One step of the way, or [`HERE`].
    #[must_use]
    pub const fn step(&self, level: usize) -> u16 {
        let (_, steps) = self.steps.split_at(level);
        match steps {
            [step, ..] => *step,
            [] => HERE,
        }
    }

    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// Whether the key is that of a value.
    #[must_use]
    pub const fn is_one_key(&self) -> bool {
        self.is_one_key
    }

    /// The path in Rust, `db.pool_size`, through the same tree.
    #[must_use]
    pub const fn path(&self, tree: &Tree) -> Message {
        let mut path = Message::new();
        let mut section = tree;
        let mut steps: &[u16] = &self.steps;
        while let [step, deeper @ ..] = steps {
            let Some(field) = numbered(section, *step) else {
                break;
            };
            if !path.as_str().is_empty() {
                path.push(".");
            }
            path.push(field.name);
            steps = deeper;
            match field.kind {
                Kind::Section(below) => section = below,
                Kind::Leaf(_) | Kind::Map(_) | Kind::Skipped => break,
            }
        }
        path
    }
}

/// The field with this number.
const fn numbered(tree: &Tree, number: u16) -> Option<&'static Field> {
    let mut fields = tree.fields;
    while let [field, rest @ ..] = fields {
        if field.number == number {
            return Some(field);
        }
        fields = rest;
    }
    None
}

/// The rest of the text after this key: nothing, or a slash and more.
const fn below<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut left = text.as_bytes();
    let mut wanted = key.as_bytes();
    while let [letter, rest @ ..] = wanted {
        match left {
            [other, left_rest @ ..] if *other == *letter => left = left_rest,
            _ => return None,
        }
        wanted = rest;
    }
    match left {
        [] | [b'/', ..] => Some(text.split_at(text.len() - left.len()).1),
        _ => None,
    }
}

/// The text without its first letter, which is a slash.
const fn after_slash(text: &str) -> &str {
    match text.split_at_checked(1) {
        Some((_, rest)) => rest,
        None => text,
    }
}

/// Whether the two texts are equal.
const fn same(one: &str, other: &str) -> bool {
    matches!(below(one, other), Some(left) if left.is_empty())
}
