//! What goes wrong in a page's call.

use oac_abi::Errno;

/// A page's call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebError {
    /// A system call failed. Worded as Node words it.
    #[error("{}: {}, {syscall}{}", errno.name(), errno.description(), Where(path))]
    Call {
        /// Why.
        errno: Errno,
        /// Which call, by the name that Node gives it.
        syscall: &'static str,
        /// On what.
        path: Option<String>,
    },
    /// A call that never waits was told to: a defect of the kernel or the host.
    #[error("{syscall} waits, though its descriptor does not block")]
    Waits {
        /// Which call.
        syscall: &'static str,
    },
    /// The task that the host plays has ended: the container is going down.
    #[error("the page's own task in the container has ended")]
    ActorEnded,
    /// The page named a process, or a stream of it, that it does not have.
    #[error("there is no open stream {stream} of process {pid}")]
    NoStream {
        /// The process.
        pid: u32,
        /// 0 input, 1 output, 2 error.
        stream: u32,
    },
}

/// A page's call's result.
pub type Result<T> = std::result::Result<T, WebError>;

struct Where<'a>(&'a Option<String>);

impl std::fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(path) => write!(f, " '{path}'"),
        }
    }
}

impl WebError {
    /// The `code` that a page tells it by.
    pub fn code(&self) -> &'static str {
        match self {
            WebError::Call { errno, .. } => errno.name(),
            WebError::NoStream { .. } => "EBADF",
            WebError::ActorEnded | WebError::Waits { .. } => "ERR_INTERNAL",
        }
    }

    pub(crate) fn call(errno: Errno, syscall: &'static str, path: &str) -> WebError {
        WebError::Call { errno, syscall, path: Some(path.to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worded_as_node_words_it() {
        let error = WebError::call(Errno::ENOENT, "open", "/x");
        assert_eq!(error.to_string(), "ENOENT: no such file or directory, open '/x'");
        assert_eq!(error.code(), "ENOENT");
    }
}
