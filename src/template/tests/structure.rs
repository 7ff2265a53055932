//! Mistakes that are found whatever the values are.

use std::collections::BTreeSet;

use super::{Engine, complaint, error, names, on_main, text};
use crate::template::Names;

fn messages(source: &str) -> Vec<String> {
    on_main().check(source).into_iter().map(|error| error.message).collect()
}

#[test]
fn all_mistakes_of_a_template_are_found_at_once() {
    assert_eq!(
        messages("{{ ci.tga | lwoer }}{{ x is definde }}{{ vras.a }}{{ builds.bsae.image }}"),
        [
            "`ci.tga` does not exist",
            "there is no filter `lwoer`",
            "`x` does not exist",
            "there is no test `definde`",
            "`vras` does not exist",
            "`builds.bsae` does not exist",
        ]
    );
}

#[test]
fn a_template_without_mistakes_needs_no_values() {
    assert_eq!(messages("{{ ci.tag }}{{ env.UNSET }}{{ builds['a-b'].digest }}"), [""; 0]);
    assert_eq!(messages("plain { text } %} }}"), [""; 0]);
}

#[test]
fn the_nearest_spelling_is_offered() {
    let hint = |source| error(&on_main(), source).hint.unwrap();

    assert_eq!(hint("{{ ci.tag | semvre('{major}') }}"), "did you mean `semver`?");
    assert_eq!(hint("{{ vars.flavor }}"), "did you mean `vars.flavour`?");
    assert_eq!(hint("{{ matrix.pyhton }}"), "did you mean `matrix.python`?");
    assert_eq!(hint("{{ builds['a-c'].image }}"), "did you mean `builds[\"a-b\"]`?");
    assert_eq!(hint("{{ registries.habror.host }}"), "did you mean `registries.harbor`?");
    assert_eq!(hint("{{ HARBOR }}"), "did you mean `env.HARBOR`?");
    assert_eq!(hint("{{ flavour }}"), "did you mean `vars.flavour`?");
    assert_eq!(hint("{{ fiel('x') }}"), "did you mean `file`?");
    assert_eq!(
        hint("{{ builds.base.imgae }}"),
        "there is `builds.base.image` and `builds.base.digest`"
    );
}

#[test]
fn a_table_is_no_value() {
    assert_eq!(
        complaint(&on_main(), "{{ builds.base }}"),
        (
            "`builds.base` has no value of its own: name its `image` or `digest`: \
             `builds.NAME.image`"
                .to_owned(),
            "builds.base"
        )
    );
    assert_eq!(messages("{% for x in vars %}{% endfor %}").len(), 1);
}

#[test]
fn methods_do_not_exist() {
    let error = error(&on_main(), "{{ ci.branch.startswith('m') }}");
    assert_eq!(error.message, "`ci.branch.startswith` can't be called");
    assert_eq!(error.hint.as_deref(), Some("values have no methods: use a filter or a test"));
}

#[test]
fn syntax_is_explained_in_words() {
    let said = |source| messages(source).remove(0);

    assert_eq!(said("{{ ci.tag "), "the template ends too early");
    assert_eq!(said("{{ ci.tag | }}"), "this template is not well-formed: `}}` is out of place");
    assert_eq!(said("{{ 'x }}"), "a string in this template has no end");
    assert_eq!(said("${#NAME}"), "a `{#` opens a comment that has no end");
    assert_eq!(said("{% fi ci.tag %}"), "there is no statement `fi`");
    assert_eq!(said("{% endif %}"), "this `{% endif %}` belongs to nothing");
}

#[test]
fn statements_that_may_not_end_are_left_out() {
    assert_eq!(
        messages("{% macro f() %}{% endmacro %}")[0],
        "the configuration's templates have no `{% macro %}`"
    );
    assert_eq!(
        messages("{% set x %}a{% endset %}"),
        ["`set` needs a value here: `{% set NAME = … %}`"]
    );
    assert_eq!(
        messages("{% for x in [1] recursive %}{% endfor %}"),
        ["a loop can't be recursive here"]
    );
}

#[test]
fn a_value_of_the_template_s_own_may_not_hide_a_name() {
    assert_eq!(messages("{% set ci = 1 %}"), ["`ci` is taken: name this value otherwise"]);
    assert_eq!(text(&on_main(), "{% set x = 1 %}{% for y in [x] %}{{ y + x }}{% endfor %}"), "2");
}

#[test]
fn what_belongs_to_a_build_does_not_exist_without_one() {
    let engine = Engine::new(Names::default());

    assert_eq!(
        error(&engine, "{{ build.name }}").message,
        "`build.name` exists only within a build"
    );
    assert_eq!(error(&engine, "{{ matrix.x }}").message, "`matrix.x` exists only within a build");
    assert_eq!(error(&engine, "{{ ci.tag }}").message, "`ci.tag` can't be told here");
}

#[test]
fn uses_are_told_without_rendering() {
    let uses = on_main().uses(
        "{% if ci.tag %}{{ builds.a_b.image }}{% endif %}{{ vars.image }}{{ env['X'] }}\
         {{ builds['b' ~ matrix.python].digest }}{{ build.name }}",
    );
    let set = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<BTreeSet<_>>();

    assert_eq!(uses.builds, set(&["a-b"]));
    assert_eq!(uses.env, set(&["HARBOR", "X"]));
    assert_eq!(uses.vars, set(&["image"]));
    assert_eq!(uses.own, set(&["build.name", "matrix.python"]));
    assert!(uses.computes_builds);
    assert!(!uses.computes_env);
}

#[test]
fn values_of_the_environment_are_in_no_debug_form() {
    let shown = format!("{:?}", Engine::new(names(&[("PASSWORD", "s3cret")])));
    assert!(shown.contains("PASSWORD"));
    assert!(!shown.contains("s3cret"));
}
