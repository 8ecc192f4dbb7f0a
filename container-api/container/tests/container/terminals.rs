//! Programs on a terminal.

use std::io::{Read, Write};

use oac_container::{
    Container, Errno, Options, Process, Signal, SpawnOptions, Stream, TerminalSize, WaitStatus,
};

use crate::support::{PROGRAM, container};

const SIZE: TerminalSize = TerminalSize { rows: 24, columns: 80 };

fn start(container: &Container, args: &[&str]) -> (Process, Stream) {
    let options = SpawnOptions {
        terminal: Some(SIZE),
        env: vec![("TERM".into(), "xterm".into())],
        ..SpawnOptions::default()
    };
    let process = container.spawn(PROGRAM, args, &options).unwrap();
    let screen = process.terminal.as_ref().unwrap().try_clone().unwrap();
    (process, screen)
}

/// Reads from the screen until it has shown this.
fn expect(screen: &mut Stream, text: &str) {
    let mut shown = Vec::new();
    while !shown.ends_with(text.as_bytes()) {
        let mut byte = [0];
        match screen.read(&mut byte) {
            Ok(1) => shown.push(byte[0]),
            end => {
                panic!("{end:?}: expected {text:?}, the screen shows {:?}", String::from_utf8_lossy(&shown))
            }
        }
    }
}

#[test]
fn a_program_finds_its_terminal() {
    let container = container(Options::default());
    let (mut process, mut screen) = start(&container, &["terminal"]);
    expect(&mut screen, "Ok((24, 80)) Ok((24, 80)) true\r\n");
    let keys = process.terminal.as_mut().unwrap();
    // Typed, one letter taken back, echoed as Linux echoes it.
    keys.write_all(b"hellp\x7fo\r").unwrap();
    expect(&mut screen, "hellp\x08 \x08o\r\nread \"hello\\n\"\r\nready\r\n");
    process.resize(TerminalSize { rows: 50, columns: 132 }).unwrap();
    expect(&mut screen, "Ok((50, 132))\r\n");
    process.terminal.as_mut().unwrap().write_all(b"\x04").unwrap();
    expect(&mut screen, "end\r\n");
    assert_eq!(process.wait().unwrap().status, WaitStatus::Exited(0));
    let end = screen.read(&mut [0; 10]).unwrap_err();
    assert_eq!(end.raw_os_error(), Some(Errno::EIO.number().into()), "all have left the terminal");
}

#[test]
fn keys_are_signals_and_hanging_up_is_one() {
    let container = container(Options::default());
    for (keys, signal) in [(&b"\x03"[..], Signal::SIGINT), (b"\x1c", Signal::SIGQUIT)] {
        let (mut process, mut screen) = start(&container, &["block-ready"]);
        expect(&mut screen, "ready\r\n");
        process.terminal.as_mut().unwrap().write_all(keys).unwrap();
        assert_eq!(process.wait().unwrap().status, WaitStatus::Signaled(signal));
    }
    let (mut process, mut screen) = start(&container, &["block-ready"]);
    expect(&mut screen, "ready\r\n");
    drop((screen, process.terminal.take()));
    assert_eq!(process.wait().unwrap().status, WaitStatus::Signaled(Signal::SIGHUP));
    assert_eq!(process.resize(SIZE).unwrap_err().errno(), Some(Errno::ENOTTY));
}
