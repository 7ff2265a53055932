//! The config of what is built.

use serde_json::json;

use super::{Sandbox, config};

const BASE: &str = r#"{"architecture":"arm64","variant":"v8","os":"linux","author":"A",
    "created":"2020-01-01T00:00:00Z","config":{"Env":["A=1","PATH=/p"],"Cmd":["base"],
    "Entrypoint":["/e"],"WorkingDir":"/srv","User":"3","Labels":{"l":"base"},
    "OnBuild":["ENV T=$A","LABEL t=$T"]},"history":[{"created_by":"base"}]}"#;

fn built(text: &str) -> serde_json::Value {
    let sandbox = Sandbox::new().image("library/base", BASE, &[]).arg("GIVEN", "g");
    config(&sandbox.build(text).unwrap())
}

fn of(text: &str, key: &str) -> serde_json::Value {
    built(text)["config"][key].clone()
}

#[test]
fn a_base_is_inherited_and_its_triggers_run_first() {
    let config = built("FROM base\nLABEL own=\"$T\"\n");

    assert_eq!(config["architecture"], "arm64");
    assert_eq!(config["variant"], "v8");
    assert_eq!(config["author"], "A");
    assert_eq!(config["created"], "1970-01-01T00:00:00Z");
    assert_eq!(config["config"]["Env"], json!(["A=1", "PATH=/p", "T=1"]));
    assert_eq!(config["config"]["Labels"], json!({"l": "base", "own": "1", "t": "1"}));
    assert_eq!(config["config"]["OnBuild"], json!(null));
    let lines: Vec<_> = config["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["created_by"].as_str().unwrap())
        .collect();
    assert_eq!(lines, ["base", "ENV T=$A", "LABEL t=$T", "LABEL own=\"$T\""]);
}

#[test]
fn a_program_of_ones_own_takes_the_bases_arguments_away() {
    assert_eq!(of("FROM base\nENTRYPOINT [\"/x\"]\n", "Cmd"), json!(null));
    assert_eq!(of("FROM base\nCMD [\"c\"]\nENTRYPOINT [\"/x\"]\n", "Cmd"), json!(["c"]));
    assert_eq!(of("FROM base\nCMD echo $A\n", "Cmd"), json!(["/bin/sh", "-c", "echo $A"]));
    assert_eq!(
        of("FROM base\nSHELL [\"/bin/bash\", \"-c\"]\nENTRYPOINT x y\n", "Entrypoint"),
        json!(["/bin/bash", "-c", "x y"])
    );
}

#[test]
fn variables_are_replaced_in_their_order() {
    assert_eq!(
        of("FROM base\nENV X=$A Y=\"$X b\"\nENV Y=$X\n", "Env"),
        json!(["A=1", "PATH=/p", "T=1", "X=1", "Y=1"])
    );
    assert_eq!(
        of(
            "FROM base\nARG GIVEN=d\nARG D=${GIVEN}-d\nARG N\nLABEL x=$GIVEN y=$D z=[$N]\n",
            "Labels"
        ),
        json!({"l": "base", "t": "1", "x": "g", "y": "g-d", "z": "[]"})
    );
    assert_eq!(
        of("ARG G=global\nFROM base\nLABEL a=[$G]\nARG G\nLABEL b=$G\n", "Labels"),
        json!({"a": "[]", "b": "global", "l": "base", "t": "1"})
    );
    assert_eq!(
        of("FROM base\nLABEL a=[$GIVEN] b=[$TARGETARCH]\n", "Labels"),
        json!({"a": "[]", "b": "[]", "l": "base", "t": "1"})
    );
}

#[test]
fn all_else_that_an_image_says() {
    let config = built(
        "FROM base\nUSER $A:$A\nEXPOSE 80 53/udp 90-91\nVOLUME /v [\"/w\"]\nSTOPSIGNAL SIGINT\nWORKDIR x\nMAINTAINER me\nONBUILD COPY . /\nHEALTHCHECK --interval=5s --retries=3 CMD curl x\n",
    );
    let inner = &config["config"];

    assert_eq!(inner["User"], "1:1");
    assert_eq!(
        inner["ExposedPorts"],
        json!({"53/udp": {}, "80/tcp": {}, "90/tcp": {}, "91/tcp": {}})
    );
    assert_eq!(inner["StopSignal"], "SIGINT");
    assert_eq!(inner["WorkingDir"], "/srv/x");
    assert_eq!(config["author"], "me");
    assert_eq!(inner["OnBuild"], json!(["COPY . /"]));
    assert_eq!(
        inner["Healthcheck"],
        json!({"Test": ["CMD-SHELL", "curl x"], "Interval": 5_000_000_000_u64, "Retries": 3})
    );
    assert_eq!(of("FROM base\nVOLUME [\"/v\", \"/w\"]\n", "Volumes"), json!({"/v": {}, "/w": {}}));
    assert_eq!(of("FROM base\nHEALTHCHECK NONE\n", "Healthcheck"), json!({"Test": ["NONE"]}));
}

#[test]
fn an_image_from_scratch_is_for_the_asked_platform() {
    let mut sandbox = Sandbox::new();
    sandbox.platform = Some(crate::oci::Platform::parse("linux/arm/v7").unwrap());
    sandbox.labels = vec![("l".to_owned(), "$x".to_owned())];
    sandbox.created = Some(1_600_000_000);
    let config = config(&sandbox.build("FROM scratch\nARG TARGETPLATFORM TARGETVARIANT\nLABEL p=$TARGETPLATFORM v=$TARGETVARIANT l=1\n").unwrap());

    assert_eq!((&config["architecture"], &config["variant"]), (&json!("arm"), &json!("v7")));
    assert_eq!(config["config"]["Labels"], json!({"l": "$x", "p": "linux/arm/v7", "v": "v7"}));
    assert_eq!(config["created"], "2020-09-13T12:26:40Z");
    assert_eq!(config["history"][0]["created"], "2020-09-13T12:26:40Z");
    assert_eq!(config["history"][0]["empty_layer"], true);
    assert_eq!(config["rootfs"], json!({"type": "layers", "diff_ids": []}));
}

#[test]
fn the_history_has_a_line_for_each_layer_that_is_one() {
    let sandbox = Sandbox::new().file("f", "").directory("empty");
    let image =
        sandbox.build("FROM scratch\nCOPY f /\nCOPY empty /\nWORKDIR /\nWORKDIR /w\n").unwrap();
    let config = config(&image);

    let empty: Vec<_> = config["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["empty_layer"] == true)
        .collect();
    assert_eq!(empty, [false, true, true, false]);
    assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), 2);
    assert_eq!(config["rootfs"]["diff_ids"][0], image.layers[0].diff_id);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let error = |text: &str| Sandbox::new().image("library/base", BASE, &[]).error(text);

    assert_eq!(
        error("FROM base\nEXPOSE http\n"),
        "line 2: `http` is no port: those are like `80`, `53/udp` and `8000-8010`"
    );
    assert_eq!(
        error("FROM base\n\nRUN true\n"),
        "line 3: `RUN` runs a program, which the builtin executor cannot"
    );
    assert_eq!(
        error("FROM base\nADD https://x.example/y /\n"),
        "line 2: `ADD https://x.example/y` fetches from elsewhere, which the builtin executor does not"
    );
    assert_eq!(error("FROM $NONE\n"), "line 1: `FROM $NONE` names nothing");
    assert_eq!(
        error("FROM --platform=what base\n"),
        "line 1: `what` is no platform: those are like `linux/amd64` and `linux/arm/v7`"
    );
}

#[test]
fn labels_and_volumes_that_make_a_config_too_long_for_engines_are_told_with_their_line() {
    let sandbox = Sandbox::new().arg("B", &"b".repeat(1 << 20));
    let message =
        "with this line the image's config has more than 4 MiB, and no engine takes so much";

    for instruction in ["LABEL l$N=$B", "VOLUME /$N$B"] {
        let lines: Vec<_> = (1..9).map(|n| format!("ENV N={n}\n{instruction}\n")).collect();
        assert_eq!(
            sandbox.error(&format!("FROM scratch\nARG B\n{}", lines.concat())),
            format!("line 10: {message}")
        );
    }
}

#[test]
fn a_config_that_is_too_long_for_engines_is_refused_whatever_makes_it_so() {
    let mut sandbox = Sandbox::new();
    // Each of these letters takes six in JSON.
    sandbox.labels = vec![("a".to_owned(), "\u{1}".repeat(1 << 20))];

    assert_eq!(
        sandbox.error("FROM scratch\n"),
        "the image's config has more than 4 MiB, and no engine takes so much"
    );
}
