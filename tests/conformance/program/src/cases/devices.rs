//! /dev.

use crate::posix::*;

cases! {
    null; zero; full; random_device; kinds_and_numbers; own_descriptors; terminals_directory; not_found; standard_links;
    =>
    read_dev_stdin;
}

fn read_dev_stdin(_: &[&str]) -> i32 {
    say!("child: {}", get("/dev/stdin").shown());
    0
}

fn null() {
    let fd = ok!(open("/dev/null", o::RDWR, 0));
    see!(read(fd, 10), write(fd, "gone"), lseek(fd, 5, SEEK_SET), pread(fd, 5, 100), pwrite(fd, "x", 9), ftruncate(fd, 5), fsync(fd));
    see!(put("/dev/null", "x"), get("/dev/null"), size("/dev/null"), done(open("/dev/null", o::RDONLY | o::DIRECTORY, 0)));
}

fn zero() {
    let fd = ok!(open("/dev/zero", o::RDWR, 0));
    see!(read(fd, 4), write(fd, "gone"), pread(fd, 2, 1000), lseek(fd, 0, SEEK_END));
    let mut buf = vec![7; 100_000];
    see!(raw::read(fd, &mut buf), buf.iter().all(|&byte| byte == 0));
}

fn full() {
    let fd = ok!(open("/dev/full", o::RDWR, 0));
    see!(write(fd, "x"), read(fd, 3), write(fd, ""), pwrite(fd, "x", 5));
}

fn random_device() {
    for path in ["/dev/urandom", "/dev/random"] {
        let fd = ok!(open(path, o::RDONLY, 0));
        let (Text(one), Text(other)) = (ok!(read(fd, 16)), ok!(read(fd, 16)));
        say!("{path}: {} {}", one.len(), one != other);
    }
}

fn kinds_and_numbers() {
    for path in ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx"] {
        let found = ok!(stat(path));
        say!("{path}: {} {:#x} {:?}", kind_of(&found), found.rdev, Octal(found.mode & 0o666));
    }
}

fn own_descriptors() {
    ok!(put("f", "0123"));
    let fd = ok!(open("f", o::RDWR, 0));
    ok!(read(fd, 2));
    // A new open file, from the start.
    see!(get(&format!("/dev/fd/{fd}")), put(&format!("/dev/fd/{fd}"), "new"), get("f"), get("/dev/fd/99"));
    see!(readlink(&format!("/dev/fd/{fd}")), unlink("f"), pread(fd, 9, 0));
}

fn terminals_directory() {
    let (master, _slave) = ok!(openpty(0));
    let name = ok!(ptsnumber(master)).to_string();
    see!(ok!(list("/dev/pts")).contains(&name), kind("/dev/pts"));
}

fn not_found() {
    see!(open("/dev/nothing", o::RDONLY, 0), open("/dev/null/x", o::RDONLY, 0), open("/dev/pts/99999", o::RDONLY, 0));
}

fn standard_links() {
    for path in ["/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"] {
        say!("{path}: {} {}", kind(path).shown(), readlink(path).shown());
    }
    ok!(put("f", "as standard input"));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(child("read_dev_stdin", &[]).fd(0, fd).run());
}
