//! What a container is given when it is made: limits and capabilities.

use oac_abi::bounds;

use crate::Seed;

/// Options of a kernel.
#[derive(Clone, Debug)]
pub struct Config {
    /// From which everything that looks random in the kernel itself comes (`/dev/urandom`). Hosts pass true randomness; tests a
    /// constant, for then a run can be repeated.
    pub seed: Seed,
    /// Which of its host's containers this is: its name in `/web/container`. 1, unless the host numbers them.
    pub container_id: u32,
    /// What `/proc/sys/kernel/hostname` says; `oac` when empty.
    pub hostname: String,
    /// How much may be used.
    pub limits: Limits,
    /// What the first task may do; its children inherit it.
    pub capabilities: Capabilities,
    /// What the host has of the network outside.
    pub outside: Outside,
    /// Whether what happens is recorded; the records are taken by [`crate::Kernel::next_log_record`].
    pub event_log: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            seed: Seed::default(),
            container_id: 1,
            hostname: String::new(),
            limits: Limits::default(),
            capabilities: Capabilities::default(),
            outside: Outside::default(),
            event_log: false,
        }
    }
}

/// What the host has of the network outside, for sockets. Whether a task may have it is its capability's matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outside {
    /// Nothing: ENETUNREACH.
    #[default]
    Nothing,
    /// Connections and names: [`crate::HostRequest::Connect`], [`crate::HostRequest::Resolve`].
    Sockets,
    /// Nothing but fetches: connections end in the gateway, which speaks HTTP to the program.
    Gateway,
}

/// How much a container may use. What goes beyond fails with an errno, or ends tasks with a reason in their exit records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Programs that run, or have ended and not been waited for; one more is EAGAIN.
    pub tasks: usize,
    /// Descriptors of one task, the hard limit of RLIMIT_NOFILE; one more is EMFILE.
    pub fds: usize,
    /// Linear memory of all tasks together, in bytes; the host enforces it, and one that wants more ends with
    /// [`crate::TaskFailure::OutOfMemory`]. `None`: what wasm allows each. Programs' own limits are RLIMIT_AS's, of which hosts
    /// ask [`crate::Kernel::memory_limit_bytes`].
    pub memory_bytes: Option<u64>,
    /// Bytes in the root filesystem; one more is ENOSPC.
    pub disk_bytes: u64,
    /// Files, directories and all else in the root filesystem; one more is ENOSPC.
    pub disk_inodes: u64,
    /// CPU time of all programs together, those that have ended included, as hosts report it to
    /// [`crate::Kernel::report_usage`]; a host may see sooner that it is used up, and end who runs by
    /// [`crate::TaskFailure::OutOfTime`]. Then all that run are killed, and no more are started (EAGAIN). Programs' own limits
    /// are RLIMIT_CPU's.
    pub cpu_time_ns: Option<u64>,
    /// Time from the container's start, on the monotonic clock. Then likewise.
    pub wall_time_ns: Option<u64>,
    /// Bytes of one file, the hard limit of RLIMIT_FSIZE; one more is SIGXFSZ and EFBIG. `None`: none.
    pub file_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            tasks: bounds::TASKS_MAX,
            fds: bounds::FDS_MAX,
            memory_bytes: None,
            disk_bytes: bounds::MEMORY_FS_BYTES,
            disk_inodes: bounds::MEMORY_FS_INODES,
            cpu_time_ns: None,
            wall_time_ns: None,
            file_bytes: None,
        }
    }
}

/// What a program may do. The default is: everything within its own container, nothing beyond it. The host's own tasks
/// (actors) are not held to it, but what they start is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The outside network.
    pub network: NetworkCapability,
    /// Absolute paths of files and trees that may be read: opened, listed, looked at. What lies elsewhere is EACCES. They are
    /// paths of the task's own namespace, which a task with such a list cannot change.
    pub read: Allowed<String>,
    /// Absolute paths of files and trees that may be made, changed and removed.
    pub write: Allowed<String>,
    /// Ports that may be listened on; others are EACCES.
    pub listen: Allowed<u16>,
    /// Programs that may be started: names of registered programs, and absolute paths of other files; others are EACCES.
    pub spawn: Allowed<String>,
    /// Names of environment variables that reach programs; others are taken out.
    pub env: Allowed<String>,
}

/// A list of what is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Allowed<T> {
    /// Everything.
    #[default]
    Any,
    /// What is in the list.
    Only(Vec<T>),
}

impl<T: PartialEq> Allowed<T> {
    /// Whether this is in the list.
    pub fn permits(&self, entry: &T) -> bool {
        match self {
            Allowed::Any => true,
            Allowed::Only(list) => list.contains(entry),
        }
    }
}

/// Which hosts a task's fetches may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NetworkCapability {
    /// None: EACCES.
    #[default]
    Denied,
    /// All.
    Any,
    /// These names (`example.com`), their subdomains when written `*.example.com`, one port of them when written
    /// `example.com:8080`; and all when written `*`. What is named is reached wherever it is: a host keeps what is only permitted by
    /// `*` or [`NetworkCapability::Any`] away from its own loopback and link-local addresses.
    Hosts(Vec<String>),
}
