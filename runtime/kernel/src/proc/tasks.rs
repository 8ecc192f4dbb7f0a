//! The files of one task.

use std::fmt::Write as _;

use oac_abi::{
    Errno,
    limit::{UNLIMITED, resource},
    signal::WaitStatus,
};
use oac_vfs::{FileSystems as _, Node, Place};

use super::{ProcFiles, system::ticks};
use crate::{
    TaskId,
    description::File,
    fd_table::Fd,
    task::{State, Task},
    world::World,
};

/// TASK_COMM_LEN, without its NUL.
const COMM_BYTES: usize = 15;
const PAGE_BYTES: u64 = 4096;

fn state_of(task: &Task) -> (char, &'static str) {
    match &task.state {
        State::Zombie(_) => ('Z', "zombie"),
        State::Living(life) if life.stopped => ('T', "stopped"),
        State::Living(life) if life.pending.is_some() => ('S', "sleeping"),
        State::Living(_) => ('R', "running"),
    }
}

/// The first fifteen bytes of its name.
fn comm(task: &Task) -> String {
    let name = task.name();
    let end = (0..=COMM_BYTES.min(name.len())).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    name[..end].to_string()
}

/// A mount as `mounts` and `mountinfo` show it.
struct MountLine {
    id: u32,
    parent: u32,
    device: u64,
    path: String,
    kind: &'static str,
    /// `rw` or `ro`.
    access: &'static str,
}

