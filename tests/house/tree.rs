//! The repository as it lies on disk, without what is built or ignored.

use std::path::{Path, PathBuf};

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("tests/ lies in the repository").to_owned()
}

/// A file: its path from the root, with slashes, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every file whose name ends in one of `endings`, in order.
pub(crate) fn files(endings: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found.retain(|path| endings.iter().any(|e| path.to_string_lossy().ends_with(e)));
    found.sort();
    found.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> File {
    let short = path.strip_prefix(root()).expect("below the root");
    let text = std::fs::read_to_string(path).expect("a text file");
    File { path: short.to_string_lossy().replace('\\', "/"), text }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_ignored(&name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// As `.gitignore` has it, and hidden names.
pub(crate) fn is_ignored(name: &str) -> bool {
    let built = ["target", "otahub-data", "node_modules", "__pycache__"];
    name.starts_with('.') || built.contains(&name) || name.ends_with(".log")
}

/// `cargo metadata` of the workspace.
pub(crate) fn metadata() -> serde_json::Value {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("metadata is JSON")
}
