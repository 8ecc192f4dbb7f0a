//! `cp`: cp(1). Permission bits are kept as GNU's does: those of the source, less the umask, or all of them with `-p`.

use std::ffi::OsString;

use lexopt::{Arg, Parser};
use oac_sys::flags::{mode, open};
use oac_sys::{Errno, File, Stat};

use crate::error::{Failure, call, usage};

const NAME: &str = "cp";
const COPY_BYTES: u64 = 1 << 20;

#[derive(Clone, Copy, PartialEq)]
enum Links {
    /// What they lead to is copied.
    Follow,
    /// The links themselves are.
    Keep,
}

struct Options {
    recursive: bool,
    preserve: bool,
    force: bool,
    no_clobber: bool,
    update: bool,
    verbose: bool,
    links: Option<Links>,
    target: Option<String>,
    no_target_directory: bool,
}

pub(crate) fn cp(arguments: &[OsString]) -> Result<u8, Failure> {
    let mut options = Options {
        recursive: false,
        preserve: false,
        force: false,
        no_clobber: false,
        update: false,
        verbose: false,
        links: None,
        target: None,
        no_target_directory: false,
    };
    let mut paths = Vec::new();
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(usage(NAME, 1))? {
        match argument {
            Arg::Short('r' | 'R') | Arg::Long("recursive") => options.recursive = true,
            Arg::Short('a') | Arg::Long("archive") => {
                (options.recursive, options.preserve, options.links) = (true, true, Some(Links::Keep));
            }
            Arg::Short('p') => options.preserve = true,
            Arg::Long("preserve") => {
                drop(parser.optional_value());
                options.preserve = true;
            }
            Arg::Short('f') | Arg::Long("force") => options.force = true,
            Arg::Short('n') | Arg::Long("no-clobber") => options.no_clobber = true,
            Arg::Short('u') | Arg::Long("update") => options.update = true,
            Arg::Short('v') | Arg::Long("verbose") => options.verbose = true,
            Arg::Short('L') | Arg::Long("dereference") => options.links = Some(Links::Follow),
            Arg::Short('P' | 'd') | Arg::Long("no-dereference") => options.links = Some(Links::Keep),
            Arg::Short('T') | Arg::Long("no-target-directory") => options.no_target_directory = true,
            Arg::Short('t') | Arg::Long("target-directory") => {
                let folder = parser.value().map_err(usage(NAME, 1))?;
                options.target = Some(folder.to_string_lossy().into_owned());
            }
            Arg::Value(word) => paths.push(word.to_string_lossy().into_owned()),
            other => return Err(usage(NAME, 1)(other.unexpected())),
        }
    }
    let (target, is_folder) = target(&options, &mut paths)?;
    let mut status = 0;
    for source in paths {
        let to = if is_folder {
            format!("{}/{}", target.trim_end_matches('/'), last_name(&source))
        } else {
            target.clone()
        };
        status |= options.copy(&source, &to, true);
    }
    Ok(status)
}

/// Where to, and whether that is a folder to copy into.
fn target(options: &Options, paths: &mut Vec<String>) -> Result<(String, bool), Failure> {
    let missing = |message: String| Failure::Usage { utility: NAME, message, status: 1 };
    let target = match &options.target {
        Some(folder) => folder.clone(),
        None => match paths.len() {
            0 => return Err(missing("missing file operand".into())),
            1 => return Err(missing(format!("missing destination file operand after '{}'", paths[0]))),
            _ => paths.pop().expect("there are two"),
        },
    };
    let is_folder = oac_sys::stat(target.as_bytes()).map(|stat| is_directory(&stat));
    let wants_folder = options.target.is_some() || paths.len() > 1;
    match is_folder {
        Ok(true) if options.no_target_directory => Ok((target, false)),
        Ok(true) => Ok((target, true)),
        Err(errno) if wants_folder => Err(call(format!("target '{target}'"))(errno)),
        Ok(false) if wants_folder => Err(call(format!("target '{target}'"))(Errno::ENOTDIR)),
        _ => Ok((target, false)),
    }
}

fn last_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path)
}

fn is_directory(stat: &Stat) -> bool {
    stat.mode & mode::FMT == mode::DIR
}

impl Options {
    /// Copies what is at a path; gives 1 if something failed, which has been said.
    fn copy(&self, from: &str, to: &str, named: bool) -> u8 {
        match self.try_copy(from, to, named) {
            Ok(status) => status,
            Err(failure) => {
                eprintln!("{NAME}: {failure}");
                1
            }
        }
    }

