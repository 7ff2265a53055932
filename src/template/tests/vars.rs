//! Values that the file gives a name.

use std::sync::Arc;

use super::{Engine, complaint, error, names, on_main, on_tag, text};
use crate::template::{Value, Var};

fn with(vars: &[(&str, Var)]) -> Engine {
    let mut names = names(super::ON_MAIN);
    names.vars =
        Arc::new(vars.iter().map(|(name, var)| ((*name).to_owned(), var.clone())).collect());
    Engine::new(names)
}

fn template(source: &str) -> Var {
    Var::Template(source.to_owned())
}

#[test]
fn a_var_is_a_template_of_its_own() {
    assert_eq!(text(&on_main(), "{{ vars.image }}"), "harbor.example.com/worker-3.12");
}

#[test]
fn a_var_that_is_only_a_name_without_a_value_has_none_either() {
    assert_eq!(text(&on_main(), "{{ vars.version or 'edge' }}"), "edge");
    assert_eq!(text(&on_tag(), "{{ vars.version or 'edge' }}"), "v1.2.3");
    assert_eq!(
        complaint(&on_main(), "x{{ vars.version }}"),
        (
            "in `vars.version`: `ci.tag` has no value: this pipeline runs for the branch `main`, \
             not for a tag"
                .to_owned(),
            "vars.version"
        )
    );
}

#[test]
fn a_mistake_within_a_var_is_told_where_the_var_is_named() {
    let engine = with(&[("a", template("{{ vars.b }}")), ("b", template("x{{ env.UNSET }}"))]);

    assert_eq!(
        complaint(&engine, "{{ vars.a | upper }}"),
        ("in `vars.a`: in `vars.b`: `env.UNSET` is not set".to_owned(), "vars.a")
    );
}

#[test]
fn a_var_that_needs_itself_is_an_error() {
    let engine = with(&[("a", template("{{ vars.b }}")), ("b", template("{{ vars.a }}"))]);

    assert_eq!(
        error(&engine, "{{ vars.a }}").message,
        "vars need one another in a circle: a → b → a"
    );
}

#[test]
fn a_circle_is_told_by_itself_to_whoever_leads_there() {
    let vars = [
        ("a", template("{{ vars.b }}")),
        ("b", template("{{ vars.a }}")),
        ("c", template("{{ vars.a }}")),
    ];

    for first in ["{{ vars.c }}", "{{ vars.b }}"] {
        assert_eq!(
            error(&with(&vars), first).message,
            "vars need one another in a circle: a → b → a"
        );
    }
}

#[test]
fn vars_that_double_again_and_again_end_at_once() {
    let names: Vec<String> = (0..60).map(|index| format!("v{index}")).collect();
    let mut vars = vec![("v0", template("0123456789"))];
    for pair in names.windows(2) {
        vars.push((
            &pair[1],
            Var::Template(format!("{{{{ vars.{0} }}}}{{{{ vars.{0} }}}}", pair[0])),
        ));
    }

    let message = error(&with(&vars), "{{ vars.v59 }}").message;

    assert!(message.ends_with("in `vars.v17`: the result is too long"), "{message}");
}

/// A test has a thread of 2 MB, in which vars without optimisation need most.
#[test]
fn a_row_of_vars_that_is_as_long_as_may_be_fits_a_threads_stack() {
    let names: Vec<String> = (0..64).map(|index| format!("v{index}")).collect();
    let minus = "-".repeat(1900);
    let nested = |var: Var| (0..50).fold(var, |var, _| Var::List(vec![var]));
    let takes = |index: usize| template(&format!("{{{{ vars.v{} or {minus}1 }}}}", index + 1));
    let vars: Vec<(&str, Var)> =
        names.iter().enumerate().map(|(index, name)| (&**name, nested(takes(index)))).collect();

    let message = error(&with(&vars), "{{ vars.v0 }}").message;

    assert!(message.ends_with("in `vars.v63`: `vars.v64` does not exist"), "{message}");
}

#[test]
fn a_var_from_outside_is_no_template() {
    let engine = with(&[("x", Var::Plain(Value::Text("{{ env.HARBOR }}".into())))]);
    assert_eq!(text(&engine, "{{ vars.x }}"), "{{ env.HARBOR }}");
}

#[test]
fn lists_and_tables_keep_their_form_and_their_strings_are_templates() {
    let table = vec![
        ("host".to_owned(), template("{{ env.HARBOR }}")),
        ("ports".to_owned(), Var::List(vec![Var::Plain(Value::Integer(80)), template("{{ 4 }}")])),
    ];
    let engine = with(&[("site", Var::Table(table))]);

    assert_eq!(text(&engine, "{{ vars.site.host }}"), "harbor.example.com");
    assert_eq!(text(&engine, "{{ vars.site.ports | join('+') }}"), "80+4");
    assert_eq!(
        engine.value("{{ vars.site.ports }}").unwrap(),
        Value::List(vec![Value::Integer(80), Value::Integer(4)])
    );
    let error = error(&engine, "{{ vars.site.hsot | default('x') }}");
    assert_eq!(error.message, "`vars.site.hsot` does not exist");
    assert_eq!(error.hint.as_deref(), Some("did you mean `vars.site.host`?"));
}

#[test]
fn a_late_value_can_t_stand_in_a_var() {
    let engine = with(&[("a", template("x{{ builds.base.image }}"))]);

    assert_eq!(
        error(&engine, "{{ vars.a }}").message,
        "in `vars.a`: `builds.base.image` is known only when `base` has been built: it can't be \
         used here"
    );
}
