//! Threads, their channels, and the memory that they share.

#![allow(clippy::unwrap_used)]

mod machine;

use machine::{Arg, Done, Machine};
use oac_abi::{
    Errno,
    bounds::{CHANNEL_MESSAGE_BYTES_MAX, SEGMENT_BYTES_MAX, SEGMENTS_MAX, THREADS_MAX},
    channel::{Head, MORE},
    flags::poll,
    nr,
    segment::{Access, Changes, operation, push_run, runs},
    signal::{Signal, WaitStatus},
    thread::{ThreadCause, ThreadStatus},
};
use oac_kernel::{Config, HostRequest, Limits, TaskFailure, TaskId, TaskStatus};

/// Starts a thread; gives its task and its descriptor.
#[track_caller]
fn start(m: &mut Machine, by: TaskId, fds: &[i64]) -> (TaskId, i64) {
    let fd = m.call(by, &call!(nr::THREAD_CREATE, Arg::Out(4))).ok();
    let fds: Vec<u8> = fds.iter().flat_map(|&fd| (fd as i32).to_le_bytes()).collect();
    m.requests.clear();
    m.call(by, &call!(nr::THREAD_START, fd, "hello", fds, 1000_u64)).ok();
    let started = m.requests.iter().find_map(|request| match request {
        HostRequest::Start { task, .. } => Some(*task),
        _ => None,
    });
    (started.unwrap(), fd)
}

fn status(m: &mut Machine, by: TaskId, fd: i64) -> ThreadStatus {
    let bytes = m.call(by, &call!(nr::THREAD_STATUS, fd, Arg::Out(ThreadStatus::BYTES))).bytes();
    ThreadStatus::decode(&bytes.try_into().unwrap()).unwrap()
}

fn process(m: &mut Machine) -> TaskId {
    let actor = m.actor();
    m.spawn(actor, &[])
}

fn send(m: &mut Machine, by: TaskId, fd: i64, text: &str, moved: &[i64]) -> Done {
    let moved: Vec<u8> = moved.iter().flat_map(|&fd| (fd as i32).to_le_bytes()).collect();
    m.call(by, &call!(nr::CHANNEL_SEND, fd, 0_u32, text, moved))
}

