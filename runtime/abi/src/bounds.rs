//! Every bound of the system: queues, buffers, names, tables. Sizes in bytes unless the name says otherwise.

/// Declared parameters of one call, at most.
pub const CALL_ARGS_MAX: usize = 10;
/// Output regions of one call, at most.
pub const CALL_OUTS_MAX: usize = 3;
/// Input of one call, at most; a longer one is E2BIG, except that write-like calls are cut short by the marshaller.
pub const CALL_INPUT_BYTES_MAX: usize = 1 << 20;
/// Output of one call, at most; the marshaller cuts larger buffers, so a read may be short.
pub const CALL_OUTPUT_BYTES_MAX: usize = 1 << 20;
/// Input or output of one call through a browser's slot.
pub const SLOT_BYTES: usize = 256 << 10;
/// All strings of argv, or of the environment, together (Linux: ARG_MAX).
pub const STRINGS_BYTES_MAX: usize = 256 << 10;
/// A path (Linux: PATH_MAX).
pub const PATH_BYTES_MAX: usize = 4096;
/// A name in a directory (Linux: NAME_MAX).
pub const NAME_BYTES_MAX: usize = 255;
/// Symbolic links followed in one lookup (Linux: MAXSYMLINKS).
pub const SYMLINKS_MAX: usize = 40;
/// Interpreters (`#!`) followed in one spawn (Linux: BINPRM_MAX_RECURSION and one).
pub const INTERPRETERS_MAX: usize = 5;
/// The first line of a script, of which its interpreter is read (Linux: BINPRM_BUF_SIZE).
pub const INTERPRETER_LINE_BYTES_MAX: usize = 256;
/// Bytes in a pipe (Linux's default).
pub const PIPE_BYTES: usize = 64 << 10;
/// A write of at most this many bytes to a pipe is never split (POSIX: PIPE_BUF).
pub const PIPE_ATOMIC_BYTES: usize = 4096;
/// Bytes buffered in each direction of a loopback connection.
pub const SOCKET_BYTES: usize = 256 << 10;
/// What a message costs of a socket's buffer besides its bytes (about what Linux counts).
pub const MESSAGE_COST_BYTES: usize = 768;
/// Messages that wait in a Unix datagram socket to which nobody is connected in return (Linux: max_dgram_qlen, and one).
pub const UNIX_MESSAGES_MAX: usize = 11;
/// Descriptors that travel with one message; more are EINVAL (Linux: SCM_MAX_FD).
pub const RIGHTS_MAX: usize = 253;
/// Descriptors in messages that nobody has received, in a container; more are ETOOMANYREFS (Linux: RLIMIT_NOFILE).
pub const RIGHTS_IN_FLIGHT_MAX: usize = 1024;
/// Bytes inside all pipes and stream sockets of a container; beyond that each takes an atomic write (`PIPE_ATOMIC_BYTES`) at a time.
pub const BUFFERED_BYTES_MAX: usize = 64 << 20;
/// Pipes and sockets of a container; one more is ENFILE.
pub const CHANNELS_MAX: usize = 16_384;
/// Connections waiting to be accepted, whatever listen(2) asks (Linux: SOMAXCONN).
pub const BACKLOG_MAX: usize = 4096;
/// Open descriptors of a task, by default.
pub const FDS_MAX: usize = 4096;
/// Living tasks of a container, by default.
pub const TASKS_MAX: usize = 256;
/// Descriptors in one poll.
pub const POLL_FDS_MAX: usize = 4096;
/// Undelivered signals that a task's signalfd keeps.
pub const SIGNAL_QUEUE_MAX: usize = 64;
/// Bytes of a fetch's response body kept before the host is told to pause.
pub const FETCH_BUFFER_BYTES: usize = 1 << 20;
/// Fetches in flight in a container; one more is EAGAIN.
pub const FETCHES_MAX: usize = 256;
/// Connections to the outside, those that are being made included; one more is ENOBUFS.
pub const OUTSIDE_CONNECTIONS_MAX: usize = 512;
/// Names that have got an address; one more is ENOMEM.
pub const OUTSIDE_NAMES_MAX: usize = 1 << 16;
/// Bytes of a host's name. RFC 1035, 2.3.4.
pub const OUTSIDE_NAME_BYTES_MAX: usize = 253;
/// Names that the host is being asked about; one more is EAGAIN.
pub const LOOKUPS_MAX: usize = 256;
/// Bytes of all files of a memory filesystem, by default; one more is ENOSPC.
pub const MEMORY_FS_BYTES: u64 = 4 << 30;
/// Inodes of a memory filesystem, by default; one more is ENOSPC.
pub const MEMORY_FS_INODES: u64 = 4 << 20;
/// Overlays on overlays (Linux: FILESYSTEM_MAX_STACK_DEPTH).
pub const OVERLAYS_DEPTH_MAX: u32 = 2;
/// Members of a tar archive that is mounted.
pub const TAR_MEMBERS_MAX: usize = 1 << 20;
/// Filesystems of a container, mounted by its tasks or its host; one more by a task is ENOSPC.
pub const FILESYSTEMS_MAX: usize = 1024;
/// One copy_file_range, which then says how far it came (Linux: MAX_RW_COUNT).
pub const FILE_COPY_BYTES_MAX: u64 = 0x7fff_f000;
/// The value of one extended attribute; a longer one is E2BIG (Linux: XATTR_SIZE_MAX).
pub const XATTR_BYTES_MAX: usize = 64 << 10;
/// Names and values of one file's extended attributes together; one more is ENOSPC.
pub const XATTRS_BYTES_MAX: usize = 128 << 10;
/// Binds in one namespace.
pub const BINDS_MAX: usize = 256;
/// Locks of files and of ranges in a container; one more is ENOLCK.
pub const LOCKS_MAX: usize = 4 << 10;
/// Supplementary groups of a task (Linux: NGROUPS_MAX).
pub const GROUPS_MAX: usize = 65_536;
/// Watches of files in a container; one more is ENOSPC (Linux: max_user_watches).
pub const WATCHES_MAX: usize = 64 << 10;
/// What inotify_init gives, in a container; one more is EMFILE (Linux: max_user_instances).
pub const WATCHERS_MAX: usize = 256;
/// Events that wait in one of them; the next is replaced by IN_Q_OVERFLOW (Linux: max_queued_events).
pub const WATCH_EVENTS_MAX: usize = 16 << 10;
/// Bytes of one wasm program's image.
pub const IMAGE_BYTES_MAX: usize = 256 << 20;
/// Pseudo-terminals of a container; one more is ENOSPC.
pub const TERMINALS_MAX: usize = 256;
/// Bytes that a terminal keeps for its reader, its line under way included (Linux: N_TTY_BUF_SIZE). A longer line is cut.
pub const TERMINAL_INPUT_BYTES: usize = 4096;
/// Bytes on their way through a pseudo-terminal, in each direction, before its reader's own buffer (Linux: the same).
pub const TERMINAL_TRANSIT_BYTES: usize = 8192;
/// Echo of a terminal that waits for output to go on; the oldest is dropped (Linux: N_TTY_BUF_SIZE).
pub const TERMINAL_ECHO_BYTES: usize = 4096;
/// Records of the event log that the host has not taken; one more is dropped and counted.
pub const EVENT_LOG_MAX: usize = 4096;
/// Drivers that a composition root registers for kinds of files; one more is ENOSPC.
pub const DRIVERS_MAX: usize = 64;
/// Entries of one list of a capability.
pub const CAPABILITY_ENTRIES_MAX: usize = 256;
/// What a thread is started with.
pub const THREAD_START_BYTES_MAX: usize = CALL_INPUT_BYTES_MAX / 2;
/// Threads of one process that have a descriptor or run; one more is EAGAIN. Those that run count for `TASKS_MAX` too.
pub const THREADS_MAX: usize = 256;
/// Ends of message channels in a container; one more is ENFILE.
pub const CHANNEL_ENDS_MAX: usize = 16_384;
/// Bytes of one message of a channel; a longer one is EMSGSIZE.
pub const CHANNEL_MESSAGE_BYTES_MAX: usize = 1 << 30;
/// Bytes of all messages of a container that nobody has received; one more is ENOBUFS.
pub const CHANNEL_BYTES_MAX: usize = 1 << 30;
/// What a message costs of that besides its bytes.
pub const CHANNEL_MESSAGE_COST_BYTES: usize = 128;
/// Descriptors that travel with one message of a channel; more are EINVAL.
pub const CHANNEL_RIGHTS_MAX: usize = 4096;
/// Bytes of a channel's name.
pub const CHANNEL_NAME_BYTES_MAX: usize = 64 << 10;
/// Segments of shared memory of a container; one more is ENOMEM.
pub const SEGMENTS_MAX: usize = 4096;
/// Bytes of all segments of a container, at their largest; one more is ENOMEM.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 30;
/// How finely changes of a segment are told.
pub const SEGMENT_BLOCK_BYTES: usize = 256;
