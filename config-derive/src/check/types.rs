//! Rejects types that no configuration can have, by their names.
//!
//! In: the type of a field. Out: a message with the type to write. Unknown types, and every alias,
//! are left to the compiler.

use quote::ToTokens;
use syn::{GenericArgument, Ident, PathArguments, Type, TypePath};

use crate::errors::Errors;
use crate::model::checked::Implemented;
use crate::model::codec::Format;
use crate::model::known::KnownType;
use crate::model::raw;
use crate::model::scalar::plain_path;
use crate::tidy::tidy;

/// Whether a value of this type can be read from a store and kept in a snapshot. A user's codec may
/// make types that serde can't.
pub(super) fn can_be_stored(raw: &raw::FieldInput, errors: &Errors) -> bool {
    let with = raw
        .formats
        .iter()
        .any(|written| matches!(written.value, Format::With(_)));
    let known = KnownType::from_type(&raw.ty);
    if let Some(inner) = known.optional.then(|| KnownType::from_type(&known.inner))
        && inner.optional
        && !with
    {
        if let Some((ty, why)) = unstorable(&inner.inner) {
            errors.at(ty, why);
            return false;
        }
        let ty = tidy(&inner.inner);
        let why = format!("an absent key is `None` already: write `Option<{ty}>`");
        errors.at(&raw.ty, why);
        return false;
    }
    match unstorable(&raw.ty) {
        Some((ty, why)) if !with => {
            errors.at(ty, why);
            false
        }
        _ => true,
    }
}

/// Whether the struct contains itself without end: rustc's errors about that are enough.
pub(super) fn never_ends(raw: &raw::FieldInput, around: &Ident) -> bool {
    raw.skip.is_none()
        && raw.nested.is_some()
        && plain_path(&raw.ty).is_some_and(|path| path.path.is_ident(around))
}

/// The trait that a struct with this field can implement: an error about the `impl` would repeat
/// the message about the field.
pub(super) fn implemented(raw: &raw::FieldInput) -> Implemented {
    if raw.skip.is_some() || raw.nested.is_some() {
        return Implemented::HotConfig;
    }
    let Some((ty, _)) = unstorable(&raw.ty) else {
        return Implemented::HotConfig;
    };
    match syn::parse2::<Type>(ty.to_token_stream()) {
        // A reference or a function may be in a snapshot.
        Ok(Type::Reference(_) | Type::FnPtr(_)) => Implemented::HotConfig,
        Ok(Type::Slice(_) | Type::TraitObject(_)) => Implemented::Nothing,
        Ok(Type::Path(path)) => match path.path.segments.last() {
            Some(last) if last.ident == "str" => Implemented::Nothing,
            Some(last) if matches!(last.ident.to_string().as_str(), "Path" | "OsStr") => {
                Implemented::Nothing
            }
            Some(last) if last.ident == "Rc" => Implemented::Section,
            _ => Implemented::HotConfig,
        },
        _ => Implemented::Section,
    }
}

/// Whether the type can be written in an `impl` without another error about it.
pub(super) fn is_nameable(ty: &Type) -> bool {
    unstorable(ty).is_none()
}

/// The innermost part of the type that can't be kept, and the message for it.
fn unstorable(ty: &Type) -> Option<(&dyn ToTokens, String)> {
    let owned = |instead: &str| format!("a configuration owns its values: write `{instead}`");
    let why = match ty {
        Type::Reference(reference) => match unstorable(&reference.elem) {
            // The owned form of any other type could not be stored either.
            Some(inside) if !is_borrowed_form(&reference.elem) => return Some(inside),
            _ => owned(&owned_form(&reference.elem)),
        },
        Type::Slice(_) => owned(&owned_form(ty)),
        Type::Ptr(_) => {
            "a pointer can't be read from a store, nor go from thread to thread: write \
                         the type that it points to"
                .to_owned()
        }
        Type::FnPtr(_) => "a function can't be read from a store: write an enum that names the \
                            choices, or `#[hot(skip)]` on a type that has a `Default`"
            .to_owned(),
        Type::TraitObject(_) | Type::ImplTrait(_) => {
            "a value is of one type: write the type itself, or an enum of the possible ones"
                .to_owned()
        }
        Type::Never(_) => "there is no value of the type `!`: write the type that the key holds, \
                           or `()` with `#[hot(skip)]`"
            .to_owned(),
        Type::Infer(_) => "the type of a field is written out: `u32`, `String`, …".to_owned(),
        Type::Group(group) => return unstorable(&group.elem),
        Type::Paren(paren) => return unstorable(&paren.elem),
        Type::Array(array) => return unstorable(&array.elem),
        Type::Tuple(tuple) => return tuple.elems.iter().find_map(unstorable),
        Type::Path(path) => return unstorable_path(path),
        _ => return None,
    };
    Some((ty, why))
}

