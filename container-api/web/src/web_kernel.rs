//! What the kernel's worker holds: one container's kernel, the page's processes and the exchanges with its ports.

use std::{
    collections::{BTreeMap, VecDeque},
    panic,
};

use js_sys::Uint8Array;
use oac_abi::{Errno, fetch::ResponseHead};
use oac_kernel::{FetchId, Flow, HostRequest, Kernel, Now, Port, TaskFailure, TaskId};
use wasm_bindgen::prelude::*;

use crate::{
    actor::Actor,
    boot, detail,
    error::WebError,
    exchange::{Exchange, ExchangeError, ExchangeId, ExchangeRequest, Progress},
    files,
    process::{Completion, Operation, Process, SpawnOptions, TerminalSize},
    scratch::Scratch,
    stream::{Stream, StreamId},
};

/// ns in a ms.
const NS_PER_MS: f64 = 1e6;
/// Where a task's failure is told.
const STDERR: i32 = 2;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(text: &str);
}

/// What [`WebKernel::next_request`] found.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Nothing more to do.
    None = 0,
    /// Serve the task's blocked request again.
    Wake = 1,
    /// Run a program as the task.
    Start = 2,
    /// The task has been killed.
    Stop = 3,
    /// Make an HTTP request.
    Fetch = 4,
    /// Go on with a response's body.
    FetchResume = 5,
    /// Drop a request.
    FetchCancel = 6,
    /// A port was opened or closed.
    Port = 7,
    /// One of the page's processes has ended.
    Exited = 8,
    /// Something that the page waits for has happened.
    Completion = 9,
}

/// One container's kernel, for the kernel's worker.
#[wasm_bindgen]
pub struct WebKernel {
    kernel: Kernel,
    scratch: Scratch,
    /// Plays the page where it needs no descriptors of its own: files, kill.
    page: TaskId,
    processes: BTreeMap<TaskId, Process>,
    exchanges: BTreeMap<ExchangeId, Exchange>,
    streams: BTreeMap<StreamId, Stream>,
    /// Which of the host's tasks plays for what.
    owners: BTreeMap<TaskId, Owner>,
    completions: VecDeque<Completion>,
    progress: VecDeque<(ExchangeId, Progress)>,
    task: TaskId,
    detail: JsValue,
}

#[derive(Clone, Copy, Debug)]
enum Owner {
    Page,
    Process(TaskId),
    Exchange(ExchangeId),
    Stream(StreamId),
}

fn thrown<T>(result: crate::Result<T>) -> Result<T, JsValue> {
    result.map_err(|error| detail::error(&error))
}

fn now(monotonic_ms: f64, realtime_ms: f64) -> Now {
    Now { monotonic_ns: (monotonic_ms * NS_PER_MS) as u64, realtime_ns: (realtime_ms * NS_PER_MS) as i64 }
}

