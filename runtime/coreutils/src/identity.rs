//! `id` and `whoami`: id(1), whoami(1).

use std::ffi::OsString;

use lexopt::{Arg, Parser};

use crate::error::{Failure, call, usage};
use crate::owners::Database;

/// Who runs this.
struct Own {
    user: u32,
    effective_user: u32,
    group: u32,
    effective_group: u32,
    /// The effective group, then the supplementary ones without it.
    groups: Vec<u32>,
}

fn own() -> Result<Own, Failure> {
    let mut record = [0; 24];
    oac_sys::raw::getcredentials(&mut record).map_err(call("cannot get credentials"))?;
    let at = |index: usize| u32::from_le_bytes(std::array::from_fn(|i| record[index * 4 + i]));
    let mut list = vec![0; oac_abi::bounds::GROUPS_MAX * 4];
    let count = oac_sys::raw::getgroups(&mut list).map_err(call("cannot get groups"))? as usize;
    let mut groups = vec![at(4)];
    for group in list[..count * 4].chunks_exact(4) {
        let group = u32::from_le_bytes([group[0], group[1], group[2], group[3]]);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    Ok(Own { user: at(0), effective_user: at(1), group: at(3), effective_group: at(4), groups })
}

pub(crate) fn whoami(arguments: &[OsString]) -> Result<u8, Failure> {
    if let Some(extra) = arguments.first() {
        let message = format!("extra operand '{}'", extra.to_string_lossy());
        return Err(Failure::Usage { utility: "whoami", message, status: 1 });
    }
    let user = own()?.effective_user;
    match Database::Users.name(user) {
        Some(name) => println!("{name}"),
        None => return Err(Failure::Refused(format!("cannot find name for user ID {user}"))),
    }
    Ok(0)
}

pub(crate) fn id(arguments: &[OsString]) -> Result<u8, Failure> {
    const NAME: &str = "id";
    let (mut which, mut names, mut real, mut subject) = (None, false, false, None);
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(usage(NAME, 1))? {
        match argument {
            Arg::Short('u') | Arg::Long("user") => which = Some('u'),
            Arg::Short('g') | Arg::Long("group") => which = Some('g'),
            Arg::Short('G') | Arg::Long("groups") => which = Some('G'),
            Arg::Short('n') | Arg::Long("name") => names = true,
            Arg::Short('r') | Arg::Long("real") => real = true,
            Arg::Value(word) => subject = Some(word.to_string_lossy().into_owned()),
            other => return Err(usage(NAME, 1)(other.unexpected())),
        }
    }
    if which.is_none() && (names || real) {
        return Err(Failure::Refused("cannot print only names or real IDs in default format".into()));
    }
    let own = match subject {
        None => own()?,
        Some(name) => {
            let unknown = || Failure::Refused(format!("'{name}': no such user"));
            let user = Database::Users.number(&name).ok_or_else(unknown)?;
            let group = Database::primary_group(&name).ok_or_else(unknown)?;
            Own { user, effective_user: user, group, effective_group: group, groups: vec![group] }
        }
    };
    let show = |database: Database, number: u32| {
        if names { database.name(number).unwrap_or(number.to_string()) } else { number.to_string() }
    };
    match which {
        Some('u') => println!("{}", show(Database::Users, if real { own.user } else { own.effective_user })),
        Some('g') => {
            println!("{}", show(Database::Groups, if real { own.group } else { own.effective_group }))
        }
        Some(_) => {
            let all: Vec<String> = own.groups.iter().map(|&group| show(Database::Groups, group)).collect();
            println!("{}", all.join(" "));
        }
        None => println!("{}", everything(&own)),
    }
    Ok(0)
}

fn everything(own: &Own) -> String {
    let named = |database: Database, number: u32| match database.name(number) {
        Some(name) => format!("{number}({name})"),
        None => number.to_string(),
    };
    let mut line =
        format!("uid={} gid={}", named(Database::Users, own.user), named(Database::Groups, own.group));
    if own.user != own.effective_user {
        line += &format!(" euid={}", named(Database::Users, own.effective_user));
    }
    if own.group != own.effective_group {
        line += &format!(" egid={}", named(Database::Groups, own.effective_group));
    }
    let groups: Vec<String> = own.groups.iter().map(|&group| named(Database::Groups, group)).collect();
    line + " groups=" + &groups.join(",")
}
