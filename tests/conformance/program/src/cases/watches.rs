//! inotify(7).

use oac_abi::flags::inotify as events;

use crate::posix::*;

cases! {
    created_and_removed; written; renamed_within; renamed_across; of_a_file; removed_itself; renamed_itself; attributes; opened_and_read;
    masks; same_path_same_watch; removed_watch; refusals; nonblocking; coalesced; oneshot; poll_of_watch; only_directory; not_below;
    by_other_process; links; truncated; small_read; mask_is_replaced; directories_are_told; replaced_by_rename; kept_by_open_file;
    =>
    make_file;
}

fn make_file(arguments: &[&str]) -> i32 {
    child_ok!(put(arguments[0], "from the child"));
    0
}

fn watching(path: &str, mask: u32) -> Result<i32> {
    let fd = inotify_init(o::NONBLOCK)?;
    add_watch(fd, path, mask)?;
    Ok(fd)
}

fn created_and_removed() {
    let fd = ok!(watching(".", events::ALL_EVENTS & !events::OPEN & !events::ACCESS));
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    ok!(symlink("f", "s"));
    ok!(unlink("f"));
    ok!(rmdir("d"));
    ok!(mkfifo("p", 0o644));
    see!(read_events(fd), read_events(fd));
}

fn written() {
    ok!(put("f", ""));
    let fd = ok!(watching(".", events::MODIFY | events::CLOSE_WRITE | events::CLOSE_NOWRITE | events::OPEN));
    let file = ok!(open("f", o::RDWR, 0));
    ok!(write(file, "x"));
    see!(read_events(fd), write(file, ""), read_events(fd), pwrite(file, "y", 0), read_events(fd), close(file), read_events(fd));
}

fn renamed_within() {
    ok!(put("f", ""));
    let fd = ok!(watching(".", events::ALL_EVENTS));
    see!(rename("f", "g"), read_events(fd));
}

fn renamed_across() {
    ok!(mkdir("a", 0o755));
    ok!(mkdir("b", 0o755));
    ok!(put("a/f", ""));
    let fd = ok!(inotify_init(o::NONBLOCK));
    see!(add_watch(fd, "a", events::ALL_EVENTS), add_watch(fd, "b", events::ALL_EVENTS), rename("a/f", "b/g"), read_events(fd));
    see!(rename("b/g", "h"), read_events(fd), rename("h", "a/f"), read_events(fd));
}

fn of_a_file() {
    ok!(put("f", "text"));
    let fd = ok!(watching("f", events::ALL_EVENTS));
    see!(get("f"), read_events(fd), put("f", "new"), read_events(fd), chmod("f", 0o600), read_events(fd));
}

fn removed_itself() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    let file = ok!(watching("f", events::ALL_EVENTS));
    let dir = ok!(watching("d", events::ALL_EVENTS));
    see!(unlink("f"), read_events(file), rmdir("d"), read_events(dir), rm_watch(dir, 1));
}

fn renamed_itself() {
    ok!(mkdir("d", 0o755));
    let fd = ok!(watching("d", events::ALL_EVENTS));
    see!(rename("d", "e"), read_events(fd), put("e/f", ""), read_events(fd));
}

fn attributes() {
    ok!(put("f", ""));
    let fd = ok!(watching(".", events::ATTRIB));
    see!(chmod("f", 0o600), read_events(fd), utimens("f", 1, 2), read_events(fd), chown("f", KEEP, KEEP).is_ok());
}

fn opened_and_read() {
    ok!(put("f", "text"));
    let fd = ok!(watching(".", events::OPEN | events::ACCESS | events::CLOSE_NOWRITE));
    see!(get("f"), read_events(fd), list("."), read_events(fd), done(stat("f")), read_events(fd));
}

fn masks() {
    let fd = ok!(watching(".", events::CREATE));
    ok!(put("f", "x"));
    ok!(unlink("f"));
    see!(read_events(fd));
}

fn same_path_same_watch() {
    ok!(mkdir("d", 0o755));
    ok!(symlink("d", "s"));
    let fd = ok!(inotify_init(o::NONBLOCK));
    see!(add_watch(fd, "d", events::CREATE), add_watch(fd, "./d", events::CREATE), add_watch(fd, "s", events::CREATE), add_watch(fd, ".", events::CREATE));
    see!(add_watch(fd, "s", events::CREATE | events::DONT_FOLLOW));
}

