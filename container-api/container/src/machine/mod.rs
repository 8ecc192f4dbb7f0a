//! A container's kernel with its threads: who calls it, who waits, and what it asks for.
//!
//! The kernel is one state machine behind one lock. A thread that makes a call holds the lock for the time of the call; where
//! the kernel says "blocked", the thread sleeps on its task's own condition variable until the kernel asks for it to be
//! woken, or its deadline passes, and makes the same call again. Everything the kernel asks for is done before the lock is given
//! back, so no wake-up is lost.

mod clocks;
mod exit_slot;
mod guest;
mod marshal;
mod meter;
mod task;

use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use oac_abi::{
    Errno, nr,
    wire::{Reply, Request},
};
use oac_kernel::{Config, HostRequest, Kernel, LogRecord, Now, Outcome, TaskFailure, TaskId};

use crate::{Error, Event, Exit, Runtime, fetch::Fetcher, outside::Connector};
use meter::Meter;

pub(crate) use exit_slot::ExitSlot;
pub(crate) use marshal::define_calls;
pub(crate) use task::TaskState;

/// Events kept for a handler that is slow; older ones are dropped and counted.
const EVENTS_MAX: usize = 1024;
/// How long teardown waits for a program to notice that it has been stopped. It does at its next loop or call; only one
/// that is being compiled takes longer, and it then ends by itself.
const TEARDOWN_MS: u64 = 2_000;

/// Records of the event log taken at once, under the kernel's lock.
const LOG_RECORDS_AT_ONCE: usize = 256;
/// How exactly processor time is limited. Only a container with such a limit ticks.
const TICK_MS: u64 = 10;

/// The task is over: its thread unwinds out of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task has ended")]
pub(crate) struct Ended;

/// The host's side of one task.
#[derive(Debug)]
pub(crate) struct TaskHandle {
    pub(crate) id: TaskId,
    /// Whether a program runs as this task; else the host plays it.
    is_program: bool,
    /// Signalled, under the kernel's lock, when `woken` or `stopped` is set.
    wakeup: Condvar,
    woken: AtomicBool,
    stopped: AtomicBool,
    /// Filled when its program has ended.
    exit: Arc<ExitSlot>,
}

impl TaskHandle {
    fn new(id: TaskId, is_program: bool) -> Arc<TaskHandle> {
        let no = || AtomicBool::new(false);
        let exit = Arc::default();
        Arc::new(TaskHandle { id, is_program, wakeup: Condvar::new(), woken: no(), stopped: no(), exit })
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn wake(&self) {
        self.woken.store(true, Ordering::Relaxed);
        self.wakeup.notify_all();
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.wakeup.notify_all();
    }
}

/// What the lock guards.
pub(crate) struct Inner {
    pub(crate) kernel: Kernel,
    tasks: HashMap<TaskId, Arc<TaskHandle>>,
    threads: usize,
    events: VecDeque<Event>,
    events_lost: u64,
    has_listener: bool,
    has_log: bool,
    /// When the kernel wants to be told the time, and whether a thread sees to it.
    timer_ns: Option<u64>,
    has_timekeeper: bool,
    closing: bool,
}

/// One container's kernel, threads and outside connections.
pub(crate) struct Machine {
    inner: Mutex<Inner>,
    /// Signalled when an event is queued, and at the end.
    event_queued: Condvar,
    /// Signalled when there may be records of the event log, and at the end.
    logged: Condvar,
    /// Signalled when `timer_ns` has changed, and at the end.
    timer_changed: Condvar,
    /// Signalled when a task's thread ends.
    thread_ended: Condvar,
    runtime: Runtime,
    fetcher: Fetcher,
    connector: Connector,
    start: Instant,
    meter: Meter,
    ticking: AtomicBool,
}

impl Machine {
    pub(crate) fn new(
        runtime: Runtime,
        config: Config,
        make: impl FnOnce(Config, Now) -> Result<Kernel, Error>,
    ) -> Result<Arc<Machine>, Error> {
        let start = Instant::now();
        let meter = Meter::new(&config.limits);
        let fetcher = Fetcher::new(config.capabilities.network.clone());
        let connector = Connector::new(config.capabilities.network.clone());
        let inner = Inner {
            kernel: make(config, clocks::now(start))?,
            tasks: HashMap::new(),
            threads: 0,
            events: VecDeque::new(),
            events_lost: 0,
            has_listener: false,
            has_log: false,
            timer_ns: None,
            has_timekeeper: false,
            closing: false,
        };
        let machine = Arc::new(Machine {
            inner: Mutex::new(inner),
            event_queued: Condvar::new(),
            logged: Condvar::new(),
            timer_changed: Condvar::new(),
            thread_ended: Condvar::new(),
            runtime,
            fetcher,
            connector,
            start,
            meter,
            ticking: AtomicBool::new(false),
        });
        if machine.meter.limits_time() {
            machine.tick()?;
        }
        machine.with_kernel(|_| ());
        Ok(machine)
    }

