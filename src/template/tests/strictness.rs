//! Names that do not exist, and names without a value.

use super::{complaint, error, on_main, on_tag, text};

#[test]
fn a_name_that_does_not_exist_is_an_error_wherever_it_stands() {
    for source in [
        "{{ ci.tga }}",
        "{% if ci.tga %}x{% endif %}",
        "{{ ci.tga | default('x') }}",
        "{{ ci.tga or 'x' }}",
        "{{ 'x' or ci.tga }}",
        "{{ ci.tga is defined }}",
        "{% if false %}{{ ci.tga }}{% endif %}",
    ] {
        let error = error(&on_main(), source);
        assert_eq!(error.message, "`ci.tga` does not exist", "in {source}");
        assert_eq!(&source[error.range], "ci.tga", "in {source}");
        assert_eq!(error.hint.as_deref(), Some("did you mean `ci.tag`?"), "in {source}");
    }
}

#[test]
fn a_computed_name_that_does_not_exist_is_an_error_too() {
    assert_eq!(
        error(&on_main(), "{{ ci['t' ~ 'ga'] | default('x') }}").message,
        "`ci.tga` does not exist"
    );
    assert_eq!(
        error(&on_main(), "{{ vars['flavuor' | lower] }}").hint.as_deref(),
        Some("did you mean `vars.flavour`?")
    );
}

#[test]
fn a_name_without_a_value_is_false_in_tests() {
    let engine = on_main();

    assert_eq!(text(&engine, "{% if ci.tag %}a{% else %}b{% endif %}"), "b");
    assert_eq!(text(&engine, "{{ 'a' if env.UNSET else 'b' }}"), "b");
    assert_eq!(text(&engine, "{{ 'a' if env.EMPTY else 'b' }}"), "b");
    assert_eq!(text(&engine, "{{ not ci.tag }}"), "true");
    assert_eq!(text(&engine, "{{ ci.tag is defined }}"), "false");
    assert_eq!(text(&engine, "{{ ci.tag is undefined }}"), "true");
    assert_eq!(text(&engine, "{{ ci.tag is startingwith('v') }}"), "false");
    assert_eq!(text(&engine, "{{ ci.tag in ['v1', ''] }}"), "false");
    assert_eq!(text(&engine, "{{ 'v' in ci.tag }}"), "false");
}

#[test]
fn a_name_without_a_value_equals_nothing_not_even_another_one() {
    let engine = on_main();

    assert_eq!(text(&engine, "{{ ci.tag == 'v1.2.3' }}"), "false");
    assert_eq!(text(&engine, "{{ ci.tag != 'v1.2.3' }}"), "true");
    assert_eq!(text(&engine, "{{ ci.tag == '' }}"), "false");
    assert_eq!(text(&engine, "{{ ci.tag == env.UNSET }}"), "false");
}

#[test]
fn a_name_without_a_value_gives_way_in_default_and_or() {
    let engine = on_main();

    assert_eq!(text(&engine, "{{ ci.tag or ci.commit_short }}"), "7f3a1c9e");
    assert_eq!(text(&engine, "{{ ci.tag | default('none') }}"), "none");
    assert_eq!(text(&engine, "{{ env.EMPTY | default(env.HARBOR) }}"), "harbor.example.com");
    assert_eq!(text(&engine, "{{ ci.tag | d }}"), "");
    assert_eq!(text(&engine, "{{ '' | default('x', true) }}"), "x");
    assert_eq!(
        text(&engine, "{{ [ci.tag, env.HARBOR] | select | join(',') }}"),
        "harbor.example.com"
    );
}

#[test]
fn a_name_without_a_value_is_an_error_when_printed() {
    assert_eq!(
        complaint(&on_main(), "v-{{ ci.tag }}"),
        (
            "`ci.tag` has no value: this pipeline runs for the branch `main`, not for a tag"
                .to_owned(),
            "ci.tag"
        )
    );
    assert_eq!(
        complaint(&on_main(), "{{ ci.tag or env.UNSET }}"),
        ("`env.UNSET` is not set".to_owned(), "env.UNSET")
    );
    assert_eq!(
        complaint(&on_main(), "{{ env.EMPTY }}"),
        ("`env.EMPTY` is empty".to_owned(), "env.EMPTY")
    );
}

#[test]
fn a_name_without_a_value_can_t_slip_through_a_filter_or_an_operator() {
    for source in [
        "{{ env.UNSET | upper }}",
        "{{ env.UNSET | slug }}",
        "{{ env.UNSET | length }}",
        "{{ env.UNSET | replace('a', 'b') }}",
        "{{ env.UNSET | trim | lower }}",
        "{{ env.UNSET | int }}",
        "{{ env.UNSET | list }}",
        "{{ env.UNSET | string }}",
        "{{ env.UNSET | sha256 }}",
        "{{ 'x' ~ env.UNSET }}",
        "{{ 'x' + env.UNSET }}",
        "{{ [env.UNSET] | join }}",
        "{{ '%s' | format(env.UNSET) }}",
        "{{ 'x' | replace('x', env.UNSET) }}",
        "{{ env.UNSET in 'text' }}",
        "{{ env.UNSET[0] }}",
        "{{ env.UNSET[:3] }}",
        "{{ env[env.UNSET] }}",
        "{% for letter in env.UNSET %}{{ letter }}{% endfor %}",
        "{% set x = env.UNSET %}{{ x }}",
        "{% set x = env.UNSET %}{{ x ~ 'y' }}",
        "{{ file(env.UNSET) }}",
    ] {
        let error = error(&on_main(), source);
        let expected = match source {
            "{{ env.UNSET[0] }}" => "`env.UNSET.…` does not exist: what it is taken from is text",
            _ => "`env.UNSET` is not set",
        };
        assert_eq!(error.message, expected, "in {source}");
    }
    assert_eq!(complaint(&on_main(), "x{{ env.UNSET | length }}").1, "env.UNSET");
    assert_eq!(complaint(&on_main(), "x{{ env.UNSET[:3] }}").1, "env.UNSET");
}

