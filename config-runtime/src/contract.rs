//! What the derive generates against.
//!
//! In: for each leaf the bytes that stand in the store, or that there are none. Out: a struct,
//! one field of it replaced, and what was wrong. It knows how to decode and check one leaf and
//! in which order a struct's leaves come; it knows no keys, no revisions and no store.
//!
//! The expansion holds tables ([`Leaf`]) and one `match` for each method of [`HotConfig`];
//! whatever can be a function is one here.

use serde::de::DeserializeOwned;

use crate::guard::guard;
use crate::reason::{Invalid, Reason, Reasons};
use crate::schema::Absent;
use crate::schema::tree::{Format, Tree};
use crate::value::{self, Secret, encode};

/// A struct whose fields are keys of a store. Derive it; its methods are for the runtime.
///
/// # Example
/// ```
/// use hotconfig::HotConfig;
///
/// #[derive(HotConfig, Clone, Debug)]
/// #[hot(prefix = "/configs/{app}/{env}")]
/// struct Service {
///     #[hot(default = 8, range(1..=64))]
///     pool_size: u32,
/// }
///
/// assert_eq!(Service::TREE.leaves()[0].key, "pool_size");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hotconfig struct",
    label = "this type has no keys",
    note = "write `#[derive(HotConfig, Clone)]` on `{Self}`; for a field that is one key, leave `nested` out"
)]
pub trait HotConfig: Clone + Send + Sync + Sized + 'static {
    /// What the struct declares.
    const TREE: &'static Tree;

    /// Builds the struct from all leaves; visits every one, so that all problems are found.
    #[doc(hidden)]
    fn __build(intake: &mut Intake<'_>) -> Option<Self>;

    /// Replaces the leaf at `path`.
    #[doc(hidden)]
    fn __set(&mut self, path: &[u16], intake: &mut Intake<'_>);

    /// Whether the leaf at `path` has the same value in both.
    #[doc(hidden)]
    fn __same(&self, other: &Self, path: &[u16]) -> bool;

    /// The leaf at `path` for people, where its type can be shown.
    #[doc(hidden)]
    fn __show(&self, path: &[u16]) -> Option<String>;

    /// Calls the rules over whole structs, those of sections first.
    #[doc(hidden)]
    fn __validate(&self, checks: &mut Checks);

    /// What the default of the leaf at `path` is in the store, where it is written as an
    /// expression, is no secret and its type can be written.
    #[doc(hidden)]
    fn __default(path: &[u16]) -> Option<Absent> {
        let _ = path;
        None
    }
}

/// What the expansion asks of a nested struct: its [`HotConfig`], without what that asks for in turn.
///
/// Each mention of `HotConfig` would say once more that the struct is not `Clone`, which its own
/// `impl` says.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hotconfig struct",
    label = "this type has no keys",
    note = "write `#[derive(HotConfig, Clone)]` on `{Self}`; for a field that is one key, leave `nested` out"
)]
pub trait Section: Sized {
    const TREE: &'static Tree;
    fn __build(intake: &mut Intake<'_>) -> Option<Self>;
    fn __set(&mut self, path: &[u16], intake: &mut Intake<'_>);
    fn __same(&self, other: &Self, path: &[u16]) -> bool;
    fn __show(&self, path: &[u16]) -> Option<String>;
    fn __validate(&self, checks: &mut Checks);
    fn __default(path: &[u16]) -> Option<Absent>;
}

impl<T: HotConfig> Section for T {
    const TREE: &'static Tree = <T as HotConfig>::TREE;

    fn __build(intake: &mut Intake<'_>) -> Option<Self> {
        <T as HotConfig>::__build(intake)
    }

    fn __set(&mut self, path: &[u16], intake: &mut Intake<'_>) {
        <T as HotConfig>::__set(self, path, intake);
    }

    fn __same(&self, other: &Self, path: &[u16]) -> bool {
        <T as HotConfig>::__same(self, other, path)
    }

    fn __show(&self, path: &[u16]) -> Option<String> {
        <T as HotConfig>::__show(self, path)
    }

    fn __validate(&self, checks: &mut Checks) {
        <T as HotConfig>::__validate(self, checks);
    }

    fn __default(path: &[u16]) -> Option<Absent> {
        <T as HotConfig>::__default(path)
    }
}

/// What can be read from a key. One trait for each thing that a value needs, so that what is
/// missing is named.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a key: `serde::Deserialize` is missing",
    label = "no `serde::Deserialize`",
    note = "derive `serde::Deserialize` on the type, or on what it contains; where it is another crate's, read it by a function of yours: `#[hot(with = path)]`",
    note = "if the fields of `{Self}` are keys of their own, write `#[hot(nested)]`"
)]
pub trait Readable: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<V: DeserializeOwned> Readable for V {}