/// The next message, and the descriptors that came with it.
fn receive(m: &mut Machine, by: TaskId, fd: i64) -> Result<(String, Vec<i64>), Errno> {
    let call = call!(nr::CHANNEL_RECEIVE, fd, 0_u64, Arg::Out(64), Arg::Out(64), Arg::Out(Head::BYTES));
    match m.call(by, &call) {
        Done::Ok(_, outs) => {
            let fds = outs[1].chunks(4).map(|fd| i64::from(i32::from_le_bytes(fd.try_into().unwrap())));
            Ok((String::from_utf8(outs[0].clone()).unwrap(), fds.collect()))
        }
        Done::Err(errno) => Err(errno),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_thread_is_its_process_to_everyone() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (thread, fd) = start(&mut m, main, &[]);
    assert_ne!(thread, main);
    assert_eq!(m.call(thread, &call!(nr::GETPID)).ok(), i64::from(main.0));
    assert_eq!(m.call(thread, &call!(nr::THREAD_SELF, Arg::Out(16))).text(), "hello");
    assert_eq!(m.call(main, &call!(nr::THREAD_SELF, Arg::Out(16))), Done::Err(Errno::ESRCH));
    assert_eq!(m.call(main, &call!(nr::KILL, thread.0, 0_u32)), Done::Err(Errno::ESRCH));
    m.put(thread, "/tmp/a", "shared");
    let own = m.open(thread, "/tmp/a", 0).ok();
    assert_eq!(m.read(main, own, 10).text(), "shared");
    m.call(thread, &call!(nr::CHDIR, "/tmp")).ok();
    assert_eq!(m.call(main, &call!(nr::GETCWD, Arg::Out(16))).text(), "/tmp");
    assert_eq!(status(&mut m, main, fd).end, None);
    assert_eq!(m.call(thread, &call!(nr::EXIT, 300)), Done::Exited);
    assert_eq!(status(&mut m, main, fd).end, Some((ThreadCause::Exited, 300)));
    assert_eq!(m.poll(main, &[(fd, poll::IN)], 0), Ok(vec![poll::IN]));
    // What it opened went with it.
    assert_eq!(m.read(main, own, 10), Done::Err(Errno::EBADF));
    assert_eq!(m.call(thread, &call!(nr::GETPID)), Done::Exited);
    assert_eq!(m.kernel.task_status(main), Some(TaskStatus::Running));
}

#[test]
fn two_threads_wait_at_once_and_each_is_woken_for_itself() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (thread, fd) = start(&mut m, main, &[]);
    let (reader, writer) = m.pipe(main, 0);
    let (other_reader, other_writer) = m.pipe(main, 0);
    let second = start(&mut m, main, &[]).0;
    assert_eq!(m.read(thread, reader, 8), Done::Blocked);
    assert_eq!(m.read(main, other_reader, 8), Done::Blocked);
    m.write(second, writer, b"one").ok();
    assert!(m.woken.contains(&thread) && !m.woken.contains(&main));
    m.write(second, other_writer, b"two").ok();
    assert!(m.woken.contains(&main));
    assert_eq!(m.read(thread, reader, 8).text(), "one");
    assert_eq!(m.read(main, other_reader, 8).text(), "two");
    // A signal is the main thread's, and interrupts nobody else.
    m.call(main, &call!(nr::SIGACTION, u32::from(Signal::SIGUSR1.number()), 2)).ok();
    assert_eq!(m.read(main, other_reader, 8), Done::Blocked);
    assert_eq!(m.read(thread, reader, 8), Done::Blocked);
    m.call(second, &call!(nr::KILL, main.0, u32::from(Signal::SIGUSR1.number()))).ok();
    assert!(m.woken.contains(&main) && !m.woken.contains(&thread));
    assert_eq!(m.read(main, other_reader, 8), Done::Err(Errno::EINTR));
    let idle = call!(nr::POLL, &[][..], -1_i64, Arg::Out(0));
    m.call(second, &call!(nr::CLOSE, reader)).ok();
    assert_eq!(m.call(thread, &idle), Done::Blocked);
    m.pass(500);
    assert_eq!(status(&mut m, main, fd).idle_ns, 500);
}

#[test]
fn threads_end_with_their_process_and_with_who_made_them() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (parent, fd) = start(&mut m, main, &[]);
    let (child, _) = start(&mut m, parent, &[]);
    m.requests.clear();
    m.call(main, &call!(nr::THREAD_STOP, fd, 5)).ok();
    for task in [parent, child] {
        assert!(m.requests.contains(&HostRequest::Stop { task }), "{:?}", m.requests);
        assert_eq!(m.call(task, &call!(nr::GETPID)), Done::Exited);
    }
    assert_eq!(status(&mut m, main, fd).end, Some((ThreadCause::Stopped, 5)));
    let (last, _) = start(&mut m, main, &[]);
    m.requests.clear();
    assert_eq!(m.call(main, &call!(nr::EXIT, 0)), Done::Exited);
    assert!(m.requests.contains(&HostRequest::Stop { task: last }));
    assert_eq!(m.kernel.census().threads, 0);
}

