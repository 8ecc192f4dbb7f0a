//! What `spawn` is asked for. As posix_spawn(3) with its file actions and attributes.

use crate::{
    Errno,
    wire::{Reader, Writer},
};

/// A request to start a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpawnRequest {
    /// The program: a path, or a name that is looked up in `PATH` of `env`.
    pub program: Vec<u8>,
    /// All arguments, the zeroth included.
    pub argv: Vec<Vec<u8>>,
    /// The environment, `NAME=value`; `None` inherits the caller's (as the kernel knows it from its own start).
    pub env: Option<Vec<Vec<u8>>>,
    /// The working directory; `None` inherits the caller's.
    pub cwd: Option<Vec<u8>>,
    /// The child's descriptors: `(child's, caller's)`; nothing else is inherited. A caller's -1 leaves that one closed.
    pub fds: Vec<(i32, i32)>,
    /// [`SpawnRequest::NEW_GROUP`] and others.
    pub flags: u32,
}

impl SpawnRequest {
    /// The child leads a new process group.
    pub const NEW_GROUP: u32 = 1;
    /// The child leads a new session (and group).
    pub const NEW_SESSION: u32 = 2;
    /// The child's binds are its own from the start even for the caller (as rfork(RFCNAMEG) is not: the namespace is copied, so
    /// neither sees the other's later binds). This is the default; the flag shares the caller's namespace instead.
    pub const SHARE_NAMESPACE: u32 = 4;

    /// program, argv, (0 | 1 env), (0 | 1 cwd), count and pairs of descriptors, flags.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.bytes(&self.program).list(&self.argv);
        match &self.env {
            None => out.u32(0),
            Some(env) => out.u32(1).list(env),
        };
        match &self.cwd {
            None => out.u32(0),
            Some(cwd) => out.u32(1).bytes(cwd),
        };
        out.u32(self.fds.len() as u32);
        for &(child, parent) in &self.fds {
            out.u32(child as u32).u32(parent as u32);
        }
        out.u32(self.flags);
        out.finish()
    }

    /// The reverse of [`SpawnRequest::encode`].
    ///
    /// # Errors
    /// EINVAL for anything that it does not write.
    pub fn decode(message: &[u8]) -> Result<SpawnRequest, Errno> {
        let mut input = Reader::new(message);
        let program = input.bytes()?.to_vec();
        let argv = input.list()?;
        let env = match input.u32()? {
            0 => None,
            1 => Some(input.list()?),
            _ => return Err(Errno::EINVAL),
        };
        let cwd = match input.u32()? {
            0 => None,
            1 => Some(input.bytes()?.to_vec()),
            _ => return Err(Errno::EINVAL),
        };
        let mut fds = Vec::new();
        for _ in 0..input.u32()? {
            fds.push((input.u32()? as i32, input.u32()? as i32));
        }
        let flags = input.u32()?;
        input.end()?;
        Ok(SpawnRequest { program, argv, env, cwd, fds, flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_round_trip_and_cut_ones_are_refused() {
        let request = SpawnRequest {
            program: b"/bin/sh".to_vec(),
            argv: vec![b"sh".to_vec(), b"-c".to_vec(), b"true".to_vec()],
            env: Some(vec![b"A=1".to_vec()]),
            cwd: Some(b"/work".to_vec()),
            fds: vec![(0, 0), (1, 5), (2, -1)],
            flags: SpawnRequest::NEW_GROUP,
        };
        let bytes = request.encode();
        assert_eq!(SpawnRequest::decode(&bytes), Ok(request));
        for len in 0..bytes.len() {
            assert_eq!(SpawnRequest::decode(&bytes[..len]), Err(Errno::EINVAL));
        }
        assert_eq!(SpawnRequest::decode(&[&bytes[..], &[0]].concat()), Err(Errno::EINVAL));
    }
}
