use super::*;

fn given(
    text: &str,
    args: &[(&str, &str)],
    bases: &[(&str, BaseImage)],
) -> Result<Vec<Taken>, WholeContext> {
    let build_args = args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let bases = bases.iter().map(|(name, base)| ((*name).to_owned(), base.clone())).collect();
    let given =
        Given { build_args: &build_args, late: &BTreeSet::new(), bases: &bases, unused: false };
    reached(&Dockerfile::parse(text).unwrap(), &given)
}

fn reached(file: &Dockerfile, given: &Given<'_>) -> Result<Vec<Taken>, WholeContext> {
    file.taken(given, &file.reach(given.build_args, None).unwrap())
}

/// With a base image `a` that has `B=base` in its environment and no `ONBUILD`.
fn taken(text: &str) -> Result<Vec<Taken>, WholeContext> {
    given(text, &[("GIVEN", "given")], &[("a", base(&[]))])
}

fn base(triggers: &[&str]) -> BaseImage {
    BaseImage {
        environment: Some([("B".to_owned(), "base".to_owned())].into()),
        triggers: triggers.iter().map(|text| (*text).to_owned()).collect(),
    }
}

fn sources(text: &str) -> Vec<String> {
    taken(text).unwrap().into_iter().flat_map(|one| one.sources).collect()
}

fn why(text: &str) -> (usize, String) {
    let whole = taken(text).unwrap_err();
    (whole.line, whole.why)
}

#[test]
fn copies_and_bind_mounts_take_what_they_name() {
    let taken = taken(
        "FROM a\nCOPY --parents --exclude=*.md /src/./x *.go ./ /d/\nADD https://e.example/x git@e.example:a/b l.tgz /\nRUN --mount=type=bind,source=cfg/,target=/c --mount=target=/all --mount=type=cache,target=/d make\nCOPY --from=b /x /\nCOPY <<E /e\nE\n",
    )
    .unwrap();

    let copy = Taken {
        line: 2,
        sources: vec!["src/x".into(), "*.go".into(), ".".into()],
        wildcards: true,
        excludes: vec!["*.md".into()],
        parents: true,
        fixed: true,
        built: Built::Always,
    };
    assert_eq!(taken[0], copy);
    assert_eq!((taken[1].line, &taken[1].sources[..]), (3, &["l.tgz".to_owned()][..]));
    assert_eq!(taken[2].sources, ["cfg", "."]);
    assert!(!taken[2].wildcards);
    assert_eq!(taken.len(), 3);
}

#[test]
fn only_what_the_target_needs_counts_unless_all_is_built() {
    let text = "FROM a AS unused\nCOPY u /\nFROM a\nCOPY x /\n";
    assert_eq!(sources(text), ["x"]);

    let bases = [("a".to_owned(), BaseImage::default())].into();
    let none = BTreeMap::new();
    let all = Given { build_args: &none, late: &BTreeSet::new(), bases: &bases, unused: true };
    let taken = reached(&Dockerfile::parse(text).unwrap(), &all).unwrap();
    assert_eq!(taken.len(), 2);
}

#[test]
fn variables_are_followed_in_order() {
    assert_eq!(sources("FROM a\nARG X=x Y=$X-y\nENV Z=\"$Y z\"\nCOPY $Z /\n"), ["x-y z"]);
    assert_eq!(sources("FROM a\nENV X=1\nCOPY $X /\nENV X=2\nCOPY $X /\n"), ["1", "2"]);
    assert_eq!(sources("FROM a\nARG GIVEN=no\nCOPY $GIVEN $B /d/\n"), ["given", "base"]);
    assert_eq!(sources("ARG G=\"g\"\nFROM a\nARG G\nCOPY $G /\n"), ["g"]);
    assert_eq!(sources("FROM a AS s\nENV X=1\nFROM s\nCOPY $X ${Y:-y} /d/\n"), ["1", "y"]);
    assert_eq!(
        sources("FROM scratch\nARG JAR=target/*.jar\nCOPY ${JAR} a.jar\n"),
        ["target/*.jar"]
    );
}

#[test]
fn what_executors_do_not_agree_on_is_the_whole_context() {
    let depends = |text: &str| format!("`{text}` depends on what only the executor can tell");

    // Of an `ARG` and an `ENV` of one name, of the base image too, one wins.
    assert_eq!(why("FROM a\nARG X=1\nENV X=2\nCOPY $X /\n"), (4, depends("$X")));
    assert_eq!(why("FROM a\nARG B=1\nCOPY $B /\n"), (3, depends("$B")));
    // An `ARG` reaches other stages, or does not.
    assert_eq!(why("FROM a AS s\nARG X=1\nFROM s\nCOPY $X /\n"), (4, depends("$X")));
    assert_eq!(why("FROM scratch\nCOPY $TARGETARCH /\n"), (2, depends("$TARGETARCH")));
    assert_eq!(why("ARG G='$x'\nFROM a\nARG G\nCOPY $G /\n"), (4, depends("$G")));
    assert_eq!(why("# escape=`\nFROM a\nCOPY a`b /\n"), (3, depends("a`b")));
    assert_eq!(why("FROM a\nCOPY ../x /\n").1, "executors do not agree on the `..` in `../x`");
    assert_eq!(why("FROM a\nCOPY a\\\\* /\n").1, "executors do not agree on the `\\` in `a\\*`");
    assert_eq!(why("FROM a\nCOPY a/**/b /\n").1, "`a/**/b` is no pattern for every executor");
    assert_eq!(why("FROM a\nCOPY a[ /\n").1, "`a[` is no pattern for every executor");
    assert_eq!(why("FROM a\nADD ftp://x/y /\n").1, "`ftp://x/y` is an address for some executors");
    assert_eq!(
        why("FROM a\nRUN ls /kaniko/buildcontext\n"),
        (2, "the command may look at the context where Kaniko keeps it".into())
    );
    assert_eq!(why("FROM a\nCOPY ${X?none} /\n").0, 2);
}

