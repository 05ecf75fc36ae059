//! The command line: one file a subcommand. Data goes to standard output, words to standard error.

mod cert;
mod check;
mod completions;
mod config;
mod consent;
mod context;
mod deadline;
mod desk;
mod doctor;
mod error;
mod exit;
mod explain;
mod flows;
mod kept;
mod list;
mod login;
mod man;
mod plan;
#[cfg(feature = "practice")]
mod practice;
#[cfg(not(feature = "practice"))]
#[path = "without_practice.rs"]
mod practice;
mod reading;
mod report;
mod run;
mod screen;
mod session;
mod table;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::runtime;

pub use error::CliError;
pub use exit::Exit;
use session::Session;

use crate::model::quoted_to;
use crate::paths::Paths;

/// Manage TLS/SSL certificates in Azure App Service from the terminal.
///
/// Without a subcommand: the full screen, over the cloud of the current context.
#[cfg_attr(feature = "practice", doc = "`certdeck demo` needs no cloud.")]
#[derive(Debug, Parser)]
#[command(name = "certdeck", version, after_help = exit::HELP)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Args)]
pub struct Global {
    /// Use this context of the settings
    #[arg(long, global = true, value_name = "NAME")]
    context: Option<String>,
    /// Use this settings file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Refuse every change
    #[arg(long, global = true)]
    read_only: bool,
    /// Keep this reference, such as the number of a change request, with every change in the journal
    #[arg(long, global = true, value_name = "TEXT")]
    change_reference: Option<String>,
}

impl Global {
    fn config_path(&self) -> Result<PathBuf, CliError> {
        self.config.clone().map_or_else(|| Ok(Paths::of_this_user()?.config), Ok)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The screen over a practice cloud inside this process
    #[cfg(feature = "practice")]
    Demo(practice::demo::DemoArgs),
    /// The practice cloud by itself; its first line says how to connect
    #[cfg(feature = "practice")]
    Emulator(practice::emulator::EmulatorArgs),
    /// Show certificates, orders, bindings, apps or vaults
    List(list::ListArgs),
    /// Show what will expire, and who must act
    Report(report::ReportArgs),
    /// Say why a hostname serves what it serves, link by link
    Explain(explain::ExplainArgs),
    /// One line and an exit code about what expires, for a monitoring system
    Check(check::CheckArgs),
    /// Run a guided operation to its end
    Run(run::RunArgs),
    /// Print the page about all guided operations, in Markdown
    #[command(hide = true)]
    Flows,
    /// Inspect, check, build and re-wrap certificate files, offline
    #[command(subcommand)]
    Cert(cert::CertCommand),
    /// Sign in as a person, by a code that is typed on another machine
    Login(login::Login),
    /// Forget who signed in with certdeck login
    Logout(login::Logout),
    /// Check everything from the settings to the permissions, and say how to mend what does not work
    Doctor(doctor::DoctorArgs),
    /// List, choose or show the contexts: which cloud, as whom
    #[command(subcommand)]
    Context(context::ContextCommand),
    /// Create, check or locate the settings file
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print the completion script of a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or that of one subcommand
    Man(man::ManArgs),
}

impl Cli {
    /// Reads the arguments. What is wrong with them is said without repeating what may be a key that was
    /// pasted in their place; help and version go to standard output.
    pub fn from_arguments() -> Result<Self, Exit> {
        /// Columns of a line that names every value that an argument can have.
        const LONGEST: usize = 1000;
        Self::try_parse().map_err(|error| {
            if !error.use_stderr() {
                return if error.print().is_ok() { Exit::Done } else { Exit::Machine };
            }
            let mut err = std::io::stderr().lock();
            for line in error.render().to_string().lines() {
                let indent = &line[..line.len() - line.trim_start().len()];
                let _ = writeln!(err, "{indent}{}", quoted_to(line, LONGEST));
            }
            Exit::Usage
        })
    }
}

/// Does what the arguments say, to the end of the process. It is no `async fn`, so that everything below is
/// compiled once, in this library, and not again in the binary.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            words(&format!("cannot start: {error}"));
            return Exit::Machine.into();
        }
    };
    let ended = runtime.block_on(command(cli));
    // A look-up or a read of the terminal may never return; nothing waits for it.
    runtime.shutdown_timeout(Duration::from_millis(10));
    match ended {
        Ok(exit) => exit.into(),
        Err(error) if error.is_closed_pipe() => Exit::Done.into(),
        Err(error) => {
            words(&error.to_string());
            error.exit().into()
        }
    }
}

async fn command(cli: Cli) -> Result<Exit, CliError> {
    match cli.command {
        None => screen::run(Session::open(&cli.global)?, None).await,
        #[cfg(feature = "practice")]
        Some(Command::Demo(args)) => practice::demo::run(args, Session::open(&cli.global)?).await,
        #[cfg(feature = "practice")]
        Some(Command::Emulator(args)) => practice::emulator::run(args).await,
        Some(Command::List(args)) => list::run(&args, &Session::open(&cli.global)?).await,
        Some(Command::Report(args)) => report::report(&args, &Session::open(&cli.global)?).await,
        Some(Command::Explain(args)) => explain::run(&args, &Session::open(&cli.global)?).await,
        Some(Command::Check(args)) => check::check(&args, &cli.global).await,
        Some(Command::Run(args)) => run::run(args, &Session::open(&cli.global)?).await,
        Some(Command::Flows) => flows::run(),
        Some(Command::Cert(command)) => cert::run(command),
        Some(Command::Login(args)) => login::login(args, &Session::open(&cli.global)?).await,
        Some(Command::Logout(args)) => login::logout(&args, &Session::open(&cli.global)?),
        Some(Command::Doctor(args)) => doctor::run(&args, &cli.global).await,
        Some(Command::Context(command)) => context::run(&command, &Session::open(&cli.global)?),
        Some(Command::Config(command)) => config::run(&command, &cli.global),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
    }
}

/// Whether a line of standard error can be written over: a dumb terminal would show the sequences for it.
pub fn can_rewrite() -> bool {
    std::io::stderr().is_terminal() && !screen::is_dumb()
}

/// Writes words for a person to standard error, if it is open.
pub fn words(text: &str) {
    let _ = writeln!(std::io::stderr(), "certdeck: {text}");
}