#[test]
fn what_may_have_no_value_can_t_be_put_in_order() {
    assert_eq!(
        complaint(&on_main(), "{{ ci.pull_request > 5 }}"),
        ("`ci.pull_request` may have no value, so it has no order".to_owned(), "ci.pull_request")
    );
    assert_eq!(text(&on_main(), "{{ (ci.pull_request | default(0)) > 5 }}"), "false");
}

#[test]
fn the_cause_of_a_missing_variable_is_guessed() {
    assert_eq!(
        error(&on_main(), "{{ env.HABROR }}").hint.as_deref(),
        Some("did you mean `env.HARBOR`?")
    );
    assert_eq!(
        error(&on_main(), "{{ env.PASSWORD }}").hint.as_deref(),
        Some(
            "a CI gives protected variables to protected branches and tags only, and this one \
             is not protected"
        )
    );
    assert_eq!(
        error(&on_tag(), "{{ env.PASSWORD }}").hint.as_deref(),
        Some(
            "is it misspelt, or a protected variable in a pipeline of an unprotected branch or tag?"
        )
    );
}

#[test]
fn the_missing_else_of_a_condition_is_an_empty_text() {
    assert_eq!(text(&on_main(), "{{ 'latest' if ci.tag }}"), "");
}

#[test]
fn none_is_never_printed() {
    let error = error(&on_main(), "{{ 'x' ~ none }}");
    assert_eq!(error.message, "no value is `none`");
    assert_eq!(error.range, 9..13);
}

#[test]
fn what_an_event_file_does_not_tell_is_an_error_in_tests_too() {
    let variables =
        [("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF", "refs/heads/m")];
    let engine = super::Engine::new(super::names(&variables));

    assert_eq!(
        complaint(&engine, "{{ 'latest' if ci.on_default_branch }}"),
        (
            "`ci.on_default_branch` can't be told: the job's `GITHUB_EVENT_PATH` is not set"
                .to_owned(),
            "ci.on_default_branch"
        )
    );
}

/// A pipeline of `CircleCI`, which does not tell the default branch.
fn on_circleci(vars: &[(&str, &str)]) -> super::Engine {
    let variables = [("CIRCLECI", "true"), ("CIRCLE_BRANCH", "dev"), ("CIRCLE_SHA1", "7f3a1c9e")];
    let mut names = super::names(&variables);
    let var = |(name, source): &(&str, &str)| {
        ((*name).to_owned(), crate::template::Var::Template((*source).to_owned()))
    };
    names.vars = std::sync::Arc::new(vars.iter().map(var).collect());
    super::Engine::new(names)
}

#[test]
fn without_a_default_branch_that_anybody_tells_it_goes_on_with_another() {
    let engine = on_circleci(&[("main", "{{ ci.default_branch or 'main' }}")]);

    for (source, expected) in [
        ("{{ ci.default_branch or 'main' }}", "main"),
        ("{{ ci.default_branch | default('main') }}", "main"),
        ("{{ (ci.default_branch or 'dev') == ci.branch }}", "true"),
        ("{{ ci.default_branch is defined }}", "false"),
        ("{{ 'a' if ci.default_branch else 'b' }}", "b"),
        ("{{ vars.main == ci.branch }}", "false"),
    ] {
        assert_eq!(text(&engine, source), expected, "{source}");
    }
}

#[test]
fn a_default_branch_that_nobody_tells_is_not_taken_for_another_branch() {
    let engine = on_circleci(&[("main", "{{ ci.default_branch }}")]);
    let told = "`ci.default_branch` can't be told: CircleCI does not name the default branch, \
                nor does the repository; compare `ci.branch` with its name";

    for source in [
        "{{ ci.default_branch }}",
        "x{{ ci.default_branch }}",
        "{{ ci.branch == ci.default_branch }}",
        "{{ ci.default_branch != ci.branch }}",
        "{{ ci.branch == ci.default_branch or ci.tag }}",
        "{{ ci.branch in [ci.default_branch, 'next'] }}",
        "{% if ci.branch == (ci.default_branch) %}x{% endif %}",
        "{% set main = ci.default_branch %}{{ ci.branch == main }}",
    ] {
        let error = error(&engine, source);
        assert_eq!(error.message, told, "{source}");
        assert_eq!(&source[error.range], "ci.default_branch", "{source}");
        let hint = "say what counts without it, as `{{ ci.default_branch or 'main' }}`";
        assert_eq!(error.hint.as_deref(), Some(hint), "{source}");
    }
    let in_a_var = error(&engine, "{{ ci.branch == vars.main }}");
    assert_eq!(in_a_var.message, format!("in `vars.main`: {told}"));
}
