//! `oac-test-program DUTY [ARGUMENTS]`: does one small thing and says what came of it.

use std::{
    env, fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddrV4},
    process::exit,
};

use oac_abi::{
    Errno,
    fetch::RequestHead,
    flags::{open, socket as sock},
    signal::{Disposition, Signal, WaitStatus},
    sockaddr::SocketAddress,
    spawn::SpawnRequest,
};
use oac_sys::raw;

fn main() {
    let args: Vec<String> = env::args().collect();
    let arg = |index: usize| args.get(index + 1).map(String::as_str).unwrap_or_default();
    match arg(0) {
        "hello" => println!("hello, {}", arg(1)),
        "exit" => exit(arg(1).parse().unwrap()),
        "return" => {}
        "trap" => core::arch::wasm32::unreachable(),
        "overflow" => println!("{}", recurse(1)),
        "spin" => loop {
            std::hint::black_box(0);
        },
        "hog" => hog(),
        "block" => drop(io::stdin().read(&mut [0])),
        "block-ready" => {
            println!("ready");
            drop(io::stdin().read(&mut [0]));
        }
        "environment" => environment(),
        "upper" => upper(),
        "many" => print!("{}", "0123456789abcdef\n".repeat(arg(1).parse().unwrap())),
        "alternate" => (0..arg(1).parse().unwrap()).for_each(|line: u32| {
            println!("out {line}");
            eprintln!("err {line}");
        }),
        "read" => report(fs::read_to_string(arg(1))),
        "read-large" => {
            fs::write(arg(1), vec![7; 5 << 20]).unwrap();
            println!("{:?}", fs::read(arg(1)).map(|bytes| bytes == vec![7; 5 << 20]));
        }
        "write" => report(fs::write(arg(1), arg(2)).map(|()| "written")),
        "open-files" => open_files(arg(1)),
        "fill-disk" => fill_disk(arg(1)),
        "fork-bomb" => fork_bomb(),
        "terminal" => terminal(),
        "alarm" => {
            raw::setitimer(0, 20_000_000, &mut [0; 16]).unwrap();
            drop(io::stdin().read(&mut [0]));
        }
        "usage" => usage(),
        "limit" => limit(),
        "pipeline" => pipeline(),
        "children" => children(),
        "run" => {
            let program = arg(1).as_bytes().to_vec();
            let request = SpawnRequest { argv: vec![program.clone()], program, ..SpawnRequest::default() };
            let child = oac_sys::spawn(&request).unwrap();
            println!("{:?}", oac_sys::wait(child, 0).unwrap().map(|(_, status)| status));
        }
        "kill-child" => kill_child(),
        "catch" => catch(),
        "serve" => serve(arg(1).parse().unwrap()),
        "talk" => talk(arg(1).parse().unwrap(), arg(2)),
        "fetch" => fetch(arg(1)),
        "fetch-and-leave" => {
            let request = RequestHead { method: "GET".into(), url: arg(1).into(), headers: Vec::new() };
            let started = (0..60).filter(|_| raw::fetch(&request.encode(), &[], 0).is_ok()).count();
            println!("{started} started");
        }
        "sleep" => std::thread::sleep(std::time::Duration::from_millis(arg(1).parse().unwrap())),
        "clocks" => clocks(),
        "random" => random(),
        "unlinked" => unlinked(arg(1)),
        "pointers" => pointers(),
        "symlink" => report(errno_io(symlink(arg(1), arg(2)))),
        duty => {
            eprintln!("no duty {duty}");
            exit(64)
        }
    }
}

fn report(result: io::Result<impl AsRef<str>>) {
    match result {
        Ok(text) => println!("{}", text.as_ref()),
        Err(error) => println!("error: {error}"),
    }
}

fn errno_io(result: Result<i64, Errno>) -> io::Result<&'static str> {
    result.map(|_| "done").map_err(|errno| io::Error::other(errno.name()))
}

fn symlink(target: &str, path: &str) -> Result<i64, Errno> {
    raw::symlinkat(target.as_bytes(), oac_abi::flags::at::FDCWD, path.as_bytes())
}

#[inline(never)]
fn recurse(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 2]);
    if frame[0] == 0 { 0 } else { recurse(frame[1] + 1) + 1 }
}

