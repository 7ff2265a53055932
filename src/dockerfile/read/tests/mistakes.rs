use super::*;

#[test]
fn a_document_that_does_not_end_is_told_where_it_opens() {
    let message = "the here-document `EOF` does not end".to_owned();

    assert_eq!(refused("FROM a\n\nRUN cat <<EOF\nx\n"), (3, 9, message.clone()));
    assert_eq!(refused("FROM a\nRUN cat <<EOF\n\tEOF\n"), (2, 9, message));
}

#[test]
fn what_cannot_follow_onbuild_is_refused() {
    assert_eq!(
        refused("FROM a\nONBUILD onbuild RUN x\n"),
        (2, 9, "`ONBUILD` cannot follow `ONBUILD`".into())
    );
    assert_eq!(
        refused("FROM a\nONBUILD FROM x\n"),
        (2, 9, "`FROM` cannot follow `ONBUILD`".into())
    );
    assert_eq!(refused("FROM a\nONBUILD\n"), (2, 1, "`ONBUILD` needs an instruction".into()));
}

#[test]
fn an_unknown_flag_or_instruction_is_told_with_its_place_and_the_nearest() {
    assert_eq!(
        refused("FROM a\nCOPY --chown=1 \\\n  --form=b c /d\n"),
        (3, 3, "`COPY` has no flag `--form`; did you mean `--from`?".into())
    );
    assert_eq!(refused("FROM a\nUSER --x a\n"), (2, 6, "`USER` has no flag `--x`".into()));
    assert_eq!(
        refused("FROM a\n\n  RUM x\n"),
        (3, 3, "there is no instruction `RUM`; did you mean `RUN`?".into())
    );
    assert_eq!(refused("FROM a\nif x\n").2, "there is no instruction `if`");
}

#[test]
fn a_flag_without_its_value_or_twice_is_refused() {
    for (line, message) in [
        ("COPY --from a /b", "`--from` has no value"),
        ("COPY --from=a --from=b c /d", "`--from` stands here twice"),
        ("COPY --link=maybe a /b", "`--link` is `true` or `false`, not `maybe`"),
        ("RUN --network=lan a", "`lan` is none of `default`, `none`, `host`"),
        ("COPY a", "`COPY` needs a source and a destination"),
        ("COPY [\"a\", 1]", "a JSON list here holds strings only"),
        ("ENV a", "`ENV` needs a value: `ENV name=value`"),
        ("ENV a=b c", "`c` is no `name=value`; quote a value with blanks"),
        ("LABEL =b", "a name of `LABEL` is empty"),
        ("SHELL sh -c", "`SHELL` needs a JSON list: `SHELL [\"/bin/sh\", \"-c\"]`"),
        ("VOLUME [\"\"]", "a `VOLUME` is empty"),
        ("WORKDIR", "`WORKDIR` needs a value"),
    ] {
        assert_eq!(refused(&format!("FROM x\n{line}\n")).2, message, "{line}");
    }
}

#[test]
fn a_name_of_a_stage_is_checked() {
    assert_eq!(
        refused("FROM a AS 1x\n"),
        (
            1,
            11,
            "`1x` is no name of a stage: a letter, then letters, digits, `-`, `_` and `.`".into()
        )
    );
    assert_eq!(
        refused("FROM ü é\n"),
        (1, 8, "a `FROM` is `FROM image` or `FROM image AS name`".into())
    );
    assert_eq!(parsed("FROM a As Build.1\n").stages[0].name.as_deref(), Some("build.1"));
}

#[test]
fn a_message_does_not_quote_a_whole_file() {
    let (.., message) = refused(&format!("FROM a\nCOPY --{} a /\n", "x".repeat(1_000_000)));

    assert_eq!(message.chars().count(), 401);
}

#[test]
fn a_directive_that_is_wrong_is_told() {
    assert_eq!(refused("# escape=`\n# escape=`\nFROM a\n").0, 2);
    assert_eq!(refused("\n# escape=`\n# escape=`\nUSER\n").0, 4);
}

#[test]
fn an_empty_file_is_told() {
    let empty = (1, 1, "the Dockerfile holds no instruction".to_owned());

    assert_eq!(refused(""), empty);
    assert_eq!(refused("\u{feff}\r\n  \t\n# only this\n"), empty);
}

#[test]
fn a_missing_from_is_told() {
    assert_eq!(refused("ARG A\n"), (1, 1, "the Dockerfile has no `FROM`".into()));
    assert_eq!(
        refused("\nRUN true\nFROM a\n"),
        (2, 1, "an instruction other than `ARG` stands before the first `FROM`".into())
    );
}
