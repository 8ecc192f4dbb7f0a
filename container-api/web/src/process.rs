//! Processes that the page spawned: their streams, and the operations on them that wait.
//!
//! Each has an actor of its own, which holds the other ends of its pipes and is its parent. The actor waits in one poll over all
//! that the page waits for; nothing else of it ever blocks.

use std::collections::VecDeque;

use oac_abi::{Errno, bounds::PIPE_BYTES, flags::poll, spawn::SpawnRequest};
use oac_kernel::{Kernel, TaskId};

use crate::{
    actor::{Actor, Called, Failure, Interest},
    error::{Result, WebError},
};

/// The page's number of an operation that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation(pub(crate) u32);

/// How an operation ended: `None` is the end of the stream, or a write that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    pub(crate) operation: Operation,
    pub(crate) result: std::result::Result<Option<Vec<u8>>, Errno>,
}

type Ended = std::result::Result<Option<Vec<u8>>, Errno>;

#[derive(Debug)]
struct Write {
    operation: Operation,
    data: Vec<u8>,
    sent: usize,
}

/// What the page wants run.
#[derive(Clone, Debug)]
pub(crate) struct SpawnOptions {
    pub(crate) program: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) cwd: String,
    /// One pipe for both outputs.
    pub(crate) merged: bool,
    /// A terminal for all three streams instead.
    pub(crate) terminal: Option<TerminalSize>,
}

/// A terminal's size, and whether it writes a line's end as CR LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TerminalSize {
    pub(crate) rows: u16,
    pub(crate) columns: u16,
    pub(crate) newlines: bool,
}

/// Ctrl-D: the end of a terminal's input.
const END_OF_INPUT: u8 = 4;

/// A process and the page's ends of its streams.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) actor: TaskId,
    pub(crate) pid: TaskId,
    input: Option<i32>,
    /// stdout, stderr. With a terminal its master is both the input and the first of these.
    outputs: [Option<i32>; 2],
    is_terminal: bool,
    reads: [Option<Operation>; 2],
    writes: VecDeque<Write>,
    has_exited: bool,
}

impl Process {
    /// Starts a program in a process group of its own.
    pub(crate) fn spawn(kernel: &mut Kernel, options: &SpawnOptions) -> Result<Process> {
        let task = Actor::attach(kernel, "page");
        let mut actor = Actor::new(kernel, task);
        match start(&mut actor, options) {
            Ok((pid, input, outputs)) => Ok(Process {
                actor: task,
                pid,
                input: Some(input),
                outputs,
                is_terminal: options.terminal.is_some(),
                reads: [None, None],
                writes: VecDeque::new(),
                has_exited: false,
            }),
            Err(failure) => {
                kernel.detach(task);
                Err(match failure {
                    Failure::Errno(errno) => WebError::call(errno, "spawn", &options.program),
                    Failure::Blocked => WebError::Waits { syscall: "spawn" },
                    Failure::Ended => WebError::ActorEnded,
                })
            }
        }
    }

    /// Reads what there is of an output (1 or 2), or waits for it.
    pub(crate) fn read(&mut self, stream: u32, operation: Operation) -> Result<()> {
        let error = WebError::NoStream { pid: self.pid.0, stream };
        let index = output_index(stream).ok_or_else(|| error.clone())?;
        if self.reads[index].is_some() {
            return Err(error);
        }
        self.reads[index] = Some(operation);
        Ok(())
    }

    /// Writes to the input, all of it, after what was written before.
    pub(crate) fn write(&mut self, data: Vec<u8>, operation: Operation) {
        self.writes.push_back(Write { operation, data, sent: 0 });
    }

    /// Ends the input. What is still to be written is lost: the page closes after its writes. A terminal stays, for its output:
    /// its program sees what Ctrl-D makes of it.
    pub(crate) fn close_input(&mut self, kernel: &mut Kernel) {
        let Some(fd) = self.input.take() else { return };
        let mut actor = Actor::new(kernel, self.actor);
        if !self.is_terminal {
            actor.close(fd);
        } else if !self.has_exited {
            // A terminal that takes nothing now is not read, and an end would not be either.
            let _ = actor.write(fd, &[END_OF_INPUT]);
        }
    }

