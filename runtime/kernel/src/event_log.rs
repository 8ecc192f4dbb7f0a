//! The event log: what tasks did, in order, for the host to write down. Bounded; what did not fit is counted.

use std::{collections::VecDeque, fmt::Write as _};

use oac_abi::{bounds::EVENT_LOG_MAX, signal::WaitStatus};

use crate::{Kernel, Port, TaskId};

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// From 1, without gaps: records that were lost stand in [`LogEvent::Lost`], whose number is that of the last of them.
    pub sequence: u64,
    /// When, ns since 1970.
    pub realtime_ns: i64,
    /// Who.
    pub task: TaskId,
    /// What.
    pub event: LogEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// The task was started.
    Spawn {
        /// By whom.
        parent: TaskId,
        /// What runs: a registered program's name, or `wasm`.
        program: String,
        /// Its arguments.
        argv: Vec<String>,
        /// Its working directory.
        cwd: String,
    },
    /// The task ended.
    Exit {
        /// How.
        status: WaitStatus,
        /// Why, as in the exit record.
        reason: Option<String>,
    },
    /// A file was opened for writing.
    Open {
        /// A number for this opening, to which writes refer.
        file: u64,
        /// Absolute path, links not resolved.
        path: String,
        /// Whether what was in it was thrown away.
        truncate: bool,
        /// Whether it may have been made.
        create: bool,
    },
    /// Bytes were written to an open file; writes that follow one another are one record.
    Write {
        /// The opening.
        file: u64,
        /// How many bytes.
        bytes: u64,
    },
    /// The task listens on a port.
    PortOpened {
        /// The port.
        port: Port,
    },
    /// The last listener of a port is gone; the task is init.
    PortClosed {
        /// The port.
        port: Port,
    },
    /// The task asks for an HTTP request.
    Fetch {
        /// Its method.
        method: String,
        /// Its address.
        url: String,
    },
    /// The task connects to the outside.
    Connect {
        /// A name, or an address.
        host: String,
        /// Of the host.
        port: Port,
    },
    /// Records that did not fit; the task is init.
    Lost {
        /// How many.
        count: u64,
    },
}

impl LogRecord {
    /// One line of JSON, without its newline: `seq`, `time_ns`, `task`, `event` and the event's own fields.
    pub fn to_json(&self) -> String {
        let mut line = format!(
            r#"{{"seq":{},"time_ns":{},"task":{},"event":"#,
            self.sequence, self.realtime_ns, self.task
        );
        // Writing to a string cannot fail.
        let _ = self.event.write_json(&mut line);
        line.push('}');
        line
    }
}

