//! The same random keys, writes, reads and changes of attributes on a Linux pseudo-terminal and on ours: every byte, errno and
//! poll result must be the same.
//!
//! Linux is the oracle, so the test runs there only. Its line discipline works in the background; `Linux::settle` waits for it
//! without looking at a clock. The terminals are nobody's, so signals go nowhere, but what they flush shows.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod machine;

use std::{
    ffi::CString,
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    flags::open,
    nr,
    termios::{Termios, input, local, output, special},
};
use oac_kernel::TaskId;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize]
    }

    /// Some of the flags.
    fn flags(&mut self, of: &[u32], one_in: u64) -> u32 {
        of.iter().filter(|_| self.roll(one_in) == 0).fold(0, |all, flag| all | flag)
    }

    fn bytes(&mut self, max: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..=self.roll(max) {
            match self.roll(8) {
                0 => bytes.extend("é€".chars().nth(self.roll(2) as usize).unwrap().to_string().bytes()),
                1 | 2 => bytes.push(self.pick(&SPECIAL)),
                3 => bytes.push(self.pick(b"\t\n\r\x08\x7f\xff\x80\0 _-")),
                _ => bytes.push(self.pick(b"abcXYZ 19_.")),
            }
        }
        bytes
    }
}

/// ^C ^D ^Q ^R ^S ^U ^V ^W ^Z ^\ and others that may be made special.
const SPECIAL: [u8; 14] = [3, 4, 17, 18, 19, 21, 22, 23, 26, 28, 127, b'!', b'\n', 4];

#[derive(Clone, Debug)]
enum Operation {
    /// Bytes from the one who types.
    Type(Vec<u8>),
    /// Bytes from the program.
    Write(Vec<u8>),
    /// One read(2) of the program.
    Read(usize),
    Attributes(u32, Termios),
    AttributesOfMaster,
    Size(u16, u16),
    Flush {
        master: bool,
        queue: u32,
    },
    CloseSlave,
    OpenSlave,
}

impl Operation {
    fn random(dice: &mut Dice) -> Operation {
        match dice.roll(30) {
            0..10 => Operation::Type(dice.bytes(20)),
            10..14 => Operation::Write(dice.bytes(12)),
            14..23 => Operation::Read(dice.pick(&[1, 2, 3, 10, 64, 65, 200])),
            23..26 => Operation::Attributes(dice.roll(3) as u32, random_termios(dice)),
            26 => Operation::AttributesOfMaster,
            27 => Operation::Size(dice.roll(2) as u16, dice.roll(3) as u16),
            28 => Operation::Flush { master: dice.roll(3) == 0, queue: dice.roll(3) as u32 },
            _ if dice.roll(3) == 0 => Operation::CloseSlave,
            _ => Operation::OpenSlave,
        }
    }
}

fn random_termios(dice: &mut Dice) -> Termios {
    let mut termios = Termios::default();
    if dice.roll(6) == 0 {
        // Raw, as cfmakeraw(3) has it.
        (termios.input, termios.output, termios.local) = (0, 0, 0);
        return termios;
    }
    let inputs = [
        input::INLCR,
        input::IGNCR,
        input::ICRNL,
        input::IXON,
        input::IXANY,
        input::IUTF8,
        input::PARMRK,
        input::ISTRIP,
    ];
    let outputs = [output::ONLCR, output::OCRNL, output::ONOCR, output::ONLRET, output::XTABS];
    let locals = [local::ECHONL, local::NOFLSH, local::ECHOPRT];
    let usual =
        [local::ISIG, local::ICANON, local::ECHO, local::ECHOE, local::ECHOK, local::ECHOCTL, local::ECHOKE];
    termios.input = dice.flags(&inputs, 4) | if dice.roll(3) > 0 { input::ICRNL | input::IXON } else { 0 };
    termios.output = dice.flags(&outputs, 4) | if dice.roll(4) > 0 { output::OPOST } else { 0 };
    termios.local = dice.flags(&locals, 6) | local::IEXTEN;
    for flag in usual {
        termios.local |= if dice.roll(5) > 0 { flag } else { 0 };
    }
    if dice.roll(8) == 0 {
        termios.local &= !local::IEXTEN;
    }
    for (index, byte) in [(special::VEOL, b'!'), (special::VEOL2, b'.'), (special::VERASE, 8)] {
        if dice.roll(4) == 0 {
            termios.characters[index] = byte;
        }
    }
    if dice.roll(3) == 0 {
        termios.characters[dice.roll(special::COUNT as u64) as usize] = 0;
    }
    // Blocking is not what is compared here.
    termios.characters[special::VTIME] = 0;
    termios.characters[special::VMIN] = dice.pick(&[0, 1, 1, 5]);
    termios
}

