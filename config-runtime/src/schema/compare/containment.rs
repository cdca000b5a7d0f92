//! Proves that one key accepts every value of another.
//!
//! In: the types, formats and rules of two keys. Out: a proof, and whether a value then has another
//! meaning; or the reason why there is no proof, which proves nothing. If the values are few, each
//! is tried with [`Key::judge`].

use super::super::whole::{Limits, Whole};
use super::super::{Format, Key, Rule, Scalar, Type};
use super::ends;
use crate::value::{Codec, Mode};

/// The maximum nesting of a type.
const MAX_DEPTH: usize = 128;

/// The maximum number of values that are tried one by one.
const MAX_TRIED: usize = 256;

/// The proof that another key reads every value.
pub(super) struct Shown {
    /// The other meaning of the values, if they have one.
    pub(super) meaning: Option<String>,
}

/// The input of a rule of the second key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carried {
    /// The value that the first key reads from the same bytes.
    Value,
    /// The bytes themselves, as a text.
    Raw,
}

struct Relation {
    carried: Carried,
    meaning: Option<String>,
}

impl Relation {
    const SAME: Self = Self {
        carried: Carried::Value,
        meaning: None,
    };

    fn meaning(meaning: impl Into<String>) -> Self {
        Self {
            carried: Carried::Value,
            meaning: Some(meaning.into()),
        }
    }
}

/// Proves that `to` accepts every value that `from` accepts.
pub(super) fn show(from: &Key, to: &Key) -> Result<Shown, String> {
    let shown = |relation: Relation| Shown {
        meaning: relation.meaning,
    };
    let hidden = |key: &Key| key.rules.contains(&Rule::Hidden);
    if hidden(from) != hidden(to) {
        return Err("no schema contains the choices of a secret".to_owned());
    }
    // A file of an older version does not show that a secret has choices.
    if from.secret != to.secret {
        let choices = |key: &Key| key.rules.iter().any(|rule| matches!(rule, Rule::OneOf(_)));
        if choices(from) != choices(to) {
            return Err("no schema contains the choices of a secret".to_owned());
        }
    }
    let base = base(&from.kind);
    if let Some(Type::Scalar(scalar)) = base
        && ends::left(*scalar, &from.rules).is_some_and(|left| left.low > left.high)
        && from.kind == Type::Scalar(*scalar)
    {
        return Ok(shown(Relation::SAME));
    }
    let relation = relation(from, to);
    // A text is its bytes, so a few choices can be tried with any type.
    let is_text = matches!(base, Some(Type::Scalar(Scalar::Text | Scalar::File)))
        && matches!(from.format.mode(), Some(Mode::Auto | Mode::Text));
    let tried = match &relation {
        Ok(Relation {
            carried: Carried::Value,
            ..
        }) => few(from, to),
        _ if is_text => few(from, to),
        _ => None,
    };
    if let Some(values) = tried {
        let mut all = true;
        for value in values {
            match judged(to, &value) {
                Some(true) => {}
                Some(false) => return Err(format!("the other version rejects `{value}`")),
                None => all = false,
            }
        }
        if all {
            return Ok(relation.map_or_else(
                |_| Shown {
                    meaning: Some("the text is read as another type".to_owned()),
                },
                shown,
            ));
        }
    }
    let relation = relation?;
    match to
        .rules
        .iter()
        .find(|rule| !keeps(from, to, &relation, rule))
    {
        None => Ok(shown(relation)),
        Some(Rule::Validate(path)) => Err(format!(
            "only the program knows which values `{path}` rejects"
        )),
        Some(Rule::Pattern(_)) => {
            Err("it cannot be shown that all texts match the pattern".to_owned())
        }
        Some(Rule::Url) => Err("it cannot be shown that all texts are URLs".to_owned()),
        Some(Rule::OneOf(_) | Rule::Hidden) => {
            Err("it cannot be shown that all values are among the choices".to_owned())
        }
        Some(_) => Err("it cannot be shown that all values are within the bounds".to_owned()),
    }
}

/// Whether a key accepts a value; `None` if only the program knows.
pub(super) fn judged(key: &Key, raw: &str) -> Option<bool> {
    let verdict = key.judge(raw.as_bytes());
    if !verdict.refused.is_empty() {
        Some(false)
    } else if verdict.unjudged.is_empty() {
        Some(true)
    } else {
        None
    }
}

