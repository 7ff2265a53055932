use super::*;

fn parsed(text: &str) -> Dockerfile {
    Dockerfile::parse(text).unwrap()
}

fn refused(text: &str) -> (usize, usize, String) {
    let error = Dockerfile::parse(text).unwrap_err();
    (error.line, error.column, error.message)
}

#[test]
fn stages_have_names_bases_platforms_and_lines() {
    let stages = parsed(
        "# syntax=docker/dockerfile:1\nARG A=1\n\nfrom --platform=$BUILDPLATFORM golang:1.25 as build\nRUN make\nFROM\tscratch\n",
    )
    .stages;

    assert_eq!(stages.len(), 2);
    assert_eq!(stages[0].name.as_deref(), Some("build"));
    assert_eq!(stages[0].base, "golang:1.25");
    assert_eq!(stages[0].platform.as_deref(), Some("$BUILDPLATFORM"));
    assert_eq!((stages[0].line, stages[1].line), (4, 6));
    assert_eq!(stages[0].steps.runs, [5]);
    assert_eq!(stages[1].name, None);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let unix = "FROM a AS x\nCOPY \\\n  # why\n\n  b c /d/\nRUN <<E\nls\nE\nUSER u\n";
    let windows = format!("\u{feff}{}", unix.replace('\n', "\r\n"));

    assert_eq!(parsed(&windows), parsed(unix));
    assert_eq!(parsed(unix).stages[0].steps.copies[0].sources, ["b", "c"]);
    assert_eq!(parsed(unix).stages[0].steps.users[0], User { line: 9, user: "u".into() });
}

#[test]
fn tabs_indents_and_lower_case_are_taken() {
    let dockerfile = parsed("\tfrom a\n  copy\tb\t/c\n\tuser\t1000:1000\t\n");

    assert_eq!(dockerfile.stages[0].steps.copies[0].sources, ["b"]);
    assert_eq!(dockerfile.stages[0].steps.users[0].user, "1000:1000");
}

#[test]
fn the_escape_directive_is_respected() {
    let dockerfile = parsed(
        "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nCOPY C:\\x `\n  y /z\\\nRUN true\n",
    );

    assert_eq!(dockerfile.escape, '`');
    assert_eq!(dockerfile.stages[0].steps.copies[0].sources, ["C:\\x", "y"]);
    assert_eq!(dockerfile.stages[0].steps.runs, [6]);
}

#[test]
fn copies_tell_where_from_and_what() {
    let steps = &parsed(
        "FROM a\nCOPY --from=build --chown=1:1 --exclude=*.md /out/ b /\nADD [\"https://example.com/x y.tgz\", \"local file\", \"/d/\"]\nADD git@example.com:a/b.git /src\n",
    )
    .stages[0]
        .steps;

    assert_eq!(
        steps.copies[0],
        Copy {
            line: 2,
            add: false,
            from: Some("build".into()),
            sources: vec!["/out/".into(), "b".into()],
            excludes: vec!["*.md".into()],
        }
    );
    assert_eq!(steps.copies[1].sources, ["https://example.com/x y.tgz", "local file"]);
    assert_eq!(steps.copies[1].addresses().collect::<Vec<_>>(), ["https://example.com/x y.tgz"]);
    assert_eq!(steps.copies[2].addresses().count(), 1);
}

#[test]
fn mounts_tell_their_kind_and_line() {
    let dockerfile = parsed(
        "FROM a\nRUN --mount=type=secret,id=npmrc,required \\\n    --mount=target=/src,from=build,\"source=/out\" \\\n    npm ci\nRUN --network=none true\n",
    );

    let mounts: Vec<_> = dockerfile.mounts().collect();
    assert_eq!(mounts.len(), 2);
    assert_eq!((mounts[0].kind.as_str(), mounts[0].line), ("secret", 2));
    assert_eq!((mounts[0].id.as_deref(), mounts[0].required), (Some("npmrc"), true));
    assert_eq!((mounts[1].kind.as_str(), mounts[1].required), ("bind", false));
    assert_eq!(mounts[1].from.as_deref(), Some("build"));
    assert_eq!(mounts[1].source.as_deref(), Some("/out"));
    assert_eq!(mounts[1].target.as_deref(), Some("/src"));
}

#[test]
fn documents_are_found_with_their_line_and_are_no_sources() {
    let dockerfile = parsed(
        "FROM a\nRUN cat <<EOF > /x\nFROM nowhere\nEOF\nCOPY <<one x <<-\"two\" /d/\n1\none\n2\n\ttwo\nONBUILD RUN <<E\nE\n",
    );

    let seen: Vec<_> =
        dockerfile.heredocs().map(|doc| (doc.line, doc.name.as_str(), doc.run)).collect();
    assert_eq!(seen, [(2, "EOF", true), (5, "one", false), (5, "two", false), (10, "E", true)]);
    assert_eq!(dockerfile.stages.len(), 1);
    assert_eq!(dockerfile.stages[0].steps.copies[0].sources, ["x"]);
    assert_eq!(dockerfile.stages[0].onbuild.runs, [10]);
}

#[test]
fn arguments_of_stages_are_not_those_of_from() {
    let dockerfile = parsed("ARG A=\"x y\" B\nARG C=${A}\nFROM a\nARG D=1\n");

    let seen: Vec<_> =
        dockerfile.arguments.iter().map(|a| (a.name.as_str(), a.default.as_deref())).collect();
    assert_eq!(seen, [("A", Some("\"x y\"")), ("B", None), ("C", Some("${A}"))]);
}

#[test]
fn two_stages_of_one_name_are_taken() {
    assert_eq!(parsed("FROM a AS x\nFROM b AS x\n").stages.len(), 2);
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

#[test]
fn a_mistake_is_told_with_line_and_column_in_characters() {
    assert_eq!(refused("FROM a\n\n  RUM x\n"), (3, 3, "unknown instruction 'RUM'".into()));
    assert_eq!(refused("FROM ü é\n"), (1, 8, "expected AS".into()));
}

#[test]
fn a_large_file_is_read_whole() {
    let mut text = "FROM a\n".to_owned();
    while text.len() < 3_000_000 {
        text.push_str("COPY a \\\n # c\n b /d\nRUN cat <<E\nbody it's\nE\n");
    }

    let dockerfile = parsed(&text);

    assert_eq!(dockerfile.heredocs().count(), dockerfile.stages[0].steps.runs.len());
    assert_eq!(dockerfile.heredocs().last().unwrap().line, text.lines().count() - 2);
}

#[test]
fn one_line_of_many_megabytes_is_read() {
    let text = format!("FROM a\nRUN {}\n", "echo 'x' \\\n".repeat(200_000) + "<<E\nE");

    assert_eq!(parsed(&text).heredocs().count(), 1);
}
