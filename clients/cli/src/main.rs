//! The command `otactl`.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime {
        Ok(runtime) => {
            let run = otactl::run(std::env::args_os(), otactl::Streams::standard());
            let code = runtime.block_on(run);
            runtime.shutdown_background();
            ExitCode::from(code)
        }
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "otactl: the runtime does not start: {why}.");
            ExitCode::FAILURE
        }
    }
}
