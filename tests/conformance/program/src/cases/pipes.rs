//! Pipes.

use crate::posix::*;

cases! {
    through; end_of_file; broken; broken_kills; broken_ignored; nonblocking; capacity; atomic_writes; partial_write; nonblocking_end;
    short_reads; wrong_ends; between_children; many_writers; wakes_reader; wakes_writer; large_transfer; fionread_counts;
    poll_of_ends; open_again_by_proc; stat_of_pipe;
    =>
    write_and_exit; copy_to_output; write_much; write_broken; read_slowly;
}

fn write_and_exit(arguments: &[&str]) -> i32 {
    child_ok!(write(3, arguments.first().unwrap_or(&"")));
    0
}

/// From 3 to 4 until the end.
fn copy_to_output(_: &[&str]) -> i32 {
    loop {
        let Text(bytes) = child_ok!(read(3, 1000));
        if bytes.is_empty() {
            return 0;
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            rest = &rest[child_ok!(write_bytes(4, rest))..];
        }
    }
}

fn write_much(arguments: &[&str]) -> i32 {
    let bytes: usize = arguments.first().and_then(|n| n.parse().ok()).unwrap_or(0);
    let all: Vec<u8> = (0..bytes).map(|n| (n % 251) as u8).collect();
    let mut rest = &all[..];
    while !rest.is_empty() {
        rest = &rest[child_ok!(write_bytes(3, rest))..];
    }
    0
}

fn write_broken(arguments: &[&str]) -> i32 {
    if arguments == ["ignore"] {
        child_ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    }
    say!("child writes: {}", write(3, "x").shown());
    7
}

fn read_slowly(_: &[&str]) -> i32 {
    let Text(all) = child_ok!(read_all(3));
    say!("child has read {}", all.len());
    0
}

fn through() {
    let (reading, writing) = ok!(pipe(0));
    see!(reading, writing, write(writing, "hello"), read(reading, 3), write(writing, "!"), read(reading, 10));
}

fn end_of_file() {
    let (reading, writing) = ok!(pipe(0));
    ok!(write(writing, "last"));
    see!(close(writing), read(reading, 10), read(reading, 10), read(reading, 10));
}

fn broken() {
    ok!(sigaction(Signal::SIGPIPE, Disposition::Ignore));
    let (reading, writing) = ok!(pipe(0));
    see!(close(reading), write(writing, "x"), write(writing, ""));
}

fn broken_kills() {
    let (reading, writing) = ok!(pipe(0));
    ok!(close(reading));
    see!(child("write_broken", &[]).fd(3, writing).run());
}

fn broken_ignored() {
    let (reading, writing) = ok!(pipe(0));
    ok!(close(reading));
    see!(child("write_broken", &["ignore"]).fd(3, writing).run());
}

fn nonblocking() {
    let (reading, writing) = ok!(pipe(o::NONBLOCK));
    see!(read(reading, 1), write(writing, "x"), read(reading, 9), read(reading, 9), close(writing), read(reading, 9));
}

fn capacity() {
    let (reading, writing) = ok!(pipe(o::NONBLOCK));
    let block = vec![b'x'; 4096];
    let mut total = 0;
    let end = loop {
        match write_bytes(writing, &block) {
            Ok(len) => total += len,
            Err(errno) => break errno.name(),
        }
    };
    say!("{total} bytes, then {end}");
    see!(ready(writing), ok!(read(reading, 4096)).0.len(), ready(writing), write_bytes(writing, &block), write(writing, "x"));
}

fn atomic_writes() {
    let (reading, writing) = ok!(pipe(o::NONBLOCK));
    ok!(write_bytes(writing, &vec![b'x'; 65536]));
    ok!(read(reading, 4096));
    // 4096 bytes are free: what is no longer goes whole.
    see!(write_bytes(writing, &[b'y'; 4096]), write_bytes(writing, b"z"));
}