fn hog() {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1u8; 1 << 20]);
        std::hint::black_box(&kept);
    }
}

fn environment() {
    println!("args {:?}", env::args().skip(2).collect::<Vec<_>>());
    println!("PATH {:?} LANG {:?}", env::var("PATH").unwrap(), env::var("EXTRA"));
    let mut cwd = [0; 256];
    let len = raw::getcwd(&mut cwd).unwrap() as usize;
    println!("cwd {}", String::from_utf8_lossy(&cwd[..len]));
}

fn upper() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    print!("{}", text.to_uppercase());
}

fn open_files(path: &str) {
    let mut files = Vec::new();
    let error = loop {
        match fs::File::open(path) {
            Ok(file) => files.push(file),
            Err(error) => break error,
        }
    };
    println!("{} then {error}", files.len() > 100);
}

/// Writes until there is no room, then removes it all.
fn fill_disk(path: &str) {
    let mut file = fs::File::create(path).unwrap();
    let mut written = 0_u64;
    let error = loop {
        match file.write(&[7; 1 << 16]) {
            Ok(len) => written += len as u64,
            Err(error) => break error,
        }
    };
    println!("{} KB then {error}", written >> 10);
    fs::remove_file(path).unwrap();
}

/// Starts itself as often as it can, as do those that it starts.
fn fork_bomb() {
    let program = own_path();
    loop {
        let argv = vec![program.clone(), b"fork-bomb".to_vec()];
        let request = SpawnRequest { program: program.clone(), argv, ..SpawnRequest::default() };
        let _ = std::hint::black_box(oac_sys::spawn(&request));
    }
}

fn size(fd: i32) -> Result<(u16, u16), Errno> {
    let mut out = [0; 4];
    raw::tcgetwinsize(fd, &mut out)?;
    Ok((u16::from_le_bytes([out[0], out[1]]), u16::from_le_bytes([out[2], out[3]])))
}

/// Tells the size of its terminal, reads a line, and tells the size again once it has changed.
fn terminal() {
    println!("{:?} {:?} {}", size(0), size(2), env::var("TERM").is_ok());
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
    println!("read {line:?}");
    oac_sys::sigaction(Signal::SIGWINCH, Disposition::Caught).unwrap();
    let signals = raw::signalfd(Signal::SIGWINCH.bit(), 0).unwrap() as i32;
    println!("ready");
    raw::read(signals, &mut [0; 4]).unwrap();
    println!("{:?}", size(1));
    let _ = io::stdin().read_line(&mut line);
    println!("end");
}

/// Works for a while, in a child too, and tells what was used.
fn usage() {
    let usage = |who: i32| {
        let mut out = [0; oac_abi::limit::Usage::BYTES];
        raw::getrusage(who, &mut out).unwrap();
        oac_abi::limit::Usage::decode(&out)
    };
    let before = usage(0).user_ns;
    let mut kept = vec![1u8; 8 << 20];
    while usage(0).user_ns < before + 20_000_000 {
        std::hint::black_box(&mut kept).reverse();
    }
    println!("{} {}", usage(0).memory_bytes_max >= 8 << 20, usage(-1).user_ns);
    if env::args().nth(2).is_none() {
        let child = start(&["usage", "child"], vec![(1, 1), (2, 2)]);
        oac_sys::wait(child, 0).unwrap();
        let children = usage(-1);
        println!("{} {}", children.user_ns >= 20_000_000, children.memory_bytes_max >= 8 << 20);
    }
}

/// Gives itself a limit of CPU time, and one of memory.
fn limit() {
    use oac_abi::limit::{Rlimit, resource};
    let set = |resource: u32, value: u64| {
        let limit = Rlimit { soft: value, hard: value };
        raw::prlimit(0, resource, &limit.encode(), &mut [0; Rlimit::BYTES]).unwrap();
    };
    set(resource::AS, 32 << 20);
    println!("{}", Vec::<u8>::new().try_reserve_exact(64 << 20).is_err());
    set(resource::CPU, 1);
    loop {
        std::hint::black_box(0);
    }
}

fn own_path() -> Vec<u8> {
    env::args().next().unwrap().into_bytes()
}

