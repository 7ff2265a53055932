//! All that the program says: the one place that writes to stdout and stderr.

pub mod doctor;
mod dotenv;
mod file;
pub mod findings;
mod formats;
mod github;
mod indented;
mod junit;
mod live;
mod markdown;
pub mod plan;
mod printer;
mod redacted;
mod run;
mod sections;
mod serialized;
pub mod snippet;
mod table;
mod tail;

pub use dotenv::refusal;
pub use file::{WriteError, append, write};
pub use formats::{By, Ended, Format, Report};
pub use live::Live;
pub use printer::{Level, Printer, Style, in_a_line};
pub use table::table;
pub use tail::Tails;
