//! Who may do what: modes, owners, users.

use crate::posix::*;

cases! {
    chmod_bits; chmod_refusals; chmod_of_pipe; chmod_open; owner_changes root; owner_kept root; owner_clears_set_id root; plain_user_reads root;
    plain_user_writes root; plain_user_searches root; plain_user_removes root; sticky_directory root; group_counts root;
    supplementary_group root; class_is_first_match root; access_of_real_user root; access_as_root root; root_ignores_modes root;
    execute_needs_a_bit root; only_owner_changes_mode root; only_root_changes_owner root; owner_changes_group root;
    created_files_belong root; set_gid_directory root; users_change root; users_do_not_come_back root; saved_user root;
    kill_needs_same_user root; link_restrictions root; times_need_owner root; set_gid_is_dropped root; chmod_clears_set_gid root;
    => stay; as_user_open;
}

const USER: u32 = 1234;
const OTHER: u32 = 4321;

fn stay(arguments: &[&str]) -> i32 {
    let fd = arguments.first().and_then(|fd| fd.parse().ok()).unwrap_or(0);
    let _ = read_all(fd);
    0
}

fn as_user_open(arguments: &[&str]) -> i32 {
    child_ok!(become_user(USER));
    for path in arguments {
        say!("{path}: {}", done(open(path, o::RDONLY, 0)).shown());
    }
    0
}

fn chmod_bits() {
    ok!(put("f", ""));
    for bits in [0o644, 0o000, 0o777, 0o4755, 0o2755, 0o1755, 0o7777] {
        ok!(chmod("f", bits));
        see!(mode("f"));
    }
    see!(chmod("f", 0o100644), mode("f"), kind("f"));
    ok!(mkdir("d", 0o755));
    see!(chmod("d", 0o1770), mode("d"));
}

fn chmod_refusals() {
    ok!(symlink("nowhere", "s"));
    see!(chmod("missing", 0o644), chmod("s", 0o644), fchmod(99, 0o644));
}

fn chmod_of_pipe() {
    let (reading, _) = ok!(pipe(0));
    see!(fchmod(reading, 0o640), fstat(reading).map(|stat| Octal(stat.mode & 0o777)));
}

fn chmod_open() {
    ok!(put("f", ""));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(fchmod(fd, 0o421), mode("f"), unlink("f"), fchmod(fd, 0o111), fstat(fd).map(|stat| Octal(stat.mode & 0o7777)));
}

fn owner_changes() {
    ok!(put("f", ""));
    ok!(symlink("f", "s"));
    see!(owner("f"), chown("f", USER, OTHER), owner("f"), chown("s", 1, 2), owner("f"), owner("s"), lchown("s", 3, 4));
    see!(owner("f"), owner("s"), chown("missing", 1, 1));
}

fn owner_kept() {
    ok!(put("f", ""));
    ok!(chown("f", USER, OTHER));
    see!(chown("f", KEEP, 5), owner("f"), chown("f", 6, KEEP), owner("f"), chown("f", KEEP, KEEP), owner("f"));
}

fn owner_clears_set_id() {
    ok!(put("f", ""));
    ok!(chmod("f", 0o6755));
    see!(chown("f", USER, USER), mode("f"));
    ok!(chmod("f", 0o2644));
    see!(chown("f", USER, USER), mode("f"));
    ok!(mkdir("d", 0o755));
    ok!(chmod("d", 0o6755));
    see!(chown("d", USER, USER), mode("d"));
}

fn plain_user_reads() {
    for (name, bits) in [("none", 0o600), ("all", 0o644), ("writable", 0o622), ("exec", 0o711)] {
        ok!(put(name, "text"));
        ok!(chmod(name, bits));
    }
    ok!(become_user(USER));
    see!(get("none"), get("all"), get("writable"), get("exec"), done(open("writable", o::WRONLY, 0)), open("all", o::RDWR, 0));
    see!(open("all", o::RDONLY | o::TRUNC, 0), done(open("none", o::PATH, 0)), done(stat("none")));
}

