//! What a container tells its owner.

use oac_abi::signal::WaitStatus;
use oac_kernel::{Port, TaskId};

/// Something that happened in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A task listens on a TCP port of the loopback.
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
    /// A task has ended.
    Exited {
        /// Which.
        task: TaskId,
        /// How.
        status: WaitStatus,
        /// Why, where the status does not say it: a trap's message, a limit.
        reason: Option<String>,
    },
    /// A task asked the host for an HTTP request.
    Fetch {
        /// Who.
        task: TaskId,
        /// `GET` …
        method: String,
        /// The address.
        url: String,
    },
    /// The handler was too slow; this many events before the next one were dropped.
    Lost {
        /// How many.
        count: u64,
    },
}
