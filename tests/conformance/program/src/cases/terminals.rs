//! Pseudo-terminals: the line discipline, attributes, window sizes.

use oac_abi::flags::poll as bits;
use oac_abi::termios::{Termios, input, local, output, special};

use crate::posix::*;

cases! {
    attributes_of_new; not_a_terminal; cooked_line; echo; no_echo; erase; kill_line; word_erase; end_of_file; end_of_file_after_text;
    carriage_return; output_newlines; raw_input; raw_output; raw_minimum; long_line; interrupt_character; special_echo;
    canonical_waits_for_line; switch_to_raw; window_size; window_size_is_shared; master_closes; slave_closes; slave_opens_again;
    slave_name; flush_input; literal_next; nonblocking_terminal; poll_of_terminal; quit_and_suspend_off; fionread_of_terminal;
    attributes_round_trip; several_lines; nl_off; echo_of_newline_only;
    =>
}

/// Turns the processing of input and output off, as cfmakeraw(3).
fn make_raw(termios: &mut Termios) {
    termios.input &= !(input::ICRNL | input::IXON | input::INLCR | input::IGNCR | input::ISTRIP | input::BRKINT);
    termios.output &= !output::OPOST;
    termios.local &= !(local::ECHO | local::ECHONL | local::ICANON | local::ISIG | local::IEXTEN);
    termios.characters[special::VMIN] = 1;
    termios.characters[special::VTIME] = 0;
}

/// Waits until the discipline has something to read.
fn come(slave: i32) -> Result<()> {
    wait_ready(slave, bits::IN).map(drop)
}

fn attributes_of_new() {
    let (master, slave) = ok!(openpty(0));
    let termios = ok!(tcgetattr(slave));
    see!(Octal(termios.input), Octal(termios.output), Octal(termios.local), Octal(termios.control & 0o7777), u32::from(termios.line));
    see!(Text(termios.characters.to_vec()), ok!(tcgetattr(master)) == termios, isatty(master), isatty(slave), tcgetwinsize(slave));
    see!(fstat(slave).map(|stat| kind_of(&stat)), fstat(master).map(|stat| kind_of(&stat)), lseek(slave, 0, SEEK_CUR));
}

fn not_a_terminal() {
    ok!(put("f", ""));
    let file = ok!(open("f", o::RDWR, 0));
    let (reading, _) = ok!(pipe(0));
    let null = ok!(open("/dev/null", o::RDWR, 0));
    for fd in [file, reading, null] {
        see!(tcgetattr(fd).map(|_| ()), tcgetwinsize(fd), tcsetwinsize(fd, 1, 1), tcgetpgrp(fd), ptsnumber(fd), tcsetctty(fd));
    }
    see!(tcgetattr(99).map(|_| ()), tcgetwinsize(99), isatty(99));
}

fn cooked_line() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "hello\n"), read(slave, 100), write(master, "a\nb\n"), read(slave, 100), read(slave, 100));
    see!(write(master, "hello\n"), read(slave, 3), read(slave, 100));
}

fn echo() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "hi\n"), echoed(master, "\n"), read(slave, 100));
}

fn no_echo() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    ok!(change(slave, |termios| termios.local &= !local::ECHO));
    see!(write(master, "secret\n"), come(slave), read(master, 100), read(slave, 100));
}

fn erase() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "abc\x7f\x7fX\n"), read(slave, 100), echoed(master, "\n"), write(master, "\x7f\x7fY\n"), read(slave, 100), echoed(master, "\n"));
}

fn kill_line() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "abc\x15de\n"), read(slave, 100), echoed(master, "\n"));
}

fn word_erase() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "one two  \x17X\n"), read(slave, 100), echoed(master, "\n"));
}

fn end_of_file() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "\x04"), read(slave, 100), write(master, "more\n"), read(slave, 100));
}

fn end_of_file_after_text() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "part\x04"), read(slave, 100), write(master, "\x04"), read(slave, 100), echoed(master, "part"));
}

