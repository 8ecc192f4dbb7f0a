//! Ends at once: what is left is the cost of starting and ending a program.

fn main() {}
