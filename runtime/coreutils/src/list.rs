//! `ls`: ls(1), as GNU's in the locale C. Times are UTC.

mod columns;
mod date;

use std::cmp::{Ordering, Reverse};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;

use lexopt::{Arg, Parser};
use oac_sys::{Errno, Stat, flags::mode};

use crate::error::{Failure, text, usage};
use crate::owners::Database;
use crate::stat_mode::shown;

const NAME: &str = "ls";
const TERMINAL_COLUMNS: usize = 80;

#[derive(Clone, Copy, Default, PartialEq)]
enum Hidden {
    #[default]
    Left,
    /// `-A`
    Almost,
    /// `-a`
    All,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Sort {
    #[default]
    Name,
    Time,
    Size,
    Extension,
    Not,
}

#[derive(Default)]
struct Options {
    hidden: Hidden,
    sort: Sort,
    reverse: bool,
    long: bool,
    columns: bool,
    recursive: bool,
    directory: bool,
    human: bool,
    classify: bool,
    slash: bool,
    inode: bool,
    numeric: bool,
    no_group: bool,
    no_owner: bool,
    follow: bool,
    blocks: bool,
    directories_first: bool,
    quote: bool,
    now_ns: i64,
}

/// A file to show, by the name it is shown with.
struct Entry {
    name: String,
    path: String,
    stat: Stat,
    /// Where it leads, when it is a link.
    link: Option<String>,
}

pub(crate) fn ls(arguments: &[OsString]) -> Result<u8, Failure> {
    let terminal = oac_sys::is_terminal(1);
    let mut options = Options { columns: terminal, quote: terminal, ..Options::default() };
    let mut paths = Vec::new();
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(usage(NAME, 2))? {
        match argument {
            Arg::Value(word) => paths.push(word.to_string_lossy().into_owned()),
            // Colours are for terminals; without them the words are the same.
            Arg::Long("color") => drop(parser.optional_value()),
            Arg::Long("help") => {
                println!("Usage: ls [-1aACdFghiklLnopQrRsStUX] [--group-directories-first] [FILE]...");
                return Ok(0);
            }
            Arg::Short(letter) => options.set_short(letter)?,
            Arg::Long(name) => options.set_long(name)?,
        }
    }
    options.now_ns = oac_sys::raw::clock_gettime(oac_sys::flags::clock::REALTIME).unwrap_or_default();
    if paths.is_empty() {
        paths.push(".".into());
    }
    let mut out = String::new();
    let status = options.list_all(paths, &mut out);
    // A reader that is gone has ended this by its signal.
    let _ = std::io::stdout().write_all(out.as_bytes());
    Ok(status)
}

impl Options {
    fn set_short(&mut self, letter: char) -> Result<(), Failure> {
        match letter {
            'a' => self.hidden = Hidden::All,
            'A' => self.hidden = Hidden::Almost,
            'l' => self.long = true,
            'g' => (self.long, self.no_owner) = (true, true),
            'o' => (self.long, self.no_group) = (true, true),
            'n' => (self.long, self.numeric) = (true, true),
            'G' => self.no_group = true,
            '1' => (self.columns, self.long) = (false, self.long),
            'C' => (self.columns, self.long) = (true, false),
            'R' => self.recursive = true,
            'd' => self.directory = true,
            't' => self.sort = Sort::Time,
            'S' => self.sort = Sort::Size,
            'X' => self.sort = Sort::Extension,
            'U' => self.sort = Sort::Not,
            'f' => (self.sort, self.hidden) = (Sort::Not, Hidden::All),
            'r' => self.reverse = true,
            'h' => self.human = true,
            'F' => self.classify = true,
            'p' => self.slash = true,
            'i' => self.inode = true,
            'L' => self.follow = true,
            's' => self.blocks = true,
            'k' => {}
            'N' => self.quote = false,
            other => return Err(usage(NAME, 2)(lexopt::Error::UnexpectedOption(format!("-{other}")))),
        }
        Ok(())
    }

    fn set_long(&mut self, name: &str) -> Result<(), Failure> {
        match name {
            "group-directories-first" => self.directories_first = true,
            other => {
                let short = match other {
                    "all" => 'a',
                    "almost-all" => 'A',
                    "directory" => 'd',
                    "human-readable" => 'h',
                    "inode" => 'i',
                    "classify" => 'F',
                    "recursive" => 'R',
                    "reverse" => 'r',
                    "numeric-uid-gid" => 'n',
                    "no-group" => 'G',
                    "dereference" => 'L',
                    "size" => 's',
                    "literal" => 'N',
                    _ => return Err(usage(NAME, 2)(lexopt::Error::UnexpectedOption(format!("--{other}")))),
                };
                self.set_short(short)?;
            }
        }
        Ok(())
    }