/// What came of an operation, what the master then shows, and what poll(2) says of both ends.
type Outcome = (Result<Vec<u8>, Errno>, Vec<u8>, [u16; 2]);

const POLLED: u16 = (libc::POLLIN | libc::POLLOUT | libc::POLLHUP | libc::POLLERR) as u16;

struct Linux {
    master: OwnedFd,
    slave: Option<OwnedFd>,
    name: CString,
}

fn last_errno() -> Errno {
    Errno::from_number(io::Error::last_os_error().raw_os_error().unwrap().into()).unwrap()
}

fn checked(result: i64) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| last_errno())
}

fn open_file(path: &CString) -> OwnedFd {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_NONBLOCK | libc::O_CLOEXEC;
    // SAFETY: the path is NUL-terminated, and the result is checked to be a descriptor of ours.
    unsafe {
        let fd = libc::open(path.as_ptr(), flags);
        assert!(fd >= 0, "{path:?}: {}", io::Error::last_os_error());
        OwnedFd::from_raw_fd(fd)
    }
}

/// ioctl(2) with a pointer to a value.
fn control<T>(fd: &OwnedFd, request: libc::c_ulong, value: &mut T) -> Result<usize, Errno> {
    // SAFETY: each caller passes the type that its request reads or writes.
    checked(unsafe { libc::ioctl(fd.as_raw_fd(), request, value) }.into())
}

impl Linux {
    fn new() -> Linux {
        let master = open_file(&c"/dev/ptmx".into());
        control(&master, libc::TIOCSPTLCK, &mut 0i32).unwrap();
        let mut number = 0i32;
        control(&master, libc::TIOCGPTN, &mut number).unwrap();
        let name = CString::new(format!("/dev/pts/{number}")).unwrap();
        let slave = Some(open_file(&name));
        Linux { master, slave, name }
    }

    /// Waits until what the master wrote has been taken in: when there is nothing to read, poll(2) of the slave waits for the
    /// work; when there is, the work has begun (for there was nothing to read before it), and setting the line discipline that
    /// the terminal has waits for its end.
    fn settle(&self) {
        if let Some(slave) = &self.slave {
            self.poll(slave);
            control(slave, libc::TIOCSETD, &mut 0i32).unwrap();
        }
    }

    fn poll(&self, fd: &OwnedFd) -> u16 {
        let mut record = libc::pollfd { fd: fd.as_raw_fd(), events: POLLED as i16, revents: 0 };
        // SAFETY: one record, as it says.
        assert!(unsafe { libc::poll(&mut record, 1, 0) } >= 0);
        record.revents as u16 & POLLED
    }

