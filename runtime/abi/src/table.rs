//! The table itself. A row reads: module, number, name, parameters, who answers, how far it is done.
//!
//! Numbers never change and are never used again. To add a call, add a row and its handler in the kernel; everything else
//! follows (`cargo xtask gen` rewrites the generated documents).

use crate::{CallSpec, Kind, Module, Param, Served, Support};

/// Hands the whole table to the macro named `$then`, as
/// `{ module number name (param: kind, …) => served support; … }`, each row with its doc comment.
///
/// Kinds are `i32 u32 i64 u64 in_bytes out_bytes out_fixed(n) in_iovs out_iovs in_counted(n, i) out_counted(n, i) out_strings`;
/// support is `full`, `partial(note)` or `missing(ERRNO)`.
#[macro_export]
macro_rules! for_each_call {
    ($then:ident) => {
        $then! {
            /// Opens a file; returns a descriptor. open(2), flags as in `flags::open`.
            oac 1 openat (dirfd: i32, path: in_bytes, flags: u32, mode: u32) => kernel full;
            /// Closes a descriptor. close(2).
            oac 2 close (fd: i32) => kernel full;
            /// Reads at the file position; returns the number of bytes, 0 at the end. read(2).
            oac 3 read (fd: i32, buf: out_bytes) => kernel full;
            /// Writes at the file position (at the end with O_APPEND); returns the number of bytes. write(2).
            oac 4 write (fd: i32, buf: in_bytes) => kernel full;
            /// Reads at an offset and leaves the position alone. pread(2).
            oac 5 pread (fd: i32, offset: i64, buf: out_bytes) => kernel full;
            /// Writes at an offset and leaves the position alone. pwrite(2).
            oac 6 pwrite (fd: i32, offset: i64, buf: in_bytes) => kernel full;
            /// Moves the file position; returns it. whence: 0 start, 1 current, 2 end, 3 data, 4 hole. lseek(2).
            oac 7 lseek (fd: i32, offset: i64, whence: u32) => kernel full;
            /// Metadata of an open file, laid out as `stat::Stat`. fstat(2).
            oac 8 fstat (fd: i32, stat: out_bytes) => kernel full;
            /// Metadata of a path; AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. fstatat(2).
            oac 9 fstatat (dirfd: i32, path: in_bytes, flags: u32, stat: out_bytes) => kernel full;
            /// The next directory entries, packed as `stat::Dirent`; 0 at the end; lseek(fd, 0, 0) rewinds. `.` and `..` are not listed. getdents64(2).
            oac 10 getdents (fd: i32, buf: out_bytes) => kernel full;
            /// Makes a directory. mkdirat(2).
            oac 11 mkdirat (dirfd: i32, path: in_bytes, mode: u32) => kernel full;
            /// Removes a name; AT_REMOVEDIR removes an empty directory. unlinkat(2).
            oac 12 unlinkat (dirfd: i32, path: in_bytes, flags: u32) => kernel full;
            /// Renames; RENAME_NOREPLACE, RENAME_EXCHANGE. renameat2(2).
            oac 13 renameat (old_dirfd: i32, old_path: in_bytes, new_dirfd: i32, new_path: in_bytes, flags: u32) => kernel full;
            /// Makes a hard link. linkat(2).
            oac 14 linkat (old_dirfd: i32, old_path: in_bytes, new_dirfd: i32, new_path: in_bytes, flags: u32) => kernel full;
            /// Makes a symbolic link. symlinkat(2).
            oac 15 symlinkat (target: in_bytes, dirfd: i32, path: in_bytes) => kernel full;
            /// Reads a symbolic link; returns its length, cut to the buffer. readlinkat(2).
            oac 16 readlinkat (dirfd: i32, path: in_bytes, buf: out_bytes) => kernel full;
            /// Sets a file's length. ftruncate(2).
            oac 17 ftruncate (fd: i32, length: i64) => kernel full;
            /// Changes permission bits; AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. fchmodat(2).
            oac 18 fchmodat (dirfd: i32, path: in_bytes, mode: u32, flags: u32) => kernel full;
            /// Changes the owner; u32::MAX leaves one alone. fchownat(2).
            oac 19 fchownat (dirfd: i32, path: in_bytes, uid: u32, gid: u32, flags: u32) => kernel full;
            /// Sets times, in ns since 1970; `flags::UTIME_NOW_NS`, `flags::UTIME_OMIT_NS`. utimensat(2).
            oac 20 utimensat (dirfd: i32, path: in_bytes, atime_ns: i64, mtime_ns: i64, flags: u32) => kernel full;
            /// Checks permission for the caller's real user, the effective one with AT_EACCESS: 4 read, 2 write, 1 execute, 0 existence. faccessat(2).
            oac 21 faccessat (dirfd: i32, path: in_bytes, mode: u32, flags: u32) => kernel full;
            /// Flushes a file to its store. fsync(2).
            oac 22 fsync (fd: i32) => kernel full;
            /// The absolute path with every link resolved; returns its length. realpath(3).
            oac 23 realpathat (dirfd: i32, path: in_bytes, buf: out_bytes) => kernel full;
            /// Changes the working directory. chdir(2).
            oac 24 chdir (path: in_bytes) => kernel full;
            /// Changes the working directory to an open one. fchdir(2).
            oac 25 fchdir (fd: i32) => kernel full;
            /// The working directory; returns its length. getcwd(2).
            oac 26 getcwd (buf: out_bytes) => kernel full;
            /// Sets the file mode creation mask; returns the old one. umask(2).
            oac 27 umask (mask: u32) => kernel full;
            /// Facts of the filesystem that holds a path, laid out as `stat::StatFs`. statfs(2).
            oac 28 statfs (path: in_bytes, buf: out_bytes) => kernel full;
            /// Duplicates onto the lowest free descriptor not below `min_fd`; O_CLOEXEC. fcntl(2), F_DUPFD.
            oac 29 dup (fd: i32, min_fd: i32, flags: u32) => kernel full;
            /// Duplicates onto a given descriptor; O_CLOEXEC. dup3(2).
            oac 30 dup3 (old_fd: i32, new_fd: i32, flags: u32) => kernel full;
            /// F_GETFD 1, F_SETFD 2, F_GETFL 3, F_SETFL 4 (O_APPEND, O_NONBLOCK). fcntl(2).
            oac 31 fcntl (fd: i32, command: u32, argument: u32) => kernel full;
            /// Makes a pipe: two descriptors, read end first, as i32s; O_CLOEXEC, O_NONBLOCK. pipe2(2).
            oac 32 pipe2 (flags: u32, fds: out_bytes) => kernel full;
            /// Advisory lock of an open file. flock(2).
            oac 33 flock (fd: i32, operation: u32) => kernel full;
            /// Reads an extended attribute; returns its length, whatever the buffer holds when that is empty (ERANGE when it is too small). AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. getxattr(2), fgetxattr(2).
            oac 34 getxattrat (dirfd: i32, path: in_bytes, at_flags: u32, name: in_bytes, value: out_bytes) => kernel full;
            /// Sets an extended attribute: `flags::xattr` CREATE, REPLACE. setxattr(2), fsetxattr(2).
            oac 35 setxattrat (dirfd: i32, path: in_bytes, at_flags: u32, name: in_bytes, value: in_bytes, flags: u32) => kernel full;
            /// A descriptor from which file events are read, `struct inotify_event` each; IN_NONBLOCK, IN_CLOEXEC. inotify_init1(2).
            oac 36 inotify_init (flags: u32) => kernel full;
            /// Binds a tree over a path of the caller's namespace: `flags::bind` REPLACE, BEFORE, AFTER. Plan 9 bind(2).
            oac 37 ns_bind (source: in_bytes, target: in_bytes, flags: u32) => kernel full;
            /// Removes the binds of a path. Plan 9 unmount(2).
            oac 38 ns_unbind (target: in_bytes) => kernel full;
            /// Names of extended attributes, each ended by a NUL; returns their length, as getxattrat. listxattr(2).
            oac 39 listxattrat (dirfd: i32, path: in_bytes, at_flags: u32, names: out_bytes) => kernel full;
            /// Removes an extended attribute. removexattr(2).
            oac 40 removexattrat (dirfd: i32, path: in_bytes, at_flags: u32, name: in_bytes) => kernel full;
            /// Locks of byte ranges: `flags::fcntl` GETLK, SETLK, SETLKW and their OFD_ forms; `lock::Flock` in, and out for the first. fcntl(2).
            oac 41 fcntl_lock (fd: i32, command: u32, lock: in_bytes, found: out_bytes) => kernel full;
            /// Watches a path for the events of a mask; returns the watch's number. inotify_add_watch(2).
            oac 42 inotify_add_watch (fd: i32, path: in_bytes, mask: u32) => kernel full;
            /// Ends a watch. inotify_rm_watch(2).
            oac 43 inotify_rm_watch (fd: i32, watch: i32) => kernel full;
            /// Reserves space, or makes a hole: `flags::fallocate` KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE. fallocate(2).
            oac 44 fallocate (fd: i32, mode: u32, offset: i64, length: i64) => kernel full;
            /// Makes a FIFO, a socket's name, an empty file; devices are EPERM. mknodat(2).
            oac 45 mknodat (dirfd: i32, path: in_bytes, mode: u32, device: u64) => kernel full;
            /// Copies between files without passing the bytes through the program, sharing them where the filesystem can; an offset of -1 is the file's position, which moves. copy_file_range(2).
            oac 46 copy_file_range (from: i32, from_offset: i64, to: i32, to_offset: i64, length: u64) => kernel full;
            /// Facts of the filesystem that holds an open file. fstatfs(2).
            oac 47 fstatfs (fd: i32, buf: out_bytes) => kernel full;
            /// Mounts a filesystem over a path of the caller's namespace: kind `mem` (options `size=BYTES,nr_inodes=N,mode=OCTAL`), `overlay` (`lower=PATH[:PATH…],upper=PATH`), `tar` (source: the path of an uncompressed archive). As mount(2).
            oac 48 ns_mount (kind: in_bytes, source: in_bytes, target: in_bytes, options: in_bytes) => kernel full;
            /// Starts a task from a `spawn::SpawnRequest`; returns its id. As posix_spawn(3).
            oac 50 spawn (request: in_bytes) => kernel full;
            /// Waits for a child (-1: any); WNOHANG, WUNTRACED, WCONTINUED; returns its id, or 0 with WNOHANG and nothing to report; the status is `signal::ChildChange`. wait4(2).
            oac 51 wait4 (pid: i32, options: u32, status: out_bytes) => kernel full;
            /// Sends a signal to a task, or a process group when negative; 0 only checks. kill(2).
            oac 52 kill (pid: i32, signal: u32) => kernel full;
            /// Ends the task; never returns. exit_group(2).
            oac 53 exit (status: i32) => kernel full;
            /// The caller's task id. getpid(2).
            oac 54 getpid () => kernel full;
            /// The parent's task id. getppid(2).
            oac 55 getppid () => kernel full;
            /// Moves a task to a process group. setpgid(2).
            oac 56 setpgid (pid: i32, pgid: i32) => kernel full;
            /// A task's process group. getpgid(2).
            oac 57 getpgid (pid: i32) => kernel full;
            /// Starts a session; returns its number. setsid(2).
            oac 58 setsid () => kernel full;
            /// `signal::Disposition` of a signal: default, ignore, or caught (read from a signalfd). sigaction(2).
            oac 59 sigaction (signal: u32, disposition: u32) => kernel full;
            /// A descriptor from which caught signals are read, one u32 each. Bit n-1 is signal n. signalfd(2).
            oac 60 signalfd (mask: u64, flags: u32) => kernel full;
            /// A descriptor that polls readable when the child has ended. pidfd_open(2).
            oac 61 pidfd_open (pid: i32, flags: u32) => kernel full;
            /// Resources used, `limit::Usage`: of the caller (0) or of its children that have been waited for (-1). getrusage(2).
            oac 62 getrusage (who: i32, usage: out_bytes) => kernel partial("CPU time and memory are as exact as the host tells them; time in calls is not told apart");
            /// Reads a resource's limits of a task (0: the caller), and sets them when `new` is not empty; `limit::Rlimit`. prlimit(2).
            oac 63 prlimit (pid: i32, resource: u32, new: in_bytes, old: out_bytes) => kernel partial("enforced: CPU, FSIZE, NPROC (not for root), NOFILE, AS (by the host); the others are kept and shown");
            /// A task's session. getsid(2).
            oac 64 getsid (pid: i32) => kernel full;
            /// Real, effective and saved user, then the same of the group: six u32s. getresuid(2), getresgid(2).
            oac 65 getcredentials (ids: out_bytes) => kernel full;
            /// Sets users; u32::MAX leaves one alone. setresuid(2).
            oac 66 setresuid (real: u32, effective: u32, saved: u32) => kernel full;
            /// Sets groups; u32::MAX leaves one alone. setresgid(2).
            oac 67 setresgid (real: u32, effective: u32, saved: u32) => kernel full;
            /// Supplementary groups, a u32 each; returns their number. getgroups(2).
            oac 68 getgroups (groups: out_bytes) => kernel full;
            /// Sets the supplementary groups, a u32 each. setgroups(2).
            oac 69 setgroups (groups: in_bytes) => kernel full;
            /// Nanoseconds of clock 0 (since 1970), 1 (monotonic, since the task's host began) or 2 (CPU time of the task). clock_gettime(2).
            oac 70 clock_gettime (clock: u32) => host full;
            /// Random bytes; fills the buffer. getrandom(2).
            oac 71 getrandom (buf: out_bytes) => host full;
            /// SIGALRM after `value_ns`, then every `interval_ns`; zero ends it; what was left and the old interval come out, two i64s. setitimer(2), ITIMER_REAL.
            oac 72 setitimer (interval_ns: i64, value_ns: i64, old: out_bytes) => kernel full;
            /// Waits until a descriptor is ready: `flags::poll` records of 8 bytes in, the same with revents out; a negative timeout waits for ever; returns how many are ready. ppoll(2).
            oac 80 poll (fds: in_bytes, timeout_ns: i64, ready: out_bytes) => kernel full;
            /// Makes a socket; SOCK_NONBLOCK, SOCK_CLOEXEC. socket(2).
            oac 90 socket (domain: u32, kind: u32, protocol: u32) => kernel partial("TCP and UDP reach the loopback only; Unix sockets of all kinds; no raw sockets");
            /// Gives a socket its address, as `sockaddr::SocketAddress` packs it. bind(2).
            oac 91 bind (fd: i32, address: in_bytes) => kernel full;
            /// Accepts connections from now on; the host hears of the port. listen(2).
            oac 92 listen (fd: i32, backlog: u32) => kernel full;
            /// Takes the next connection. accept4(2).
            oac 93 accept4 (fd: i32, flags: u32, address: out_bytes) => kernel full;
            /// Connects; EINPROGRESS when non-blocking and not at once. connect(2).
            oac 94 connect (fd: i32, address: in_bytes) => kernel full;
            /// Closes one direction: 0 reading, 1 writing, 2 both. shutdown(2).
            oac 95 shutdown (fd: i32, how: u32) => kernel full;
            /// A socket's own address; returns its length. getsockname(2).
            oac 96 getsockname (fd: i32, address: out_bytes) => kernel full;
            /// The other end's address; returns its length. getpeername(2).
            oac 97 getpeername (fd: i32, address: out_bytes) => kernel full;
            /// Reads a socket option. getsockopt(2).
            oac 98 getsockopt (fd: i32, level: u32, option: u32, value: out_bytes) => kernel partial("the options of `flags::socket`; the rest ENOPROTOOPT");
            /// Sets a socket option. setsockopt(2).
            oac 99 setsockopt (fd: i32, level: u32, option: u32, value: in_bytes) => kernel partial("the options of `flags::socket`; the rest, multicast groups among them, ENOPROTOOPT");
            /// Sends, to an address when that is not empty: MSG_DONTWAIT, MSG_NOSIGNAL. sendto(2).
            oac 100 sendto (fd: i32, buf: in_bytes, flags: u32, address: in_bytes) => kernel full;
            /// Receives: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_TRUNC; returns the length, the sender's address comes out. recvfrom(2).
            oac 101 recvfrom (fd: i32, buf: out_bytes, flags: u32, address: out_bytes) => kernel full;
            /// Two connected sockets (AF_UNIX, of any kind): two i32s. socketpair(2).
            oac 102 socketpair (domain: u32, kind: u32, fds: out_bytes) => kernel full;
            /// Sends with descriptors of the caller, an i32 each, over a Unix socket (SCM_RIGHTS). sendmsg(2).
            oac 103 sendmsg (fd: i32, buf: in_bytes, flags: u32, address: in_bytes, fds: in_bytes) => kernel full;
            /// Receives with descriptors (SCM_RIGHTS; MSG_CMSG_CLOEXEC): `details` is a `message::Details`. recvmsg(2).
            oac 104 recvmsg (fd: i32, buf: out_bytes, flags: u32, fds: out_bytes, details: out_bytes) => kernel full;
            /// Bytes that a read would give at once. ioctl(2), FIONREAD.
            oac 105 fionread (fd: i32) => kernel full;
            /// Starts an HTTP request made by the host, `fetch::RequestHead`; returns a descriptor from which the response body is read. EACCES without the network capability. O_NONBLOCK, O_CLOEXEC.
            oac 110 fetch (head: in_bytes, body: in_bytes, flags: u32) => kernel full;
            /// Waits for the response's `fetch::ResponseHead`; returns its length.
            oac 111 fetch_head (fd: i32, head: out_bytes) => kernel full;
            /// Asks for the address of a name outside; returns a descriptor from which the answer is read: a socket address that stands for the name, or an errno of 4 bytes. EACCES without the network capability for that name: then no host hears of it. O_NONBLOCK, O_CLOEXEC.
            oac 112 resolve (name: in_bytes, flags: u32) => kernel full;
            /// Terminal attributes, `termios::Termios`; ENOTTY tells what is no terminal. tcgetattr(3).
            oac 120 tcgetattr (fd: i32, termios: out_bytes) => kernel full;
            /// Sets terminal attributes: TCSANOW 0, TCSADRAIN 1, TCSAFLUSH 2. tcsetattr(3).
            oac 121 tcsetattr (fd: i32, actions: u32, termios: in_bytes) => kernel full;
            /// Rows and columns as two u16s. tcgetwinsize(3).
            oac 122 tcgetwinsize (fd: i32, size: out_bytes) => kernel full;
            /// A new pseudo-terminal: its master and its slave (`/dev/pts/N`), two i32s; O_CLOEXEC, O_NONBLOCK, O_NOCTTY. openpty(3).
            oac 123 openpty (flags: u32, fds: out_bytes) => kernel full;
            /// Sets rows and columns, two u16s; SIGWINCH to the foreground group when they change. tcsetwinsize(3).
            oac 124 tcsetwinsize (fd: i32, size: in_bytes) => kernel full;
            /// The foreground process group of the caller's terminal. tcgetpgrp(3).
            oac 125 tcgetpgrp (fd: i32) => kernel full;
            /// Sets the foreground process group. tcsetpgrp(3).
            oac 126 tcsetpgrp (fd: i32, group: i32) => kernel full;
            /// Makes a terminal the controlling one of the caller, who leads a session without one. ioctl_tty(2), TIOCSCTTY.
            oac 127 tcsetctty (fd: i32) => kernel partial("a master cannot be a controlling terminal: ENOTTY");
            /// The number of a master's slave, the N of `/dev/pts/N`. ioctl_tty(2), TIOCGPTN.
            oac 128 ptsnumber (fd: i32) => kernel full;
            /// Throws queued bytes away: TCIFLUSH 0, TCOFLUSH 1, TCIOFLUSH 2. tcflush(3).
            oac 129 tcflush (fd: i32, queue: u32) => kernel full;
            /// Names of the system: sysname, nodename, release, version, machine, each ended by a NUL; returns their length. uname(2).
            oac 130 uname (names: out_bytes) => kernel full;
            /// Instantiates a wasm module beside the program, in its memory, see [`guest`](crate::guest); returns its number. ENOEXEC, EMFILE.
            oac 140 guest_load (module: in_bytes) => host full;
            /// Calls an entry of a guest with two numbers; returns 0, or a `guest::GuestTrap`. EBADF, ENOENT.
            oac 141 guest_call (guest: u32, entry: u32, frame: u32, function: u32) => host full;
            /// Calls `function` of the program's table with `arg` on a machine stack of its own, for recursion that the stack at hand does not hold: 0 when it has returned. 1, without the call, where the stack at hand has room for any recursion that a program allows itself; ENOSYS, without the call, where there is no other stack.
            oac 142 stack_call (function: u32, arg: u32) => host full;
            /// Prepares a thread of the caller's process, see [`thread`](crate::thread); its number within the process comes out, a u32. Returns a descriptor that polls readable when it has ended. EAGAIN, EMFILE.
            oac 150 thread_create (number: out_bytes) => kernel full;
            /// Starts a prepared thread: another instance of the caller's program, which gets `start` from thread_self and takes over the descriptors `fds`, an i32 each; it ends when it wants more than `memory_bytes` beyond what it begins with (0: no limit). EINVAL when it has been started; EOPNOTSUPP for a program that is not registered.
            oac 151 thread_start (fd: i32, start: in_bytes, fds: in_bytes, memory_bytes: u64) => kernel partial("a page does not limit memory of threads");
            /// Ends a thread, wherever it is, with this status.
            oac 152 thread_stop (fd: i32, status: i32) => kernel full;
            /// What a thread does, or how it ended: `thread::ThreadStatus`.
            oac 153 thread_status (fd: i32, status: out_bytes) => kernel full;
            /// What the calling thread was started with; returns its length, whatever the buffer holds. ESRCH for a process's main thread.
            oac 154 thread_self (start: out_bytes) => kernel full;
            /// Two connected ends of a message channel: two i32s. Ends poll readable with a message or without a peer. ENFILE, EMFILE.
            oac 155 channel_pair (fds: out_bytes) => kernel full;
            /// Joins the channel of this name within the process, whose messages go to all others that joined. EINVAL for an empty or too long name.
            oac 156 channel_join (name: in_bytes) => kernel full;
            /// Sends a message, or with `channel::MORE` a part of one, and never waits. Descriptors `fds`, an i32 each, leave the caller with its last part. EPIPE without a peer, ENOBUFS when too much is under way.
            oac 157 channel_send (fd: i32, flags: u32, message: in_bytes, fds: in_bytes) => kernel full;
            /// Takes the next message, from an offset within it; it stays until its end has been read. `head` is a `channel::Head`. Returns the bytes that came out. EAGAIN without a message, EPIPE when none will come.
            oac 158 channel_receive (fd: i32, offset: u64, message: out_bytes, fds: out_bytes, head: out_bytes) => kernel full;
            /// Makes memory that threads share, of `bytes`, to grow up to `bytes_max`; returns a descriptor. ENOMEM.
            oac 159 segment_create (bytes: u64, bytes_max: u64) => kernel full;
            /// Writes, one atomic operation, and what has changed since version `known`: `segment::Access` in, `segment::Changes` out.
            oac 160 segment_access (fd: i32, known: u64, access: in_bytes, changes: out_bytes) => kernel full;
            /// Waits while the value of `width` bytes at `offset` is the expected one: 0 notified, 1 not equal, 2 timed out; a negative timeout waits for ever. As futex(2).
            oac 161 segment_wait (fd: i32, offset: u64, width: u32, expected: u64, timeout_ns: i64) => kernel full;
            /// Wakes up to `count` who wait at `offset`; returns how many. As futex(2).
            oac 162 segment_notify (fd: i32, offset: u64, count: u32) => kernel full;
            /// Begins to wait as segment_wait does, and returns a descriptor that polls readable once notified; EAGAIN when the value is another.
            oac 163 segment_wait_begin (fd: i32, offset: u64, width: u32, expected: u64) => kernel full;
            /// WASI preview 1 `args_get`.
            wasi 300 args_get (argv: out_strings) => kernel full;
            /// WASI preview 1 `args_sizes_get`.
            wasi 301 args_sizes_get (argc: out_fixed(4), argv_buf_size: out_fixed(4)) => kernel full;
            /// WASI preview 1 `environ_get`.
            wasi 302 environ_get (environ: out_strings) => kernel full;
            /// WASI preview 1 `environ_sizes_get`.
            wasi 303 environ_sizes_get (environc: out_fixed(4), environ_buf_size: out_fixed(4)) => kernel full;
            /// WASI preview 1 `clock_res_get`.
            wasi 304 clock_res_get (clock: u32, resolution: out_fixed(8)) => host full;
            /// WASI preview 1 `clock_time_get`.
            wasi 305 clock_time_get (clock: u32, precision: u64, time: out_fixed(8)) => host full;
            /// WASI preview 1 `fd_advise`.
            wasi 306 fd_advise (fd: i32, offset: u64, len: u64, advice: u32) => kernel full;
            /// WASI preview 1 `fd_allocate`.
            wasi 307 fd_allocate (fd: i32, offset: u64, len: u64) => kernel full;
            /// WASI preview 1 `fd_close`.
            wasi 308 fd_close (fd: i32) => kernel full;
            /// WASI preview 1 `fd_datasync`.
            wasi 309 fd_datasync (fd: i32) => kernel full;
            /// WASI preview 1 `fd_fdstat_get`.
            wasi 310 fd_fdstat_get (fd: i32, stat: out_fixed(24)) => kernel full;
            /// WASI preview 1 `fd_fdstat_set_flags`.
            wasi 311 fd_fdstat_set_flags (fd: i32, flags: u32) => kernel full;
            /// WASI preview 1 `fd_fdstat_set_rights`.
            wasi 312 fd_fdstat_set_rights (fd: i32, rights_base: u64, rights_inheriting: u64) => kernel partial("given-up rights are enforced for reading, writing and sizes, and shown for the rest");
            /// WASI preview 1 `fd_filestat_get`.
            wasi 313 fd_filestat_get (fd: i32, stat: out_fixed(64)) => kernel full;
            /// WASI preview 1 `fd_filestat_set_size`.
            wasi 314 fd_filestat_set_size (fd: i32, size: u64) => kernel full;
            /// WASI preview 1 `fd_filestat_set_times`.
            wasi 315 fd_filestat_set_times (fd: i32, atim: u64, mtim: u64, fst_flags: u32) => kernel full;
            /// WASI preview 1 `fd_pread`.
            wasi 316 fd_pread (fd: i32, iovs: out_iovs, offset: u64, nread: out_fixed(4)) => kernel full;
            /// WASI preview 1 `fd_prestat_get`.
            wasi 317 fd_prestat_get (fd: i32, prestat: out_fixed(8)) => kernel full;
            /// WASI preview 1 `fd_prestat_dir_name`.
            wasi 318 fd_prestat_dir_name (fd: i32, path: out_bytes) => kernel full;
            /// WASI preview 1 `fd_pwrite`.
            wasi 319 fd_pwrite (fd: i32, iovs: in_iovs, offset: u64, nwritten: out_fixed(4)) => kernel full;
            /// WASI preview 1 `fd_read`.
            wasi 320 fd_read (fd: i32, iovs: out_iovs, nread: out_fixed(4)) => kernel full;
            /// WASI preview 1 `fd_readdir`.
            wasi 321 fd_readdir (fd: i32, buf: out_bytes, cookie: u64, bufused: out_fixed(4)) => kernel full;
            /// WASI preview 1 `fd_renumber`.
            wasi 322 fd_renumber (fd: i32, to: i32) => kernel full;
            /// WASI preview 1 `fd_seek`.
            wasi 323 fd_seek (fd: i32, offset: i64, whence: u32, newoffset: out_fixed(8)) => kernel full;
            /// WASI preview 1 `fd_sync`.
            wasi 324 fd_sync (fd: i32) => kernel full;
            /// WASI preview 1 `fd_tell`.
            wasi 325 fd_tell (fd: i32, offset: out_fixed(8)) => kernel full;
            /// WASI preview 1 `fd_write`.
            wasi 326 fd_write (fd: i32, iovs: in_iovs, nwritten: out_fixed(4)) => kernel full;
            /// WASI preview 1 `path_create_directory`.
            wasi 327 path_create_directory (fd: i32, path: in_bytes) => kernel full;
            /// WASI preview 1 `path_filestat_get`.
            wasi 328 path_filestat_get (fd: i32, flags: u32, path: in_bytes, stat: out_fixed(64)) => kernel full;
            /// WASI preview 1 `path_filestat_set_times`.
            wasi 329 path_filestat_set_times (fd: i32, flags: u32, path: in_bytes, atim: u64, mtim: u64, fst_flags: u32) => kernel full;
            /// WASI preview 1 `path_link`.
            wasi 330 path_link (old_fd: i32, old_flags: u32, old_path: in_bytes, new_fd: i32, new_path: in_bytes) => kernel full;
            /// WASI preview 1 `path_open`.
            wasi 331 path_open (fd: i32, dirflags: u32, path: in_bytes, oflags: u32, rights_base: u64, rights_inheriting: u64, fdflags: u32, opened_fd: out_fixed(4)) => kernel full;
            /// WASI preview 1 `path_readlink`.
            wasi 332 path_readlink (fd: i32, path: in_bytes, buf: out_bytes, bufused: out_fixed(4)) => kernel full;
            /// WASI preview 1 `path_remove_directory`.
            wasi 333 path_remove_directory (fd: i32, path: in_bytes) => kernel full;
            /// WASI preview 1 `path_rename`.
            wasi 334 path_rename (fd: i32, old_path: in_bytes, new_fd: i32, new_path: in_bytes) => kernel full;
            /// WASI preview 1 `path_symlink`.
            wasi 335 path_symlink (old_path: in_bytes, fd: i32, new_path: in_bytes) => kernel full;
            /// WASI preview 1 `path_unlink_file`.
            wasi 336 path_unlink_file (fd: i32, path: in_bytes) => kernel full;
            /// WASI preview 1 `poll_oneoff`.
            wasi 337 poll_oneoff (subscriptions: in_counted(48, 2), events: out_counted(32, 2), nsubscriptions: u32, nevents: out_fixed(4)) => kernel full;
            /// WASI preview 1 `proc_exit`.
            wasi 338 proc_exit (code: i32) => kernel full;
            /// WASI preview 1 `proc_raise`.
            wasi 339 proc_raise (signal: u32) => kernel full;
            /// WASI preview 1 `random_get`.
            wasi 340 random_get (buf: out_bytes) => host full;
            /// WASI preview 1 `sched_yield`.
            wasi 341 sched_yield () => kernel full;
            /// WASI preview 1 `sock_accept`.
            wasi 342 sock_accept (fd: i32, flags: u32, connection: out_fixed(4)) => kernel full;
            /// WASI preview 1 `sock_recv`.
            wasi 343 sock_recv (fd: i32, iovs: out_iovs, ri_flags: u32, ro_datalen: out_fixed(4), ro_flags: out_fixed(2)) => kernel full;
            /// WASI preview 1 `sock_send`.
            wasi 344 sock_send (fd: i32, iovs: in_iovs, si_flags: u32, so_datalen: out_fixed(4)) => kernel full;
            /// WASI preview 1 `sock_shutdown`.
            wasi 345 sock_shutdown (fd: i32, how: u32) => kernel full;
        }
    };
}

