//! Counting what there is, so that tests and hosts can see that nothing is left over.

use crate::Kernel;

/// How many of everything a kernel holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Census {
    /// Init, actors and zombies counted in.
    pub tasks: usize,
    /// Open descriptors of all tasks.
    pub fds: usize,
    /// Open-file descriptions, and references to them: as many as there are descriptors.
    pub descriptions: usize,
    pub references: usize,
    /// Made by `/task/new`, and not started.
    pub prepared: usize,
    pub pipes: usize,
    /// Pipes that have a name, among those.
    pub fifos: usize,
    pub sockets: usize,
    /// Names of Unix sockets.
    pub socket_names: usize,
    /// Descriptions inside messages: each is a reference without a descriptor.
    pub rights_in_flight: usize,
    /// Threads beside the main ones, ended ones that have a descriptor included.
    pub threads: usize,
    /// Ends of channels, messages in them, and segments of shared memory.
    pub channel_ends: usize,
    pub messages: usize,
    pub segments: usize,
    pub fetches: usize,
    /// Watchers of files, and their watches.
    pub watchers: usize,
    pub watches: usize,
    /// Locks of files and ranges.
    pub locks: usize,
    /// Names by which files are open.
    pub open_names: usize,
    pub terminals: usize,
    /// Timers that run.
    pub alarms: usize,
    pub namespaces: usize,
    /// Filesystems that tasks have mounted.
    pub mounted: usize,
    /// Tasks that wait in a queue.
    pub waiting: usize,
}

impl Kernel {
    /// Counts.
    pub fn census(&self) -> Census {
        let (descriptions, references) = self.files.census();
        let (watchers, watches) = self.watchers.census();
        let fds = |task: &crate::task::Task| task.life().map_or(0, |life| life.fds.iter().count());
        Census {
            tasks: self.tasks.len(),
            fds: self.tasks.iter().map(|(_, task)| fds(task)).sum(),
            descriptions,
            references,
            prepared: self.prepared.len(),
            pipes: self.pipes.len(),
            fifos: self.fifos.len(),
            sockets: self.sockets.len(),
            socket_names: self.sockets.names(),
            rights_in_flight: self.sockets.rights_in_flight() + self.channels.rights_in_flight(),
            threads: self.threads.len(),
            channel_ends: self.channels.len(),
            messages: self.channels.messages(),
            segments: self.segments.len(),
            fetches: self.fetches.len(),
            watchers,
            watches,
            locks: self.locks.len(),
            open_names: self.open_names.len(),
            terminals: self.terminals.len(),
            alarms: self.alarms.len(),
            namespaces: self.namespaces.len(),
            mounted: self.mounted.len(),
            waiting: self.waits.len(),
        }
    }
}
