//! `oac`: containers from the command line.
//!
//! This crate reads the command line, joins a program's streams, signals and exit status to those of the process, and puts
//! the programs into the executable. What a container is, it leaves to `oac-container`.
//!
//! Start reading at `run.rs`.

mod arguments;
mod completions;
mod npm_registry;
mod options;
mod run;
mod streams;
mod terminal;
mod values;

use std::process::ExitCode;

use arguments::Command;

/// Exit status when `oac` itself fails, as of docker-run(1), env(1), timeout(1).
const STATUS_OWN_ERROR: u8 = 125;

fn main() -> ExitCode {
    match arguments::parse(lexopt::Parser::from_env()) {
        Ok(Command::Help(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Ok(Command::Version) => {
            println!("oac {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Ok(Command::Completions(shell)) => {
            print!("{}", shell.script());
            ExitCode::SUCCESS
        }
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
