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