#[wasm_bindgen]
impl WebKernel {
    /// A kernel with the programs in their places. `seed`: 32 random bytes. `options`: a `KernelConfig`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        seed: &[u8],
        options: &JsValue,
        monotonic_ms: f64,
        realtime_ms: f64,
    ) -> Result<WebKernel, JsValue> {
        panic::set_hook(Box::new(|info| console_error(&format!("the kernel has panicked: {info}"))));
        let seed: [u8; 32] =
            seed.try_into().map_err(|_| JsValue::from_str("the seed of a kernel is 32 bytes"))?;
        let engine = boot::engine(options).map_err(JsValue::from_str)?;
        let config = boot::config(seed, options);
        let mut kernel = Kernel::new(config, now(monotonic_ms, realtime_ms));
        for program in oac_image::STANDARD_PROGRAMS {
            for path in program.paths {
                thrown(
                    kernel
                        .register_program(path, engine.module(program))
                        .map_err(|errno| WebError::call(errno, "register", path)),
                )?;
            }
        }
        let page = Actor::attach(&mut kernel, "page");
        Ok(WebKernel {
            kernel,
            scratch: Scratch::new(),
            page,
            processes: BTreeMap::new(),
            exchanges: BTreeMap::new(),
            streams: BTreeMap::new(),
            owners: BTreeMap::from([(page, Owner::Page)]),
            completions: VecDeque::new(),
            progress: VecDeque::new(),
            task: page,
            detail: JsValue::UNDEFINED,
        })
    }

    /// Tells the time: monotonic, and since 1970.
    #[wasm_bindgen(js_name = setNow)]
    pub fn set_now(&mut self, monotonic_ms: f64, realtime_ms: f64) {
        self.kernel.set_now(now(monotonic_ms, realtime_ms));
    }

    /// When to tell the time again at the latest; Infinity for never.
    #[wasm_bindgen(js_name = nextDeadlineMs)]
    pub fn next_deadline_ms(&self) -> f64 {
        self.kernel.next_deadline_ns().map_or(f64::INFINITY, |ns| ns as f64 / NS_PER_MS)
    }

    /// Where the scratch area is in this module's memory.
    #[wasm_bindgen(js_name = scratchAddress)]
    pub fn scratch_address(&self) -> u32 {
        self.scratch.address()
    }

    /// Makes the call in the scratch area for a task; see [`Scratch::serve`].
    pub fn call(&mut self, task: u32) -> i32 {
        self.scratch.serve(&mut self.kernel, TaskId(task))
    }

    /// Tells what CPU time a task has used since its start.
    #[wasm_bindgen(js_name = reportUsage)]
    pub fn report_usage(&mut self, task: u32, cpu_ms: f64) {
        self.kernel.report_usage(TaskId(task), (cpu_ms * NS_PER_MS) as u64, 0);
    }

    /// The next line of the event log, JSON; `undefined` when there is none now.
    #[wasm_bindgen(js_name = nextLogRecord)]
    pub fn next_log_record(&mut self) -> Option<String> {
        self.kernel.next_log_record().map(|record| record.to_json())
    }

    /// A task's worker failed: `unreachable`, `trap`, `memory` or `load`.
    #[wasm_bindgen(js_name = taskFailed)]
    pub fn task_failed(&mut self, task: u32, failure: &str, message: String) {
        let task = TaskId(task);
        // Its own standard error is where whoever started it looks; one that takes nothing now does not hear of it.
        let text = format!("{}\n", if failure == "memory" { "out of memory" } else { &message });
        let _ = Actor::new(&mut self.kernel, task).write(STDERR, text.as_bytes());
        let failure = match failure {
            "memory" => TaskFailure::OutOfMemory,
            "load" => TaskFailure::Load { message },
            _ => TaskFailure::Trap { unreachable: failure == "unreachable", message },
        };
        self.kernel.task_failed(task, failure);
    }

    /// What is to be done next; `requestTask` and `requestDetail` say with what.
    #[wasm_bindgen(js_name = nextRequest)]
    pub fn next_request(&mut self) -> RequestKind {
        loop {
            if let Some(done) = self.completions.pop_front() {
                return self.give(RequestKind::Completion, self.page, detail::completion(&done));
            }
            if let Some((id, progress)) = self.progress.pop_front() {
                return self.give(RequestKind::Completion, self.page, detail::progress(id, &progress));
            }
            let Some(request) = self.kernel.next_request() else { return RequestKind::None };
            if let Some(kind) = self.host_request(request) {
                return kind;
            }
        }
    }

    /// The task that the last request is about.
    #[wasm_bindgen(js_name = requestTask)]
    pub fn request_task(&self) -> u32 {
        self.task.0
    }

    /// What else is to be known of the last request.
    #[wasm_bindgen(js_name = requestDetail)]
    pub fn request_detail(&mut self) -> JsValue {
        std::mem::replace(&mut self.detail, JsValue::UNDEFINED)
    }
}

impl WebKernel {
    fn give(&mut self, kind: RequestKind, task: TaskId, detail: JsValue) -> RequestKind {
        self.task = task;
        self.detail = detail;
        kind
    }

