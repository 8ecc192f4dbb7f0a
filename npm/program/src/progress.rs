//! A line that counts, on a terminal only.

use crate::context::Context;
use oac_npm_installer::Observer;
use std::io::{IsTerminal, Write};

/// The line.
pub(crate) struct Progress {
    shown: bool,
    on: bool,
    packuments: usize,
}

impl Progress {
    pub(crate) fn new(context: &Context) -> Self {
        let on = std::io::stderr().is_terminal() && context.switch("progress", true) && !context.quiet();
        Self { shown: false, on, packuments: 0 }
    }

    fn show(&mut self, text: &str) {
        if self.on {
            eprint!("\r\x1b[K{text}");
            // Ignored: a terminal that is gone is no reason to stop.
            let _ = std::io::stderr().flush();
            self.shown = true;
        }
    }

    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            eprint!("\r\x1b[K");
        }
    }
}

impl Observer for Progress {
    fn fetching(&mut self, package: &str) {
        self.packuments += 1;
        let text = format!("resolving {} {package}", self.packuments);
        self.show(&text);
    }

    fn progress(&mut self, done: usize, total: usize) {
        self.show(&format!("installing {done}/{total}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
