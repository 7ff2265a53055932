//! The program as its users meet it: what is typed and written, against exact output.
//!
//! Each test runs the program in a [`sandbox`], with fakes for what it starts. What needs a
//! part of the machine that is not there is left out, and says so on stderr.

mod architecture;
mod asked;
mod beside_tar;
mod check;
mod compared;
mod config;
mod container;
mod contexts;
mod corpus;
mod doctor;
mod documents;
mod engine;
mod engines;
mod examples;
mod executors;
mod fake;
mod few_threads;
mod fuzz;
mod hostile;
mod images;
mod init;
mod jobs;
mod layers;
mod limits;
mod loading;
mod logins;
mod machine;
mod monorepo;
mod needs;
mod pipelines;
mod podman;
mod provenance;
mod pushes;
mod ran;
mod real;
mod reference;
mod registries;
mod registry;
mod reports;
mod repository;
mod sandbox;
mod schemas;
mod scripts;
mod secrets;
mod sessions;
mod slim;
mod slimmed;
mod sources;
mod tag_rules;
mod templates;
mod unwritten;
mod values;
mod wrong;