    /// `None`: it was for the tasks that are played here.
    fn host_request(&mut self, request: HostRequest) -> Option<RequestKind> {
        let page = self.page;
        let (kind, task, detail) = match request {
            HostRequest::Wake { task } => {
                let Some(owner) = self.owners.get(&task).copied() else {
                    self.task = task;
                    return Some(RequestKind::Wake);
                };
                self.advance(owner);
                return None;
            }
            HostRequest::Start { task, image } => (RequestKind::Start, task, detail::start(&image)),
            HostRequest::ThreadEnded { .. } => return None,
            HostRequest::Stop { task } => (RequestKind::Stop, task, JsValue::UNDEFINED),
            // A browser does not show where a redirect leads, and follows it.
            HostRequest::Fetch { id, task, head, body, redirects: _ } => {
                (RequestKind::Fetch, task, detail::fetch(id, &head, &body))
            }
            HostRequest::FetchResume { id } => (RequestKind::FetchResume, page, detail::fetch_id(id)),
            HostRequest::FetchCancel { id } => (RequestKind::FetchCancel, page, detail::fetch_id(id)),
            // This host has no sockets, and the kernel was told so.
            HostRequest::Connect { .. } | HostRequest::ConnectCancel { .. } | HostRequest::Resolve { .. } => {
                return None;
            }
            HostRequest::PortOpened { port, task } => (RequestKind::Port, task, detail::port(port, true)),
            HostRequest::PortClosed { port } => (RequestKind::Port, page, detail::port(port, false)),
            HostRequest::Exited { task, status } => {
                let process = self.processes.get_mut(&task)?;
                let reason = self.kernel.exit_record(task).and_then(|record| record.reason.clone());
                process.exited(&mut self.kernel);
                self.advance(Owner::Process(task));
                (RequestKind::Exited, task, detail::exit(status, reason.as_deref()))
            }
        };
        Some(self.give(kind, task, detail))
    }

    /// Goes on with what one of the host's tasks plays for.
    fn advance(&mut self, owner: Owner) {
        match owner {
            Owner::Page => {}
            Owner::Process(pid) => {
                let Some(process) = self.processes.get_mut(&pid) else { return };
                process.advance(&mut self.kernel, &mut self.completions);
                if process.is_over() {
                    let actor = process.actor;
                    self.processes.remove(&pid);
                    self.detach(actor);
                }
            }
            Owner::Stream(id) => {
                if let Some(stream) = self.streams.get_mut(&id) {
                    stream.advance(&mut self.kernel, &mut self.completions);
                }
            }
            Owner::Exchange(id) => {
                let Some(exchange) = self.exchanges.get_mut(&id) else { return };
                let mut progress = VecDeque::new();
                let is_over = exchange.advance(&mut self.kernel, &mut progress);
                self.progress.extend(progress.into_iter().map(|progress| (id, progress)));
                if is_over {
                    self.end_exchange(id);
                }
            }
        }
    }

    fn end_exchange(&mut self, id: ExchangeId) {
        if let Some(exchange) = self.exchanges.remove(&id) {
            self.detach(exchange.actor);
        }
    }

    fn detach(&mut self, actor: TaskId) {
        self.owners.remove(&actor);
        self.kernel.detach(actor);
    }

    fn actor(&mut self) -> Actor<'_> {
        Actor::new(&mut self.kernel, self.page)
    }

    fn process(&mut self, pid: u32, stream: u32) -> crate::Result<&mut Process> {
        self.processes.get_mut(&TaskId(pid)).ok_or(WebError::NoStream { pid, stream })
    }
}

/// Reports of the fetches.
#[wasm_bindgen]
impl WebKernel {
    /// A response has begun. `headers`: names and values in one list.
    #[wasm_bindgen(js_name = fetchHead)]
    pub fn fetch_head(
        &mut self,
        id: f64,
        status: u16,
        status_text: String,
        url: String,
        headers: Vec<String>,
    ) {
        let head = ResponseHead { status, status_text, url, headers: detail::pairs(headers) };
        self.kernel.fetch_head(FetchId(id as u64), Ok(head));
    }

    /// There will be no response. A browser does not say why: the address may be wrong, the network down, or the other side
    /// may not allow this page.
    #[wasm_bindgen(js_name = fetchFailed)]
    pub fn fetch_failed(&mut self, id: f64) {
        self.kernel.fetch_head(FetchId(id as u64), Err(Errno::ECONNREFUSED));
    }

    /// A piece of the body. `true`: pause until `FetchResume`.
    #[wasm_bindgen(js_name = fetchBody)]
    pub fn fetch_body(&mut self, id: f64, chunk: &[u8]) -> bool {
        self.kernel.fetch_body(FetchId(id as u64), chunk) == Flow::Pause
    }

    /// The end of the body, or the place where it broke off.
    #[wasm_bindgen(js_name = fetchEnd)]
    pub fn fetch_end(&mut self, id: f64, complete: bool) {
        let result = if complete { Ok(()) } else { Err(Errno::ECONNRESET) };
        self.kernel.fetch_end(FetchId(id as u64), result);
    }
}

