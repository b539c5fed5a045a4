//! The modules of a crate, with what each defines and the paths it uses.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

use crate::uses::{Uses, only_tests};

/// A crate from one root file.
#[derive(Debug, Default)]
pub struct Tree {
    /// The root first.
    pub modules: Vec<Module>,
    /// Macros by example, with the module of each.
    pub macros: BTreeMap<String, usize>,
}

/// A module, in a file of its own or inside one.
#[derive(Debug)]
pub struct Module {
    /// The file, relative to the root.
    pub file: String,
    /// The module above; `None` for the root.
    pub parent: Option<usize>,
    /// The modules below by name.
    pub children: BTreeMap<String, usize>,
    /// The paths it uses.
    pub uses: Uses,
}

/// Reads a crate.
pub fn read(root: &Path, file: &str) -> Tree {
    let mut reader = Reader { root, tree: Tree::default() };
    reader.file(Path::new(file), Path::new(""), None);
    reader.tree
}

struct Reader<'a> {
    root: &'a Path,
    tree: Tree,
}

impl Reader<'_> {
    /// Reads a file; the modules it declares are in the folder.
    fn file(&mut self, file: &Path, folder: &Path, parent: Option<usize>) -> usize {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let items = if only_tests(&parsed.attrs) { &[][..] } else { &parsed.items };
        self.module(items, file, folder, parent)
    }

    fn module(&mut self, items: &[syn::Item], file: &Path, folder: &Path, parent: Option<usize>) -> usize {
        let index = self.tree.modules.len();
        let name = file.to_string_lossy().into_owned();
        let module = Module { file: name, parent, children: BTreeMap::new(), uses: Uses::default() };
        self.tree.modules.push(module);
        let mut uses = Uses::default();
        for item in items {
            match item {
                syn::Item::Mod(declared) => {
                    if !only_tests(&declared.attrs) {
                        let child = self.child(declared, file, folder, index);
                        self.tree.modules[index].children.insert(declared.ident.to_string(), child);
                    }
                }
                item => uses.visit_item(item),
            }
        }
        self.tree.macros.extend(uses.macros_defined.iter().map(|name| (name.clone(), index)));
        self.tree.modules[index].uses = uses;
        index
    }

    fn child(&mut self, declared: &syn::ItemMod, file: &Path, folder: &Path, parent: usize) -> usize {
        let name = declared.ident.to_string();
        let below = folder.join(&name);
        if let Some((_, items)) = &declared.content {
            return self.module(items, file, &below, Some(parent));
        }
        if let Some(elsewhere) = path_attribute(declared) {
            let target = file.parent().unwrap_or(Path::new("")).join(elsewhere);
            let folder = target.parent().unwrap_or(Path::new("")).to_path_buf();
            return self.file(&target, &folder, Some(parent));
        }
        let beside: PathBuf = folder.join(format!("{name}.rs"));
        let chosen = if self.root.join(&beside).exists() { beside } else { below.join("mod.rs") };
        self.file(&chosen, &below, Some(parent))
    }
}

fn path_attribute(declared: &syn::ItemMod) -> Option<String> {
    declared.attrs.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}
