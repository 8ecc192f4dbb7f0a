//! The job that every part of the container takes part in: install express, serve a page, stop.
//!
//! `cargo xtask run` shows it, `test` checks it and `bench` measures it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::command::Command;
use crate::error::{Error, Result};
use crate::patched::copy_folder;
use crate::workspace::Workspace;

/// What the example listens on inside the container, and says once it does.
const PORT: u16 = 3000;
const READY: &str = "listening on ";
/// What npm says, at the front of a line, when it has installed something.
const INSTALLED: &str = "added ";
/// In the page it serves.
const PAGE_TEXT: &str = "Hello from Express";
/// A safety net against a hang, not a measure: the job takes seconds.
const LIMIT: Duration = Duration::from_secs(180);

/// How long the parts of the job took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// From the start of `oac` until npm said what it had installed.
    pub(crate) installed_ms: f64,
    /// From the start of `oac` until the server said that it listens, installation included.
    pub(crate) ready_ms: f64,
    /// From then to the whole page.
    pub(crate) first_response_ms: f64,
    /// From the signal to the end of `oac`.
    pub(crate) stop_ms: f64,
}

/// Runs the job once against the release `oac`, on a copy of examples/express.
///
/// # Errors
/// [`Error::Job`] names the stage that failed and what was seen.
pub(crate) fn run(workspace: &Workspace) -> Result<Times> {
    let app = fresh_app(workspace)?;
    let port = free_port()?;
    let command = command(workspace, &app, port)?;
    println!("    {}", command.line());
    let start = Instant::now();
    let mut child = command
        .to_std()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|source| command.not_started(source))?;
    let served = serve_once(&mut child, port, start);
    if served.is_err() {
        // Whatever went wrong, nothing of the job stays behind.
        let _already_gone = child.kill();
    }
    let (installed_ms, ready_ms, first_response_ms) = served?;
    let stop_ms = stop(child)?;
    check_installed(&app)?;
    Ok(Times { installed_ms, ready_ms, first_response_ms, stop_ms })
}

/// The container's command line for the job.
fn command(workspace: &Workspace, app: &std::path::Path, port: u16) -> Result<Command> {
    // The registry this machine is set up for: the repository names none.
    let registry = Command::new("npm").args(["config", "get", "registry", "--silent"]).output()?;
    Ok(Command::new(workspace.oac())
        .args(["run", "-v", &format!("{}:/work", app.display()), "-w", "/work"])
        .args(["-p", &format!("{port}:{PORT}"), "--allow-net"])
        .args(["-e", &format!("npm_config_registry={}", registry.trim())])
        .args(["--", "sh", "-c", "npm install && node server.js"]))
}

/// A copy of the example without anything that an earlier run installed.
fn fresh_app(workspace: &Workspace) -> Result<PathBuf> {
    let app = workspace.target.join("example-job");
    if app.exists() {
        fs::remove_dir_all(&app).map_err(Error::file("remove", &app))?;
    }
    copy_folder(&workspace.path("examples/express"), &app)?;
    Ok(app)
}

fn serve_once(child: &mut Child, port: u16, start: Instant) -> Result<(f64, f64, f64)> {
    let stdout = child.stdout.take().expect("stdout was piped");
    let (lines_in, lines) = mpsc::channel();
    // Reads to the end, so that the container never blocks on a full pipe.
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
            println!("    | {line}");
            let _receiver_is_done = lines_in.send(line);
        }
    });
    let mut installed = None;
    loop {
        let left = LIMIT.saturating_sub(start.elapsed());
        match lines.recv_timeout(left) {
            Ok(line) if line.contains(READY) => break,
            Ok(line) if line.starts_with(INSTALLED) => installed = Some(Instant::now()),
            Ok(_) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => {
                return Err(job("server", format!("no line with `{READY}` within {} s", LIMIT.as_secs())));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let status = child.wait().map_err(|error| job("server", error.to_string()))?;
                return Err(job("server", format!("oac ended with {status} before the server listened")));
            }
        }
    }
    let ready = Instant::now();
    let installed =
        installed.ok_or_else(|| job("install", format!("npm printed no line with `{INSTALLED}`")))?;
    let page = get(port, "/")?;
    if !page.starts_with("HTTP/1.1 200") || !page.contains(PAGE_TEXT) {
        return Err(job("page", format!("expected 200 and `{PAGE_TEXT}`, got: {page}")));
    }
    println!("    GET / → {}", page.lines().last().unwrap_or_default());
    Ok((milliseconds(installed - start), milliseconds(ready - start), milliseconds(ready.elapsed())))
}

/// Ends `oac` as a terminal would (SIGTERM) and checks that it says so.
fn stop(mut child: Child) -> Result<f64> {
    let start = Instant::now();
    Command::new("kill").args(["-TERM", &child.id().to_string()]).run()?;
    let status = child.wait().map_err(|error| job("stop", error.to_string()))?;
    let signalled = {
        #[cfg(unix)]
        {
            std::os::unix::process::ExitStatusExt::signal(&status) == Some(15)
        }
        #[cfg(not(unix))]
        {
            false
        }
    };
    if !signalled && status.code() != Some(143) {
        return Err(job(
            "stop",
            format!("after SIGTERM the status should be 143 or the signal, but is {status}"),
        ));
    }
    Ok(milliseconds(start.elapsed()))
}

fn check_installed(app: &std::path::Path) -> Result<()> {
    for file in ["node_modules/express/package.json", "package-lock.json"] {
        if !app.join(file).is_file() {
            return Err(job("install", format!("{file} is not in the mounted folder")));
        }
    }
    Ok(())
}

/// One HTTP/1.1 request on a connection of its own; the whole response as text.
pub(crate) fn get(port: u16, path: &str) -> Result<String> {
    let failed = |error: std::io::Error| job("page", format!("GET http://127.0.0.1:{port}{path}: {error}"));
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
    stream.set_read_timeout(Some(LIMIT)).map_err(failed)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")
        .map_err(failed)?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).map_err(failed)?;
    Ok(String::from_utf8_lossy(&response).into_owned())
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| job("port", error.to_string()))
}

fn job(stage: &'static str, reason: String) -> Error {
    Error::Job { stage, reason }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