fn start(args: &[&str], fds: Vec<(i32, i32)>) -> i32 {
    let program = own_path();
    let argv =
        std::iter::once(program.clone()).chain(args.iter().map(|arg| arg.as_bytes().to_vec())).collect();
    oac_sys::spawn(&SpawnRequest { program, argv, fds, ..SpawnRequest::default() }).unwrap()
}

fn pipe() -> (i32, i32) {
    let mut fds = [0; 8];
    raw::pipe2(open::CLOEXEC, &mut fds).unwrap();
    let fd = |at: usize| i32::from_le_bytes(fds[at..at + 4].try_into().unwrap());
    (fd(0), fd(4))
}

fn read_all(fd: i32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match raw::read(fd, &mut chunk).unwrap() as usize {
            0 => return bytes,
            len => bytes.extend_from_slice(&chunk[..len]),
        }
    }
}

/// many | upper, read by this program.
fn pipeline() {
    let (first_read, first_write) = pipe();
    let (second_read, second_write) = pipe();
    let many = start(&["many", "20000"], vec![(1, first_write), (2, 2)]);
    let upper = start(&["upper"], vec![(0, first_read), (1, second_write), (2, 2)]);
    for fd in [first_read, first_write, second_write] {
        raw::close(fd).unwrap();
    }
    let bytes = read_all(second_read);
    println!("{} bytes, {}", bytes.len(), String::from_utf8_lossy(&bytes[bytes.len() - 17..]).trim());
    for child in [many, upper] {
        println!("{:?}", oac_sys::wait(child, 0).unwrap().map(|(_, status)| status));
    }
}

fn children() {
    for args in [&["exit", "7"][..], &["trap"], &["return"]] {
        let child = start(args, vec![(2, 2)]);
        let (pid, status) = oac_sys::wait(child, 0).unwrap().unwrap();
        assert_eq!(pid, child);
        println!("{status:?}");
    }
    println!("{:?}", oac_sys::wait(-1, 0).unwrap_err());
}

fn kill_child() {
    for args in [&["spin"][..], &["block"]] {
        let (never_written, _writer) = pipe();
        let child = start(args, vec![(0, never_written)]);
        oac_sys::kill(child, u32::from(Signal::SIGTERM.number())).unwrap();
        let (_, status) = oac_sys::wait(child, 0).unwrap().unwrap();
        println!("{}", status == WaitStatus::Signaled(Signal::SIGTERM));
    }
}

/// Catches SIGINT and ends with 3.
fn catch() {
    oac_sys::sigaction(Signal::SIGINT, Disposition::Caught).unwrap();
    let signals = raw::signalfd(Signal::SIGINT.bit(), 0).unwrap() as i32;
    println!("ready");
    let mut number = [0; 4];
    raw::read(signals, &mut number).unwrap();
    println!("caught {}", u32::from_le_bytes(number));
    exit(3)
}

fn address(port: u16) -> SocketAddress {
    SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

/// Answers each connection with what it sent, in capitals, until one sends nothing.
fn serve(port: u16) {
    let listener = oac_sys::socket(sock::AF_INET, sock::STREAM).unwrap();
    oac_sys::bind(listener, &address(port)).unwrap();
    oac_sys::listen(listener, 16).unwrap();
    println!("listening");
    loop {
        let (connection, _) = oac_sys::accept(listener, 0).unwrap();
        let bytes = read_all(connection);
        oac_sys::write_all(connection, &bytes.to_ascii_uppercase()).unwrap();
        raw::close(connection).unwrap();
        if bytes.is_empty() {
            return;
        }
    }
}

fn talk(port: u16, text: &str) {
    let connection = oac_sys::socket(sock::AF_INET, sock::STREAM).unwrap();
    match oac_sys::connect(connection, &address(port)) {
        Ok(()) => {}
        Err(errno) => {
            println!("error: {}", errno.name());
            return;
        }
    }
    raw::write(connection, text.as_bytes()).unwrap();
    oac_sys::shutdown(connection, sock::SHUT_WR).unwrap();
    println!("{}", String::from_utf8_lossy(&read_all(connection)));
}

fn fetch(url: &str) {
    let request = RequestHead {
        method: "GET".into(),
        url: url.into(),
        headers: vec![("x-asked-by".into(), "oac".into())],
    };
    let fd = match raw::fetch(&request.encode(), &[], 0) {
        Ok(fd) => fd as i32,
        Err(errno) => {
            println!("error: {}", errno.name());
            return;
        }
    };
    let mut head = vec![0; 64 << 10];
    match raw::fetch_head(fd, &mut head) {
        Err(errno) => println!("error: {}", errno.name()),
        Ok(len) => {
            let head = oac_abi::fetch::ResponseHead::decode(&head[..len as usize]).unwrap();
            let body = read_all(fd);
            let sum: u64 = body.iter().map(|&byte| u64::from(byte)).sum();
            println!("{} {:?} {} bytes, sum {sum}", head.status, head.header("x-test"), body.len());
        }
    }
}

fn clocks() {
    let times: Vec<i64> = (0..3).map(|clock| raw::clock_gettime(clock).unwrap()).collect();
    println!("{} {} {}", times[0] > 1_600_000_000_000_000_000, times[1] > 0, times[2] > 0);
    println!("{:?}", raw::clock_gettime(9).unwrap_err());
    let before = std::time::Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(20));
    println!("{}", before.elapsed().as_millis() >= 20);
}

