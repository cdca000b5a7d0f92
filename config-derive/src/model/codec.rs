//! The codecs, by their names.
//!
//! Out: for each codec the facts that the macro needs. The codec itself is the type of the same name
//! in `hotconfig::value::codec`, where the runtime and the tools of the schema find the rest.

use syn::Path;

/// One codec.
pub(crate) struct Codec {
    /// The attribute that names it; empty for the codec of a field that names none.
    pub(crate) name: &'static str,
    /// Its type in `hotconfig::value::codec`.
    pub(crate) ty: &'static str,
    /// The form of its bytes.
    pub(crate) form: Form,
}

/// The form of a codec's bytes, by which a default that is a literal is checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Form {
    /// Plain text for a word, JSON for the rest.
    Auto,
    /// Plain text.
    Text,
    /// JSON.
    Json,
    /// Another form: defaults are checked when the program starts.
    Other,
}

/// The codec of a field that names none.
pub(crate) static AUTO: Codec = Codec {
    name: "",
    ty: "Auto",
    form: Form::Auto,
};

/// The codecs with an attribute of their own, in the order of their names.
pub(crate) static NAMED: [Codec; 2] = [
    Codec {
        name: "json",
        ty: "Json",
        form: Form::Json,
    },
    Codec {
        name: "text",
        ty: "Text",
        form: Form::Text,
    },
];

/// The codec of a field.
#[derive(Clone)]
pub(crate) enum Format {
    Codec(&'static Codec),
    /// The user's codec at this path.
    With(Path),
}

impl Format {
    /// The attribute.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Codec(codec) => codec.name,
            Self::With(_) => "with",
        }
    }

    pub(crate) fn form(&self) -> Form {
        match self {
            Self::Codec(codec) => codec.form,
            Self::With(_) => Form::Other,
        }
    }
}
