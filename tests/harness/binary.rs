//! Where the binary under test is.

use std::path::PathBuf;

/// The binary `otahub`: `OTAHUB_BIN`, or the one built beside this test.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn otahub() -> PathBuf {
    if let Some(path) = std::env::var_os("OTAHUB_BIN") {
        return PathBuf::from(path);
    }
    let own = std::env::current_exe().expect("the test knows its own path");
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("otahub"))
        .find(|path| path.is_file())
        .expect("no otahub beside the test: run `cargo build -p otahub` or set OTAHUB_BIN")
}
