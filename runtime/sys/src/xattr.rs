//! Extended attributes of files, links followed. xattr(7).

use crate::{Errno, Result, flags::at, raw};

/// The value of an attribute.
pub fn get_xattr(path: &[u8], name: &[u8]) -> Result<Vec<u8>> {
    measured(|buf| raw::getxattrat(at::FDCWD, path, 0, name, buf))
}

/// Sets an attribute: `flags` as in [`crate::flags::xattr`].
pub fn set_xattr(path: &[u8], name: &[u8], value: &[u8], flags: u32) -> Result<()> {
    raw::setxattrat(at::FDCWD, path, 0, name, value, flags).map(drop)
}

/// The names of all attributes.
pub fn list_xattr(path: &[u8]) -> Result<Vec<Vec<u8>>> {
    let names = measured(|buf| raw::listxattrat(at::FDCWD, path, 0, buf))?;
    Ok(names.split(|&byte| byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect())
}

/// Removes an attribute.
pub fn remove_xattr(path: &[u8], name: &[u8]) -> Result<()> {
    raw::removexattrat(at::FDCWD, path, 0, name).map(drop)
}

/// Asks for the length first; again when it has grown in between.
fn measured(mut call: impl FnMut(&mut [u8]) -> Result<i64>) -> Result<Vec<u8>> {
    loop {
        let mut buf = vec![0; call(&mut [])? as usize];
        if buf.is_empty() {
            return Ok(buf);
        }
        match call(&mut buf) {
            Err(Errno::ERANGE) => {}
            len => {
                buf.truncate(len? as usize);
                return Ok(buf);
            }
        }
    }
}
