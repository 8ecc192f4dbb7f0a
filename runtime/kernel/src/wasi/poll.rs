//! `poll_oneoff`.

use oac_abi::{Errno, bounds, flags::poll};

use crate::{
    Kernel, TaskId,
    answer::{Answer, Block, Stop},
    arguments::Out,
    description::{DescriptionId, File},
    dispatch::Wasi,
};

const SUBSCRIPTION_BYTES: usize = 48;
const EVENT_BYTES: usize = 32;

const TAG_CLOCK: u8 = 0;
const TAG_FD_READ: u8 = 1;
const TAG_FD_WRITE: u8 = 2;

const CLOCK_REALTIME: u32 = 0;
const CLOCK_MONOTONIC: u32 = 1;
const CLOCK_ABSOLUTE: u16 = 1;
const EVENT_HANGUP: u16 = 1;

fn u32_at(record: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| record[at + i]))
}

fn u64_at(record: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| record[at + i]))
}

/// What has happened to one subscription.
#[derive(Default)]
struct Event {
    error: Option<Errno>,
    bytes: u64,
    hangup: bool,
}

impl Event {
    /// userdata 0, errno u16 8, type u8 10, nbytes u64 16, flags u16 24.
    fn encode(&self, subscription: &[u8]) -> [u8; EVENT_BYTES] {
        let mut record = [0; EVENT_BYTES];
        record[..8].copy_from_slice(&subscription[..8]);
        record[8..10].copy_from_slice(&self.error.map_or(0, Errno::to_wasi).to_le_bytes());
        record[10] = subscription[8];
        record[16..24].copy_from_slice(&self.bytes.to_le_bytes());
        record[24..26].copy_from_slice(&if self.hangup { EVENT_HANGUP } else { 0 }.to_le_bytes());
        record
    }
}

impl Wasi<'_> {
    pub(crate) fn poll_oneoff(
        self,
        subscriptions: &[u8],
        events: Out<'_>,
        nsubscriptions: u32,
        nevents: Out<'_>,
    ) -> Answer<()> {
        let count = nsubscriptions as usize;
        let fits =
            count * SUBSCRIPTION_BYTES <= subscriptions.len() && count * EVENT_BYTES <= events.buf.len();
        if count == 0 || count > bounds::POLL_FDS_MAX || !fits {
            return Err(Errno::EINVAL.into());
        }
        let mut block = Block::default();
        let mut packed = Vec::new();
        for subscription in subscriptions.chunks_exact(SUBSCRIPTION_BYTES).take(count) {
            if let Some(event) = self.kernel.subscribed(self.task, subscription, &mut block)? {
                packed.extend_from_slice(&event.encode(subscription));
            }
        }
        if packed.is_empty() {
            return Err(Stop::Block(block));
        }
        let happened = packed.len() / EVENT_BYTES;
        events.put(&packed)?;
        Ok(nevents.put(&(happened as u32).to_le_bytes())?)
    }
}

impl Kernel {
    /// What has happened to one subscription; when nothing has, what to wait for goes into `block`.
    fn subscribed(
        &self,
        task: TaskId,
        subscription: &[u8],
        block: &mut Block,
    ) -> Result<Option<Event>, Errno> {
        let events = match subscription[8] {
            TAG_CLOCK => return self.subscribed_clock(task, subscription, block),
            TAG_FD_READ => poll::IN,
            TAG_FD_WRITE => poll::OUT,
            _ => return Err(Errno::EINVAL),
        };
        let id = match self.description_id(task, u32_at(subscription, 16) as i32) {
            Ok(id) => id,
            Err(errno) => return Ok(Some(Event { error: Some(errno), ..Event::default() })),
        };
        let state = self.readiness(task, id, events, &mut block.keys);
        if state & (events | poll::ERR | poll::HUP | poll::NVAL) == 0 {
            return Ok(None);
        }
        let bytes = if events == poll::IN { self.readable_bytes(id) } else { 0 };
        let error = (state & poll::NVAL != 0).then_some(Errno::EBADF);
        Ok(Some(Event { error, bytes, hangup: state & poll::HUP != 0 }))
    }

    fn subscribed_clock(
        &self,
        task: TaskId,
        subscription: &[u8],
        block: &mut Block,
    ) -> Result<Option<Event>, Errno> {
        let (clock, time_ns) = (u32_at(subscription, 16), u64_at(subscription, 24));
        let absolute = u16::from_le_bytes([subscription[40], subscription[41]]) & CLOCK_ABSOLUTE != 0;
        let now_ns = self.now.monotonic_ns;
        let deadline_ns = match (clock, absolute) {
            (CLOCK_REALTIME | CLOCK_MONOTONIC, false) => self.call_begun_ns(task)?.saturating_add(time_ns),
            (CLOCK_MONOTONIC, true) => time_ns,
            (CLOCK_REALTIME, true) => {
                let left_ns = i128::from(time_ns) - i128::from(self.now.realtime_ns);
                now_ns.saturating_add(u64::try_from(left_ns.max(0)).unwrap_or(u64::MAX))
            }
            _ => return Ok(Some(Event { error: Some(Errno::EOPNOTSUPP), ..Event::default() })),
        };
        if deadline_ns <= now_ns {
            return Ok(Some(Event::default()));
        }
        block.deadline_ns = Some(block.deadline_ns.map_or(deadline_ns, |other| other.min(deadline_ns)));
        Ok(None)
    }

    /// How many bytes a read would give, where that is known.
    fn readable_bytes(&self, id: DescriptionId) -> u64 {
        match self.files.get(id).map(|description| &description.file) {
            Ok(File::PipeReader(pipe) | File::PipeBoth(pipe)) => self.pipes.buffered_bytes(*pipe) as u64,
            Ok(File::Socket(socket)) => self.sockets.readable_bytes(*socket) as u64,
            Ok(File::Inotify(watcher)) => self.watchers.buffered_bytes(*watcher) as u64,
            Ok(File::Fetch(fetch)) => self.fetches.buffered_bytes(*fetch) as u64,
            Ok(File::Terminal { pty, master, .. }) => self.terminals.available_bytes(*pty, *master) as u64,
            _ => 0,
        }
    }
}
