//! /proc, as far as programs commonly read it.

use crate::posix::*;

cases! {
    self_link; command_line; working_directory; descriptor_links; unlinked_descriptor; executable; status root; of_child; gone_with_task;
    root_link; environment_file; opened_through_descriptor; numbers_are_listed; read_only_files; stat_fields;
    =>
    hold_here;
}

fn hold_here(_: &[&str]) -> i32 {
    child_ok!(write(4, "ready"));
    child_ok!(read_all(3));
    0
}

fn self_link() {
    see!(readlink("/proc/self").map(|target| Ok(target) == getpid().map(|pid| pid.to_string())), kind("/proc/self"));
}

fn command_line() {
    let Text(line) = ok!(get("/proc/self/cmdline"));
    let words: Vec<&[u8]> = line.split(|&byte| byte == 0).skip(1).collect();
    see!(words.iter().map(|word| word.escape_ascii().to_string()).collect::<Vec<_>>());
}

fn working_directory() {
    ok!(mkdir("d", 0o755));
    see!(readlink("/proc/self/cwd"), chdir("d"), readlink("/proc/self/cwd"), put("/proc/self/cwd/f", "x"), get("f"));
}

fn descriptor_links() {
    ok!(put("f", ""));
    let fd = ok!(open("f", o::RDONLY, 0));
    let (reading, _) = ok!(pipe(0));
    let (one, _) = ok!(socketpair(1));
    see!(readlink(&format!("/proc/self/fd/{fd}")), rename("f", "g"), readlink(&format!("/proc/self/fd/{fd}")));
    for other in [reading, one] {
        see!(readlink(&format!("/proc/self/fd/{other}")).map(|target| target.trim_end_matches(|c: char| c.is_ascii_digit() || c == ']').to_owned()));
    }
    let mut numbers = ok!(list("/proc/self/fd"));
    numbers.sort_by_key(|number| number.parse::<i32>().unwrap_or(0));
    see!(numbers, readlink("/proc/self/fd/99"));
}

fn unlinked_descriptor() {
    ok!(put("f", "text"));
    let fd = ok!(open("f", o::RDONLY, 0));
    ok!(unlink("f"));
    see!(readlink(&format!("/proc/self/fd/{fd}")), get(&format!("/proc/self/fd/{fd}")));
}

fn executable() {
    let program = std::env::args().next().unwrap_or_default();
    see!(readlink("/proc/self/exe").map(|path| path == program));
}

fn status() {
    let Text(text) = ok!(get("/proc/self/status"));
    let text = String::from_utf8_lossy(&text).into_owned();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned());
    see!(field("Pid:") == ok!(getpid()).to_string().into(), field("PPid:") == ok!(getppid()).to_string().into());
    see!(field("Uid:"), field("Gid:"), field("State:"), field("Umask:"), field("Threads:"));
}

fn of_child() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold_here", &[]).fd(3, input).fd(4, report).start());
    ok!(read(reports, 9));
    let base = format!("/proc/{}", pid.0);
    see!(readlink(&format!("{base}/cwd")), get(&format!("{base}/cmdline")).map(|text| text.0.ends_with(b"\0child\0hold_here\0")));
    see!(list(&format!("{base}/fd")), kill(pid, Signal::SIGSTOP), wait_with(pid, WUNTRACED));
    let Text(text) = ok!(get(&format!("{base}/status")));
    let text = String::from_utf8_lossy(&text).into_owned();
    see!(text.lines().find(|line| line.starts_with("State:")));
    see!(kill(pid, Signal::SIGCONT), close(end), wait_for(pid));
}

fn gone_with_task() {
    let (input, end) = ok!(pipe(o::CLOEXEC));
    let (reports, report) = ok!(pipe(o::CLOEXEC));
    let pid = ok!(child("hold_here", &[]).fd(3, input).fd(4, report).start());
    ok!(read(reports, 9));
    let base = format!("/proc/{}", pid.0);
    see!(kind(&base), close(end), wait_for(pid), kind(&base));
}

fn root_link() {
    see!(readlink("/proc/self/root"), same_file("/proc/self/root/", "/"));
}

fn environment_file() {
    let Text(all) = ok!(get("/proc/self/environ"));
    see!(all.is_empty() || all.ends_with(b"\0"));
}

fn opened_through_descriptor() {
    ok!(mkdir("d", 0o755));
    ok!(put("d/f", "inner"));
    let dir = ok!(open("d", o::RDONLY, 0));
    see!(get(&format!("/proc/self/fd/{dir}/f")), list(&format!("/proc/self/fd/{dir}/")));
    let writing = ok!(open("d/f", o::WRONLY, 0));
    // Opening it anew asks for permission anew, with a position of its own.
    see!(write(writing, "IN"), get(&format!("/proc/self/fd/{writing}")));
}

fn numbers_are_listed() {
    let own = ok!(getpid()).to_string();
    see!(ok!(list("/proc")).contains(&own), ok!(list("/proc")).contains(&"self".to_owned()));
}

fn read_only_files() {
    see!(unlink("/proc/self/cmdline"), mkdir("/proc/x", 0o755), put("/proc/x", ""), rename("/proc/self/status", "x"));
}

fn stat_fields() {
    let Text(line) = ok!(get("/proc/self/stat"));
    let text = String::from_utf8_lossy(&line).into_owned();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    see!(text.starts_with(&format!("{} (", ok!(getpid()))), fields[0].to_owned(), fields[1] == ok!(getppid()).to_string(), fields[2] == ok!(getpgid(0)).to_string());
}
