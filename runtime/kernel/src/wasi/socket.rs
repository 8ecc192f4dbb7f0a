//! `sock_*`. Preview 1 cannot make sockets; these act on those that were handed down or made through `oac`.

use oac_abi::{Errno, flags::message};

use super::{fd::status_flags, layout::fdflags};
use crate::{
    answer::Answer,
    arguments::Out,
    dispatch::{Sys, Wasi},
    files::At,
};

impl Wasi<'_> {
    pub(crate) fn sock_accept(self, fd: i32, flags: u32, connection: Out<'_>) -> Answer<()> {
        if flags & !fdflags::NONBLOCK != 0 {
            return Err(Errno::EINVAL.into());
        }
        // SOCK_NONBLOCK is O_NONBLOCK.
        let (accepted, _) = self.kernel.accept(self.task, fd, status_flags(flags))?;
        Ok(connection.put(&accepted.0.to_le_bytes())?)
    }

    pub(crate) fn sock_recv(
        self,
        fd: i32,
        iovs: Out<'_>,
        ri_flags: u32,
        ro_datalen: Out<'_>,
        ro_flags: Out<'_>,
    ) -> Answer<()> {
        const PEEK: u32 = 1;
        const WAITALL: u32 = 2;
        const DATA_TRUNCATED: u16 = 1;
        if ri_flags & !(PEEK | WAITALL) != 0 {
            return Err(Errno::EINVAL.into());
        }
        let peek = if ri_flags & PEEK != 0 { message::PEEK } else { 0 };
        let flags = peek | if ri_flags & WAITALL != 0 { message::WAITALL } else { 0 };
        let received = self.kernel.receive(self.task, fd, iovs.buf, flags)?;
        self.kernel.discard_rights(received.rights);
        iovs.filled(received.filled);
        ro_datalen.put(&(received.filled as u32).to_le_bytes())?;
        let out_flags = if received.is_cut { DATA_TRUNCATED } else { 0 };
        Ok(ro_flags.put(&out_flags.to_le_bytes())?)
    }

    pub(crate) fn sock_send(self, fd: i32, iovs: &[u8], si_flags: u32, so_datalen: Out<'_>) -> Answer<()> {
        self.kernel.socket_id(self.task, fd)?;
        if si_flags != 0 {
            return Err(Errno::EINVAL.into());
        }
        let len = self.kernel.write_file(self.task, fd, At::Position, iovs)?;
        Ok(so_datalen.put(&(len as u32).to_le_bytes())?)
    }

    pub(crate) fn sock_shutdown(self, fd: i32, how: u32) -> Answer<()> {
        const READ: u32 = 1;
        const WRITE: u32 = 2;
        let how = match how {
            READ => oac_abi::flags::socket::SHUT_RD,
            WRITE => oac_abi::flags::socket::SHUT_WR,
            3 => oac_abi::flags::socket::SHUT_RDWR,
            _ => return Err(Errno::EINVAL.into()),
        };
        Sys { kernel: self.kernel, task: self.task }.shutdown(fd, how).map(|_| ())
    }
}
