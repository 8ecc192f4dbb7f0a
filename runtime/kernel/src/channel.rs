//! Channels of messages between threads: two ends, or as many as join a name. A message is whole, bounded, and may carry
//! descriptions; whatever is in a channel that is given up goes with it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use oac_abi::{
    Errno,
    bounds::{CHANNEL_BYTES_MAX, CHANNEL_ENDS_MAX, CHANNEL_MESSAGE_BYTES_MAX, CHANNEL_MESSAGE_COST_BYTES},
    flags::poll,
};

use crate::{Kernel, TaskId, description::DescriptionId, wait_queue::WaitKey};

/// An end's number. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EndId(pub(crate) u64);

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) rights: Vec<DescriptionId>,
}

impl Message {
    fn cost(&self) -> usize {
        self.bytes.len() + CHANNEL_MESSAGE_COST_BYTES
    }
}

#[derive(Clone, Debug)]
enum Link {
    /// The other end, while it is there.
    Pair(Option<EndId>),
    /// All that joined this name within the process.
    Named(Arc<[u8]>),
}

#[derive(Debug)]
struct End {
    /// Whose it is; when that ends, what is in it goes.
    process: TaskId,
    link: Link,
    inbox: VecDeque<Message>,
    /// The parts so far of a message that is being sent from here.
    parts: Vec<u8>,
}

/// All channels of a container.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    ends: BTreeMap<EndId, End>,
    names: BTreeMap<(TaskId, Arc<[u8]>), BTreeSet<EndId>>,
    /// Of all messages and parts.
    bytes: usize,
    last: u64,
}

impl Channels {
    fn add(&mut self, process: TaskId, link: Link) -> EndId {
        self.last += 1;
        let end = End { process, link, inbox: VecDeque::new(), parts: Vec::new() };
        self.ends.insert(EndId(self.last), end);
        EndId(self.last)
    }

    fn require_room(&self, count: usize) -> Result<(), Errno> {
        if self.ends.len() + count > CHANNEL_ENDS_MAX { Err(Errno::ENFILE) } else { Ok(()) }
    }

    /// Two ends that are connected.
    ///
    /// # Errors
    /// ENFILE.
    pub(crate) fn pair(&mut self, process: TaskId) -> Result<(EndId, EndId), Errno> {
        self.require_room(2)?;
        let first = self.add(process, Link::Pair(None));
        let second = self.add(process, Link::Pair(Some(first)));
        if let Some(end) = self.ends.get_mut(&first) {
            end.link = Link::Pair(Some(second));
        }
        Ok((first, second))
    }

    /// One more end of a name.
    ///
    /// # Errors
    /// ENFILE.
    pub(crate) fn join(&mut self, process: TaskId, name: &[u8]) -> Result<EndId, Errno> {
        self.require_room(1)?;
        let name: Arc<[u8]> = name.into();
        let end = self.add(process, Link::Named(name.clone()));
        self.names.entry((process, name)).or_default().insert(end);
        Ok(end)
    }

    /// Who gets what is sent from an end.
    fn receivers(&self, from: EndId) -> Vec<EndId> {
        match self.ends.get(&from).map(|end| (&end.link, end.process)) {
            Some((Link::Pair(peer), _)) => peer.iter().copied().collect(),
            Some((Link::Named(name), process)) => {
                let members = self.names.get(&(process, name.clone()));
                members.into_iter().flatten().copied().filter(|&end| end != from).collect()
            }
            None => Vec::new(),
        }
    }

    /// Keeps a part of a message that goes out from here.
    ///
    /// # Errors
    /// EMSGSIZE, ENOBUFS: the parts so far are dropped then.
    pub(crate) fn push_part(&mut self, from: EndId, part: &[u8]) -> Result<(), Errno> {
        let end = self.ends.get_mut(&from).ok_or(Errno::EBADF)?;
        let errno = if end.parts.len() + part.len() > CHANNEL_MESSAGE_BYTES_MAX {
            Errno::EMSGSIZE
        } else if self.bytes + part.len() + CHANNEL_MESSAGE_COST_BYTES > CHANNEL_BYTES_MAX {
            Errno::ENOBUFS
        } else {
            end.parts.extend_from_slice(part);
            self.bytes += part.len();
            return Ok(());
        };
        self.bytes -= std::mem::take(&mut end.parts).len();
        Err(errno)
    }

    /// Fails when the parts that are kept, sent to all who get them, were too much; they are dropped then.
    ///
    /// # Errors
    /// ENOBUFS.
    pub(crate) fn require_delivery(&mut self, from: EndId) -> Result<(), Errno> {
        let copies = self.receivers(from).len();
        let Some(end) = self.ends.get_mut(&from) else { return Err(Errno::EBADF) };
        let cost = (end.parts.len() + CHANNEL_MESSAGE_COST_BYTES).saturating_mul(copies);
        if self.bytes.saturating_add(cost) <= CHANNEL_BYTES_MAX {
            return Ok(());
        }
        self.bytes -= std::mem::take(&mut end.parts).len();
        Err(Errno::ENOBUFS)
    }