    fn try_copy(&self, from: &str, to: &str, named: bool) -> Result<u8, Failure> {
        let follow = match self.links {
            Some(links) => links == Links::Follow,
            None => !self.recursive,
        };
        let look = if follow { oac_sys::stat } else { oac_sys::lstat };
        let stat = look(from.as_bytes()).map_err(call(format!("cannot stat '{from}'")))?;
        let there = oac_sys::stat(to.as_bytes()).ok();
        if is_directory(&stat) && !self.recursive {
            return Err(Failure::Refused(format!("-r not specified; omitting directory '{from}'")));
        }
        if let Some(there) = &there {
            if (there.dev, there.ino) == (stat.dev, stat.ino) {
                return Err(Failure::Refused(format!("'{from}' and '{to}' are the same file")));
            }
            match (is_directory(&stat), is_directory(there)) {
                (true, false) => {
                    let message = format!("cannot overwrite non-directory '{to}' with directory '{from}'");
                    return Err(Failure::Refused(message));
                }
                (false, true) => {
                    let message = format!("cannot overwrite directory '{to}' with non-directory '{from}'");
                    return Err(Failure::Refused(message));
                }
                (false, false) if self.no_clobber => return Ok(0),
                (false, false) if self.update && there.mtime_ns >= stat.mtime_ns => return Ok(0),
                _ => {}
            }
        }
        if self.verbose {
            println!("'{from}' -> '{to}'");
        }
        let status = match stat.mode & mode::FMT {
            mode::DIR => self.directory(from, to, &stat, there.is_none(), named)?,
            mode::LNK => {
                self.link(from, to)?;
                return Ok(0);
            }
            mode::FIFO if self.recursive => {
                let made = oac_sys::mkfifo(to.as_bytes(), stat.mode & 0o777);
                made.map_err(call(format!("cannot create fifo '{to}'")))?;
                0
            }
            _ => {
                self.file(from, to, &stat)?;
                0
            }
        };
        if self.preserve {
            self.keep_attributes(to, &stat)?;
        }
        Ok(status)
    }

    fn directory(&self, from: &str, to: &str, stat: &Stat, fresh: bool, named: bool) -> Result<u8, Failure> {
        if named && inside(from, to) {
            let message = format!("cannot copy a directory, '{from}', into itself, '{to}'");
            return Err(Failure::Refused(message));
        }
        let entries = oac_sys::readdir(from.as_bytes()).map_err(call(format!("cannot access '{from}'")))?;
        if fresh {
            // Its owner must be able to fill it.
            let made = oac_sys::mkdir(to.as_bytes(), stat.mode & 0o7777 | 0o700);
            made.map_err(call(format!("cannot create directory '{to}'")))?;
        }
        let mut status = 0;
        for entry in entries {
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            let inner = |folder: &str| format!("{}/{name}", folder.trim_end_matches('/'));
            status |= self.copy(&inner(from), &inner(to), false);
        }
        Ok(status)
    }

    fn link(&self, from: &str, to: &str) -> Result<(), Failure> {
        let target = oac_sys::readlink(from.as_bytes())
            .map_err(call(format!("cannot read symbolic link '{from}'")))?;
        let mut made = oac_sys::symlink(&target, to.as_bytes());
        if made == Err(Errno::EEXIST) {
            oac_sys::unlink(to.as_bytes()).map_err(call(format!("cannot remove '{to}'")))?;
            made = oac_sys::symlink(&target, to.as_bytes());
        }
        made.map_err(call(format!("cannot create symbolic link '{to}'")))
    }

    fn file(&self, from: &str, to: &str, stat: &Stat) -> Result<(), Failure> {
        let source = oac_sys::open(from.as_bytes(), open::RDONLY | open::CLOEXEC, 0);
        let source = File::from_fd(source.map_err(call(format!("cannot open '{from}' for reading")))?);
        let flags = open::WRONLY | open::CREAT | open::TRUNC | open::CLOEXEC;
        let mut target = oac_sys::open(to.as_bytes(), flags, stat.mode & 0o777);
        if target.is_err() && self.force && oac_sys::unlink(to.as_bytes()).is_ok() {
            target = oac_sys::open(to.as_bytes(), flags, stat.mode & 0o777);
        }
        let target = File::from_fd(target.map_err(call(format!("cannot create regular file '{to}'")))?);
        copy_contents(&source, &target).map_err(call(format!("error copying '{from}' to '{to}'")))
    }

    fn keep_attributes(&self, to: &str, stat: &Stat) -> Result<(), Failure> {
        let path = to.as_bytes();
        // Only root may give files away; others keep what they can.
        let _ = oac_sys::chown(path, stat.uid, stat.gid);
        let kept = oac_sys::chmod(path, stat.mode & 0o7777)
            .and_then(|()| oac_sys::utimens(path, stat.atime_ns, stat.mtime_ns));
        kept.map_err(call(format!("preserving times for '{to}'")))
    }
}

/// All of it, by the kernel where it can (files), through this program where not (devices, pipes).
fn copy_contents(source: &File, target: &File) -> Result<(), Errno> {
    loop {
        match oac_sys::copy_range(source.fd(), target.fd(), COPY_BYTES) {
            Ok(0) => break,
            Ok(_) => {}
            Err(Errno::EINVAL | Errno::EXDEV | Errno::ENOSYS | Errno::EOPNOTSUPP) => break,
            Err(errno) => return Err(errno),
        }
    }
    // Files that say nothing of their size (those of /proc) have more to read than was copied.
    let mut buffer = vec![0; 64 << 10];
    loop {
        match oac_sys::read(source.fd(), &mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => oac_sys::write_all(target.fd(), &buffer[..length])?,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Whether `to` lies below `from`.
fn inside(from: &str, to: &str) -> bool {
    let folder = to.rsplit_once('/').map_or(".", |(folder, _)| if folder.is_empty() { "/" } else { folder });
    let (Ok(from), Ok(folder)) = (oac_sys::realpath(from.as_bytes()), oac_sys::realpath(folder.as_bytes()))
    else {
        return false;
    };
    folder == from || folder.strip_prefix(from.as_slice()).is_some_and(|rest| rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_names() {
        for (path, expect) in [("a/b", "b"), ("a/b/", "b"), ("a", "a"), ("/", "")] {
            assert_eq!(last_name(path), expect);
        }
    }
}
