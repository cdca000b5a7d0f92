//! Reads a value by the schema alone.
//!
//! In: a [`Key`] and its bytes. Out: a [`Verdict`]: the reasons for which a program with the struct
//! would reject them, in the same words, and the parts that only that program can judge. It runs
//! the same code as the struct, [`crate::value`] and [`crate::rules`], but looks up the next type
//! at run time. It knows no store. The schema may come from a file, so it is not trusted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num;
use std::path::PathBuf;
use std::time::Duration;

use regex::RegexBuilder;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde_json::Value;

use super::{Bound, Format, Interval, Key, Rule, Scalar, Type};
use crate::reason::{Reason, Reasons};
use crate::rules::{self, Choice, Ranged};
use crate::value::{self, Mode, Size, secret_unreadable};
use crate::wording::{nearest, one_of_words, suggest};

/// The maximum nesting of a type; JSON goes no deeper.
const MAX_DEPTH: usize = 128;

/// The maximum size of a compiled pattern in bytes, as in the derive.
pub(super) const MAX_PATTERN_SIZE: usize = 10 << 20;

/// The judgement of a value by the schema alone: from [`Key::judge`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The reasons for which a program would reject it: it can't be read, or it breaks rules. If
    /// empty, every judged part is accepted.
    pub refused: Vec<Reason>,
    /// The parts that could not be judged, because only the program knows them, or because the
    /// schema's own rule makes no sense; a sentence each.
    pub unjudged: Vec<String>,
}

impl Key {
    /// Judges the bytes of this key as a program with the struct does, down to the words of its
    /// reasons.
    ///
    /// Parts that only the program knows are not judged: a type known only by its name, a codec of
    /// `with`, a function of `validate`, a bound that is an expression. If a list contains equal
    /// entries, its length depends on whether the type is a set, which is not in the schema. An
    /// unknown type with `json` is at least checked to be JSON.
    ///
    /// Instead of the choices of a secret, a schema contains only [`Rule::Hidden`]. `usize` has the
    /// size of this machine. A pattern takes time in proportion to its size and that of the value.
    ///
    /// The reasons for a secret never quote it.
    pub fn judge(&self, raw: &[u8]) -> Verdict {
        let mut verdict = Verdict::default();
        let read = self.decode(raw, &mut verdict.unjudged);
        let facts = match read {
            Ok(read) => read.facts,
            Err(reason) => {
                verdict.refused.push(reason);
                return verdict;
            }
        };
        let mut reasons = Reasons::default();
        for rule in &self.rules {
            if let Err(why) = facts.obeys(rule, self.secret, &mut reasons) {
                verdict.unjudged.push(why);
            }
        }
        verdict.refused = reasons.into_vec();
        verdict
    }

    fn decode(&self, raw: &[u8], unjudged: &mut Vec<String>) -> Result<ReadValue, Reason> {
        let codec = match &self.format {
            Format::Codec(codec) => *codec,
            Format::With(path) => {
                unjudged.push(format!("only the program has its codec, `{path}`"));
                return Ok(ReadValue::UNKNOWN);
            }
        };
        let words = match type_knowledge(&self.kind) {
            TypeKnowledge::Whole(words) => words,
            TypeKnowledge::Outside(name) => {
                unjudged.push(format!("only the program knows the type inside, `{name}`"));
                &[]
            }
            TypeKnowledge::Nothing(name) => {
                unjudged.push(format!("only the program knows its type, `{name}`"));
                return match codec.mode() {
                    // A value of any type is JSON in this format.
                    Some(Mode::Json) => value::json::<Value>(raw).map(|_| ReadValue::UNKNOWN),
                    _ => Ok(ReadValue::UNKNOWN),
                };
            }
            TypeKnowledge::TooDeep => {
                unjudged.push(format!(
                    "its type is nested more than {MAX_DEPTH} levels deep"
                ));
                return Ok(ReadValue::UNKNOWN);
            }
        };
        let object = || std::str::from_utf8(raw).is_ok_and(|raw| raw.trim().starts_with('{'));
        let alone = match codec.mode() {
            Some(Mode::Auto) => !object(),
            Some(Mode::Text) => true,
            Some(Mode::Json) | None => false,
        };
        let words = match words {
            [] => HashMap::new(),
            words => (0..)
                .zip(words)
                .map(|(place, word)| (word.as_str(), place))
                .collect(),
        };
        let seed = TypeSeed {
            kind: &self.kind,
            alone,
            places: &words,
        };
        if self.secret {
            codec.decode(raw, SecretSeed(seed))
        } else {
            codec.decode(raw, seed)
        }
    }
}

