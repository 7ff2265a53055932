//! The program `kaniko-build`.

fn main() {}
