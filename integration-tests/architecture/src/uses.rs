//! The paths in the text of a module.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A path as written: `["super", "row", "Row"]`.
pub type Written = Vec<String>;

/// What a module uses, and under which names.
#[derive(Debug, Default)]
pub struct Uses {
    /// Every path outside of tests.
    pub paths: BTreeSet<Written>,
    /// What the names are that `use` brings into scope, wherever in the module it does.
    pub names: BTreeMap<String, Written>,
    /// `use …::*`.
    pub globs: BTreeSet<Written>,
    /// The macros called by their bare names.
    pub macros: BTreeSet<String>,
    /// The macros defined.
    pub macros_defined: BTreeSet<String>,
    /// Crates named as such: `::http::Uri`, `extern crate http`.
    pub crates: BTreeSet<String>,
    /// The texts in double quotes; those of comments are not among them.
    pub texts: BTreeSet<String>,
}

impl Uses {
    fn tree(&mut self, tree: &syn::UseTree, before: &Written) {
        match tree {
            syn::UseTree::Path(path) => {
                let mut before = before.clone();
                before.push(path.ident.to_string());
                self.tree(&path.tree, &before);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|inner| self.tree(inner, before)),
            syn::UseTree::Glob(_) => {
                self.paths.insert(before.clone());
                self.globs.insert(before.clone());
            }
            syn::UseTree::Name(name) => self.named(&name.ident, None, before),
            syn::UseTree::Rename(rename) => self.named(&rename.ident, Some(&rename.rename), before),
        }
    }

    fn named(&mut self, last: &syn::Ident, renamed: Option<&syn::Ident>, before: &Written) {
        let mut path = before.clone();
        // `use a::b::{self}` brings `b`.
        if last != "self" || path.is_empty() {
            path.push(last.to_string());
        }
        let name = renamed.map_or_else(|| path.last().cloned().unwrap_or_default(), ToString::to_string);
        self.paths.insert(path.clone());
        self.names.insert(name, path);
    }

    /// Paths in the argument of a macro, whose grammar is its own.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Written::new();
        // Colons since the last word: two of them go on with the path.
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.add(std::mem::take(&mut path));
                    colons = 0;
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Literal(literal) => {
                            let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
                            self.texts.extend(text.map(|text| text.value()));
                        }
                        _ => {}
                    }
                }
            }
        }
        self.add(path);
    }

    /// A single word is a name that `use` brought, or a variable.
    fn add(&mut self, path: Written) {
        if path.len() > 1 {
            self.paths.insert(path);
        }
    }
}

macro_rules! without_tests {
    ($($visit:ident: $node:ident),* $(,)?) => {
        $(fn $visit(&mut self, node: &'ast syn::$node) {
            if !only_tests(&node.attrs) {
                visit::$visit(self, node);
            }
        })*
    };
}

impl<'ast> Visit<'ast> for Uses {
    without_tests! {
        visit_item_const: ItemConst,
        visit_item_enum: ItemEnum,
        visit_item_fn: ItemFn,
        visit_item_impl: ItemImpl,
        visit_item_mod: ItemMod,
        visit_item_static: ItemStatic,
        visit_item_struct: ItemStruct,
        visit_item_trait: ItemTrait,
        visit_item_type: ItemType,
        visit_impl_item_const: ImplItemConst,
        visit_impl_item_fn: ImplItemFn,
        visit_trait_item_fn: TraitItemFn,
        visit_field: Field,
        visit_variant: Variant,
        visit_arm: Arm,
        visit_local: Local,
        visit_stmt_macro: StmtMacro,
        visit_expr_block: ExprBlock,
    }

    fn visit_item_use(&mut self, node: &'ast syn::ItemUse) {
        if only_tests(&node.attrs) {
            return;
        }
        match (&node.tree, &node.leading_colon) {
            (tree, None) => self.tree(tree, &Written::new()),
            (syn::UseTree::Path(path), Some(_)) => {
                self.crates.insert(path.ident.to_string());
            }
            _ => {}
        }
    }

    fn visit_item_extern_crate(&mut self, node: &'ast syn::ItemExternCrate) {
        if !only_tests(&node.attrs) {
            self.crates.insert(node.ident.to_string());
        }
    }

    fn visit_lit_str(&mut self, node: &'ast syn::LitStr) {
        self.texts.insert(node.value());
    }

    /// `#[doc = "…"]` is a comment.
    fn visit_meta_name_value(&mut self, node: &'ast syn::MetaNameValue) {
        if !node.path.is_ident("doc") {
            visit::visit_meta_name_value(self, node);
        }
    }

    fn visit_item_macro(&mut self, node: &'ast syn::ItemMacro) {
        if only_tests(&node.attrs) {
            return;
        }
        self.macros_defined.extend(node.ident.as_ref().map(ToString::to_string));
        visit::visit_item_macro(self, node);
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        self.macros.extend(node.path.get_ident().map(ToString::to_string));
        self.visit_path(&node.path);
        self.tokens(node.tokens.clone());
    }

    fn visit_meta_list(&mut self, node: &'ast syn::MetaList) {
        self.visit_path(&node.path);
        self.tokens(node.tokens.clone());
    }

    fn visit_path(&mut self, node: &'ast syn::Path) {
        let path: Written = node.segments.iter().map(|segment| segment.ident.to_string()).collect();
        match node.leading_colon {
            None => self.add(path),
            Some(_) => self.crates.extend(path.into_iter().next()),
        }
        visit::visit_path(self, node);
    }

    /// `pub(in crate::a)` says who may use it, not what it uses.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// Whether something is compiled for tests only.
pub fn only_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        if path.is_ident("cfg") {
            return attribute.parse_args::<syn::Meta>().is_ok_and(|condition| asks_for_tests(&condition));
        }
        // `#[test]`, `#[tokio::test]`.
        path.segments.last().is_some_and(|segment| segment.ident == "test")
    })
}

fn asks_for_tests(condition: &syn::Meta) -> bool {
    let inner = |list: &syn::MetaList| {
        let conditions = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
        list.parse_args_with(conditions).map(|list| list.into_iter().collect::<Vec<_>>()).unwrap_or_default()
    };
    match condition {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("all") => inner(list).iter().any(asks_for_tests),
        syn::Meta::List(list) if list.path.is_ident("any") => {
            let inner = inner(list);
            !inner.is_empty() && inner.iter().all(asks_for_tests)
        }
        _ => false,
    }
}