/// The owned type for a borrowed one: `String` for `&str`.
fn owned_form(borrowed: &Type) -> String {
    match borrowed {
        Type::Reference(reference) => owned_form(&reference.elem),
        Type::Slice(slice) => format!("Vec<{}>", owned_form(&slice.elem)),
        Type::Path(path) if is(path, "str") => "String".to_owned(),
        Type::Path(path) if is(path, "Path") => "PathBuf".to_owned(),
        borrowed => tidy(borrowed),
    }
}

/// Whether it is a type that only stands behind a reference.
fn is_borrowed_form(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) | Type::Slice(_) => true,
        ty => plain_path(ty).is_some_and(|path| is(path, "str") || is(path, "Path")),
    }
}

fn is(path: &TypePath, name: &str) -> bool {
    path.path.is_ident(name)
}

fn unstorable_path(path: &TypePath) -> Option<(&dyn ToTokens, String)> {
    if path.qself.is_some() {
        return None;
    }
    let last = path.path.segments.last()?;
    let arguments: Vec<&GenericArgument> = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
        _ => Vec::new(),
    };
    let inside = arguments.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    });
    let why = match (last.ident.to_string().as_str(), inside) {
        ("str", None) => "`str` has no size of its own: write `String`".to_owned(),
        // A user's type may have one of these names.
        ("Path" | "OsStr" | "Cell", _) if path.path.segments.len() == 1 => return None,
        ("Path" | "OsStr", None) => "a path is owned: write `PathBuf`".to_owned(),
        ("Cow", inner) => match arguments.first() {
            Some(GenericArgument::Lifetime(lifetime)) if lifetime.ident != "static" => format!(
                "a configuration owns its values: write `{}`",
                inner.map_or_else(|| "String".to_owned(), owned_form)
            ),
            // `Cow<'static, str>` is owned once it is read.
            _ => return None,
        },
        (
            "Rc" | "Mutex" | "RwLock" | "Cell" | "RefCell" | "OnceLock" | "OnceCell" | "ArcSwap",
            Some(inner),
        ) if !is_unsized_text(inner) && unstorable(inner).is_some() => return unstorable(inner),
        ("Rc", Some(inner)) if is_unsized_text(inner) => format!(
            "an `Rc` can't go from thread to thread, as snapshots do: write `Arc<{}>`",
            tidy(inner)
        ),
        ("Rc", Some(inner)) => format!(
            "an `Rc` can't go from thread to thread, as snapshots do: write `{}`",
            tidy(inner)
        ),
        ("Box" | "Arc", Some(inner)) if is_unsized_text(inner) => return None,
        (
            "Mutex" | "RwLock" | "Cell" | "RefCell" | "OnceLock" | "OnceCell" | "ArcSwap",
            Some(inner),
        ) => changes_in_place(&last.ident, &tidy(inner)),
        (name, None) => changes_in_place(&last.ident, atomic(name)?),
        _ => {
            return arguments.iter().find_map(|argument| match argument {
                GenericArgument::Type(inner) => unstorable(inner),
                _ => None,
            });
        }
    };
    Some((path, why))
}

/// Whether it is the inside of an owned `Box<str>` or `Box<[T]>`.
fn is_unsized_text(inner: &Type) -> bool {
    match inner {
        Type::Slice(slice) => unstorable(&slice.elem).is_none(),
        inner => plain_path(inner).is_some_and(|path| is(path, "str") || is(path, "Path")),
    }
}

fn changes_in_place(name: &Ident, instead: &str) -> String {
    format!(
        "`{name}` is for values that change in place; a snapshot never changes, and a new one \
         takes its place: write `{instead}`"
    )
}

/// The type inside of an atomic number.
fn atomic(name: &str) -> Option<&'static str> {
    Some(match name {
        "AtomicBool" => "bool",
        "AtomicU8" => "u8",
        "AtomicU16" => "u16",
        "AtomicU32" => "u32",
        "AtomicU64" => "u64",
        "AtomicUsize" => "usize",
        "AtomicI8" => "i8",
        "AtomicI16" => "i16",
        "AtomicI32" => "i32",
        "AtomicI64" => "i64",
        "AtomicIsize" => "isize",
        _ => return None,
    })
}