/// Files. Paths are absolute.
#[wasm_bindgen]
impl WebKernel {
    /// See [`files::read_file`].
    #[wasm_bindgen(js_name = readFile)]
    pub fn read_file(&mut self, path: &str) -> Result<Uint8Array, JsValue> {
        thrown(files::read_file(&mut self.actor(), path)).map(|contents| Uint8Array::from(&contents[..]))
    }

    /// See [`files::write_file`].
    #[wasm_bindgen(js_name = writeFile)]
    pub fn write_file(&mut self, path: &str, data: &[u8]) -> Result<(), JsValue> {
        thrown(files::write_file(&mut self.actor(), path, data))
    }

    /// See [`files::readdir`].
    pub fn readdir(&mut self, path: &str) -> Result<JsValue, JsValue> {
        thrown(files::readdir(&mut self.actor(), path)).map(|entries| detail::entries(&entries))
    }

    /// See [`files::mkdir`].
    pub fn mkdir(&mut self, path: &str, recursive: bool) -> Result<(), JsValue> {
        thrown(files::mkdir(&mut self.actor(), path, recursive))
    }

    /// See [`files::rm`].
    pub fn rm(&mut self, path: &str, recursive: bool, force: bool) -> Result<(), JsValue> {
        thrown(files::rm(&mut self.actor(), path, recursive, force))
    }

    /// See [`files::rename`].
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), JsValue> {
        thrown(files::rename(&mut self.actor(), from, to))
    }

    /// See [`files::symlink`].
    pub fn symlink(&mut self, target: &str, path: &str) -> Result<(), JsValue> {
        thrown(files::symlink(&mut self.actor(), target, path))
    }

    /// See [`files::readlink`].
    pub fn readlink(&mut self, path: &str) -> Result<String, JsValue> {
        thrown(files::readlink(&mut self.actor(), path))
    }

    /// See [`files::chmod`].
    pub fn chmod(&mut self, path: &str, mode: u32) -> Result<(), JsValue> {
        thrown(files::chmod(&mut self.actor(), path, mode))
    }

    /// See [`files::stat`].
    pub fn stat(&mut self, path: &str, follow_links: bool) -> Result<JsValue, JsValue> {
        thrown(files::stat(&mut self.actor(), path, follow_links)).map(|stat| detail::stat(&stat))
    }
}

/// More of files.
#[wasm_bindgen]
impl WebKernel {
    /// See [`files::open`].
    #[wasm_bindgen(js_name = openFile)]
    pub fn open_file(&mut self, path: &str, flags: u32, mode: u32) -> Result<i32, JsValue> {
        thrown(files::open(&mut self.actor(), path, flags, mode))
    }

    /// See [`files::read_at`].
    #[wasm_bindgen(js_name = readAt)]
    pub fn read_at(&mut self, fd: i32, offset: f64, length: u32) -> Result<Uint8Array, JsValue> {
        thrown(files::read_at(&mut self.actor(), fd, offset as i64, length as usize))
            .map(|bytes| Uint8Array::from(&bytes[..]))
    }

    /// See [`files::write_at`].
    #[wasm_bindgen(js_name = writeAt)]
    pub fn write_at(&mut self, fd: i32, offset: f64, data: &[u8]) -> Result<(), JsValue> {
        thrown(files::write_at(&mut self.actor(), fd, offset as i64, data))
    }

    /// Closes what [`WebKernel::open_file`] opened.
    #[wasm_bindgen(js_name = closeFile)]
    pub fn close_file(&mut self, fd: i32) {
        self.actor().close(fd);
    }

    /// See [`files::truncate`].
    pub fn truncate(&mut self, path: &str, length: f64) -> Result<(), JsValue> {
        thrown(files::truncate(&mut self.actor(), path, length as i64))
    }

    /// See [`files::utimes`].
    pub fn utimes(&mut self, path: &str, atime_ms: f64, mtime_ms: f64) -> Result<(), JsValue> {
        let ns = |ms: f64| (ms * NS_PER_MS) as i64;
        thrown(files::utimes(&mut self.actor(), path, ns(atime_ms), ns(mtime_ms)))
    }

    /// See [`files::link`].
    pub fn link(&mut self, existing: &str, path: &str) -> Result<(), JsValue> {
        thrown(files::link(&mut self.actor(), existing, path))
    }