fn plain_user_writes() {
    ok!(mkdir("closed", 0o755));
    ok!(put("closed/f", "text"));
    ok!(mkdir("open", 0o755));
    ok!(chmod("open", 0o777));
    ok!(become_user(USER));
    see!(put("closed/g", ""), mkdir("closed/d", 0o755), symlink("x", "closed/s"), unlink("closed/f"));
    see!(rename("closed/f", "closed/g"), rename("closed/f", "open/f"), rmdir("closed"), mkfifo("closed/p", 0o644));
    see!(put("open/g", "mine"), owner("open/g"), rename("open/g", "closed/g"), rename("open/g", "open/h"), list("open"));
}

fn plain_user_searches() {
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", "text"));
    ok!(chmod("d", 0o744));
    ok!(mkdir("e", 0o755));
    ok!(put("e/f", "text"));
    ok!(chmod("e", 0o711));
    ok!(become_user(USER));
    see!(get("d/f"), list("d"), done(stat("d/f")), chdir("d"), get("e/f"), list("e"), done(stat("e/missing")), chdir("e"));
    see!(get("f"), list("."), getcwd());
}

fn plain_user_removes() {
    ok!(mkdir("d", 0o755));
    ok!(chmod("d", 0o777));
    ok!(put("d/f", "roots"));
    ok!(mkdir("d/sub", 0o700));
    ok!(become_user(USER));
    see!(unlink("d/f"), rename("d/sub", "d/moved"), rmdir("d/moved"), list("d"));
}

fn sticky_directory() {
    ok!(mkdir("d", 0o755));
    ok!(chmod("d", 0o1777));
    ok!(put("d/roots", "x"));
    ok!(put("d/users", "x"));
    ok!(chown("d/users", USER, USER));
    ok!(become_user(USER));
    see!(unlink("d/roots"), rename("d/roots", "d/x"), put("d/mine", ""), rename("d/mine", "d/roots"), unlink("d/users"));
    see!(rename("d/mine", "d/my"), unlink("d/my"), list("d"));
}

fn group_counts() {
    ok!(put("f", "text"));
    ok!(chown("f", OTHER, USER));
    ok!(chmod("f", 0o640));
    ok!(become_user(USER));
    see!(get("f"), open("f", o::WRONLY, 0));
}

fn supplementary_group() {
    ok!(put("f", "text"));
    ok!(chown("f", OTHER, 77));
    ok!(chmod("f", 0o640));
    ok!(setgroups(&[5, 77]));
    see!(getgroups());
    ok!(setresgid(USER, USER, USER));
    ok!(setresuid(USER, USER, USER));
    see!(get("f"), setgroups(&[]), getgroups());
}

fn class_is_first_match() {
    ok!(put("f", "text"));
    ok!(chown("f", USER, USER));
    ok!(chmod("f", 0o066));
    ok!(put("g", "text"));
    ok!(chown("g", OTHER, USER));
    ok!(chmod("g", 0o606));
    ok!(become_user(USER));
    see!(get("f"), get("g"), chmod("f", 0o400), get("f"));
}

fn access_of_real_user() {
    ok!(put("f", ""));
    ok!(chmod("f", 0o600));
    // Real user: plain. Effective: root.
    ok!(setresuid(USER, 0, 0));
    see!(access("f", 4), raw::faccessat(at::FDCWD, b"f", 4, 0x200), get("f"));
}

fn access_as_root() {
    ok!(put("f", ""));
    ok!(chmod("f", 0));
    ok!(mkdir("d", 0));
    see!(access("f", 0), access("f", 6), access("f", 1), access("d", 7), access("missing", 0), access("f/x", 0), access("f", 8));
    see!(chmod("f", 0o100), access("f", 1));
}

fn root_ignores_modes() {
    ok!(mkdir("d", 0));
    ok!(put("d/f", "text"));
    ok!(chmod("d/f", 0));
    see!(get("d/f"), put("d/f", "new"), list("d"), chdir("d"));
}

fn execute_needs_a_bit() {
    ok!(put("f", "x"));
    ok!(chmod("f", 0o666));
    see!(child("stay", &[]).program("./f").start(), child("stay", &[]).program("./missing").start());
    see!(child("stay", &[]).program(".").start(), child("stay", &[]).program("./f/x").start());
    ok!(chmod("f", 0o700));
    ok!(chown("f", OTHER, OTHER));
    ok!(become_user(USER));
    see!(child("stay", &[]).program("./f").start());
}

