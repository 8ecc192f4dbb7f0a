//! FIFOs: pipes with a name.

use crate::posix::*;

cases! {
    make; make_refusals; reader_and_writer; open_waits_for_the_other; nonblocking_reader; nonblocking_writer; both_ways;
    end_when_writers_close; reopened; unlinked; mode_is_checked root; other_nodes; devices_by_plain_user root; renamed_and_linked;
    =>
    fifo_write; fifo_read;
}

fn fifo_write(arguments: &[&str]) -> i32 {
    let fd = child_ok!(open(arguments[0], o::WRONLY, 0));
    child_ok!(write(fd, arguments[1]));
    0
}

fn fifo_read(arguments: &[&str]) -> i32 {
    let fd = child_ok!(open(arguments[0], o::RDONLY, 0));
    say!("child reads {}", read_all(fd).shown());
    0
}

fn make() {
    see!(mkfifo("p", 0o666), kind("p"), mode("p"), size("p"), nlink("p"), unlink("p"), list("."));
}

fn make_refusals() {
    ok!(put("f", ""));
    see!(mkfifo("f", 0o644), mkfifo("no/p", 0o644), mkfifo("f/p", 0o644), mkfifo("p/", 0o644), mkfifo("", 0o644));
    ok!(mkfifo("p", 0o644));
    see!(open("p/x", o::RDONLY, 0), rmdir("p"), done(open("p", o::RDONLY | o::DIRECTORY, 0)), list("p"), chdir("p"));
}

fn reader_and_writer() {
    ok!(mkfifo("p", 0o644));
    let pid = ok!(child("fifo_write", &["p", "hello"]).start());
    let fd = ok!(open("p", o::RDONLY, 0));
    see!(read_all(fd), wait_for(pid), fstat(fd).map(|stat| kind_of(&stat)));
}

fn open_waits_for_the_other() {
    ok!(mkfifo("p", 0o644));
    let pid = ok!(child("fifo_read", &["p"]).start());
    let fd = ok!(open("p", o::WRONLY, 0));
    see!(write(fd, "for the child"), close(fd), wait_for(pid));
}

fn nonblocking_reader() {
    ok!(mkfifo("p", 0o644));
    let reading = ok!(open("p", o::RDONLY | o::NONBLOCK, 0));
    see!(read(reading, 9), ready(reading));
    let writing = ok!(open("p", o::WRONLY | o::NONBLOCK, 0));
    see!(read(reading, 9), write(writing, "x"), ready(reading), read(reading, 9), close(writing), ready(reading), read(reading, 9));
}

fn nonblocking_writer() {
    ok!(mkfifo("p", 0o644));
    see!(open("p", o::WRONLY | o::NONBLOCK, 0));
    let reading = ok!(open("p", o::RDONLY | o::NONBLOCK, 0));
    let writing = ok!(open("p", o::WRONLY | o::NONBLOCK, 0));
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    see!(close(reading), write(writing, "x"));
}

fn both_ways() {
    ok!(mkfifo("p", 0o644));
    let fd = ok!(open("p", o::RDWR, 0));
    see!(write(fd, "to myself"), read(fd, 20), set_status_flags(fd, o::NONBLOCK), read(fd, 1), status_flags(fd));
}

fn end_when_writers_close() {
    ok!(mkfifo("p", 0o644));
    let reading = ok!(open("p", o::RDONLY | o::NONBLOCK, 0));
    let one = ok!(open("p", o::WRONLY, 0));
    let other = ok!(open("p", o::WRONLY, 0));
    see!(write(one, "1"), write(other, "2"), close(one), read(reading, 9), read(reading, 9), close(other), read(reading, 9));
}

fn reopened() {
    ok!(mkfifo("p", 0o644));
    let reading = ok!(open("p", o::RDONLY | o::NONBLOCK, 0));
    for text in ["one", "two"] {
        let writing = ok!(open("p", o::WRONLY, 0));
        see!(write(writing, text), close(writing), read(reading, 9), read(reading, 9));
    }
}

fn unlinked() {
    ok!(mkfifo("p", 0o644));
    let reading = ok!(open("p", o::RDONLY | o::NONBLOCK, 0));
    let writing = ok!(open("p", o::WRONLY, 0));
    see!(unlink("p"), write(writing, "still"), read(reading, 9), fstat(reading).map(|stat| stat.nlink));
    ok!(mkfifo("p", 0o644));
    see!(open("p", o::WRONLY | o::NONBLOCK, 0));
}

fn mode_is_checked() {
    ok!(mkfifo("p", 0o644));
    ok!(become_user(1234));
    see!(open("p", o::WRONLY | o::NONBLOCK, 0), done(open("p", o::RDONLY | o::NONBLOCK, 0)));
}

fn other_nodes() {
    see!(mknod("f", flags::mode::REG | 0o640, 0), kind("f"), mode("f"), put("f", "text"), get("f"));
    see!(mknod("s", flags::mode::SOCK | 0o600, 0), kind("s"), open("s", o::RDONLY, 0), mknod("d", flags::mode::DIR | 0o755, 0));
    see!(mknod("z", 0o644, 0), kind("z"), mknod("x", 0o170000, 0));
}

fn devices_by_plain_user() {
    ok!(chmod(".", 0o777));
    ok!(become_user(1234));
    see!(mknod("c", flags::mode::CHR | 0o644, 0x103), mknod("b", flags::mode::BLK | 0o644, 0x103), mkfifo("p", 0o644));
}

fn renamed_and_linked() {
    ok!(mkfifo("p", 0o644));
    ok!(link("p", "q"));
    let reading = ok!(open("p", o::RDONLY | o::NONBLOCK, 0));
    ok!(rename("p", "r"));
    let writing = ok!(open("q", o::WRONLY, 0));
    see!(write(writing, "same"), read(reading, 9), nlink("r"), same_file("q", "r"));
}