    /// See [`files::chown`].
    pub fn chown(&mut self, path: &str, uid: u32, gid: u32) -> Result<(), JsValue> {
        thrown(files::chown(&mut self.actor(), path, uid, gid))
    }

    /// See [`files::access`].
    pub fn access(&mut self, path: &str, mode: u32) -> Result<(), JsValue> {
        thrown(files::access(&mut self.actor(), path, mode))
    }

    /// See [`files::realpath`].
    pub fn realpath(&mut self, path: &str) -> Result<String, JsValue> {
        thrown(files::realpath(&mut self.actor(), path))
    }

    /// See [`files::mkfifo`].
    pub fn mkfifo(&mut self, path: &str) -> Result<(), JsValue> {
        thrown(files::mkfifo(&mut self.actor(), path))
    }
}

/// Processes.
#[wasm_bindgen]
impl WebKernel {
    /// Starts a program; gives its task id. `terminal`: rows, columns, and whether it writes a line's end as CR LF (1 or 0);
    /// empty for none.
    pub fn spawn(
        &mut self,
        program: String,
        args: Vec<String>,
        env: Vec<String>,
        cwd: String,
        merged: bool,
        terminal: &[u16],
    ) -> Result<u32, JsValue> {
        let terminal = match *terminal {
            [rows, columns, newlines] => Some(TerminalSize { rows, columns, newlines: newlines != 0 }),
            _ => None,
        };
        let options = SpawnOptions { program, args, env, cwd, merged, terminal };
        let process = thrown(Process::spawn(&mut self.kernel, &options))?;
        let pid = process.pid;
        self.owners.insert(process.actor, Owner::Process(pid));
        self.processes.insert(pid, process);
        Ok(pid.0)
    }

    /// Sends a signal to a process and those it started.
    pub fn kill(&mut self, pid: u32, signal: u32) -> Result<(), JsValue> {
        let result = self.actor().kill(-i64::from(pid), signal);
        thrown(result.map_err(|failure| WebError::Call {
            errno: failure.errno(),
            syscall: "kill",
            path: None,
        }))
    }

    /// Tells a process's terminal its size.
    #[wasm_bindgen(js_name = processResize)]
    pub fn process_resize(&mut self, pid: u32, rows: u16, columns: u16) -> Result<(), JsValue> {
        match self.processes.get(&TaskId(pid)) {
            Some(process) => thrown(process.resize(&mut self.kernel, rows, columns)),
            // It has ended, and its terminal with it.
            None => Ok(()),
        }
    }

    /// Reads an output (1 or 2) when there is something; answered by a completion.
    #[wasm_bindgen(js_name = processRead)]
    pub fn process_read(&mut self, pid: u32, stream: u32, operation: u32) -> Result<(), JsValue> {
        thrown(self.process(pid, stream).and_then(|process| process.read(stream, Operation(operation))))?;
        self.advance(Owner::Process(TaskId(pid)));
        Ok(())
    }

    /// Writes to the input; answered by a completion when all is written.
    #[wasm_bindgen(js_name = processWrite)]
    pub fn process_write(&mut self, pid: u32, data: Vec<u8>, operation: u32) -> Result<(), JsValue> {
        thrown(self.process(pid, 0)).map(|process| process.write(data, Operation(operation)))?;
        self.advance(Owner::Process(TaskId(pid)));
        Ok(())
    }

    /// Ends the input.
    #[wasm_bindgen(js_name = processCloseInput)]
    pub fn process_close_input(&mut self, pid: u32) {
        if let Some(process) = self.processes.get_mut(&TaskId(pid)) {
            process.close_input(&mut self.kernel);
            self.advance(Owner::Process(TaskId(pid)));
        }
    }

    /// Nobody reads an output any more.
    #[wasm_bindgen(js_name = processCloseOutput)]
    pub fn process_close_output(&mut self, pid: u32, stream: u32) {
        if let Some(process) = self.processes.get_mut(&TaskId(pid)) {
            process.close_output(&mut self.kernel, stream);
            self.advance(Owner::Process(TaskId(pid)));
        }
    }
}

