//! `oac run` as its user meets it: streams, signals, exit statuses, and one clear line for each mistake.

// Helpers of tests fail as tests do; clippy's own exception covers only functions marked #[test].
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
};

#[path = "../../container/tests/container/test_program.rs"]
mod test_program;

/// A directory with the test program in it, `t.wasm`, and some files that are none.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("folder");
        fs::create_dir_all(&folder).unwrap();
        let executable = fs::Permissions::from_mode(0o755);
        fs::write(folder.join("t.wasm"), test_program::wasm()).unwrap();
        fs::set_permissions(folder.join("t.wasm"), executable.clone()).unwrap();
        fs::write(folder.join("cut.wasm"), &test_program::wasm()[..1000]).unwrap();
        fs::write(folder.join("component.wasm"), b"\0asm\x0d\0\x01\0").unwrap();
        // (module (import "env" "f" (func)) (func (export "_start")))
        fs::write(
            folder.join("import.wasm"),
            b"\0asm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x02\x09\x01\x03env\x01f\x00\x00\x03\x02\x01\x00\x07\x0a\x01\x06_start\x00\x01\x0a\x04\x01\x02\x00\x0b",
        )
        .unwrap();
        for name in ["cut.wasm", "component.wasm", "import.wasm"] {
            fs::set_permissions(folder.join(name), executable.clone()).unwrap();
        }
        fs::write(folder.join("plain.wasm"), b"\0asm\x01\0\0\0").unwrap();
        fs::write(folder.join("plain.txt"), "text").unwrap();
        // (module (func (export "_start") (param i32)))
        fs::write(
            folder.join("params.wasm"),
            b"\0asm\x01\x00\x00\x00\x01\x05\x01`\x01\x7f\x00\x03\x02\x01\x00\x07\x0a\x01\x06_start\x00\x00\x0a\x04\x01\x02\x00\x0b",
        )
        .unwrap();
        fs::write(folder.join("script"), "text").unwrap();
        fs::write(folder.join("lost"), "#!/no/interpreter\n").unwrap();
        fs::write(folder.join("circle"), "#!/work/circle\n").unwrap();
        for name in ["script", "lost", "circle", "params.wasm"] {
            fs::set_permissions(folder.join(name), executable.clone()).unwrap();
        }
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
    check(run(&["--cpus-time", "200ms"], &["spin"]), 128 + 24, "", "oac: /work/t.wasm: out of time");
    let refused = run(&["--pids", "1"], &["children"]).output().unwrap();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("EAGAIN"));
    let full = run(&["--disk", "8M"], &["fill-disk", "/tmp/full"]).output().unwrap();
    assert!(full.stdout.ends_with(b"KB then No space left on device (os error 51)\n"));
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
fn variables_of_this_machine_are_passed_by_name_only() {
    let mut command = run(&["-e", "EXTRA"], &["environment"]);
    command.env("EXTRA", "from outside").env("HIDDEN", "1");
    let expected = "args []\nPATH \"/usr/local/bin:/usr/bin:/bin\" LANG Ok(\"from outside\")\ncwd /\n";
    check(command, 0, expected, "");
}

#[test]
fn completions_are_scripts_that_their_shells_accept() {
    for (shell, reads) in [("bash", "bash"), ("zsh", "zsh"), ("fish", "fish")] {
        let output = oac(&["completions", shell]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("cpus-time"), "{script}");
        // Each shell that is installed here is the judge of its own script.
        let Ok(mut child) = Command::new(reads).arg("-n").stdin(Stdio::piped()).spawn() else { continue };
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{shell}");
    }
    let script = "source <(\"$0\" completions bash); COMP_WORDS=(oac run --me); COMP_CWORD=2; _oac; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_oac")]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "--memory\n");
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
fn output_that_cannot_be_written_is_no_success() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = run(&[], &["hello", "you"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("oac: cannot write what the program wrote: No space left"), "{told}");
}

/// Whoever reads our output and does not go on reading cannot keep us from ending.
#[test]
fn a_timeout_ends_it_although_nobody_reads() {
    let mut child =
        run(&["--timeout", "200ms"], &["many", "100000000"]).stdout(Stdio::piped()).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(124));
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
        work("/work/lost"),
        126,
        "",
        "oac: /work/lost: cannot be run: the interpreter that its #! line names",
    );
    check(
        work("/work/circle"),
        126,
        "",
        "oac: /work/circle: cannot be run: its #! line leads through too many",
    );
    check(work("/work/params.wasm"), 126, "", "oac: /work/params.wasm: its `_start` takes or gives values");
    check(
        oac(&["run", "-w", "/dev/null", "--", "sh"]),
        125,
        "",
        "oac: -w /dev/null: it is not a directory in the container",
    );
    check(
        work("/work/plain.wasm"),
        126,
        "",
        "oac: /work/plain.wasm: cannot be run: it is not executable; make it so with: chmod +x plain.wasm",
    );
    check(work("/work/cut.wasm"), 126, "", "oac: /work/cut.wasm: ");
    check(
        work("/work/import.wasm"),
        126,
        "",
        "oac: /work/import.wasm: it imports `env.f`, which a container does not have",
    );
    check(work("/work/component.wasm"), 126, "", "oac: /work/component.wasm: it is a WebAssembly component");
    let child = run(&[], &["run", "/work/import.wasm"]).output().unwrap();
    assert_eq!(child.stdout, b"Some(Exited(126))\n");
    let told = String::from_utf8(child.stderr).unwrap();
    assert!(told.starts_with("oac: task ") && told.contains(": it imports `env.f`"), "{told}");
    check(work("none"), 127, "", "oac: none: no such command in the container");
    check(
        oac(&["run", "--", "./t.wasm"]),
        127,
        "",
        "oac: ./t.wasm: no such command in the container (nothing of this machine is mounted",
    );
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
    check(
        oac(&["run", "--memry", "1G", "--", "sh"]),
        125,
        "",
        "oac: there is no option --memry; did you mean --memory?",
    );
    check(oac(&["run", "-e", "=x", "--", "sh"]), 125, "", "oac: -e =x: a variable has a name");
    check(
        oac(&["run", "-e", "OAC_TEST_NOT_SET", "--", "sh"]),
        125,
        "",
        "oac: -e OAC_TEST_NOT_SET: there is no variable",
    );
    let rooted = format!("{folder}:/");
    check(
        oac(&["run", "-v", &rooted, "--", "sh"]),
        125,
        "",
        &format!("oac: -v {rooted}: a directory over / would hide"),
    );
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