impl LogEvent {
    fn write_json(&self, out: &mut String) -> std::fmt::Result {
        match self {
            LogEvent::Spawn { parent, program, argv, cwd } => {
                let argv: Vec<String> = argv.iter().map(|argument| quoted(argument)).collect();
                write!(out, r#""spawn","parent":{parent},"program":{}"#, quoted(program))?;
                write!(out, r#","argv":[{}],"cwd":{}"#, argv.join(","), quoted(cwd))
            }
            LogEvent::Exit { status, reason } => {
                match status {
                    WaitStatus::Exited(code) => write!(out, r#""exit","code":{code}"#)?,
                    WaitStatus::Signaled(signal) => write!(out, r#""exit","signal":"{}""#, signal.name())?,
                }
                reason.as_ref().map_or(Ok(()), |reason| write!(out, r#","reason":{}"#, quoted(reason)))
            }
            LogEvent::Open { file, path, truncate, create } => {
                write!(out, r#""open","file":{file},"path":{}"#, quoted(path))?;
                write!(out, r#","truncate":{truncate},"create":{create}"#)
            }
            LogEvent::Write { file, bytes } => write!(out, r#""write","file":{file},"bytes":{bytes}"#),
            LogEvent::PortOpened { port } => write!(out, r#""port_opened","port":{port}"#),
            LogEvent::PortClosed { port } => write!(out, r#""port_closed","port":{port}"#),
            LogEvent::Fetch { method, url } => {
                write!(out, r#""fetch","method":{},"url":{}"#, quoted(method), quoted(url))
            }
            LogEvent::Connect { host, port } => {
                write!(out, r#""connect","host":{},"port":{port}"#, quoted(host))
            }
            LogEvent::Lost { count } => write!(out, r#""lost","count":{count}"#),
        }
    }
}

/// A string of JSON. RFC 8259, section 7.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\0'..='\x1f' | '\x7f' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Records that the host has not taken.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    records: VecDeque<LogRecord>,
    last_sequence: u64,
    lost: u64,
}

impl EventLog {
    fn push(&mut self, realtime_ns: i64, task: TaskId, event: LogEvent) {
        if let (LogEvent::Write { file, bytes }, Some(last)) = (&event, self.records.back_mut())
            && let LogEvent::Write { file: last_file, bytes: last_bytes } = &mut last.event
            && (*last_file, last.task) == (*file, task)
        {
            *last_bytes += bytes;
            return;
        }
        self.last_sequence += 1;
        if self.records.len() >= EVENT_LOG_MAX {
            self.lost += 1;
            return;
        }
        self.records.push_back(LogRecord { sequence: self.last_sequence, realtime_ns, task, event });
    }

    fn take(&mut self, realtime_ns: i64) -> Option<LogRecord> {
        if let Some(record) = self.records.pop_front() {
            return Some(record);
        }
        let count = std::mem::take(&mut self.lost);
        (count > 0).then_some(LogRecord {
            sequence: self.last_sequence,
            realtime_ns,
            task: crate::task::INIT,
            event: LogEvent::Lost { count },
        })
    }
}

impl Kernel {
    /// The next record of the event log, oldest first. Hosts drain it after every call and event, as requests; `None` for ever
    /// when the log was not asked for in the configuration.
    pub fn next_log_record(&mut self) -> Option<LogRecord> {
        self.event_log.take(self.now.realtime_ns)
    }

    /// Records what a task did. The event is only made when there is a log.
    pub(crate) fn log(&mut self, task: TaskId, event: impl FnOnce(&mut Kernel) -> LogEvent) {
        if self.config.event_log {
            let event = event(self);
            self.event_log.push(self.now.realtime_ns, task, event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: LogEvent, expect: &str) {
        let record = LogRecord { sequence: 7, realtime_ns: 5, task: TaskId(3), event };
        assert_eq!(record.to_json(), format!(r#"{{"seq":7,"time_ns":5,"task":3,"event":{expect}}}"#));
    }

    #[test]
    fn records_as_json() {
        check(
            LogEvent::Spawn {
                parent: TaskId(2),
                program: "sh".into(),
                argv: vec!["sh".into(), "-c".into(), "echo \"\\\n\u{1}é\"".into()],
                cwd: "/".into(),
            },
            r#""spawn","parent":2,"program":"sh","argv":["sh","-c","echo \"\\\n\u0001é\""],"cwd":"/""#,
        );
        check(LogEvent::Exit { status: WaitStatus::Exited(3), reason: None }, r#""exit","code":3"#);
        check(LogEvent::Write { file: 4, bytes: 10 }, r#""write","file":4,"bytes":10"#);
        check(LogEvent::PortOpened { port: Port(80) }, r#""port_opened","port":80"#);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut log = EventLog::default();
        for port in 0..EVENT_LOG_MAX + 3 {
            log.push(0, TaskId(1), LogEvent::PortOpened { port: Port(port as u16) });
        }
        let mut sequences = Vec::new();
        while let Some(record) = log.take(0) {
            sequences.push((record.sequence, record.event));
        }
        assert_eq!(sequences.len(), EVENT_LOG_MAX + 1);
        let last = (EVENT_LOG_MAX + 3) as u64;
        assert_eq!(sequences.pop(), Some((last, LogEvent::Lost { count: 3 })));
        log.push(0, TaskId(1), LogEvent::Lost { count: 0 });
        assert_eq!(log.take(0).map(|record| record.sequence), Some(last + 1));
    }

    #[test]
    fn writes_that_follow_one_another_are_one() {
        let mut log = EventLog::default();
        for (file, bytes) in [(1, 5), (1, 6), (2, 7), (1, 8)] {
            log.push(0, TaskId(1), LogEvent::Write { file, bytes });
        }
        let bytes: Vec<u64> = std::iter::from_fn(|| log.take(0))
            .map(|record| if let LogEvent::Write { bytes, .. } = record.event { bytes } else { 0 })
            .collect();
        assert_eq!(bytes, [11, 7, 8]);
    }
}