#[test]
fn a_thread_without_memory_ends_alone_and_one_that_traps_does_not() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (thread, fd) = start(&mut m, main, &[]);
    assert_eq!(
        (m.kernel.thread_memory_bytes(thread), m.kernel.thread_memory_bytes(main)),
        (Some(1000), None)
    );
    assert_eq!(m.poll(main, &[(fd, poll::IN)], -1), Err(Done::Blocked));
    m.kernel.task_failed(thread, TaskFailure::OutOfMemory);
    m.drain();
    assert!(m.woken.contains(&main), "who waits for it is told");
    assert_eq!(status(&mut m, main, fd).end, Some((ThreadCause::OutOfMemory, 1)));
    let (thread, _) = start(&mut m, main, &[]);
    m.requests.clear();
    m.kernel.task_failed(thread, TaskFailure::Trap { unreachable: true, message: "trap".into() });
    m.drain();
    let status = WaitStatus::Signaled(Signal::SIGABRT);
    assert!(m.requests.contains(&HostRequest::Exited { task: main, status }), "{:?}", m.requests);
    assert!(m.requests.contains(&HostRequest::Stop { task: main }));
}

#[test]
fn threads_are_bounded() {
    let mut m =
        Machine::new(Config { limits: Limits { tasks: 3, ..Limits::default() }, ..Config::default() });
    let main = process(&mut m);
    start(&mut m, main, &[]);
    start(&mut m, main, &[]);
    let fd = m.call(main, &call!(nr::THREAD_CREATE, Arg::Out(4))).ok();
    let start = call!(nr::THREAD_START, fd, "", &[][..], 0_u64);
    assert_eq!(m.call(main, &start), Done::Err(Errno::EAGAIN));
    for _ in 3..THREADS_MAX {
        m.call(main, &call!(nr::THREAD_CREATE, Arg::Out(4))).ok();
    }
    assert_eq!(m.call(main, &call!(nr::THREAD_CREATE, Arg::Out(4))), Done::Err(Errno::EAGAIN));
}

#[test]
fn messages_are_whole_and_carry_descriptors() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (a, b) = m.pair(main, &call!(nr::CHANNEL_PAIR, Arg::Out(8)));
    let (thread, _) = start(&mut m, main, &[b]);
    assert_eq!(receive(&mut m, thread, b), Err(Errno::EAGAIN));
    assert_eq!(m.poll(thread, &[(b, poll::IN)], -1), Err(Done::Blocked));
    let (reader, writer) = m.pipe(main, 0);
    m.call(main, &call!(nr::CHANNEL_SEND, a, MORE, "one ", &[][..])).ok();
    assert!(!m.woken.contains(&thread));
    send(&mut m, main, a, "message", &[reader]).ok();
    assert!(m.woken.contains(&thread));
    // It has left the sender.
    assert_eq!(m.read(main, reader, 1), Done::Err(Errno::EBADF));
    let (text, fds) = receive(&mut m, thread, b).unwrap();
    assert_eq!((text.as_str(), fds.len()), ("one message", 1));
    m.write(main, writer, b"x").ok();
    assert_eq!(m.read(thread, fds[0], 1).text(), "x");
    assert_eq!(send(&mut m, main, a, "", &[a]), Done::Err(Errno::EINVAL));
    assert_eq!(send(&mut m, main, a, "", &[99]), Done::Err(Errno::EBADF));
    // The end of a thread closes its end.
    m.call(thread, &call!(nr::EXIT, 0));
    assert_eq!(m.poll(main, &[(a, poll::IN)], 0), Ok(vec![poll::IN | poll::HUP]));
    assert_eq!(receive(&mut m, main, a), Err(Errno::EPIPE));
    assert_eq!(send(&mut m, main, a, "x", &[]), Done::Err(Errno::EPIPE));
}

#[test]
fn ends_that_hold_each_other_go_with_their_process() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (a, b) = m.pair(main, &call!(nr::CHANNEL_PAIR, Arg::Out(8)));
    let (c, d) = m.pair(main, &call!(nr::CHANNEL_PAIR, Arg::Out(8)));
    send(&mut m, main, a, "", &[d]).ok();
    send(&mut m, main, c, "", &[b]).ok();
    m.close(main, a).ok();
    m.close(main, c).ok();
    m.call(main, &call!(nr::EXIT, 0));
    let census = m.kernel.census();
    assert_eq!((census.channel_ends, census.messages, census.rights_in_flight), (0, 0, 0));
}

