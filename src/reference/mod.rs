//! The keys of the file, told to editors and to people: from the table that validation goes by.
//!
//! Pure: the same text each time, which the repository holds and a test compares.

mod schema;
mod tables;

pub use schema::schema;
pub use tables::tables;
