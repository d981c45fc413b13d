//! The binary `otahub`: see `otahub --help`.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// Gives memory back: glibc's allocator keeps the 19 MiB that checking a password takes, for
/// each thread that ever did.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    otahub::run(std::env::args_os())
}
