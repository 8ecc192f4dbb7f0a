//! The life of a program: it starts, runs, ends in every way there is.

use std::io::{Read, Write};

use oac_container::{
    CacheDir, Container, EmbeddedCode, EmbeddedProgram, Errno, Mount, Options, Runtime, RuntimeOptions,
    Signal, SpawnOptions, Tree, WaitStatus,
};

use crate::support::{PROGRAM, Scratch, check, check_prints, container, run, run_with};

const EXITED: fn(u8) -> WaitStatus = WaitStatus::Exited;

#[test]
fn output_and_exit_status() {
    let container = container(Options::default());
    check_prints(&container, &["hello", "world"], "hello, world\n");
    check_prints(&container, &["return"], "");
    check(&container, &["exit", "42"], "", EXITED(42));
    check(&container, &["exit", "255"], "", EXITED(255));
}

#[test]
fn a_trap_ends_one_program() {
    let container = container(Options::default());
    let output = run(&container, &["trap"]);
    assert_eq!(output.exit.status, WaitStatus::Signaled(Signal::SIGABRT));
    assert!(output.exit.reason.is_some_and(|reason| reason.contains("unreachable")));
    let output = run(&container, &["overflow"]);
    assert_eq!(output.exit.status, WaitStatus::Signaled(Signal::SIGSEGV));
    check_prints(&container, &["hello", "again"], "hello, again\n");
}

#[test]
fn a_busy_program_is_killed() {
    let container = container(Options::default());
    for duty in ["spin", "block"] {
        let process = container.spawn(PROGRAM, &[duty], &SpawnOptions::default()).unwrap();
        process.kill(Signal::SIGKILL).unwrap();
        assert_eq!(process.wait().unwrap().status, WaitStatus::Signaled(Signal::SIGKILL), "{duty}");
    }
    check_prints(&container, &["hello", "again"], "hello, again\n");
}

#[test]
fn teardown_ends_programs() {
    let container = container(Options::default());
    for duty in ["spin", "block"] {
        container.spawn(PROGRAM, &[duty], &SpawnOptions::default()).unwrap();
    }
    container.teardown();
}

#[test]
fn arguments_environment_and_directory() {
    let container = container(Options::default());
    container.fs().make_dir_all("/a/b").unwrap();
    let options = SpawnOptions {
        cwd: Some("/a/b".into()),
        env: vec![("EXTRA".into(), "x=y".into()), ("PATH".into(), "/bin".into())],
        ..SpawnOptions::default()
    };
    let output = run_with(&container, &["environment", "one", "", "drei €"], &options);
    let expected = "args [\"one\", \"\", \"drei €\"]\nPATH \"/bin\" LANG Ok(\"x=y\")\ncwd /a/b\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn input_reaches_the_program_to_its_end() {
    let container = container(Options::default());
    let mut process = container.spawn(PROGRAM, &["upper"], &SpawnOptions::default()).unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&b"some text\n".repeat(50_000)));
    let mut text = String::new();
    process.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(text, "SOME TEXT\n".repeat(50_000));
    assert_eq!(process.wait().unwrap().status, EXITED(0));
}

#[test]
fn children_and_pipes() {
    let container = container(Options::default());
    check_prints(
        &container,
        &["pipeline"],
        "340000 bytes, 0123456789ABCDEF\nSome(Exited(0))\nSome(Exited(0))\n",
    );
    check_prints(&container, &["children"], "Exited(7)\nSignaled(Signal(6))\nExited(0)\nECHILD(10)\n");
    check_prints(&container, &["kill-child"], "true\ntrue\n");
}

#[test]
fn a_signal_is_caught() {
    let container = container(Options::default());
    let mut process = container.spawn(PROGRAM, &["catch"], &SpawnOptions::default()).unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let mut ready = [0; 6];
    stdout.read_exact(&mut ready).unwrap();
    process.kill_group(Signal::SIGINT).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "caught 2\n");
    assert_eq!(process.wait().unwrap().status, EXITED(3));
}

#[test]
fn clocks_and_randomness() {
    let container = container(Options::default());
    check_prints(&container, &["clocks"], "true true true\nEINVAL(22)\ntrue\n");
    check_prints(&container, &["random"], "true\n");
}

/// `(module (import "env" "f" (func)) (func (export "_start")))`
const IMPORT: &[u8] =
    b"\0asm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x02\x09\x01\x03env\x01f\x00\x00\x03\x02\x01\x00\x07\x0a\x01\
    \x06_start\x00\x01\x0a\x04\x01\x02\x00\x0b";
/// `(module (func (export "f")))`
const LIBRARY: &[u8] = b"\0asm\x01\x00\x00\x00\x01\x04\x01`\x00\x00\x03\x02\x01\x00\x07\x05\x01\x01f\x00\x00\x0a\x04\x01\x02\x00\x0b";
/// `(module (memory 70000))`
const MEMORY: &[u8] = b"\0asm\x01\x00\x00\x00\x05\x05\x01\x00\xf0\xa2\x04";

fn executable(bytes: &[u8]) -> Tree {
    Tree::File { bytes: bytes.to_vec(), executable: true }
}

