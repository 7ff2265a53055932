//! What names and filters come to, and in which type.

use super::{complaint, error, on_main, on_tag, text};
use crate::template::Value;

#[test]
fn every_name_has_its_value() {
    let engine = on_main();

    assert_eq!(
        text(&engine, "{{ env.HARBOR }}/{{ build.name }}"),
        "harbor.example.com/worker-3.12"
    );
    assert_eq!(text(&engine, "{{ vars.flavour }}-{{ matrix.python }}"), "alpine-3.12");
    assert_eq!(text(&engine, "{{ registries.docker_hub.host }}"), "docker.io");
    assert_eq!(text(&engine, "{{ registries['docker-hub'].host }}"), "docker.io");
    assert_eq!(text(&engine, "{{ ci.provider }} {{ ci.on_default_branch }}"), "gitlab true");
}

#[test]
fn a_string_that_is_no_template_stays_as_it_is() {
    assert_eq!(text(&on_main(), "a { b } %} \n"), "a { b } %} \n");
    assert_eq!(text(&on_main(), ""), "");
}

#[test]
fn a_newline_at_the_end_belongs_to_the_string() {
    assert_eq!(text(&on_main(), "{{ build.name }}\n"), "worker-3.12\n");
}

#[test]
fn nothing_is_escaped_for_html() {
    assert_eq!(text(&on_main(), "{{ '<a & \"b\">' }}"), "<a & \"b\">");
}

#[test]
fn a_string_that_is_only_one_expression_keeps_its_type() {
    let value = |source| on_main().value(source).unwrap();

    assert_eq!(value("{{ ci.on_default_branch }}"), Value::Bool(true));
    assert_eq!(value("{{ 2 + 3 }}"), Value::Integer(5));
    assert_eq!(value("{{ 1.5 }}"), Value::Float(1.5));
    assert_eq!(value("{{ matrix.python }}"), Value::Text("3.12".into()));
    assert_eq!(
        value("{{ 'a,b' | split(',') }}"),
        Value::List(vec![Value::Text("a".into()), Value::Text("b".into())])
    );
    assert_eq!(value("{{ 2 }}{{ 3 }}"), Value::Text("23".into()));
    assert_eq!(value(" {{ 2 }}"), Value::Text(" 2".into()));
    assert_eq!(value("plain"), Value::Text("plain".into()));
    assert_eq!(value("{{ 'x' if ci.tag }}"), Value::Text(String::new()));
}

#[test]
fn a_value_that_is_absent_is_an_error_and_a_condition_on_it_is_no() {
    let engine = on_main();
    let error = engine.value("{{ ci.tag }}").unwrap_err();

    assert_eq!(
        error.message,
        "`ci.tag` has no value: this pipeline runs for the branch `main`, not for a tag"
    );
    assert_eq!(error.range, 3..9);
    assert_eq!(engine.condition("{{ ci.tag }}"), Ok(false));
    assert_eq!(on_tag().condition("{{ ci.tag }}"), Ok(true));
    assert_eq!(engine.condition("{{ ci.branch == 'main' }}"), Ok(true));
}

#[test]
fn the_words_that_variables_of_a_ci_have_for_yes_and_no_are_understood() {
    for word in ["false", "FALSE", "no", "off", "0", "", " "] {
        assert_eq!(on_main().condition(word), Ok(false), "for {word:?}");
        assert_eq!(on_main().condition(&format!("{{{{ '{word}' }}}}")), Ok(false), "for {word:?}");
    }
    for word in ["true", "yes", "on", "1"] {
        assert_eq!(on_main().condition(word), Ok(true), "for {word:?}");
    }
    assert_eq!(on_main().condition("{% if ci.branch %}true{% endif %}"), Ok(true));
}

#[test]
fn a_misspelt_yes_is_an_error() {
    let error = on_main().condition("ture").unwrap_err();
    assert_eq!(error.message, "this is neither `true` nor `false`");
}

#[test]
fn a_version_is_taken_out_of_the_tag_and_is_empty_without_one() {
    let source = "{{ ci.tag | semver('{major}.{minor}') }}";

    assert_eq!(text(&on_tag(), source), "1.2");
    assert_eq!(text(&on_main(), source), "");
    assert_eq!(
        text(&on_main(), "{{ 'api/v2.0.1' | semver('{version}', prefix='api/') }}"),
        "2.0.1"
    );
}

