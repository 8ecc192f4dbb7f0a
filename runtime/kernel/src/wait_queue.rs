//! Who waits for what. The only place from which a blocked task is woken.
//!
//! A call that cannot finish names the keys it waits for; whatever changes the thing behind a key wakes everyone in its queue. The
//! host drains the woken, so that a wake-up is never lost between "it would block" and "it sleeps": both happen in one
//! `&mut Kernel`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    FetchId, TaskId, channel::EndId, inotify::WatcherId, locks::Locked, pipe::PipeId, segment::SegmentId,
    socket::SocketId, terminal::PtyId,
};

/// Something whose state can change under a waiting call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WaitKey {
    /// Bytes, or the end, have come to a pipe.
    PipeIn(PipeId),
    /// Room has come to a pipe, or its reader has gone.
    PipeOut(PipeId),
    /// Bytes, the end, a connection or an error has come to a socket.
    SocketIn(SocketId),
    /// A socket has room, is connected, or failed to.
    SocketOut(SocketId),
    /// A socket's inbox takes another message, or its queue another client, or neither ever again.
    SocketRoom(SocketId),
    /// Head, body or end of a fetch.
    Fetch(FetchId),
    /// A lock of a file has been given up.
    Lock(Locked),
    /// Events have come for a watcher of files.
    Watcher(WatcherId),
    /// A task has ended.
    TaskEnd(TaskId),
    /// A child of this task has ended, stopped or gone on.
    Children(TaskId),
    /// A caught signal is pending for this task.
    Signals(TaskId),
    /// Bytes, room, an end or a change of mode has come to a terminal.
    Terminal(PtyId),
    /// A message, or the end, has come to this end of a channel.
    Channel(EndId),
    /// Somebody who waits at this byte of a segment is notified.
    Segment(SegmentId, u64),
    /// This task may go on after a stop.
    Continued(TaskId),
}

#[derive(Debug)]
struct Waiting {
    keys: Vec<WaitKey>,
    deadline_ns: Option<u64>,
}

/// Queues by key, deadlines, and those who have been woken since the host last asked.
#[derive(Debug, Default)]
pub(crate) struct WaitQueues {
    queues: BTreeMap<WaitKey, BTreeSet<TaskId>>,
    waiting: BTreeMap<TaskId, Waiting>,
    deadlines: BTreeSet<(u64, TaskId)>,
    woken: VecDeque<TaskId>,
}

impl WaitQueues {
    /// Puts a task into the queues of all its keys, until one of them or the deadline wakes it.
    pub(crate) fn block(&mut self, task: TaskId, mut keys: Vec<WaitKey>, deadline_ns: Option<u64>) {
        self.forget(task);
        keys.sort_unstable();
        keys.dedup();
        for &key in &keys {
            self.queues.entry(key).or_default().insert(task);
        }
        if let Some(deadline_ns) = deadline_ns {
            self.deadlines.insert((deadline_ns, task));
        }
        self.waiting.insert(task, Waiting { keys, deadline_ns });
    }

    /// Takes a task out of all queues: it goes on by itself, or is no more.
    pub(crate) fn forget(&mut self, task: TaskId) {
        let Some(waiting) = self.waiting.remove(&task) else { return };
        for key in waiting.keys {
            if let Some(queue) = self.queues.get_mut(&key) {
                queue.remove(&task);
                if queue.is_empty() {
                    self.queues.remove(&key);
                }
            }
        }
        if let Some(deadline_ns) = waiting.deadline_ns {
            self.deadlines.remove(&(deadline_ns, task));
        }
    }

    /// Wakes everyone who waits for a key.
    pub(crate) fn wake(&mut self, key: WaitKey) {
        for task in self.queues.remove(&key).unwrap_or_default() {
            self.wake_task(task);
        }
    }

    /// Wakes one task, whatever it waits for.
    pub(crate) fn wake_task(&mut self, task: TaskId) {
        if self.waiting.contains_key(&task) {
            self.forget(task);
            self.woken.push_back(task);
        }
    }

    /// Wakes those whose deadline has come.
    pub(crate) fn expire(&mut self, now_ns: u64) {
        while let Some(&(deadline_ns, task)) = self.deadlines.first() {
            if deadline_ns > now_ns {
                break;
            }
            self.wake_task(task);
        }
    }

    /// The next deadline.
    pub(crate) fn next_deadline_ns(&self) -> Option<u64> {
        self.deadlines.first().map(|&(deadline_ns, _)| deadline_ns)
    }

    /// The next task to be told that it has been woken.
    pub(crate) fn next_woken(&mut self) -> Option<TaskId> {
        self.woken.pop_front()
    }

    /// Whether a task is in a queue.
    pub(crate) fn is_waiting(&self, task: TaskId) -> bool {
        self.waiting.contains_key(&task)
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        debug_assert!(!self.waiting.is_empty() || self.queues.is_empty() && self.deadlines.is_empty());
        self.waiting.len()
    }
}