/// The type inside all options.
fn base(kind: &Type) -> Option<&Type> {
    let mut kind = kind;
    for _ in 0..MAX_DEPTH {
        match kind {
            Type::Optional(inner) => kind = inner,
            kind => return Some(kind),
        }
    }
    None
}

fn relation(from: &Key, to: &Key) -> Result<Relation, String> {
    if from.kind == to.kind && from.format == to.format {
        return Ok(Relation::SAME);
    }
    match (from.format.mode(), to.format.mode()) {
        (Some(one), Some(other)) => types(from, one, to, other, MAX_DEPTH),
        _ => Err("only the program knows the values that its codec reads".to_owned()),
    }
}

/// The same key with this type.
fn of_type(key: &Key, kind: &Type) -> Key {
    Key {
        kind: kind.clone(),
        ..key.clone()
    }
}

/// A key that is an entry of a collection: JSON, without rules.
fn entry(key: &Key, kind: &Type) -> Key {
    Key {
        format: Format::Codec(Codec::Json),
        rules: Vec::new(),
        ..of_type(key, kind)
    }
}

fn types(
    from_key: &Key,
    one: Mode,
    to_key: &Key,
    other: Mode,
    depth: usize,
) -> Result<Relation, String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err("the types are nested too deeply".to_owned());
    };
    let (from, to) = (&from_key.kind, &to_key.kind);
    if from == to && one == other {
        return Ok(Relation::SAME);
    }
    let inside = |from: &Type, to: &Type| {
        types(
            &of_type(from_key, from),
            one,
            &of_type(to_key, to),
            other,
            depth,
        )
    };
    let text = |kind: &Type| matches!(kind, Type::Scalar(scalar) if is_text(*scalar));
    match (from, to) {
        (Type::List(_) | Type::Map(_), _) if one == Mode::Text => Ok(Relation::SAME),
        // A type that is optional twice is optional.
        (Type::Optional(inner), to) if matches!(**inner, Type::Optional(_)) => inside(inner, to),
        (Type::Optional(from), Type::Optional(to)) => inside(from, to),
        (from, Type::Optional(to)) => inside(from, to),
        (_, _) if contains_unknown(from, depth) || contains_unknown(to, depth) => {
            Err("only the program knows the values that its type reads".to_owned())
        }
        // In plain text, an optional text is a text, even `null`.
        (Type::Optional(from), to) if text(from) && one != Mode::Json => inside(from, to),
        (from, to) if text(to) && other != Mode::Json => {
            if text(from) && one != Mode::Json {
                return Ok(Relation::SAME);
            }
            Ok(Relation {
                carried: Carried::Raw,
                meaning: Some("the value is the stored text".to_owned()),
            })
        }
        (Type::Optional(_), _) => Err("only one of the versions reads `null`".to_owned()),
        (Type::List(from), Type::List(to)) | (Type::Map(from), Type::Map(to)) => {
            if other == Mode::Text {
                return Err("a collection cannot be read from plain text".to_owned());
            }
            if ends::lengths(&from_key.rules, 0).1 == Whole::ZERO {
                return Ok(Relation::SAME);
            }
            let (from, to) = (entry(from_key, from), entry(to_key, to));
            let inner = types(&from, Mode::Json, &to, Mode::Json, depth)?;
            Ok(Relation {
                carried: Carried::Value,
                meaning: inner.meaning,
            })
        }
        (Type::Words(from), Type::Words(to)) => {
            let kept = from.iter().all(|word| to.contains(word));
            let read = one == other || (one, other) == (Mode::Text, Mode::Auto);
            match kept && read {
                true => Ok(Relation::SAME),
                false => Err("the other version does not read every word".to_owned()),
            }
        }
        (Type::Scalar(from), Type::Scalar(to)) => {
            scalars((from_key, *from), one, (to_key, *to), other)
        }
        _ => Err("the two types are written differently".to_owned()),
    }
}

/// Whether there is a type inside that is known only by its name.
fn contains_unknown(kind: &Type, depth: usize) -> bool {
    let mut kind = kind;
    for _ in 0..=depth {
        kind = match kind {
            Type::Rust(_) => return true,
            Type::Words(_) | Type::Scalar(_) => return false,
            Type::Optional(inner) | Type::List(inner) | Type::Map(inner) => inner,
        };
    }
    true
}

