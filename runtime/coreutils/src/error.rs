//! What ends a utility, in GNU's words.

use oac_sys::Errno;

/// Why a utility could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Arguments that make no sense; `status` is what the utility ends with then.
    #[error("{message}\nTry '{utility} --help' for more information.")]
    Usage { utility: &'static str, message: String, status: u8 },
    /// A system call failed.
    #[error("{what}: {}", text(*errno))]
    Call { what: String, errno: Errno },
    /// Any other reason, said by the utility.
    #[error("{0}")]
    Refused(String),
}

impl Failure {
    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Failure::Usage { status, .. } => *status,
            Failure::Call { .. } | Failure::Refused(_) => 1,
        }
    }
}

/// For `map_err`: a call that failed, with what it was about.
pub(crate) fn call(what: impl Into<String>) -> impl FnOnce(Errno) -> Failure {
    move |errno| Failure::Call { what: what.into(), errno }
}

/// For `map_err`: arguments that cannot be understood.
pub(crate) fn usage(utility: &'static str, status: u8) -> impl Fn(lexopt::Error) -> Failure {
    move |error| {
        let message = match &error {
            lexopt::Error::UnexpectedOption(option) if option.starts_with("--") => {
                format!("unrecognized option '{option}'")
            }
            lexopt::Error::UnexpectedOption(option) => {
                format!("invalid option -- '{}'", option.trim_start_matches('-'))
            }
            other => other.to_string(),
        };
        Failure::Usage { utility, message, status }
    }
}

/// strerror(3).
pub(crate) fn text(errno: Errno) -> String {
    let description = errno.description();
    let mut letters = description.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
