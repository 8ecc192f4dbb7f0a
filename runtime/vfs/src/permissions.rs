//! Who may do what: the permission bits of a file against the one who acts. credentials(7), path_resolution(7), inode(7).

use std::{ops::BitOr, sync::Arc};

use oac_abi::{Errno, stat::Stat};

/// On whose behalf an operation is done, and when: a filesystem reads no clock. Cloning it is cheap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Time of the operation, ns since 1970: what mtime, ctime and atime become.
    pub now_ns: i64,
    /// Effective user (Linux: the filesystem's). 0 is root. Owner of what is created.
    pub uid: u32,
    /// Effective group. Group of what is created, but in a set-group-ID directory.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Groups,
}

impl Caller {
    /// Root, at a time in ns since 1970.
    pub const fn root(now_ns: i64) -> Caller {
        Caller { now_ns, uid: 0, gid: 0, groups: Groups::NONE }
    }

    /// Whether this is root, to whom permission bits mean little.
    pub const fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// Whether a group is the effective or a supplementary one.
    pub fn is_in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.as_slice().contains(&gid)
    }
}

/// Supplementary groups, shared by those who have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(Option<Arc<[u32]>>);

impl Groups {
    /// None.
    pub const NONE: Groups = Groups(None);

    /// These.
    pub fn new(groups: &[u32]) -> Groups {
        Groups((!groups.is_empty()).then(|| groups.into()))
    }

    /// All of them.
    pub fn as_slice(&self) -> &[u32] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// What somebody wants of a file: the bits of access(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want(u32);

impl Want {
    /// Nothing: that it exists (F_OK).
    pub const NOTHING: Want = Want(0);
    /// To execute it; to search it, when it is a directory (X_OK).
    pub const EXECUTE: Want = Want(1);
    /// To write it; to make and remove names in it (W_OK).
    pub const WRITE: Want = Want(2);
    /// To read or list it (R_OK).
    pub const READ: Want = Want(4);

    /// From the number in access(2).
    ///
    /// # Errors
    /// EINVAL for other bits.
    pub const fn from_bits(bits: u32) -> Result<Want, Errno> {
        if bits > 7 { Err(Errno::EINVAL) } else { Ok(Want(bits)) }
    }
}

impl BitOr for Want {
    type Output = Want;

    fn bitor(self, other: Want) -> Want {
        Want(self.0 | other.0)
    }
}

/// Whether the permission bits let somebody do all of that. Only one class counts: the owner's, else the group's, else that of
/// others. Root reads, writes and searches everything, and executes what anybody may execute.
///
/// # Errors
/// EACCES.
pub fn permitted(stat: &Stat, caller: &Caller, want: Want) -> Result<(), Errno> {
    if caller.is_root() {
        let refused = want.0 & Want::EXECUTE.0 != 0 && !stat.is_dir() && stat.mode & 0o111 == 0;
        return if refused { Err(Errno::EACCES) } else { Ok(()) };
    }
    let class = if caller.uid == stat.uid {
        stat.mode >> 6
    } else if caller.is_in_group(stat.gid) {
        stat.mode >> 3
    } else {
        stat.mode
    };
    if want.0 & !class == 0 { Ok(()) } else { Err(Errno::EACCES) }
}

/// Whether somebody who may write a directory may also remove or rename `victim` in it: in a sticky one only what is theirs, or
/// everything if the directory is.
///
/// # Errors
/// EPERM.
pub fn may_remove(dir: &Stat, victim: &Stat, caller: &Caller) -> Result<(), Errno> {
    const STICKY: u32 = 0o1000;
    let free =
        dir.mode & STICKY == 0 || caller.is_root() || caller.uid == victim.uid || caller.uid == dir.uid;
    if free { Ok(()) } else { Err(Errno::EPERM) }
}

#[cfg(test)]
mod tests {
    use oac_abi::flags::mode;

    use super::*;

    /// The wants that are granted on a mode, of a file of user 10 and group 20, as `rwx`.
    fn check(kind: u32, bits: u32, uid: u32, gids: &[u32], expected: &str) {
        let stat = Stat { mode: kind | bits, uid: 10, gid: 20, ..Stat::default() };
        let caller = Caller { now_ns: 0, uid, gid: gids[0], groups: Groups::new(&gids[1..]) };
        let granted: String = [('r', Want::READ), ('w', Want::WRITE), ('x', Want::EXECUTE)]
            .map(|(letter, want)| if permitted(&stat, &caller, want).is_ok() { letter } else { '-' })
            .iter()
            .collect();
        assert_eq!(granted, expected, "{bits:o} for {uid} {gids:?}");
    }

    #[test]
    fn one_class_counts_and_root_is_hardly_bound() {
        check(mode::REG, 0o640, 10, &[1], "rw-");
        check(mode::REG, 0o640, 11, &[20], "r--");
        check(mode::REG, 0o640, 11, &[1, 2, 20], "r--");
        check(mode::REG, 0o640, 11, &[1], "---");
        check(mode::REG, 0o077, 10, &[20], "---");
        check(mode::REG, 0o707, 11, &[20], "---");
        check(mode::REG, 0o000, 0, &[0], "rw-");
        check(mode::REG, 0o001, 0, &[0], "rwx");
        check(mode::DIR, 0o000, 0, &[0], "rwx");
        assert_eq!(Want::from_bits(8), Err(Errno::EINVAL));
        assert_eq!(Want::from_bits(6), Ok(Want::READ | Want::WRITE));
    }

    #[test]
    fn sticky_directories_guard_the_files_of_others() {
        let dir = Stat { mode: mode::DIR | 0o1777, uid: 1, ..Stat::default() };
        let victim = Stat { uid: 2, ..Stat::default() };
        for (uid, expected) in [(0, Ok(())), (1, Ok(())), (2, Ok(())), (3, Err(Errno::EPERM))] {
            assert_eq!(may_remove(&dir, &victim, &Caller { uid, ..Caller::root(0) }), expected);
        }
        let plain = Stat { mode: mode::DIR | 0o777, ..dir };
        assert_eq!(may_remove(&plain, &victim, &Caller { uid: 3, ..Caller::root(0) }), Ok(()));
    }
}