fn mask_is_replaced() {
    let fd = ok!(inotify_init(o::NONBLOCK));
    see!(add_watch(fd, ".", events::CREATE), add_watch(fd, ".", events::DELETE), put("f", ""), read_events(fd), unlink("f"), read_events(fd));
    see!(add_watch(fd, ".", events::CREATE | events::MASK_ADD), put("f", ""), unlink("f"), read_events(fd));
    see!(add_watch(fd, ".", events::CREATE | events::MASK_CREATE));
}

fn removed_watch() {
    let fd = ok!(watching(".", events::CREATE));
    see!(rm_watch(fd, 1), read_events(fd), put("f", ""), read_events(fd), rm_watch(fd, 1), rm_watch(fd, 99), add_watch(fd, ".", events::CREATE));
}

fn refusals() {
    ok!(put("f", ""));
    let fd = ok!(inotify_init(0));
    let file = ok!(open("f", o::RDONLY, 0));
    see!(add_watch(fd, "missing", events::CREATE), add_watch(fd, ".", 0), add_watch(99, ".", 1), add_watch(file, ".", 1), rm_watch(file, 1));
    see!(inotify_init(1), write(fd, "x"));
}

fn nonblocking() {
    let fd = ok!(inotify_init(o::NONBLOCK | o::CLOEXEC));
    see!(read_events(fd), cloexec(fd), status_flags(fd), fionread(fd));
}

fn coalesced() {
    ok!(put("f", ""));
    let fd = ok!(watching("f", events::MODIFY));
    let file = ok!(open("f", o::WRONLY, 0));
    for _ in 0..5 {
        ok!(write(file, "x"));
    }
    see!(read_events(fd), write(file, "x"), read_events(fd));
}

fn oneshot() {
    let fd = ok!(watching(".", events::CREATE | events::ONESHOT));
    ok!(put("f", ""));
    ok!(put("g", ""));
    see!(read_events(fd), read_events(fd));
}

fn poll_of_watch() {
    let fd = ok!(watching(".", events::CREATE));
    see!(ready(fd), put("f", ""), ready(fd), read_events(fd), ready(fd));
}

fn only_directory() {
    ok!(put("f", ""));
    let fd = ok!(inotify_init(o::NONBLOCK));
    see!(add_watch(fd, "f", events::MODIFY | events::ONLYDIR), add_watch(fd, ".", events::CREATE | events::ONLYDIR));
}

fn not_below() {
    ok!(mkdir("d", 0o755));
    let fd = ok!(watching(".", events::CREATE | events::MODIFY));
    see!(put("d/f", "x"), read_events(fd));
}

fn by_other_process() {
    let fd = ok!(inotify_init(0));
    ok!(add_watch(fd, ".", events::CREATE));
    let pid = ok!(child("make_file", &["theirs"]).start());
    see!(read_events(fd), wait_for(pid));
}

fn links() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    let dir = ok!(watching("d", events::ALL_EVENTS & !events::OPEN));
    let file = ok!(watching("f", events::ALL_EVENTS & !events::OPEN));
    see!(link("f", "d/g"), read_events(dir), read_events(file), unlink("f"), read_events(file), put("d/g", "x"), read_events(dir), read_events(file));
}

fn truncated() {
    ok!(put("f", "text"));
    let fd = ok!(watching("f", events::MODIFY));
    let file = ok!(open("f", o::RDWR, 0));
    see!(ftruncate(file, 1), read_events(fd), done(open("f", o::WRONLY | o::TRUNC, 0)), read_events(fd));
}

fn small_read() {
    let fd = ok!(watching(".", events::CREATE));
    ok!(put("a-name", ""));
    see!(read(fd, 10), read(fd, 0), read_events(fd).map(|all| all.len()));
    ok!(put("b", ""));
    ok!(put("c", ""));
    // Only whole events: two of 32 bytes do not fit.
    see!(read(fd, 40).map(|text| text.0.len()), read(fd, 40).map(|text| text.0.len()));
}

fn directories_are_told() {
    ok!(mkdir("d", 0o755));
    let fd = ok!(watching(".", events::ATTRIB | events::DELETE | events::MOVED_FROM | events::MOVED_TO));
    see!(chmod("d", 0o700), rename("d", "e"), rmdir("e"), read_events(fd));
}

fn replaced_by_rename() {
    ok!(put("f", "old"));
    ok!(put("g", "new"));
    let fd = ok!(watching("f", events::ALL_EVENTS));
    see!(rename("g", "f"), read_events(fd));
}

fn kept_by_open_file() {
    ok!(put("f", "old"));
    let file = ok!(open("f", o::RDWR, 0));
    let fd = ok!(watching("f", events::ALL_EVENTS));
    see!(unlink("f"), read_events(fd), write(file, "x"), read_events(fd), close(file), read_events(fd));
}
