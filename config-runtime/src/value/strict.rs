//! JSON, read more strictly than `serde_json` does by itself.
//!
//! In: a deserializer of JSON. Out: the same values, except that at any depth a struct comes
//! from an object only, a duration may be written `"30s"`, no `f32` is infinite, and errors are
//! those of [`Error`]. What serde buffers first (`flatten`, `untagged` and internally tagged
//! types) it reads by itself, and so as it would without this.

use std::fmt;

use serde::de::value::SeqDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

use super::duration;
use super::error::Error;

/// A deserializer, or a part of one, that is read strictly.
pub(super) struct Strict<T>(pub(super) T);

/// A visitor that hands on to the one inside.
struct Watch<V> {
    visitor: V,
    shape: Shape,
}

/// What a visitor takes, apart from what its type does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Any,
    /// No array.
    Struct,
    /// No array, but a text.
    Duration,
}

impl<V> Watch<V> {
    fn any(visitor: V) -> Self {
        Self {
            visitor,
            shape: Shape::Any,
        }
    }
}

/// Whether serde asks for a [`std::time::Duration`].
pub(super) fn is_duration(name: &str, fields: &[&str]) -> bool {
    name == "Duration" && fields == ["secs", "nanos"]
}

/// Hands a duration to the visitor of [`std::time::Duration`], which takes seconds and nanos.
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
            self.0.$method($($arg,)* Watch::any(visitor)).map_err(|error| Error::foreign(&error))
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
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
        // serde makes infinity of what is too big.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an `f32` is what was asked for"
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
            self.0.deserialize_any(Watch {
                visitor,
                shape: Shape::Duration,
            })
        } else {
            self.0.deserialize_struct(
                name,
                fields,
                Watch {
                    visitor,
                    shape: Shape::Struct,
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

impl<'de, V: Visitor<'de>> Visitor<'de> for Watch<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Duration => f.write_str(duration::EXPECTED),
            Shape::Any | Shape::Struct => self.visitor.expecting(f),
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
        match self.shape {
            Shape::Duration => visit_duration(text, self.visitor),
            Shape::Any | Shape::Struct => self.visitor.visit_str(text),
        }
        .map_err(E::custom)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<V::Value, E> {
        match self.shape {
            Shape::Duration => visit_duration(text, self.visitor),
            Shape::Any | Shape::Struct => self.visitor.visit_borrowed_str(text),
        }
        .map_err(E::custom)
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<V::Value, E> {
        match self.shape {
            Shape::Duration => visit_duration(&text, self.visitor),
            Shape::Any | Shape::Struct => self.visitor.visit_string(text),
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
            .visit_some(Strict(deserializer))
            .map_err(D::Error::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.visitor
            .visit_newtype_struct(Strict(deserializer))
            .map_err(D::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        if self.shape == Shape::Any {
            self.visitor
                .visit_seq(Strict(seq))
                .map_err(A::Error::custom)
        } else {
            // By name an object is readable and can grow; by place it breaks when it does.
            Err(A::Error::custom(Error::invalid_type(
                Unexpected::Seq,
                &self,
            )))
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.visitor
            .visit_map(Strict(map))
            .map_err(A::Error::custom)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        self.visitor
            .visit_enum(Strict(data))
            .map_err(A::Error::custom)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.0
            .deserialize(Strict(deserializer))
            .map_err(D::Error::custom)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<A> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.0
            .next_element_seed(Strict(seed))
            .map_err(|error| Error::foreign(&error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Strict<A> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.0
            .next_key_seed(Strict(seed))
            .map_err(|error| Error::foreign(&error))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.0
            .next_value_seed(Strict(seed))
            .map_err(|error| Error::foreign(&error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Strict<A> {
    type Error = Error;
    type Variant = Strict<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Error> {
        self.0
            .variant_seed(Strict(seed))
            .map(|(value, variant)| (value, Strict(variant)))
            .map_err(|error| Error::foreign(&error))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Strict<A> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.0
            .unit_variant()
            .map_err(|error| Error::foreign(&error))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.0
            .newtype_variant_seed(Strict(seed))
            .map_err(|error| Error::foreign(&error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.0
            .tuple_variant(len, Watch::any(visitor))
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
                Watch {
                    visitor,
                    shape: Shape::Struct,
                },
            )
            .map_err(|error| Error::foreign(&error))
    }
}
