//! wait(2): children, their ends, orphans.

use crate::posix::*;

cases! {
    exit_codes; by_number; any_child; no_children; nobodys_child; nohang; in_order_of_ending; by_group; twice; unknown_options;
    stopped_and_continued; stopped_once; stopped_without_untraced; orphans; pidfd; pidfd_refusals; grandchildren; many_children;
    status_of_parent; spawn_refusals; spawn_interpreter; waits_for_end; exit_closes_descriptors; usage_of_children; large_arguments;
    =>
    exit_with; hold; hold_child; report_parent; tell_arguments;
}

fn exit_with(arguments: &[&str]) -> i32 {
    arguments.first().and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// Waits for the end of 3.
fn hold(arguments: &[&str]) -> i32 {
    child_ok!(read_all(3));
    exit_with(arguments)
}

/// Starts a child that reports its parent on 4 after the end of 3, and ends.
fn hold_child(_: &[&str]) -> i32 {
    child_ok!(child("report_parent", &[&child_ok!(getpid()).to_string()]).fd(3, 3).fd(4, 4).start());
    0
}

fn report_parent(arguments: &[&str]) -> i32 {
    child_ok!(read_all(3));
    let parent = child_ok!(getppid()).to_string();
    child_ok!(write(4, if arguments == [parent] { "same parent" } else { "another parent" }));
    0
}

fn tell_arguments(arguments: &[&str]) -> i32 {
    let lengths: Vec<usize> = arguments.iter().map(|argument| argument.len()).collect();
    say!("child has {lengths:?}");
    0
}

fn exit_codes() {
    for code in ["0", "1", "42", "255", "256", "-1"] {
        say!("{code}: {}", child("exit_with", &[code]).run().shown());
    }
}

fn by_number() {
    let one = ok!(child("exit_with", &["1"]).start());
    let two = ok!(child("exit_with", &["2"]).start());
    see!(wait_for(two), wait_for(one), wait_for(one));
}

fn any_child() {
    for code in ["3", "4", "5"] {
        let pid = ok!(child("exit_with", &[code]).start());
        let (found, end) = ok!(waitpid(-1, 0));
        see!(found == pid, Ok::<_, Errno>(end));
    }
    see!(waitpid(-1, 0));
}

fn no_children() {
    see!(waitpid(-1, 0), waitpid(-1, WNOHANG), waitpid(0, 0), waitpid(1, 0), waitpid(i32::MAX, 0), waitpid(-7777, 0));
}

fn nobodys_child() {
    see!(waitpid(ok!(getpid()), 0), waitpid(ok!(getppid()), 0));
}

fn nohang() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold", &["9"]).fd(3, reading).start());
    see!(wait_with(pid, WNOHANG), waitpid(-1, WNOHANG).map(|(_, end)| end), close(writing), wait_for(pid), wait_with(pid, WNOHANG));
}

fn in_order_of_ending() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let slow = ok!(child("hold", &["1"]).fd(3, reading).start());
    let quick = ok!(child("exit_with", &["2"]).start());
    let (first, end) = ok!(waitpid(-1, 0));
    see!(first == quick, Ok::<_, Errno>(end), close(writing));
    let (second, end) = ok!(waitpid(-1, 0));
    see!(second == slow, Ok::<_, Errno>(end));
}

fn by_group() {
    let leader = ok!(child("exit_with", &["1"]).group().start());
    let mine = ok!(child("exit_with", &["2"]).start());
    see!(waitpid(0, 0).map(|(pid, end)| (pid == mine, end)), waitpid(0, 0), waitpid(-leader.0, 0).map(|(pid, end)| (pid == leader, end)));
    see!(waitpid(-leader.0, 0));
}

fn twice() {
    let pid = ok!(child("exit_with", &["7"]).start());
    see!(wait_for(pid), wait_for(pid));
}

fn unknown_options() {
    see!(waitpid(-1, 0x100), waitpid(-1, 0x10));
}

fn stopped_and_continued() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    // In a group of its own, whose members have a parent in another: only then does the terminal's SIGTSTP stop it.
    let pid = ok!(child("hold", &["8"]).fd(3, reading).group().start());
    for signal in [Signal::SIGSTOP, Signal::SIGTSTP, Signal::SIGTTIN] {
        see!(kill(pid, signal), wait_with(pid, WUNTRACED), kill(pid, Signal::SIGCONT), wait_with(pid, WCONTINUED));
    }
    see!(wait_with(pid, WNOHANG | WUNTRACED | WCONTINUED), close(writing), wait_for(pid));
}