fn carriage_return() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "a\r"), read(slave, 100), echoed(master, "\n"));
    ok!(change(slave, |termios| termios.input = input::IGNCR));
    see!(write(master, "b\rc\n"), read(slave, 100));
    ok!(change(slave, |termios| termios.input = input::INLCR));
    ok!(change(slave, |termios| termios.local &= !local::ICANON));
    see!(write(master, "d\n"), read(slave, 100));
}

fn output_newlines() {
    let (master, slave) = ok!(openpty(0));
    see!(write(slave, "a\nb\r\nc"), echoed(master, "c"));
    ok!(change(slave, |termios| termios.output = output::OPOST));
    see!(write(slave, "a\nb"), echoed(master, "b"));
    ok!(change(slave, |termios| termios.output = output::OPOST | output::OCRNL));
    see!(write(slave, "a\rb"), echoed(master, "b"));
}

fn raw_input() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    ok!(change(slave, make_raw));
    see!(write(master, "a\r\n\x03\x04\x7f"), come(slave), read(slave, 100), read(master, 100), read(slave, 100));
}

fn raw_output() {
    let (master, slave) = ok!(openpty(0));
    ok!(change(slave, make_raw));
    see!(write(slave, "a\nb\t\x1b[0m"), echoed(master, "m"));
}

fn raw_minimum() {
    let (master, slave) = ok!(openpty(0));
    ok!(change(slave, |termios| {
        make_raw(termios);
        termios.characters[special::VMIN] = 0;
    }));
    see!(read(slave, 10), write(master, "xy"), come(slave), read(slave, 10), read(slave, 10));
}

fn long_line() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    ok!(change(slave, |termios| termios.local &= !local::ECHO));
    ok!(write_bytes(master, &[b'x'; 3000]));
    // A line has at most 4095 characters and its end; what is above is lost.
    ok!(write_bytes(master, &[b'y'; 3000]));
    ok!(write(master, "\n"));
    ok!(come(slave));
    let Text(line) = ok!(read(slave, 10_000));
    see!(line.len(), line.ends_with(b"\n"));
}

fn interrupt_character() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    // Nobody is in the foreground; the line is thrown away all the same.
    see!(write(master, "abc\x03def\n"), come(slave), read(slave, 100), echoed(master, "\n"));
}

fn special_echo() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "a\x01b\tc\n"), read(slave, 100), echoed(master, "\n"));
    ok!(change(slave, |termios| termios.local &= !local::ECHOCTL));
    see!(write(master, "a\x01b\n"), read(slave, 100), echoed(master, "\n"));
}

fn canonical_waits_for_line() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    see!(write(master, "part"), echoed(master, "part"), ready(slave), read(slave, 100), write(master, "ial\n"), come(slave), ready(slave), read(slave, 100));
}

fn switch_to_raw() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    see!(write(master, "half"), echoed(master, "half"), read(slave, 9), change(slave, make_raw), read(slave, 100));
}

fn window_size() {
    let (master, slave) = ok!(openpty(0));
    see!(tcgetwinsize(slave), tcsetwinsize(master, 24, 80), tcgetwinsize(slave), tcsetwinsize(slave, 50, 132), tcgetwinsize(master));
}

fn window_size_is_shared() {
    let (master, slave) = ok!(openpty(0));
    ok!(tcsetwinsize(master, 7, 9));
    let again = ok!(open(&format!("/dev/pts/{}", ok!(ptsnumber(master))), o::RDWR | o::NOCTTY, 0));
    let _ = slave;
    see!(tcgetwinsize(again), isatty(again));
}

fn master_closes() {
    let (master, slave) = ok!(openpty(0));
    ok!(write(master, "left\n"));
    ok!(come(slave));
    see!(close(master), ready(slave), write(slave, "x"), read(slave, 10), tcgetattr(slave).map(|_| ()));
}

