//! Guests in the text format, run beside a host program.

#![allow(clippy::unwrap_used)]

mod host;

#[test]
fn x() {}
