//! Reads the imports of a crate.
//!
//! In: the folder of its sources. Out: its modules, and every path by which one names another: in
//! `use`, in types and expressions, and in the tokens of macro calls. Tests, the bodies of
//! `macro_rules!` and doc comments are left out. A path by way of a module's re-export counts to
//! that module; one by way of the crate root's counts to the module that the root took it from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, UseTree};

/// The path of a module from the crate root on; the root's own is empty.
pub(crate) type Module = Vec<String>;

/// One place where a module names another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    pub(crate) from: Module,
    pub(crate) to: Module,
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// The modules of a crate, without tests, and their imports.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) modules: BTreeSet<Module>,
    pub(crate) imports: BTreeSet<Import>,
}

/// A path as it was written.
#[derive(Debug)]
struct Mention {
    module: Module,
    file: String,
    line: usize,
    segments: Vec<String>,
}

/// Reads the crate whose `lib.rs` lies in this folder.
pub(crate) fn read(folder: &Path) -> Result<Sources> {
    let mut reader = Reader::default();
    reader.file(&folder.join("lib.rs"), Vec::new())?;
    Ok(reader.resolved().without(&reader.inline))
}

impl Sources {
    /// The same where a module with a body counts to the module of its file.
    fn without(self, inline: &BTreeSet<Module>) -> Self {
        let of_file = |mut module: Module| {
            while inline.contains(&module) {
                module.pop();
            }
            module
        };
        let imports = self.imports.into_iter().map(|import| Import {
            from: of_file(import.from),
            to: of_file(import.to),
            ..import
        });
        Self {
            modules: self.modules.into_iter().map(of_file).collect(),
            imports: imports.filter(|import| import.from != import.to).collect(),
        }
    }
}

/// Reads one source, in which every module has a body.
pub(crate) fn read_text(text: &str) -> Result<Sources> {
    let mut reader = Reader::default();
    reader.parsed(text, Path::new("lib.rs"), Vec::new())?;
    Ok(reader.resolved())
}

#[derive(Default)]
struct Reader {
    modules: BTreeSet<Module>,
    /// Those of them that have a body.
    inline: BTreeSet<Module>,
    mentions: Vec<Mention>,
    /// The names that the root imports, each with its path.
    root: BTreeMap<String, Vec<String>>,
}

impl Reader {
    fn file(&mut self, file: &Path, module: Module) -> Result<()> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        self.parsed(&text, file, module)
    }

    fn parsed(&mut self, text: &str, file: &Path, module: Module) -> Result<()> {
        let parsed = syn::parse_file(text).with_context(|| file.display().to_string())?;
        if module.is_empty() {
            self.take_root(&parsed.items);
        }
        self.modules.insert(module.clone());
        let mut paths = Paths {
            module,
            file: file.display().to_string(),
            mentions: Vec::new(),
            inline: Vec::new(),
            files: Vec::new(),
        };
        paths.visit_file(&parsed);
        self.mentions.extend(paths.mentions);
        self.modules.extend(paths.inline.iter().cloned());
        self.inline.extend(paths.inline);
        for (child, path) in paths.files {
            let file = file_of(file, &child, path)?;
            self.file(&file, child)?;
        }
        Ok(())
    }

    fn take_root(&mut self, items: &[Item]) {
        for item in items {
            let Item::Use(item) = item else { continue };
            if item.leading_colon.is_none() && !is_test(&item.attrs) {
                for (name, segments, _) in flat(&item.tree, &[]) {
                    self.root.insert(name, segments);
                }
            }
        }
    }

    fn resolved(&self) -> Sources {
        let imports = self.mentions.iter().filter_map(|mention| {
            Some(Import {
                from: mention.module.clone(),
                to: self.module_of(&mention.module, &mention.segments)?,
                file: mention.file.clone(),
                line: mention.line,
            })
        });
        Sources {
            modules: self.modules.clone(),
            imports: imports.filter(|import| import.from != import.to).collect(),
        }
    }

    /// The module that a path leads to; `None` for a path out of the crate, or to a local name.
    fn module_of(&self, from: &[String], segments: &[String]) -> Option<Module> {
        let first = segments.first()?;
        let mut rest = segments;
        let mut module = from.to_vec();
        match first.as_str() {
            "crate" => module.clear(),
            "self" | "super" => {}
            child => {
                module.push(child.to_owned());
                return self
                    .modules
                    .contains(&module)
                    .then(|| self.deepest(module, segments.get(1..).unwrap_or_default()));
            }
        }
        while let Some((next, after)) = rest.split_first() {
            match next.as_str() {
                "crate" | "self" => {}
                "super" => drop(module.pop()),
                _ => break,
            }
            rest = after;
        }
        let module = self.deepest(module, rest);
        match rest.first().and_then(|name| self.root.get(name)) {
            // A name that the root imports, from a module of its own or from another crate.
            Some(origin) if module.is_empty() => self.module_of(&[], origin),
            _ => Some(module),
        }
    }

    /// Follows the segments as far as they are modules.
    fn deepest(&self, mut module: Module, segments: &[String]) -> Module {
        for segment in segments {
            module.push(segment.clone());
            if !self.modules.contains(&module) {
                module.pop();
                break;
            }
        }
        module
    }
}