    /// The message whose parts are kept, taken out.
    fn take_parts(&mut self, from: EndId) -> Vec<u8> {
        let parts = self.ends.get_mut(&from).map(|end| std::mem::take(&mut end.parts)).unwrap_or_default();
        self.bytes -= parts.len();
        parts
    }

    fn deliver(&mut self, to: EndId, message: Message) {
        if let Some(end) = self.ends.get_mut(&to) {
            self.bytes += message.cost();
            end.inbox.push_back(message);
        }
    }

    /// The next message of an end.
    ///
    /// # Errors
    /// EAGAIN when there is none yet, EPIPE when there will be none.
    pub(crate) fn next(&self, id: EndId) -> Result<&Message, Errno> {
        let end = self.ends.get(&id).ok_or(Errno::EBADF)?;
        let none = if matches!(end.link, Link::Pair(None)) { Errno::EPIPE } else { Errno::EAGAIN };
        end.inbox.front().ok_or(none)
    }

    /// Takes the next message out.
    pub(crate) fn take(&mut self, id: EndId) -> Option<Message> {
        let message = self.ends.get_mut(&id)?.inbox.pop_front()?;
        self.bytes -= message.cost();
        Some(message)
    }

    pub(crate) fn readiness(&self, id: EndId) -> u16 {
        let Some(end) = self.ends.get(&id) else { return poll::NVAL };
        let gone = matches!(end.link, Link::Pair(None));
        let mut state = poll::OUT;
        if !end.inbox.is_empty() || gone {
            state |= poll::IN;
        }
        if gone { state | poll::HUP } else { state }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn messages(&self) -> usize {
        self.ends.values().map(|end| end.inbox.len()).sum()
    }

    pub(crate) fn rights_in_flight(&self) -> usize {
        self.ends.values().flat_map(|end| &end.inbox).map(|message| message.rights.len()).sum()
    }
}

impl Kernel {
    /// Sends the parts that are kept, with descriptions of which the channel takes one reference over.
    ///
    /// # Errors
    /// EPIPE when the other end is gone: the references are given up then.
    pub(crate) fn channel_send_parts(
        &mut self,
        from: EndId,
        rights: Vec<DescriptionId>,
    ) -> Result<(), Errno> {
        let bytes: Arc<[u8]> = self.channels.take_parts(from).into();
        let receivers = self.channels.receivers(from);
        let paired = matches!(self.channels.ends.get(&from), Some(End { link: Link::Pair(_), .. }));
        let message = Message { bytes, rights };
        for &to in &receivers {
            for &right in &message.rights {
                self.files.share(right);
            }
            self.channels.deliver(to, message.clone());
            self.waits.wake(WaitKey::Channel(to));
        }
        for right in message.rights {
            self.release(right);
        }
        if receivers.is_empty() && paired { Err(Errno::EPIPE) } else { Ok(()) }
    }

    /// The last descriptor of an end is closed.
    pub(crate) fn channel_close(&mut self, id: EndId) {
        let Some(end) = self.channels.ends.remove(&id) else { return };
        self.channels.bytes -= end.parts.len();
        match end.link {
            Link::Pair(Some(peer)) => {
                if let Some(peer) = self.channels.ends.get_mut(&peer) {
                    peer.link = Link::Pair(None);
                }
                self.waits.wake(WaitKey::Channel(peer));
            }
            Link::Pair(None) => {}
            Link::Named(name) => {
                let key = (end.process, name);
                if let Some(members) = self.channels.names.get_mut(&key) {
                    members.remove(&id);
                    if members.is_empty() {
                        self.channels.names.remove(&key);
                    }
                }
            }
        }
        self.drop_messages(end.inbox);
    }

    fn drop_messages(&mut self, messages: VecDeque<Message>) {
        for message in messages {
            self.channels.bytes -= message.cost();
            for right in message.rights {
                self.release(right);
            }
        }
    }

    /// A process ends: nobody will receive what is in its channels, which may hold each other's ends.
    pub(crate) fn end_channels_of(&mut self, process: TaskId) {
        let theirs: Vec<EndId> =
            self.channels.ends.iter().filter(|(_, end)| end.process == process).map(|(&id, _)| id).collect();
        for id in theirs {
            if let Some(end) = self.channels.ends.get_mut(&id) {
                let inbox = std::mem::take(&mut end.inbox);
                self.drop_messages(inbox);
            }
        }
    }
}