fn is_text(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Text | Scalar::File)
}

fn is_real(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::F32 | Scalar::F64)
}

fn scalars(
    (from_key, from): (&Key, Scalar),
    one: Mode,
    (to_key, to): (&Key, Scalar),
    other: Mode,
) -> Result<Relation, String> {
    let json = (one == Mode::Json, other == Mode::Json);
    let same_reading = json.0 == json.1;
    let number = |scalar| Limits::of_numbers(scalar).is_some() || is_real(scalar);
    let otherwise = || Err(format!("`{from}` and `{to}` are written differently"));
    if from == to && from == Scalar::Bool {
        return Ok(Relation::SAME);
    }
    if from == Scalar::Bytes && to == Scalar::Bytes {
        // By default a size may be a JSON string or number; plain text has no quotes.
        return match (one, other) {
            (one, other) if one == other => Ok(Relation::SAME),
            (Mode::Json | Mode::Text, Mode::Auto) => Ok(Relation::SAME),
            _ => otherwise(),
        };
    }
    if number(from) && (number(to) || to == Scalar::Bytes) {
        if json == (false, true) {
            return Err("JSON has no numbers with a leading `+` or zero".to_owned());
        }
        return numbers((from_key, from), (to_key, to));
    }
    let strings = match (from, to) {
        (from, to) if from == to || is_text(from) && is_text(to) => Some(Relation::SAME),
        (Scalar::Ipv4 | Scalar::Ipv6, Scalar::Ip)
        | (Scalar::SocketV4 | Scalar::SocketV6, Scalar::Socket) => Some(Relation::SAME),
        (
            Scalar::Char
            | Scalar::Ip
            | Scalar::Ipv4
            | Scalar::Ipv6
            | Scalar::Socket
            | Scalar::SocketV4
            | Scalar::SocketV6,
            to,
        ) if is_text(to) && json == (true, true) => Some(Relation {
            carried: Carried::Raw,
            meaning: Some("the value is the text".to_owned()),
        }),
        _ => None,
    };
    match strings {
        Some(relation) if same_reading => Ok(relation),
        _ => otherwise(),
    }
}

fn numbers(
    (from_key, from): (&Key, Scalar),
    (to_key, to): (&Key, Scalar),
) -> Result<Relation, String> {
    if is_real(from) {
        if !is_real(to) {
            return Err(format!("`{to}` has no fractions"));
        }
        if reads_json(from_key) != reads_json(to_key) {
            return Err("plain text and JSON may round a number differently".to_owned());
        }
        if from == to || to == Scalar::F64 {
            return Ok(Relation::SAME);
        }
    }
    let without_rules = Key {
        rules: Vec::new(),
        ..to_key.clone()
    };
    all_between_ends(from_key, &without_rules)?;
    let Some(left) = ends::left(from, &from_key.rules).filter(|_| is_real(to)) else {
        return Ok(match is_real(from) {
            true => Relation::meaning("the number is rounded to 32 bits"),
            false => Relation::SAME,
        });
    };
    let exact = ends::exact_up_to(to);
    match left.low.size.max(left.high.size) > exact {
        true => {
            let meaning = format!("whole numbers beyond {exact} are rounded");
            Ok(Relation::meaning(meaning))
        }
        false => Ok(Relation::SAME),
    }
}

/// Proves that `to`, whose only rules are ranges, accepts all ordered values of `from`: it accepts
/// the two ends, and so all values between them except zero.
fn all_between_ends(from: &Key, to: &Key) -> Result<(), String> {
    let unknown = || "it cannot be shown that all values are within the bounds".to_owned();
    let (Some(Type::Scalar(scalar)), Some(other)) = (base(&from.kind), base(&to.kind)) else {
        return Err(unknown());
    };
    let outermost = ends::outermost(*scalar, &from.rules).ok_or_else(unknown)?;
    // Near an end that is not exact in both types, rounding may cross the end.
    let exact = |end: &String| {
        let narrow = end.parse::<f32>().ok().map(f64::from);
        narrow.is_some() && narrow == end.parse::<f64>().ok()
    };
    let is_rounded = is_real(*scalar) && *other != Type::Scalar(*scalar);
    if is_rounded && (*scalar == Scalar::F32 || !outermost.iter().all(exact)) {
        return Err(unknown());
    }
    // Zero may be excluded, and a sign may be rejected.
    let odd = ["0", "-0", "+1"].map(str::to_owned).into_iter();
    let odd = odd.filter(|value| judged(from, value) != Some(false));
    let quoted = outermost.iter().map(|value| spelled(from, *scalar, value));
    let refused = quoted
        .chain(odd)
        .find(|value| judged(to, value) != Some(true));
    match refused {
        Some(value) => Err(format!(
            "it cannot be shown that the other version accepts `{value}`"
        )),
        None => Ok(()),
    }
}

