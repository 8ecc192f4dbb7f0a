//! Markdown tables.

use std::fmt::Write as _;

/// A titled table.
pub(super) struct Table {
    title: &'static str,
    columns: usize,
    text: String,
}

impl Table {
    /// A table without rows.
    pub(super) fn new<const N: usize>(title: &'static str, header: [&str; N]) -> Self {
        let rule = vec!["---"; N].join("|");
        Self { title, columns: N, text: format!("| {} |\n|{rule}|\n", header.join(" | ")) }
    }

    /// Adds a row of as many cells as the header has.
    pub(super) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        assert_eq!(N, self.columns, "a row of {} has as many cells as its header", self.title);
        // A String takes everything.
        let _infallible = writeln!(self.text, "| {} |", cells.join(" | "));
    }

    /// Appends title and table to a document.
    pub(super) fn write(&self, text: &mut String) {
        let _infallible = write!(text, "\n## {}\n\n{}", self.title, self.text);
    }
}