    fn read(fd: &OwnedFd, capacity: usize) -> Result<Vec<u8>, Errno> {
        let mut buf = vec![0; capacity];
        // SAFETY: the buffer has that many bytes.
        let len = checked(unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), capacity) } as i64)?;
        buf.truncate(len);
        Ok(buf)
    }

    fn write(fd: &OwnedFd, bytes: &[u8]) -> Result<Vec<u8>, Errno> {
        // SAFETY: the buffer has that many bytes.
        let len = checked(unsafe { libc::write(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) } as i64);
        Ok(len?.to_le_bytes().to_vec())
    }

    fn act(&mut self, operation: &Operation) -> Result<Vec<u8>, Errno> {
        match operation {
            Operation::Type(bytes) => {
                let written = Linux::write(&self.master, bytes);
                // Without a slave nothing tells when Linux has taken it in.
                self.act(&Operation::OpenSlave)?;
                return written;
            }
            Operation::AttributesOfMaster => return self.attributes(&self.master),
            Operation::CloseSlave => {
                self.slave = None;
                return Ok(Vec::new());
            }
            Operation::OpenSlave => {
                if self.slave.is_none() {
                    self.slave = Some(open_file(&self.name));
                }
                return Ok(Vec::new());
            }
            Operation::Flush { master: true, queue } => {
                // SAFETY: this request takes a number.
                let done = unsafe {
                    libc::ioctl(self.master.as_raw_fd(), libc::TCFLSH, libc::c_ulong::from(*queue))
                };
                return checked(done.into()).map(|_| Vec::new());
            }
            _ => {}
        }
        let Some(slave) = &self.slave else { return Ok(Vec::new()) };
        match operation {
            Operation::Write(bytes) => Linux::write(slave, bytes),
            Operation::Read(capacity) => Linux::read(slave, *capacity),
            Operation::Attributes(when, termios) => {
                let request = libc::TCSETS + libc::c_ulong::from(*when);
                control(slave, request, &mut termios.encode())?;
                self.attributes(slave)
            }
            Operation::Size(rows, columns) => {
                let mut size = [*rows, *columns, 0, 0];
                control(slave, libc::TIOCSWINSZ, &mut size)?;
                control(&self.master, libc::TIOCGWINSZ, &mut size)?;
                Ok(size[..2].iter().flat_map(|number| number.to_le_bytes()).collect())
            }
            Operation::Flush { queue, .. } => {
                // SAFETY: this request takes a number.
                let done =
                    unsafe { libc::ioctl(slave.as_raw_fd(), libc::TCFLSH, libc::c_ulong::from(*queue)) };
                checked(done.into()).map(|_| Vec::new())
            }
            _ => unreachable!("done above"),
        }
    }

    fn attributes(&self, fd: &OwnedFd) -> Result<Vec<u8>, Errno> {
        let mut record = [0u8; Termios::BYTES];
        control(fd, libc::TCGETS, &mut record)?;
        Ok(record.to_vec())
    }

    fn run(&mut self, operation: &Operation) -> Outcome {
        let result = self.act(operation);
        self.settle();
        let shown = show(|| Linux::read(&self.master, 4096));
        let slave = self.slave.as_ref().map_or(0, |slave| self.poll(slave));
        (result, shown, [self.poll(&self.master), slave])
    }
}

/// Reads until there is nothing more; the errno of that stands at the end. On Linux this also waits for what is on its way.
fn show(mut read: impl FnMut() -> Result<Vec<u8>, Errno>) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        match read() {
            Ok(bytes) => all.extend(bytes),
            Err(errno) => {
                all.extend(errno.name().bytes());
                return all;
            }
        }
    }
}

struct Ours {
    m: Machine,
    me: TaskId,
    master: i64,
    slave: Option<i64>,
}

impl Ours {
    fn new() -> Ours {
        let mut m = Machine::default();
        let me = m.actor();
        let (master, slave) = m.pair(me, &call!(nr::OPENPTY, open::NONBLOCK, Arg::Out(8)));
        Ours { m, me, master, slave: Some(slave) }
    }

    fn result(done: Done) -> Result<Vec<u8>, Errno> {
        match done {
            Done::Ok(_, outs) => Ok(outs.into_iter().next().unwrap_or_default()),
            Done::Err(errno) => Err(errno),
            other => panic!("{other:?}"),
        }
    }

    fn length(done: Done) -> Result<Vec<u8>, Errno> {
        match done {
            Done::Ok(len, _) => Ok(len.to_le_bytes().to_vec()),
            other => Ours::result(other),
        }
    }

    fn act(&mut self, operation: &Operation) -> Result<Vec<u8>, Errno> {
        let (me, master) = (self.me, self.master);
        match operation {
            Operation::Type(bytes) => {
                let written = Ours::length(self.m.write(me, master, bytes));
                self.act(&Operation::OpenSlave)?;
                return written;
            }
            Operation::AttributesOfMaster => return self.attributes(master),
            Operation::CloseSlave => {
                if let Some(slave) = self.slave.take() {
                    self.m.close(me, slave).ok();
                }
                return Ok(Vec::new());
            }
            Operation::OpenSlave => {
                if self.slave.is_none() {
                    let number = self.m.call(me, &call!(nr::PTSNUMBER, master)).ok();
                    let flags = open::RDWR | open::NOCTTY | open::NONBLOCK;
                    self.slave = Some(self.m.open(me, &format!("/dev/pts/{number}"), flags).ok());
                }
                return Ok(Vec::new());
            }
            Operation::Flush { master: true, queue } => {
                return Ours::result(self.m.call(me, &call!(nr::TCFLUSH, master, *queue)));
            }
            _ => {}
        }
        let Some(slave) = self.slave else { return Ok(Vec::new()) };
        match operation {
            Operation::Write(bytes) => Ours::length(self.m.write(me, slave, bytes)),
            Operation::Read(capacity) => Ours::result(self.m.read(me, slave, *capacity)),
            Operation::Attributes(when, termios) => {
                Ours::result(self.m.call(me, &call!(nr::TCSETATTR, slave, *when, &termios.encode()[..])))?;
                self.attributes(slave)
            }
            Operation::Size(rows, columns) => {
                let size = [rows.to_le_bytes(), columns.to_le_bytes()].concat();
                Ours::result(self.m.call(me, &call!(nr::TCSETWINSIZE, slave, size)))?;
                Ours::result(self.m.call(me, &call!(nr::TCGETWINSIZE, master, Arg::Out(4))))
            }
            Operation::Flush { queue, .. } => {
                Ours::result(self.m.call(me, &call!(nr::TCFLUSH, slave, *queue)))
            }
            _ => unreachable!("done above"),
        }
    }