fn reads_json(key: &Key) -> bool {
    key.format.mode() == Some(Mode::Json)
}

/// A value as the key's format writes it.
fn spelled(key: &Key, scalar: Scalar, text: &str) -> String {
    let is_word = is_real(scalar) || scalar == Scalar::Bool || Limits::of_numbers(scalar).is_some();
    match reads_json(key) && !is_word {
        true => serde_json::Value::from(text).to_string(),
        false => text.to_owned(),
    }
}

/// The values of a key, one text for each, if they are few and the second key reads each spelling
/// as the first does.
fn few(from: &Key, to: &Key) -> Option<Vec<String>> {
    let Some(Type::Scalar(scalar)) = base(&from.kind) else {
        return None;
    };
    let scalar = *scalar;
    from.format.mode()?;
    if is_real(scalar) && (base(&from.kind) != base(&to.kind) || from.format != to.format) {
        return None;
    }
    let choices = from.rules.iter().find_map(|rule| match rule {
        Rule::OneOf(choices) => Some(choices),
        _ => None,
    });
    let values: Vec<String> = if let Some(choices) = choices {
        let choices = choices.iter();
        choices
            .map(|choice| spelled(from, scalar, choice))
            .collect()
    } else if scalar == Scalar::Bool {
        vec!["true".to_owned(), "false".to_owned()]
    } else {
        let left = ends::left(scalar, &from.rules)?;
        let mut values = Vec::new();
        let mut next = Some(left.low);
        while let Some(value) = next.filter(|value| *value <= left.high) {
            if values.len() == MAX_TRIED {
                return None;
            }
            // The surrogates are a gap among the characters: there are values on both sides.
            values.push(spelled(from, scalar, &ends::shown(scalar, value)?));
            next = value.next(true);
        }
        values
    };
    let accepted = |value: &String| judged(from, value) != Some(false);
    Some(values.into_iter().filter(accepted).collect())
}

/// Whether every value of `from` keeps a rule of `to`.
fn keeps(from: &Key, to: &Key, relation: &Relation, rule: &Rule) -> bool {
    let (Some(one), Some(other)) = (base(&from.kind), base(&to.kind)) else {
        return false;
    };
    let text = |kind: &Type| matches!(kind, Type::Scalar(scalar) if is_text(*scalar));
    let carried = relation.carried == Carried::Value;
    let alike = carried && (one == other || text(one) && text(other));
    // JSON may round a number differently.
    let same_numbers = !matches!(one, Type::Scalar(scalar) if is_real(*scalar))
        || reads_json(from) == reads_json(to);
    if alike && same_numbers && from.rules.contains(rule) {
        return true;
    }
    match rule {
        Rule::Range(_) => {
            let to = Key {
                rules: vec![rule.clone()],
                ..to.clone()
            };
            carried && same_numbers && all_between_ends(from, &to).is_ok()
        }
        Rule::Length(_) | Rule::NonEmpty => {
            let counted = alike
                || carried
                    && matches!(
                        (one, other),
                        (Type::List(_), Type::List(_)) | (Type::Map(_), Type::Map(_))
                    );
            let plain = !reads_json(from);
            let lengths = if counted {
                ends::lengths(&from.rules, 0)
            } else if !(carried || plain && text(one)) {
                // A value that is not a text has at least one character.
                ends::lengths(&[], 1)
            } else {
                return false;
            };
            match rule {
                Rule::Length(interval) => ends::holds_lengths(lengths, interval),
                _ => lengths.0 > Whole::ZERO,
            }
        }
        _ => false,
    }
}