fn slave_closes() {
    let (master, slave) = ok!(openpty(0));
    ok!(write(slave, "last words"));
    see!(echoed(master, "words"), close(slave), read(master, 100), ready(master));
}

fn slave_opens_again() {
    let (master, slave) = ok!(openpty(0));
    let name = format!("/dev/pts/{}", ok!(ptsnumber(master)));
    ok!(close(slave));
    let slave = ok!(open(&name, o::RDWR | o::NOCTTY, 0));
    see!(write(slave, "back"), echoed(master, "back"), write(master, "in\n"), read(slave, 100));
}

fn slave_name() {
    let (master, slave) = ok!(openpty(0));
    let name = format!("/dev/pts/{}", ok!(ptsnumber(master)));
    let by_name = ok!(stat(&name));
    let by_descriptor = ok!(fstat(slave));
    see!(by_name.ino == by_descriptor.ino, by_name.rdev == by_descriptor.rdev, kind_of(&by_name).to_owned(), done(ptsnumber(slave)));
    see!(readlink(&format!("/proc/self/fd/{slave}")).map(|path| path == name));
}

fn flush_input() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    see!(write(master, "gone\n"), come(slave), tcflush(slave, TCIFLUSH), read(slave, 100), write(master, "kept\n"), come(slave), read(slave, 100));
    let termios = ok!(tcgetattr(slave));
    see!(write(master, "gone\n"), come(slave), tcsetattr(slave, TCSAFLUSH, &termios), read(slave, 100), tcsetattr(slave, 9, &termios), tcflush(slave, 9));
}

fn literal_next() {
    let (master, slave) = ok!(openpty(0));
    see!(write(master, "a\x16\x03\x16\x7fb\n"), read(slave, 100), echoed(master, "\n"));
}

fn nonblocking_terminal() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    see!(read(master, 1), read(slave, 1), status_flags(slave));
}

fn poll_of_terminal() {
    let (master, slave) = ok!(openpty(0));
    see!(ready(master), ready(slave), write(slave, "x"), come(master), ready(master), read(master, 9), ready(master), write(master, "y\n"), come(slave), ready(slave));
}

fn quit_and_suspend_off() {
    let (master, slave) = ok!(openpty(0));
    ok!(change(slave, |termios| termios.local &= !local::ISIG));
    see!(write(master, "a\x03\x1c\x1ab\n"), read(slave, 100), echoed(master, "\n"));
}

fn fionread_of_terminal() {
    let (master, slave) = ok!(openpty(0));
    see!(fionread(slave), write(master, "half"), echoed(master, "half"), fionread(slave), write(master, "\n"), come(slave), fionread(slave), read(slave, 2), fionread(slave));
}

fn attributes_round_trip() {
    let (master, slave) = ok!(openpty(0));
    let before = ok!(tcgetattr(slave));
    ok!(change(slave, make_raw));
    let raw = ok!(tcgetattr(master));
    see!(raw != before, raw.local & (local::ICANON | local::ECHO), tcsetattr(master, TCSANOW, &before), ok!(tcgetattr(slave)) == before);
}

fn several_lines() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    see!(write(master, "one\ntwo\nthr"), echoed(master, "thr"), read(slave, 100), read(slave, 100), read(slave, 100), write(master, "ee\n"), come(slave), read(slave, 100));
}

fn nl_off() {
    let (master, slave) = ok!(openpty(o::NONBLOCK));
    ok!(change(slave, |termios| {
        termios.input = 0;
        termios.characters[special::VEOL] = b';';
    }));
    see!(write(master, "a\r"), echoed(master, "^M"), read(slave, 9), write(master, "b;"), come(slave), read(slave, 9));
}

fn echo_of_newline_only() {
    let (master, slave) = ok!(openpty(0));
    ok!(change(slave, |termios| termios.local = termios.local & !local::ECHO | local::ECHONL));
    see!(write(master, "quiet\n"), read(slave, 100), echoed(master, "\n"));
}
