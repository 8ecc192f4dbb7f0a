//! `oac run -t` on a terminal of this machine: keys, size, and the terminal as it was afterwards.

// Helpers of tests fail as tests do; clippy's own exception covers only functions marked #[test].
#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    process::{Child, Command},
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};

#[path = "../../container/tests/container/test_program.rs"]
mod test_program;

/// A terminal of this machine with `oac` on it; this side is the person before it.
struct Terminal {
    master: File,
    slave: File,
    oac: Child,
}

fn size(rows: u16, columns: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Terminal {
    fn start(name: &str, options: &[&str], duty: &[&str]) -> Terminal {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("terminal-{name}"));
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join("t.wasm");
        fs::write(&program, test_program::wasm()).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();

        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap();
        let no_terminal_of_ours = rustix::fs::OFlags::NOCTTY.bits() as i32;
        let mut opening = OpenOptions::new();
        let slave = opening.read(true).write(true).custom_flags(no_terminal_of_ours);
        let slave = slave.open(path.to_str().unwrap()).unwrap();
        tcsetwinsize(&master, size(24, 80)).unwrap();
        let volume = format!("{}:/work:ro", folder.display());
        let oac = Command::new(env!("CARGO_BIN_EXE_oac"))
            .args(["run", "-t", "-v", &volume])
            .args(options)
            .args(["--", "/work/t.wasm"])
            .args(duty)
            .env_remove("OAC_PROGRAMS_DIR")
            .env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave.try_clone().unwrap())
            .spawn()
            .unwrap();
        Terminal { master: master.into(), slave, oac }
    }

    fn expect(&mut self, text: &str) {
        let mut shown = Vec::new();
        while !shown.ends_with(text.as_bytes()) {
            let mut byte = [0];
            self.master.read_exact(&mut byte).unwrap();
            shown.push(byte[0]);
        }
        assert_eq!(String::from_utf8_lossy(&shown), text);
    }

    fn is_raw(&self) -> bool {
        !tcgetattr(&self.slave).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.oac), signal).unwrap();
    }

    /// Ends with this status, and leaves the terminal as it was.
    fn ends(mut self, status: i32) {
        assert_eq!(self.oac.wait().unwrap().code(), Some(status));
        assert!(!self.is_raw(), "the terminal is given back");
    }
}

#[test]
fn a_session_on_a_terminal() {
    let mut terminal = Terminal::start("session", &[], &["terminal"]);
    terminal.expect("Ok((24, 80)) Ok((24, 80)) true\r\n");
    assert!(terminal.is_raw());
    terminal.master.write_all(b"hello\r").unwrap();
    terminal.expect("hello\r\nread \"hello\\n\"\r\nready\r\n");
    tcsetwinsize(&terminal.master, size(50, 132)).unwrap();
    // What the terminal itself sends to whom it controls.
    terminal.signal(Signal::WINCH);
    terminal.expect("Ok((50, 132))\r\n");
    terminal.master.write_all(b"\x04").unwrap();
    terminal.expect("end\r\n");
    terminal.ends(0);
}

#[test]
fn the_interrupt_key_is_the_programs() {
    let mut terminal = Terminal::start("interrupt", &["-i"], &["block-ready"]);
    terminal.expect("ready\r\n");
    terminal.master.write_all(b"\x03").unwrap();
    terminal.expect("^C");
    terminal.ends(128 + 2);
}

#[test]
fn the_terminal_comes_back_however_it_ends() {
    let mut terminal = Terminal::start("killed", &[], &["block-ready"]);
    terminal.expect("ready\r\n");
    terminal.signal(Signal::TERM);
    terminal.ends(128 + 15);

    let mut terminal = Terminal::start("timeout", &["--timeout", "500ms"], &["block-ready"]);
    terminal.expect("ready\r\n");
    terminal.ends(124);

    // abort(3) of oac itself, as when memory runs out.
    let mut terminal = Terminal::start("aborted", &[], &["block-ready"]);
    terminal.expect("ready\r\n");
    assert!(terminal.is_raw());
    terminal.signal(Signal::ABORT);
    while terminal.is_raw() {
        std::thread::yield_now();
    }
    terminal.oac.kill().unwrap();
    terminal.oac.wait().unwrap();
}
