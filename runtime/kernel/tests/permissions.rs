//! Who a task is, and what it may do with files.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{Errno, bounds::GROUPS_MAX, flags::open, nr};
use oac_kernel::TaskId;

fn ids(m: &mut Machine, task: TaskId) -> Vec<u32> {
    let bytes = m.call(task, &call!(nr::GETCREDENTIALS, Arg::Out(24))).bytes();
    bytes.chunks(4).map(|id| u32::from_le_bytes(id.try_into().unwrap())).collect()
}

fn groups(m: &mut Machine, task: TaskId, groups: &[u32]) -> Done {
    let bytes: Vec<u8> = groups.iter().flat_map(|group| group.to_le_bytes()).collect();
    m.call(task, &call!(nr::SETGROUPS, bytes))
}

#[test]
fn credentials_are_inherited_and_not_regained() {
    let mut m = Machine::default();
    let me = m.actor();
    let child = m.spawn(me, &[]);
    assert_eq!(ids(&mut m, child), [0; 6]);
    groups(&mut m, child, &[7, 8]).ok();
    m.call(child, &call!(nr::SETRESGID, 20, 20, 20)).ok();
    m.call(child, &call!(nr::SETRESUID, 10, 11, 12)).ok();
    let grandchild = m.spawn(child, &[]);
    assert_eq!(ids(&mut m, grandchild), [10, 11, 12, 20, 20, 20]);
    assert_eq!(m.call(grandchild, &call!(nr::GETGROUPS, Arg::Out(0))).ok(), 2);
    assert_eq!(m.call(grandchild, &call!(nr::GETGROUPS, Arg::Out(8))).bytes(), [7, 0, 0, 0, 8, 0, 0, 0]);
    assert_eq!(m.call(grandchild, &call!(nr::GETGROUPS, Arg::Out(4))), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(grandchild, &call!(nr::SETRESUID, 0, -1_i64, -1_i64)), Done::Err(Errno::EPERM));
    assert_eq!(m.call(grandchild, &call!(nr::SETRESGID, -1_i64, 0, -1_i64)), Done::Err(Errno::EPERM));
    assert_eq!(groups(&mut m, grandchild, &[0]), Done::Err(Errno::EPERM));
    assert_eq!(ids(&mut m, me), [0; 6], "the parent is who it was");
    let fd = m.open(grandchild, "/tmp/theirs", open::CREAT | open::WRONLY).ok();
    m.close(grandchild, fd).ok();
    let stat = m.stat(me, "/tmp/theirs", 0).unwrap();
    assert_eq!((stat.uid, stat.gid), (11, 20));
}

#[test]
fn groups_are_limited() {
    let mut m = Machine::default();
    let me = m.actor();
    groups(&mut m, me, &vec![1; GROUPS_MAX]).ok();
    assert_eq!(groups(&mut m, me, &vec![1; GROUPS_MAX + 1]), Done::Err(Errno::EINVAL));
    assert_eq!(m.call(me, &call!(nr::SETGROUPS, &[1, 2, 3][..])), Done::Err(Errno::EINVAL));
}