#[test]
fn what_cannot_be_run_says_why() {
    let container = container(Options::default());
    let files = Tree::directory([
        ("text", executable(b"just text")),
        ("plain", Tree::file(crate::test_program::wasm())),
        ("cut.wasm", executable(&crate::test_program::wasm()[..1000])),
        ("import.wasm", executable(IMPORT)),
        ("library.wasm", executable(LIBRARY)),
        ("memory.wasm", executable(MEMORY)),
    ]);
    container.mount(Mount::Tree(&files), "/x").unwrap();
    let errno = |program: &str| {
        container.spawn(program, &[], &SpawnOptions::default()).map(drop).unwrap_err().errno()
    };
    assert_eq!(errno("/x/none"), Some(Errno::ENOENT));
    assert_eq!(errno("none"), Some(Errno::ENOENT));
    assert_eq!(errno("/x/text"), Some(Errno::ENOEXEC));
    assert_eq!(errno("/x/plain"), Some(Errno::EACCES));
    assert_eq!(errno("/x"), Some(Errno::EACCES));
    let fails = |program: &str, part: &str| {
        let output = container.spawn(program, &[], &SpawnOptions::default()).unwrap().output().unwrap();
        assert_eq!(output.exit.status, EXITED(126), "{program}");
        let reason = output.exit.reason.unwrap_or_default();
        assert!(reason.contains(part) && !reason.contains('\n'), "{program}: {reason}");
    };
    fails("/x/cut.wasm", "unexpected end");
    fails("/x/import.wasm", "it imports `env.f`");
    fails("/x/library.wasm", "it exports no function `_start`");
    fails("/x/memory.wasm", "memory");
    fails("node", "this build of oac carries no program `node`");
}

/// Every way in which a pointer can be wrong is EFAULT, and touches nothing of ours.
#[test]
fn bad_pointers_are_refused() {
    let container = container(Options::default());
    check_prints(&container, &["pointers"], "14 of 14\n");
}

/// Buffers larger than what passes in one call are filled in part, and told how far.
#[test]
fn a_large_file_is_read_whole() {
    let container = container(Options::default());
    check_prints(&container, &["read-large", "/tmp/large"], "Ok(true)\n");
}

/// What is built in runs also where its code does not fit the machine, and a directory of programs goes before it.
#[test]
fn programs_come_with_the_runtime() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(crate::test_program::wasm()).unwrap();
    let wasm_gzip: &[u8] = gzip.finish().unwrap().leak();
    let program = |code| EmbeddedProgram { name: "sh", wasm_gzip, code };
    let garbage = EmbeddedCode { bytes: b"\x7fELF of another machine", sha256: [1; 32] };
    let scratch = Scratch::new("programs-dir");
    let cache = CacheDir::At(scratch.path().join("cache"));
    let hello = |options: RuntimeOptions| {
        let runtime = Runtime::new(options).unwrap();
        let container = Container::boot(Options { runtime: Some(runtime), ..Options::default() }).unwrap();
        let process = container.spawn("sh", &["hello", "there"], &SpawnOptions::default()).unwrap();
        process.output().unwrap()
    };
    for code in [None, Some(garbage)] {
        let options =
            RuntimeOptions { programs: vec![program(code)], cache: cache.clone(), programs_dir: None };
        assert_eq!(hello(options).stdout, b"hello, there\n");
    }
    std::fs::write(scratch.path().join("sh.wasm"), b"not wasm").unwrap();
    let programs_dir = Some(scratch.path().to_path_buf());
    let output = hello(RuntimeOptions { programs: vec![program(None)], cache, programs_dir });
    assert_eq!(output.exit.status, EXITED(126));
}

/// Compiled code on disk that was damaged, cut or put there by somebody else is made anew, and the program runs.
#[test]
fn a_cache_entry_is_never_trusted() {
    let scratch = Scratch::new("cache");
    let run = || {
        let cache = CacheDir::At(scratch.path().to_path_buf());
        let runtime = Runtime::new(RuntimeOptions { cache, ..RuntimeOptions::default() }).unwrap();
        let container = Container::boot(Options { runtime: Some(runtime), ..Options::default() }).unwrap();
        let program = executable(crate::test_program::wasm());
        container.mount(Mount::Tree(&program), PROGRAM).unwrap();
        check_prints(&container, &["hello", "you"], "hello, you\n");
    };
    run();
    let entry = std::fs::read_dir(scratch.path().join("code")).unwrap();
    let entry =
        entry.map(|entry| entry.unwrap().path()).find(|path| path.extension() == Some("cwasm".as_ref()));
    let entry = entry.expect("an entry is made");
    let sound = std::fs::read(&entry).unwrap();
    let flipped: Vec<u8> =
        sound.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == sound.len() / 2)).collect();
    for spoilt in [&flipped[..], &sound[..sound.len() / 2], b"", b"\x7fELF of another machine"] {
        std::fs::write(&entry, spoilt).unwrap();
        run();
        let rebuilt = std::fs::read(&entry).unwrap();
        assert!(rebuilt == sound, "it is made anew");
    }
}
