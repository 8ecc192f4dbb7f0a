//! Threads: several instances of a program that are one process.
//!
//! A thread is a task for its host alone (it runs, makes calls, is woken and stopped under a number of its own) and nobody for
//! everyone else. Its calls are made in the name of its process: while one is made, the process's `Life` holds what the thread
//! waits for instead of what the main thread does ([`Kernel::enter_thread`]), so that handlers need not know of threads.

use std::{collections::BTreeMap, sync::Arc};

use oac_abi::{
    Errno,
    bounds::THREADS_MAX,
    nr,
    signal::WaitStatus,
    thread::{ThreadCause, ThreadStatus},
};

use crate::{
    HostRequest, Image, Kernel, TaskFailure, TaskId,
    fd_table::Fd,
    task::{Life, Pending, TaskKind},
    wait_queue::WaitKey,
};

/// What a caller has of its own while it lives, be it a process's main thread or another.
#[derive(Debug, Default)]
struct Course {
    pending: Option<Pending>,
    restarted: bool,
    interrupted: bool,
}

impl Course {
    fn swap(&mut self, life: &mut Life) {
        std::mem::swap(&mut self.pending, &mut life.pending);
        std::mem::swap(&mut self.restarted, &mut life.restarted);
        std::mem::swap(&mut self.interrupted, &mut life.interrupted);
    }
}

#[derive(Debug)]
enum State {
    /// Made, and not started.
    Prepared,
    Running(Course),
    Ended,
}

/// One thread.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) process: TaskId,
    /// Who made it: it does not outlive them.
    maker: TaskId,
    start: Arc<[u8]>,
    /// What it may have beyond what its program begins with.
    memory_bytes: Option<u64>,
    state: State,
    status: ThreadStatus,
    /// Since when it waits in poll(2), on the monotonic clock.
    idle_since_ns: Option<u64>,
    /// No descriptor stands for it any more.
    forgotten: bool,
}

/// All threads of a container, main threads apart.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    threads: BTreeMap<TaskId, Thread>,
    /// How many each process has made.
    made: BTreeMap<TaskId, u32>,
}

impl Threads {
    pub(crate) fn get(&self, id: TaskId) -> Option<&Thread> {
        self.threads.get(&id)
    }

    /// How many there are, ended ones that somebody may ask after included.
    pub(crate) fn len(&self) -> usize {
        self.threads.len()
    }

    /// How many run.
    pub(crate) fn running(&self) -> usize {
        self.threads.values().filter(|thread| matches!(thread.state, State::Running(_))).count()
    }

    /// Whether it waits in a call.
    pub(crate) fn is_blocked(&self, id: TaskId) -> bool {
        let course = self.threads.get(&id).map(|thread| &thread.state);
        matches!(course, Some(State::Running(Course { pending: Some(_), .. })))
    }

    fn is_running(&self, id: TaskId) -> bool {
        self.threads.get(&id).is_some_and(|thread| matches!(thread.state, State::Running(_)))
    }

    fn forget_if_over(&mut self, id: TaskId) {
        let over = |thread: &Thread| thread.forgotten && matches!(thread.state, State::Ended);
        if self.threads.get(&id).is_some_and(over) {
            self.threads.remove(&id);
        }
    }

    fn of_process(&self, process: TaskId) -> Vec<TaskId> {
        self.threads.iter().filter(|(_, thread)| thread.process == process).map(|(&id, _)| id).collect()
    }
}

impl Kernel {
    /// The process in whose name a task makes calls: itself, or a thread's; `None` for one that has ended.
    pub(crate) fn process_of(&self, task: TaskId) -> Option<TaskId> {
        match self.threads.get(task) {
            Some(thread) if self.threads.is_running(task) => Some(thread.process),
            Some(_) => None,
            None => self.tasks.life(task).is_ok().then_some(task),
        }
    }

    /// Who makes the call under way: a thread of the process in whose name handlers act, or that process.
    pub(crate) fn caller_of(&self, process: TaskId) -> TaskId {
        self.current.unwrap_or(process)
    }

    /// From here on the process's `Life` speaks for the thread that makes a call.
    pub(crate) fn enter_thread(&mut self, task: TaskId, process: TaskId) {
        self.exchange_course(task, process);
        if let Some(thread) = self.threads.threads.get_mut(&task)
            && let Some(since_ns) = thread.idle_since_ns.take()
        {
            thread.status.idle_ns += self.now.monotonic_ns.saturating_sub(since_ns);
        }
        if let Ok(life) = self.tasks.life_mut(process) {
            life.fds.set_owner(Some(task));
        }
    }

