//! Each template ends soon and fits in memory.

use super::{error, on_main, text};

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

/// A test has a thread of 2 MB, in which a template without optimisation needs most.
#[test]
fn a_template_of_as_many_words_as_may_be_fits_a_threads_stack() {
    let many = |what: &str, words: usize| what.repeat(1990 / words);
    for template in [
        format!("{{{{ {}1 }}}}", many("-", 1)),
        format!("{{{{ {}true }}}}", many("not ", 1)),
        format!("{{{{ vars.flavour{} }}}}", many("['a']", 3)),
        format!("{{{{ 'a'{} }}}}", many("[:1]", 4)),
        format!("{{{{ 1{} }}}}", many(" is defined", 2)),
        format!("{{{{ 'a'{} }}}}", many(" | upper", 2)),
        format!("{{% if 1 %}}{}{{% endif %}}", many("{% elif 1 %}", 2)),
        format!("{{{{ 1{} }}}}", many(" ~ 1", 2)),
        format!("{{{{ {}1 }}}}", many("1 if 1 else ", 4)),
    ] {
        // Whatever comes of it.
        let _ = on_main().text(&template);
        let _ = on_main().value(&template);
    }
}

#[test]
fn a_template_nested_too_deeply_is_an_error() {
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(900), ")".repeat(900));
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
    let grows = "{% set x = 'x' * 20000000 %}{% set y = x ~ x %}{{ y | length }}";
    assert_eq!(
        error(&on_main(), grows).message,
        "this template does not come to an end, or makes too much text on its way"
    );
}

#[test]
fn a_list_that_is_made_of_itself_again_and_again_is_refused_before_it_is_made() {
    for (statement, times) in
        [("{% set a = a + a %}", 40), ("{% set a = [a, a] %}", 7), ("{% with a = a | zip(a) %}", 9)]
    {
        let ends =
            if statement.contains("with") { "{% endwith %}".repeat(times) } else { String::new() };
        let doubles =
            format!("{{% set a = [1] %}}{}{{{{ a | length }}}}{ends}", statement.repeat(times));
        let error = error(&on_main(), &doubles);
        assert_eq!(error.message, "values that are made of one another grow too large");
    }
}

#[test]
fn the_values_of_one_with_are_made_of_one_another_too() {
    let names: Vec<_> = (1..20).map(|n| format!("a{n} = a{0} + a{0}", n - 1)).collect();
    let doubles = format!(
        "{{% set a0 = [1] %}}{{% with {} %}}{{{{ a19 | length }}}}{{% endwith %}}",
        names.join(", ")
    );
    assert_eq!(
        error(&on_main(), &doubles).message,
        "values that are made of one another grow too large"
    );
}

#[test]
fn a_list_is_not_repeated_and_a_number_and_a_text_are() {
    for lists in [
        "{{ [1] * 100000000 }}",
        "{{ ('a' | list) * 100000000 | length }}",
        "{{ vars.several * 100000000 }}",
        "{{ range(9) * 100000000 }}",
    ] {
        let error = error(&on_main(), lists);
        assert_eq!(error.message, "`*` is for numbers and text, and there is a list here");
    }
    assert_eq!(text(&on_main(), "{{ 2 * 3 }}{{ 'ab' * 2 }}{{ 'xyz'[1] }}"), "6ababy");
}

#[test]
fn a_list_has_100000_items_at_most() {
    let many = on_main().value("{{ ('a,' * 200000) | split(',') }}").unwrap_err();
    assert_eq!(many.message, "this list is too long");
}

#[test]
fn a_template_has_two_thousand_words_at_most() {
    let error = error(&on_main(), &"{{ ci.commit }}".repeat(667));
    assert_eq!(error.message, "this template has more than 2000 words and signs");
    assert_eq!(error.range, 9996..10002);
}

#[test]
fn a_loop_keeps_nothing_of_a_round_for_the_next() {
    let rounds =
        "{% set a = [1] %}{% for n in range(9) %}{% set a = a + a %}{{ a | length }}{% endfor %}";
    assert_eq!(text(&on_main(), rounds), "222222222");
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
