//! Hard and symbolic links.

use crate::posix::*;

cases! {
    hard_link; hard_link_counts; hard_link_refusals; hard_link_of_link; hard_link_followed; symlinks; symlink_refusals;
    symlink_chain; symlink_absolute; symlink_through_directories; symlink_metadata; readlink_cut; readlink_refusals;
    dangling; unlink_refusals; unlink_link; link_by_descriptor; link_to_directory_with_dots; remove_while_linked;
    trailing_slash_of_link; realpaths;
    =>
}

fn hard_link() {
    ok!(put("f", "text"));
    see!(link("f", "g"), get("g"), put("g", "changed"), get("f"), same_file("f", "g"), nlink("f"), nlink("g"));
    see!(chmod("g", 0o600), mode("f"), unlink("f"), get("g"), nlink("g"));
}

fn hard_link_counts() {
    ok!(put("f", ""));
    for n in 0..10 {
        ok!(link("f", &format!("l{n}")));
    }
    see!(nlink("f"), unlink("l3"), nlink("l4"), rename("l5", "l6"), nlink("f"), list("."));
}

fn hard_link_refusals() {
    ok!(put("f", ""));
    ok!(put("g", ""));
    ok!(mkdir("d", 0o755));
    see!(link("f", "g"), link("f", "f"), link("d", "e"), link("missing", "x"), link("f", "no/x"), link("f", "g/x"), link("f", "d"));
    see!(link("f", "new/"), link("f/", "x"), link_with("f", "x", 0x8000), list("."));
}

fn hard_link_of_link() {
    ok!(put("f", "text"));
    ok!(symlink("f", "s"));
    see!(link("s", "t"), kind("t"), readlink("t"), nlink("s"), nlink("f"), get("t"));
}

fn hard_link_followed() {
    ok!(put("f", "text"));
    ok!(symlink("f", "s"));
    ok!(symlink("nowhere", "dangling"));
    see!(link_with("s", "t", at::SYMLINK_FOLLOW), kind("t"), nlink("f"), link_with("dangling", "u", at::SYMLINK_FOLLOW));
    see!(link("dangling", "v"), kind("v"));
}

fn symlinks() {
    ok!(put("f", "text"));
    see!(symlink("f", "s"), readlink("s"), get("s"), kind("s"), stat("s").map(|stat| kind_of(&stat)), put("s", "new"), get("f"));
    see!(lstat("s").map(|stat| stat.size), mode("s"));
}

fn symlink_refusals() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    see!(symlink("x", "f"), symlink("x", "d"), symlink("x", "no/s"), symlink("x", "f/s"), symlink("x", "d/"), symlink("x", "new/"));
    ok!(symlink("nowhere", "s"));
    see!(symlink("x", "s"), readlink("s"));
}

fn symlink_chain() {
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", "end"));
    ok!(symlink("d", "a"));
    ok!(symlink("a/f", "b"));
    ok!(symlink("./b", "c"));
    see!(get("c"), stat("c").map(|stat| stat.size), put("c", "changed"), get("d/f"), unlink("a"), get("c"));
}

fn symlink_absolute() {
    ok!(put("f", "text"));
    ok!(symlink(&absolute("f"), "s"));
    see!(readlink("s"), get("s"));
    ok!(symlink("/", "root"));
    see!(same_file("root", "/"), stat("root/.").map(|stat| kind_of(&stat)));
}

fn symlink_through_directories() {
    ok!(mkdir("a", 0o755));
    ok!(mkdir("a/b", 0o755));
    ok!(put("a/f", "in a"));
    ok!(put("f", "at top"));
    ok!(symlink("a/b", "s"));
    see!(get("s/../f"), list("s/.."), put("s/g", "in b"), get("a/b/g"), mkdir("s/d", 0o755), list("a/b"), rmdir("s/d"));
    see!(rmdir("s"), unlink("s"), list("a/b"));
}

fn symlink_metadata() {
    ok!(put("f", "text"));
    ok!(symlink("f", "s"));
    see!(chmod("s", 0o600), mode("f"), mode("s"), lutimens("s", 5, 6), ok!(times("s")).1);
    see!(utimens("s", 7, 8), times("f"), ok!(times("s")).1);
}

fn readlink_cut() {
    ok!(symlink("a long target", "s"));
    let mut buf = [b'.'; 6];
    see!(raw::readlinkat(at::FDCWD, b"s", &mut buf), Text(buf.to_vec()));
    see!(raw::readlinkat(at::FDCWD, b"s", &mut []));
}

fn readlink_refusals() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    see!(readlink("f"), readlink("d"), readlink("missing"), readlink("f/x"));
}

fn dangling() {
    ok!(symlink("nowhere", "s"));
    see!(done(stat("s")), kind("s"), get("s"), chmod("s", 0o600), access("s", 0), mkdir("s", 0o755), chdir("s"), rename("s", "t"));
    see!(readlink("t"), unlink("t"), list("."));
}

fn unlink_refusals() {
    ok!(mkdir("d", 0o755));
    ok!(put("f", ""));
    see!(unlink("d"), unlink("missing"), unlink("f/"), unlink("f/x"), unlinkat(at::FDCWD, "f", 0x8000), unlink("/"));
}

fn unlink_link() {
    ok!(put("f", "text"));
    ok!(symlink("f", "s"));
    see!(unlink("s"), get("f"), list("."));
}

fn link_by_descriptor() {
    ok!(put("f", "text"));
    ok!(mkdir("d", 0o755));
    let dir = ok!(open("d", o::RDONLY, 0));
    see!(raw::linkat(at::FDCWD, b"f", dir, b"g", 0), get("d/g"), raw::symlinkat(b"g", dir, b"s"), get("d/s"));
    let mut buf = [0; 1];
    see!(raw::readlinkat(dir, b"s", &mut buf), raw::linkat(99, b"f", dir, b"h", 0));
}

fn link_to_directory_with_dots() {
    ok!(mkdir("a", 0o755));
    ok!(mkdir("a/b", 0o755));
    ok!(symlink("..", "a/b/up"));
    ok!(put("a/f", "in a"));
    see!(get("a/b/up/f"), list("a/b/up/b"), chdir("a/b/up"), getcwd());
}

fn remove_while_linked() {
    ok!(put("f", "text"));
    ok!(link("f", "g"));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(unlink("f"), fstat(fd).map(|stat| stat.nlink), unlink("g"), fstat(fd).map(|stat| stat.nlink), read(fd, 10));
}

fn trailing_slash_of_link() {
    ok!(mkdir("d", 0o755));
    ok!(symlink("d", "s"));
    see!(rmdir("s/"), unlink("s/"), kind("d"), rename("s/", "t"), mkdir("s/", 0o755), readlink("s/"));
    ok!(put("f", ""));
    ok!(symlink("f", "t"));
    see!(stat("t/").map(|stat| kind_of(&stat)), readlink("t/"), symlink("x", "u/"));
}

fn realpaths() {
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", ""));
    ok!(symlink("d/./../d/f", "s"));
    see!(realpath("s"), realpath("."), realpath("d/../d//f"), realpath("missing"), realpath("d/f/x"), realpath("/"));
}
