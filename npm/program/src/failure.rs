//! How commands fail: npm's messages and exit codes.

use oac_npm_installer::{InstallError, errno_name, errno_number, errno_text};
use oac_npm_registry::RegistryError;
use oac_npm_resolver::ResolveError;
use oac_npm_spec::SpecError;
use std::path::Path;

/// The words that npm puts before its texts.
const WORDS: [&str; 10] =
    ["enoent", "nospc", "rofs", "notarget", "network", "notsup", "404", "403", "ERESOLVE", "JSON.parse"];

/// A command's failure.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Not a command of npm.
    UnknownCommand { typed: String, suggestions: String },
    /// A command of npm that is not there yet.
    NotImplemented(String),
    /// An option that is not supported yet.
    Unsupported(String),
    /// Something wrong with how npm was called: npm's `EUSAGE`.
    Usage(String),
    /// An error without a code of npm's.
    Plain(String),
    /// A script that ended like this; it has said why itself.
    Script { code: i32, command: String },
    /// npm's code and lines, each with the word that npm puts before it.
    Coded { code: String, lines: Vec<String> },
}

impl Failure {
    /// A file operation that failed, in npm's form.
    pub(crate) fn file(action: &str, path: &Path, error: &std::io::Error) -> Self {
        let code = errno_name(error).to_owned();
        let path = path.display();
        let message = format!("{code}: {}, {action} '{path}'", errno_text(error));
        let mut lines = vec![
            format!("syscall {action}"),
            format!("path {path}"),
            format!("errno -{}", errno_number(error)),
        ];
        let mut add = |word: &str, texts: &[&str]| {
            lines.extend(texts.iter().map(|t| format!("{word} {t}").trim_end().to_owned()));
        };
        match code.as_str() {
            "EACCES" | "EPERM" => {
                let error = format!("Error: {message}");
                add("", &[&error, "", "The operation was rejected by your operating system."]);
                add(
                    "",
                    &[
                        "It is likely you do not have the permissions to access this file as the current user",
                        "",
                    ],
                );
                add(
                    "",
                    &[
                        "If you believe this might be a permissions issue, please double-check the permissions of the file and its containing directories, or try running the command again as root/Administrator.",
                    ],
                );
            }
            "EEXIST" => {
                let exists = format!("File exists: {path}");
                add(
                    "",
                    &[
                        &message,
                        &exists,
                        "Remove the existing file and try again, or run npm",
                        "with --force to overwrite files recklessly.",
                    ],
                );
            }
            "ENOSPC" => add(
                "nospc",
                &[
                    &message,
                    "There appears to be insufficient space on your system to finish.",
                    "Clear up some disk space and try again.",
                ],
            ),
            "EROFS" => add(
                "rofs",
                &[
                    &message,
                    "Often virtualized file systems, or other file systems that don't support symlinks, give this error.",
                ],
            ),
            "ENOENT" => {
                add("enoent", &[&message, "This is related to npm not being able to find a file.", ""])
            }
            _ => add("", &[&message]),
        }
        let lines = lines.into_iter().map(|l| l.trim_start().to_owned()).collect();
        Self::Coded { code, lines }
    }

    /// npm's `ENEEDAUTH`.
    pub(crate) fn needs_login(why: &str) -> Self {
        let lines = vec![
            format!("need auth {why}"),
            "need auth You need to authorize this machine using `npm adduser`".into(),
        ];
        Self::Coded { code: "ENEEDAUTH".into(), lines }
    }

    /// npm's `E404` for what a package does not have.
    pub(crate) fn not_found(said: &str, package: &str) -> Self {
        Self::Coded { code: "E404".into(), lines: not_found(said, Some(package)) }
    }

    /// The same for `package.json` of a project that has none.
    pub(crate) fn no_package(folder: &Path) -> Self {
        let path = folder.join("package.json");
        let message = format!(
            "Could not read package.json: Error: ENOENT: no such file or directory, open '{}'",
            path.display()
        );
        let lines = vec![
            "syscall open".to_owned(),
            format!("path {}", path.display()),
            "errno -2".into(),
            format!("enoent {message}"),
            "enoent This is related to npm not being able to find a file.".into(),
            "enoent".into(),
        ];
        Self::Coded { code: "ENOENT".into(), lines }
    }