fn partial_write() {
    let (reading, writing) = ok!(pipe(o::NONBLOCK));
    see!(write_bytes(writing, &vec![b'x'; 100_000]), write(writing, "x"), ok!(read(reading, 200_000)).0.len());
}

fn nonblocking_end() {
    let (reading, writing) = ok!(pipe(0));
    see!(set_status_flags(reading, o::NONBLOCK), read(reading, 1), status_flags(reading), status_flags(writing));
}

fn short_reads() {
    let (reading, writing) = ok!(pipe(0));
    ok!(write(writing, "one"));
    ok!(write(writing, "two"));
    see!(read(reading, 4), read(reading, 100));
}

fn wrong_ends() {
    let (reading, writing) = ok!(pipe(0));
    see!(write(reading, "x"), read(writing, 1), ftruncate(writing, 0));
}

fn between_children() {
    let (r1, w1) = ok!(pipe(o::CLOEXEC));
    let (r2, w2) = ok!(pipe(o::CLOEXEC));
    let first = ok!(child("write_and_exit", &["through two"]).fd(3, w1).start());
    let second = ok!(child("copy_to_output", &[]).fd(3, r1).fd(4, w2).start());
    for fd in [r1, w1, w2] {
        ok!(close(fd));
    }
    see!(read_all(r2), wait_for(first), wait_for(second));
}

fn many_writers() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let mut children = Vec::new();
    for n in 0..4 {
        let text = format!("{n}").repeat(1000);
        children.push(ok!(child("write_and_exit", &[&text]).fd(3, writing).start()));
    }
    ok!(close(writing));
    let Text(all) = ok!(read_all(reading));
    for pid in children {
        see!(wait_for(pid));
    }
    let mut whole: Vec<bool> = all.chunks(1000).map(|chunk| chunk.iter().all(|byte| *byte == chunk[0])).collect();
    whole.dedup();
    see!(all.len(), format!("{whole:?}"));
}

fn wakes_reader() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let (answers, answer) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("copy_to_output", &[]).fd(3, reading).fd(4, answer).start());
    for text in ["one", "two", "three"] {
        see!(write(writing, text), read(answers, 10));
    }
    see!(close(writing), wait_for(pid));
}

fn wakes_writer() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("write_much", &["200000"]).fd(3, writing).start());
    ok!(close(writing));
    let Text(all) = ok!(read_all(reading));
    see!(all.len(), all.iter().enumerate().all(|(n, byte)| *byte == (n % 251) as u8), wait_for(pid));
}

fn large_transfer() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("read_slowly", &[]).fd(3, reading).start());
    ok!(close(reading));
    let block = vec![1; 300_000];
    see!(write_bytes(writing, &block), write_bytes(writing, &block), close(writing), wait_for(pid));
}

fn fionread_counts() {
    let (reading, writing) = ok!(pipe(0));
    see!(fionread(reading), write(writing, "hello"), fionread(reading), read(reading, 2), fionread(reading));
}

fn poll_of_ends() {
    let (reading, writing) = ok!(pipe(0));
    see!(ready(reading), ready(writing), write(writing, "x"), ready(reading), close(writing), ready(reading), read(reading, 9), ready(reading));
    let (reading, writing) = ok!(pipe(0));
    see!(close(reading), ready(writing));
}

fn open_again_by_proc() {
    let (reading, writing) = ok!(pipe(0));
    let again = ok!(open(&format!("/proc/self/fd/{writing}"), o::WRONLY, 0));
    see!(write(again, "again"), close(writing), read(reading, 9), close(again), read(reading, 9));
}

fn stat_of_pipe() {
    let (reading, writing) = ok!(pipe(0));
    let (one, other) = (ok!(fstat(reading)), ok!(fstat(writing)));
    see!(one.ino == other.ino, one.dev == other.dev, Octal(one.mode), fchdir(reading), fsync(writing));
}
