//! Each template ends soon and fits in memory.

use super::{error, on_main};

#[test]
fn what_is_rendered_has_1_mib_at_most() {
    let error = error(&on_main(), "{{ 'x' * 2000000 }}");
    assert_eq!(error.message, "the result is too long");
    assert_eq!(error.hint.as_deref(), Some("a string of the configuration may have 1 MiB"));
}

#[test]
fn a_value_has_1_mib_at_most() {
    let error = on_main().value("{{ 'x' * 2000000 }}").unwrap_err();
    assert_eq!(error.message, "the result is too long");
}

#[test]
fn a_template_has_1_mib_at_most() {
    let error = error(&on_main(), &" ".repeat(1024 * 1024 + 1));
    assert_eq!(error.message, "this string is longer than 1 MiB");
}

#[test]
fn loops_are_bounded() {
    let nested = "{% for a in [1] %}{% for b in [1] %}{% for c in [1] %}{% endfor %}{% endfor %}\
                  {% endfor %}";
    assert_eq!(error(&on_main(), nested).message, "loops may be nested two deep");
    assert_eq!(
        error(&on_main(), "{{ range(100000) | join }}").message,
        "a range may have 1000 numbers"
    );
}

#[test]
fn a_template_nested_too_deeply_is_an_error() {
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(1000), ")".repeat(1000));
    let message = error(&on_main(), &deep).message;
    assert_eq!(message, "this is nested too deeply");
}

#[test]
fn a_template_that_does_not_come_to_an_end_is_told_so() {
    let loops = "{% for a in range(1000) %}{% for b in range(1000) %}{% if a > 2000 %}x{% endif %}\
                 {% endfor %}{% endfor %}";
    let error = error(&on_main(), loops);
    assert_eq!(
        error.message,
        "this template does not come to an end, or makes too much text on its way"
    );
    assert_eq!(
        error.hint.as_deref(),
        Some("make a list or a text in it shorter: half a million steps are too many")
    );
}

#[test]
fn a_text_that_doubles_ends_before_it_fills_the_memory() {
    let doubles = "{% set all = namespace(text='x') %}{% for n in range(40) %}\
                   {% set all.text = all.text ~ all.text %}{% endfor %}{{ all.text | length }}";
    assert_eq!(
        error(&on_main(), doubles).message,
        "this template does not come to an end, or makes too much text on its way"
    );
}

#[test]
fn one_long_text_is_not_joined_a_thousand_times() {
    let joined = "{% set long = 'x' * 900000 %}{{ [long, long, long] | join | length }}";
    assert_eq!(error(&on_main(), joined).message, "the result is too long");
}

#[test]
fn what_filters_make_of_a_long_text_is_bounded() {
    let grows = "{% set long = 'x' * 100000 %}{{ long | replace('x', long) | length }}";
    assert_eq!(
        error(&on_main(), grows).message,
        "this template does not come to an end, or makes too much text on its way"
    );
}

#[test]
fn a_value_is_bounded_as_a_text_is() {
    let error =
        on_main().value("{{ range(1000) | map('upper') | join | replace('', 'x' * 100000) }}");
    assert!(error.is_err());
}
