//! What the fuzzer feeds to the program, replayed: `fuzz/README.md` says how more is found.

#[path = "../../fuzz/case.rs"]
mod case;

use std::fs;

use case::Project;

use crate::repository;

/// The texts of a directory of inputs.
fn inputs(directory: &str) -> Vec<String> {
    let entries = fs::read_dir(repository::path(directory)).expect("the inputs are there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let texts = paths.map(|path| fs::read(&path).expect("an input"));
    texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
}

#[test]
fn every_input_has_a_plan_or_mistakes_with_places() {
    let project = Project::new();
    let (mut plans, mut refusals) = (0, 0);
    for input in ["fuzz/corpus/config", "tests/corpus/wrong"].map(inputs).concat() {
        *if project.takes(&input) { &mut plans } else { &mut refusals } += 1;
    }

    assert!(plans >= 10, "of {plans} inputs there is a plan");
    assert!(refusals >= 300, "{refusals} inputs are refused");
}

#[test]
fn the_schema_takes_every_input_that_the_program_takes() {
    let Some(judge) = crate::schemas::Judge::open("kaniko") else { return };
    let project = Project::new();
    let inputs = inputs("fuzz/corpus/config").into_iter();
    // What is set from outside may be what makes a file whole.
    let taken = inputs.filter(|input| !input.contains("#$ ") && project.takes(input));
    let taken: Vec<_> = taken.collect();
    let files: Vec<_> = taken.iter().map(|input| crate::schemas::file(input)).collect();

    assert!(files.len() >= 10, "{} inputs", files.len());
    for (input, wrong) in taken.iter().zip(judge.says_of_each(&files)) {
        assert_eq!(wrong, [""; 0], "of\n{input}");
    }
}
