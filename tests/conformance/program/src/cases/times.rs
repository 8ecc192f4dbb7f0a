//! Times of files, and clocks.

use crate::posix::*;

cases! {
    set_exactly; set_partly; set_now; set_refusals; before_1970; set_by_descriptor; reading_and_writing; changing_metadata;
    changing_directories; truncating_to_same_size; empty_write; links_change_ctime; clocks; random_bytes; nanoseconds;
    =>
}

const NOW: i64 = flags::UTIME_NOW_NS;
const OMIT: i64 = flags::UTIME_OMIT_NS;

fn set_exactly() {
    ok!(put("f", ""));
    ok!(mkdir("d", 0o755));
    ok!(symlink("f", "s"));
    see!(utimens("f", 1_234_567_890_123_456_789, 987_654_321_000_000_001), times("f"), utimens("d", 1, 2), times("d"));
    see!(utimens("s", 3_000_000_000, 4_000_000_000), times("f"), ok!(times("s")).1 > 4_000_000_000);
}

fn set_partly() {
    ok!(put("f", ""));
    ok!(utimens("f", 10, 20));
    see!(utimens("f", OMIT, 30), times("f"), utimens("f", 40, OMIT), times("f"), utimens("f", OMIT, OMIT), times("f"));
    see!(utimens("missing", OMIT, OMIT));
}

fn set_now() {
    ok!(put("f", ""));
    ok!(utimens("f", 10, 20));
    let before = ok!(clock(CLOCK_REALTIME));
    ok!(utimens("f", NOW, OMIT));
    let (atime, mtime) = ok!(times("f"));
    // The kernel's clock for files ticks less often.
    see!(atime > before - 100_000_000, mtime);
}

fn set_refusals() {
    ok!(symlink("nowhere", "s"));
    see!(utimens("missing", 1, 2), utimens("s", 1, 2), lutimens("s", 1, 2), times("s"), raw::utimensat(99, b"x", 1, 2, 0));
}

fn before_1970() {
    ok!(put("f", ""));
    see!(utimens("f", -1, -1_500_000_000), times("f"));
}

fn set_by_descriptor() {
    ok!(put("f", ""));
    let fd = ok!(open("f", o::RDONLY, 0));
    see!(raw::utimensat(fd, b"", 5, 6, at::EMPTY_PATH), times("f"));
}

fn reading_and_writing() {
    ok!(put("f", "text"));
    ok!(utimens("f", 10, 20));
    let fd = ok!(open("f", o::RDWR, 0));
    see!(times("f"), write(fd, "x"), ok!(times("f")).1 > 20, ok!(stat("f")).ctime_ns >= ok!(stat("f")).mtime_ns);
    ok!(utimens("f", 10, 20));
    see!(pread(fd, 1, 0), ok!(times("f")).1);
}

fn changing_metadata() {
    ok!(put("f", ""));
    ok!(utimens("f", 10, 20));
    let before = ok!(stat("f")).ctime_ns;
    ok!(chmod("f", 0o600));
    see!(times("f"), ok!(stat("f")).ctime_ns >= before, ok!(stat("f")).ctime_ns > 20);
    ok!(link("f", "g"));
    see!(times("f"));
}

fn changing_directories() {
    ok!(mkdir("d", 0o755));
    let tried = |what: &str, action: &dyn Fn() -> Result<()>| {
        let _ = utimens("d", 10, 20);
        let result = action();
        say!("{what}: {}, changed: {:?}", result.shown(), times("d").map(|(_, mtime)| mtime > 20));
    };
    tried("make", &|| put("d/f", ""));
    tried("write", &|| put("d/f", "x"));
    tried("chmod", &|| chmod("d/f", 0o600));
    tried("link", &|| link("d/f", "d/g"));
    tried("rename", &|| rename("d/f", "d/h"));
    tried("unlink", &|| unlink("d/h"));
    tried("mkdir", &|| mkdir("d/e", 0o755));
    tried("in it", &|| put("d/e/f", ""));
    tried("refused", &|| unlink("d/missing"));
}

fn truncating_to_same_size() {
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDWR, 0));
    ok!(utimens("f", 10, 20));
    see!(ftruncate(fd, 4), ok!(times("f")).1 > 20);
    ok!(put("g", ""));
    ok!(utimens("g", 10, 20));
    see!(done(open("g", o::WRONLY | o::TRUNC, 0)), ok!(times("g")).1 > 20);
}

fn empty_write() {
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDWR, 0));
    ok!(utimens("f", 10, 20));
    see!(write(fd, ""), times("f"), read(fd, 0), times("f"));
}

fn links_change_ctime() {
    ok!(put("f", ""));
    ok!(link("f", "g"));
    let before = ok!(stat("f")).ctime_ns;
    ok!(unlink("g"));
    see!(ok!(stat("f")).ctime_ns >= before, nlink("f"));
}

fn clocks() {
    let (first, second) = (ok!(clock(CLOCK_MONOTONIC)), ok!(clock(CLOCK_MONOTONIC)));
    see!(second >= first, ok!(clock(CLOCK_REALTIME)) > 1_700_000_000_000_000_000, ok!(clock(2)) >= 0, clock(99).map(|_| ()));
    see!(poll(&[], 20), ok!(clock(CLOCK_MONOTONIC)) - first >= 20_000_000);
}

fn random_bytes() {
    let (one, other) = (ok!(random(32)), ok!(random(32)));
    see!(one != other, one.len(), random(0).map(|bytes| bytes.len()));
}

fn nanoseconds() {
    ok!(put("f", ""));
    see!(utimens("f", 999_999_999, 1_999_999_999), times("f"));
}
