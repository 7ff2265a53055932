use super::*;
use crate::dockerfile::{Command, Copy, Healthcheck, Inline, Run};
use std::time::Duration;

mod mistakes;

fn parsed(text: &str) -> Dockerfile {
    Dockerfile::parse(text).unwrap()
}

fn refused(text: &str) -> (usize, usize, String) {
    let error = Dockerfile::parse(text).unwrap_err();
    (error.line, error.column, error.message)
}

fn whats(dockerfile: &Dockerfile) -> Vec<What> {
    let instructions = dockerfile.stages[0].instructions.iter();
    instructions.map(|instruction| instruction.what.clone()).collect()
}

fn copy(dockerfile: &Dockerfile, index: usize) -> Copy {
    match &dockerfile.stages[0].instructions[index].what {
        What::Add(copy) | What::Copy(copy) => (**copy).clone(),
        other => panic!("{other:?}"),
    }
}

fn run(dockerfile: &Dockerfile, index: usize) -> Run {
    match &dockerfile.stages[0].instructions[index].what {
        What::Run(run) => (**run).clone(),
        other => panic!("{other:?}"),
    }
}

fn shell(command: &str) -> Run {
    Run {
        command: Command::Shell(command.to_owned()),
        inline: Vec::new(),
        mounts: Vec::new(),
        network: None,
        security: None,
        devices: Vec::new(),
    }
}

fn inline(name: &str, expand: bool, content: &str) -> Inline {
    Inline { name: name.to_owned(), expand, content: content.to_owned() }
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
    assert_eq!(stages[0].instructions[0].line, 5);
    assert_eq!(stages[0].original, "from --platform=$BUILDPLATFORM golang:1.25 as build");
    assert_eq!(stages[1].name, None);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let unix = "FROM a AS x\nCOPY \\\n  # why\n\n  b c /d/\nRUN <<E\nls\nE\nUSER u\n";
    let windows = format!("\u{feff}{}", unix.replace('\n', "\r\n"));

    let (unix, windows) = (parsed(unix), parsed(&windows));

    assert_eq!(copy(&unix, 0).sources, ["b", "c"]);
    assert_eq!(copy(&windows, 0), copy(&unix, 0));
    assert_eq!(run(&windows, 1).inline[0].content, "ls\r\n");
    assert_eq!(windows.stages[0].instructions[2], unix.stages[0].instructions[2]);
    assert_eq!(unix.stages[0].instructions[2].line, 9);
}

#[test]
fn tabs_indents_and_lower_case_are_taken() {
    let dockerfile = parsed("\tfrom a\n  copy\tb\t/c\n\tuser\t1000:1000\t\n");

    assert_eq!(copy(&dockerfile, 0).sources, ["b"]);
    let user = &dockerfile.stages[0].instructions[1];
    assert_eq!(user.what, What::User("1000:1000".into()));
    assert_eq!((user.line, user.column, user.original.as_str()), (3, 2, "user\t1000:1000"));
}

#[test]
fn the_escape_directive_is_respected() {
    let dockerfile = parsed(
        "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nCOPY C:\\x `\n  y /z\\\nRUN true\n",
    );

    assert_eq!(dockerfile.escape, '`');
    assert_eq!(copy(&dockerfile, 0).sources, ["C:\\x", "y"]);
    assert_eq!(copy(&dockerfile, 0).destination, "/z\\");
    assert_eq!(dockerfile.stages[0].instructions[1].line, 6);
}

#[test]
fn continued_lines_are_joined_without_comments_and_empty_lines() {
    let run = "RUN a \\\n  # no\n\n  && b\\ \t\nc \\\\\nUSER u\n";
    let dockerfile = parsed(&format!("FROM x\n{run}"));

    assert_eq!(whats(&dockerfile)[0], What::Run(Box::new(shell("a   && bc \\\\"))));
    assert_eq!(dockerfile.stages[0].instructions[0].original, "RUN a   && bc \\\\");
    assert_eq!(dockerfile.stages[0].instructions[1].line, 7);
}

#[test]
fn copies_tell_everything_that_is_written() {
    let dockerfile = parsed(
        "FROM a\nCOPY --from=build --chown=1:1 --chmod=u+x --link --parents=true --exclude=*.md --exclude='a b' /out/ b /\nADD --checksum=sha256:aa --keep-git-dir --unpack=false [\"https://example.com/x y.tgz\", \"local file\", \"/d/\"]\nADD git@example.com:a/b.git /src\n",
    );

    assert_eq!(
        copy(&dockerfile, 0),
        Copy {
            line: 2,
            from: Some("build".into()),
            sources: vec!["/out/".into(), "b".into()],
            destination: "/".into(),
            chown: Some("1:1".into()),
            chmod: Some("u+x".into()),
            link: true,
            parents: true,
            excludes: vec!["*.md".into(), "a b".into()],
            ..Copy::default()
        }
    );
    let add = copy(&dockerfile, 1);
    assert_eq!(add.sources, ["https://example.com/x y.tgz", "local file"]);
    assert_eq!(add.addresses().collect::<Vec<_>>(), ["https://example.com/x y.tgz"]);
    assert_eq!(
        (add.add, add.checksum.as_deref(), add.keep_git_dir, add.unpack),
        (true, Some("sha256:aa"), true, Some(false))
    );
    assert_eq!(copy(&dockerfile, 2).addresses().count(), 1);
}

