//! Directories: making, listing, removing, being in them.

use crate::posix::*;

cases! {
    make_and_remove; make_refusals; remove_refusals; remove_full; listing; listing_kinds; small_buffer; too_small_buffer; rewind;
    listing_while_removing; listing_while_adding; many_entries; link_counts; odd_names; change_directory; change_refusals;
    removed_working_directory; parent_of_working_directory; open_directory_moves; sticky_position; deep_tree; names_are_bytes;
    descriptor_of_working_directory; not_listed_twice;
    =>
}

fn make_and_remove() {
    see!(mkdir("d", 0o755), kind("d"), mode("d"), list("d"), mkdir("d/e", 0o700), list("d"), rmdir("d/e"), rmdir("d"), list("."));
}

fn make_refusals() {
    ok!(put("f", ""));
    ok!(symlink("nowhere", "s"));
    see!(mkdir("f", 0o755), mkdir("f/d", 0o755), mkdir("no/d", 0o755), mkdir("s", 0o755), mkdir("d/", 0o755), mkdir("d", 0o755));
}

fn remove_refusals() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    ok!(symlink("d", "s"));
    see!(rmdir("missing"), rmdir("f"), rmdir("s"), rmdir("f/x"), rmdir("/"), rmdir("d/."), rmdir("d/"), list("."));
}

fn remove_full() {
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", ""));
    see!(rmdir("d"), unlink("d/f"), rmdir("d"));
}

fn listing() {
    for name in ["b", "a", ".hidden", "c d", "ä"] {
        ok!(put(name, ""));
    }
    see!(list("."), list("missing"), list("a"));
}

fn listing_kinds() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    ok!(symlink("f", "s"));
    ok!(mkfifo("p", 0o644));
    let fd = ok!(open(".", o::RDONLY, 0));
    let mut found: Vec<String> = ok!(entries(fd, 4096))
        .iter()
        .map(|entry| format!("{} {}", entry.name.escape_ascii(), entry.kind))
        .collect();
    found.sort();
    see!(found);
    let same = ok!(lstat("f"));
    ok!(lseek(fd, 0, SEEK_SET));
    see!(ok!(entries(fd, 4096)).iter().any(|entry| entry.name == b"f" && entry.ino == same.ino));
}

fn small_buffer() {
    for n in 0..20 {
        ok!(put(&format!("a-rather-long-name-{n:02}"), ""));
    }
    let fd = ok!(open(".", o::RDONLY, 0));
    let mut names: Vec<Vec<u8>> = ok!(entries(fd, 120)).into_iter().map(|entry| entry.name).collect();
    names.sort();
    names.dedup();
    see!(names.len());
}

fn too_small_buffer() {
    ok!(put(&"n".repeat(100), ""));
    let fd = ok!(open(".", o::RDONLY, 0));
    // The names `.` and `..` are not told; whether they come first is not either.
    see!(raw::getdents(fd, &mut [0; 10]), done(entries(fd, 60)));
    let (reading, _) = ok!(pipe(0));
    ok!(put("f", ""));
    let file = ok!(open("f", o::RDONLY, 0));
    see!(done(entries(file, 100)), done(entries(reading, 100)), done(entries(99, 100)));
}

fn rewind() {
    ok!(put("f", ""));
    let fd = ok!(open(".", o::RDONLY, 0));
    see!(ok!(entries(fd, 1000)).len(), ok!(entries(fd, 1000)).len(), lseek(fd, 0, SEEK_SET));
    ok!(put("g", ""));
    ok!(lseek(fd, 0, SEEK_SET));
    see!(ok!(entries(fd, 1000)).len());
}

fn listing_while_removing() {
    for n in 0..300 {
        ok!(put(&format!("f{n:03}"), ""));
    }
    let fd = ok!(open(".", o::RDONLY, 0));
    let mut removed = 0;
    loop {
        let mut buf = vec![0; 512];
        let len = ok!(raw::getdents(fd, &mut buf)) as usize;
        if len == 0 {
            break;
        }
        for entry in oac_abi::stat::Dirent::decode_all(&buf[..len]) {
            ok!(unlink(&String::from_utf8_lossy(&entry.name)));
            removed += 1;
        }
    }
    see!(removed, list("."));
}

fn listing_while_adding() {
    for n in 0..50 {
        ok!(put(&format!("f{n:03}"), ""));
    }
    let fd = ok!(open(".", o::RDONLY, 0));
    let mut buf = vec![0; 512];
    let len = ok!(raw::getdents(fd, &mut buf)) as usize;
    let mut names: Vec<Vec<u8>> =
        oac_abi::stat::Dirent::decode_all(&buf[..len]).into_iter().map(|entry| entry.name).collect();
    ok!(put("zzz", ""));
    names.extend(ok!(entries(fd, 4096)).into_iter().map(|entry| entry.name));
    names.retain(|name| name.starts_with(b"f"));
    let all = names.len();
    names.sort();
    names.dedup();
    see!(all, names.len());
}