/// The part of a type that the schema knows.
enum TypeKnowledge<'s> {
    /// All of it, with the words if the type has some.
    Whole(&'s [String]),
    /// A collection of a type that only the program knows.
    Outside(&'s str),
    /// Only the name.
    Nothing(&'s str),
    /// The type is nested too deeply for the stack.
    TooDeep,
}

fn type_knowledge(kind: &Type) -> TypeKnowledge<'_> {
    let mut kind = kind;
    let mut outside = false;
    for _ in 0..MAX_DEPTH {
        kind = match kind {
            Type::Scalar(_) => return TypeKnowledge::Whole(&[]),
            Type::Words(words) => return TypeKnowledge::Whole(words),
            Type::Rust(name) if outside => return TypeKnowledge::Outside(name),
            Type::Rust(name) => return TypeKnowledge::Nothing(name),
            Type::Optional(inner) => inner,
            Type::List(inner) | Type::Map(inner) => {
                outside = true;
                inner
            }
        };
    }
    TypeKnowledge::TooDeep
}

/// A value that was read.
struct ReadValue {
    facts: ValueFacts,
    /// The same for equal values. Different values may have the same form too, if they would be
    /// equal with sets instead of lists.
    form: u64,
}

impl ReadValue {
    const UNKNOWN: Self = Self {
        facts: ValueFacts::Unknown,
        form: 0,
    };

    fn new(facts: ValueFacts, form: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        form.hash(&mut hasher);
        Self {
            facts,
            form: hasher.finish(),
        }
    }
}

/// The facts about a value that rules need.
enum ValueFacts {
    /// `None`, which breaks no rule.
    Nothing,
    Ordered(OrderedRules),
    Bool(bool),
    /// A text, or a path as the text that its rules apply to.
    String(String),
    /// A value without rules: an address, a word.
    NoRules,
    /// A list: a set has fewer entries if some are equal.
    List {
        min: usize,
        max: usize,
    },
    Map(usize),
    /// A value of a type that only the program knows.
    Unknown,
}

impl ValueFacts {
    /// Applies a rule; the error is the reason why it could not be applied.
    fn obeys(&self, rule: &Rule, secret: bool, out: &mut Reasons) -> Result<(), String> {
        match (self, rule) {
            (_, Rule::Validate(path)) => Err(format!("only the program has its rule `{path}`")),
            // The unknown part is already among the unjudged.
            (Self::Nothing | Self::Unknown, _) => Ok(()),
            (_, Rule::Hidden) => Err("only the program has the choices of a secret".to_owned()),
            (Self::Ordered(rules), rule) => rules(rule, secret, out),
            (Self::Bool(value), Rule::OneOf(choices)) => {
                one_of_read(value, choices, |text| text.parse().ok(), secret, out)
            }
            (Self::String(value), Rule::OneOf(choices)) => {
                one_of_texts(value, choices, secret, out);
                Ok(())
            }
            (Self::String(value), Rule::Length(interval)) => length(interval, out, |range, out| {
                rules::length(value, range, out);
                Ok(())
            }),
            (Self::String(value), Rule::NonEmpty) => {
                rules::non_empty(value, out);
                Ok(())
            }
            (Self::String(value), Rule::Url) => {
                rules::url(value, out);
                Ok(())
            }
            (Self::String(value), Rule::Pattern(source)) => {
                let regex = RegexBuilder::new(source)
                    .size_limit(MAX_PATTERN_SIZE)
                    .build()
                    .map_err(|_| unreadable("pattern", source))?;
                rules::matches(value, &regex, out);
                Ok(())
            }
            (Self::List { min, max }, Rule::Length(interval)) => {
                length(interval, out, |range, out| {
                    let (mut few, mut many) = (Reasons::default(), Reasons::default());
                    rules::length(&EntryCount(*min), range, &mut few);
                    rules::length(&EntryCount(*max), range, &mut many);
                    let (few, many) = (few.into_vec(), many.into_vec());
                    if few.is_empty() != many.is_empty() {
                        return Err(
                            "only the program knows whether equal entries count once".to_owned()
                        );
                    }
                    out.extend(many);
                    Ok(())
                })
            }
            (Self::Map(count), Rule::Length(interval)) => length(interval, out, |range, out| {
                rules::length(&EntryCount(*count), range, out);
                Ok(())
            }),
            (Self::List { max: count, .. } | Self::Map(count), Rule::NonEmpty) => {
                rules::non_empty(&EntryCount(*count), out);
                Ok(())
            }
            (_, rule) => unfit(rule),
        }
    }
}

/// The reason why a rule can't be applied to a value.
fn unfit(rule: &Rule) -> Result<(), String> {
    Err(format!("the schema's `{rule}` does not fit its type"))
}

/// The number of entries of a collection.
struct EntryCount(usize);

impl rules::Length for EntryCount {
    fn length(&self) -> Option<usize> {
        Some(self.0)
    }
}

fn unreadable(rule: &str, text: &str) -> String {
    format!("the schema's `{rule}` cannot be read: `{text}`")
}

/// Applies a rule with two ends. An end that only the program knows counts as open.
fn bounds(
    interval: &Interval,
    rule: &str,
    out: &mut Reasons,
    ask: impl FnOnce(Option<&str>, Option<&str>, bool, &mut Reasons) -> Result<(), String>,
) -> Result<(), String> {
    let mut unknown = None;
    let mut end = |bound| match bound {
        &Bound::Open => None,
        Bound::At(text) => Some(text),
        Bound::Unknown(written) => {
            unknown = Some(written);
            None
        }
    };
    let (low, high) = (end(&interval.low), end(&interval.high));
    let mut broken = Reasons::default();
    ask(
        low.map(String::as_str),
        high.map(String::as_str),
        interval.inclusive,
        &mut broken,
    )?;
    let broken = broken.into_vec();
    match unknown {
        Some(written) if broken.is_empty() => Err(format!(
            "only the program knows an end of its `{rule}`: `{written}`"
        )),
        _ => {
            out.extend(broken);
            Ok(())
        }
    }
}

type LengthRange = (std::ops::Bound<usize>, std::ops::Bound<usize>);

/// Applies a rule of length.
fn length(
    interval: &Interval,
    out: &mut Reasons,
    ask: impl FnOnce(LengthRange, &mut Reasons) -> Result<(), String>,
) -> Result<(), String> {
    use std::ops::Bound as End;

    let read = |text: &str| text.parse().map_err(|_| unreadable("length", text));
    bounds(interval, "length", out, |low, high, inclusive, out| {
        let low = match low {
            Some(text) => End::Included(read(text)?),
            None => End::Unbounded,
        };
        let high = match high {
            Some(text) if inclusive => End::Included(read(text)?),
            Some(text) => End::Excluded(read(text)?),
            None => End::Unbounded,
        };
        ask((low, high), out)
    })
}

/// Applies a choice among texts.
fn one_of_texts<V>(value: &V, choices: &[String], secret: bool, out: &mut Reasons)
where
    V: for<'a> Choice<&'a str>,
{
    let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
    one_of(value, &choices, secret, out);
}

/// Applies a choice among values that are read from texts.
fn one_of_read<V: Choice<C>, C: fmt::Display>(
    value: &V,
    choices: &[String],
    read: impl Fn(&str) -> Option<C>,
    secret: bool,
    out: &mut Reasons,
) -> Result<(), String> {
    let read = |text: &String| read(text).ok_or_else(|| unreadable("one_of", text));
    let choices: Vec<C> = choices.iter().map(read).collect::<Result<_, _>>()?;
    one_of(value, &choices, secret, out);
    Ok(())
}

fn one_of<V: Choice<C>, C: fmt::Display>(
    value: &V,
    choices: &[C],
    secret: bool,
    out: &mut Reasons,
) {
    if secret {
        rules::one_of(&Hidden(value), choices, out);
    } else {
        rules::one_of(value, choices, out);
    }
}

/// A value whose choices no message may name.
struct Hidden<'v, V>(&'v V);

