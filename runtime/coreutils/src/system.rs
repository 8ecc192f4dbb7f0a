//! `uname`, `hostname`, `which`.

use std::ffi::OsString;

use lexopt::{Arg, Parser};
use oac_sys::flags::mode;

use crate::error::{Failure, call, usage};

/// System, host, release, version, machine.
fn names() -> Result<Vec<String>, Failure> {
    let mut record = [0; 512];
    let length = oac_sys::raw::uname(&mut record).map_err(call("cannot get system name"))? as usize;
    Ok(record[..length]
        .split(|&byte| byte == 0)
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect())
}

pub(crate) fn uname(arguments: &[OsString]) -> Result<u8, Failure> {
    const NAME: &str = "uname";
    // In the order of the output: kernel, node, release, version, machine, operating system.
    const LETTERS: [char; 6] = ['s', 'n', 'r', 'v', 'm', 'o'];
    let mut wanted = [false; 6];
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(usage(NAME, 1))? {
        let letter = match argument {
            Arg::Short(letter) => letter,
            Arg::Long("all") => 'a',
            Arg::Long("kernel-name") => 's',
            Arg::Long("nodename") => 'n',
            Arg::Long("kernel-release") => 'r',
            Arg::Long("kernel-version") => 'v',
            Arg::Long("machine") => 'm',
            Arg::Long("operating-system") => 'o',
            Arg::Value(word) => {
                let message = format!("extra operand '{}'", word.to_string_lossy());
                return Err(Failure::Usage { utility: NAME, message, status: 1 });
            }
            other => return Err(usage(NAME, 1)(other.unexpected())),
        };
        match (letter, LETTERS.iter().position(|&known| known == letter)) {
            ('a', _) => wanted = [true; 6],
            (_, Some(at)) => wanted[at] = true,
            // The processor and the platform are the machine, where they are known at all.
            ('p' | 'i', _) => wanted[4] = true,
            _ => return Err(usage(NAME, 1)(lexopt::Error::UnexpectedOption(format!("-{letter}")))),
        }
    }
    if wanted == [false; 6] {
        wanted[0] = true;
    }
    let mut names = names()?;
    names.truncate(5);
    names.push("GNU/Linux".into());
    let shown: Vec<&str> =
        names.iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(name, _)| name.as_str()).collect();
    println!("{}", shown.join(" "));
    Ok(0)
}

pub(crate) fn hostname(arguments: &[OsString]) -> Result<u8, Failure> {
    if let Some(word) = arguments.first() {
        return Err(Failure::Refused(format!(
            "'{}': the name of a container cannot be changed",
            word.to_string_lossy()
        )));
    }
    println!("{}", names()?[1]);
    Ok(0)
}

/// The first file in PATH that can be executed, or with `-a` all, for each name.
pub(crate) fn which(arguments: &[OsString]) -> Result<u8, Failure> {
    let (mut all, mut words) = (false, Vec::new());
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(usage("which", 2))? {
        match argument {
            Arg::Short('a') => all = true,
            Arg::Value(word) => words.push(word.to_string_lossy().into_owned()),
            other => return Err(usage("which", 2)(other.unexpected())),
        }
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let mut status = 0;
    for word in words {
        let candidates: Vec<String> = if word.contains('/') {
            vec![word]
        } else {
            path.split(':')
                .map(|folder| format!("{}/{word}", if folder.is_empty() { "." } else { folder }))
                .collect()
        };
        let mut found = candidates.iter().filter(|candidate| executable(candidate)).peekable();
        status |= u8::from(found.peek().is_none());
        for candidate in found.take(if all { usize::MAX } else { 1 }) {
            println!("{candidate}");
        }
    }
    Ok(status)
}

fn executable(path: &str) -> bool {
    let is_file = oac_sys::stat(path.as_bytes()).is_ok_and(|stat| stat.mode & mode::FMT == mode::REG);
    is_file && oac_sys::raw::faccessat(oac_sys::flags::at::FDCWD, path.as_bytes(), 1, 0).is_ok()
}
