//! Reads JSON more strictly than `serde_json`.
//!
//! In: a deserializer of JSON. Out: the same values, with four differences at any depth: a struct
//! is read only from an object, a duration may be written `"30s"`, no `f32` is infinite, and errors
//! are those of [`Error`]. serde itself reads the values that it buffers first (`flatten`,
//! `untagged` and internally tagged types), without these restrictions.

use std::fmt;

use serde::de::value::SeqDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

use super::duration;
use super::error::Error;

/// A deserializer, or a part of one, that reads strictly.
pub(super) struct StrictReader<T>(pub(super) T);

/// A visitor that restricts the one inside.
struct StrictVisitor<V> {
    visitor: V,
    input: VisitorInput,
}

/// The restriction of a visitor's input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VisitorInput {
    Any,
    /// No array.
    Struct,
    /// No array, but a text.
    Duration,
}

impl<V> StrictVisitor<V> {
    fn any(visitor: V) -> Self {
        Self {
            visitor,
            input: VisitorInput::Any,
        }
    }
}

/// Whether serde requests a [`std::time::Duration`].
pub(super) fn is_duration(name: &str, fields: &[&str]) -> bool {
    name == "Duration" && fields == ["secs", "nanos"]
}

/// Passes a duration to the visitor of [`std::time::Duration`], which takes seconds and nanos.
pub(super) fn visit_duration<'de, V: Visitor<'de>>(
    text: &str,
    visitor: V,
) -> Result<V::Value, Error> {
    let duration = duration::read(text).map_err(Error::new)?;
    let parts = [duration.as_secs(), duration.subsec_nanos().into()];
    visitor.visit_seq(SeqDeserializer::<_, Error>::new(parts.into_iter()))
}

macro_rules! forward {
    ($($method:ident($($arg:ident: $type:ty),*);)+) => {$(
        fn $method<V: Visitor<'de>>(self, $($arg: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.0.$method($($arg,)* StrictVisitor::any(visitor)).map_err(|error| Error::foreign(&error))
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for StrictReader<D> {
    type Error = Error;

    forward! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let wide = f64::deserialize(self)?;
        // serde turns a number that is too big into infinity.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the type requests an `f32`"
        )]
        let narrow = wide as f32;
        if narrow.is_finite() {
            visitor.visit_f32(narrow)
        } else {
            Err(Error::custom("a number too big for 32 bits"))
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if is_duration(name, fields) {
            self.0.deserialize_any(StrictVisitor {
                visitor,
                input: VisitorInput::Duration,
            })
        } else {
            self.0.deserialize_struct(
                name,
                fields,
                StrictVisitor {
                    visitor,
                    input: VisitorInput::Struct,
                },
            )
        }
        .map_err(|error| Error::foreign(&error))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident($type:ty);)+) => {$(
        fn $method<E: serde::de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method::<Error>(value).map_err(E::custom)
        }
    )+};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for StrictVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.input {
            VisitorInput::Duration => f.write_str(duration::EXPECTED),
            VisitorInput::Any | VisitorInput::Struct => self.visitor.expecting(f),
        }
    }

    visit! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_f64(f64);
        visit_char(char);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<V::Value, E> {
        match self.input {
            VisitorInput::Duration => visit_duration(text, self.visitor),
            VisitorInput::Any | VisitorInput::Struct => self.visitor.visit_str(text),
        }
        .map_err(E::custom)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<V::Value, E> {
        match self.input {
            VisitorInput::Duration => visit_duration(text, self.visitor),
            VisitorInput::Any | VisitorInput::Struct => self.visitor.visit_borrowed_str(text),
        }
        .map_err(E::custom)
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<V::Value, E> {
        match self.input {
            VisitorInput::Duration => visit_duration(&text, self.visitor),
            VisitorInput::Any | VisitorInput::Struct => self.visitor.visit_string(text),
        }
        .map_err(E::custom)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none::<Error>().map_err(E::custom)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit::<Error>().map_err(E::custom)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor
            .visit_some(StrictReader(deserializer))
            .map_err(D::Error::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.visitor
            .visit_newtype_struct(StrictReader(deserializer))
            .map_err(D::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        if self.input == VisitorInput::Any {
            self.visitor
                .visit_seq(StrictReader(seq))
                .map_err(A::Error::custom)
        } else {
            // An object is readable and can grow; an array breaks when the struct grows.
            Err(A::Error::custom(Error::invalid_type(
                Unexpected::Seq,
                &self,
            )))
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.visitor
            .visit_map(StrictReader(map))
            .map_err(A::Error::custom)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.visitor
            .visit_enum(StrictReader(data))
            .map_err(A::Error::custom)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for StrictReader<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0
            .deserialize(StrictReader(deserializer))
            .map_err(D::Error::custom)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for StrictReader<A> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.0
            .next_element_seed(StrictReader(seed))
            .map_err(|error| Error::foreign(&error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for StrictReader<A> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.0
            .next_key_seed(StrictReader(seed))
            .map_err(|error| Error::foreign(&error))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.0
            .next_value_seed(StrictReader(seed))
            .map_err(|error| Error::foreign(&error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for StrictReader<A> {
    type Error = Error;
    type Variant = StrictReader<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Error> {
        self.0
            .variant_seed(StrictReader(seed))
            .map(|(value, variant)| (value, StrictReader(variant)))
            .map_err(|error| Error::foreign(&error))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for StrictReader<A> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.0
            .unit_variant()
            .map_err(|error| Error::foreign(&error))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.0
            .newtype_variant_seed(StrictReader(seed))
            .map_err(|error| Error::foreign(&error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.0
            .tuple_variant(len, StrictVisitor::any(visitor))
            .map_err(|error| Error::foreign(&error))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0
            .struct_variant(
                fields,
                StrictVisitor {
                    visitor,
                    input: VisitorInput::Struct,
                },
            )
            .map_err(|error| Error::foreign(&error))
    }
}