    /// And from here on for the main thread again.
    pub(crate) fn leave_thread(&mut self, task: TaskId, process: TaskId) {
        self.exchange_course(task, process);
        let idle = |pending: &Pending| pending.number == nr::POLL;
        let now_ns = self.now.monotonic_ns;
        if let Some(Thread { state: State::Running(course), idle_since_ns, .. }) =
            self.threads.threads.get_mut(&task)
        {
            *idle_since_ns = course.pending.as_ref().filter(|pending| idle(pending)).map(|_| now_ns);
        }
        if let Ok(life) = self.tasks.life_mut(process) {
            life.fds.set_owner(None);
        }
    }

    /// A caught signal interrupts what a process's main thread waits in: signals are its to take.
    pub(crate) fn interrupt_main(&mut self, process: TaskId) {
        let caller = self.current.filter(|&caller| caller != process);
        let thread = caller.and_then(|caller| self.threads.threads.get_mut(&caller));
        match thread {
            // While a thread makes a call, it keeps the main thread's course.
            Some(Thread { process: of, state: State::Running(main), .. }) if *of == process => {
                main.interrupted = main.pending.is_some();
            }
            _ => {
                if let Ok(life) = self.tasks.life_mut(process) {
                    life.interrupted = life.pending.is_some();
                }
            }
        }
    }

    fn exchange_course(&mut self, task: TaskId, process: TaskId) {
        if let Some(Thread { state: State::Running(course), .. }) = self.threads.threads.get_mut(&task)
            && let Ok(life) = self.tasks.life_mut(process)
        {
            course.swap(life);
        }
    }

    /// Makes a thread that can be started; gives its number within the process, from 1.
    ///
    /// # Errors
    /// EAGAIN when there are too many.
    pub(crate) fn add_thread(&mut self, process: TaskId) -> Result<(TaskId, u32), Errno> {
        let theirs = self.threads.threads.values().filter(|thread| thread.process == process).count();
        if theirs >= THREADS_MAX {
            return Err(Errno::EAGAIN);
        }
        let maker = self.caller_of(process);
        let id = self.tasks.next_id();
        let made = self.threads.made.entry(process).or_default();
        *made += 1;
        let number = *made;
        let thread = Thread {
            process,
            maker,
            start: Arc::default(),
            memory_bytes: None,
            state: State::Prepared,
            status: ThreadStatus::default(),
            idle_since_ns: None,
            forgotten: false,
        };
        self.threads.threads.insert(id, thread);
        Ok((id, number))
    }

    /// Starts a thread that was made, and gives it some of its process's descriptors for its own.
    ///
    /// # Errors
    /// EINVAL when it was started before, EAGAIN when there are too many tasks, EOPNOTSUPP for a program that is not registered, EBADF.
    pub(crate) fn start_thread(
        &mut self,
        process: TaskId,
        id: TaskId,
        (start, memory_bytes): (&[u8], u64),
        fds: &[i32],
    ) -> Result<(), Errno> {
        let programs = self.tasks.iter().filter(|(_, task)| task.kind.is_program()).count();
        let full = programs + self.prepared.len() + self.threads.running() >= self.config.limits.tasks;
        let image = match &self.tasks.get(process)?.kind {
            TaskKind::Program(name) => Image::Program(name.clone()),
            _ => return Err(Errno::EOPNOTSUPP),
        };
        for &fd in fds {
            self.description_id(process, fd)?;
        }
        let thread = self.threads.threads.get_mut(&id).ok_or(Errno::ESRCH)?;
        if !matches!(thread.state, State::Prepared) {
            return Err(Errno::EINVAL);
        }
        if full || self.exhausted {
            return Err(Errno::EAGAIN);
        }
        thread.start = start.into();
        thread.memory_bytes = (memory_bytes > 0).then_some(memory_bytes);
        thread.state = State::Running(Course::default());
        let table = &mut self.tasks.life_mut(process)?.fds;
        for &fd in fds {
            table.give(Fd::new(fd)?, id);
        }
        self.requests.push_back(HostRequest::Start { task: id, image });
        Ok(())
    }

    /// What a thread may have of linear memory beyond what its program begins with; more ends it
    /// ([`TaskFailure::OutOfMemory`]). Hosts ask when it wants more.
    pub fn thread_memory_bytes(&self, task: TaskId) -> Option<u64> {
        self.threads.get(task)?.memory_bytes
    }

    /// What the calling thread was started with.
    pub(crate) fn thread_start_bytes(&self) -> Option<Arc<[u8]>> {
        self.threads.get(self.current?).map(|thread| thread.start.clone())
    }