#[test]
fn a_name_reaches_all_that_joined_it() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (thread, _) = start(&mut m, main, &[]);
    let ends: Vec<i64> = [main, main, thread]
        .into_iter()
        .map(|task| m.call(task, &call!(nr::CHANNEL_JOIN, "n")).ok())
        .collect();
    let stranger = process(&mut m);
    let strange = m.call(stranger, &call!(nr::CHANNEL_JOIN, "n")).ok();
    send(&mut m, main, ends[0], "hear", &[]).ok();
    assert_eq!(receive(&mut m, main, ends[0]), Err(Errno::EAGAIN));
    assert_eq!(receive(&mut m, main, ends[1]).unwrap().0, "hear");
    assert_eq!(receive(&mut m, thread, ends[2]).unwrap().0, "hear");
    assert_eq!(receive(&mut m, stranger, strange), Err(Errno::EAGAIN));
}

#[test]
fn what_is_under_way_is_bounded() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (a, b) = m.pair(main, &call!(nr::CHANNEL_PAIR, Arg::Out(8)));
    let part = vec![b'x'; 16 << 20];
    for _ in 0..CHANNEL_MESSAGE_BYTES_MAX / part.len() - 1 {
        m.call(main, &call!(nr::CHANNEL_SEND, a, MORE, part.clone(), &[][..])).ok();
    }
    // What a message costs besides its bytes has no room any more.
    let last = call!(nr::CHANNEL_SEND, a, 0_u32, part.clone(), &[][..]);
    assert_eq!(m.call(main, &last), Done::Err(Errno::ENOBUFS));
    send(&mut m, main, a, "after", &[]).ok();
    assert_eq!(receive(&mut m, main, b).unwrap().0, "after");
}

fn access(
    m: &mut Machine,
    by: TaskId,
    fd: i64,
    known: u64,
    of: Access,
    writes: &[(u32, &[u8])],
) -> (Changes, Vec<(u32, Vec<u8>)>) {
    let mut request = of.encode().to_vec();
    for &(offset, bytes) in writes {
        push_run(&mut request, offset, bytes);
    }
    let reply = m.call(by, &call!(nr::SEGMENT_ACCESS, fd, known, request, Arg::Out(4096))).bytes();
    let (changes, list) = Changes::decode(&reply).unwrap();
    (changes, runs(list).unwrap().into_iter().map(|(at, bytes)| (at, bytes.to_vec())).collect())
}

#[test]
fn what_one_writes_another_reads() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (thread, _) = start(&mut m, main, &[]);
    let fd = m.call(main, &call!(nr::SEGMENT_CREATE, 1000_u64, 1000_u64)).ok();
    let (first, runs) = access(&mut m, thread, fd, 0, Access::default(), &[]);
    assert_eq!((first.bytes, runs.len()), (1000, 0));
    access(&mut m, main, fd, 0, Access::default(), &[(300, b"abc"), (999, b"z")]);
    let (second, runs) = access(&mut m, thread, fd, first.version, Access::default(), &[]);
    assert_eq!(runs.iter().map(|(at, run)| (*at, run.len())).collect::<Vec<_>>(), [(256, 256), (768, 232)]);
    assert_eq!(&runs[0].1[44..47], b"abc");
    let (_, runs) = access(&mut m, thread, fd, second.version, Access::default(), &[]);
    assert!(runs.is_empty());
    let add =
        |width, operand| Access { operation: operation::ADD, width, offset: 8, operand, ..Access::default() };
    assert_eq!(access(&mut m, main, fd, 0, add(1, 250), &[]).0.old, 0);
    assert_eq!(access(&mut m, thread, fd, 0, add(1, 10), &[]).0.old, 250);
    assert_eq!(access(&mut m, thread, fd, 0, add(8, u64::MAX), &[]).0.old, 4);
    let swap = Access {
        operation: operation::COMPARE_EXCHANGE,
        width: 4,
        expected: 3,
        operand: 9,
        offset: 8,
        ..Access::default()
    };
    assert_eq!(access(&mut m, main, fd, 0, swap, &[]).0.old, 3);
    assert_eq!(access(&mut m, main, fd, 0, swap, &[]).0.old, 9);
    let outside = Access { operation: operation::LOAD, width: 8, offset: 1000, ..Access::default() };
    let bad = call!(nr::SEGMENT_ACCESS, fd, 0_u64, &outside.encode()[..], Arg::Out(4096));
    assert_eq!(m.call(main, &bad), Done::Err(Errno::EINVAL));
}