impl<V: Choice<C>, C> Choice<C> for Hidden<'_, V> {
    fn is(&self, choice: &C) -> Option<bool> {
        self.0.is(choice)
    }

    fn hides(&self) -> bool {
        true
    }
}

/// The rules of a value with an order: a rule, whether the value is a secret, and the reasons.
type OrderedRules = Box<dyn Fn(&Rule, bool, &mut Reasons) -> Result<(), String>>;

/// The rules of a number or a character, whose choices are numbers or characters.
fn number<V>(value: V) -> OrderedRules
where
    V: Ranged + Choice<V::Bound> + 'static,
    V::Bound: fmt::Display,
{
    ordered(value, |value, choices, secret, out| {
        one_of_read(
            value,
            choices,
            <V::Bound as rules::RangeBound>::read,
            secret,
            out,
        )
    })
}

/// The rules of a duration or a size, whose choices are texts.
fn quantity<V: Ranged + for<'a> Choice<&'a str> + 'static>(value: V) -> OrderedRules {
    ordered(value, |value, choices, secret, out| {
        one_of_texts(value, choices, secret, out);
        Ok(())
    })
}

fn ordered<V: Ranged + 'static>(
    value: V,
    one_of: fn(&V, &[String], bool, &mut Reasons) -> Result<(), String>,
) -> OrderedRules {
    Box::new(move |rule, secret, out| match rule {
        Rule::Range(interval) => bounds(interval, "range", out, |low, high, inclusive, out| {
            let read = |text: &str| <V::Bound as rules::RangeBound>::read(text).is_some();
            match low.into_iter().chain(high).find(|text| !read(text)) {
                Some(text) => Err(unreadable("range", text)),
                None => {
                    rules::range_read(&value, low, high, inclusive, out);
                    Ok(())
                }
            }
        }),
        Rule::OneOf(choices) => one_of(&value, choices, secret, out),
        rule => unfit(rule),
    })
}

