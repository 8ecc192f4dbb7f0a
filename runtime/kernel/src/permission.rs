//! Whether a task may do what it asks of a file: the checks of the path calls, in Linux's order. The walk has checked already that
//! every directory on the way may be searched.

use oac_abi::{Errno, stat::Stat};
use oac_vfs::{Caller, FileSystems as _, Node, SetAttributes, Want, may_remove, permitted};

use crate::{Kernel, TaskId};

const SET_UID: u32 = 0o4000;
const SET_GID: u32 = 0o2000;
const GROUP_EXECUTE: u32 = 0o010;

/// A time as utimensat(2) changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewTime {
    /// UTIME_OMIT.
    Same,
    /// UTIME_NOW.
    Now,
    /// Ns since 1970.
    At(i64),
}

impl NewTime {
    fn resolve(self, now_ns: i64) -> Option<i64> {
        match self {
            NewTime::Same => None,
            NewTime::Now => Some(now_ns),
            NewTime::At(time_ns) => Some(time_ns),
        }
    }
}

fn owns(stat: &Stat, caller: &Caller) -> bool {
    caller.is_root() || caller.uid == stat.uid
}

fn keeps_set_gid(gid: u32, caller: &Caller) -> bool {
    caller.is_root() || caller.is_in_group(gid)
}

/// The mode that is left when a file's owner or contents change: neither set-user-ID nor a set-group-ID that means execution.
/// `None` when there is nothing to take off.
fn without_privileges(stat: &Stat, caller: &Caller) -> Option<u32> {
    let mut mode = stat.mode & 0o7777 & !SET_UID;
    if mode & GROUP_EXECUTE != 0 || !keeps_set_gid(stat.gid, caller) {
        mode &= !SET_GID;
    }
    (mode != stat.mode & 0o7777).then_some(mode)
}

/// What a new file's mode becomes in a directory that hands its group down: nobody makes set-group-ID programs of a group that is
/// not theirs.
pub(crate) fn new_file_mode(mode: u32, dir: &Stat, caller: &Caller) -> u32 {
    let both = SET_GID | GROUP_EXECUTE;
    let foreign = dir.mode & SET_GID != 0 && !keeps_set_gid(dir.gid, caller);
    if foreign && mode & both == both { mode & !SET_GID } else { mode }
}

/// chmod(2): set-group-ID only for members.
///
/// # Errors
/// EPERM.
pub(crate) fn mode_change(stat: &Stat, caller: &Caller, mode: u32) -> Result<SetAttributes, Errno> {
    if !owns(stat, caller) {
        return Err(Errno::EPERM);
    }
    let kept = if keeps_set_gid(stat.gid, caller) { mode } else { mode & !SET_GID };
    Ok(SetAttributes { mode: Some(kept & 0o7777), ..SetAttributes::default() })
}

/// chown(2): only root gives files away; owners choose among their groups. Programs lose what they were set to.
///
/// # Errors
/// EPERM.
pub(crate) fn owner_change(
    stat: &Stat,
    caller: &Caller,
    uid: Option<u32>,
    gid: Option<u32>,
) -> Result<SetAttributes, Errno> {
    let mode = if stat.is_dir() { None } else { without_privileges(stat, caller) };
    let mine = caller.uid == stat.uid;
    let uid_is_fine = uid.is_none_or(|uid| mine && uid == stat.uid);
    let gid_is_fine = gid.is_none_or(|gid| mine && (gid == stat.gid || caller.is_in_group(gid)));
    if caller.is_root() || uid_is_fine && gid_is_fine && (mode.is_none() || mine) {
        Ok(SetAttributes { mode, uid, gid, ..SetAttributes::default() })
    } else {
        Err(Errno::EPERM)
    }
}

/// utimensat(2): whoever may write a file may touch it; other times are its owner's to set.
///
/// # Errors
/// EACCES, EPERM.
pub(crate) fn time_change(
    stat: &Stat,
    caller: &Caller,
    access: NewTime,
    modification: NewTime,
) -> Result<SetAttributes, Errno> {
    let touched = (access, modification) == (NewTime::Now, NewTime::Now);
    match owns(stat, caller) {
        true => {}
        false if touched => permitted(stat, caller, Want::WRITE)?,
        false => return Err(Errno::EPERM),
    }
    let (atime_ns, mtime_ns) = (access.resolve(caller.now_ns), modification.resolve(caller.now_ns));
    Ok(SetAttributes { atime_ns, mtime_ns, ..SetAttributes::default() })
}

impl Kernel {
    /// Whether a task may do that with a file.
    ///
    /// # Errors
    /// EACCES.
    pub(crate) fn require(&mut self, task: TaskId, node: Node, want: Want) -> Result<(), Errno> {
        let caller = self.caller(task);
        permitted(&self.world(task).stat(node)?, &caller, want)
    }

    /// Whether a task may make names in a directory.
    ///
    /// # Errors
    /// EACCES.
    pub(crate) fn require_creation(&mut self, task: TaskId, dir: Node) -> Result<(), Errno> {
        self.require(task, dir, Want::WRITE | Want::EXECUTE)
    }

    /// Whether a task may remove or rename a file in a directory.
    ///
    /// # Errors
    /// EACCES; EPERM in a sticky directory.
    pub(crate) fn require_removal(&mut self, task: TaskId, dir: Node, victim: Node) -> Result<(), Errno> {
        let caller = self.caller(task);
        if caller.is_root() {
            return Ok(());
        }
        let mut world = self.world(task);
        let dir = world.stat(dir)?;
        permitted(&dir, &caller, Want::WRITE | Want::EXECUTE)?;
        may_remove(&dir, &world.stat(victim)?, &caller)
    }

    /// Whether a task may do what only an owner may.
    ///
    /// # Errors
    /// EPERM.
    pub(crate) fn require_owner(&mut self, task: TaskId, node: Node) -> Result<(), Errno> {
        let caller = self.caller(task);
        if owns(&self.world(task).stat(node)?, &caller) { Ok(()) } else { Err(Errno::EPERM) }
    }

    /// Whether a task may give a file a further name: its own files, and what it could copy as well (Linux's protected_hardlinks).
    ///
    /// # Errors
    /// EPERM.
    pub(crate) fn require_linkable(&mut self, task: TaskId, node: Node) -> Result<(), Errno> {
        let caller = self.caller(task);
        let stat = self.world(task).stat(node)?;
        let both = SET_GID | GROUP_EXECUTE;
        let plain = stat.is_file() && stat.mode & SET_UID == 0 && stat.mode & both != both;
        let copyable = plain && permitted(&stat, &caller, Want::READ | Want::WRITE).is_ok();
        if copyable || owns(&stat, &caller) { Ok(()) } else { Err(Errno::EPERM) }
    }

    /// The mode that a file must be given before somebody writes to it who may not make programs that run as others.
    ///
    /// # Errors
    /// ENOENT.
    pub(crate) fn mode_after_write(&mut self, task: TaskId, node: Node) -> Result<Option<u32>, Errno> {
        let caller = self.caller(task);
        if caller.is_root() {
            return Ok(None);
        }
        let stat = self.world(task).stat(node)?;
        Ok(if stat.is_file() { without_privileges(&stat, &caller) } else { None })
    }
}