#[test]
fn runs_tell_their_flags_and_their_form() {
    let dockerfile = parsed(
        "FROM a\nRUN --mount=type=secret,id=npmrc,required \\\n    --mount=target=/src,from=build,\"source=/out\" \\\n    npm ci\nRUN --network=none --security=insecure [\"a\", \"b c\"]\nRUN -- --x\nRUN ['a']\n",
    );

    let mounts = run(&dockerfile, 0).mounts;
    assert_eq!(mounts.len(), 2);
    assert_eq!((mounts[0].kind.as_str(), mounts[0].line), ("secret", 2));
    assert_eq!((mounts[0].id.as_deref(), mounts[0].required), (Some("npmrc"), true));
    assert_eq!((mounts[1].kind.as_str(), mounts[1].required), ("bind", false));
    assert_eq!(mounts[1].from.as_deref(), Some("build"));
    assert_eq!(mounts[1].source.as_deref(), Some("/out"));
    assert_eq!(mounts[1].target.as_deref(), Some("/src"));
    assert_eq!(run(&dockerfile, 0).command, Command::Shell("npm ci".into()));
    let second = run(&dockerfile, 1);
    assert_eq!(second.network.as_deref(), Some("none"));
    assert_eq!(second.security.as_deref(), Some("insecure"));
    assert_eq!(second.command, Command::Exec(vec!["a".into(), "b c".into()]));
    assert_eq!(run(&dockerfile, 2), shell("--x"));
    assert_eq!(run(&dockerfile, 3), shell("['a']"));
}

#[test]
fn a_frontend_that_is_not_dockers_own_is_foreign() {
    for (image, foreign) in [
        ("docker/dockerfile:1", false),
        ("docker.io/docker/dockerfile:1.7-labs@sha256:00", false),
        ("docker/dockerfile-upstream:master", false),
        ("mirror.example.com/docker/dockerfile:1", false),
        ("mirror.example.com:5000/hub/docker/dockerfile", false),
        ("devthefuture/dockerfile-x", true),
        ("mirror.example.com/dockerfile:1", true),
        ("dockerfile", true),
    ] {
        let file = Dockerfile::parse(&format!("# syntax={image}\nFROM a\n")).unwrap();
        assert_eq!(file.foreign_frontend(), foreign.then_some(image), "{image}");
    }
    assert_eq!(Dockerfile::parse("FROM a\n").unwrap().foreign_frontend(), None);
}

#[test]
fn documents_belong_to_their_instruction() {
    let dockerfile = parsed(
        "FROM a\nRUN cat <<EOF > /x\nFROM nowhere\nEOF\nCOPY <<one x <<-\"two\" /d/\n1\none\n\t2\n\ttwo\nUSER u\n",
    );

    assert_eq!(
        run(&dockerfile, 0),
        Run { inline: vec![inline("EOF", true, "FROM nowhere\n")], ..shell("cat <<EOF > /x") }
    );
    let copy = copy(&dockerfile, 1);
    assert_eq!(copy.sources, ["x"]);
    assert_eq!(copy.inline, [inline("one", true, "1\n"), inline("two", false, "2\n")]);
    assert_eq!(dockerfile.stages[0].instructions[2].line, 10);
}

#[test]
fn a_document_can_open_on_a_continued_line() {
    let dockerfile = parsed("FROM a\nRUN a \\\n# no\n\n  && sh << E\nexit\nE\nUSER a\n");

    assert_eq!(run(&dockerfile, 0).inline, [inline("E", true, "exit\n")]);
}

#[test]
fn what_only_looks_like_a_document_is_none() {
    for line in [
        "RUN cat <<<word",
        "RUN echo $((1<<4))",
        "RUN echo \"<<EOF\"",
        "RUN [\"cat\", \"<<EOF\"]",
        "RUN echo it's <<EOF",
        "ENV A=<<EOF",
        "# RUN <<EOF",
    ] {
        let dockerfile = parsed(&format!("FROM a\n{line}\nUSER u\n"));

        let last = whats(&dockerfile).pop();
        assert_eq!(last, Some(What::User("u".into())), "{line}");
    }
}

#[test]
fn onbuild_holds_an_instruction_as_an_image_keeps_it() {
    let dockerfile = parsed("FROM a\nONBUILD  RUN cat <<E \nx\nE\n");

    let What::Onbuild(inner) = &dockerfile.stages[0].instructions[0].what else { panic!() };
    assert_eq!((inner.line, inner.column), (2, 10));
    assert_eq!(inner.original, "RUN cat <<E \nx\nE");
    assert_eq!(
        inner.what,
        What::Run(Box::new(Run { inline: vec![inline("E", true, "x\n")], ..shell("cat <<E") }))
    );
    assert_eq!(Instruction::parse(&inner.original).unwrap().what, inner.what);
}