/// What two values of one key can be: compared.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "two values of `{Self}` cannot be compared: `PartialEq` is missing",
    label = "no `PartialEq`",
    note = "derive `PartialEq` on the type, or on what it contains, or compare two values by a function of yours: `#[hot(compare = path)]`",
    note = "if the fields of `{Self}` are keys of their own, write `#[hot(nested)]`"
)]
pub trait Comparable: PartialEq {}

#[diagnostic::do_not_recommend]
impl<V: PartialEq> Comparable for V {}

/// How one leaf is read: the derive writes one for each.
#[doc(hidden)]
#[derive(Debug)]
pub struct Leaf<V: 'static> {
    /// Reads the store's bytes.
    pub decode: fn(&[u8]) -> Result<V, Reason>,
    /// What an absent key is read from, where the default is a text.
    pub text: Option<&'static [u8]>,
    /// What it stands for where there is no text; `None` where the field is required.
    pub absent: fn() -> Option<Result<V, Reason>>,
    /// The rules of the field.
    pub check: fn(&V, &mut Reasons),
    /// Whether two values are the same.
    pub same: fn(&V, &V) -> bool,
}

/// The check of a leaf without rules.
#[doc(hidden)]
pub fn unchecked<V>(_: &V, _: &mut Reasons) {}

/// A type that is never printed; the bound of `#[hot(secret)]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is `#[hot(secret)]`, but it can be printed",
    label = "not a `Secret<…>`",
    note = "write `Secret<{Self}>`, or `Option<Secret<…>>`; a section may be secret as a whole: `#[hot(nested, secret)]`"
)]
pub trait IsSecret {}

impl<V> IsSecret for Secret<V> {}
impl<V> IsSecret for Option<Secret<V>> {}

/// Asks the compiler whether a secret leaf is one.
#[doc(hidden)]
pub const fn secret<V: IsSecret>() {}

/// What was wrong with one leaf.
#[doc(hidden)]
#[derive(Debug)]
pub struct Finding {
    /// The leaf's place in [`Tree::leaves`].
    pub leaf: usize,
    /// What was wrong, and what would be right.
    pub reason: Reason,
    /// Whether the reason speaks of the value itself, and so may print a part of it.
    pub about_value: bool,
}

/// Hands the store's bytes to the fields and takes back what was wrong with them.
#[doc(hidden)]
#[derive(Debug)]
pub struct Intake<'a> {
    raws: Raws<'a>,
    findings: Vec<Finding>,
    /// The leaves with a secret inside.
    secrets: Vec<usize>,
    checks: Checks,
    changed: bool,
}

#[derive(Debug)]
enum Raws<'a> {
    /// Every leaf in order, the next of them at this place.
    All {
        raws: &'a [Option<&'a [u8]>],
        next: usize,
    },
    /// The leaf with this place alone.
    One { leaf: usize, raw: Option<&'a [u8]> },
}

