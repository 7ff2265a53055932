//! Several stages.

use super::{Sandbox, config};

fn sandbox() -> Sandbox {
    Sandbox::new().file("f", "F").file("g", "G")
}

#[test]
fn a_stage_is_built_upon_another() {
    let text = "FROM scratch AS one\nENV A=1\nCOPY f /\nFROM One AS two\nCOPY g /\n";

    assert_eq!(sandbox().layers(text), [["f 644 0:0 =F"], ["g 644 0:0 =G"]]);
    let image = sandbox().build(text).unwrap();
    assert_eq!(config(&image)["config"]["Env"][1], "A=1");
}

#[test]
fn a_stage_is_copied_from_by_its_name_and_its_number() {
    let text = "FROM scratch AS one\nCOPY --chown=5 f /x/\nFROM scratch\nCOPY --from=0 /x /y\nCOPY --from=ONE x/f /z\n";

    assert_eq!(
        sandbox().layers(text),
        [vec!["y/ 755 0:0", "y/f 644 5:5 =F"], vec!["z 644 5:5 =F"]]
    );
}

#[test]
fn only_what_the_target_needs_is_built() {
    let mut sandbox = sandbox();
    sandbox.target = Some("two".to_owned());
    let text =
        "FROM none.example/x AS one\nCOPY missing /\nFROM scratch AS two\nCOPY f /\nFROM one\n";

    assert_eq!(sandbox.layers(text), [["f 644 0:0 =F"]]);
    sandbox.target = Some("tow".to_owned());
    assert_eq!(sandbox.error(text), "the Dockerfile has no stage `tow`");
}

#[test]
fn a_stage_cannot_be_copied_from_before_it_is_there() {
    let text = "FROM scratch AS one\nCOPY --from=two / /\nFROM scratch AS two\nFROM one\n";

    assert_eq!(sandbox().error(text), "line 2: there is no stage `two` before this one");
    assert_eq!(
        sandbox().error("FROM scratch\nCOPY --from=0 / /\n"),
        "line 2: there is no stage `0` before this one"
    );
    assert_eq!(
        sandbox().error("FROM scratch\nCOPY --from=$X / /\n"),
        "line 2: variables are not replaced in `--from=$X`"
    );
}

#[test]
fn a_trigger_runs_where_its_stage_is_built_upon_and_is_gone_then() {
    let text = "FROM scratch AS base\nONBUILD COPY f /\nFROM base AS one\nFROM one\nCOPY g /\n";
    let image = sandbox().build(text).unwrap();

    assert_eq!(sandbox().layers(text), [["f 644 0:0 =F"], ["g 644 0:0 =G"]]);
    assert!(config(&image)["config"]["OnBuild"].is_null());
}

#[test]
fn an_image_can_trigger_a_copy_from_a_stage() {
    let base =
        r#"{"architecture":"amd64","os":"linux","config":{"OnBuild":["COPY --from=made /f /t/"]}}"#;
    let sandbox = sandbox().image("library/base", base, &[]);

    assert_eq!(
        sandbox.layers("FROM scratch AS made\nCOPY f /\nFROM base\n"),
        [["t/ 755 0:0", "t/f 644 0:0 =F"]]
    );
    let run = r#"{"config":{"OnBuild":["RUN true"]}}"#;
    let sandbox = sandbox.image("library/runs", run, &[]);
    assert_eq!(
        sandbox.error("\nFROM runs\n"),
        "line 2: `RUN` runs a program, which the builtin executor cannot"
    );
}
