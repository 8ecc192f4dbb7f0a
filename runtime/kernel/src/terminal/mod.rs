//! Pseudo-terminals: pairs of a master, which somebody plays the screen and keyboard through, and a slave, which programs take
//! for a terminal. pty(7). The line discipline between them is `line.rs`; the calls are in `sys_terminal.rs`.

mod echo;
mod line;

use std::collections::BTreeMap;

use oac_abi::{
    Errno,
    bounds::TERMINALS_MAX,
    flags::{open, poll},
    signal::{Disposition, Signal},
    termios::special,
};
use oac_vfs::{Caller, FileSystems as _, NewNode, Node};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Block, Stop, block_on},
    description::File,
    fd_table::Fd,
    task::{GroupId, SessionId, TaskKind},
    wait_queue::WaitKey,
};

pub(crate) use line::Line;

const NS_PER_TENTH: u64 = 100_000_000;

/// A terminal's number, N in `/dev/pts/N`. Given again when nothing refers to it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PtyId(pub(crate) u32);

/// One pair.
#[derive(Debug)]
pub(crate) struct Pty {
    pub(crate) line: Line,
    /// Rows and columns.
    pub(crate) size: (u16, u16),
    /// Whether the master is open. When it is not, the slaves are hung up for good.
    pub(crate) master: bool,
    /// Open descriptions of the slave.
    slaves: u32,
    /// The last description of the slave has been closed, and none opened since.
    slave_closed: bool,
    /// Whose controlling terminal it is.
    pub(crate) session: Option<SessionId>,
    /// The foreground group of that session.
    pub(crate) foreground: Option<GroupId>,
    /// When bytes last came from the master, on the monotonic clock: VTIME counts from there.
    last_input_ns: u64,
}

/// All terminals of a container, and whose they are.
#[derive(Debug, Default)]
pub(crate) struct Terminals {
    ptys: BTreeMap<PtyId, Pty>,
    controlling: BTreeMap<SessionId, PtyId>,
    /// Foreground groups of sessions whose terminal hung up: they hear of their leader's end.
    left_behind: BTreeMap<SessionId, GroupId>,
}

impl Terminals {
    pub(crate) fn get(&self, id: PtyId) -> Result<&Pty, Errno> {
        self.ptys.get(&id).ok_or(Errno::EIO)
    }

    pub(crate) fn get_mut(&mut self, id: PtyId) -> Result<&mut Pty, Errno> {
        self.ptys.get_mut(&id).ok_or(Errno::EIO)
    }

    /// A session's controlling terminal.
    pub(crate) fn controlling(&self, session: SessionId) -> Option<PtyId> {
        self.controlling.get(&session).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.ptys.len()
    }

    /// Makes a terminal a session's controlling one.
    pub(crate) fn control(&mut self, id: PtyId, session: SessionId, group: GroupId) {
        if let Some(pty) = self.ptys.get_mut(&id) {
            pty.session = Some(session);
            pty.foreground = Some(group);
            self.controlling.insert(session, id);
        }
    }

    /// Takes a session's terminal away.
    fn release_session(&mut self, session: SessionId) -> Option<GroupId> {
        let pty = self.ptys.get_mut(&self.controlling.remove(&session)?)?;
        pty.session = None;
        pty.foreground.take()
    }

    /// What poll(2) says of an end.
    pub(crate) fn poll(&self, id: PtyId, master: bool) -> u16 {
        let Some(pty) = self.ptys.get(&id) else { return poll::NVAL };
        if master {
            let readable = if pty.line.output_bytes() > 0 { poll::IN } else { 0 };
            let writable = if pty.line.transit_room() > 0 { poll::OUT } else { 0 };
            readable | writable | if pty.slave_closed { poll::HUP } else { 0 }
        } else if !pty.master {
            poll::IN | poll::OUT | poll::ERR | poll::HUP
        } else {
            let readable = if pty.line.is_readable(true) { poll::IN } else { 0 };
            readable | if pty.line.output_room() > 0 { poll::OUT } else { 0 }
        }
    }

    /// Bytes that a read of an end would give.
    pub(crate) fn available_bytes(&self, id: PtyId, master: bool) -> usize {
        let available = |pty: &Pty| {
            if master { pty.line.output_bytes() } else { pty.line.available_bytes() }
        };
        self.ptys.get(&id).map_or(0, available)
    }
}