    /// Files first, then what is in each directory. Gives the exit status.
    fn list_all(&self, paths: Vec<String>, out: &mut String) -> u8 {
        let mut status = 0;
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        let many = paths.len() > 1 || self.recursive;
        for path in paths {
            // A link to a directory is one, unless it is to be shown itself.
            let follow = !(self.long || self.directory || self.classify) || self.follow;
            match self.entry(path.clone(), path.clone(), follow) {
                Ok(entry) if is_directory(&entry.stat) && !self.directory => directories.push(entry),
                Ok(entry) => files.push(entry),
                Err(errno) => {
                    eprintln!("{NAME}: cannot access '{path}': {}", text(errno));
                    status = 2;
                }
            }
        }
        self.sort(&mut files);
        self.sort(&mut directories);
        self.show(&files, out);
        let mut first = files.is_empty();
        for entry in directories {
            status = status.max(self.list(&entry.path, many, &mut first, 2, out));
        }
        status
    }

    /// The contents of a directory; `serious` is the status when it cannot be read.
    fn list(&self, path: &str, headed: bool, first: &mut bool, serious: u8, out: &mut String) -> u8 {
        let found = match oac_sys::readdir(path.as_bytes()) {
            Ok(found) => found,
            Err(errno) => {
                eprintln!("{NAME}: cannot open directory '{path}': {}", text(errno));
                return serious;
            }
        };
        if headed {
            out.push_str(if *first { "" } else { "\n" });
            let _ = writeln!(out, "{}:", self.quoted(path));
        }
        *first = false;
        let mut names: Vec<String> =
            found.iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned()).collect();
        names.retain(|name| match self.hidden {
            Hidden::Left => !name.starts_with('.'),
            _ => name != "." && name != "..",
        });
        if self.hidden == Hidden::All {
            names.extend([".".into(), "..".into()]);
        }
        let mut status = 0;
        let mut entries = Vec::new();
        for name in names {
            let inner = format!("{}/{name}", path.trim_end_matches('/'));
            match self.entry(name, inner.clone(), self.follow) {
                Ok(entry) => entries.push(entry),
                Err(errno) => {
                    eprintln!("{NAME}: cannot access '{inner}': {}", text(errno));
                    status = 1;
                }
            }
        }
        self.sort(&mut entries);
        if self.long || self.blocks {
            let blocks: u64 = entries.iter().map(|entry| entry.stat.blocks).sum();
            let total = if self.human { human(blocks * 512) } else { blocks.div_ceil(2).to_string() };
            let _ = writeln!(out, "total {total}");
        }
        self.show(&entries, out);
        if self.recursive {
            for entry in entries.iter().filter(|entry| entry.name != "." && entry.name != "..") {
                if is_directory(&entry.stat) {
                    status = status.max(self.list(&entry.path, true, first, 1, out));
                }
            }
        }
        status
    }

    fn entry(&self, name: String, path: String, follow: bool) -> Result<Entry, Errno> {
        let bytes = path.as_bytes();
        let own = oac_sys::lstat(bytes)?;
        let is_link = own.mode & mode::FMT == mode::LNK;
        // A link that leads nowhere is shown as what it is.
        let stat = if is_link && follow { oac_sys::stat(bytes).unwrap_or(own) } else { own };
        let shows_target = stat.mode & mode::FMT == mode::LNK && self.long;
        let link = shows_target.then(|| oac_sys::readlink(bytes)).transpose()?;
        Ok(Entry { name, stat, link: link.map(|to| String::from_utf8_lossy(&to).into_owned()), path })
    }

    fn sort(&self, entries: &mut [Entry]) {
        let by_name = |a: &Entry, b: &Entry| a.name.as_bytes().cmp(b.name.as_bytes());
        let extension = |entry: &Entry| entry.name.rfind('.').map(|at| entry.name[at..].to_owned());
        let order = |a: &Entry, b: &Entry| -> Ordering {
            let key = match self.sort {
                Sort::Time => b.stat.mtime_ns.cmp(&a.stat.mtime_ns),
                Sort::Size => b.stat.size.cmp(&a.stat.size),
                Sort::Extension => extension(a).cmp(&extension(b)),
                Sort::Name | Sort::Not => Ordering::Equal,
            };
            key.then_with(|| by_name(a, b))
        };
        if self.sort != Sort::Not {
            entries.sort_by(order);
            if self.reverse {
                entries.reverse();
            }
        }
        if self.directories_first {
            entries.sort_by_key(|entry| Reverse(is_directory(&entry.stat)));
        }
    }

