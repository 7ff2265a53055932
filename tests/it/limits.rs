//! Files that are far too large, too deep or too wrong: told soon, and in few words.

use std::fmt::Write as _;

use crate::sandbox::Sandbox;

/// A project whose file has these lines after its version.
fn file(lines: &str) -> Sandbox {
    Sandbox::new().config(&format!("version = 1\n{lines}\n")).file("Dockerfile", "FROM scratch\n")
}

/// The file is refused with so many mistakes, of which this is one.
#[track_caller]
fn told(lines: &str, mistakes: usize, message: &str) {
    let run = file(lines).run(["check"]);
    run.code(2).stdout("").stderr_contains(&format!("error: {message}"));
    let told = run.tells();
    assert_eq!(told.matches("error: ").count(), mistakes, "{told}");
    assert!(told.len() < 100_000, "{} bytes are told", told.len());
}

const WEB: &str = "[builds.web]\nexecutor = \"docker\"\nno-push = true\n";

#[test]
fn of_many_mistakes_the_first_hundred_are_told_and_the_others_counted() {
    let keys = (0..5000).fold(WEB.to_owned(), |mut text, key| {
        let _ = writeln!(text, "k{key} = 1");
        text
    });

    told(&keys, 100, "unknown key `k0` of a build");
    file(&keys).run(["check"]).stderr_contains("\n\n… and 4900 more\n");
}

#[test]
fn a_text_that_is_no_toml_at_all_is_told_with_its_first_lines() {
    told(&"x\n".repeat(5000), 100, "invalid TOML");
}

#[test]
fn a_text_of_ten_megabytes_is_no_value() {
    let long = "a".repeat(10_000_000);

    told(
        &format!("[vars]\nlong = \"{long}\"\n{WEB}target = \"{{{{ vars.long }}}}\""),
        2,
        "`long`: this string is longer than 1 MiB",
    );
}

#[test]
fn ten_thousand_builds_are_none_too_many_and_one_mistake_of_theirs_is_told_once() {
    let builds = |target: &str| {
        let head = format!("[defaults]\nexecutor = \"docker\"\nno-push = true\n{target}\n");
        (0..10_000).fold(head, |mut text, build| {
            let _ = writeln!(text, "[builds.b{build}]");
            text
        })
    };

    file(&builds("")).run(["list"]).code(0).stderr("");
    told(&builds("target = \"{{ vars.nope }}\""), 1, "`target`: `vars.nope` does not exist");
}

#[test]
fn a_matrix_of_ten_thousand_is_built_and_one_of_a_million_is_refused() {
    let numbers: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    let numbers = numbers.join(", ");
    let matrix = |axes: &[&str]| {
        let axes: Vec<_> = axes.iter().map(|name| format!("{name} = [{numbers}]")).collect();
        format!("{WEB}matrix = {{ {} }}", axes.join(", "))
    };

    let run = file(&matrix(&["a", "b"])).run(["list"]);
    assert_eq!(run.code(0).results().len(), 10_000);
    told(&matrix(&["a", "b", "c"]), 1, "a `matrix` of more than 20000 builds");
}

#[test]
fn what_is_nested_too_deeply_is_told_where_it_is() {
    told(&format!("{WEB}tags = {}", "[".repeat(100_000)), 1, "invalid TOML");
    told(&format!("{WEB}{}a = 1", "a.".repeat(100_000)), 1, "invalid TOML");
    let braces = |inner: &str| format!("{WEB}target = \"{inner}\"");
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(900), ")".repeat(900));
    told(&braces(&deep), 1, "`target`: this is nested too deeply");
    told(&braces(&"{% if 1 %}".repeat(900)), 1, "`target`: this is nested too deeply");
}

