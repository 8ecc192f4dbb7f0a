//! What `spawn` is asked for. As posix_spawn(3) with its file actions and attributes.

use crate::{
    Errno,
    limit::Rlimit,
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
    /// The process group that the child joins, one of the caller's session (0: a new one of its own, as setpgid(2) has it);
    /// `None`: the caller's, or as the flags say.
    pub group: Option<u32>,
    /// A descriptor of the caller's for a terminal. With NEW_SESSION it becomes the controlling terminal of the child's session,
    /// else the child's group becomes the terminal's foreground group.
    pub terminal: Option<i32>,
    /// Whose the child is; `None`: the caller's. Only root may give another.
    pub credentials: Option<Credentials>,
    /// Signals that have their default effect in the child although the caller ignores them; bit n-1 is signal n. Signals that
    /// the caller catches have it in any case.
    pub default_signals: u64,
    /// The file mode creation mask; `None` inherits the caller's.
    pub umask: Option<u32>,
    /// Limits that the child begins with, by `limit::resource`; the others are the caller's.
    pub limits: Vec<(u32, Rlimit)>,
    /// What is taken from the caller's capabilities.
    pub narrowing: Narrowing,
}

/// User and groups of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Real, effective and saved user.
    pub uid: u32,
    /// Real, effective and saved group.
    pub gid: u32,
    /// Supplementary groups.
    pub groups: Vec<u32>,
}

/// What a child may do of that which its parent may. `None` leaves it as it is; a list takes away what is not in it. What the
/// parent may not do itself is EPERM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Absolute paths of files and trees that may be read.
    pub read: Option<Vec<String>>,
    /// Absolute paths of files and trees that may be changed.
    pub write: Option<Vec<String>>,
    /// Hosts that may be reached: `example.com`, `*.example.com`, `example.com:8080`.
    pub fetch: Option<Vec<String>>,
    /// Ports that may be listened on, in decimal.
    pub listen: Option<Vec<String>>,
    /// Programs that may be started: names of registered programs, and absolute paths of others.
    pub spawn: Option<Vec<String>>,
    /// Names of environment variables that reach the child.
    pub env: Option<Vec<String>>,
}

impl Narrowing {
    fn lists(&self) -> [&Option<Vec<String>>; 6] {
        [&self.read, &self.write, &self.fetch, &self.listen, &self.spawn, &self.env]
    }
}

impl SpawnRequest {
    /// The child leads a new process group.
    pub const NEW_GROUP: u32 = 1;
    /// The child leads a new session (and group).
    pub const NEW_SESSION: u32 = 2;
    /// The child's binds are its own from the start even for the caller (as rfork(RFCNAMEG) is not: the namespace is copied, so
    /// neither sees the other's later binds). This is the default; the flag shares the caller's namespace instead.
    pub const SHARE_NAMESPACE: u32 = 4;

