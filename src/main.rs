//! Arguments in, exit code out.

use std::process::ExitCode;
use std::time::Duration;

use certdeck::cli::{self, Cli};
use rustix::process::{Resource, Rlimit, setrlimit};

fn main() -> ExitCode {
    keep_memory_private();
    let cli = match Cli::from_arguments() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            cli::words(&format!("cannot start: {error}"));
            return cli::Exit::Machine.into();
        }
    };
    let ended = runtime.block_on(cli::run(cli));
    // A look-up or a read of the terminal may never return; nothing waits for it.
    runtime.shutdown_timeout(Duration::from_millis(10));
    match ended {
        Ok(exit) => exit.into(),
        Err(error) if error.is_closed_pipe() => cli::Exit::Done.into(),
        Err(error) => {
            cli::words(&error.to_string());
            error.exit().into()
        }
    }
}

/// Tokens and keys pass through this process: no core file, and no other process of this account looks in.
/// Where the system refuses, the work goes on.
fn keep_memory_private() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
