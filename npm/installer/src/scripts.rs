//! Lifecycle scripts: `sh -c` in the package's folder with npm's environment.

use crate::InstallError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What scripts are run with.
#[derive(Debug, Clone)]
pub struct ScriptEnvironment {
    /// The caller's environment.
    pub variables: BTreeMap<String, String>,
    /// The project's folder.
    pub project: PathBuf,
    /// Where npm was started.
    pub init_cwd: PathBuf,
    /// npm's command: `install`, `ci`, `run` …
    pub command: String,
    /// `npm/11.… node/v24.… linux x64 workspaces/false`
    pub user_agent: String,
}

/// A script to run.
#[derive(Debug, Clone)]
pub struct Script {
    /// The name: `postinstall`, `test` …
    pub event: String,
    /// The command, arguments included.
    pub command: String,
    /// The folder of its package.
    pub folder: PathBuf,
    /// The package's name.
    pub package_name: String,
    /// Its version.
    pub package_version: String,
}

/// How a script ended.
#[derive(Debug)]
pub struct ScriptOutcome {
    /// The exit code, or 128 and the signal's number.
    pub code: i32,
    /// What it printed, unless it wrote to our own standard streams.
    pub output: Vec<u8>,
}

impl ScriptEnvironment {
    /// The variables a script sees.
    pub fn variables_for(&self, script: &Script) -> BTreeMap<String, String> {
        let mut vars = self.variables.clone();
        let mut set = |name: &str, value: String| vars.insert(name.to_owned(), value);
        set("npm_lifecycle_event", script.event.clone());
        set("npm_lifecycle_script", script.command.clone());
        set("npm_package_name", script.package_name.clone());
        set("npm_package_version", script.package_version.clone());
        set("npm_package_json", script.folder.join("package.json").display().to_string());
        set("npm_command", self.command.clone());
        set("npm_config_user_agent", self.user_agent.clone());
        set("npm_config_local_prefix", self.project.display().to_string());
        set("INIT_CWD", self.init_cwd.display().to_string());
        set("npm_execpath", "npm".into());
        set("npm_node_execpath", "node".into());
        set("NODE", "node".into());
        let path = self.path_for(&script.folder);
        vars.insert("PATH".into(), path);
        vars
    }

    /// The `.bin` folders from the package's up, then the caller's `PATH`.
    pub fn path_for(&self, folder: &Path) -> String {
        let bins = folder
            .ancestors()
            .filter(|a| a.file_name().is_none_or(|n| n != "node_modules"))
            .map(|a| a.join("node_modules/.bin").display().to_string());
        let own =
            self.variables.get("PATH").cloned().unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        bins.chain([own]).collect::<Vec<_>>().join(":")
    }
}

/// Runs a script. `foreground`: it has our standard streams; else its output is collected.
///
/// # Errors
/// `InstallError::File` when `sh` cannot be started.
pub fn run(
    script: &Script,
    environment: &ScriptEnvironment,
    foreground: bool,
) -> Result<ScriptOutcome, InstallError> {
    let variables = environment.variables_for(script);
    let argv = ["sh", "-c", script.command.as_str()];
    spawn(&argv, &script.folder, &variables, foreground).map_err(InstallError::file("spawn", "sh"))
}

/// Runs a program and waits for it.
///
/// # Errors
/// The error of starting it.
#[cfg(not(target_family = "wasm"))]
pub fn spawn(
    argv: &[&str],
    folder: &Path,
    variables: &BTreeMap<String, String>,
    foreground: bool,
) -> std::io::Result<ScriptOutcome> {
    use std::os::unix::process::ExitStatusExt;
    let mut command = std::process::Command::new(argv[0]);
    command.args(&argv[1..]).current_dir(folder).env_clear().envs(variables);
    let (status, output) = if foreground {
        (command.status()?, Vec::new())
    } else {
        let out = command.stdin(std::process::Stdio::null()).output()?;
        (out.status, [out.stdout, out.stderr].concat())
    };
    let code = status.code().or_else(|| status.signal().map(|s| 128 + s)).unwrap_or(1);
    Ok(ScriptOutcome { code, output })
}

/// Runs a program and waits for it.
///
/// # Errors
/// The error of starting it.
#[cfg(target_family = "wasm")]
pub fn spawn(
    argv: &[&str],
    folder: &Path,
    variables: &BTreeMap<String, String>,
    foreground: bool,
) -> std::io::Result<ScriptOutcome> {
    use oac_sys::{SpawnRequest, WaitStatus, flags};
    let failed = crate::os::errno;
    let pipe = if foreground { None } else { Some(oac_sys::pipe(flags::open::CLOEXEC).map_err(failed)?) };
    // A script without a terminal reads an end of file, as under npm.
    let nothing = oac_sys::open(b"/dev/null", flags::open::RDONLY | flags::open::CLOEXEC, 0)
        .map(oac_sys::File::from_fd)
        .ok()
        .filter(|_| !foreground);
    let fds = match &pipe {
        None => vec![(0, 0), (1, 1), (2, 2)],
        Some((_, write)) => {
            vec![(0, nothing.as_ref().map_or(-1, |f| f.fd())), (1, write.fd()), (2, write.fd())]
        }
    };
    let request = SpawnRequest {
        program: argv[0].as_bytes().to_vec(),
        argv: argv.iter().map(|a| a.as_bytes().to_vec()).collect(),
        env: Some(variables.iter().map(|(n, v)| format!("{n}={v}").into_bytes()).collect()),
        cwd: Some(folder.as_os_str().as_encoded_bytes().to_vec()),
        fds,
        flags: 0,
        ..SpawnRequest::default()
    };
    let pid = oac_sys::spawn(&request).map_err(failed)?;
    let mut output = Vec::new();
    if let Some((read, write)) = pipe {
        drop(write);
        let mut buffer = vec![0; 64 << 10];
        loop {
            match oac_sys::read(read.fd(), &mut buffer) {
                Ok(0) => break,
                Ok(length) if output.len() < OUTPUT_BYTES_MAX => output.extend_from_slice(&buffer[..length]),
                Ok(_) | Err(oac_sys::Errno::EINTR) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
    }
    loop {
        match oac_sys::wait(pid, 0) {
            Ok(Some((_, status))) => {
                let code = match status {
                    WaitStatus::Exited(code) => i32::from(code),
                    WaitStatus::Signaled(signal) => 128 + i32::from(signal.number()),
                };
                return Ok(ScriptOutcome { code, output });
            }
            Ok(None) | Err(oac_sys::Errno::EINTR) => {}
            Err(errno) => return Err(failed(errno)),
        }
    }
}

/// How much output of a failing script is kept for the message.
#[cfg(target_family = "wasm")]
const OUTPUT_BYTES_MAX: usize = 1 << 20;
