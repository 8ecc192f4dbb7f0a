//! What passes between the kernel and its host besides calls.

use std::{fmt, sync::Arc};

use oac_abi::{fetch::RequestHead, limit::Usage, signal::WaitStatus, wire::Reply};

use crate::{
    fetch::Redirects,
    outside::{ConnectionId, LookupId},
};

/// A task's number, what getpid(2) gives. Never given twice within a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// A TCP port of the loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(pub u16);

/// A fetch under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u64);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The host's clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Rises; what deadlines are measured by, ns.
    pub monotonic_ns: u64,
    /// Since 1970; what files are stamped with, ns.
    pub realtime_ns: i64,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is finished.
    Done(Reply),
    /// It must wait. The kernel remembers nothing of its bytes: at [`HostRequest::Wake`] of this task, or when the deadline has
    /// passed, the host makes the same call again.
    Blocked {
        /// When the call is to be made again although nobody woke it, on the monotonic clock.
        deadline_ns: Option<u64>,
    },
    /// The task has exited or been killed: the program ends here and never runs on.
    Exited,
}

/// What the kernel wants done by its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRequest {
    /// Run a program as this task. It fetches argv, environment and working directory by calls.
    Start {
        /// The new task.
        task: TaskId,
        /// What to run.
        image: Image,
    },
    /// Make this task's blocked call again. Once for many reasons, and sometimes for none.
    Wake {
        /// The blocked task.
        task: TaskId,
    },
    /// The task has been killed: end its program and make no more calls for it. Nobody waits for that to happen.
    Stop {
        /// The dead task.
        task: TaskId,
    },
    /// Make an HTTP request, and report by [`crate::Kernel::fetch_head`], `fetch_body` and `fetch_end`.
    Fetch {
        /// Its number in those reports.
        id: FetchId,
        /// On whose behalf.
        task: TaskId,
        /// Method, address, headers.
        head: RequestHead,
        /// The request's body.
        body: Vec<u8>,
        /// Where the host has the choice.
        redirects: Redirects,
    },
    /// There is room again for a body that was told to pause.
    FetchResume {
        /// Which fetch.
        id: FetchId,
    },
    /// Nobody reads this fetch any more; reports of it are ignored from now on.
    FetchCancel {
        /// Which fetch.
        id: FetchId,
    },
    /// Connect to the outside, and report by [`crate::Kernel::connected`] or `connect_failed`.
    Connect {
        /// Its number in those reports.
        id: ConnectionId,
        /// On whose behalf.
        task: TaskId,
        /// A name, or an address; IPv6 in brackets.
        host: String,
        /// Of the host.
        port: Port,
    },
    /// Nobody waits for this connection any more.
    ConnectCancel {
        /// Which connection.
        id: ConnectionId,
    },
    /// Find out whether there is a host of this name, and report by [`crate::Kernel::resolved`].
    Resolve {
        /// Its number in that report.
        id: LookupId,
        /// In lower case.
        name: String,
    },
    /// A task listens on a port.
    PortOpened {
        /// The port.
        port: Port,
        /// Who listens.
        task: TaskId,
    },
    /// The last listener of a port is gone.
    PortClosed {
        /// The port.
        port: Port,
    },
    /// A thread has ended, of which only hosts know that it was a task.
    ThreadEnded {
        /// The thread's task.
        task: TaskId,
    },
    /// A task has ended. Its parent may still wait for it.
    Exited {
        /// Which task.
        task: TaskId,
        /// How.
        status: WaitStatus,
    },
}

/// What a task runs.
#[derive(Clone, PartialEq, Eq)]
pub enum Image {
    /// A program that the composition root registered by this name.
    Program(String),
    /// A wasm module.
    Wasm(Arc<[u8]>),
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Image::Program(name) => write!(f, "Program({name})"),
            Image::Wasm(bytes) => write!(f, "Wasm({} bytes)", bytes.len()),
        }
    }
}

/// How a program failed under its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskFailure {
    /// A wasm trap, or a stack overflow: ends as by SIGABRT (`unreachable`) or SIGSEGV (the rest).
    Trap {
        /// Whether the trap was `unreachable`, what a panic becomes.
        unreachable: bool,
        /// What the engine says, with its stack.
        message: String,
    },
    /// It wanted more memory than it may have: ends as by SIGKILL.
    OutOfMemory,
    /// It ran longer than it may: ends as by SIGXCPU.
    OutOfTime,
    /// The module could not be loaded: exit status 126, as a shell has it.
    Load {
        /// Why.
        message: String,
    },
}

/// What the host's supplier of a fetch's body does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Send more.
    Continue,
    /// Keep the rest until [`HostRequest::FetchResume`].
    Pause,
}

/// Where a task stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskStatus {
    /// It runs, or could.
    Running,
    /// It waits in a call.
    Blocked,
    /// A signal has stopped it.
    Stopped,
    /// It has ended and its parent has not asked how.
    Zombie(WaitStatus),
}

/// A limit that ends tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitKind {
    /// Its memory.
    Memory,
    /// Its own CPU time (RLIMIT_CPU), or that of the container.
    CpuTime,
    /// The time since the container's start, or one that the host set for a tree of tasks.
    WallTime,
}

/// Which program runs files of a kind, so that `./thing` just runs. As Linux's binfmt_misc with its flag P: the program's argv
/// is its own name, the file's path, and then all of argv.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driver {
    /// How the files begin: `\x7fELF`. At most the length of a `#!` line that is looked at, 256 bytes.
    pub magic: Vec<u8>,
    /// The registered program.
    pub program: String,
}

/// How and why a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitRecord {
    /// The task.
    pub task: TaskId,
    /// Its parent when it ended.
    pub parent: TaskId,
    /// Its program, argv\[0\].
    pub name: String,
    /// What wait(2) reports.
    pub status: WaitStatus,
    /// Why, where the status does not say it: the trap's message, the limit in words.
    pub reason: Option<String>,
    /// The limit that ended it.
    pub limit: Option<LimitKind>,
    /// What it had used.
    pub usage: Usage,
}
