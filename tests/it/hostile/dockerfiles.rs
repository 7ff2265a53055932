//! Dockerfiles that grow without end.

use std::{fmt::Write as _, io::Write as _};

use super::{WRITES, failed, project};
use crate::ran::Ran;

/// What a build of this Dockerfile ends with, in memory for some times 10 MB.
fn limited(dockerfile: &str) -> Ran {
    let sandbox = project("", "127.0.0.1:1").file("context/Dockerfile", dockerfile);
    sandbox.sh("ulimit -v 1000000 && exec kaniko-build run")
}

#[test]
fn three_megabytes_of_braces_within_braces_are_refused() {
    let nested = format!("{}{}", "${a:-".repeat(500_000), "}".repeat(500_000));

    failed(
        &limited(&format!("FROM scratch\nENV x={nested}\n")),
        "context/Dockerfile:2: variables are nested too deeply",
    );
}

#[test]
fn a_value_that_doubles_with_every_line_is_refused() {
    let mut dockerfile = "FROM scratch\nENV a0=xxxxxxxxxx\n".to_owned();
    for number in 1..60 {
        let before = number - 1;
        dockerfile.extend([format!("ENV a{number}=$a{before}$a{before}\n")]);
    }

    failed(&limited(&dockerfile), "context/Dockerfile:19: a value becomes longer than 1 MiB");
}

#[test]
fn a_pattern_of_hundreds_of_stars_ends() {
    let (value, stars) = ("a".repeat(30_000), "*a".repeat(300));
    let dockerfile = format!("FROM scratch\nENV v={value}\nENV w=${{v//{stars}b/x}}\n");

    limited(&dockerfile).code(0);
}

#[test]
fn a_line_of_two_megabytes_is_a_line() {
    limited(&format!("FROM scratch\nLABEL x={}\n", "y".repeat(1_900_000))).code(0);
}

#[test]
fn a_dockerfile_of_ten_megabytes_is_refused_and_one_of_four_ends() {
    let mut copies = b"FROM scratch\n".to_vec();
    for number in 0..500_000 {
        writeln!(copies, "COPY f /{number:09}").expect(WRITES);
    }
    let sandbox = project("", "127.0.0.1:1").file("context/Dockerfile", copies.clone());
    sandbox.run(["run"]).code(2).stderr_contains("error: `context/Dockerfile` has more than 4 MiB");

    // Whole lines.
    copies.truncate(13 + 18 * 220_000);
    let sandbox = project("", "127.0.0.1:1").file("context/Dockerfile", copies);
    failed(&sandbox.run(["run"]), "context/Dockerfile:502: an image has at most 500 layers");
}

#[test]
fn a_config_that_no_engine_takes_is_refused_in_little_memory() {
    let dockerfile = format!("FROM scratch\n{}", "LABEL a=b\n".repeat(400_000));
    let sandbox = project("", "127.0.0.1:1").file("context/Dockerfile", dockerfile);

    sandbox.sh("ulimit -v 1500000 && exec kaniko-build run").code(1).stderr_contains(
        "context/Dockerfile:42368: with this line the image's config has more than 4 MiB, and no \
         engine takes so much",
    );
}

#[test]
fn values_that_are_made_of_a_long_value_are_refused_in_little_memory() {
    let mut long = format!("FROM scratch\nARG A={}\n", "x".repeat(1 << 10));
    long += &"ARG A=$A$A\n".repeat(9);
    for number in 0..100_000 {
        let _ = writeln!(long, "ARG B{number}=$A");
    }
    long += "ADD $B1 /\n";

    failed(&limited(&long), "context/Dockerfile:43: the variables before it have more than 16 MiB");
}

#[test]
fn a_chain_of_ten_thousand_stages_with_a_variable_each_is_built_in_little_memory() {
    let stages = (1..10_000).fold("FROM scratch AS s0\n".to_owned(), |mut text, stage| {
        let _ = writeln!(text, "FROM s{} AS s{stage}\nENV V{stage}=v", stage - 1);
        text
    });

    limited(&format!("{stages}COPY f /\n")).code(0);
}

#[test]
fn thirty_thousand_variables_are_built() {
    let lines = (1..30_000).fold("FROM scratch\nENV V0=v\n".to_owned(), |mut text, line| {
        let _ = writeln!(text, "ENV V{line}=$V{}", line - 1);
        text
    });

    limited(&lines).code(0);
}