impl Kernel {
    /// A new terminal whose master is open and whose slave is not, with its file in `/dev/pts`.
    ///
    /// # Errors
    /// ENOSPC.
    pub(crate) fn add_terminal(&mut self) -> Result<PtyId, Errno> {
        let free = (0..TERMINALS_MAX as u32).map(PtyId).find(|id| !self.terminals.ptys.contains_key(id));
        let id = free.ok_or(Errno::ENOSPC)?;
        let pty = Pty {
            line: Line::default(),
            size: (0, 0),
            master: true,
            slaves: 0,
            slave_closed: false,
            session: None,
            foreground: None,
            last_input_ns: 0,
        };
        self.terminals.ptys.insert(id, pty);
        let caller = Caller::root(self.now.realtime_ns);
        let (dir, name) = (self.pts, id.0.to_string());
        let new = NewNode::Device { mode: 0o620, rdev: oac_vfs::Device::PtySlave(id.0).rdev() };
        let _ = self.filesystems.with(dir.fs, |fs| fs.unlink(&caller, dir.ino, name.as_bytes()));
        let made = self.filesystems.with(dir.fs, |fs| fs.create(&caller, dir.ino, name.as_bytes(), new));
        if let Err(errno) = made {
            self.terminals.ptys.remove(&id);
            return Err(errno);
        }
        Ok(id)
    }

    /// The slave's file.
    fn slave_node(&mut self, id: PtyId) -> Option<Node> {
        let dir = self.pts;
        let ino = self.filesystems.with(dir.fs, |fs| fs.lookup(dir.ino, id.0.to_string().as_bytes())).ok()?;
        Some(Node { fs: dir.fs, ino })
    }

    /// Opens a slave; the caller installs the file, or closes it by `terminal_close`.
    ///
    /// # Errors
    /// EIO when there is no such terminal, or its master is closed.
    pub(crate) fn open_slave(&mut self, id: PtyId, node: Option<Node>) -> Result<File, Errno> {
        let node = node.or_else(|| self.slave_node(id));
        let pty = self.terminals.get_mut(id)?;
        if !pty.master {
            return Err(Errno::EIO);
        }
        pty.slaves += 1;
        pty.slave_closed = false;
        Ok(File::Terminal { pty: id, master: false, node })
    }

    /// Opens a terminal's device file: `/dev/tty`, `/dev/ptmx`, `/dev/pts/N`.
    ///
    /// # Errors
    /// ENXIO when the caller has no terminal, ENOSPC when there are too many, EIO.
    pub(crate) fn open_terminal(
        &mut self,
        task: TaskId,
        device: oac_vfs::Device,
        node: Node,
        flags: u32,
    ) -> Result<File, Errno> {
        match device {
            oac_vfs::Device::PtyMaster => {
                let pty = self.add_terminal()?;
                Ok(File::Terminal { pty, master: true, node: Some(node) })
            }
            oac_vfs::Device::Terminal => {
                let session = self.tasks.get(task)?.session;
                let pty = self.terminals.controlling(session).ok_or(Errno::ENXIO)?;
                self.open_slave(pty, None)
            }
            oac_vfs::Device::PtySlave(number) => {
                let pty = PtyId(number);
                let file = self.open_slave(pty, Some(node))?;
                let readable = flags & open::ACCMODE != open::WRONLY;
                if flags & open::NOCTTY == 0 && readable {
                    self.acquire_terminal(task, pty)?;
                }
                Ok(file)
            }
            _ => Err(Errno::ENXIO),
        }
    }

    /// A session leader without a terminal gets the first that it opens, if it is nobody's.
    fn acquire_terminal(&mut self, task: TaskId, pty: PtyId) -> Result<(), Errno> {
        let entry = self.tasks.get(task)?;
        let (session, group) = (entry.session, entry.group);
        let leads = session.0 == task.0 && entry.kind != TaskKind::Actor;
        let free = self.terminals.get(pty)?.session.is_none();
        if leads && free && self.terminals.controlling(session).is_none() {
            self.terminals.control(pty, session, group);
        }
        Ok(())
    }

    /// One end's description is closed for good.
    pub(crate) fn terminal_close(&mut self, id: PtyId, master: bool) {
        let Ok(pty) = self.terminals.get_mut(id) else { return };
        if master {
            pty.master = false;
            self.hang_up(id);
        } else {
            pty.slaves -= 1;
            if pty.slaves == 0 {
                pty.slave_closed = true;
                if let Some(session) = pty.session {
                    self.terminals.release_session(session);
                }
            }
        }
        self.wake_terminal(id);
        if self.terminals.get(id).is_ok_and(|pty| !pty.master && pty.slaves == 0) {
            self.terminals.ptys.remove(&id);
        }
    }

