//! Arguments in, exit code out.

use std::process::ExitCode;

use certdeck::cli::{self, Cli};
use rustix::process::{Resource, Rlimit, setrlimit};

fn main() -> ExitCode {
    give_memory_back();
    keep_memory_private();
    match Cli::from_arguments() {
        Ok(cli) => cli::run(cli),
        Err(exit) => exit.into(),
    }
}

/// With its own settings glibc keeps a pool of memory for each thread, and gives hardly anything of them back:
/// after some refreshes of many rows that is as much again as the rows. It reads its settings at the start only,
/// so the program starts itself once more with others, in the same process. Where a person set them, those hold.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_memory_back() {
    use std::os::unix::process::CommandExt;

    const SETTINGS: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "2"), ("MALLOC_TRIM_THRESHOLD_", "131072")];
    let is_set = |(name, _): &(&str, &str)| std::env::var_os(name).is_some();
    let (Ok(program), false) = (std::env::current_exe(), SETTINGS.iter().any(is_set)) else { return };
    let mut arguments = std::env::args_os();
    let mut again = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // It comes back only where it failed, and then the work goes on as it is.
    let _ = again.args(arguments).envs(SETTINGS).exec();
}

/// Other libraries have no such settings.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_memory_back() {}

/// Tokens and keys pass through this process: no core file, and no other process of this account looks in.
/// Where the system refuses, the work goes on.
fn keep_memory_private() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