impl<'a> Intake<'a> {
    /// For [`HotConfig::__build`]: every leaf, in the order of [`Tree::leaves`].
    pub fn all(raws: &'a [Option<&'a [u8]>]) -> Self {
        Self {
            raws: Raws::All { raws, next: 0 },
            findings: Vec::new(),
            secrets: Vec::new(),
            checks: Checks::default(),
            changed: false,
        }
    }

    /// For [`HotConfig::__set`]: the leaf with that place alone.
    pub fn one(leaf: usize, raw: Option<&'a [u8]>) -> Self {
        Self {
            raws: Raws::One { leaf, raw },
            findings: Vec::new(),
            secrets: Vec::new(),
            checks: Checks::default(),
            changed: false,
        }
    }

    /// The next leaf's value, or `None` and a finding. For the expansion of `__build`.
    pub fn leaf<V>(&mut self, leaf: &Leaf<V>) -> Option<V> {
        let (index, raw) = match &mut self.raws {
            Raws::All { raws, next } => {
                let index = *next;
                *next += 1;
                (index, raws.get(index).copied().flatten())
            }
            Raws::One { leaf, raw } => (*leaf, *raw),
        };
        let mut findings = Vec::new();
        value::secret_was_read();
        let value = guard(|| leaf.read(raw, &mut |reason| findings.push(reason)));
        if value::secret_was_read() {
            self.secrets.push(index);
        }
        let about_value = raw.is_some();
        self.findings
            .extend(findings.into_iter().map(|reason| Finding {
                leaf: index,
                reason,
                about_value,
            }));
        match value {
            Ok(value) => value,
            Err(panic) => {
                let reason = Reason::new(format!("the field's codec or rule panicked: {panic}"));
                self.findings.push(Finding {
                    leaf: index,
                    reason,
                    about_value,
                });
                None
            }
        }
    }

    /// The next leaves as a section. For the expansion of `__build`.
    ///
    /// Its own rule is asked here, too: where the whole can't be built, nobody else would.
    pub fn section<V>(
        &mut self,
        name: &'static str,
        build: fn(&mut Intake<'_>) -> Option<V>,
        validate: fn(&V, &mut Checks),
    ) -> Option<V> {
        self.checks.section.push(name);
        let section = build(self);
        if let Some(section) = &section {
            validate(section, &mut self.checks);
        }
        self.checks.section.pop();
        section
    }

    /// The rules of sections that were broken, while the whole was built.
    pub fn take_broken(&mut self) -> Vec<Broken> {
        let mut broken = std::mem::take(&mut self.checks.broken);
        // A section inside a section is asked by both.
        let mut seen = std::collections::HashSet::new();
        broken.retain(|broken| seen.insert((broken.section.clone(), broken.rule)));
        broken
    }

    /// Replaces a field where its new value is valid and differs. For the expansion of `__set`.
    pub fn replace<V>(&mut self, field: &mut V, leaf: &Leaf<V>) {
        let Some(new) = self.leaf(leaf) else { return };
        match guard(|| (leaf.same)(field, &new)) {
            Ok(true) => {}
            Ok(false) => {
                *field = new;
                self.changed = true;
            }
            Err(panic) => {
                let Raws::One { leaf, .. } = self.raws else {
                    return;
                };
                let reason = Reason::new(format!("comparing the field panicked: {panic}"));
                self.findings.push(Finding {
                    leaf,
                    reason,
                    about_value: true,
                });
            }
        }
    }

    /// Whether a field was replaced.
    pub fn changed(&self) -> bool {
        self.changed
    }

    /// The leaves, among those that were read, with a secret inside.
    pub fn secrets(&self) -> &[usize] {
        &self.secrets
    }

    /// What was wrong.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

impl<V> Leaf<V> {
    /// A leaf of which nothing was said. The bounds are on the functions, so that the compiler
    /// names the one that is missing.
    pub const fn auto() -> Self
    where
        V: Readable + Comparable,
    {
        Self::of(value::auto)
    }

    /// A leaf with the format `text`, and nothing else.
    pub const fn text() -> Self
    where
        V: Readable + Comparable,
    {
        Self::of(value::text)
    }

    /// A leaf with the format `json`, and nothing else.
    pub const fn json() -> Self
    where
        V: Readable + Comparable,
    {
        Self::of(value::json)
    }

    const fn of(decode: fn(&[u8]) -> Result<V, Reason>) -> Self
    where
        V: Readable + Comparable,
    {
        Self {
            decode,
            text: None,
            absent: value::missing,
            check: unchecked,
            same: PartialEq::eq,
        }
    }

    /// The value of these bytes, or of their absence, if it breaks no rule.
    fn read(&self, raw: Option<&[u8]>, refuse: &mut dyn FnMut(Reason)) -> Option<V> {
        let value = match raw.or(self.text) {
            Some(raw) => (self.decode)(raw),
            None => (self.absent)().unwrap_or_else(|| Err(missing())),
        };
        let value = value.map_err(&mut *refuse).ok()?;
        let mut reasons = Reasons::default();
        (self.check)(&value, &mut reasons);
        let reasons = reasons.into_vec();
        let valid = reasons.is_empty();
        reasons.into_iter().for_each(refuse);
        valid.then_some(value)
    }
}

/// Why a required key that is not there is a problem.
pub(crate) fn missing() -> Reason {
    Reason::new("the key is missing").expected("a value: the field has no default")
}

/// A rule over a whole struct that was broken.
#[doc(hidden)]
#[derive(Debug)]
pub struct Broken {
    /// The section's path in Rust, `db`; empty for the root.
    pub section: String,
    /// The path of the rule's function.
    pub rule: &'static str,
    /// What it said.
    pub invalid: Invalid,
}

/// Calls the rules over whole structs and keeps what they refuse.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Checks {
    section: Vec<&'static str>,
    broken: Vec<Broken>,
}