fn random() {
    let mut bytes = vec![0; 100_000];
    oac_sys::random(&mut bytes).unwrap();
    println!("{}", bytes.iter().filter(|&&byte| byte == 0).count() < 1000);
}

fn unlinked(path: &str) {
    let mut file = fs::OpenOptions::new().read(true).write(true).create_new(true).open(path).unwrap();
    fs::remove_file(path).unwrap();
    file.write_all(b"still here").unwrap();
    io::Seek::rewind(&mut file).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    println!("{text} {} {}", file.metadata().unwrap().len(), fs::metadata(path).is_err());
}

/// Calls with addresses that are not ours to give.
fn pointers() {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        fn fd_write(fd: i32, iovs: u32, count: u32, written: u32) -> i32;
        fn fd_read(fd: i32, iovs: u32, count: u32, read: u32) -> i32;
        fn random_get(at: u32, len: u32) -> i32;
        fn clock_time_get(clock: u32, precision: u64, at: u32) -> i32;
        fn args_get(pointers: u32, strings: u32) -> i32;
    }
    #[link(wasm_import_module = "oac")]
    unsafe extern "C" {
        fn write(fd: i32, at: u32, len: u32) -> i64;
        fn read(fd: i32, at: u32, len: u32) -> i64;
    }
    let end = (core::arch::wasm32::memory_size(0) << 16) as u32;
    let iovs = |at: u32, len: u32| Box::leak(Box::new([at, len])).as_ptr() as u32;
    let word = Box::leak(Box::new([0u32; 2])).as_ptr() as u32;
    const EFAULT: i32 = 21;
    const EINVAL: i32 = 28;
    // SAFETY: that they are refused is what is tested; the last is empty.
    let results = unsafe {
        [
            fd_write(1, end - 4, 1, word) == EFAULT,
            fd_write(1, iovs(u32::MAX, 10), 1, word) == EFAULT,
            fd_write(1, iovs(end - 6, 10), 1, word) == EFAULT,
            fd_write(1, 0, 5000, word) == EINVAL,
            fd_write(1, iovs(0, 0), 1, end - 2) == EFAULT,
            fd_write(1, Box::leak(Box::new([word, 0, u32::MAX - 15, 0])).as_ptr() as u32, 2, word) == 0,
            fd_read(0, Box::leak(Box::new([u32::MAX - 15, 0, end, 0])).as_ptr() as u32, 2, word) == 0,
            random_get(end - 6, 10) == EFAULT,
            clock_time_get(0, 0, end - 6) == EFAULT,
            args_get(end - 2, word) == EFAULT,
            args_get(word, end - 1) == EFAULT,
            write(1, end - 6, 10) == -14,
            read(0, u32::MAX, u32::MAX) == -14,
            write(1, u32::MAX, 0) == 0,
        ]
    };
    println!("{} of {}", results.iter().filter(|&&right| right).count(), results.len());
    for (index, right) in results.iter().enumerate() {
        if !right {
            println!("case {index} is wrong");
        }
    }
}