    /// npm's summary of the failure, and the rest, for `--json`.
    pub(crate) fn as_json(&self) -> Option<serde_json::Value> {
        let (code, lines) = match self {
            Self::Coded { code, lines } => (Some(code.as_str()), lines.clone()),
            Self::Usage(text) => (Some("EUSAGE"), vec![text.clone()]),
            Self::Plain(text) => (None, vec![text.clone()]),
            _ => return None,
        };
        let is_detail = |line: &&String| ["syscall ", "path ", "errno "].iter().any(|w| line.starts_with(w));
        let mut said = lines.iter().filter(|l| !is_detail(l)).map(|line| match line.split_once(' ') {
            // npm's word before the text is not part of it.
            Some((word, text))
                if word.chars().all(|c| c.is_ascii_alphanumeric()) && WORDS.contains(&word) =>
            {
                text.to_owned()
            }
            _ => line.clone(),
        });
        let summary = said.next().unwrap_or_default();
        let detail = said.collect::<Vec<_>>().join("\n");
        let mut error = serde_json::json!({ "summary": summary, "detail": detail });
        if let (Some(code), Some(object)) = (code, error.as_object_mut()) {
            object.shift_insert(0, "code".into(), code.into());
        }
        Some(serde_json::json!({ "error": error }))
    }

    /// Prints what `--json` is to show of the failure, on standard output.
    pub(crate) fn print_json(&self) {
        if let Some(json) = self.as_json() {
            println!("{}", oac_npm_spec::JsonStyle::default().print(&json).trim_end());
        }
    }

    /// Prints the failure; gives the exit code.
    pub(crate) fn print(&self, silent: bool) -> i32 {
        if silent {
            return self.exit_code();
        }
        match self {
            Self::UnknownCommand { typed, suggestions } => {
                println!(
                    "Unknown command: \"{typed}\"\n{suggestions}\nTo see a list of supported npm commands, run:\n  npm help"
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
            Self::Plain(text) => {
                print_lines(&text.split('\n').map(str::to_owned).collect::<Vec<_>>());
            }
            Self::Script { .. } => {}
            Self::Coded { code, lines } => {
                let mut all = vec![format!("code {code}")];
                all.extend(lines.iter().flat_map(|l| l.split('\n').map(str::to_owned)));
                print_lines(&all);
            }
        }
        self.exit_code()
    }

    pub(crate) fn exit_code(&self) -> i32 {
        match self {
            Self::Script { code, .. } => *code,
            Self::Coded { code, lines } => code.parse().unwrap_or_else(|_| {
                // npm ends with the errno of a failed file operation, which the system cuts to a byte.
                let errno = lines.iter().find_map(|line| line.strip_prefix("errno -")?.parse::<i32>().ok());
                errno.map_or(1, |errno| 256 - errno)
            }),
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
        RegistryError::Status { status: 404, .. } => not_found(&error.to_string(), package),
        RegistryError::Status { status: 401, challenge, .. } => unauthorized(error, challenge),
        RegistryError::Status { status: 403, .. } => vec![
            format!("403 {error}"),
            "403 In most cases, you or one of your dependencies are requesting a package version that is forbidden by your security policy, or on a server you do not have access to.".into(),
        ],
        RegistryError::Unreachable { code, .. } | RegistryError::Interrupted { code, .. } => {
            unreachable(error, code)
        }
        _ => vec![error.to_string()],
    };
    Failure::Coded { code, lines }
}

fn unauthorized(error: &RegistryError, challenge: &str) -> Vec<String> {
    let lines: &[&str] = if error.wants_one_time_password() {
        &[
            "This operation requires a one-time password from your authenticator.",
            "You can provide a one-time password by passing --otp=<code> to the command you ran.",
            "If you already provided a one-time password then it is likely that you either typoed it, or it timed out. Please try again.",
        ]
    } else if challenge.starts_with("bearer") {
        &[
            "Unable to authenticate, your authentication token seems to be invalid.",
            "To correct this please try logging in again with:",
            "  npm login",
        ]
    } else if challenge.starts_with("basic") {
        &[
            "Incorrect or missing password.",
            "If you were trying to login, change your password, create an authentication token or enable two-factor authentication then that means you likely typed your password in incorrectly.",
            "Please try again, or ask the registry for a new password.",
            "",
            "If you were doing some other operation then your saved credentials are probably out of date.",
            "To correct this please try logging in again with:",
            "  npm login",
        ]
    } else {
        return vec![error.to_string()];
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn not_found(said: &str, package: Option<&str>) -> Vec<String> {
    let mut lines = vec![format!("404 {}", said.trim_start_matches("404 "))];
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
                // npm marks the first line only.
                let lines = format!("ERESOLVE {error}").lines().map(str::to_owned).collect();
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
