//! `oac run` as its user meets it: streams, signals, exit statuses, and one clear line for each mistake.

// Helpers of tests fail as tests do; clippy's own exception covers only functions marked #[test].
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
};

/// A directory with the test program in it, `t.wasm`, and some files that are none.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../container/tests/programs/Cargo.toml");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--target", "wasm32-wasip1", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target)
            .env_remove("RUSTFLAGS")
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the test program is built");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("folder");
        fs::create_dir_all(&folder).unwrap();
        fs::copy(target.join("wasm32-wasip1/release/oac-test-program.wasm"), folder.join("t.wasm")).unwrap();
        fs::write(folder.join("plain.txt"), "text").unwrap();
        fs::write(folder.join("script"), "text").unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.join("script"), executable).unwrap();
        folder
    })
}

fn oac(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oac"));
    command.args(args).env_remove("OAC_PROGRAMS_DIR").stdin(Stdio::null());
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
    command
}

/// `oac run -v FOLDER:/work OPTIONS -- /work/t.wasm DUTY`.
fn run(options: &[&str], duty: &[&str]) -> Command {
    let volume = format!("{}:/work", folder().display());
    oac(&[&["run", "-v", &volume], options, &["--", "/work/t.wasm"], duty].concat())
}

fn check(mut command: Command, status: i32, stdout: &str, stderr: &str) {
    let Output { status: ended, stdout: out, stderr: err } = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&out), String::from_utf8_lossy(&err));
    assert_eq!(out, stdout, "{command:?}: {err}");
    assert!(err.starts_with(stderr) && (!stderr.is_empty() || err.is_empty()), "{command:?}: {err}");
    assert!(err.lines().count() <= 1, "one line says it: {err}");
    assert_eq!(ended.code(), Some(status), "{command:?}: {err}");
}

#[test]
fn the_status_is_the_programs() {
    check(run(&[], &["hello", "you"]), 0, "hello, you\n", "");
    check(run(&[], &["exit", "42"]), 42, "", "");
    check(run(&[], &["trap"]), 128 + 6, "", "oac: /work/t.wasm: ");
    check(run(&["--memory", "32M"], &["hog"]), 128 + 9, "", "oac: /work/t.wasm: out of memory");
    check(run(&["--timeout", "200ms"], &["spin"]), 124, "", "oac: /work/t.wasm: ended after the --timeout");
}

#[test]
fn options_reach_the_program() {
    let expected =
        "args [\"-v\", \"--help\"]\nPATH \"/usr/local/bin:/usr/bin:/bin\" LANG Ok(\"a=b\")\ncwd /new/dir\n";
    check(run(&["-w", "/new/dir", "-e", "EXTRA=a=b"], &["environment", "-v", "--help"]), 0, expected, "");
}

#[test]
fn not_a_byte_is_lost() {
    let output = run(&[], &["many", "200000"]).output().unwrap();
    assert_eq!(output.stdout.len(), 200_000 * 17);
    assert!(output.stdout.ends_with(b"\n0123456789abcdef\n"));

    let mut child = run(&[], &["upper"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&b"some text\n".repeat(100_000)));
    let mut text = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut text).unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(text, b"SOME TEXT\n".repeat(100_000));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn two_streams_into_one_file_keep_their_order() {
    let path = folder().join("both.txt");
    let file = fs::File::create(&path).unwrap();
    let status =
        run(&[], &["alternate", "500"]).stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
    assert_eq!(status.code(), Some(0));
    let expected: String = (0..500).map(|line| format!("out {line}\nerr {line}\n")).collect();
    assert_eq!(fs::read_to_string(path).unwrap(), expected);
}

fn signal(child: &Child, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(id, signal).unwrap();
}

#[test]
fn signals_are_passed_on() {
    let mut child = run(&[], &["catch"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut ready = [0; 6];
    stdout.read_exact(&mut ready).unwrap();
    signal(&child, rustix::process::Signal::INT);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "caught 2\n");
    assert_eq!(child.wait().unwrap().code(), Some(3));

    let mut child = run(&[], &["catch"]).stdout(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut ready).unwrap();
    signal(&child, rustix::process::Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
}

#[test]
fn a_closed_output_ends_the_program() {
    let mut child = run(&[], &["many", "100000000"]).stdout(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    assert_ne!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn mistakes_get_one_line() {
    let folder = folder().display().to_string();
    let volume = format!("{folder}:/work");
    let work = |command: &str| oac(&["run", "-v", &volume, "--", command]);
    check(work("/work/none.wasm"), 127, "", "oac: /work/none.wasm: no such command in the container");
    check(work("/work/plain.txt"), 126, "", "oac: /work/plain.txt: cannot be run: ");
    check(
        work("/work/script"),
        126,
        "",
        "oac: /work/script: cannot be run: it is neither a WebAssembly module nor",
    );
    check(work("/work"), 126, "", "oac: /work: cannot be run: it is a directory");
    check(
        oac(&["run", "-v", "/no/such/dir:/work", "--", "sh"]),
        125,
        "",
        "oac: -v /no/such/dir: there is no such directory",
    );
    let file = format!("{folder}/plain.txt:/work");
    check(
        oac(&["run", "-v", &file, "--", "sh"]),
        125,
        "",
        &format!("oac: -v {folder}/plain.txt: it is a file"),
    );
    check(oac(&["run", "-p", "80:x", "--", "sh"]), 125, "", "oac: -p 80:x: wanted is HOST_PORT:GUEST_PORT");
    check(oac(&["run", "--colour", "--", "sh"]), 125, "", "oac: invalid option '--colour'");
    check(oac(&["run"]), 125, "", "oac: no command given");
    check(oac(&["walk"]), 125, "", "oac: there is no command `walk`");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let wanted = format!("{port}:3000");
    check(
        oac(&["run", "-p", &wanted, "--", "sh"]),
        125,
        "",
        &format!("oac: -p: port {port} of this machine is in use"),
    );
}
