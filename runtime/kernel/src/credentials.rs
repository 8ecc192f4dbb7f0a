//! Who a task is: users and groups, and the calls that change them. credentials(7).

use oac_abi::{Errno, bounds::GROUPS_MAX};
use oac_vfs::{Caller, Groups};

use crate::{Kernel, TaskId, answer::Answer, arguments::Out, dispatch::Sys};

/// The three ids of a user, or of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    /// Whose task it is.
    pub(crate) real: u32,
    /// Who acts: what permissions are checked against, and the owner of what is made.
    pub(crate) effective: u32,
    /// Whom it may become again.
    pub(crate) saved: u32,
}

impl Ids {
    /// setresuid(2), setresgid(2): `u32::MAX` leaves one alone. Who is not privileged may only take what is among the three.
    ///
    /// # Errors
    /// EPERM.
    fn set(self, [real, effective, saved]: [u32; 3], privileged: bool) -> Result<Ids, Errno> {
        let own = [self.real, self.effective, self.saved];
        let may = |id: u32| privileged || id == u32::MAX || own.contains(&id);
        if ![real, effective, saved].into_iter().all(may) {
            return Err(Errno::EPERM);
        }
        let new = |id: u32, old: u32| if id == u32::MAX { old } else { id };
        Ok(Ids {
            real: new(real, self.real),
            effective: new(effective, self.effective),
            saved: new(saved, self.saved),
        })
    }
}

/// A task's users and groups; a child has its parent's. The default is root's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: Ids,
    pub(crate) group: Ids,
    /// Supplementary.
    pub(crate) groups: Groups,
}

impl Credentials {
    /// One user and one group in all three places.
    pub(crate) fn of(uid: u32, gid: u32, groups: &[u32]) -> Credentials {
        let all = |id: u32| Ids { real: id, effective: id, saved: id };
        Credentials { user: all(uid), group: all(gid), groups: Groups::new(groups) }
    }

    /// As a new program finds them: what it acts as, it may become again. execve(2).
    pub(crate) fn executed(&self) -> Credentials {
        let saved = |ids: Ids| Ids { saved: ids.effective, ..ids };
        Credentials { user: saved(self.user), group: saved(self.group), groups: self.groups.clone() }
    }

    /// Whether a signal may be sent to a task with other credentials. kill(2).
    pub(crate) fn may_signal(&self, other: &Credentials) -> bool {
        let own = [self.user.real, self.user.effective];
        self.is_root() || own.contains(&other.user.real) || own.contains(&other.user.saved)
    }

    /// Whether the limits of a task with other credentials may be changed. prlimit(2).
    pub(crate) fn may_limit(&self, other: &Credentials) -> bool {
        let all = |ids: Ids, id: u32| [ids.real, ids.effective, ids.saved].iter().all(|&own| own == id);
        self.is_root() || all(other.user, self.user.real) && all(other.group, self.group.real)
    }

    /// Whether it is root that acts.
    pub(crate) fn is_root(&self) -> bool {
        self.user.effective == 0
    }

    /// As filesystems are told, at a time in ns since 1970.
    pub(crate) fn caller(&self, now_ns: i64) -> Caller {
        Caller { now_ns, uid: self.user.effective, gid: self.group.effective, groups: self.groups.clone() }
    }

    /// The same of whose task it is: what access(2) asks about.
    pub(crate) fn real_caller(&self, now_ns: i64) -> Caller {
        Caller { uid: self.user.real, gid: self.group.real, ..self.caller(now_ns) }
    }
}

impl Sys<'_> {
    pub(crate) fn getcredentials(self, ids: Out<'_>) -> Answer {
        let Credentials { user, group, .. } = &self.kernel.tasks.life(self.task)?.credentials;
        let all = [user.real, user.effective, user.saved, group.real, group.effective, group.saved];
        ids.put(all.map(u32::to_le_bytes).as_flattened())?;
        Ok(0)
    }

    pub(crate) fn setresuid(self, real: u32, effective: u32, saved: u32) -> Answer {
        let credentials = &mut self.kernel.tasks.life_mut(self.task)?.credentials;
        credentials.user = credentials.user.set([real, effective, saved], credentials.is_root())?;
        Ok(0)
    }

    pub(crate) fn setresgid(self, real: u32, effective: u32, saved: u32) -> Answer {
        let credentials = &mut self.kernel.tasks.life_mut(self.task)?.credentials;
        credentials.group = credentials.group.set([real, effective, saved], credentials.is_root())?;
        Ok(0)
    }

    pub(crate) fn getgroups(self, groups: Out<'_>) -> Answer {
        let own = self.kernel.tasks.life(self.task)?.credentials.groups.clone();
        let count = own.as_slice().len();
        // With no room at all it only says how many there are.
        if !groups.buf.is_empty() {
            let bytes: Vec<u8> = own.as_slice().iter().flat_map(|group| group.to_le_bytes()).collect();
            groups.put(&bytes).map_err(|_| Errno::EINVAL)?;
        }
        Ok(count as i64)
    }

    pub(crate) fn setgroups(self, groups: &[u8]) -> Answer {
        let credentials = &mut self.kernel.tasks.life_mut(self.task)?.credentials;
        if !credentials.is_root() {
            return Err(Errno::EPERM.into());
        }
        let (groups, rest) = groups.as_chunks::<4>();
        if !rest.is_empty() || groups.len() > GROUPS_MAX {
            return Err(Errno::EINVAL.into());
        }
        let mut groups: Vec<u32> = groups.iter().map(|group| u32::from_le_bytes(*group)).collect();
        // As Linux keeps them, and so gives them back.
        groups.sort_unstable();
        credentials.groups = Groups::new(&groups);
        Ok(0)
    }
}

impl Kernel {
    /// On whose behalf filesystems are asked. What the kernel does by itself, it does as root.
    pub(crate) fn caller(&self, task: TaskId) -> Caller {
        let now_ns = self.now.realtime_ns;
        self.tasks.life(task).map_or(Caller::root(now_ns), |life| life.credentials.caller(now_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(privileged: bool, wanted: [u32; 3], expect: Result<[u32; 3], Errno>) {
        let ids = Ids { real: 1, effective: 2, saved: 3 };
        let got = ids.set(wanted, privileged).map(|ids| [ids.real, ids.effective, ids.saved]);
        assert_eq!(got, expect, "{wanted:?}");
    }

    #[test]
    fn ids_are_exchanged_but_not_taken() {
        const KEEP: u32 = u32::MAX;
        check(false, [KEEP, KEEP, KEEP], Ok([1, 2, 3]));
        check(false, [KEEP, 3, KEEP], Ok([1, 3, 3]));
        check(false, [3, 1, 2], Ok([3, 1, 2]));
        check(false, [KEEP, 4, KEEP], Err(Errno::EPERM));
        check(false, [KEEP, KEEP, 0], Err(Errno::EPERM));
        check(true, [4, KEEP, 0], Ok([4, 2, 0]));
    }
}