macro_rules! kind {
    (i32) => {
        Kind::I32
    };
    (u32) => {
        Kind::U32
    };
    (i64) => {
        Kind::I64
    };
    (u64) => {
        Kind::U64
    };
    (in_bytes) => {
        Kind::InBytes
    };
    (out_bytes) => {
        Kind::OutBytes
    };
    (out_fixed($size:literal)) => {
        Kind::OutFixed($size)
    };
    (in_iovs) => {
        Kind::InIovs
    };
    (out_iovs) => {
        Kind::OutIovs
    };
    (in_counted($size:literal, $count:literal)) => {
        Kind::InCounted { size: $size, count: $count }
    };
    (out_counted($size:literal, $count:literal)) => {
        Kind::OutCounted { size: $size, count: $count }
    };
    (out_strings) => {
        Kind::OutStrings
    };
}

macro_rules! module {
    (oac) => {
        Module::Oac
    };
    (wasi) => {
        Module::Wasi
    };
}

macro_rules! served {
    (kernel) => {
        Served::Kernel
    };
    (host) => {
        Served::Host
    };
}

macro_rules! support {
    (full) => {
        Support::Full
    };
    (partial($note:literal)) => {
        Support::Partial($note)
    };
    (missing($errno:ident)) => {
        Support::Missing(crate::Errno::$errno)
    };
}