fn stopped_once() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold", &["8"]).fd(3, reading).start());
    see!(kill(pid, Signal::SIGSTOP), wait_with(pid, WUNTRACED), wait_with(pid, WUNTRACED | WNOHANG), kill(pid, Signal::SIGSTOP));
    see!(wait_with(pid, WUNTRACED | WNOHANG), kill(pid, Signal::SIGCONT), kill(pid, Signal::SIGCONT), wait_with(pid, WCONTINUED));
    see!(wait_with(pid, WCONTINUED | WNOHANG), close(writing), wait_for(pid));
}

fn stopped_without_untraced() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let fd = ok!(catch(&[Signal::SIGCHLD], 0));
    let pid = ok!(child("hold", &["8"]).fd(3, reading).start());
    see!(kill(pid, Signal::SIGSTOP), read_signals(fd), wait_with(pid, WNOHANG), kill(pid, Signal::SIGCONT), read_signals(fd));
    see!(wait_with(pid, WNOHANG), close(writing), wait_for(pid));
}

fn orphans() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold_child", &[]).fd(3, input).fd(4, report).start());
    see!(wait_for(pid), close(input), close(report), close(end), read_all(reports), waitpid(-1, 0));
}

fn pidfd() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold", &["3"]).fd(3, reading).start());
    let fd = ok!(pidfd_open(pid, 0));
    see!(ready(fd), cloexec(fd), close(writing), wait_ready(fd, 1), wait_for(pid), ready(fd).is_ok());
}

fn pidfd_refusals() {
    let pid = ok!(child("exit_with", &["0"]).start());
    ok!(wait_for(pid));
    see!(pidfd_open(pid, 0), pidfd_open(Pid(0), 0), pidfd_open(Pid(-1), 0), pidfd_open(Pid(ok!(getpid())), 1));
    let own = ok!(pidfd_open(Pid(ok!(getpid())), 0));
    see!(read(own, 8), write(own, "x"));
}

fn grandchildren() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold_child", &[]).fd(3, input).fd(4, report).start());
    ok!(close(report));
    // A grandchild is not waited for.
    see!(wait_for(pid), waitpid(-1, WNOHANG), close(end), read_all(reports).is_ok());
}

fn many_children() {
    let mut all = Vec::new();
    for code in 0..20 {
        all.push(ok!(child("exit_with", &[&code.to_string()]).start()));
    }
    let ends: Vec<String> = all.into_iter().rev().map(|pid| wait_for(pid).shown()).collect();
    see!(ends.join(" "));
}

fn status_of_parent() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let own = ok!(getpid()).to_string();
    let pid = ok!(child("report_parent", &[&own]).fd(3, reading).fd(4, report).start());
    see!(close(writing), read(reports, 50), wait_for(pid));
}

fn spawn_refusals() {
    ok!(mkdir("d", 0o755));
    ok!(put("text", "no program"));
    ok!(chmod("text", 0o755));
    ok!(put("empty", ""));
    ok!(chmod("empty", 0o755));
    ok!(symlink("loop", "loop"));
    for path in ["./missing", "./d", "./text", "./empty", "./text/x", "./loop", "./d/missing"] {
        say!("{path}: {}", child("exit_with", &[]).program(path).start().shown());
    }
    see!(waitpid(-1, WNOHANG));
}

fn spawn_interpreter() {
    let program = std::env::args().next().unwrap_or_default();
    let script = |name: &str, line: &str| put(name, line).and_then(|()| chmod(name, 0o755));
    ok!(script("exits", &format!("#!{program} child\n")));
    // The interpreter's arguments: the rest of the line, the script's path, then the script's own.
    see!(child("exit_with", &[]).program("./exits").run());
    ok!(script("missing", "#!/no/such/interpreter\n"));
    ok!(script("none", "#!\n"));
    ok!(script("itself", "#!./itself\n"));
    see!(child("x", &[]).program("./missing").start(), child("x", &[]).program("./none").start(), child("x", &[]).program("./itself").start());
}

fn waits_for_end() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold", &["6"]).fd(3, reading).start());
    ok!(close(writing));
    see!(wait_for(pid), write_to_closed(reading));
}

fn write_to_closed(fd: i32) -> Result<()> {
    close(fd).and_then(|()| close(fd))
}

fn exit_closes_descriptors() {
    let (reading, writing) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("exit_with", &["0"]).fd(3, writing).start());
    ok!(close(writing));
    see!(read_all(reading), wait_for(pid));
}

fn usage_of_children() {
    see!(child("exit_with", &["0"]).run(), getrusage(0).is_ok(), getrusage(-1).is_ok(), getrusage(5).map(|_| ()));
}

fn large_arguments() {
    let long = "x".repeat(60_000);
    see!(child("tell_arguments", &[&long, "", "a b", &long]).run());
}
