//! Which files a crate is made of: what its roots declare, and what those declare.

use crate::tree::{metadata, root};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Every Rust file that some target of the workspace is made of, from the repository's root.
pub(crate) fn reachable() -> BTreeSet<String> {
    let metadata = metadata();
    let mut files = BTreeSet::new();
    for package in metadata["packages"].as_array().expect("packages") {
        for target in package["targets"].as_array().expect("targets") {
            let path = PathBuf::from(target["src_path"].as_str().expect("a path"));
            let folder = path.parent().expect("a folder").to_owned();
            follow(&path, &folder, &mut files);
        }
    }
    let root = root();
    let short = |path: PathBuf| Some(path.strip_prefix(&root).ok()?.to_string_lossy().into_owned());
    files.into_iter().filter_map(short).collect()
}

fn follow(file: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) {
    if !files.insert(file.to_owned()) {
        return;
    }
    let Ok(text) = std::fs::read_to_string(file) else {
        return;
    };
    let Ok(parsed) = syn::parse_file(&text) else {
        return;
    };
    declared(&parsed.items, folder, files);
}

fn declared(items: &[syn::Item], folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for item in items {
        let syn::Item::Mod(module) = item else {
            continue;
        };
        let below = folder.join(module.ident.to_string());
        match (&module.content, path_attribute(module)) {
            (Some((_, items)), _) => declared(items, &below, files),
            (None, Some(path)) => {
                let file = folder.join(path);
                follow(&file, file.parent().unwrap_or(folder), files);
            }
            (None, None) => {
                let flat = below.with_extension("rs");
                let file = if flat.is_file() { flat } else { below.join("mod.rs") };
                follow(&file, &below, files);
            }
        }
    }
}

fn path_attribute(module: &syn::ItemMod) -> Option<String> {
    let attribute = module.attrs.iter().find(|a| a.path().is_ident("path"))?;
    let syn::Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    let syn::Expr::Lit(literal) = &pair.value else {
        return None;
    };
    let syn::Lit::Str(text) = &literal.lit else {
        return None;
    };
    Some(text.value())
}