/// Exchanges with ports.
#[wasm_bindgen]
impl WebKernel {
    /// Sends a request to a port; answered by completions. `headers`: names and values in one list.
    #[wasm_bindgen(js_name = exchangeStart)]
    pub fn exchange_start(
        &mut self,
        id: u32,
        port: u16,
        method: String,
        target: String,
        headers: Vec<String>,
        body: Vec<u8>,
    ) {
        let id = ExchangeId(id);
        let request =
            ExchangeRequest { port: Port(port), method, target, headers: detail::pairs(headers), body };
        match Exchange::start(&mut self.kernel, &request) {
            Ok(exchange) => {
                self.owners.insert(exchange.actor, Owner::Exchange(id));
                self.exchanges.insert(id, exchange);
                self.advance(Owner::Exchange(id));
            }
            Err(errno) => {
                self.progress.push_back((id, Progress::Failed(ExchangeError::Errno(errno))));
            }
        }
    }

    /// Wants the next piece of a response's body.
    #[wasm_bindgen(js_name = exchangePull)]
    pub fn exchange_pull(&mut self, id: u32) {
        if let Some(exchange) = self.exchanges.get_mut(&ExchangeId(id)) {
            exchange.pull();
            self.advance(Owner::Exchange(ExchangeId(id)));
        }
    }

    /// Wants no more of a response.
    #[wasm_bindgen(js_name = exchangeCancel)]
    pub fn exchange_cancel(&mut self, id: u32) {
        self.end_exchange(ExchangeId(id));
    }
}

/// Streams of the page's own.
#[wasm_bindgen]
impl WebKernel {
    /// Connects to a port; answered by a completion.
    #[wasm_bindgen(js_name = streamConnect)]
    pub fn stream_connect(&mut self, id: u32, port: u16, operation: u32) -> Result<(), JsValue> {
        let stream = thrown(Stream::connect(&mut self.kernel, Port(port), Operation(operation)))?;
        self.add_stream(StreamId(id), stream);
        Ok(())
    }

    /// Opens a FIFO.
    #[wasm_bindgen(js_name = streamFifo)]
    pub fn stream_fifo(&mut self, id: u32, path: &str) -> Result<(), JsValue> {
        let stream = thrown(Stream::fifo(&mut self.kernel, path))?;
        self.add_stream(StreamId(id), stream);
        Ok(())
    }

    /// Makes a stream of file events, as inotify(7) lays them out.
    #[wasm_bindgen(js_name = streamWatcher)]
    pub fn stream_watcher(&mut self, id: u32) -> Result<(), JsValue> {
        let stream = thrown(Stream::watcher(&mut self.kernel))?;
        self.add_stream(StreamId(id), stream);
        Ok(())
    }

    /// Watches a path with a stream of file events; gives the watch's number.
    #[wasm_bindgen(js_name = streamWatch)]
    pub fn stream_watch(&mut self, id: u32, path: &str) -> Result<i32, JsValue> {
        let stream = self.streams.get(&StreamId(id)).ok_or(WebError::NoStream { pid: id, stream: 1 });
        thrown(stream.and_then(|stream| stream.watch(&mut self.kernel, path)))
    }

    /// Reads when there is something; answered by a completion.
    #[wasm_bindgen(js_name = streamRead)]
    pub fn stream_read(&mut self, id: u32, operation: u32) -> Result<(), JsValue> {
        let id = StreamId(id);
        let stream = self.streams.get_mut(&id).ok_or(WebError::NoStream { pid: id.0, stream: 1 });
        thrown(stream.and_then(|stream| stream.read(id, Operation(operation))))?;
        self.advance(Owner::Stream(id));
        Ok(())
    }

    /// Writes; answered by a completion when all is written.
    #[wasm_bindgen(js_name = streamWrite)]
    pub fn stream_write(&mut self, id: u32, data: Vec<u8>, operation: u32) -> Result<(), JsValue> {
        let id = StreamId(id);
        let stream = self.streams.get_mut(&id).ok_or(WebError::NoStream { pid: id.0, stream: 0 });
        thrown(stream)?.write(data, Operation(operation));
        self.advance(Owner::Stream(id));
        Ok(())
    }

    /// Closes; what waits is answered.
    #[wasm_bindgen(js_name = streamClose)]
    pub fn stream_close(&mut self, id: u32) {
        if let Some(stream) = self.streams.remove(&StreamId(id)) {
            let actor = stream.actor;
            stream.close(&mut self.completions);
            self.detach(actor);
        }
    }
}

impl WebKernel {
    fn add_stream(&mut self, id: StreamId, stream: Stream) {
        self.owners.insert(stream.actor, Owner::Stream(id));
        self.streams.insert(id, stream);
        self.advance(Owner::Stream(id));
    }
}