impl ProcFiles<'_> {
    pub(super) fn task_text(&mut self, id: TaskId, path: &str) -> Result<Vec<u8>, Errno> {
        let task = self.view.tasks.get(id)?;
        let strings =
            |strings: &[Vec<u8>]| strings.iter().flat_map(|string| [string, &b"\0"[..]].concat()).collect();
        let text = match path {
            "cmdline" => return Ok(if task.is_living() { strings(&task.argv) } else { Vec::new() }),
            "environ" => return Ok(if task.is_living() { strings(&task.env) } else { Vec::new() }),
            "comm" => format!("{}\n", comm(task)),
            "cgroup" => "0::/\n".to_string(),
            "limits" => self.limits(task)?,
            "loginuid" => u32::MAX.to_string(),
            // Where its memory lies is the matter of the engine that runs it.
            "maps" => String::new(),
            "mounts" => self.mounts(id)?.iter().fold(String::new(), |mut out, mount| {
                let _ = writeln!(out, "{0} {1} {0} {2},relatime 0 0", mount.kind, mount.path, mount.access);
                out
            }),
            "mountinfo" => self.mounts(id)?.iter().fold(String::new(), |mut out, mount| {
                let _ = writeln!(
                    out,
                    "{} {} 0:{} / {} {5},relatime - {4} {4} {5}",
                    mount.id, mount.parent, mount.device, mount.path, mount.kind, mount.access
                );
                out
            }),
            "oom_score" | "oom_score_adj" => "0\n".to_string(),
            "stat" => self.stat(id, task),
            "statm" => {
                let pages = task.usage.memory_bytes_max / PAGE_BYTES;
                format!("{pages} {pages} 0 0 0 {pages} 0\n")
            }
            "status" => self.status(id, task),
            path => {
                let table = path.strip_prefix("net/").and_then(|name| self.net_text(name));
                table.ok_or(Errno::EINVAL)?
            }
        };
        Ok(text.into_bytes())
    }

    /// proc_pid_stat(5).
    fn stat(&self, id: TaskId, task: &Task) -> String {
        let life = task.life().ok();
        let usage = task.usage;
        let exit_code = match task.state {
            State::Zombie(WaitStatus::Exited(code)) => i64::from(code) << 8,
            State::Zombie(WaitStatus::Signaled(signal)) => i64::from(signal.number()),
            State::Living(_) => 0,
        };
        let (signals, ignored, caught) = life.map_or((0, 0, 0), |life| life.signals.masks());
        let memory = usage.memory_bytes_max;
        format!(
            "{id} ({}) {} {} {} {} 0 -1 4194304 0 0 0 0 {} {} {} {} 20 0 1 0 {} {memory} {} {} 0 0 0 0 0 {signals} 0 \
             {ignored} {caught} 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 {exit_code}\n",
            comm(task),
            state_of(task).0,
            task.parent,
            task.group.0,
            task.session.0,
            ticks(usage.user_ns),
            ticks(usage.system_ns),
            ticks(task.children_usage.user_ns),
            ticks(task.children_usage.system_ns),
            ticks(task.begun_ns),
            memory / PAGE_BYTES,
            u64::MAX,
        )
    }

    /// proc_pid_status(5).
    fn status(&self, id: TaskId, task: &Task) -> String {
        let (letter, word) = state_of(task);
        let mut out = format!("Name:\t{}\n", comm(task));
        if let Ok(life) = task.life() {
            let _ = writeln!(out, "Umask:\t{:04o}", life.umask);
        }
        let _ = write!(
            out,
            "State:\t{letter} ({word})\nTgid:\t{id}\nNgid:\t0\nPid:\t{id}\nPPid:\t{}\nTracerPid:\t0\n",
            task.parent
        );
        if let Ok(life) = task.life() {
            let ids = |ids: &crate::credentials::Ids| {
                format!("{}\t{}\t{}\t{}", ids.real, ids.effective, ids.saved, ids.effective)
            };
            let credentials = &life.credentials;
            let groups: String =
                credentials.groups.as_slice().iter().fold(String::new(), |mut out, group| {
                    let _ = write!(out, "{group} ");
                    out
                });
            let fd_size = life.fds.iter().last().map_or(64, |(fd, _)| (fd.0 + 1).next_power_of_two().max(64));
            let memory = task.usage.memory_bytes_max / 1024;
            let _ = write!(
                out,
                "Uid:\t{}\nGid:\t{}\nFDSize:\t{fd_size}\nGroups:\t{groups}\nVmPeak:\t{memory:8} kB\nVmSize:\t{memory:8} kB\n\
                 VmHWM:\t{memory:8} kB\nVmRSS:\t{memory:8} kB\nVmSwap:\t       0 kB\n",
                ids(&credentials.user),
                ids(&credentials.group),
            );
        }
        let (pending, ignored, caught) = task.life().map_or((0, 0, 0), |life| life.signals.masks());
        let _ = write!(
            out,
            "Threads:\t1\nSigQ:\t0/{}\nSigPnd:\t0000000000000000\nShdPnd:\t{pending:016x}\nSigBlk:\t0000000000000000\n\
             SigIgn:\t{ignored:016x}\nSigCgt:\t{caught:016x}\nNoNewPrivs:\t0\nSeccomp:\t0\nCpus_allowed:\t1\n\
             Cpus_allowed_list:\t0\nvoluntary_ctxt_switches:\t{}\nnonvoluntary_ctxt_switches:\t0\n",
            oac_abi::bounds::SIGNAL_QUEUE_MAX,
            task.usage.voluntary_switches,
        );
        out
    }

    /// proc_pid_limits(5).
    fn limits(&self, task: &Task) -> Result<String, Errno> {
        let life = task.life()?;
        let row = |name: &str, soft: &str, hard: &str, unit: &str| {
            format!("{name:<25} {soft:<20} {hard:<20} {unit:<10}\n")
        };
        let mut out = row("Limit", "Soft Limit", "Hard Limit", "Units");
        for (name, number, unit) in [
            ("Max cpu time", resource::CPU, "seconds"),
            ("Max file size", resource::FSIZE, "bytes"),
            ("Max data size", resource::DATA, "bytes"),
            ("Max stack size", resource::STACK, "bytes"),
            ("Max core file size", resource::CORE, "bytes"),
            ("Max resident set", resource::RSS, "bytes"),
            ("Max processes", resource::NPROC, "processes"),
            ("Max open files", resource::NOFILE, "files"),
            ("Max locked memory", resource::MEMLOCK, "bytes"),
            ("Max address space", resource::AS, "bytes"),
            ("Max file locks", resource::LOCKS, "locks"),
            ("Max pending signals", resource::SIGPENDING, "signals"),
            ("Max msgqueue size", resource::MSGQUEUE, "bytes"),
            ("Max nice priority", resource::NICE, ""),
            ("Max realtime priority", resource::RTPRIO, ""),
            ("Max realtime timeout", resource::RTTIME, "us"),
        ] {
            let limit = life.limits.get(number)?;
            let shown = |value: u64| if value == UNLIMITED { "unlimited".into() } else { value.to_string() };
            out.push_str(&row(name, &shown(limit.soft), &shown(limit.hard), unit));
        }
        Ok(out)
    }

    /// The mounts of a task's namespace.
    fn mounts(&mut self, id: TaskId) -> Result<Vec<MountLine>, Errno> {
        let namespace = self.view.namespaces.get(self.view.tasks.life(id)?.namespace)?;
        let mounts: Vec<_> = namespace.mounts().collect();
        let mut lines = Vec::new();
        for (mount, root, covers) in mounts {
            let Ok(path) = (match covers {
                None => Ok(b"/".to_vec()),
                Some(place) => self.path_of_dir(id, place),
            }) else {
                continue;
            };
            let mut world = World { table: self.table, view: self.view };
            let (kind, read_only) = world.with(root.fs, |fs| Ok((fs.kind(), fs.is_read_only())))?;
            lines.push(MountLine {
                id: mount.number() + 1,
                parent: covers.map_or(0, |place: Place| place.mount.number() + 1),
                device: u64::from(root.fs.0) + 1,
                path: escaped(&path),
                kind: linux_kind(kind),
                access: if read_only { "ro" } else { "rw" },
            });
        }
        Ok(lines)
    }

    /// What `/proc/<pid>/exe` leads to.
    pub(super) fn executable(&self, id: TaskId) -> Result<Vec<u8>, Errno> {
        let task = self.view.tasks.get(id).map_err(|_| Errno::ENOENT)?;
        if task.file.is_empty() || !task.is_living() { Err(Errno::ENOENT) } else { Ok(task.file.to_vec()) }
    }

    /// What a descriptor is called: proc_pid_fd(5).
    pub(super) fn fd_link(&mut self, id: TaskId, fd: Fd) -> Result<Vec<u8>, Errno> {
        let description = self.description(id, fd)?;
        let anonymous = |name: &str| Ok(format!("anon_inode:{name}").into_bytes());
        match &description.file {
            _ if description.origin.is_some() => self.path_of_fd(id, fd),
            File::PipeReader(pipe) | File::PipeWriter(pipe) | File::PipeBoth(pipe) => {
                Ok(format!("pipe:[{}]", pipe.0).into_bytes())
            }
            File::Socket(socket) => Ok(format!("socket:[{}]", socket.0).into_bytes()),
            File::Terminal { master: true, .. } => Ok(b"/dev/ptmx".to_vec()),
            File::Terminal { pty, .. } => Ok(format!("/dev/pts/{}", pty.0).into_bytes()),
            File::Fetch(_) => anonymous("[fetch]"),
            File::Signals { .. } => anonymous("[signalfd]"),
            File::Pidfd(_) => anonymous("[pidfd]"),
            File::Inotify(_) => anonymous("inotify"),
            File::Thread(_) => anonymous("[thread]"),
            File::Channel(_) => anonymous("[channel]"),
            File::Segment(_) => anonymous("[segment]"),
            File::SegmentWait(_) => anonymous("[futex]"),
            _ => self.path_of_fd(id, fd),
        }
    }

    /// Where a walk through it goes on: the path, if there is one, else the open file itself.
    pub(super) fn fd_target(&mut self, id: TaskId, fd: Fd) -> Result<Vec<u8>, Errno> {
        let open = format!("/proc/{id}/fd/@{}", fd.0).into_bytes();
        match self.path_of_fd(id, fd) {
            Ok(path) if path.starts_with(b"/") && !path.ends_with(DELETED) => Ok(path),
            _ => Ok(open),
        }
    }

    /// The path of a file that was opened by one.
    fn path_of_fd(&mut self, id: TaskId, fd: Fd) -> Result<Vec<u8>, Errno> {
        let description = self.description(id, fd)?;
        let place = match &description.file {
            File::Directory(directory) => Some(directory.place.place()),
            File::Path(place) => Some(place.place()),
            _ => None,
        };
        let entry = description
            .origin
            .and_then(|origin| origin.name)
            .and_then(|name| self.view.open_names.get(name))
            .cloned();
        if let Some(place) = place
            && let Ok(path) = self.path_of_dir(id, place)
        {
            return Ok(path);
        }
        let entry = entry.ok_or(Errno::ENOENT)?;
        let dir: Node = entry.dir;
        let mut path = self.path_of_node(id, dir)?;
        if path != b"/" {
            path.push(b'/');
        }
        path.extend_from_slice(&entry.name);
        if !entry.linked {
            path.extend_from_slice(DELETED);
        }
        Ok(path)
    }

    /// proc_pid_fdinfo(5).
    pub(super) fn fd_info(&self, id: TaskId, fd: Fd) -> Result<Vec<u8>, Errno> {
        let life = self.view.tasks.life(id).map_err(|_| Errno::ENOENT)?;
        let entry = life.fds.get(fd).map_err(|_| Errno::ENOENT)?;
        let description = self.description(id, fd)?;
        let (position, ino) = match &description.file {
            File::Regular { offset, node, .. } => (*offset, node.ino.0),
            File::Directory(directory) => (directory.next as u64, directory.place.place().node.ino.0),
            File::PipeReader(pipe) | File::PipeWriter(pipe) | File::PipeBoth(pipe) => (0, pipe.0),
            File::Socket(socket) => (0, socket.0),
            _ => (0, 0),
        };
        let cloexec = if entry.cloexec { oac_abi::flags::open::CLOEXEC } else { 0 };
        let flags = description.flags | cloexec;
        Ok(format!("pos:\t{position}\nflags:\t0{flags:o}\nmnt_id:\t1\nino:\t{ino}\n").into_bytes())
    }
}

const DELETED: &[u8] = b" (deleted)";

/// The name that Linux's programs know a filesystem by.
fn linux_kind(kind: &'static str) -> &'static str {
    match kind {
        "mem" => "tmpfs",
        other => other,
    }
}

/// As `mounts` writes paths: blanks and backslashes in octal.
fn escaped(path: &[u8]) -> String {
    path.iter().fold(String::new(), |mut out, &byte| {
        if byte.is_ascii_graphic() && byte != b'\\' {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "\\{byte:03o}");
        }
        out
    })
}