    fn show(&self, entries: &[Entry], out: &mut String) {
        if self.long {
            self.show_long(entries, out);
            return;
        }
        let widest = |number: fn(&Stat) -> u64| entries.iter().map(|entry| digits(number(&entry.stat))).max();
        let inode_width = widest(|stat| stat.ino).unwrap_or(0);
        let blocks_width = widest(|stat| stat.blocks.div_ceil(2)).unwrap_or(0);
        let cells: Vec<String> = entries
            .iter()
            .map(|entry| {
                let mut cell = String::new();
                if self.inode {
                    let _ = write!(cell, "{:>inode_width$} ", entry.stat.ino);
                }
                if self.blocks {
                    let _ = write!(cell, "{:>blocks_width$} ", entry.stat.blocks.div_ceil(2));
                }
                cell + &self.quoted(&entry.name) + self.mark(&entry.stat)
            })
            .collect();
        if self.columns {
            let width = oac_sys::window_size(1).map_or(TERMINAL_COLUMNS, |(_, columns)| usize::from(columns));
            columns::write(&cells, if width == 0 { TERMINAL_COLUMNS } else { width }, out);
        } else {
            for cell in cells {
                out.push_str(&cell);
                out.push('\n');
            }
        }
    }

    fn show_long(&self, entries: &[Entry], out: &mut String) {
        let owner = |database: Database, number: u32| {
            let name = (!self.numeric).then(|| database.name(number)).flatten();
            name.unwrap_or_else(|| number.to_string())
        };
        let rows: Vec<[String; 6]> = entries
            .iter()
            .map(|Entry { stat, .. }| {
                let is_device = matches!(stat.mode & mode::FMT, mode::CHR | mode::BLK);
                let size = match (is_device, self.human) {
                    (true, _) => format!("{}, {}", stat.rdev >> 8 & 0xfff, stat.rdev & 0xff),
                    (_, true) => human(stat.size),
                    _ => stat.size.to_string(),
                };
                [
                    stat.ino.to_string(),
                    stat.blocks.div_ceil(2).to_string(),
                    stat.nlink.to_string(),
                    owner(Database::Users, stat.uid),
                    owner(Database::Groups, stat.gid),
                    size,
                ]
            })
            .collect();
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        for (entry, row) in entries.iter().zip(&rows) {
            let mut line = String::new();
            let put = |line: &mut String, column: usize, shown: bool, left: bool| {
                let width = widths[column];
                if shown && left {
                    let _ = write!(line, "{:<width$} ", row[column]);
                } else if shown {
                    let _ = write!(line, "{:>width$} ", row[column]);
                }
            };
            put(&mut line, 0, self.inode, false);
            put(&mut line, 1, self.blocks, false);
            line += &shown(entry.stat.mode);
            line.push(' ');
            put(&mut line, 2, true, false);
            put(&mut line, 3, !self.no_owner, true);
            put(&mut line, 4, !self.no_group, true);
            put(&mut line, 5, true, false);
            line += &date::shown(entry.stat.mtime_ns, self.now_ns);
            line.push(' ');
            line += &self.quoted(&entry.name);
            match &entry.link {
                Some(target) => {
                    let _ = write!(line, " -> {}", self.quoted(target));
                }
                None => line += self.mark(&entry.stat),
            }
            out.push_str(&line);
            out.push('\n');
        }
    }

    /// What `-F` and `-p` put behind a name.
    fn mark(&self, stat: &Stat) -> &'static str {
        match stat.mode & mode::FMT {
            mode::DIR if self.classify || self.slash => "/",
            mode::LNK if self.classify => "@",
            mode::FIFO if self.classify => "|",
            mode::SOCK if self.classify => "=",
            mode::REG if self.classify && stat.mode & 0o111 != 0 => "*",
            _ => "",
        }
    }

    /// On a terminal, names that a shell would not read as one word are quoted.
    fn quoted(&self, name: &str) -> String {
        let plain = |letter: char| letter.is_alphanumeric() || "%+,-./:=@_^~".contains(letter);
        if !self.quote || (!name.is_empty() && name.chars().all(plain) && !name.starts_with('~')) {
            return name.to_owned();
        }
        if name.contains('\'') { format!("\"{name}\"") } else { format!("'{name}'") }
    }
}

fn is_directory(stat: &Stat) -> bool {
    stat.mode & mode::FMT == mode::DIR
}

fn digits(number: u64) -> usize {
    number.to_string().len()
}

/// Bytes in units of 1024, rounded up: `1.5K`, `12M`.
fn human(bytes: u64) -> String {
    if bytes < 1024 {
        return bytes.to_string();
    }
    let mut unit = 1u64;
    for letter in ['K', 'M', 'G', 'T', 'P'] {
        unit *= 1024;
        let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(unit));
        if tenths < 100 {
            return format!("{}.{}{letter}", tenths / 10, tenths % 10);
        }
        let whole = bytes.div_ceil(unit);
        if whole < 1024 {
            return format!("{whole}{letter}");
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        for (bytes, expect) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1025, "1.1K"),
            (10 * 1024, "10K"),
            (10 * 1024 + 1, "11K"),
            (1024 * 1024 - 1, "1.0M"),
            (5 << 30, "5.0G"),
        ] {
            assert_eq!(human(bytes), expect, "{bytes}");
        }
    }
}