/// Reads a value of this type.
#[derive(Clone, Copy)]
struct TypeSeed<'s> {
    kind: &'s Type,
    /// Whether a word is the whole value: its error then leaves the expected form to the caller.
    alone: bool,
    /// The words of the innermost type, each with its place.
    places: &'s HashMap<&'s str, usize>,
}

impl<'s> TypeSeed<'s> {
    /// The seed of the entries of a collection.
    fn inside(self, kind: &'s Type) -> Self {
        Self {
            kind,
            alone: false,
            ..self
        }
    }
}

impl<'de> DeserializeSeed<'de> for TypeSeed<'_> {
    type Value = ReadValue;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<ReadValue, D::Error> {
        match self.kind {
            Type::Scalar(scalar) => read_scalar(*scalar, from),
            // serde needs words known at compile time: the visitor names them instead.
            Type::Words(words) => from.deserialize_enum(
                "",
                &[],
                WordsVisitor {
                    words,
                    alone: self.alone,
                    places: self.places,
                },
            ),
            Type::Optional(inner) => from.deserialize_option(OptionVisitor(Self {
                kind: inner,
                ..self
            })),
            Type::List(inner) => from.deserialize_seq(ListVisitor(self.inside(inner))),
            Type::Map(inner) => from.deserialize_map(MapVisitor(self.inside(inner))),
            Type::Rust(_) => IgnoredAny::deserialize(from).map(|_| ReadValue::UNKNOWN),
        }
    }
}

fn read_scalar<'de, D: Deserializer<'de>>(scalar: Scalar, from: D) -> Result<ReadValue, D::Error> {
    macro_rules! read {
        ($($number:ident: $type:ty),+ ; $($quantity:ident: $with_unit:ty),+ ; $($address:ident: $plain:ty),+) => {
            match scalar {
                $(Scalar::$number => {
                    let value = <$type>::deserialize(from)?;
                    // The text of a number is the same for the same number.
                    let form = value.to_string();
                    Ok(ReadValue::new(ValueFacts::Ordered(number(value)), form))
                })+
                $(Scalar::$quantity => {
                    let value = <$with_unit>::deserialize(from)?;
                    Ok(ReadValue::new(ValueFacts::Ordered(quantity(value)), value))
                })+
                $(Scalar::$address => {
                    let value = <$plain>::deserialize(from)?;
                    Ok(ReadValue::new(ValueFacts::NoRules, value))
                })+
                Scalar::Bool => {
                    let value = bool::deserialize(from)?;
                    Ok(ReadValue::new(ValueFacts::Bool(value), value))
                }
                Scalar::Text => {
                    let value = String::deserialize(from)?;
                    let read = ReadValue::new(ValueFacts::Unknown, &value);
                    Ok(ReadValue { facts: ValueFacts::String(value), ..read })
                }
                Scalar::File => {
                    let value = PathBuf::deserialize(from)?;
                    let text = value.to_string_lossy().into_owned();
                    Ok(ReadValue::new(ValueFacts::String(text), value))
                }
            }
        };
    }
    read! {
        U8: u8, U16: u16, U32: u32, U64: u64, U128: u128, Usize: usize,
        I8: i8, I16: i16, I32: i32, I64: i64, I128: i128, Isize: isize,
        NonZeroU8: num::NonZeroU8, NonZeroU16: num::NonZeroU16, NonZeroU32: num::NonZeroU32,
        NonZeroU64: num::NonZeroU64, NonZeroU128: num::NonZeroU128,
        NonZeroUsize: num::NonZeroUsize, NonZeroI8: num::NonZeroI8, NonZeroI16: num::NonZeroI16,
        NonZeroI32: num::NonZeroI32, NonZeroI64: num::NonZeroI64,
        NonZeroI128: num::NonZeroI128, NonZeroIsize: num::NonZeroIsize,
        F32: f32, F64: f64, Char: char
        ;
        Period: Duration, Bytes: Size
        ;
        Ip: IpAddr, Ipv4: Ipv4Addr, Ipv6: Ipv6Addr,
        Socket: SocketAddr, SocketV4: SocketAddrV4, SocketV6: SocketAddrV6
    }
}

