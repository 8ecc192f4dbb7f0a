//! Limits of a container hold for all its tasks together, and a handler hears of what happens.

use std::{io::Read, sync::mpsc};

use oac_container::{Container, Errno, Event, Limits, Options, Signal, SpawnOptions, WaitStatus};

use crate::support::{PROGRAM, check_prints, container, run};

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

/// A container where little of anything is to be had.
fn limited(limits: Limits) -> Container {
    container(Options { limits, ..Options::default() })
}

/// The container still does what it should.
fn goes_on(container: &Container) {
    container.fs().write("/tmp/after", b"1").unwrap();
    check_prints(container, &["read", "/tmp/after"], "1\n");
}

#[test]
fn memory_is_of_all_programs_together() {
    let container = limited(Limits { memory_bytes: Some(64 << 20), ..Limits::default() });
    let output = run(&container, &["hog"]);
    assert_eq!(output.exit.status, WaitStatus::Signaled(Signal::SIGKILL));
    assert!(output.exit.reason.unwrap().starts_with("out of memory"));
    goes_on(&container);
    // Each is small; together they are not.
    let mut running = Vec::new();
    let refused = loop {
        let process = container.spawn(PROGRAM, &["block-ready"], &SpawnOptions::default()).unwrap();
        let mut process = process;
        if process.stdout.as_mut().unwrap().read(&mut [0]).unwrap() == 0 {
            break process.wait().unwrap();
        }
        running.push(process);
        assert!(running.len() < 64);
    };
    assert!(running.len() > 4, "{}", running.len());
    assert_eq!(
        refused.reason.as_deref().map(|reason| reason.starts_with("out of memory")),
        Some(true),
        "{refused:?}"
    );
    container.kill_all().unwrap();
    running.iter().for_each(|process| drop(process.wait().unwrap()));
    goes_on(&container);
}

#[test]
fn time_is_of_all_programs_together() {
    let container = limited(Limits { cpu_time_ns: Some(200_000_000), ..Limits::default() });
    goes_on(&container);
    let spin = || container.spawn(PROGRAM, &["spin"], &SpawnOptions::default()).unwrap();
    let waits = container.spawn(PROGRAM, &["block"], &SpawnOptions::default()).unwrap();
    for process in [spin(), spin()] {
        let exit = process.wait().unwrap();
        assert_eq!(exit.status, WaitStatus::Signaled(Signal::SIGXCPU));
        assert!(exit.reason.unwrap().starts_with("out of time"));
    }
    // Who waits needs none.
    container.fs().write("/tmp/after", b"1").unwrap();
    drop(waits.stdin);
}

#[test]
fn a_program_that_spins_holds_nobody_up() {
    let container = limited(Limits::default());
    let process = container.spawn(PROGRAM, &["spin"], &SpawnOptions::default()).unwrap();
    goes_on(&container);
    process.kill(Signal::SIGKILL).unwrap();
    assert_eq!(process.wait().unwrap().status, WaitStatus::Signaled(Signal::SIGKILL));
}

#[test]
fn a_program_that_traps_takes_nothing_along() {
    let container = limited(Limits::default());
    for (duty, signal) in [("trap", Signal::SIGABRT), ("overflow", Signal::SIGSEGV)] {
        assert_eq!(run(&container, &[duty]).exit.status, WaitStatus::Signaled(signal));
        goes_on(&container);
    }
}

#[test]
fn a_fork_bomb_stays_in_its_container() {
    let container = limited(Limits { tasks: 16, ..Limits::default() });
    let bomb = container.spawn(PROGRAM, &["fork-bomb"], &SpawnOptions::default()).unwrap();
    let refused = loop {
        match container.spawn(PROGRAM, &["block"], &SpawnOptions::default()) {
            Ok(process) => drop(process.kill(Signal::SIGKILL)),
            Err(error) => break error.errno(),
        }
    };
    assert_eq!(refused, Some(Errno::EAGAIN));
    container.fs().write("/tmp/meanwhile", b"1").unwrap();
    container.kill_all().unwrap();
    assert_eq!(bomb.wait().unwrap().status, WaitStatus::Signaled(Signal::SIGKILL));
    goes_on(&container);
}

#[test]
fn the_disk_is_limited() {
    let container = limited(Limits { disk_bytes: 8 << 20, ..Limits::default() });
    let output = run(&container, &["fill-disk", "/tmp/full"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.ends_with("KB then No space left on device (os error 51)\n"), "{text}");
    goes_on(&container);
    assert_eq!(
        run(&container, &["fill-disk", "/tmp/full"]).stdout,
        text.as_bytes(),
        "what is removed is free again"
    );
}

#[test]
fn open_files_are_limited() {
    let container = limited(Limits { fds: 200, ..Limits::default() });
    let expected = "true then No file descriptors available (os error 33)\n";
    check_prints(&container, &["open-files", PROGRAM], expected);
    goes_on(&container);
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
