//! The program as its users meet it: what is typed and written, against exact output.
//!
//! Each test runs the program in a [`sandbox`], with fakes for what it starts. What needs a
//! part of the machine that is not there is left out, and says so on stderr.

mod architecture;
mod config;
mod container;
mod contexts;
mod engine;
mod executors;
mod fake;
mod machine;
mod podman;
mod ran;
mod sandbox;
mod secrets;
mod sessions;
mod templates;