    pub(crate) fn thread_status_of(&self, id: TaskId) -> Result<ThreadStatus, Errno> {
        let thread = self.threads.get(id).ok_or(Errno::ESRCH)?;
        let waiting_ns = thread.idle_since_ns.map_or(0, |since| self.now.monotonic_ns.saturating_sub(since));
        Ok(ThreadStatus { idle_ns: thread.status.idle_ns + waiting_ns, ..thread.status })
    }

    /// Whether it has ended.
    pub(crate) fn thread_is_over(&self, id: TaskId) -> bool {
        self.threads.get(id).is_none_or(|thread| matches!(thread.state, State::Ended))
    }

    /// exit(2) of whoever makes the call under way: a thread's ends the thread.
    pub(crate) fn exit_caller(&mut self, process: TaskId, status: i32) {
        let caller = self.caller_of(process);
        if caller == process {
            self.end_task(process, WaitStatus::Exited(status as u8), None);
        } else {
            self.end_thread(caller, ThreadCause::Exited, status);
        }
    }

    /// Ends a thread: what it opened is closed, the threads that it made end too.
    pub(crate) fn end_thread(&mut self, id: TaskId, cause: ThreadCause, status: i32) {
        let Some(thread) = self.threads.threads.get_mut(&id) else { return };
        if matches!(thread.state, State::Ended) {
            return;
        }
        let ran = matches!(thread.state, State::Running(_));
        let process = thread.process;
        if ran && self.current == Some(id) {
            // What it waits for is the process's at this moment, and goes with it.
            self.exchange_course(id, process);
        }
        let Some(thread) = self.threads.threads.get_mut(&id) else { return };
        thread.state = State::Ended;
        thread.status.end = Some((cause, status));
        thread.idle_since_ns = None;
        let made: Vec<TaskId> =
            self.threads.threads.iter().filter(|(_, thread)| thread.maker == id).map(|(&id, _)| id).collect();
        for made in made {
            self.end_thread(made, ThreadCause::Stopped, 1);
        }
        self.forget_caller(id);
        self.close_files_of(process, id);
        if ran {
            if self.current != Some(id) {
                self.requests.push_back(HostRequest::Stop { task: id });
            }
            self.requests.push_back(HostRequest::ThreadEnded { task: id });
        }
        self.waits.wake(WaitKey::TaskEnd(id));
        self.threads.forget_if_over(id);
    }

    fn close_files_of(&mut self, process: TaskId, thread: TaskId) {
        let Ok(life) = self.tasks.life_mut(process) else { return };
        for entry in life.fds.take_owned(thread) {
            self.release_from(process, entry.description);
        }
    }

    /// A caller is no more: it waits for nothing.
    pub(crate) fn forget_caller(&mut self, caller: TaskId) {
        self.waits.forget(caller);
        self.cancel_fifo(caller);
        self.segments.forget_waiter(caller);
    }

    /// A process ends, and all its threads.
    pub(crate) fn end_threads_of(&mut self, process: TaskId) {
        for id in self.threads.of_process(process) {
            self.end_thread(id, ThreadCause::Stopped, 1);
        }
        self.threads.made.remove(&process);
    }

    /// The last descriptor of a thread is closed. It runs on.
    pub(crate) fn forget_thread(&mut self, id: TaskId) {
        if let Some(thread) = self.threads.threads.get_mut(&id) {
            thread.forgotten = true;
            if matches!(thread.state, State::Prepared) {
                thread.state = State::Ended;
            }
        }
        self.threads.forget_if_over(id);
    }

    /// A thread trapped, or ran out of something. Out of memory is its own matter; a trap is its process's, as on Linux.
    pub(crate) fn thread_failed(&mut self, id: TaskId, failure: TaskFailure) {
        let Some(process) = self.process_of(id) else { return };
        self.current = Some(id);
        // As in a call: what the main thread waits in stays its own.
        self.enter_thread(id, process);
        match failure {
            TaskFailure::OutOfMemory => self.end_thread(id, ThreadCause::OutOfMemory, 1),
            failure => self.process_failed(process, failure),
        }
        self.leave_thread(id, process);
        self.current = None;
        self.filesystems.collect();
    }

    /// What a thread has used counts for its process too.
    pub(crate) fn thread_usage(&mut self, id: TaskId, user_ns: u64, memory_bytes_max: u64) {
        let Some(thread) = self.threads.threads.get_mut(&id) else { return };
        let more_ns = user_ns.saturating_sub(thread.status.cpu_ns);
        thread.status.cpu_ns += more_ns;
        thread.status.memory_bytes_max = thread.status.memory_bytes_max.max(memory_bytes_max);
        let process = thread.process;
        self.count_usage(process, more_ns, memory_bytes_max);
    }
}