#[test]
fn waiting_ends_by_a_notification_a_value_or_a_time() {
    let mut m = Machine::default();
    let main = process(&mut m);
    let (thread, _) = start(&mut m, main, &[]);
    let (second, _) = start(&mut m, main, &[]);
    let fd = m.call(main, &call!(nr::SEGMENT_CREATE, 8_u64, 8_u64)).ok();
    let wait = |timeout: i64| call!(nr::SEGMENT_WAIT, fd, 0_u64, 4_u32, 0_u64, timeout);
    assert_eq!(m.call(main, &call!(nr::SEGMENT_WAIT, fd, 0_u64, 4_u32, 1_u64, -1_i64)).ok(), 1);
    assert_eq!(m.call(thread, &wait(-1)), Done::Blocked);
    assert_eq!(m.call(second, &wait(-1)), Done::Blocked);
    assert_eq!(m.call(main, &call!(nr::SEGMENT_NOTIFY, fd, 4_u64, 9_u32)).ok(), 0);
    assert_eq!(m.call(main, &call!(nr::SEGMENT_NOTIFY, fd, 0_u64, 1_u32)).ok(), 1);
    assert_eq!(m.call(thread, &wait(-1)).ok(), 0);
    assert_eq!(m.call(second, &wait(-1)), Done::Blocked, "one was to be notified");
    assert_eq!(m.call(thread, &wait(100)), Done::Blocked);
    m.pass(100);
    assert!(m.woken.contains(&thread));
    assert_eq!(m.call(thread, &wait(100)).ok(), 2);
    // Who has gone is not counted.
    assert_eq!(m.call(second, &call!(nr::EXIT, 0)), Done::Exited);
    assert_eq!(m.call(main, &call!(nr::SEGMENT_NOTIFY, fd, 0_u64, 9_u32)).ok(), 0);
    let waiter = m.call(main, &call!(nr::SEGMENT_WAIT_BEGIN, fd, 0_u64, 4_u32, 0_u64)).ok();
    assert_eq!(m.poll(main, &[(waiter, poll::IN)], 0), Ok(vec![0]));
    m.call(main, &call!(nr::SEGMENT_NOTIFY, fd, 0_u64, 9_u32)).ok();
    assert_eq!(m.poll(main, &[(waiter, poll::IN)], 0), Ok(vec![poll::IN]));
}

#[test]
fn segments_are_bounded() {
    let mut m = Machine::new(Config {
        limits: Limits { fds: SEGMENTS_MAX + 8, ..Limits::default() },
        ..Config::default()
    });
    let main = process(&mut m);
    let create = |bytes: u64, most: u64| call!(nr::SEGMENT_CREATE, bytes, most);
    assert_eq!(m.call(main, &create(0, SEGMENT_BYTES_MAX + 1)), Done::Err(Errno::ENOMEM));
    assert_eq!(m.call(main, &create(2, 1)), Done::Err(Errno::EINVAL));
    for _ in 0..SEGMENTS_MAX {
        m.call(main, &create(0, 0)).ok();
    }
    assert_eq!(m.call(main, &create(0, 0)), Done::Err(Errno::ENOMEM));
}
