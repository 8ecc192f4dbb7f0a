//! How commands fail: npm's messages and exit codes.

use oac_npm_installer::InstallError;
use oac_npm_registry::RegistryError;
use oac_npm_resolver::ResolveError;
use oac_npm_spec::SpecError;
use std::path::Path;

/// A command's failure.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Not a command of npm.
    UnknownCommand(String),
    /// A command of npm that is not there yet.
    NotImplemented(String),
    /// An option that is not supported yet.
    Unsupported(String),
    /// Something wrong with how npm was called: npm's `EUSAGE`.
    Usage(String),
    /// No script of this name.
    MissingScript(String),
    /// A command (of a script or of `npx`) that ended like this.
    Exit(i32),
    /// npm's code and lines, each with the word that npm puts before it.
    Coded { code: String, lines: Vec<String> },
}

impl Failure {
    pub(crate) fn file(action: &str, path: &Path, error: &std::io::Error) -> Self {
        let code = oac_npm_installer::errno_name(error).to_owned();
        let lines = vec![
            format!("syscall {action}"),
            format!("path {}", path.display()),
            format!("{code}: {error}, {action} '{}'", path.display()),
        ];
        Self::Coded { code, lines }
    }

    /// Prints the failure; gives the exit code.
    pub(crate) fn print(&self, silent: bool) -> i32 {
        if silent {
            return self.exit_code();
        }
        match self {
            Self::UnknownCommand(name) => {
                println!(
                    "Unknown command: \"{name}\"\n\nTo see a list of supported npm commands, run:\n  npm help"
                );
            }
            Self::NotImplemented(name) => {
                print_lines(&[format!("The command `npm {name}` is not implemented in this container yet.")]);
            }
            Self::Unsupported(what) => {
                print_lines(&[
                    "code ENOTSUP".into(),
                    format!("{what} is not supported in this container yet."),
                ]);
            }
            Self::Usage(text) => {
                let mut lines = vec!["code EUSAGE".to_owned(), String::new()];
                lines.extend(text.lines().map(str::to_owned));
                print_lines(&lines);
            }
            Self::MissingScript(name) => print_lines(&[
                format!("Missing script: \"{name}\""),
                String::new(),
                "To see a list of scripts, run:".into(),
                "  npm run".into(),
            ]),
            Self::Exit(_) => {}
            Self::Coded { code, lines } => {
                let mut all = vec![format!("code {code}")];
                all.extend(lines.iter().flat_map(|l| l.split('\n').map(str::to_owned)));
                print_lines(&all);
            }
        }
        self.exit_code()
    }

    fn exit_code(&self) -> i32 {
        match self {
            Self::Exit(code) => *code,
            Self::Coded { code, .. } => code.parse().unwrap_or(1),
            _ => 1,
        }
    }
}

fn print_lines(lines: &[String]) {
    for line in lines {
        if line.is_empty() {
            eprintln!("npm error");
        } else {
            eprintln!("npm error {line}");
        }
    }
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        let lines = match &error {
            SpecError::Json { .. } => vec![
                format!("JSON.parse {error}"),
                "JSON.parse Failed to parse JSON data.".into(),
                "JSON.parse Note: package.json must be actual JSON, not just JavaScript.".into(),
            ],
            _ => vec![error.to_string()],
        };
        Self::Coded { code: error.code().into(), lines }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        registry(&error, None)
    }
}

/// npm's text for a failure of the registry; `package` is `name@spec`.
fn registry(error: &RegistryError, package: Option<&str>) -> Failure {
    let code = error.code();
    let lines = match error {
        RegistryError::Status { status: 404, .. } => not_found(error, package),
        RegistryError::Status { status: 403, .. } => vec![
            format!("403 {error}"),
            "403 In most cases, you or one of your dependencies are requesting a package version that is forbidden by your security policy, or on a server you do not have access to.".into(),
        ],
        RegistryError::Unreachable { code, .. } => unreachable(error, code),
        _ => vec![error.to_string()],
    };
    Failure::Coded { code, lines }
}

fn not_found(error: &RegistryError, package: Option<&str>) -> Vec<String> {
    let mut lines = vec![format!("404 {}", error.to_string().trim_start_matches("404 "))];
    if let Some(package) = package {
        lines.push("404".into());
        lines.push(format!(
            "404  The requested resource '{package}' could not be found or you do not have permission to access it."
        ));
        lines.push("404".into());
        lines.push("404 Note that you can also install from a".into());
        lines.push("404 tarball, folder, http url, or git url.".into());
    }
    lines
}

fn unreachable(error: &RegistryError, code: &str) -> Vec<String> {
    match code {
        // Not npm's words: npm does not know of capabilities. The message says what to do.
        "EACCES" | "EPERM" => vec![format!("network {error}")],
        "ECONNRESET" | "ENOTFOUND" | "ETIMEDOUT" => vec![
            format!("network {error}"),
            "network This is a problem related to network connectivity.".into(),
            "network In most cases you are behind a proxy or have bad network settings.".into(),
            "network".into(),
            "network If you are behind a proxy, please make sure that the 'proxy' config is set properly.  See: 'npm help config'".into(),
        ],
        _ => vec![
            format!("errno {code}"),
            format!("FetchError: {error}"),
            String::new(),
            "If you are behind a proxy, please make sure that the 'proxy' config is set properly.  See: 'npm help config'".into(),
        ],
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        let code = error.code();
        match &error {
            ResolveError::Registry { error, package, .. } => registry(error, Some(package)),
            ResolveError::NoVersion { .. } => Self::Coded {
                code,
                lines: vec![
                    format!("notarget {error}"),
                    "notarget In most cases you or one of your dependencies are requesting a package version that doesn't exist.".into(),
                ],
            },
            ResolveError::Eresolve { .. } => {
                let lines = error
                    .to_string()
                    .split('\n')
                    .map(|l| format!("ERESOLVE {l}").trim_end().to_owned())
                    .map(|l| if l == "ERESOLVE" { String::new() } else { l })
                    .collect::<Vec<_>>();
                // npm marks the first line only.
                let lines = lines
                    .into_iter()
                    .enumerate()
                    .map(|(i, l)| if i == 0 { l } else { l.trim_start_matches("ERESOLVE ").to_owned() })
                    .collect();
                Self::Coded { code, lines }
            }
            ResolveError::BadPlatform { .. } => Self::Coded { code, lines: vec![format!("notsup {error}")] },
            ResolveError::Spec(error) => error.clone().into(),
            _ => Self::Coded { code, lines: vec![error.to_string()] },
        }
    }
}

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        let code = error.code();
        match error {
            InstallError::Spec(error) => error.into(),
            InstallError::Resolve(error) => error.into(),
            InstallError::Registry(error) => error.into(),
            InstallError::File { action, path, source } => Self::file(action, &path, &source),
            InstallError::Script { ref path, .. } => {
                Self::Coded { code, lines: vec![format!("path {}", path.display()), error.to_string()] }
            }
            error => Self::Coded { code, lines: vec![error.to_string()] },
        }
    }
}
