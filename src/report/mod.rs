//! All that the program says: the one place that writes to stdout and stderr.

mod live;
mod printer;
pub mod snippet;
mod table;

pub use live::Live;
pub use printer::{Printer, Style, chain};
pub use table::table;
