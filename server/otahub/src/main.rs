//! The binary `otahub`: see `otahub --help`.

use std::process::ExitCode;
use tikv_jemallocator::Jemalloc;

/// Gives memory back: glibc's allocator keeps the 19 MiB that checking a password takes, for
/// each thread that ever did.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    otahub::run(std::env::args_os())
}