#[test]
fn filters_of_ours() {
    let engine = on_main();

    assert_eq!(text(&engine, "{{ 'Feature/X' | slug }}"), "feature-x");
    assert_eq!(text(&engine, "{{ 'Feature/X' | tag_safe }}"), "Feature-X");
    assert_eq!(text(&engine, "{{ ci.commit | short }}"), "7f3a1c9e");
    assert_eq!(text(&engine, "{{ ci.commit | short(4) }}"), "7f3a");
    assert_eq!(text(&engine, "{{ 'abc' | sha256 | short }}"), "ba7816bf");
}

#[test]
fn a_part_of_a_text_can_be_cut_out() {
    assert_eq!(text(&on_main(), "{{ ci.commit[:12] }}"), "7f3a1c9e5b2d");
}

#[test]
fn places_are_bytes_whatever_stands_before_them() {
    assert_eq!(complaint(&on_main(), "ä{{ 'ö' }}{{ env.UNSET | upper }}").1, "env.UNSET");
    assert_eq!(complaint(&on_main(), "ä{{ 'ö' }}{{ file('gone') }}").1, "file('gone')");
    let source = "{{ 'ä' ~ file('gone') }}";
    let error = on_main().value(source).unwrap_err();
    assert_eq!(&source[error.range], "file('gone')");
}

#[test]
fn a_mistake_in_what_a_filter_takes_is_underlined() {
    let (message, underlined) = complaint(&on_main(), "x{{ 'v1.0.0' | semver('{majr}') }}");
    assert_eq!(message, "a version has no `{majr}`");
    assert!(underlined.contains("semver"), "{underlined}");

    assert_eq!(error(&on_main(), "{{ [1] | slug }}").message, "`slug` takes text");
    assert_eq!(error(&on_main(), "{{ 'a' | semver }}").message, "this lacks an argument");
    assert_eq!(
        error(&on_main(), "{{ 'a' | semver('{major}', perfix='a') }}").message,
        "there is no argument `perfix`"
    );
}

#[test]
fn a_list_or_a_table_is_not_printed() {
    let error = error(&on_main(), "{{ ['a'] }}");
    assert_eq!(error.message, "a list can't be printed");
    assert_eq!(error.hint.as_deref(), Some("join its items: `{{ … | join(\",\") }}`"));
}

#[test]
fn a_file_is_read_without_its_last_newline_and_is_no_template() {
    let engine = on_main();

    assert_eq!(text(&engine, "v{{ file('VERSION') }}"), "v1.4.0");
    assert_eq!(text(&engine, "{{ file('braces') }}"), "{{ env.HARBOR }}");
    assert_eq!(
        complaint(&engine, "{{ file('gone') }}"),
        ("`gone` can't be read: there is no such file".to_owned(), "file('gone')")
    );
    assert_eq!(
        error(&engine, "{{ file('long') }}").message,
        "`long` can't be read: it has more than 64 KiB"
    );
}

#[test]
fn what_git_describes_needs_a_repository() {
    assert_eq!(
        error(&on_main(), "{{ git_describe() }}").message,
        "`git_describe()` has no value: no git repository is looked at"
    );
    assert_eq!(text(&on_main(), "{{ git_describe() or 'x' }}"), "x");
}

#[test]
fn a_value_from_outside_is_no_template() {
    let mut names = super::names(super::ON_MAIN);
    names.env = std::sync::Arc::new(super::map(&[("X", "{{ env.Y }}"), ("Y", "secret")]));

    assert_eq!(text(&super::Engine::new(names), "{{ env.X }}"), "{{ env.Y }}");
}

#[test]
fn yes_and_no_are_spelt_alike_wherever_they_become_text() {
    let engine = on_main();

    assert_eq!(text(&engine, "{{ ci.on_default_branch }}"), "true");
    assert_eq!(text(&engine, "{{ ci.protected | string }}"), "false");
    assert_eq!(text(&engine, "{{ [true, 1, 'x'] | join(' ') }}"), "true 1 x");
    assert_eq!(
        complaint(&engine, "{{ 'x-' ~ ci.protected }}"),
        ("`ci.protected` is yes or no, not text".to_owned(), "ci.protected")
    );
}

#[test]
fn what_can_t_be_computed_is_told_in_words() {
    let said = |source| error(&on_main(), source).message;

    assert_eq!(said("{{ 'a' + 1 }}"), "`+` can't be done with text and a number");
    assert_eq!(said("{{ [1] - 1 }}"), "`-` can't be done with a list and a number");
    assert_eq!(said("{{ 1 // 0 }}"), "this has no result, or one that is too large");
    assert_eq!(said("{{ [1][5] }}"), "this has no value");
    assert_eq!(said("{{ ['x'] | map('nope') | list }}"), "there is no filter of that name");
}
