//! What only the end of another build can tell.

use super::{complaint, error, on_main, on_tag};
use crate::template::{LateValue, Part};

fn literal(text: &str) -> Part {
    Part::Literal(text.to_owned())
}

#[test]
fn late_values_are_parts_of_what_is_rendered() {
    let rendered = on_main().text("a {{ builds.base.image }} b {{ builds.a_b.digest }}").unwrap();

    assert_eq!(
        rendered.parts,
        [
            literal("a "),
            Part::Late(LateValue::Image("base".into())),
            literal(" b "),
            Part::Late(LateValue::Digest("a-b".into())),
        ]
    );
    assert_eq!(rendered.as_literal(), None);
}

#[test]
fn a_branch_that_is_not_taken_has_no_late_value() {
    let source = "{{ builds.base.image if ci.tag else env.HARBOR }}";

    assert_eq!(on_main().text(source).unwrap().as_literal(), Some("harbor.example.com"));
    assert_eq!(on_tag().text(source).unwrap().parts, [Part::Late(LateValue::Image("base".into()))]);
}

#[test]
fn a_build_may_be_named_by_what_is_computed() {
    assert_eq!(
        on_main().text("{{ builds['worker-' ~ matrix.python].image }}").unwrap().parts,
        [Part::Late(LateValue::Image("worker-3.12".into()))]
    );
    assert_eq!(
        error(&on_main(), "{{ builds['wroker-' ~ matrix.python].image }}").hint.as_deref(),
        Some("did you mean `builds[\"worker-3.12\"]`?")
    );
}

#[test]
fn a_late_value_may_be_printed_not_tested_or_filtered() {
    for source in [
        "{{ builds.base.image | upper }}",
        "{{ builds.base.image == 'x' }}",
        "{{ 'x' if builds.base.image }}",
        "{{ builds.base.image or 'x' }}",
        "{{ builds.base.image is defined }}",
        "{{ (builds.base.image) | upper }}",
        "{{ 'x' ~ builds.base.image }}",
        "{{ [builds.base.image] | first }}",
        "{{ builds.base.image | default('x') }}",
        "{% if builds.base.image %}x{% endif %}",
        "{% set x = builds.base.image %}{{ x }}",
    ] {
        assert_eq!(
            complaint(&on_main(), source),
            (
                "`builds.base.image` is known only when `base` has been built: it may be printed, \
                 not tested or filtered"
                    .to_owned(),
                "builds.base.image"
            ),
            "in {source}"
        );
    }
}

#[test]
fn a_late_value_is_no_value_of_a_key() {
    for source in ["{{ builds.base.image }}", "x{{ builds.base.image }}"] {
        assert_eq!(
            on_main().value(source).unwrap_err().message,
            "`builds.base.image` is known only when `base` has been built: it can't be used here"
        );
    }
}

#[test]
fn nothing_from_outside_is_taken_for_a_late_value() {
    let mut names = super::names(super::ON_MAIN);
    names.env = std::sync::Arc::new(super::map(&[("NUL", "a\0b")]));
    let engine = super::Engine::new(names);

    assert_eq!(
        error(&engine, "{{ env.NUL }}{{ builds.base.image }}").message,
        "a text with a NUL in it can't be printed"
    );
    assert_eq!(error(&engine, "\0{{ builds.base.image }}").message, "a template can't have a NUL");
}
