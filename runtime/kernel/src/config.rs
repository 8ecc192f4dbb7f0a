//! What a container is given when it is made: limits and capabilities.

use oac_abi::bounds;

/// Options of a kernel.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// From which everything that looks random in the kernel itself comes (`/dev/urandom`, ephemeral ports). Hosts pass
    /// true randomness; tests a constant, for then a run can be repeated.
    pub seed: u64,
    /// What `/proc/sys/kernel/hostname` says; `oac` when empty.
    pub hostname: String,
    /// How much may be used.
    pub limits: Limits,
    /// What the first task may do; its children inherit it.
    pub capabilities: Capabilities,
}

/// How much a container may use. What goes beyond fails with an errno.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Programs that run, or have ended and not been waited for; one more is EAGAIN.
    pub tasks: usize,
    /// Descriptors of one task; one more is EMFILE.
    pub fds: usize,
    /// Linear memory of all tasks together, in bytes; the host enforces it, and one that wants more ends with
    /// [`crate::TaskFailure::OutOfMemory`]. `None`: what wasm allows each.
    pub memory_bytes: Option<u64>,
    /// Processor time of all tasks together, in ns; the host enforces it, and who then runs ends with
    /// [`crate::TaskFailure::OutOfTime`]. `None`: no limit.
    pub cpu_time_ns: Option<u64>,
    /// Bytes in the root filesystem; one more is ENOSPC.
    pub disk_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            tasks: bounds::TASKS_MAX,
            fds: bounds::FDS_MAX,
            memory_bytes: None,
            cpu_time_ns: None,
            disk_bytes: bounds::MEMORY_FS_BYTES,
        }
    }
}

/// What a task may do beyond its own container. The default is: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The outside network.
    pub network: NetworkCapability,
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