fn many_entries() {
    for n in 0..1000 {
        ok!(put(&format!("f{n}"), ""));
    }
    see!(ok!(list(".")).len(), get("f999"), unlink("f500"), ok!(list(".")).len());
}

fn link_counts() {
    ok!(mkdir("d", 0o755));
    see!(nlink("d"), mkdir("d/a", 0o755), mkdir("d/b", 0o755), put("d/f", ""), nlink("d"), rmdir("d/a"), nlink("d"));
}

fn odd_names() {
    for name in ["...", "..x", " ", "a\nb", "-", "*", "\\", "con"] {
        ok!(put(name, name));
    }
    see!(list("."), get("..."), get("a\nb"), unlink("..."), rename("..x", "y"), get("y"));
}

fn change_directory() {
    ok!(mkdir("d", 0o755));
    ok!(mkdir("d/e", 0o755));
    ok!(symlink("d/e", "s"));
    see!(getcwd(), chdir("d"), getcwd(), put("f", "in d"), chdir("../s"), getcwd(), get("../f"), chdir("/"), getcwd());
    see!(chdir(&absolute("d")), getcwd(), chdir("."), chdir("././/"), getcwd());
}

fn change_refusals() {
    ok!(put("f", ""));
    ok!(symlink("f", "s"));
    see!(chdir("f"), chdir("missing"), chdir("s"), chdir("f/x"), chdir(&"n".repeat(256)).is_err(), getcwd());
    see!(raw::getcwd(&mut [0; 1]), raw::getcwd(&mut []));
}

fn removed_working_directory() {
    ok!(mkdir("d", 0o755));
    ok!(chdir("d"));
    ok!(rmdir("../d"));
    see!(getcwd(), put("f", ""), mkdir("e", 0o755), done(stat(".")), list("."), done(stat("f")), chdir(".."), getcwd());
}

fn parent_of_working_directory() {
    ok!(mkdir("a", 0o755));
    ok!(mkdir("a/b", 0o755));
    ok!(mkdir("c", 0o755));
    ok!(chdir("a/b"));
    ok!(rename("../../a/b", "../../c/b"));
    see!(getcwd(), chdir(".."), getcwd(), list("."));
}

fn open_directory_moves() {
    ok!(mkdir("a", 0o755));
    let dir = ok!(open("a", o::RDONLY, 0));
    ok!(rename("a", "b"));
    ok!(put("b/f", "x"));
    see!(ok!(entries(dir, 1000)).len(), fchdir(dir), getcwd(), get("f"));
}

fn sticky_position() {
    for n in 0..10 {
        ok!(put(&format!("f{n}"), ""));
    }
    let fd = ok!(open(".", o::RDONLY, 0));
    let all = ok!(entries(fd, 4096));
    // The position after the fourth entry leads to the rest.
    ok!(lseek(fd, all[3].next as i64, SEEK_SET));
    let rest = ok!(entries(fd, 4096));
    let same = rest.iter().map(|entry| &entry.name).eq(all[4..].iter().map(|entry| &entry.name));
    see!(all.len(), rest.len(), same);
}

fn deep_tree() {
    let mut path = String::from("d");
    for _ in 0..100 {
        ok!(mkdir(&path, 0o755));
        path += "/d";
    }
    ok!(put(&path, "deep"));
    see!(get(&path));
    for _ in 0..100 {
        ok!(chdir("d"));
    }
    see!(get("d"), getcwd().map(|path| path.len()));
}

fn names_are_bytes() {
    let name = b"\xff\xfe\x80";
    let fd = ok!(raw::openat(at::FDCWD, name, o::WRONLY | o::CREAT, 0o644)) as i32;
    see!(write(fd, "x"), list("."), raw::renameat(at::FDCWD, name, at::FDCWD, b"plain", 0), get("plain"));
}

fn descriptor_of_working_directory() {
    ok!(mkdir("d", 0o755));
    let here = ok!(open(".", o::RDONLY, 0));
    see!(chdir("d"), getcwd(), fchdir(here), getcwd(), fchdir(99));
}

fn not_listed_twice() {
    ok!(put("f", ""));
    let fd = ok!(open(".", o::RDONLY, 0));
    see!(ok!(entries(fd, 1000)).len(), rename("f", "g"), ok!(entries(fd, 1000)).len(), list("."));
}
