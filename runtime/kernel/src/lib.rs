//! The kernel: tasks, descriptors, pipes, sockets, signals and namespaces as a state machine.
//!
//! A host hands a [`Kernel`] system calls ([`Kernel::call`]), events and the time, and drains what the kernel wants of it
//! ([`Kernel::next_request`]). A call is done, or it is blocked and will be made again when the kernel says [`HostRequest::Wake`].
//!
//! This crate deliberately knows no host: it reads no clock, starts no thread, opens no socket, and everything random in it
//! comes from one seed, so that the same calls give the same trace. Nor does it know Node, npm or any other program: the
//! composition root registers them by name.
//!
//! Start reading at `kernel.rs`, then `dispatch.rs`, `task.rs` and one family of calls, say `sys_fd.rs` with `pipe.rs`.
//!
//! ```
//! use oac_abi::{nr, wire::Request};
//! use oac_kernel::{Config, Kernel, Now, Outcome};
//!
//! let mut kernel = Kernel::new(Config::default(), Now::default());
//! let me = kernel.attach("example");
//! let request = Request { number: nr::GETPID, args: [0; 10], input: &[] };
//! let Outcome::Done(reply) = kernel.call(me, request, &mut []) else { panic!("getpid waits for nothing") };
//! assert_eq!(reply.ret, i64::from(me.0));
//! ```

mod alarm;
mod answer;
mod arguments;
mod byte_queue;
mod capabilities;
mod census;
mod channel;
mod config;
mod container_files;
mod credentials;
mod description;
mod dispatch;
mod event_log;
mod fd_table;
mod fetch;
mod fifo;
mod file_events;
mod files;
mod gateway;
mod host;
mod inotify;
mod jobs;
mod kernel;
mod limits;
mod locks;
mod namespaces;
mod open_names;
mod outside;
mod permission;
mod pipe;
mod prepared;
mod proc;
mod random;
mod segment;
mod signals;
mod snapshot;
mod socket;
mod spawn;
mod sys_channel;
mod sys_fd;
mod sys_file;
mod sys_inotify;
mod sys_lock;
mod sys_message;
mod sys_mount;
mod sys_namespace;
mod sys_open;
mod sys_path;
mod sys_poll;
mod sys_range;
mod sys_segment;
mod sys_signal;
mod sys_socket;
mod sys_task;
mod sys_terminal;
mod sys_thread;
mod sys_xattr;
mod task;
mod task_control;
mod task_files;
mod terminal;
mod thread;
mod wait_queue;
mod wasi;
mod world;

pub use census::Census;
pub use config::{Allowed, Capabilities, Config, Limits, NetworkCapability, Outside};
pub use event_log::{LogEvent, LogRecord};
pub use fetch::Redirects;
#[doc(hidden)]
pub use gateway::check_gateway_reader;
pub use host::{
    Driver, ExitRecord, FetchId, Flow, HostRequest, Image, LimitKind, Now, Outcome, Port, TaskFailure,
    TaskId, TaskStatus,
};
pub use kernel::Kernel;
pub use outside::{ConnectionId, LookupId};
pub use random::Seed;
pub use snapshot::FilesSnapshot;
pub use task_control::Command;