#[test]
fn a_template_of_fifty_thousand_words_is_refused_however_it_is_made() {
    let many = |what: &str| what.repeat(50_000);
    for template in [
        format!("{{{{ {}1 }}}}", many("-")),
        format!("{{{{ {}true }}}}", many("not ")),
        format!("{{{{ ci{} }}}}", many(".a")),
        format!("{{{{ ci{} }}}}", many("['a']")),
        format!("{{{{ 'a'{} }}}}", many("[:1]")),
        format!("{{{{ 1{} }}}}", many(" is defined")),
        format!("{{{{ 'a'{} }}}}", many(" | upper")),
        format!("{{% if 1 %}}{}{{% endif %}}", many("{% elif 1 %}")),
        // Without an end.
        format!("{{{{ {}", many("- ")),
        format!("{{{{ {}'", many("not ")),
    ] {
        let told_as = "`target`: this template has more than 2000 words and signs";
        told(&format!("{WEB}target = \"\"\"{template}\"\"\""), 1, told_as);
    }
}

#[test]
fn what_is_raw_has_no_words() {
    let raw = format!("{{% raw %}}{}{{% endraw %}}", "{% {{ ".repeat(100_000));

    file(&format!("{WEB}labels = {{ a = \"{raw}\" }}")).run(["check"]).code(0);
}

/// A `[vars]` of `count`, of which each takes the next one and the last takes `end`.
fn row(count: usize, end: &str) -> String {
    let vars = (0..count - 1).fold("[vars]\n".to_owned(), |mut text, var| {
        let _ = writeln!(text, "v{var} = \"{{{{ vars.v{} }}}}\"", var + 1);
        text
    });
    format!("{vars}v{} = \"{end}\"\n{WEB}target = \"{{{{ vars.v0 }}}}\"", count - 1)
}

#[test]
fn vars_can_take_one_another_64_in_a_row() {
    let no_more = "more than 64 `vars` take one another in a row";

    told(&row(64, "x"), 1, "`Dockerfile` has no stage `x`");
    for count in [65, 200, 20_000] {
        told(&row(count, "x"), 1, no_more);
    }
    // A circle of so many is no less deep.
    told(&row(20_000, "{{ vars.v0 }}"), 1, no_more);
    let times = row(20_000, "x").replace("vars.v0 }}", "vars.v0 * 2 }}");
    told(&times, 1, no_more);
    // What computes its names is seen when it is resolved.
    let computed = row(1000, "x").replace("vars.v", "vars['v' ~ ").replace(" }}", "] }}");
    told(&computed, 1, &format!("`target`: {no_more}"));
}

#[test]
fn a_variable_as_long_as_a_system_takes_is_a_value() {
    let long = "a".repeat(100_000);
    let build = file(&format!("{WEB}labels = {{ long = \"{{{{ env.LONG }}}}\" }}"));

    build.env("LONG", long).run(["check"]).code(0).stderr("1 build, no mistakes");
}

#[test]
fn a_link_out_of_the_repository_is_not_followed() {
    let project = Sandbox::new()
        .file("Dockerfile", "FROM scratch\n")
        .file("repository/.git/HEAD", "ref: refs/heads/main\n");
    let outside = project.clone().file("other/kaniko.toml", WEB);
    let at = |path: &str| outside.path("repository").join(path);
    std::os::unix::fs::symlink("../other", at("directory")).expect("a link");
    std::os::unix::fs::symlink("../other/kaniko.toml", at("file.toml")).expect("a link");
    for include in ["file.toml", "directory/kaniko.toml", "*/kaniko.toml", "../other/kaniko.toml"] {
        let file = format!("version = 1\ninclude = [\"{include}\"]\n");
        outside
            .clone()
            .file("repository/kaniko.toml", file)
            .run(["check", "--file", "repository/kaniko.toml"])
            .code(2)
            .stdout("")
            .stderr_contains(&format!("error: `{include}` leads out of the repository"));
    }
    let file = format!("version = 1\n{WEB}labels = {{ a = \"{{{{ file('file.toml') }}}}\" }}\n");
    outside
        .file("repository/kaniko.toml", file)
        .file("repository/Dockerfile", "FROM scratch\n")
        .run(["check", "--file", "repository/kaniko.toml"])
        .code(2)
        .stderr_contains("it is outside of the repository");
}

