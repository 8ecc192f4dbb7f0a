//! A kernel with a hand on it: makes calls as tasks do, and keeps what the kernel asks of its host.

// Each test crate uses some of it; and a test may unwrap.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::collections::BTreeSet;

use oac_abi::{
    CALLS, Errno, Kind, index_of, nr,
    signal::WaitStatus,
    spawn::SpawnRequest,
    stat::{Dirent, Stat},
    wire::Request,
};
use oac_kernel::{Config, HostRequest, Kernel, Now, Outcome, TaskId};

/// One argument of a call.
#[derive(Clone, Debug)]
pub enum Arg {
    /// A number.
    N(i64),
    /// Bytes that go in.
    In(Vec<u8>),
    /// Room for bytes that come out.
    Out(usize),
}

impl From<i32> for Arg {
    fn from(number: i32) -> Arg {
        Arg::N(number.into())
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Arg {
        Arg::N(number.into())
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Arg {
        Arg::N(number)
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Arg {
        Arg::N(number as i64)
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::In(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Arg {
    fn from(bytes: &[u8]) -> Arg {
        Arg::In(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Arg {
    fn from(bytes: Vec<u8>) -> Arg {
        Arg::In(bytes)
    }
}

/// A call with its arguments.
#[derive(Clone, Debug)]
pub struct Call {
    pub number: u16,
    pub args: Vec<Arg>,
}

/// `call!(nr::READ, fd, Arg::Out(10))`.
#[macro_export]
macro_rules! call {
    ($number:expr $(, $arg:expr)* $(,)?) => {
        $crate::machine::Call { number: $number, args: vec![$($crate::machine::Arg::from($arg)),*] }
    };
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The result, and the regions that came out.
    Ok(i64, Vec<Vec<u8>>),
    Err(Errno),
    Blocked,
    Exited,
}

impl Done {
    /// The result of a call that must have succeeded.
    #[track_caller]
    pub fn ok(self) -> i64 {
        match self {
            Done::Ok(ret, _) => ret,
            other => panic!("expected success, got {other:?}"),
        }
    }

    /// The first region of a call that must have succeeded.
    #[track_caller]
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Done::Ok(_, mut outs) => outs.swap_remove(0),
            other => panic!("expected success, got {other:?}"),
        }
    }

    /// The same as text.
    #[track_caller]
    pub fn text(self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }
}

pub struct Machine {
    pub kernel: Kernel,
    /// What the kernel has asked for, wake-ups apart.
    pub requests: Vec<HostRequest>,
    /// Who has been woken and has not called since.
    pub woken: BTreeSet<TaskId>,
    pub now: Now,
}

impl Default for Machine {
    fn default() -> Machine {
        Machine::new(Config::default())
    }
}

impl Machine {
    pub fn new(config: Config) -> Machine {
        let now = Now { monotonic_ns: 1_000, realtime_ns: 1_700_000_000_000_000_000 };
        let mut kernel = Kernel::new(config, now);
        kernel.register_program("/bin/prog", "prog").unwrap();
        Machine { kernel, requests: Vec::new(), woken: BTreeSet::new(), now }
    }

    pub fn actor(&mut self) -> TaskId {
        self.kernel.attach("test")
    }

    /// Lets time pass.
    pub fn pass(&mut self, ns: u64) {
        self.now.monotonic_ns += ns;
        self.now.realtime_ns += ns as i64;
        self.kernel.set_now(self.now);
        self.drain();
    }

    pub fn drain(&mut self) {
        while let Some(request) = self.kernel.next_request() {
            match request {
                HostRequest::Wake { task } => {
                    self.woken.insert(task);
                }
                other => self.requests.push(other),
            }
        }
    }

    /// Marshals a call as hosts do, makes it and drains the kernel.
    pub fn call(&mut self, task: TaskId, call: &Call) -> Done {
        let row = index_of(call.number).unwrap_or_else(|| panic!("no call {}", call.number));
        assert_eq!(CALLS[row].params.len(), call.args.len(), "{}", CALLS[row].name);
        let (mut args, mut input, mut capacities) = ([0; 10], Vec::new(), Vec::new());
        for (slot, arg) in call.args.iter().enumerate() {
            args[slot] = match arg {
                Arg::N(number) => *number,
                Arg::In(bytes) => {
                    input.extend_from_slice(bytes);
                    bytes.len() as i64
                }
                Arg::Out(capacity) => {
                    capacities.push(*capacity);
                    *capacity as i64
                }
            };
        }
        for (param, arg) in CALLS[row].params.iter().zip(&call.args) {
            let fits = match arg {
                Arg::N(_) => matches!(param.kind, Kind::I32 | Kind::U32 | Kind::I64 | Kind::U64),
                Arg::In(_) => param.kind.goes_in(),
                Arg::Out(_) => param.kind.comes_out(),
            };
            assert!(fits, "{}.{} is {:?}", CALLS[row].name, param.name, param.kind);
        }
        let mut out = vec![0xaa; capacities.iter().sum()];
        let wasi = CALLS[row].module == oac_abi::Module::Wasi;
        let outcome = self.kernel.call(task, Request { number: call.number, args, input: &input }, &mut out);
        self.woken.remove(&task);
        self.drain();
        match outcome {
            Outcome::Blocked { .. } => Done::Blocked,
            Outcome::Exited => Done::Exited,
            Outcome::Done(reply) if wasi && reply.ret != 0 => {
                let errno = Errno::ALL.iter().find(|errno| i64::from(errno.to_wasi()) == reply.ret);
                Done::Err(*errno.unwrap())
            }
            Outcome::Done(reply) => match Errno::check(reply.ret) {
                Err(errno) => Done::Err(errno),
                Ok(ret) => {
                    let mut at = 0;
                    let regions = capacities.iter().zip(reply.written).map(|(capacity, written)| {
                        let region = out[at..at + written as usize].to_vec();
                        at += capacity;
                        region
                    });
                    Done::Ok(ret, regions.collect())
                }
            },
        }
    }

    pub fn open(&mut self, task: TaskId, path: &str, flags: u32) -> Done {
        self.call(task, &call!(nr::OPENAT, -100, path, flags, 0o666))
    }

    pub fn write(&mut self, task: TaskId, fd: i64, bytes: &[u8]) -> Done {
        self.call(task, &call!(nr::WRITE, fd, bytes))
    }

    pub fn read(&mut self, task: TaskId, fd: i64, capacity: usize) -> Done {
        self.call(task, &call!(nr::READ, fd, Arg::Out(capacity)))
    }

    pub fn close(&mut self, task: TaskId, fd: i64) -> Done {
        self.call(task, &call!(nr::CLOSE, fd))
    }

    /// Writes a whole file.
    #[track_caller]
    pub fn put(&mut self, task: TaskId, path: &str, content: &str) {
        let flags = oac_abi::flags::open::CREAT | oac_abi::flags::open::WRONLY | oac_abi::flags::open::TRUNC;
        let fd = self.open(task, path, flags).ok();
        assert_eq!(self.write(task, fd, content.as_bytes()).ok(), content.len() as i64);
        self.close(task, fd).ok();
    }

    /// Reads a whole file, or the errno of opening it.
    pub fn get(&mut self, task: TaskId, path: &str) -> Result<String, Errno> {
        let fd = match self.open(task, path, 0) {
            Done::Err(errno) => return Err(errno),
            done => done.ok(),
        };
        let text = self.read(task, fd, 1 << 16).text();
        self.close(task, fd).ok();
        Ok(text)
    }

    pub fn stat(&mut self, task: TaskId, path: &str, flags: u32) -> Result<Stat, Errno> {
        match self.call(task, &call!(nr::FSTATAT, -100, path, flags, Arg::Out(Stat::BYTES))) {
            Done::Err(errno) => Err(errno),
            done => Ok(Stat::decode(&done.bytes().try_into().unwrap())),
        }
    }

    /// The names in a directory.
    #[track_caller]
    pub fn list(&mut self, task: TaskId, path: &str) -> Vec<String> {
        let fd = self.open(task, path, oac_abi::flags::open::DIRECTORY).ok();
        let mut names = Vec::new();
        loop {
            let entries = self.call(task, &call!(nr::GETDENTS, fd, Arg::Out(100))).bytes();
            if entries.is_empty() {
                break;
            }
            names.extend(
                Dirent::decode_all(&entries).into_iter().map(|entry| String::from_utf8(entry.name).unwrap()),
            );
        }
        self.close(task, fd).ok();
        names
    }

    /// Two descriptors from a call that gives a pair.
    #[track_caller]
    pub fn pair(&mut self, task: TaskId, call: &Call) -> (i64, i64) {
        let bytes = self.call(task, call).bytes();
        let at = |at: usize| i64::from(i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
        (at(0), at(4))
    }

    #[track_caller]
    pub fn pipe(&mut self, task: TaskId, flags: u32) -> (i64, i64) {
        self.pair(task, &call!(nr::PIPE2, flags, Arg::Out(8)))
    }

    pub fn spawn_with(&mut self, task: TaskId, request: SpawnRequest) -> Result<TaskId, Errno> {
        match self.call(task, &call!(nr::SPAWN, request.encode())) {
            Done::Err(errno) => Err(errno),
            done => Ok(TaskId(done.ok() as u32)),
        }
    }

    /// Starts the registered program with these descriptors.
    #[track_caller]
    pub fn spawn(&mut self, task: TaskId, fds: &[(i32, i64)]) -> TaskId {
        let fds = fds.iter().map(|&(child, own)| (child, own as i32)).collect();
        let request = SpawnRequest {
            program: b"prog".to_vec(),
            argv: vec![b"prog".to_vec(), b"x".to_vec()],
            fds,
            ..SpawnRequest::default()
        };
        self.spawn_with(task, request).unwrap()
    }

    /// wait4 for any child.
    pub fn wait(&mut self, task: TaskId, options: u32) -> Result<Option<(TaskId, WaitStatus)>, Done> {
        match self.call(task, &call!(nr::WAIT4, -1, options, Arg::Out(4))) {
            Done::Ok(0, _) => Ok(None),
            Done::Ok(pid, outs) => {
                let status = WaitStatus::decode(outs[0][..].try_into().unwrap()).unwrap();
                Ok(Some((TaskId(pid as u32), status)))
            }
            other => Err(other),
        }
    }

    /// poll(2) for descriptors and their events; gives the revents.
    pub fn poll(&mut self, task: TaskId, fds: &[(i64, u16)], timeout_ns: i64) -> Result<Vec<u16>, Done> {
        let mut records = Vec::new();
        for &(fd, events) in fds {
            records.extend_from_slice(&(fd as i32).to_le_bytes());
            records.extend_from_slice(&events.to_le_bytes());
            records.extend_from_slice(&[0, 0]);
        }
        let capacity = records.len();
        match self.call(task, &call!(nr::POLL, records, timeout_ns, Arg::Out(capacity))) {
            Done::Ok(_, outs) => {
                Ok(outs[0].chunks(8).map(|record| u16::from_le_bytes([record[6], record[7]])).collect())
            }
            other => Err(other),
        }
    }
}