/// Whether a section can be of this type: a named struct other than the one around it.
pub(super) fn can_be_nested(raw: &raw::FieldInput, around: &Ident, errors: &Errors) -> bool {
    let ty = &raw.ty;
    let why = if mentions(ty, around) {
        Some(format!(
            "a section can't contain itself, or its keys would never end: leave `nested` out, \
             derive `serde::Deserialize` and `PartialEq` on `{around}`, and it is one key that \
             holds JSON"
        ))
    } else {
        not_a_struct(ty)
    };
    if let Some(why) = &why {
        errors.at(ty, why);
    }
    why.is_none()
}

/// The message for a type that is not a section.
pub(super) fn not_a_struct(ty: &Type) -> Option<String> {
    let repeated = "the keys of a section are known when the program is built, so it can't be \
                    repeated: leave `nested` out and derive `serde::Deserialize` and `PartialEq` \
                    on its entries, and the whole is one key that holds JSON";
    let path = match ty {
        Type::Array(_) | Type::Slice(_) | Type::Tuple(_) => return Some(repeated.to_owned()),
        Type::Group(group) => return not_a_struct(&group.elem),
        Type::Paren(paren) => return not_a_struct(&paren.elem),
        ty => plain_path(ty)?,
    };
    let last = path.path.segments.last()?;
    let name = last.ident.to_string();
    let inner = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(inner) => Some(inner),
                _ => None,
            })
        }
        _ => None,
    };
    // The type inside may be no struct either.
    if let ("Box" | "Arc" | "Rc" | "Secret", Some(why)) =
        (name.as_str(), inner.and_then(not_a_struct))
    {
        return Some(why);
    }
    match (name.as_str(), inner.map(tidy)) {
        (
            "Vec" | "VecDeque" | "LinkedList" | "BTreeSet" | "HashSet" | "BinaryHeap" | "BTreeMap"
            | "HashMap" | "IndexMap" | "IndexSet",
            Some(_),
        ) => Some(repeated.to_owned()),
        ("Box" | "Arc" | "Rc", Some(inner)) => Some(format!(
            "a section stands in its struct as it is: write `{inner}`, without `{name}`; it can't \
             contain itself, not even through another"
        )),
        ("Secret", Some(inner)) => Some(format!(
            "a section is secret as a whole: write `#[hot(nested, secret)]` and the type \
             `{inner}`"
        )),
        _ => crate::model::scalar::ScalarType::from_type(ty).map(|scalar| {
            format!(
                "a `{}` is one value, and `nested` is for structs whose fields are keys: leave \
                 `nested` out",
                scalar.name()
            )
        }),
    }
}

/// Whether a type mentions the struct's own name: `Name`, `Box<Name>`, `Vec<Name<T>>`.
pub(super) fn mentions(ty: &Type, around: &Ident) -> bool {
    match ty {
        Type::Group(group) => mentions(&group.elem, around),
        Type::Paren(paren) => mentions(&paren.elem, around),
        Type::Array(array) => mentions(&array.elem, around),
        Type::Slice(slice) => mentions(&slice.elem, around),
        Type::Tuple(tuple) => tuple.elems.iter().any(|ty| mentions(ty, around)),
        Type::Path(path) => {
            // `other::Name` is another struct, and so may be the argument of a generic.
            let Some(last) = path.path.segments.last() else {
                return false;
            };
            if path.path.segments.len() == 1 && last.ident == *around {
                return true;
            }
            let is_wrapper = matches!(
                last.ident.to_string().as_str(),
                "Box" | "Arc" | "Rc" | "Option" | "Vec" | "VecDeque" | "BTreeMap" | "HashMap"
            );
            match &last.arguments {
                PathArguments::AngleBracketed(arguments) if is_wrapper => {
                    arguments.args.iter().any(|argument| match argument {
                        GenericArgument::Type(inner) => mentions(inner, around),
                        _ => false,
                    })
                }
                _ => false,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{not_a_struct, unstorable};

    #[test]
    fn owned_types_are_left_alone() {
        for ty in [
            "String",
            "Box<str>",
            "Box<[u8]>",
            "Arc<str>",
            "Cow<'static, str>",
            "HashMap<String, Vec<Option<u8>>>",
            "(u8, [String; 3])",
            "T::Item",
            "<T as Trait>::Item",
            "my::Wrapper<'static>",
            "PhantomData<T>",
        ] {
            let ty = syn::parse_str(ty).unwrap();
            assert!(unstorable(&ty).is_none());
        }
    }

    #[test]
    fn structs_and_parameters_may_be_nested() {
        for ty in ["Pool", "pool::Pool", "Paged<u8>", "T", "T::Section"] {
            let ty = syn::parse_str(ty).unwrap();
            assert!(not_a_struct(&ty).is_none());
        }
    }
}
