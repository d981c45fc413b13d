//! The binary `otahub`: see `otahub --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    otahub::run(std::env::args_os())
}
