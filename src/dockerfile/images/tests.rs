use super::*;

fn images(text: &str, build_args: &[(&str, &str)], target: Option<&str>) -> Vec<Image> {
    let build_args = build_args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let dockerfile = Dockerfile::parse(text).unwrap();
    dockerfile.images(&dockerfile.reach(&build_args, target).unwrap())
}

fn references(text: &str, build_args: &[(&str, &str)], target: Option<&str>) -> Vec<String> {
    let images = images(text, build_args, target);
    images
        .into_iter()
        .filter(|image| image.needed)
        .map(|image| format!("{}:{}", image.line, image.reference.unwrap_or_default()))
        .collect()
}

#[test]
fn stages_and_scratch_are_no_images() {
    let text = "FROM golang:1.25 AS Build\nFROM scratch\nCOPY --from=build /a /a\nCOPY --from=0 /b /b\nFROM build\n";

    assert_eq!(references(text, &[], None), ["1:golang:1.25"]);
}

#[test]
fn copies_and_mounts_name_images_too() {
    let text = "FROM a.example/b\nCOPY --from=c.example/d:1 /x /\nRUN --mount=from=e.example/f,target=/f true\nCOPY . .\n";

    assert_eq!(references(text, &[], None), ["1:a.example/b", "2:c.example/d:1", "3:e.example/f"]);
}

#[test]
fn what_the_target_does_not_need_is_marked() {
    let text = "FROM a AS one\nFROM b AS two\nFROM one AS three\nFROM d AS four\n";

    let images = images(text, &[], Some("THREE"));

    let seen: Vec<_> = images.iter().map(|i| (i.reference.as_deref().unwrap(), i.needed)).collect();
    assert_eq!(seen, [("a", true), ("b", false)]);
}

#[test]
fn build_args_override_defaults_unless_they_are_empty() {
    let text = "ARG TAG=1 BASE=alpine:$TAG\nARG OTHER\nFROM ${BASE}\nFROM b:${OTHER:-2}\nFROM c:$UNDECLARED\n";

    assert_eq!(references(text, &[("TAG", "")], None), ["5:"]);
    assert_eq!(references(text, &[("UNDECLARED", "3")], None), ["5:c:3"]);
    let all = |args: &[(&str, &str)]| {
        images(text, args, None).into_iter().map(|i| i.reference).collect::<Vec<_>>()
    };
    assert_eq!(all(&[])[..2], [Some("alpine:1".into()), Some("b:2".into())]);
    assert_eq!(
        all(&[("TAG", "9"), ("OTHER", "8")])[..2],
        [Some("alpine:9".into()), Some("b:8".into())]
    );
}

#[test]
fn quotes_around_defaults_and_references_are_no_part_of_them() {
    let text = "ARG A=\"al pine\" B='x'\nFROM \"img:$B\"\n";

    assert_eq!(references(text, &[], None), ["2:img:x"]);
}

#[test]
fn a_variable_without_value_is_named_and_may_still_leave_a_reference() {
    let found = images("ARG REGISTRY\nFROM ${REGISTRY}alpine:3\nFROM a:$TAG\n", &[], None);

    assert_eq!(found[0].reference.as_deref(), Some("alpine:3"));
    assert_eq!(found[0].unset, ["REGISTRY"]);
    assert_eq!(found[1].reference, None);
    assert_eq!((found[1].written.as_str(), found[1].line), ("a:$TAG", 3));
}

#[test]
fn variables_in_copy_from_are_not_replaced() {
    let found = images("ARG X=a\nFROM b\nCOPY --from=$X /a /a\n", &[], None);

    assert_eq!(found[1].reference, None);
    assert_eq!(found[1].written, "$X");
}

#[test]
fn onbuild_counts_where_it_runs() {
    let text = "FROM a AS base\nONBUILD COPY --from=tools.example/t /t /t\nFROM base\n";

    assert_eq!(references(text, &[], None), ["1:a", "2:tools.example/t"]);
    assert_eq!(references(text, &[], Some("base")), ["1:a"]);
}

#[test]
fn what_runs_for_a_target_is_told() {
    let text = "FROM a AS x\nUSER x\nONBUILD USER y\nFROM b\nUSER no\nFROM x AS z\nUSER z\nONBUILD USER no\n";
    let dockerfile = Dockerfile::parse(text).unwrap();

    let reach = dockerfile.reach(&BTreeMap::new(), None).unwrap();
    assert_eq!(
        dockerfile.executed(&reach).map(|one| one.original.as_str()).collect::<Vec<_>>(),
        ["USER x", "USER y", "USER z"]
    );
}

#[test]
fn an_unknown_target_names_the_nearest_stage() {
    let dockerfile = Dockerfile::parse("FROM a AS runtime\nFROM b AS test\n").unwrap();

    let error = dockerfile.target(Some("runtme")).unwrap_err();
    assert_eq!(error.nearest.as_deref(), Some("runtime"));
    assert_eq!(error.to_string(), "the Dockerfile has no stage `runtme`");
    assert_eq!(dockerfile.target(Some("0")).unwrap_err().nearest, None);
    assert_eq!(dockerfile.target(None), Ok(1));
}

#[test]
fn the_needed_stages_are_told() {
    let text = "FROM a AS x\nFROM b AS y\nFROM c\nCOPY --from=x / /\n";
    let dockerfile = Dockerfile::parse(text).unwrap();

    let reach = dockerfile.reach(&BTreeMap::new(), None).unwrap();
    assert_eq!(dockerfile.needed(&reach).map(|stage| stage.line).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn of_two_stages_of_one_name_from_means_the_first_and_copy_the_last() {
    let text = "FROM a AS x\nFROM b AS x\nFROM x AS y\nFROM c AS z\nCOPY --from=x / /\n";

    assert_eq!(references(text, &[], Some("y")), ["1:a"]);
    assert_eq!(references(text, &[], None), ["2:b", "4:c"]);
}

#[test]
fn a_chain_of_a_hundred_thousand_stages_is_followed_to_its_end() {
    let chain = (1..100_000).map(|index| format!("FROM s{} AS s{index}\n", index - 1));
    let text: String = std::iter::once("FROM a AS s0\n".to_owned()).chain(chain).collect();

    assert_eq!(references(&text, &[], None), ["1:a"]);
}

#[test]
fn a_value_that_doubles_with_every_line_is_no_reference() {
    let text = format!("ARG A=aa\n{}FROM $A\n", "ARG A=$A$A\n".repeat(10_000));

    assert_eq!(images(&text, &[], None)[0].reference, None);
}
