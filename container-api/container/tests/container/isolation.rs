//! Limits of a container hold for all its tasks together, and a handler hears of what happens.

use std::sync::mpsc;

use oac_container::{Errno, Event, Limits, Options, Signal, SpawnOptions, WaitStatus};

use crate::support::{PROGRAM, container};

#[test]
fn tasks_are_limited() {
    let limits = Limits { tasks: 12, ..Limits::default() };
    let container = container(Options { limits, ..Options::default() });
    let mut running = Vec::new();
    let errno = loop {
        match container.spawn(PROGRAM, &["block"], &SpawnOptions::default()) {
            Ok(process) => running.push(process),
            Err(error) => break error.errno(),
        }
        assert!(running.len() <= 12);
    };
    assert_eq!(errno, Some(Errno::EAGAIN));
    container.kill_all().unwrap();
    for process in &running {
        process.wait().unwrap();
    }
}

#[test]
fn the_end_of_a_program_is_an_event() {
    let container = container(Options::default());
    let (sender, receiver) = mpsc::channel();
    container
        .on(move |event| {
            let _ = sender.send(event);
        })
        .unwrap();
    container.fs().write("/tmp/f", b"").unwrap();
    let check = |duty: &[&str], wanted: WaitStatus, told: bool| {
        let process = container.spawn(PROGRAM, duty, &SpawnOptions::default()).unwrap();
        if duty == ["spin"] {
            process.kill(Signal::SIGKILL).unwrap();
        }
        let Event::Exited { task, status, reason } = receiver.recv().unwrap() else { panic!("{duty:?}") };
        assert_eq!((task, status, reason.is_some()), (process.id(), wanted, told), "{duty:?}");
    };
    check(&["exit", "5"], WaitStatus::Exited(5), false);
    check(&["trap"], WaitStatus::Signaled(Signal::SIGABRT), true);
    check(&["spin"], WaitStatus::Signaled(Signal::SIGKILL), false);
}
