//! What is known of Kaniko's executor: its flags, its versions, its words when it fails.
//!
//! Pure knowledge, from the sources of the original and of the maintained fork and from runs of
//! both: nothing here starts an executor or talks to one.

pub mod cause;
pub mod flags;
pub mod log;
pub mod unsupported;
pub mod version;