#[test]
fn a_pipe_is_neither_included_nor_waited_for() {
    let project = file("");
    let made = project.command("/usr/bin/mkfifo").arg(project.path("pipe")).status();
    assert!(made.expect("mkfifo starts").success());

    let included = project.clone().config("version = 1\ninclude = [\"pipe\"]\n");
    included.run(["check"]).code(2).stderr_contains("error: `pipe` is no file");
    project
        .config(&format!("version = 1\n{WEB}labels = {{ a = \"{{{{ file('pipe') }}}}\" }}\n"))
        .run(["check"])
        .code(2)
        .stderr_contains("it is no file");
}

#[test]
fn what_has_no_end_is_read_neither_as_the_file_nor_as_a_report() {
    let sandbox = file("[builds.web]\nno-push = true\n");
    let hint = "hint: write it to a file first";

    sandbox
        .run(["check", "--file", "/dev/zero"])
        .code(2)
        .stdout("")
        .stderr(&format!("error: `/dev/zero` cannot be read: it is a device, and no file\n{hint}"));
    sandbox.run(["run", "--from-report", "/dev/zero"]).code(2).stdout("").stderr(&format!(
        "error: the report `/dev/zero` cannot be read: it is a device, and no file\n{hint}"
    ));
}

#[test]
fn a_file_of_more_than_16_mib_is_none_of_the_configuration() {
    let sandbox = file("include = [\"web/kaniko.toml\"]\n").directory("web");
    for name in ["large.toml", "web/kaniko.toml"] {
        let large = std::fs::File::create(sandbox.path(name)).unwrap();
        large.set_len((16 << 20) + 1).unwrap();
    }

    sandbox.run(["check", "--file", "large.toml"]).code(2).stderr(
        "error: `[DIR]/large.toml` cannot be read: it has more than 16 MiB\n\
         hint: is it the right one? `include` takes further files",
    );
    sandbox.run(["check"]).code(2).stderr_contains(
        "error: `[DIR]/web/kaniko.toml` cannot be read: it has more than 16 MiB\n --> \
         kaniko.toml:2:12\n",
    );
}

#[test]
fn a_template_that_multiplies_what_it_has_is_refused_at_once() {
    for (template, message) in [
        ("{{ ['a'] * 100000000 }}", "`*` is for numbers and text"),
        ("{{ 'a' * 100000000 }}", "this template does not come to an end"),
        (
            "{% for a in range(1000) %}{% for b in range(1000) %}{{ a }}{% endfor %}{% endfor %}",
            "this template does not come to an end",
        ),
        (
            "{{ ('a' * 10000) | replace('a', 'b' * 10000) }}",
            "this template does not come to an end",
        ),
        ("{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}", "`x` does not exist"),
        ("{% include 'kaniko.toml' %}", "there is no statement `include`"),
        (
            "{{ 'a' | match('(a{1000}){1000}') }}",
            "`match` takes a regular expression: this one is too large",
        ),
    ] {
        file(&format!("{WEB}target = \"{template}\""))
            .run(["check"])
            .code(2)
            .stderr_contains(&format!("error: `target`: {message}"));
    }
    let doubles = "{% set a = a + a %}".repeat(60);
    told(
        &format!("{WEB}target = \"{{% set a = [1] %}}{doubles}{{{{ a | length }}}}\""),
        1,
        "`target`: values that are made of one another grow too large",
    );
}

#[test]
fn a_file_is_taken_up_to_64_kib() {
    let project = file(&format!("{WEB}labels = {{ a = \"{{{{ file('big') }}}}\" }}"));

    project.file("big", "x".repeat(65_537)).run(["check"]).code(2).stderr_contains("64 KiB");
}

#[test]
fn fifty_thousand_variables_are_none_too_many() {
    let lines = |keyword: &str| {
        let globals = (0..50_000).fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "ARG G{line}=x");
            text
        });
        (0..50_000).fold(format!("{globals}FROM scratch\n"), |mut text, line| {
            let _ = writeln!(text, "ARG G{line}\n{keyword} V{line}=$G{line}");
            text
        }) + "COPY $V1 /\n"
    };

    for keyword in ["ENV", "ARG", "LABEL"] {
        file(WEB)
            .file("Dockerfile", lines(keyword))
            .run(["check"])
            .code(0)
            .stderr("1 build, no mistakes");
    }
}