#[test]
fn one_instruction_is_read_alone() {
    let instruction = Instruction::parse("COPY a \\\n b /c").unwrap();

    assert_eq!(instruction.original, "COPY a  b /c");
    assert_eq!(Instruction::parse("USER a\nUSER b").unwrap_err().line, 2);
    assert!(Instruction::parse("# nothing").is_err());
    assert!(Instruction::parse("FROM a").is_err());
}

#[test]
fn pairs_are_read_in_both_forms() {
    let dockerfile = parsed(
        "FROM a\nENV A=1 B=\"x y\" C=a\\ b D=\nENV key the  value \nLABEL \"a b\"=c\nLABEL d e=f\n",
    );

    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(
        whats(&dockerfile),
        [
            What::Env(pairs(&[("A", "1"), ("B", "\"x y\""), ("C", "a\\ b"), ("D", "")])),
            What::Env(pairs(&[("key", "the  value")])),
            What::Label(pairs(&[("\"a b\"", "c")])),
            What::Label(pairs(&[("d", "e=f")])),
        ]
    );
}

#[test]
fn the_other_instructions_keep_what_they_say() {
    let dockerfile = parsed(
        "FROM a\nMAINTAINER a <b@c>\nEXPOSE 80/tcp  443 $X\nVOLUME /a /b\nVOLUME [\"/c d\"]\nWORKDIR /a b\nSTOPSIGNAL 9\nSHELL [\"sh\", \"-c\"]\nCMD a  b\nENTRYPOINT [\"x\"]\nCMD\nARG A B=c\n",
    );

    assert_eq!(
        whats(&dockerfile)[..10],
        [
            What::Maintainer("a <b@c>".into()),
            What::Expose(vec!["$X".into(), "443".into(), "80/tcp".into()]),
            What::Volume(vec!["/a".into(), "/b".into()]),
            What::Volume(vec!["/c d".into()]),
            What::Workdir("/a b".into()),
            What::Stopsignal("9".into()),
            What::Shell(vec!["sh".into(), "-c".into()]),
            What::Cmd(Command::Shell("a  b".into())),
            What::Entrypoint(Command::Exec(vec!["x".into()])),
            What::Cmd(Command::Shell(String::new())),
        ]
    );
    let What::Arg(arguments) = &whats(&dockerfile)[10] else { panic!() };
    assert_eq!(arguments[1].default.as_deref(), Some("c"));
}

#[test]
fn a_healthcheck_tells_its_times() {
    let dockerfile = parsed(
        "FROM a\nHEALTHCHECK --interval=1m30s --timeout=0s --retries=3 CMD curl x\nHEALTHCHECK none\nHEALTHCHECK CMD [\"a\"]\n",
    );

    let What::Healthcheck(first) = &whats(&dockerfile)[0] else { panic!() };
    assert_eq!(
        **first,
        Healthcheck::Test {
            interval: Some(Duration::from_secs(90)),
            timeout: None,
            start_period: None,
            start_interval: None,
            retries: Some(3),
            test: Command::Shell("curl x".into()),
        }
    );
    assert_eq!(whats(&dockerfile)[1], What::Healthcheck(Box::new(Healthcheck::None)));
    assert_eq!(
        refused("FROM a\nHEALTHCHECK --interval=1us CMD a\n"),
        (2, 13, "`--interval=1us` is shorter than a millisecond".into())
    );
    assert_eq!(refused("FROM a\nHEALTHCHECK CMD\n").2, "`HEALTHCHECK CMD` needs a command");
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
fn a_large_file_is_read_whole() {
    let mut text = "FROM a\n".to_owned();
    while text.len() < 3_000_000 {
        text.push_str("COPY a \\\n # c\n b /d\nRUN cat <<E\nbody it's\nE\n");
    }

    let dockerfile = parsed(&text);

    let last = dockerfile.stages[0].instructions.last().unwrap();
    assert_eq!(last.line, text.lines().count() - 2);
}

#[test]
fn one_line_of_many_megabytes_is_read() {
    let text = format!("FROM a\nRUN {}\n", "echo 'x' \\\n".repeat(200_000) + "<<E\nE");

    assert_eq!(run(&parsed(&text), 0).inline.len(), 1);
}

#[test]
fn a_deep_json_list_and_many_flags_are_read() {
    let brackets = "[".repeat(1_000_000);
    let flags = "--exclude=a ".repeat(200_000);

    assert_eq!(run(&parsed(&format!("FROM a\nRUN {brackets}\n")), 0), shell(&brackets));
    let dockerfile = parsed(&format!("FROM a\nCOPY {flags} b /c\n"));
    assert_eq!(copy(&dockerfile, 0).excludes.len(), 200_000);
}
