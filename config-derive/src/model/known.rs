//! The facts about a field's type that its name shows; [`crate::check`] collects them once.
//!
//! In: a type as it is written. Out: its form, with the scalars in it. Unknown is what is no
//! well-known name, an alias among them; that is never a reason to reject.

use syn::{Expr, GenericArgument, Lit, PathArguments, Type};

use super::scalar::{ScalarType, argument, plain_path};

/// The facts about a field's type.
pub(crate) struct KnownType {
    /// Whether it is an `Option`.
    pub(crate) optional: bool,
    /// Whether it is a `Secret`, or an `Option` of one.
    pub(crate) secret: bool,
    /// The type inside of both.
    pub(crate) inner: Type,
    /// The scalar that this is, if its name is known.
    pub(crate) scalar: Option<ScalarType>,
    /// The form of the whole.
    pub(crate) form: TypeForm,
}

impl KnownType {
    pub(crate) fn from_type(ty: &Type) -> Self {
        let (inner, optional) = match argument(ty, "Option") {
            Some(inner) => (inner, true),
            None => (ty, false),
        };
        let (inner, secret) = match argument(inner, "Secret") {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        Self {
            optional,
            secret,
            scalar: ScalarType::from_type(inner),
            form: TypeForm::from_type(ty),
            inner: inner.clone(),
        }
    }
}

/// A type, as far as its name shows.
#[derive(Debug, PartialEq)]
pub(crate) enum TypeForm {
    Scalar(ScalarType),
    Optional(Box<TypeForm>),
    List(Box<TypeForm>, CollectionLength),
    Tuple(Vec<TypeForm>),
    Map(Box<TypeForm>),
    Unknown,
}

/// The number of entries of a sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum CollectionLength {
    Any,
    /// Equal entries count once.
    Distinct,
    Fixed(usize),
}

impl TypeForm {
    pub(crate) fn from_type(ty: &Type) -> Self {
        if let Some(scalar) = ScalarType::from_type(ty) {
            return Self::Scalar(scalar);
        }
        match ty {
            Type::Group(group) => Self::from_type(&group.elem),
            Type::Paren(paren) => Self::from_type(&paren.elem),
            Type::Tuple(tuple) if !tuple.elems.is_empty() => {
                Self::Tuple(tuple.elems.iter().map(Self::from_type).collect())
            }
            Type::Array(array) => match &array.len {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Int(length) => length.base10_parse().map_or(Self::Unknown, |length| {
                        Self::list(&array.elem, CollectionLength::Fixed(length))
                    }),
                    _ => Self::Unknown,
                },
                _ => Self::list(&array.elem, CollectionLength::Any),
            },
            ty => Self::from_path(ty).unwrap_or(Self::Unknown),
        }
    }

    fn list(of: &Type, entries: CollectionLength) -> Self {
        Self::List(Box::new(Self::from_type(of)), entries)
    }

    fn from_path(ty: &Type) -> Option<Self> {
        let path = &plain_path(ty)?.path;
        let last = path.segments.last()?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else {
            return None;
        };
        let types: Vec<&Type> = arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect();
        Some(match (last.ident.to_string().as_str(), types.as_slice()) {
            ("Option", [inner]) => Self::Optional(Box::new(Self::from_type(inner))),
            ("Secret", [inner]) => Self::from_type(inner),
            ("Box" | "Cow", [inner]) => match inner {
                Type::Slice(slice) => Self::list(&slice.elem, CollectionLength::Any),
                inner if plain_path(inner).is_some_and(|path| path.path.is_ident("str")) => {
                    Self::Scalar(ScalarType::String)
                }
                inner if last.ident == "Box" => Self::from_type(inner),
                _ => Self::Unknown,
            },
            ("Vec" | "VecDeque" | "LinkedList" | "BinaryHeap", [inner]) => {
                Self::list(inner, CollectionLength::Any)
            }
            ("BTreeSet", [inner]) | ("HashSet", [inner] | [inner, _]) => {
                Self::list(inner, CollectionLength::Distinct)
            }
            ("BTreeMap", [_, inner]) | ("HashMap", [_, inner] | [_, inner, _]) => {
                Self::Map(Box::new(Self::from_type(inner)))
            }
            _ => return None,
        })
    }

    /// Whether there is a type in it that the macro does not know.
    pub(crate) fn contains_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Scalar(_) => false,
            Self::Optional(inner) | Self::List(inner, _) | Self::Map(inner) => {
                inner.contains_unknown()
            }
            Self::Tuple(inner) => inner.iter().any(Self::contains_unknown),
        }
    }

    /// The type inside `Option`.
    pub(crate) fn inner(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner.inner(),
            form => form,
        }
    }

    /// Whether it is JSON in a field that names no format.
    pub(crate) fn is_collection(&self) -> bool {
        matches!(self.inner(), Self::List(..) | Self::Tuple(_) | Self::Map(_))
    }
}