impl Checks {
    /// Goes into a section, so that what it refuses carries its name.
    pub fn section(&mut self, name: &'static str, checks: impl FnOnce(&mut Self)) {
        self.section.push(name);
        checks(self);
        self.section.pop();
    }

    /// Calls one rule.
    pub fn rule(&mut self, rule: &'static str, validate: impl FnOnce() -> Result<(), Invalid>) {
        let invalid = match guard(validate) {
            Ok(Ok(())) => return,
            Ok(Err(invalid)) => invalid,
            Err(panic) => Invalid::new(format!("`{rule}` panicked: {panic}")),
        };
        self.broken.push(Broken {
            section: self.section.join("."),
            rule,
            invalid,
        });
    }

    /// What was refused.
    pub fn into_broken(self) -> Vec<Broken> {
        self.broken
    }
}

/// Shows a value of any type: through `Debug` where it has it, else not at all.
///
/// The expansion calls `(&Shown(&field)).show()` with both traits in scope; method resolution
/// takes the first that fits.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shown<'a, V: ?Sized>(pub &'a V);

#[doc(hidden)]
pub trait ShowDebug {
    fn show(&self) -> Option<String>;
}

impl<V: std::fmt::Debug + ?Sized> ShowDebug for Shown<'_, V> {
    fn show(&self) -> Option<String> {
        Some(format!("{:?}", self.0))
    }
}

#[doc(hidden)]
pub trait ShowNothing {
    fn show(&self) -> Option<String>;
}

impl<V: ?Sized> ShowNothing for &Shown<'_, V> {
    fn show(&self) -> Option<String> {
        None
    }
}

/// The default of a leaf as the store would hold it, if what was encoded is read as the same.
///
/// `encode` is `(&Encoded(value, format)).encode()`, with both traits in scope.
#[doc(hidden)]
pub fn default_of<V>(leaf: fn() -> Leaf<V>, encode: fn(&V) -> Option<Bytes>) -> Option<Absent> {
    let written = guard(|| {
        let leaf = leaf();
        let value = (leaf.absent)()?.ok()?;
        let Some(raw) = encode(&value)? else {
            return Some(Absent::Nothing);
        };
        value::secret_was_read();
        let again = (leaf.decode)(&raw);
        // A type may write what it keeps in a `Secret`.
        if value::secret_was_read() {
            return Some(Absent::Hidden);
        }
        let text = String::from_utf8(raw).ok()?;
        let again = again.ok()?;
        (leaf.same)(&value, &again).then(|| {
            let same = |text: &str| {
                let again = (leaf.decode)(text.as_bytes());
                again.is_ok_and(|again| (leaf.same)(&value, &again))
            };
            // A file that is committed is the same each time.
            Absent::Text(encode::canonical(&text, same))
        })
    });
    written.ok().flatten()
}

/// The bytes of a value; `None` where the value is nothing.
type Bytes = Option<Vec<u8>>;

/// A value to be written in a format, if its type has `Serialize`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Encoded<'a, V: ?Sized>(pub &'a V, pub Format);

#[doc(hidden)]
pub trait EncodeSerialize {
    fn encode(&self) -> Option<Bytes>;
}

impl<V: serde::Serialize + ?Sized> EncodeSerialize for Encoded<'_, V> {
    fn encode(&self) -> Option<Bytes> {
        match self.1 {
            Format::Auto => encode::auto(self.0),
            Format::Text => encode::text(self.0),
            Format::Json => encode::json(self.0),
            Format::With(_) => return None,
        }
        .ok()
    }
}

#[doc(hidden)]
pub trait EncodeNothing {
    fn encode(&self) -> Option<Bytes>;
}

impl<V: ?Sized> EncodeNothing for &Encoded<'_, V> {
    fn encode(&self) -> Option<Bytes> {
        None
    }
}