    /// The master is gone: the slave's file with it; the leader of its session hears of it.
    fn hang_up(&mut self, id: PtyId) {
        let (dir, name, caller) = (self.pts, id.0.to_string(), Caller::root(self.now.realtime_ns));
        // It may have been removed by hand.
        let _ = self.filesystems.with(dir.fs, |fs| fs.unlink(&caller, dir.ino, name.as_bytes()));
        let Some(session) = self.terminals.get(id).ok().and_then(|pty| pty.session) else { return };
        let foreground = self.terminals.release_session(session);
        let leader = TaskId(session.0);
        if self.tasks.life(leader).is_ok() {
            if let Some(group) = foreground {
                self.terminals.left_behind.insert(session, group);
            }
            self.signal_task(leader, Signal::SIGHUP);
            self.signal_task(leader, Signal::SIGCONT);
        }
    }

    /// A session's leader ends: its terminal is free, and the foreground group hears of it.
    pub(crate) fn leader_ends(&mut self, session: SessionId) {
        if let Some(group) = self.terminals.release_session(session) {
            self.signal_group(group, Signal::SIGHUP);
        } else if let Some(group) = self.terminals.left_behind.remove(&session) {
            self.signal_group(group, Signal::SIGHUP);
            self.signal_group(group, Signal::SIGCONT);
        }
    }

    /// Wakes all who wait for a terminal: every change of one can be a change for both ends.
    pub(crate) fn wake_terminal(&mut self, id: PtyId) {
        self.waits.wake(WaitKey::Terminal(id));
    }

    /// Takes in what is on its way to the slave, and does what follows.
    pub(crate) fn run_terminal(&mut self, id: PtyId) {
        let Ok(pty) = self.terminals.get_mut(id) else { return };
        let mut signals = Vec::new();
        pty.line.receive(&mut signals);
        let foreground = pty.foreground;
        self.wake_terminal(id);
        for signal in signals {
            if let Some(group) = foreground {
                self.signal_group(group, signal);
            }
        }
    }

    /// Job control: a task in the background that reads or changes its terminal is stopped until it is in the foreground. It is
    /// looked at when the call begins; a call that waits already goes on waiting in the background.
    ///
    /// # Errors
    /// EIO when nobody could make it go on, or when it reads and ignores SIGTTIN; EINTR when it catches the signal.
    pub(crate) fn require_foreground(&mut self, task: TaskId, id: PtyId, signal: Signal) -> Answer<()> {
        let life = self.tasks.life_mut(task)?;
        let waits = life.pending.is_some();
        if waits && !std::mem::take(&mut life.restarted) {
            return Ok(());
        }
        let entry = self.tasks.get(task)?;
        let (session, group) = (entry.session, entry.group);
        let foreground = self.terminals.get(id)?.foreground;
        if self.terminals.controlling(session) != Some(id) || foreground.is_none_or(|of| of == group) {
            return Ok(());
        }
        let disposition = self.tasks.life(task)?.signals.disposition(signal);
        if disposition == Disposition::Ignore {
            return if signal == Signal::SIGTTIN { Err(Errno::EIO.into()) } else { Ok(()) };
        }
        if self.is_orphaned(group, None) {
            return Err(Errno::EIO.into());
        }
        self.signal_group(group, signal);
        match self.tasks.life(task) {
            Err(_) => Err(Stop::Exit),
            Ok(life) if life.stopped => block_on(WaitKey::Continued(task)),
            Ok(_) => Err(Errno::EINTR.into()),
        }
    }

    pub(crate) fn terminal_read(
        &mut self,
        task: TaskId,
        (id, master): (PtyId, bool),
        nonblocking: bool,
        buf: &mut [u8],
    ) -> Answer<usize> {
        if master {
            return self.master_read(id, nonblocking, buf);
        }
        if !self.terminals.get(id)?.master {
            return Ok(0);
        }
        self.require_foreground(task, id, Signal::SIGTTIN)?;
        if buf.is_empty() {
            return Ok(0);
        }
        let begun_ns = self.call_begun_ns(task)?;
        let interrupted = self.tasks.life(task)?.interrupted;
        let pty = self.terminals.get_mut(id)?;
        let wait = slave_wait(pty, buf.len(), begun_ns, self.now.monotonic_ns);
        let ready = match wait {
            Wait::Ready => true,
            // What has come is handed out rather than waited for any longer.
            _ if pty.line.is_readable(false) => nonblocking || interrupted,
            _ if nonblocking => return Err(Errno::EAGAIN.into()),
            Wait::Until(_) => false,
        };
        if let (false, Wait::Until(deadline_ns)) = (ready, wait) {
            let keys = vec![WaitKey::Terminal(id)];
            return Err(Stop::Block(Block { keys, deadline_ns, progress_bytes: 0 }));
        }
        let len = pty.line.read(buf);
        self.run_terminal(id);
        if self.tasks.life(task).is_err() { Err(Stop::Exit) } else { Ok(len) }
    }