    /// Closes an output: the program gets EPIPE, or SIGHUP of its terminal.
    pub(crate) fn close_output(&mut self, kernel: &mut Kernel, stream: u32) {
        if let Some(fd) = output_index(stream).and_then(|index| self.outputs[index].take()) {
            Actor::new(kernel, self.actor).close(fd);
            if self.is_terminal {
                self.input = None;
            }
        }
    }

    /// Tells the terminal its size; ENOTTY where there is none.
    pub(crate) fn resize(&self, kernel: &mut Kernel, rows: u16, columns: u16) -> Result<()> {
        let terminal = self.outputs[0].filter(|_| self.is_terminal);
        let result = match terminal {
            Some(fd) => Actor::new(kernel, self.actor).resize(fd, rows, columns),
            None => Err(Failure::Errno(Errno::ENOTTY)),
        };
        result.map_err(|failure| WebError::Call {
            errno: failure.errno(),
            syscall: "tcsetwinsize",
            path: None,
        })
    }

    /// The task has ended: it can be forgotten.
    pub(crate) fn exited(&mut self, kernel: &mut Kernel) {
        self.has_exited = true;
        Actor::new(kernel, self.actor).reap(self.pid);
        self.close_input(kernel);
    }

    /// Whether the page can get nothing more of it.
    pub(crate) fn is_over(&self) -> bool {
        self.has_exited
            && self.outputs == [None, None]
            && self.reads == [None, None]
            && self.writes.is_empty()
    }

    /// Does what can be done without waiting, then waits for the rest.
    pub(crate) fn advance(&mut self, kernel: &mut Kernel, done: &mut VecDeque<Completion>) {
        let mut actor = Actor::new(kernel, self.actor);
        loop {
            for index in 0..2 {
                self.try_read(&mut actor, index, done);
            }
            self.try_write(&mut actor, done);
            let interests = self.interests();
            if interests.is_empty() || actor.poll(&interests).is_err() {
                return;
            }
        }
    }

    fn try_read(&mut self, actor: &mut Actor<'_>, index: usize, done: &mut VecDeque<Completion>) {
        let Some(operation) = self.reads[index] else { return };
        let result = match self.outputs[index] {
            None => Ok(None),
            Some(fd) => {
                let mut data = vec![0; PIPE_BYTES];
                match actor.read(fd, &mut data) {
                    Err(failure) if failure.is_not_yet() => return,
                    // A terminal that all have left.
                    Err(failure) if self.is_terminal && failure.errno() == Errno::EIO => {
                        self.input = None;
                        self.end_output(actor, index, fd)
                    }
                    Err(failure) => Err(failure.errno()),
                    Ok(0) => self.end_output(actor, index, fd),
                    Ok(length) => {
                        data.truncate(length);
                        Ok(Some(data))
                    }
                }
            }
        };
        self.reads[index] = None;
        done.push_back(Completion { operation, result });
    }

    fn end_output(&mut self, actor: &mut Actor<'_>, index: usize, fd: i32) -> Ended {
        actor.close(fd);
        self.outputs[index] = None;
        Ok(None)
    }

    fn try_write(&mut self, actor: &mut Actor<'_>, done: &mut VecDeque<Completion>) {
        while let Some(write) = self.writes.front_mut() {
            let result = match self.input {
                None => Err(Errno::EPIPE),
                Some(_) if write.sent == write.data.len() => Ok(None),
                Some(fd) => match actor.write(fd, &write.data[write.sent..]) {
                    Err(failure) if failure.is_not_yet() => return,
                    Err(failure) => Err(failure.errno()),
                    Ok(length) => {
                        write.sent += length;
                        continue;
                    }
                },
            };
            done.push_back(Completion { operation: write.operation, result });
            self.writes.pop_front();
        }
    }

    fn interests(&self) -> Vec<Interest> {
        let reads =
            (0..2).filter(|&index| self.reads[index].is_some()).filter_map(|index| self.outputs[index]);
        let writes = self.input.filter(|_| !self.writes.is_empty());
        reads
            .map(|fd| Interest { fd, events: poll::IN })
            .chain(writes.map(|fd| Interest { fd, events: poll::OUT }))
            .collect()
    }
}