#[test]
fn an_unknown_environment_makes_every_foreign_variable_unknown() {
    let with = |text: &str| given(text, &[], &[("a", BaseImage::default())]);

    assert_eq!(with("FROM a\nENV X=x\nCOPY $X /\n").unwrap()[0].sources, ["x"]);
    assert_eq!(with("FROM a\nCOPY $X /\n").unwrap_err().line, 2);
    assert_eq!(with("FROM a\nARG X=x\nCOPY $X /\n").unwrap_err().line, 3);
}

#[test]
fn a_build_arg_that_comes_late_is_unknown() {
    let bases = BTreeMap::new();
    let late = ["X".to_owned()].into();
    let none = BTreeMap::new();
    let given = Given { build_args: &none, late: &late, bases: &bases, unused: false };
    let file = Dockerfile::parse("FROM scratch\nARG X\nCOPY $X /\n").unwrap();

    assert_eq!(reached(&file, &given).unwrap_err().line, 3);
}

#[test]
fn a_base_image_of_which_nothing_is_known_may_take_everything() {
    assert_eq!(
        why("FROM other\nCOPY x /\n"),
        (1, "it is not known whether `other` has an `ONBUILD` that takes files".into())
    );
}

#[test]
fn triggers_of_images_and_stages_take_files_too() {
    let bases = [("a", base(&["ENV X=x", "COPY $X $B /d/"]))];
    let sources: Vec<_> = given("\nFROM a\nCOPY y /\n", &[], &bases)
        .unwrap()
        .into_iter()
        .map(|one| (one.line, one.sources))
        .collect();
    assert_eq!(sources, [(2, vec!["x".into(), "base".into()]), (3, vec!["y".into()])]);

    let text = "FROM a AS s\nONBUILD COPY o /\nCOPY s /\nFROM s\n";
    assert_eq!(self::sources(text), ["s", "o"]);
    assert_eq!(self::sources("FROM a\nONBUILD COPY o /\nCOPY s /\n"), ["s"]);
}

#[test]
fn what_is_too_much_is_the_whole_context_after_a_bounded_time() {
    let triggers = "ONBUILD COPY o /\n".repeat(20_000);
    let stages = "FROM s\n".repeat(20_000);
    let given = BTreeMap::from([("a".to_owned(), BaseImage::default())]);
    let file = Dockerfile::parse(&format!("FROM a AS s\n{triggers}{stages}")).unwrap();
    let none = BTreeMap::new();
    let given = Given { build_args: &none, late: &BTreeSet::new(), bases: &given, unused: true };

    assert_eq!(reached(&file, &given).unwrap_err().why, "there is too much of it to be followed");
}

#[test]
fn a_config_tells_the_environment_and_the_triggers() {
    let read = |text: &str| BaseImage::read(text.as_bytes()).unwrap();

    let known = read(r#"{"config": {"Env": ["A=1=2", "B"], "OnBuild": ["COPY . ."]}}"#);
    let environment = [("A".to_owned(), "1=2".to_owned()), ("B".to_owned(), String::new())];
    assert_eq!(known.environment, Some(environment.into()));
    assert_eq!(known.triggers, ["COPY . ."]);
    let nothing = BaseImage { environment: Some(BTreeMap::new()), triggers: Vec::new() };
    for text in ["{}", r#"{"config": null}"#, r#"{"config": {"Env": null, "OnBuild": null}}"#] {
        assert_eq!(read(text), nothing, "{text}");
    }
    assert!(BaseImage::read(b"{").is_err());
}

#[test]
fn parents_are_the_images_that_are_asked_for() {
    let file = Dockerfile::parse(
        "ARG X=b\nFROM a AS one\nFROM z AS unused\nFROM one\nFROM $X\nFROM scratch\nFROM a\nCOPY --from=4 / /\nCOPY --from=3 / /\nCOPY --from=1 / /\n",
    )
    .unwrap();
    let reach = file.reach(&BTreeMap::new(), None).unwrap();
    let parents = |unused| {
        let parents = file.parents(&reach, unused);
        parents.into_iter().map(|one| (one.reference, one.line)).collect::<Vec<_>>()
    };

    assert_eq!(parents(false), [("z".to_owned(), 3), ("b".to_owned(), 5), ("a".to_owned(), 7)]);
    assert_eq!(parents(true), [("a".to_owned(), 2), ("z".to_owned(), 3), ("b".to_owned(), 5)]);
}
