//! rename(2).

use oac_abi::flags::rename as how;

use crate::posix::*;

cases! {
    file; over_file; over_open_file; to_itself; two_links_of_one_file; directory; over_empty_directory; over_full_directory;
    kinds_do_not_mix; into_itself; refusals; trailing_slashes; of_links; over_link; noreplace; exchange; exchange_kinds;
    keeps_identity; parents_change; between_directories; working_directory_follows; exchange_refusals;
    =>
}

fn file() {
    ok!(put("f", "text"));
    see!(rename("f", "g"), get("g"), get("f"), list("."));
}

fn over_file() {
    ok!(put("f", "new"));
    ok!(put("g", "old"));
    ok!(link("g", "h"));
    see!(rename("f", "g"), get("g"), get("h"), nlink("h"), list("."));
}

fn over_open_file() {
    ok!(put("f", "new"));
    ok!(put("g", "old"));
    let fd = ok!(open("g", o::RDWR, 0));
    see!(rename("f", "g"), read(fd, 10), fstat(fd).map(|stat| stat.nlink), write(fd, "er"), get("g"));
}

fn to_itself() {
    ok!(put("f", "text"));
    ok!(mkdir("d", 0o755));
    see!(rename("f", "f"), rename("f", "./f"), rename("d", "d"), rename("d", "d/../d"), get("f"), list("."));
}

fn two_links_of_one_file() {
    ok!(put("f", "text"));
    ok!(link("f", "g"));
    see!(rename("f", "g"), list("."), nlink("f"));
}

fn directory() {
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", "text"));
    see!(rename("d", "e"), get("e/f"), list("."), done(stat("d")));
}

fn over_empty_directory() {
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", "text"));
    ok!(mkdir("e", 0o700));
    let old = ok!(open("e", o::RDONLY, 0));
    see!(rename("d", "e"), list("."), get("e/f"), mode("e"), fstat(old).map(|stat| stat.nlink));
}

fn over_full_directory() {
    ok!(mkdir("d", 0o755));
    ok!(mkdir("e", 0o755));
    ok!(put("e/f", ""));
    see!(rename("d", "e"), list("."));
}

fn kinds_do_not_mix() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    ok!(symlink("d", "s"));
    see!(rename("f", "d"), rename("d", "f"), rename("d", "s"), rename("s", "d"), list("."));
}

fn into_itself() {
    ok!(mkdir("a", 0o755));
    ok!(mkdir("a/b", 0o755));
    see!(rename("a", "a/c"), rename("a", "a/b"), rename("a", "a/b/c"), rename("a/b", "a"), list("a"));
}

fn refusals() {
    ok!(put("f", ""));
    see!(rename("missing", "x"), rename("f", "no/x"), rename("f", "f/x"), rename("f/x", "y"), rename("missing", "f"));
    see!(rename("f", "."), rename(".", "x"), rename("..", "x"), rename("f", ".."), rename("/", "x"), rename("f", "/"));
    see!(rename_with("f", "g", 64), list("."));
}

fn trailing_slashes() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    see!(rename("f/", "g"), rename("f", "g/"), rename("d/", "e"), rename("e", "g/"), list("."));
}

fn of_links() {
    ok!(put("f", "text"));
    ok!(symlink("f", "s"));
    ok!(mkdir("d", 0o755));
    see!(rename("s", "d/s"), readlink("d/s"), get("d/s"), get("f"));
}

fn over_link() {
    ok!(put("f", "target"));
    ok!(symlink("f", "s"));
    ok!(put("g", "new"));
    see!(rename("g", "s"), kind("s"), get("s"), get("f"));
}

fn noreplace() {
    ok!(put("f", "1"));
    ok!(put("g", "2"));
    see!(rename_with("f", "g", how::NOREPLACE), rename_with("f", "h", how::NOREPLACE), rename_with("h", "h", how::NOREPLACE));
    see!(list("."), get("g"), get("h"));
}

fn exchange() {
    ok!(put("f", "1"));
    ok!(put("g", "2"));
    see!(rename_with("f", "g", how::EXCHANGE), get("f"), get("g"), rename_with("f", "missing", how::EXCHANGE));
}

fn exchange_kinds() {
    ok!(put("f", "file"));
    ok!(mkdir("d", 0o755));
    ok!(mkdir("d/e", 0o755));
    ok!(symlink("f", "s"));
    see!(rename_with("f", "d", how::EXCHANGE), kind("f"), kind("d"), list("f"), rename_with("d", "s", how::EXCHANGE), kind("s"), get("s"));
    ok!(mkdir("a", 0o755));
    see!(rename_with("a", "f/e", how::EXCHANGE), list("f"), list("."), rename_with("f", "f/e", how::EXCHANGE));
}

fn exchange_refusals() {
    ok!(put("f", ""));
    ok!(put("g", ""));
    see!(rename_with("f", "g", how::EXCHANGE | how::NOREPLACE), rename_with("missing", "g", how::EXCHANGE), list("."));
}

fn keeps_identity() {
    ok!(put("f", "text"));
    ok!(utimens("f", 1_000_000_000, 2_000_000_000));
    ok!(chmod("f", 0o640));
    let before = ok!(stat("f"));
    ok!(rename("f", "g"));
    let after = ok!(stat("g"));
    see!(before.ino == after.ino, before.mtime_ns == after.mtime_ns, after.ctime_ns >= before.ctime_ns, mode("g"));
}

fn parents_change() {
    ok!(mkdir("a", 0o755));
    ok!(mkdir("b", 0o755));
    ok!(mkdir("a/d", 0o755));
    see!(nlink("a"), nlink("b"), rename("a/d", "b/d"), nlink("a"), nlink("b"), same_file("b/d/..", "b"));
    for path in ["a", "b"] {
        ok!(utimens(path, 0, 0));
    }
    ok!(rename("b/d", "a/e"));
    see!(ok!(times("a")).1 > 0, ok!(times("b")).1 > 0);
}

fn between_directories() {
    ok!(mkdir("a", 0o755));
    ok!(mkdir("b", 0o755));
    ok!(put("a/f", "text"));
    let (a, b) = (ok!(open("a", o::RDONLY, 0)), ok!(open("b", o::RDONLY, 0)));
    see!(renameat(a, "f", b, "g"), list("a"), get("b/g"), renameat(b, "g", at::FDCWD, "h"), get("h"), renameat(99, "x", b, "y"));
}

fn working_directory_follows() {
    ok!(mkdir("a", 0o755));
    ok!(mkdir("b", 0o755));
    ok!(chdir("a"));
    ok!(put("f", "here"));
    see!(rename("../a", "../b"), getcwd(), get("f"), rename("../b", "../c"), getcwd(), get("../c/f"));
}