fn output_index(stream: u32) -> Option<usize> {
    match stream {
        1 => Some(0),
        2 => Some(1),
        _ => None,
    }
}

/// The child's three descriptors, the page's input and outputs.
struct Plumbing {
    child: [i32; 3],
    input: i32,
    outputs: [Option<i32>; 2],
}

fn plumbing(actor: &mut Actor<'_>, options: &SpawnOptions) -> Called<Plumbing> {
    if let Some(size) = options.terminal {
        let (master, slave) = actor.open_terminal(size.newlines)?;
        actor.resize(master, size.rows, size.columns)?;
        actor.set_nonblocking(master)?;
        return Ok(Plumbing { child: [slave; 3], input: master, outputs: [Some(master), None] });
    }
    let (child_in, input) = actor.pipe()?;
    let (output, child_out) = actor.pipe()?;
    let errors = if options.merged { None } else { Some(actor.pipe()?) };
    for fd in [input, output].into_iter().chain(errors.map(|(read, _)| read)) {
        actor.set_nonblocking(fd)?;
    }
    let child_err = errors.map_or(child_out, |(_, write)| write);
    let child = [child_in, child_out, child_err];
    Ok(Plumbing { child, input, outputs: [Some(output), errors.map(|(read, _)| read)] })
}

fn start(actor: &mut Actor<'_>, options: &SpawnOptions) -> Called<(TaskId, i32, [Option<i32>; 2])> {
    let Plumbing { child, input, outputs } = plumbing(actor, options)?;
    let bytes = |text: &String| text.clone().into_bytes();
    let terminal = options.terminal.map(|_| child[0]);
    let request = SpawnRequest {
        program: bytes(&options.program),
        argv: std::iter::once(&options.program).chain(&options.args).map(bytes).collect(),
        env: Some(options.env.iter().map(bytes).collect()),
        cwd: Some(bytes(&options.cwd)),
        fds: (0..).zip(child).collect(),
        flags: if terminal.is_some() { SpawnRequest::NEW_SESSION } else { SpawnRequest::NEW_GROUP },
        terminal,
        ..SpawnRequest::default()
    };
    let pid = actor.spawn(&request.encode())?;
    // The child has its own now; as long as ours are open, nobody sees an end.
    for (index, &fd) in child.iter().enumerate() {
        if !child[..index].contains(&fd) {
            actor.close(fd);
        }
    }
    Ok((pid, input, outputs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use oac_abi::nr;
    use oac_kernel::{Config, HostRequest, Now};

    const READ: Operation = Operation(1);
    const WRITE: Operation = Operation(2);

    /// A process whose program is played by the test.
    struct Scene {
        kernel: Kernel,
        process: Process,
        done: VecDeque<Completion>,
    }

    impl Scene {
        fn new(merged: bool) -> Scene {
            Scene::start(merged, None)
        }

        fn start(merged: bool, terminal: Option<TerminalSize>) -> Scene {
            let mut kernel = Kernel::new(Config::default(), Now::default());
            kernel.register_program("/bin/played", "played").expect("the path is free");
            let options = SpawnOptions {
                program: "played".into(),
                args: vec![],
                env: vec!["PATH=/bin".into()],
                cwd: "/".into(),
                merged,
                terminal,
            };
            let process = Process::spawn(&mut kernel, &options).expect("the program is there");
            let mut scene = Scene { kernel, process, done: VecDeque::new() };
            assert!(matches!(scene.kernel.next_request(), Some(HostRequest::Start { .. })));
            scene.turn();
            scene
        }

        fn child(&mut self) -> Actor<'_> {
            Actor::new(&mut self.kernel, self.process.pid)
        }

        /// What the host does after each event.
        fn turn(&mut self) {
            self.process.advance(&mut self.kernel, &mut self.done);
            while let Some(request) = self.kernel.next_request() {
                match request {
                    HostRequest::Exited { .. } => self.process.exited(&mut self.kernel),
                    HostRequest::Wake { task } if task == self.process.actor => {}
                    _ => continue,
                }
                self.process.advance(&mut self.kernel, &mut self.done);
            }
        }

        fn check(&mut self, expected: &[Completion]) {
            self.turn();
            assert_eq!(self.done.drain(..).collect::<Vec<_>>(), expected);
        }
    }

    fn done(operation: Operation, result: std::result::Result<Option<&[u8]>, Errno>) -> Completion {
        Completion { operation, result: result.map(|data| data.map(<[u8]>::to_vec)) }
    }

    #[test]
    fn a_read_waits_for_what_is_written() {
        let mut scene = Scene::new(false);
        scene.process.read(1, READ).expect("stdout is open");
        scene.check(&[]);
        scene.child().write(2, b"to stderr").expect("stderr is open");
        scene.check(&[]);
        scene.child().write(1, b"to stdout").expect("stdout is open");
        scene.check(&[done(READ, Ok(Some(b"to stdout")))]);
        assert!(scene.process.read(3, READ).is_err());
    }

    #[test]
    fn merged_outputs_keep_their_order() {
        let mut scene = Scene::new(true);
        for (fd, text) in [(1, "a"), (2, "b"), (1, "c")] {
            scene.child().write(fd, text.as_bytes()).expect("both are open");
        }
        scene.process.read(1, READ).expect("stdout is open");
        scene.check(&[done(READ, Ok(Some(b"abc")))]);
    }

    #[test]
    fn a_long_write_is_done_when_all_of_it_is_taken() {
        let mut scene = Scene::new(true);
        scene.process.write(vec![b'x'; PIPE_BYTES + 1], WRITE);
        scene.check(&[]);
        let mut taken = vec![0; PIPE_BYTES];
        assert_eq!(scene.child().read(0, &mut taken), Ok(PIPE_BYTES));
        scene.check(&[done(WRITE, Ok(None))]);
        assert_eq!(scene.child().read(0, &mut taken), Ok(1));
    }

    #[test]
    fn after_the_end_reads_end_and_writes_fail_and_it_is_over() {
        let mut scene = Scene::new(true);
        scene.child().write(1, b"last words").expect("stdout is open");
        let _ = scene.child().call(nr::EXIT, &[3], &[], &mut []);
        scene.turn();
        assert!(!scene.process.is_over(), "its last words have not been read");
        scene.process.read(1, READ).expect("stdout is open");
        scene.check(&[done(READ, Ok(Some(b"last words")))]);
        scene.process.read(1, READ).expect("the end can be read");
        scene.process.write(b"too late".to_vec(), WRITE);
        scene.check(&[done(READ, Ok(None)), done(WRITE, Err(Errno::EPIPE))]);
        assert!(scene.process.is_over());
    }

    #[test]
    fn a_terminal_echoes_ends_its_input_with_ctrl_d_and_its_output_when_all_have_left() {
        let size = TerminalSize { rows: 24, columns: 80, newlines: true };
        let mut scene = Scene::start(true, Some(size));
        scene.process.write(b"hi\n".to_vec(), WRITE);
        scene.process.read(1, READ).expect("the terminal is open");
        scene.check(&[done(WRITE, Ok(None)), done(READ, Ok(Some(b"hi\r\n")))]);
        let mut line = [0; 8];
        assert_eq!(scene.child().read(0, &mut line), Ok(3));
        let Scene { kernel, process, .. } = &mut scene;
        process.resize(kernel, 30, 100).expect("it is a terminal");
        process.close_input(kernel);
        assert_eq!(scene.child().read(0, &mut line), Ok(0), "the end of the input");
        scene.child().write(1, b"bye\n").expect("the terminal is open");
        let _ = scene.child().call(nr::EXIT, &[0], &[], &mut []);
        scene.process.read(1, READ).expect("the terminal is open");
        scene.check(&[done(READ, Ok(Some(b"bye\r\n")))]);
        scene.process.read(1, READ).expect("its end can be read");
        scene.check(&[done(READ, Ok(None))]);
        assert!(scene.process.is_over());
    }

    #[test]
    fn a_pipe_has_no_size() {
        let mut scene = Scene::new(true);
        let Scene { kernel, process, .. } = &mut scene;
        let error = process.resize(kernel, 1, 1).expect_err("it has no terminal");
        assert_eq!(error.code(), "ENOTTY");
    }
}
