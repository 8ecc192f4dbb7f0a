//! `oac`: containers from the command line.
//!
//! This crate reads the command line, joins a program's streams, signals and exit status to those of the process, and puts
//! the programs into the executable. What a container is, it leaves to `oac-container`.
//!
//! Start reading at `run.rs`.

mod arguments;
mod completions;
mod npm_registry;
mod npm_store;
mod options;
mod run;
mod streams;
mod terminal;
mod values;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use arguments::Command;

/// Exit status when `oac` itself fails, as of docker-run(1), env(1), timeout(1).
const STATUS_OWN_ERROR: u8 = 125;

fn main() -> ExitCode {
    match arguments::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help(text)) => tell(&text),
        Ok(Command::Version) => tell(concat!("oac ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Command::Completions(shell)) => tell(&shell.script()),
        Ok(Command::Run(request)) => match run::run(*request) {
            Ok(status) => ExitCode::from(status),
            Err(error) => {
                eprintln!("oac: {error}");
                ExitCode::from(error.exit_status())
            }
        },
        Err(error) => {
            eprintln!("oac: {error}");
            ExitCode::from(STATUS_OWN_ERROR)
        }
    }
}

/// Prints to standard output. Nobody who reads to the end (`oac --help | head -1`) is no mistake.
fn tell(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("oac: cannot write to standard output: {error}");
            ExitCode::from(STATUS_OWN_ERROR)
        }
        _ => ExitCode::SUCCESS,
    }
}