    fn master_read(&mut self, id: PtyId, nonblocking: bool, buf: &mut [u8]) -> Answer<usize> {
        let pty = self.terminals.get_mut(id)?;
        if buf.is_empty() {
            return Ok(0);
        }
        if pty.line.output_bytes() == 0 {
            return match (pty.slave_closed, nonblocking) {
                (true, _) => Err(Errno::EIO.into()),
                (false, true) => Err(Errno::EAGAIN.into()),
                (false, false) => block_on(WaitKey::Terminal(id)),
            };
        }
        let len = pty.line.take_output(buf);
        self.wake_terminal(id);
        Ok(len)
    }

    /// Writes; `done` bytes of `input` have been written by earlier rounds of the same call.
    pub(crate) fn terminal_write(
        &mut self,
        task: TaskId,
        (id, master): (PtyId, bool),
        nonblocking: bool,
        input: &[u8],
        done: usize,
    ) -> Answer<usize> {
        use oac_abi::termios::local::TOSTOP;
        let pty = self.terminals.get(id)?;
        if !master && !pty.master {
            return if done > 0 { Ok(done) } else { Err(Errno::EIO.into()) };
        }
        if !master && pty.line.termios().has_local(TOSTOP) {
            self.require_foreground(task, id, Signal::SIGTTOU)?;
        }
        let mut done = done.min(input.len());
        loop {
            let pty = self.terminals.get_mut(id)?;
            let left = &input[done..];
            let len = if master { pty.line.send(left) } else { pty.line.write(left) };
            done += len;
            if len > 0 && master {
                pty.last_input_ns = self.now.monotonic_ns;
                self.run_terminal(id);
            } else if len > 0 {
                self.wake_terminal(id);
            }
            // The bytes may have been a signal for the one who wrote them.
            if self.tasks.life(task).is_err() {
                return Err(Stop::Exit);
            }
            if done == input.len() || nonblocking && done > 0 && len == 0 {
                return Ok(done);
            }
            if len == 0 && nonblocking {
                return Err(Errno::EAGAIN.into());
            }
            if len == 0 {
                let keys = vec![WaitKey::Terminal(id)];
                return Err(Stop::Block(Block { keys, deadline_ns: None, progress_bytes: done }));
            }
        }
    }

    /// The terminal behind a descriptor, and whether it is the master.
    ///
    /// # Errors
    /// EBADF, ENOTTY.
    pub(crate) fn terminal_of(&self, task: TaskId, fd: i32) -> Result<(PtyId, bool), Errno> {
        let description = self.description(task, fd)?;
        match description.file {
            _ if description.flags & open::PATH != 0 => Err(Errno::EBADF),
            File::Terminal { pty, master, .. } => Ok((pty, master)),
            _ => Err(Errno::ENOTTY),
        }
    }

    /// Installs both ends of a new terminal: the master's descriptor first.
    ///
    /// # Errors
    /// EMFILE, ENOSPC.
    pub(crate) fn install_terminal(&mut self, task: TaskId, flags: u32) -> Result<(Fd, Fd), Errno> {
        self.tasks.life(task)?.fds.require_room(2)?;
        let pty = self.add_terminal()?;
        let flags = flags & (open::CLOEXEC | open::NONBLOCK) | open::RDWR;
        let master = self.install(task, File::Terminal { pty, master: true, node: None }, flags)?;
        let slave = self.open_slave(pty, None)?;
        Ok((master, self.install(task, slave, flags)?))
    }
}

/// What a read of the slave does about what there is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// It goes on.
    Ready,
    /// It waits for more, at most until then.
    Until(Option<u64>),
}

/// VMIN and VTIME, termios(3). `Ready` without bytes is a read that gives nothing.
fn slave_wait(pty: &Pty, capacity: usize, begun_ns: u64, now_ns: u64) -> Wait {
    use oac_abi::termios::local::ICANON;
    let (line, termios) = (&pty.line, pty.line.termios());
    if termios.has_local(ICANON) {
        return if line.is_readable(false) { Wait::Ready } else { Wait::Until(None) };
    }
    let least = usize::from(termios.characters[special::VMIN]).min(capacity);
    let time_ns = u64::from(termios.characters[special::VTIME]) * NS_PER_TENTH;
    let available = line.input_bytes();
    let from_ns = match (least, available) {
        (0, 0) => Some(begun_ns),
        (0, _) => return Wait::Ready,
        _ if available >= least => return Wait::Ready,
        // Between two bytes: the time begins when the first has come.
        (_, 1..) if time_ns > 0 => Some(begun_ns.max(pty.last_input_ns)),
        _ => None,
    };
    match from_ns.map(|from_ns| from_ns.saturating_add(time_ns)) {
        Some(deadline_ns) if deadline_ns <= now_ns => Wait::Ready,
        deadline_ns => Wait::Until(deadline_ns),
    }
}
