//! Arguments and environment.

use oac_abi::Errno;

use crate::{answer::Answer, arguments::Out, dispatch::Wasi, task::Strings};

impl Wasi<'_> {
    pub(crate) fn args_get(self, argv: Out<'_>) -> Answer<()> {
        put_strings(&self.kernel.tasks.get(self.task)?.argv, argv)
    }

    pub(crate) fn args_sizes_get(self, argc: Out<'_>, argv_buf_size: Out<'_>) -> Answer<()> {
        put_sizes(&self.kernel.tasks.get(self.task)?.argv, argc, argv_buf_size)
    }

    pub(crate) fn environ_get(self, environ: Out<'_>) -> Answer<()> {
        put_strings(&self.kernel.tasks.get(self.task)?.env, environ)
    }

    pub(crate) fn environ_sizes_get(self, environc: Out<'_>, environ_buf_size: Out<'_>) -> Answer<()> {
        put_sizes(&self.kernel.tasks.get(self.task)?.env, environc, environ_buf_size)
    }
}

fn put_strings(strings: &Strings, out: Out<'_>) -> Answer<()> {
    let joined: Vec<u8> =
        strings.iter().flat_map(|string| string.iter().copied().chain(std::iter::once(0))).collect();
    if joined.len() > out.buf.len() {
        return Err(Errno::E2BIG.into());
    }
    Ok(out.put(&joined)?)
}

fn put_sizes(strings: &Strings, count: Out<'_>, bytes: Out<'_>) -> Answer<()> {
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    count.put(&(strings.len() as u32).to_le_bytes())?;
    Ok(bytes.put(&(total as u32).to_le_bytes())?)
}