    fn attributes(&mut self, fd: i64) -> Result<Vec<u8>, Errno> {
        Ours::result(self.m.call(self.me, &call!(nr::TCGETATTR, fd, Arg::Out(Termios::BYTES))))
    }

    fn run(&mut self, operation: &Operation) -> Outcome {
        let result = self.act(operation);
        let shown = show(|| Ours::result(self.m.read(self.me, self.master, 4096)));
        let mut poll = |fd: i64| self.m.poll(self.me, &[(fd, POLLED)], 0).unwrap()[0];
        (result, shown, [poll(self.master), self.slave.map_or(0, poll)])
    }
}

fn readable(outcome: &Outcome) -> String {
    let (result, shown, polled) = outcome;
    let result = result.as_ref().map(|bytes| bytes.escape_ascii().to_string());
    format!("{result:?} [{}] {polled:?}", shown.escape_ascii())
}

fn run(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (mut linux, mut ours) = (Linux::new(), Ours::new());
    let mut history = Vec::new();
    let mut typed = 0;
    let (mut readable_now, mut any_starts) = (false, false);
    while history.len() < 80 {
        let mut operation = Operation::random(&mut dice);
        if readable_now && matches!(operation, Operation::Type(_)) {
            operation = if linux.slave.is_some() { Operation::Read(200) } else { Operation::OpenSlave };
        }
        if let Operation::Attributes(_, termios) = &operation {
            any_starts = termios.has_input(input::IXANY);
        }
        if let Operation::Type(bytes) = &mut operation {
            // A signal flushes what is on its way to the master. Echo is when it was shown among the same bytes, and whether it
            // has arrived is a matter of luck.
            if any_starts || bytes.iter().any(|byte| matches!(byte, 17 | 19)) {
                let mut at = 0;
                bytes.retain(|byte| (std::mem::replace(&mut at, 1) == 0) || !matches!(byte, 3 | 26 | 28));
            }
            // Linux hands input on in pieces of 512 bytes; where one ends, echo is shown. Each run stays within the first.
            typed += bytes.len();
            if typed > 500 {
                break;
            }
        }
        let (expect, got) = (linux.run(&operation), ours.run(&operation));
        // What waited when the slave was closed waits still.
        if linux.slave.is_some() {
            readable_now = expect.2[1] & libc::POLLIN as u16 != 0;
        }
        history.push(format!("{operation:?} -> {}", readable(&expect)));
        assert_eq!(readable(&got), readable(&expect), "seed {seed}: {:#?}", history);
    }
}

#[test]
fn a_terminal_does_as_linux_does() {
    // A longer run: OAC_LINUX_SEEDS=20000 cargo test -p oac-kernel --test terminal_linux
    let seeds = std::env::var("OAC_LINUX_SEEDS").ok().map_or(400, |seeds| seeds.parse().unwrap());
    for seed in 1..=seeds {
        run(seed);
    }
}

#[test]
fn a_line_longer_than_the_buffer_is_cut() {
    let (mut linux, mut ours) = (Linux::new(), Ours::new());
    let quiet = Termios { local: local::ICANON, ..Termios::default() };
    let mut both = |operation: Operation| {
        let (expect, got) = (linux.run(&operation), ours.run(&operation));
        assert_eq!(readable(&got), readable(&expect), "{operation:?}");
    };
    both(Operation::Attributes(0, quiet));
    for chunk in 0..11u8 {
        both(Operation::Type(vec![b'a' + chunk; 400]));
    }
    both(Operation::Type(b"z\nnext\n".to_vec()));
    for _ in 0..3 {
        both(Operation::Read(5000));
    }
}
