//! The few file operations the standard library does not have in the container.

use std::io;
use std::path::Path;

/// Makes a symbolic link.
#[cfg(target_family = "wasm")]
pub(crate) fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    oac_sys::symlink(bytes(target), bytes(link)).map_err(errno)
}

/// Sets permission bits.
#[cfg(target_family = "wasm")]
pub(crate) fn chmod(path: &Path, mode: u32) -> io::Result<()> {
    oac_sys::chmod(bytes(path), mode).map_err(errno)
}

#[cfg(target_family = "wasm")]
fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

#[cfg(target_family = "wasm")]
pub(crate) fn errno(errno: oac_sys::Errno) -> io::Error {
    use oac_sys::Errno as E;
    let kind = match errno {
        E::ENOENT => io::ErrorKind::NotFound,
        E::EEXIST => io::ErrorKind::AlreadyExists,
        E::EACCES | E::EPERM => io::ErrorKind::PermissionDenied,
        E::EROFS => io::ErrorKind::ReadOnlyFilesystem,
        E::ENOSPC => io::ErrorKind::StorageFull,
        E::ENOTDIR => io::ErrorKind::NotADirectory,
        E::ENOSYS => io::ErrorKind::Unsupported,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, errno.name())
}

/// Makes a symbolic link.
#[cfg(unix)]
pub(crate) fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Sets permission bits.
#[cfg(unix)]
pub(crate) fn chmod(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Whether a file has an executable bit.
#[cfg(target_family = "wasm")]
pub(crate) fn is_executable(path: &Path) -> bool {
    // The standard library's file attributes have no permissions there.
    oac_sys::stat(bytes(path)).is_ok_and(|stat| stat.mode & 0o111 != 0)
}

/// Whether a file has an executable bit.
#[cfg(unix)]
pub(crate) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}