fn only_owner_changes_mode() {
    ok!(put("f", ""));
    ok!(put("g", ""));
    ok!(chown("g", USER, USER));
    let fd = ok!(open("f", o::RDWR, 0));
    ok!(become_user(USER));
    see!(chmod("f", 0o777), fchmod(fd, 0o777), chmod("g", 0o751), mode("g"));
}

fn only_root_changes_owner() {
    ok!(put("f", ""));
    ok!(chown("f", USER, USER));
    ok!(become_user(USER));
    see!(chown("f", 0, 0), chown("f", OTHER, KEEP), chown("f", KEEP, OTHER), chown("f", USER, USER), chown("f", KEEP, KEEP), owner("f"));
}

fn owner_changes_group() {
    ok!(put("f", ""));
    ok!(chown("f", USER, USER));
    ok!(chmod("f", 0o6755));
    ok!(setgroups(&[77]));
    ok!(setresgid(USER, USER, USER));
    ok!(setresuid(USER, USER, USER));
    see!(chown("f", KEEP, 77), owner("f"), mode("f"), chown("f", KEEP, 78));
}

fn created_files_belong() {
    ok!(chmod(".", 0o777));
    ok!(become_user(USER));
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    ok!(symlink("f", "s"));
    ok!(mkfifo("p", 0o644));
    see!(owner("f"), owner("d"), owner("s"), owner("p"));
}

fn set_gid_directory() {
    ok!(mkdir("d", 0o755));
    ok!(chown("d", 0, 77));
    ok!(chmod("d", 0o2777));
    ok!(put("d/f", ""));
    ok!(mkdir("d/e", 0o755));
    see!(owner("d/f"), mode("d/f"), owner("d/e"), mode("d/e"));
}

fn users_change() {
    see!(credentials(), setresgid(5, 6, 7), setresuid(1, 2, 3), credentials(), setresuid(KEEP, 3, KEEP), credentials());
}

fn users_do_not_come_back() {
    ok!(become_user(USER));
    see!(setresuid(0, 0, 0), setresuid(KEEP, 0, KEEP), setresgid(KEEP, 0, KEEP), setresuid(USER, USER, USER), credentials());
}

fn saved_user() {
    ok!(put("f", "text"));
    ok!(chmod("f", 0o600));
    see!(setresuid(USER, USER, 0), get("f"), setresuid(KEEP, 0, KEEP), get("f"), credentials(), setresuid(USER, USER, USER));
    see!(setresuid(KEEP, 0, KEEP));
}

fn kill_needs_same_user() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("stay", &["3"]).fd(3, reading).start());
    ok!(setresuid(USER, USER, 0));
    see!(kill(pid, Signal::SIGTERM), kill_raw(pid.0, 0));
    ok!(setresuid(KEEP, 0, KEEP));
    see!(kill_raw(pid.0, 0), close(writing), wait_for(pid));
}

fn link_restrictions() {
    ok!(put("secret", "x"));
    ok!(chmod("secret", 0o600));
    ok!(chmod(".", 0o755));
    ok!(mkdir("d", 0o755));
    ok!(chmod("d", 0o777));
    see!(child("as_user_open", &["secret", "d", "missing"]).run());
}

fn times_need_owner() {
    ok!(put("f", ""));
    ok!(chmod("f", 0o666));
    ok!(put("g", ""));
    ok!(become_user(USER));
    let now = flags::UTIME_NOW_NS;
    see!(utimens("f", 1, 2), utimens("f", now, now), utimens("g", now, now), utimens("g", 1, 2), utimens("f", now, 5));
}

fn set_gid_is_dropped() {
    ok!(put("f", ""));
    ok!(chown("f", USER, USER));
    ok!(chmod("f", 0o6777));
    ok!(become_user(USER));
    let fd = ok!(open("f", o::WRONLY, 0));
    see!(write(fd, "x"), mode("f"));
}

fn chmod_clears_set_gid() {
    ok!(put("f", ""));
    ok!(chown("f", USER, OTHER));
    ok!(become_user(USER));
    see!(chmod("f", 0o2755), mode("f"), chmod("f", 0o4755), mode("f"));
}
