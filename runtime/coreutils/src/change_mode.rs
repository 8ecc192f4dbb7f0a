//! `chmod`: chmod(1) with `-R -v -c -f --reference`.

use std::ffi::OsString;

use lexopt::{Arg, Parser};
use oac_sys::flags::mode;

use crate::error::{Failure, call, usage};
use crate::stat_mode::changed;

const NAME: &str = "chmod";

#[derive(Default)]
struct Options {
    recursive: bool,
    quiet: bool,
    reference: Option<OsString>,
}

pub(crate) fn chmod(arguments: &[OsString]) -> Result<u8, Failure> {
    let mut options = Options::default();
    let mut words: Vec<String> = Vec::new();
    // A mode such as -x looks like an option.
    let is_mode = |word: &OsString| {
        let text = word.to_string_lossy();
        text.len() > 1
            && text.starts_with('-')
            && text[1..].chars().all(|letter| "rwxXstugo+-=,".contains(letter))
    };
    let (modes, rest): (Vec<_>, Vec<_>) = arguments.iter().cloned().partition(is_mode);
    let mut parser = Parser::from_args(rest);
    while let Some(argument) = parser.next().map_err(usage(NAME, 1))? {
        match argument {
            Arg::Short('R') | Arg::Long("recursive") => options.recursive = true,
            Arg::Short('f') | Arg::Long("silent" | "quiet") => options.quiet = true,
            Arg::Long("reference") => options.reference = Some(parser.value().map_err(usage(NAME, 1))?),
            Arg::Value(word) => words.push(word.to_string_lossy().into_owned()),
            other => return Err(usage(NAME, 1)(other.unexpected())),
        }
    }
    let wanted = match (&options.reference, modes.first()) {
        (Some(file), _) => {
            let file = file.to_string_lossy();
            let of = oac_sys::stat(file.as_bytes())
                .map_err(call(format!("failed to get attributes of '{file}'")))?;
            format!("{:05o}", of.mode & 0o7777)
        }
        (None, Some(mode)) => mode.to_string_lossy().into_owned(),
        (None, None) if words.is_empty() => {
            return Err(Failure::Usage { utility: NAME, message: "missing operand".into(), status: 1 });
        }
        (None, None) => words.remove(0),
    };
    let umask = umask();
    if changed(&wanted, 0, umask).is_none() {
        let message = format!("invalid mode: '{wanted}'");
        return Err(Failure::Usage { utility: NAME, message, status: 1 });
    }
    if words.is_empty() {
        let message = format!("missing operand after '{wanted}'");
        return Err(Failure::Usage { utility: NAME, message, status: 1 });
    }
    let mut status = 0;
    for path in words {
        status |= change(&path, &wanted, umask, &options, true);
    }
    Ok(status)
}

fn umask() -> u32 {
    let old = oac_sys::raw::umask(0).unwrap_or(0o022) as u32;
    // Nothing can fail that has just worked.
    let _ = oac_sys::raw::umask(old);
    old
}

/// Changes one file, and with `-R` what is below; gives 1 if something failed, which has been said.
fn change(path: &str, wanted: &str, umask: u32, options: &Options, named: bool) -> u8 {
    let say = |failure: Failure| {
        if !options.quiet {
            eprintln!("{NAME}: {failure}");
        }
        1
    };
    let own = match oac_sys::lstat(path.as_bytes()) {
        Ok(stat) => stat,
        Err(errno) => return say(call(format!("cannot access '{path}'"))(errno)),
    };
    let is_link = own.mode & mode::FMT == mode::LNK;
    if is_link && !named {
        return 0;
    }
    let stat = match oac_sys::stat(path.as_bytes()) {
        Ok(stat) => stat,
        Err(_) => return say(Failure::Refused(format!("cannot operate on dangling symlink '{path}'"))),
    };
    let bits = changed(wanted, stat.mode, umask).expect("the mode was read before");
    let mut status = 0;
    if let Err(errno) = oac_sys::chmod(path.as_bytes(), bits) {
        status |= say(call(format!("changing permissions of '{path}'"))(errno));
    }
    if options.recursive && !is_link && stat.mode & mode::FMT == mode::DIR {
        match oac_sys::readdir(path.as_bytes()) {
            Ok(entries) => {
                for entry in entries {
                    let name = String::from_utf8_lossy(&entry.name).into_owned();
                    status |= change(
                        &format!("{}/{name}", path.trim_end_matches('/')),
                        wanted,
                        umask,
                        options,
                        false,
                    );
                }
            }
            Err(errno) => status |= say(call(format!("cannot read directory '{path}'"))(errno)),
        }
    }
    status
}
