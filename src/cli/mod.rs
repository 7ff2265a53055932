//! From what was typed to an exit code: the only reader of argv, environment and directory.

mod args;
mod auth;
mod check;
mod context;
mod diff;
mod doctor;
mod earlier;
mod imagined;
mod init;
mod load;
mod machine;
mod owner;
mod plan;
mod reports;
mod run;
mod schema;
mod signals;
mod trouble;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser};

use crate::{
    ci::Imagined,
    report::{Level, Printer, Style},
    secret::Redactor,
    threads,
};

use args::{Cli, Colour, Command};

/// Everything went well.
pub const OK: u8 = 0;
/// A build failed or ran out of time, or one's context could not be packed after another was
/// built, or a report could not be written.
pub const BUILD_FAILED: u8 = 1;
/// Usage, file, template, secret or context: no executor was started.
pub const USAGE: u8 = 2;
/// An executor could not be reached, locked or fed.
pub const UNREACHED: u8 = 3;
/// The run was interrupted.
pub const INTERRUPTED: u8 = 130;

/// What surrounds the program, read once.
#[derive(Clone)]
pub(crate) struct Surroundings {
    /// The environment; what is no UTF-8 has replacement characters.
    pub(crate) environment: BTreeMap<String, String>,
    /// The directory that it was started in.
    pub(crate) current: PathBuf,
    /// This program.
    pub(crate) program: PathBuf,
    /// The pipeline that the environment is of, where it is only imagined.
    pub(crate) imagined: Option<Imagined>,
    /// What is planned is built on another machine, so that it does not matter what this one has.
    pub(crate) elsewhere: bool,
}

/// Does what was typed.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { OK };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .map(|(name, value)| {
            (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
        })
        .collect();
    let colour = match cli.color {
        Colour::Auto => None,
        Colour::Always => Some(true),
        Colour::Never => Some(false),
    };
    let no_colour = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
    let redactor = Redactor::default();
    let level = match (cli.quiet, cli.verbose) {
        (true, _) => Level::Quiet,
        (_, true) => Level::Verbose,
        _ => Level::Normal,
    };
    let style = Style::decide(colour, no_colour, level);
    let printer = Printer::new(style, redactor.clone());
    let current = match std::env::current_dir() {
        Ok(current) => current,
        Err(error) => {
            let what = "the current directory cannot be told".to_owned();
            printer.error(&Failed { what, source: error }, Some("is it gone? change to another"));
            return ExitCode::from(USAGE);
        }
    };
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("kaniko-build"));
    let surroundings =
        Surroundings { environment, current, program, imagined: None, elsewhere: false };
    ExitCode::from(dispatch(cli.command, &surroundings, &printer, &redactor))
}

fn dispatch(
    command: Command,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    match command {
        Command::Run(args) => run::run(&args, surroundings, printer, redactor),
        Command::Plan(args) => plan::plan(&args, surroundings, printer, redactor),
        Command::Check(args) => check::check(&args, surroundings, printer, redactor),
        Command::List(args) => plan::list(&args, surroundings, printer),
        Command::Graph(args) => plan::graph(&args, surroundings, printer, redactor),
        Command::Context(args) => context::context(&args, surroundings, printer, redactor),
        Command::Auth(args) => auth::auth(&args, surroundings, printer, redactor),
        Command::Doctor(args) => doctor::doctor(&args, surroundings, printer, redactor),
        Command::Init(args) => init::init(&args, surroundings, printer, redactor),
        Command::Schema { which } => schema::schema(which, printer),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "kaniko-build", &mut text);
            let text = String::from_utf8_lossy(&text);
            written(printer.result(text.trim_end()), printer)
        }
        Command::Guard => guard(printer),
    }
}

fn guard(printer: &Printer) -> u8 {
    let Some(runtime) = runtime(printer) else { return UNREACHED };
    written(runtime.block_on(crate::guard::serve(std::io::stdin(), std::io::stdout())), printer)
}

/// Threads of a runtime that has threads.
const WORKERS: usize = 2;

/// Threads that a build needs beside: who tells of it, what reads, and what compresses.
const BESIDE: usize = 4;

/// A runtime for what waits; none when the reason was told. Where the system has no room for
/// threads, this one does all.
fn runtime(printer: &Printer) -> Option<tokio::runtime::Runtime> {
    let mut builder = if threads::has_room_for(WORKERS + BESIDE) {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    match builder.worker_threads(WORKERS).enable_all().build() {
        Ok(runtime) => Some(runtime),
        Err(error) => {
            printer.error(
                &Failed { what: "the runtime could not be started".to_owned(), source: error },
                Some("raise the limit on processes of this user or container"),
            );
            None
        }
    }
}

/// Something that the system did not let us do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Failed {
    what: String,
    source: std::io::Error,
}

/// 0, or 1 with the reason when it could not be written.
fn written(result: std::io::Result<()>, printer: &Printer) -> u8 {
    match result {
        Ok(()) => OK,
        Err(error) => {
            let what = "stdout takes no more".to_owned();
            printer.error(&Failed { what, source: error }, None);
            BUILD_FAILED
        }
    }
}
