//! Limits of a container hold for all its tasks together, and a handler hears of what happens.

use std::{io::Read, sync::mpsc};

use oac_container::{
    Container, Errno, Event, LimitKind, Limits, Narrowing, Options, Rlimit, Signal, SpawnOptions, WaitStatus,
    limit,
};

use crate::support::{PROGRAM, check_prints, container, run, run_with};

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
    let exits = [spin(), spin()].map(|process| process.wait().unwrap());
    assert!(exits.iter().any(|exit| exit.status == WaitStatus::Signaled(Signal::SIGXCPU)), "{exits:?}");
    for exit in exits.iter().chain([&waits.wait().unwrap()]) {
        assert!(exit.reason.as_ref().unwrap().starts_with("out of time"), "{exit:?}");
        assert_eq!(exit.limit, Some(LimitKind::CpuTime));
    }
    // Nothing is started any more, but the files are there.
    let refused = container.spawn(PROGRAM, &["return"], &SpawnOptions::default()).unwrap_err();
    assert_eq!(refused.errno(), Some(Errno::EAGAIN));
    assert_eq!(container.fs().read("/tmp/after").unwrap(), b"1");
}

#[test]
fn wall_time_is_limited() {
    let container = limited(Limits { wall_time_ns: Some(100_000_000), ..Limits::default() });
    for duty in ["block", "spin"] {
        let Ok(process) = container.spawn(PROGRAM, &[duty], &SpawnOptions::default()) else { break };
        let exit = process.wait().unwrap();
        assert_eq!(
            (exit.status, exit.limit),
            (WaitStatus::Signaled(Signal::SIGKILL), Some(LimitKind::WallTime))
        );
    }
}

#[test]
fn programs_have_limits_of_their_own() {
    let container = limited(Limits::default());
    let output = run(&container, &["limit"]);
    assert_eq!(output.stdout, b"true\n");
    assert_eq!(output.exit.limit, Some(LimitKind::CpuTime), "{:?}", output.exit);
    assert!(output.exit.usage.user_ns >= 1_000_000_000);
    let fds = vec![(limit::resource::NOFILE, Rlimit { soft: 110, hard: 110 })];
    let options = SpawnOptions { limits: fds, ..SpawnOptions::default() };
    let output = run_with(&container, &["open-files", PROGRAM], &options);
    assert_eq!(output.stdout, b"true then No file descriptors available (os error 33)\n");
}

#[test]
fn what_was_used_is_told() {
    let container = limited(Limits::default());
    let output = run(&container, &["usage"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "true 0\ntrue 0\ntrue true\n");
    let usage = output.exit.usage;
    assert!(usage.user_ns >= 20_000_000 && usage.memory_bytes_max >= 8 << 20, "{usage:?}");
}

#[test]
fn an_alarm_rings_while_a_program_waits() {
    let container = limited(Limits::default());
    let process = container.spawn(PROGRAM, &["alarm"], &SpawnOptions::default()).unwrap();
    assert_eq!(process.wait().unwrap().status, WaitStatus::Signaled(Signal::SIGALRM));
}

#[test]
fn a_program_may_have_less_than_its_container() {
    let container = limited(Limits::default());
    let narrowing = Narrowing {
        write: Some(vec!["/tmp".into()]),
        env: Some(vec!["PATH".into(), "LANG".into()]),
        ..Narrowing::default()
    };
    let options = SpawnOptions { narrowing, ..SpawnOptions::default() };
    let prints = |args: &[&str], expected: &str| {
        assert_eq!(String::from_utf8_lossy(&run_with(&container, args, &options).stdout), expected);
    };
    prints(&["write", "/tmp/f", "x"], "written\n");
    prints(&["write", "/etc/f", "x"], "error: Permission denied (os error 2)\n");
}

#[test]
fn the_event_log_tells_what_was_done() {
    let container = container(Options { event_log: true, ..Options::default() });
    let (sender, receiver) = mpsc::channel();
    container.event_log(move |record| drop(sender.send(record))).unwrap();
    run(&container, &["write", "/tmp/f", "text"]);
    container.teardown();
    let records: Vec<_> = receiver.iter().collect();
    let sequence: Vec<_> = records.iter().map(|record| record.sequence).collect();
    assert_eq!(sequence, (1..=records.len() as u64).collect::<Vec<_>>());
    let lines: Vec<_> = records.iter().map(oac_container::LogRecord::to_json).collect();
    let found = |part: &str| lines.iter().any(|line| line.contains(part));
    assert!(
        found(r#""event":"spawn""#) && found(r#""argv":["/bin/test-program","write","/tmp/f","text"]"#),
        "{lines:?}"
    );
    assert!(
        found(r#""event":"open""#) && found(r#""path":"/tmp/f""#) && found(r#""event":"exit","code":0"#),
        "{lines:?}"
    );
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
    let fill = || {
        let text = String::from_utf8(run(&container, &["fill-disk", "/tmp/full"]).stdout).unwrap();
        let (written, rest) = text.split_once(' ').unwrap();
        assert_eq!(rest, "KB then No space left on device (os error 51)\n");
        written.parse::<u64>().unwrap()
    };
    let first = fill();
    goes_on(&container);
    assert!(fill() > first / 2, "what is removed is free again");
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