    /// program, argv, env, cwd, count and pairs of descriptors, flags, group, terminal, credentials (uid, gid, count and groups),
    /// the halves of `default_signals`, umask, count of limits (resource, soft, hard as halves), the six lists of `narrowing`.
    /// What is optional stands behind a 0 or a 1; everything behind the flags may be left out together.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.bytes(&self.program).list(&self.argv);
        optional(&mut out, &self.env, |out, env| {
            out.list(env);
        });
        optional(&mut out, &self.cwd, |out, cwd| {
            out.bytes(cwd);
        });
        out.u32(self.fds.len() as u32);
        for &(child, parent) in &self.fds {
            out.u32(child as u32).u32(parent as u32);
        }
        out.u32(self.flags);
        optional(&mut out, &self.group, |out, &group| {
            out.u32(group);
        });
        optional(&mut out, &self.terminal, |out, &fd| {
            out.u32(fd as u32);
        });
        optional(&mut out, &self.credentials, |out, credentials| {
            out.u32(credentials.uid).u32(credentials.gid).u32(credentials.groups.len() as u32);
            for &group in &credentials.groups {
                out.u32(group);
            }
        });
        write_u64(&mut out, self.default_signals);
        optional(&mut out, &self.umask, |out, &umask| {
            out.u32(umask);
        });
        out.u32(self.limits.len() as u32);
        for (resource, limit) in &self.limits {
            out.u32(*resource);
            write_u64(&mut out, limit.soft);
            write_u64(&mut out, limit.hard);
        }
        for list in self.narrowing.lists() {
            optional(&mut out, list, |out, list| {
                out.u32(list.len() as u32);
                for entry in list {
                    out.bytes(entry.as_bytes());
                }
            });
        }
        out.finish()
    }

    /// The reverse of [`SpawnRequest::encode`].
    ///
    /// # Errors
    /// EINVAL for anything that it does not write.
    pub fn decode(message: &[u8]) -> Result<SpawnRequest, Errno> {
        let input = &mut Reader::new(message);
        let plain = SpawnRequest {
            program: input.bytes()?.to_vec(),
            argv: input.list()?,
            env: read_optional(input, Reader::list)?,
            cwd: read_optional(input, |input| Ok(input.bytes()?.to_vec()))?,
            fds: read_many(input, |input| Ok((input.u32()? as i32, input.u32()? as i32)))?,
            flags: input.u32()?,
            ..SpawnRequest::default()
        };
        if input.end().is_ok() {
            return Ok(plain);
        }
        let request = SpawnRequest {
            group: read_optional(input, Reader::u32)?,
            terminal: read_optional(input, |input| Ok(input.u32()? as i32))?,
            credentials: read_optional(input, |input| {
                let (uid, gid) = (input.u32()?, input.u32()?);
                Ok(Credentials { uid, gid, groups: read_many(input, Reader::u32)? })
            })?,
            default_signals: read_u64(input)?,
            umask: read_optional(input, Reader::u32)?,
            limits: read_many(input, |input| {
                Ok((input.u32()?, Rlimit { soft: read_u64(input)?, hard: read_u64(input)? }))
            })?,
            narrowing: Narrowing {
                read: read_names(input)?,
                write: read_names(input)?,
                fetch: read_names(input)?,
                listen: read_names(input)?,
                spawn: read_names(input)?,
                env: read_names(input)?,
            },
            ..plain
        };
        input.end()?;
        Ok(request)
    }
}

fn write_u64(out: &mut Writer, value: u64) {
    out.u32(value as u32).u32((value >> 32) as u32);
}

fn read_u64(input: &mut Reader<'_>) -> Result<u64, Errno> {
    Ok(u64::from(input.u32()?) | u64::from(input.u32()?) << 32)
}

fn optional<T>(out: &mut Writer, value: &Option<T>, write: impl FnOnce(&mut Writer, &T)) {
    match value {
        None => {
            out.u32(0);
        }
        Some(value) => write(out.u32(1), value),
    }
}

fn read_optional<'a, T>(
    input: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, Errno>,
) -> Result<Option<T>, Errno> {
    match input.u32()? {
        0 => Ok(None),
        1 => read(input).map(Some),
        _ => Err(Errno::EINVAL),
    }
}

fn read_many<'a, T>(
    input: &mut Reader<'a>,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T, Errno>,
) -> Result<Vec<T>, Errno> {
    let count = input.u32()?;
    // No reservation: the count is not to be believed before what it counts is there.
    let mut values = Vec::new();
    for _ in 0..count {
        values.push(read(input)?);
    }
    Ok(values)
}

fn read_names(input: &mut Reader<'_>) -> Result<Option<Vec<String>>, Errno> {
    read_optional(input, |input| {
        read_many(input, |input| String::from_utf8(input.bytes()?.to_vec()).map_err(|_| Errno::EINVAL))
    })
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
            group: Some(7),
            terminal: Some(3),
            credentials: Some(Credentials { uid: 1000, gid: 100, groups: vec![4, 24] }),
            default_signals: 1 << 63 | 2,
            umask: Some(0o077),
            limits: vec![(7, Rlimit { soft: 64, hard: u64::MAX })],
            narrowing: Narrowing {
                read: Some(vec!["/work".into()]),
                env: Some(vec![]),
                ..Narrowing::default()
            },
        };
        let bytes = request.encode();
        assert_eq!(SpawnRequest::decode(&bytes), Ok(request.clone()));
        // The one place where it may end early: behind the flags.
        let cut: Vec<usize> =
            (0..bytes.len()).filter(|&len| SpawnRequest::decode(&bytes[..len]).is_ok()).collect();
        assert_eq!(cut.len(), 1, "{cut:?}");
        let plain = SpawnRequest::decode(&bytes[..cut[0]]).expect("it was just decoded");
        assert_eq!((plain.flags, plain.group, plain.fds), (request.flags, None, request.fds));
        assert_eq!(SpawnRequest::decode(&[&bytes[..], &[0]].concat()), Err(Errno::EINVAL));
    }
}
