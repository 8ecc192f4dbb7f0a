//! Messages that carry descriptors: `struct msghdr` and its control data, by hand.

use oac_abi::message::Details;

use super::{Answer, long_at, sys, word_at};

/// `struct cmsghdr`: length u64, level u32, type u32.
const CONTROL_HEADER_BYTES: usize = 16;
const SOL_SOCKET: u32 = 1;
const SCM_RIGHTS: u32 = 1;

/// `struct msghdr`: name, its length, vectors, their number, control data, its length, flags.
struct Message {
    words: [u64; 7],
    vector: [u64; 2],
}

impl Message {
    fn new(name: (u64, usize), bytes: (u64, usize), control: (u64, usize)) -> Box<Message> {
        let mut message = Box::new(Message { words: [0; 7], vector: [bytes.0, bytes.1 as u64] });
        let vector = message.vector.as_ptr() as u64;
        let name_at = if name.1 == 0 { 0 } else { name.0 };
        let control_at = if control.1 == 0 { 0 } else { control.0 };
        message.words = [name_at, name.1 as u64, vector, 1, control_at, control.1 as u64, 0];
        message
    }
}

pub(crate) fn sendmsg(fd: i32, buf: &[u8], flags: u32, address: &[u8], fds: &[u8]) -> Answer {
    let mut control = Vec::new();
    if !fds.is_empty() {
        control.extend(((CONTROL_HEADER_BYTES + fds.len()) as u64).to_le_bytes());
        control.extend(SOL_SOCKET.to_le_bytes());
        control.extend(SCM_RIGHTS.to_le_bytes());
        control.extend(fds);
        control.resize(control.len().next_multiple_of(8), 0);
    }
    let message = Message::new(
        (address.as_ptr() as u64, address.len()),
        (buf.as_ptr() as u64, buf.len()),
        (control.as_ptr() as u64, control.len()),
    );
    sys!(SYS_sendmsg, fd, message.words.as_ptr(), flags)
}

pub(crate) fn recvmsg(fd: i32, buf: &mut [u8], flags: u32, fds: &mut [u8], details: &mut [u8]) -> Answer {
    let mut name = [0u8; 128];
    // Room for exactly as many descriptors as the caller takes.
    let mut control = vec![0u8; if fds.is_empty() { 0 } else { CONTROL_HEADER_BYTES + fds.len() }];
    let mut message = Message::new(
        (name.as_mut_ptr() as u64, name.len()),
        (buf.as_mut_ptr() as u64, buf.len()),
        (control.as_mut_ptr() as u64, control.len()),
    );
    let len = sys!(SYS_recvmsg, fd, message.words.as_mut_ptr(), flags)?;
    let control = &control[..control.len().min(message.words[5] as usize)];
    let mut count = 0;
    if control.len() >= CONTROL_HEADER_BYTES && word_at(control, 12) == SCM_RIGHTS {
        let given = &control[CONTROL_HEADER_BYTES..(long_at(control, 0) as usize).min(control.len())];
        fds[..given.len()].copy_from_slice(given);
        count = given.len() / 4;
    }
    let record = Details {
        address: name[..message.words[1] as usize].to_vec(),
        fds: count as u32,
        flags: message.words[6] as u32,
    };
    details.copy_from_slice(&record.encode());
    Ok(len)
}