/// The file of a module that `parent` declares.
fn file_of(parent: &Path, child: &[String], path: Option<String>) -> Result<PathBuf> {
    let folder = parent.parent().context("a file lies in a folder")?;
    if let Some(path) = path {
        return Ok(folder.join(path));
    }
    let name = child.last().context("the root is declared by no module")?;
    let stem = parent.file_stem().unwrap_or_default();
    let folder = match stem.to_str() {
        Some("lib" | "mod") => folder.to_owned(),
        _ => folder.join(stem),
    };
    let files = [
        folder.join(format!("{name}.rs")),
        folder.join(name).join("mod.rs"),
    ];
    match files.iter().find(|file| file.is_file()) {
        Some(file) => Ok(file.clone()),
        None => bail!(
            "{} declares `mod {name}`, which has no file",
            parent.display()
        ),
    }
}

/// Collects the paths of one file.
struct Paths {
    module: Module,
    file: String,
    mentions: Vec<Mention>,
    /// Modules with a body.
    inline: Vec<Module>,
    /// Modules with a file of their own, and their `#[path]`.
    files: Vec<(Module, Option<String>)>,
}

impl Paths {
    fn take(&mut self, segments: Vec<String>, line: usize) {
        if segments.len() > 1 {
            self.mentions.push(Mention {
                module: self.module.clone(),
                file: self.file.clone(),
                line,
                segments,
            });
        }
    }

    /// The paths in the tokens of a macro call.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        let mut before = None;
        while let Some((token, after)) = rest.split_first() {
            let from = rest;
            rest = after;
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(first) if !matches!(before, Some('$' | ':')) => {
                    let mut segments = vec![first.to_string()];
                    while let [
                        TokenTree::Punct(one),
                        TokenTree::Punct(two),
                        TokenTree::Ident(next),
                        after @ ..,
                    ] = rest
                        && (one.as_char(), two.as_char()) == (':', ':')
                    {
                        segments.push(next.to_string());
                        rest = after;
                    }
                    self.take(segments, first.span().start().line);
                    self.scan_group(from, rest);
                }
                _ => {}
            }
            before = match token {
                TokenTree::Punct(sign) => Some(sign.as_char()),
                _ => None,
            };
        }
    }
}

impl Paths {
    /// `crate::{a, b}` in the tokens of a macro call: a path that a group ends.
    fn scan_group(&mut self, from: &[TokenTree], rest: &[TokenTree]) {
        if let [
            TokenTree::Punct(_),
            TokenTree::Punct(_),
            TokenTree::Group(_),
            ..,
        ] = rest
        {
            let length = from.len() - rest.len() + 3;
            let tree = from.iter().take(length).cloned().collect();
            if let Ok(tree) = syn::parse2::<UseTree>(tree) {
                for (_, segments, line) in flat(&tree, &[]) {
                    self.take(segments, line);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(item) => item.attrs.as_slice(),
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            ImplItem::Macro(item) => &item.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let mut child = self.module.clone();
        child.push(item.ident.to_string());
        if item.content.is_none() {
            self.files.push((child, path_of(&item.attrs)));
            return;
        }
        self.inline.push(child.clone());
        let parent = std::mem::replace(&mut self.module, child);
        visit::visit_item_mod(self, item);
        self.module = parent;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            for (_, segments, line) in flat(&item.tree, &[]) {
                self.take(segments, line);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter().map(|segment| &segment.ident);
            let line = segments.clone().next();
            let line = line.map_or(0, |ident| ident.span().start().line);
            self.take(segments.map(ToString::to_string).collect(), line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if !call.path.is_ident("macro_rules") {
            visit::visit_macro(self, call);
            self.scan(call.tokens.clone());
        }
    }

    // `pub(in crate::a)` imports nothing, and an attribute has no paths of this crate.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

/// Each name that a `use` brings, its path, and its line. A glob's name is `*`.
fn flat(tree: &UseTree, before: &[String]) -> Vec<(String, Vec<String>, usize)> {
    let path = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
    match tree {
        UseTree::Path(tree) => flat(&tree.tree, &path(&tree.ident)),
        UseTree::Name(tree) => {
            let line = tree.ident.span().start().line;
            vec![(tree.ident.to_string(), path(&tree.ident), line)]
        }
        UseTree::Rename(tree) => {
            let line = tree.ident.span().start().line;
            vec![(tree.rename.to_string(), path(&tree.ident), line)]
        }
        UseTree::Glob(tree) => {
            let path = [before, &["*".to_owned()]].concat();
            vec![("*".to_owned(), path, tree.star_token.span.start().line)]
        }
        UseTree::Group(tree) => {
            let trees = tree.items.iter();
            trees.flat_map(|tree| flat(tree, before)).collect()
        }
    }
}

/// The file that `#[path = "…"]` names.
fn path_of(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else {
            return None;
        };
        match &meta.value {
            Expr::Lit(value) if meta.path.is_ident("path") => match &value.lit {
                Lit::Str(path) => Some(path.value()),
                _ => None,
            },
            _ => None,
        }
    })
}

/// Whether a `cfg` keeps this out of the library: `test`, `any(test, …)`, `fuzzing`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && names_a_test(list.tokens.clone()),
        _ => false,
    })
}

fn names_a_test(tokens: TokenStream) -> bool {
    let mut negated = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => {
            negated = name == "not";
            ["test", "fuzzing", "doctest"]
                .iter()
                .any(|test| name == test)
        }
        TokenTree::Group(group) => !negated && names_a_test(group.stream()),
        _ => false,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
