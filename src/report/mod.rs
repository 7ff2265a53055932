//! All that the program says: the one place that writes to stdout and stderr.

mod live;
pub mod plan;
mod printer;
pub mod run;
pub mod snippet;
mod table;

pub use live::Live;
pub use printer::{Level, Printer, Style};
pub use run::write;
pub use table::table;