/// Reads the value of a secret.
#[derive(Clone, Copy)]
struct SecretSeed<'s>(TypeSeed<'s>);

impl<'de> DeserializeSeed<'de> for SecretSeed<'_> {
    type Value = ReadValue;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<ReadValue, D::Error> {
        self.0.deserialize(from).map_err(|_| secret_unreadable())
    }
}

/// Reads a value or its absence, as `Option` does.
struct OptionVisitor<'s>(TypeSeed<'s>);

impl<'de> Visitor<'de> for OptionVisitor<'_> {
    type Value = ReadValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("option")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<ReadValue, E> {
        Ok(ReadValue::new(ValueFacts::Nothing, ()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<ReadValue, E> {
        self.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<ReadValue, D::Error> {
        self.0.deserialize(from)
    }
}

/// Reads a sequence, as `Vec` and the sets do.
struct ListVisitor<'s>(TypeSeed<'s>);

impl<'de> Visitor<'de> for ListVisitor<'_> {
    type Value = ReadValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ReadValue, A::Error> {
        let mut max = 0;
        let mut forms = BTreeSet::new();
        while let Some(item) = items.next_element_seed(self.0)? {
            max += 1;
            forms.insert(item.form);
        }
        let min = forms.len();
        Ok(ReadValue::new(ValueFacts::List { min, max }, forms))
    }
}

/// Reads names with their values, as the maps do: the last value of a repeated name counts.
struct MapVisitor<'s>(TypeSeed<'s>);

impl<'de> Visitor<'de> for MapVisitor<'_> {
    type Value = ReadValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<ReadValue, A::Error> {
        let mut forms = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self.0)?;
            forms.insert(name, value.form);
        }
        Ok(ReadValue::new(ValueFacts::Map(forms.len()), forms))
    }
}

/// Reads one of these words, as an enum whose variants have no data does.
#[derive(Clone, Copy)]
struct WordsVisitor<'s> {
    words: &'s [String],
    alone: bool,
    places: &'s HashMap<&'s str, usize>,
}

impl<'de> Visitor<'de> for WordsVisitor<'_> {
    type Value = ReadValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_of_words(self.words))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<ReadValue, A::Error> {
        let (place, variant) = data.variant_seed(WordSeed(self))?;
        variant.unit_variant()?;
        Ok(ReadValue::new(ValueFacts::NoRules, place))
    }
}

/// Reads the name of a variant: its place among the words.
struct WordSeed<'s>(WordsVisitor<'s>);

impl<'de> DeserializeSeed<'de> for WordSeed<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<usize, D::Error> {
        from.deserialize_identifier(self)
    }
}

impl Visitor<'_> for WordSeed<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("variant identifier")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<usize, E> {
        let WordsVisitor {
            words,
            alone,
            places,
        } = self.0;
        if let Some(place) = places.get(word) {
            return Ok(*place);
        }
        // The wording of `Error::unknown_variant`, which needs words known at compile time.
        let near = nearest(word, words.iter().map(String::as_str));
        let wrong = suggest("not a known variant", near);
        Err(match alone {
            true => E::custom(wrong),
            false => E::custom(format_args!("{wrong}, expected {}", one_of_words(words))),
        })
    }
}