macro_rules! table {
    ($( $(#[doc = $doc:literal])* $module:ident $number:literal $name:ident
        ( $($param:ident : $kind:ident $(($($kind_arg:literal),*))?),* )
        => $served:ident $support:ident $(($support_arg:tt))?; )*) => {
        /// Every call, in the order of their numbers.
        pub const CALLS: &[CallSpec] = &[$( CallSpec {
            number: $number,
            module: module!($module),
            name: stringify!($name),
            params: &[$( Param { name: stringify!($param), kind: kind!($kind $(($($kind_arg),*))?) } ),*],
            served: served!($served),
            support: support!($support $(($support_arg))?),
            doc: concat!($($doc),*),
        } ),*];
    };
}

for_each_call!(table);

/// The calls' numbers, by their names in capitals; WASI's carry the prefix `WASI_`.
#[allow(missing_docs)]
pub mod nr {
    use super::{CALLS, Module};

    /// Looks a number up at compile time, so that a name that is not in the table does not compile.
    const fn find(module: Module, name: &str) -> u16 {
        let mut row = 0;
        while row < CALLS.len() {
            if CALLS[row].module as u8 == module as u8 && same(CALLS[row].name.as_bytes(), name.as_bytes()) {
                return CALLS[row].number;
            }
            row += 1;
        }
        panic!("no such call in the table")
    }

    const fn same(a: &[u8], b: &[u8]) -> bool {
        if a.len() != b.len() {
            return false;
        }
        let mut index = 0;
        while index < a.len() {
            if a[index] != b[index] {
                return false;
            }
            index += 1;
        }
        true
    }

    pub const OPENAT: u16 = find(Module::Oac, "openat");
    pub const CLOSE: u16 = find(Module::Oac, "close");
    pub const READ: u16 = find(Module::Oac, "read");
    pub const WRITE: u16 = find(Module::Oac, "write");
    pub const PREAD: u16 = find(Module::Oac, "pread");
    pub const PWRITE: u16 = find(Module::Oac, "pwrite");
    pub const LSEEK: u16 = find(Module::Oac, "lseek");
    pub const FSTAT: u16 = find(Module::Oac, "fstat");
    pub const FSTATAT: u16 = find(Module::Oac, "fstatat");
    pub const GETDENTS: u16 = find(Module::Oac, "getdents");
    pub const MKDIRAT: u16 = find(Module::Oac, "mkdirat");
    pub const UNLINKAT: u16 = find(Module::Oac, "unlinkat");
    pub const RENAMEAT: u16 = find(Module::Oac, "renameat");
    pub const LINKAT: u16 = find(Module::Oac, "linkat");
    pub const SYMLINKAT: u16 = find(Module::Oac, "symlinkat");
    pub const READLINKAT: u16 = find(Module::Oac, "readlinkat");
    pub const FTRUNCATE: u16 = find(Module::Oac, "ftruncate");
    pub const FCHMODAT: u16 = find(Module::Oac, "fchmodat");
    pub const FCHOWNAT: u16 = find(Module::Oac, "fchownat");
    pub const UTIMENSAT: u16 = find(Module::Oac, "utimensat");
    pub const FACCESSAT: u16 = find(Module::Oac, "faccessat");
    pub const FSYNC: u16 = find(Module::Oac, "fsync");
    pub const REALPATHAT: u16 = find(Module::Oac, "realpathat");
    pub const CHDIR: u16 = find(Module::Oac, "chdir");
    pub const FCHDIR: u16 = find(Module::Oac, "fchdir");
    pub const GETCWD: u16 = find(Module::Oac, "getcwd");
    pub const UMASK: u16 = find(Module::Oac, "umask");
    pub const STATFS: u16 = find(Module::Oac, "statfs");
    pub const DUP: u16 = find(Module::Oac, "dup");
    pub const DUP3: u16 = find(Module::Oac, "dup3");
    pub const FCNTL: u16 = find(Module::Oac, "fcntl");
    pub const PIPE2: u16 = find(Module::Oac, "pipe2");
    pub const FLOCK: u16 = find(Module::Oac, "flock");
    pub const GETXATTRAT: u16 = find(Module::Oac, "getxattrat");
    pub const SETXATTRAT: u16 = find(Module::Oac, "setxattrat");
    pub const INOTIFY_INIT: u16 = find(Module::Oac, "inotify_init");
    pub const NS_BIND: u16 = find(Module::Oac, "ns_bind");
    pub const NS_UNBIND: u16 = find(Module::Oac, "ns_unbind");
    pub const LISTXATTRAT: u16 = find(Module::Oac, "listxattrat");
    pub const REMOVEXATTRAT: u16 = find(Module::Oac, "removexattrat");
    pub const FCNTL_LOCK: u16 = find(Module::Oac, "fcntl_lock");
    pub const INOTIFY_ADD_WATCH: u16 = find(Module::Oac, "inotify_add_watch");
    pub const INOTIFY_RM_WATCH: u16 = find(Module::Oac, "inotify_rm_watch");
    pub const FALLOCATE: u16 = find(Module::Oac, "fallocate");
    pub const MKNODAT: u16 = find(Module::Oac, "mknodat");
    pub const COPY_FILE_RANGE: u16 = find(Module::Oac, "copy_file_range");
    pub const FSTATFS: u16 = find(Module::Oac, "fstatfs");
    pub const NS_MOUNT: u16 = find(Module::Oac, "ns_mount");
    pub const SPAWN: u16 = find(Module::Oac, "spawn");
    pub const WAIT4: u16 = find(Module::Oac, "wait4");
    pub const KILL: u16 = find(Module::Oac, "kill");
    pub const EXIT: u16 = find(Module::Oac, "exit");
    pub const GETPID: u16 = find(Module::Oac, "getpid");
    pub const GETPPID: u16 = find(Module::Oac, "getppid");
    pub const SETPGID: u16 = find(Module::Oac, "setpgid");
    pub const GETPGID: u16 = find(Module::Oac, "getpgid");
    pub const SETSID: u16 = find(Module::Oac, "setsid");
    pub const SIGACTION: u16 = find(Module::Oac, "sigaction");
    pub const SIGNALFD: u16 = find(Module::Oac, "signalfd");
    pub const PIDFD_OPEN: u16 = find(Module::Oac, "pidfd_open");
    pub const GETRUSAGE: u16 = find(Module::Oac, "getrusage");
    pub const PRLIMIT: u16 = find(Module::Oac, "prlimit");
    pub const GETSID: u16 = find(Module::Oac, "getsid");
    pub const GETCREDENTIALS: u16 = find(Module::Oac, "getcredentials");
    pub const SETRESUID: u16 = find(Module::Oac, "setresuid");
    pub const SETRESGID: u16 = find(Module::Oac, "setresgid");
    pub const GETGROUPS: u16 = find(Module::Oac, "getgroups");
    pub const SETGROUPS: u16 = find(Module::Oac, "setgroups");
    pub const CLOCK_GETTIME: u16 = find(Module::Oac, "clock_gettime");
    pub const GETRANDOM: u16 = find(Module::Oac, "getrandom");
    pub const SETITIMER: u16 = find(Module::Oac, "setitimer");
    pub const POLL: u16 = find(Module::Oac, "poll");
    pub const SOCKET: u16 = find(Module::Oac, "socket");
    pub const BIND: u16 = find(Module::Oac, "bind");
    pub const LISTEN: u16 = find(Module::Oac, "listen");
    pub const ACCEPT4: u16 = find(Module::Oac, "accept4");
    pub const CONNECT: u16 = find(Module::Oac, "connect");
    pub const SHUTDOWN: u16 = find(Module::Oac, "shutdown");
    pub const GETSOCKNAME: u16 = find(Module::Oac, "getsockname");
    pub const GETPEERNAME: u16 = find(Module::Oac, "getpeername");
    pub const GETSOCKOPT: u16 = find(Module::Oac, "getsockopt");
    pub const SETSOCKOPT: u16 = find(Module::Oac, "setsockopt");
    pub const SENDTO: u16 = find(Module::Oac, "sendto");
    pub const RECVFROM: u16 = find(Module::Oac, "recvfrom");
    pub const SOCKETPAIR: u16 = find(Module::Oac, "socketpair");
    pub const SENDMSG: u16 = find(Module::Oac, "sendmsg");
    pub const RECVMSG: u16 = find(Module::Oac, "recvmsg");
    pub const FIONREAD: u16 = find(Module::Oac, "fionread");
    pub const FETCH: u16 = find(Module::Oac, "fetch");
    pub const FETCH_HEAD: u16 = find(Module::Oac, "fetch_head");
    pub const RESOLVE: u16 = find(Module::Oac, "resolve");
    pub const TCGETATTR: u16 = find(Module::Oac, "tcgetattr");
    pub const TCSETATTR: u16 = find(Module::Oac, "tcsetattr");
    pub const TCGETWINSIZE: u16 = find(Module::Oac, "tcgetwinsize");
    pub const OPENPTY: u16 = find(Module::Oac, "openpty");
    pub const TCSETWINSIZE: u16 = find(Module::Oac, "tcsetwinsize");
    pub const TCGETPGRP: u16 = find(Module::Oac, "tcgetpgrp");
    pub const TCSETPGRP: u16 = find(Module::Oac, "tcsetpgrp");
    pub const TCSETCTTY: u16 = find(Module::Oac, "tcsetctty");
    pub const PTSNUMBER: u16 = find(Module::Oac, "ptsnumber");
    pub const TCFLUSH: u16 = find(Module::Oac, "tcflush");
    pub const UNAME: u16 = find(Module::Oac, "uname");
    pub const GUEST_LOAD: u16 = find(Module::Oac, "guest_load");
    pub const GUEST_CALL: u16 = find(Module::Oac, "guest_call");
    pub const STACK_CALL: u16 = find(Module::Oac, "stack_call");
    pub const THREAD_CREATE: u16 = find(Module::Oac, "thread_create");
    pub const THREAD_START: u16 = find(Module::Oac, "thread_start");
    pub const THREAD_STOP: u16 = find(Module::Oac, "thread_stop");
    pub const THREAD_STATUS: u16 = find(Module::Oac, "thread_status");
    pub const THREAD_SELF: u16 = find(Module::Oac, "thread_self");
    pub const CHANNEL_PAIR: u16 = find(Module::Oac, "channel_pair");
    pub const CHANNEL_JOIN: u16 = find(Module::Oac, "channel_join");
    pub const CHANNEL_SEND: u16 = find(Module::Oac, "channel_send");
    pub const CHANNEL_RECEIVE: u16 = find(Module::Oac, "channel_receive");
    pub const SEGMENT_CREATE: u16 = find(Module::Oac, "segment_create");
    pub const SEGMENT_ACCESS: u16 = find(Module::Oac, "segment_access");
    pub const SEGMENT_WAIT: u16 = find(Module::Oac, "segment_wait");
    pub const SEGMENT_NOTIFY: u16 = find(Module::Oac, "segment_notify");
    pub const SEGMENT_WAIT_BEGIN: u16 = find(Module::Oac, "segment_wait_begin");
    pub const WASI_ARGS_GET: u16 = find(Module::Wasi, "args_get");
    pub const WASI_ARGS_SIZES_GET: u16 = find(Module::Wasi, "args_sizes_get");
    pub const WASI_ENVIRON_GET: u16 = find(Module::Wasi, "environ_get");
    pub const WASI_ENVIRON_SIZES_GET: u16 = find(Module::Wasi, "environ_sizes_get");
    pub const WASI_CLOCK_RES_GET: u16 = find(Module::Wasi, "clock_res_get");
    pub const WASI_CLOCK_TIME_GET: u16 = find(Module::Wasi, "clock_time_get");
    pub const WASI_FD_ADVISE: u16 = find(Module::Wasi, "fd_advise");
    pub const WASI_FD_ALLOCATE: u16 = find(Module::Wasi, "fd_allocate");
    pub const WASI_FD_CLOSE: u16 = find(Module::Wasi, "fd_close");
    pub const WASI_FD_DATASYNC: u16 = find(Module::Wasi, "fd_datasync");
    pub const WASI_FD_FDSTAT_GET: u16 = find(Module::Wasi, "fd_fdstat_get");
    pub const WASI_FD_FDSTAT_SET_FLAGS: u16 = find(Module::Wasi, "fd_fdstat_set_flags");
    pub const WASI_FD_FDSTAT_SET_RIGHTS: u16 = find(Module::Wasi, "fd_fdstat_set_rights");
    pub const WASI_FD_FILESTAT_GET: u16 = find(Module::Wasi, "fd_filestat_get");
    pub const WASI_FD_FILESTAT_SET_SIZE: u16 = find(Module::Wasi, "fd_filestat_set_size");
    pub const WASI_FD_FILESTAT_SET_TIMES: u16 = find(Module::Wasi, "fd_filestat_set_times");
    pub const WASI_FD_PREAD: u16 = find(Module::Wasi, "fd_pread");
    pub const WASI_FD_PRESTAT_GET: u16 = find(Module::Wasi, "fd_prestat_get");
    pub const WASI_FD_PRESTAT_DIR_NAME: u16 = find(Module::Wasi, "fd_prestat_dir_name");
    pub const WASI_FD_PWRITE: u16 = find(Module::Wasi, "fd_pwrite");
    pub const WASI_FD_READ: u16 = find(Module::Wasi, "fd_read");
    pub const WASI_FD_READDIR: u16 = find(Module::Wasi, "fd_readdir");
    pub const WASI_FD_RENUMBER: u16 = find(Module::Wasi, "fd_renumber");
    pub const WASI_FD_SEEK: u16 = find(Module::Wasi, "fd_seek");
    pub const WASI_FD_SYNC: u16 = find(Module::Wasi, "fd_sync");
    pub const WASI_FD_TELL: u16 = find(Module::Wasi, "fd_tell");
    pub const WASI_FD_WRITE: u16 = find(Module::Wasi, "fd_write");
    pub const WASI_PATH_CREATE_DIRECTORY: u16 = find(Module::Wasi, "path_create_directory");
    pub const WASI_PATH_FILESTAT_GET: u16 = find(Module::Wasi, "path_filestat_get");
    pub const WASI_PATH_FILESTAT_SET_TIMES: u16 = find(Module::Wasi, "path_filestat_set_times");
    pub const WASI_PATH_LINK: u16 = find(Module::Wasi, "path_link");
    pub const WASI_PATH_OPEN: u16 = find(Module::Wasi, "path_open");
    pub const WASI_PATH_READLINK: u16 = find(Module::Wasi, "path_readlink");
    pub const WASI_PATH_REMOVE_DIRECTORY: u16 = find(Module::Wasi, "path_remove_directory");
    pub const WASI_PATH_RENAME: u16 = find(Module::Wasi, "path_rename");
    pub const WASI_PATH_SYMLINK: u16 = find(Module::Wasi, "path_symlink");
    pub const WASI_PATH_UNLINK_FILE: u16 = find(Module::Wasi, "path_unlink_file");
    pub const WASI_POLL_ONEOFF: u16 = find(Module::Wasi, "poll_oneoff");
    pub const WASI_PROC_EXIT: u16 = find(Module::Wasi, "proc_exit");
    pub const WASI_PROC_RAISE: u16 = find(Module::Wasi, "proc_raise");
    pub const WASI_RANDOM_GET: u16 = find(Module::Wasi, "random_get");
    pub const WASI_SCHED_YIELD: u16 = find(Module::Wasi, "sched_yield");
    pub const WASI_SOCK_ACCEPT: u16 = find(Module::Wasi, "sock_accept");
    pub const WASI_SOCK_RECV: u16 = find(Module::Wasi, "sock_recv");
    pub const WASI_SOCK_SEND: u16 = find(Module::Wasi, "sock_send");
    pub const WASI_SOCK_SHUTDOWN: u16 = find(Module::Wasi, "sock_shutdown");
}

/// Where a number stands in [`CALLS`]; `None` for a number that is no call.
pub fn index_of(number: u16) -> Option<usize> {
    CALLS.binary_search_by_key(&number, |call| call.number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_names_are_unique() {
        for pair in CALLS.windows(2) {
            assert!(pair[0].number < pair[1].number, "{} before {}", pair[0].name, pair[1].name);
        }
        for (index, call) in CALLS.iter().enumerate() {
            assert_eq!(index_of(call.number), Some(index));
            let same = CALLS.iter().filter(|c| c.module == call.module && c.name == call.name).count();
            assert_eq!(same, 1, "{} is declared once", call.name);
        }
    }

    #[test]
    fn a_call_fits_the_wire() {
        for call in CALLS {
            assert!(call.params.len() <= crate::bounds::CALL_ARGS_MAX, "{}", call.name);
            let outs = call.params.iter().filter(|p| p.kind.comes_out()).count();
            assert!(outs <= crate::bounds::CALL_OUTS_MAX, "{}", call.name);
        }
    }

    #[test]
    fn counted_parameters_name_a_scalar() {
        for call in CALLS {
            for param in call.params {
                if let Kind::InCounted { count, .. } | Kind::OutCounted { count, .. } = param.kind {
                    assert_eq!(call.params[count as usize].kind, Kind::U32, "{}.{}", call.name, param.name);
                }
            }
        }
    }

    #[test]
    fn all_of_preview_1_is_declared() {
        assert_eq!(CALLS.iter().filter(|c| c.module == Module::Wasi).count(), 46);
    }
}