    /// Makes running programs count their time from now on.
    fn tick(self: &Arc<Self>) -> io::Result<()> {
        if !self.ticking.swap(true, Ordering::Relaxed) {
            let machine = Arc::downgrade(self);
            thread::Builder::new().name("oac ticks".into()).spawn(move || tick(&machine))?;
        }
        Ok(())
    }

    /// Whether programs are to count their time.
    pub(crate) fn is_ticking(&self) -> bool {
        self.ticking.load(Ordering::Relaxed)
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    pub(crate) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// A panic inside the kernel has been reported as the failure of the task that ran into it; the others go on.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the kernel, at the present time, and then what the kernel asks for.
    pub(crate) fn with_kernel<T>(self: &Arc<Self>, action: impl FnOnce(&mut Kernel) -> T) -> T {
        let mut inner = self.lock();
        inner.kernel.set_now(clocks::now(self.start));
        let result = action(&mut inner.kernel);
        self.serve_requests(&mut inner);
        result
    }

    /// One system call, with all its waiting.
    pub(crate) fn call(
        self: &Arc<Self>,
        task: &TaskHandle,
        request: Request<'_>,
        out: &mut [u8],
    ) -> Result<Reply, Ended> {
        let mut inner = self.lock();
        loop {
            if task.is_stopped() {
                return Err(Ended);
            }
            task.woken.store(false, Ordering::Relaxed);
            inner.kernel.set_now(clocks::now(self.start));
            let outcome = inner.kernel.call(task.id, request, out);
            self.serve_requests(&mut inner);
            match outcome {
                Outcome::Done(reply) => {
                    if matches!(request.number, nr::PRLIMIT | nr::SPAWN) && inner.kernel.limits_cpu_time() {
                        // Without another thread the limit is looked at when the program makes calls that tell its time.
                        let _ = self.tick();
                    }
                    return Ok(reply);
                }
                Outcome::Exited => return Err(Ended),
                Outcome::Blocked { deadline_ns } => inner = self.sleep(inner, task, deadline_ns),
            }
        }
    }

    /// Sleeps until the task is woken or stopped, or the deadline passes.
    fn sleep<'a>(
        &self,
        mut inner: MutexGuard<'a, Inner>,
        task: &TaskHandle,
        deadline_ns: Option<u64>,
    ) -> MutexGuard<'a, Inner> {
        while !task.woken.load(Ordering::Relaxed) && !task.is_stopped() {
            match deadline_ns {
                None => inner = task.wakeup.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(deadline_ns) => {
                    let now_ns = self.start.elapsed().as_nanos() as u64;
                    let Some(left_ns) = deadline_ns.checked_sub(now_ns).filter(|&left| left > 0) else {
                        break;
                    };
                    let waited = task.wakeup.wait_timeout(inner, Duration::from_nanos(left_ns));
                    inner = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        inner
    }

    fn serve_requests(self: &Arc<Self>, inner: &mut Inner) {
        while let Some(request) = inner.kernel.next_request() {
            match request {
                HostRequest::Start { task, image } => self.start_task(inner, task, image),
                HostRequest::Wake { task } => {
                    if let Some(handle) = inner.tasks.get(&task) {
                        handle.wake();
                    }
                }
                HostRequest::Stop { task } => {
                    if let Some(handle) = inner.tasks.get(&task) {
                        handle.stop();
                        self.runtime.interrupt();
                    }
                }
                HostRequest::Fetch { id, task, head, body, redirects } => {
                    let (method, url) = (head.method.clone(), head.url.clone());
                    self.queue(inner, Event::Fetch { task, method, url });
                    self.fetcher.begin(self, id, head, (body, redirects));
                }
                HostRequest::FetchResume { id } => self.fetcher.resume(id),
                HostRequest::FetchCancel { id } => self.fetcher.cancel(id),
                HostRequest::Connect { id, host, port, .. } => self.connector.connect(self, id, host, port),
                HostRequest::ConnectCancel { id } => self.connector.cancel(id),
                HostRequest::Resolve { id, name } => self.connector.resolve(self, id, name),
                HostRequest::PortOpened { port, task } => self.queue(inner, Event::PortOpened { port, task }),
                HostRequest::PortClosed { port } => self.queue(inner, Event::PortClosed { port }),
                HostRequest::ThreadEnded { task } => {
                    inner.tasks.remove(&task);
                }
                HostRequest::Exited { task, status } => {
                    // The end of a task that the host plays is its own doing, and no news.
                    if let Some(handle) = inner.tasks.remove(&task).filter(|handle| handle.is_program) {
                        let exit = inner.kernel.exit_record(task).map(Exit::of);
                        let reason = exit.as_ref().and_then(|exit| exit.reason.clone());
                        handle.exit.fill(exit);
                        self.queue(inner, Event::Exited { task, status, reason });
                    }
                }
            }
        }
        if inner.has_log {
            self.logged.notify_one();
        }
        let timer_ns = inner.kernel.next_timer_ns();
        if timer_ns != inner.timer_ns {
            inner.timer_ns = timer_ns;
            self.keep_time(inner);
        }
    }

    /// Sees to it that the kernel is told the time when it wants to be although nobody calls it.
    fn keep_time(self: &Arc<Self>, inner: &mut Inner) {
        self.timer_changed.notify_one();
        if inner.has_timekeeper || inner.closing {
            return;
        }
        let machine = self.clone();
        let keeper = thread::Builder::new().name("oac timers".into());
        // Without a thread the time is told at the next call, and the thread tried again.
        inner.has_timekeeper = keeper.spawn(move || machine.tell_time()).is_ok();
    }

    fn tell_time(self: &Arc<Self>) {
        let mut inner = self.lock();
        while !inner.closing {
            let now_ns = self.start.elapsed().as_nanos() as u64;
            match inner.timer_ns {
                None => inner = self.timer_changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(timer_ns) if timer_ns > now_ns => {
                    let left = Duration::from_nanos(timer_ns - now_ns);
                    let waited = self.timer_changed.wait_timeout(inner, left);
                    inner = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                Some(_) => {
                    inner.kernel.set_now(clocks::now(self.start));
                    self.serve_requests(&mut inner);
                }
            }
        }
    }

    /// Tells the kernel what a task has used.
    pub(crate) fn report_usage(self: &Arc<Self>, task: TaskId, cpu_ns: u64, memory_bytes: u64) {
        self.with_kernel(|kernel| kernel.report_usage(task, cpu_ns, memory_bytes));
    }

    /// The next records of the event log; none at the end.
    pub(crate) fn next_log_records(&self) -> Vec<LogRecord> {
        let mut inner = self.lock();
        inner.has_log = true;
        loop {
            let records: Vec<_> =
                std::iter::from_fn(|| inner.kernel.next_log_record()).take(LOG_RECORDS_AT_ONCE).collect();
            if !records.is_empty() || inner.closing {
                return records;
            }
            inner = self.logged.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn start_task(self: &Arc<Self>, inner: &mut Inner, id: TaskId, image: oac_kernel::Image) {
        if inner.closing {
            return;
        }
        let handle = TaskHandle::new(id, true);
        inner.tasks.insert(id, handle.clone());
        match task::spawn_thread(self.clone(), handle, image) {
            Ok(()) => inner.threads += 1,
            Err(error) => {
                let message = format!("cannot start a thread for it: {error}");
                inner.kernel.task_failed(id, TaskFailure::Load { message });
            }
        }
    }

    /// The last thing that a task's thread does.
    fn thread_ends(self: &Arc<Self>, task: TaskId, failure: Option<TaskFailure>) {
        let mut inner = self.lock();
        inner.threads -= 1;
        inner.kernel.set_now(clocks::now(self.start));
        if let Some(failure) = failure {
            inner.kernel.task_failed(task, failure);
        }
        inner.kernel.report_usage(task, clocks::thread_cpu_ns(), 0);
        self.serve_requests(&mut inner);
        drop(inner);
        self.thread_ended.notify_all();
    }

    /// Makes a task that the host plays.
    pub(crate) fn attach(self: &Arc<Self>, name: &str) -> Arc<TaskHandle> {
        let mut inner = self.lock();
        inner.kernel.set_now(clocks::now(self.start));
        let handle = TaskHandle::new(inner.kernel.attach(name), false);
        if inner.closing {
            handle.stop();
        } else {
            inner.tasks.insert(handle.id, handle.clone());
        }
        self.serve_requests(&mut inner);
        handle
    }

    pub(crate) fn detach(self: &Arc<Self>, task: &TaskHandle) {
        let mut inner = self.lock();
        inner.tasks.remove(&task.id);
        inner.kernel.set_now(clocks::now(self.start));
        inner.kernel.detach(task.id);
        self.serve_requests(&mut inner);
    }

    /// Where the end of a program is told.
    pub(crate) fn exit_slot(&self, task: TaskId) -> Arc<ExitSlot> {
        let inner = self.lock();
        if let Some(handle) = inner.tasks.get(&task) {
            return handle.exit.clone();
        }
        // It has ended already.
        let slot = ExitSlot::default();
        slot.fill(inner.kernel.exit_record(task).map(Exit::of));
        Arc::new(slot)
    }

    fn queue(&self, inner: &mut Inner, event: Event) {
        if !inner.has_listener {
            return;
        }
        if inner.events.len() == EVENTS_MAX {
            inner.events.pop_front();
            inner.events_lost += 1;
        }
        inner.events.push_back(event);
        self.event_queued.notify_one();
    }

    /// Hands events to a handler, on a thread of their own, outside of the lock.
    pub(crate) fn listen(
        self: &Arc<Self>,
        mut handler: impl FnMut(Event) + Send + 'static,
    ) -> Result<thread::JoinHandle<()>, Error> {
        self.lock().has_listener = true;
        let machine = self.clone();
        let thread = thread::Builder::new().name("oac events".into()).spawn(move || {
            while let Some(event) = machine.next_event() {
                handler(event);
            }
        })?;
        Ok(thread)
    }

    fn next_event(&self) -> Option<Event> {
        let mut inner = self.lock();
        loop {
            if inner.events_lost > 0 {
                return Some(Event::Lost { count: std::mem::take(&mut inner.events_lost) });
            }
            if let Some(event) = inner.events.pop_front() {
                return Some(event);
            }
            if inner.closing {
                return None;
            }
            inner = self.event_queued.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Stops every task and waits for their threads.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closing = true;
        for (_, handle) in inner.tasks.drain() {
            handle.stop();
            handle.exit.fill(None);
        }
        self.runtime.interrupt();
        self.event_queued.notify_all();
        self.logged.notify_all();
        self.timer_changed.notify_all();
        self.fetcher.close();
        let deadline = Instant::now() + Duration::from_millis(TEARDOWN_MS);
        while inner.threads > 0 {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return };
            let waited = self.thread_ended.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Makes the programs of a container count their time, for as long as it lives.
fn tick(machine: &Weak<Machine>) {
    loop {
        thread::sleep(Duration::from_millis(TICK_MS));
        match machine.upgrade() {
            Some(machine) => machine.runtime.interrupt(),
            None => return,
        }
    }
}

/// What [`Ended`] means to a caller that is no program.
impl From<Ended> for Errno {
    fn from(_: Ended) -> Errno {
        Errno::ECANCELED
    }
}
