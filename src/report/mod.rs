//! All that the program says: the one place that writes to stdout and stderr.

pub mod snippet;
