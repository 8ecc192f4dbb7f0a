//! System-call cases: one program for Linux and for the container, whose output on Linux is what it must print in a container.
//!
//! - `list` prints the names of the cases, one a line, and `root` behind those that only root can run;
//! - `case NAME` runs one in the current directory, which must be empty;
//! - `child NAME ARGUMENT…` is what a case starts: the same program at one of its routines for children.
//!
//! A case is a function that prints what it observes with `see!` and `say!`, and nothing that differs from run to run: no process
//! numbers, inodes or times. It starts no threads and waits for no time to pass, except where the call is about time.
//!
//! Start reading at `posix/mod.rs`, then any file of `cases/`.

#[macro_use]
mod posix;
mod cases;

use posix::{HOME, SPEAKER, cwd_bytes};

/// Something that is tried out.
pub(crate) struct Case {
    /// Its name within its area.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) run: fn(),
    /// Whether only root can run it.
    pub(crate) root: bool,
}

/// A routine that children run, with its arguments; the status they exit with.
pub(crate) struct Routine {
    /// Its name, among all areas.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) run: fn(&[&str]) -> i32,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => list(),
        ["case", name] => run_case(name),
        ["child", name, rest @ ..] => run_child(name, rest),
        _ => {
            eprintln!("usage: list | case NAME | child NAME ARGUMENT…");
            std::process::exit(2);
        }
    }
}

fn list() {
    for (area, cases, _) in cases::AREAS {
        for case in *cases {
            println!("{area}/{}{}", case.name, if case.root { " root" } else { "" });
        }
    }
}

fn run_case(name: &str) {
    let found = cases::AREAS.iter().find_map(|(area, cases, _)| {
        let own = name.strip_prefix(area)?.strip_prefix('/')?;
        cases.iter().find(|case| case.name == own)
    });
    let Some(case) = found else {
        eprintln!("no case is named {name}");
        std::process::exit(2);
    };
    posix::start(true);
    let home = cwd_bytes().unwrap_or_default();
    HOME.set(String::from_utf8_lossy(&home).into_owned()).expect("set once");
    let _ = posix::umask(0o022);
    (case.run)();
}

fn run_child(name: &str, arguments: &[&str]) {
    posix::start(false);
    HOME.set(std::env::var("CASE_DIR").unwrap_or_default()).expect("set once");
    SPEAKER.set(name.to_owned()).expect("set once");
    let found = cases::AREAS.iter().find_map(|(_, _, routines)| routines.iter().find(|r| r.name == name));
    match found {
        Some(routine) => posix::exit((routine.run)(arguments)),
        None => {
            eprintln!("no routine is named {name}");
            std::process::exit(2);
        }
    }
}
