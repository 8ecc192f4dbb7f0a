//! poll(2).

use oac_abi::flags::poll as bits;

use crate::posix::*;

cases! {
    nothing_ready; files_are_ready; several; bad_descriptor; negative_descriptor; times_out; waits_for_child; only_what_is_asked;
    always_told; same_descriptor_twice; devices; directories; no_descriptors; large_set; wakes_on_close; own_end;
    =>
    write_three;
}

fn write_three(_: &[&str]) -> i32 {
    child_ok!(write(3, "from the child"));
    0
}

fn nothing_ready() {
    let (reading, writing) = ok!(pipe(0));
    see!(poll(&[(reading, bits::IN)], 0), poll(&[(reading, bits::IN), (writing, bits::OUT)], -1), poll(&[(reading, bits::OUT)], 0));
}

fn files_are_ready() {
    ok!(put("f", ""));
    let reading = ok!(open("f", o::RDONLY, 0));
    let writing = ok!(open("f", o::WRONLY, 0));
    see!(ready(reading), ready(writing), poll(&[(reading, 0)], 0));
}

fn several() {
    let (r1, w1) = ok!(pipe(0));
    let (r2, _w2) = ok!(pipe(0));
    ok!(write(w1, "x"));
    see!(poll(&[(r1, bits::IN), (r2, bits::IN), (w1, bits::OUT | bits::IN)], -1));
}

fn bad_descriptor() {
    let (reading, _writing) = ok!(pipe(0));
    see!(poll(&[(99, bits::IN), (reading, bits::IN)], -1), poll(&[(99, 0)], -1));
}

fn negative_descriptor() {
    let (reading, writing) = ok!(pipe(0));
    ok!(write(writing, "x"));
    see!(poll(&[(-1, bits::IN), (reading, bits::IN), (-99, bits::OUT)], -1));
}

fn times_out() {
    let (reading, _writing) = ok!(pipe(0));
    let before = ok!(clock(CLOCK_MONOTONIC));
    see!(poll(&[(reading, bits::IN)], 30), ok!(clock(CLOCK_MONOTONIC)) - before >= 30_000_000);
}

fn waits_for_child() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("write_three", &[]).fd(3, writing).start());
    ok!(close(writing));
    see!(poll(&[(reading, bits::IN)], -1).is_ok(), wait_for(pid), ready(reading), read(reading, 100), ready(reading));
}

fn only_what_is_asked() {
    let (one, other) = ok!(socketpair(1));
    ok!(write(other, "x"));
    see!(poll(&[(one, bits::IN)], 0), poll(&[(one, bits::OUT)], 0), poll(&[(one, bits::PRI)], 0), poll(&[(one, 0)], 0));
}

fn always_told() {
    let (reading, writing) = ok!(pipe(0));
    see!(close(writing), poll(&[(reading, 0)], -1));
    let (reading, writing) = ok!(pipe(0));
    see!(close(reading), poll(&[(writing, 0)], -1));
}

fn same_descriptor_twice() {
    let (reading, writing) = ok!(pipe(0));
    ok!(write(writing, "x"));
    see!(poll(&[(reading, bits::IN), (reading, bits::IN | bits::OUT), (reading, 0)], -1));
}

fn devices() {
    for path in ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/full"] {
        let fd = ok!(open(path, o::RDWR, 0));
        say!("{path}: {}", ready(fd).shown());
    }
}

fn directories() {
    let fd = ok!(open(".", o::RDONLY, 0));
    see!(ready(fd));
}

fn no_descriptors() {
    see!(poll(&[], 0), poll(&[], 1));
}

fn large_set() {
    let (reading, writing) = ok!(pipe(0));
    ok!(write(writing, "x"));
    let set: Vec<(i32, u16)> = (0..500).map(|_| (reading, bits::IN)).collect();
    see!(ok!(poll(&set, 0)).iter().filter(|events| *events == "IN").count());
}

fn wakes_on_close() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("write_three", &[]).fd(3, writing).start());
    ok!(close(writing));
    ok!(wait_for(pid));
    see!(poll(&[(reading, bits::IN | bits::RDHUP)], -1), read_all(reading), poll(&[(reading, bits::IN)], -1));
}

fn own_end() {
    let (one, other) = ok!(socketpair(1));
    see!(shutdown(one, 1), ready(one), ready(other), shutdown(one, 0), ready(one), ready(other));
}
