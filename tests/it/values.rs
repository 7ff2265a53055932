//! Values that no key can mean: refused at their place, wherever they come from.

use crate::sandbox::Sandbox;

/// A project whose only build is good but for what is added to it.
fn with(build: &str) -> Sandbox {
    project(&format!("[builds.web]\nexecutor = \"docker\"\nno-push = true\n{build}"))
}

fn project(sections: &str) -> Sandbox {
    Sandbox::new().config(&format!("version = 1\n{sections}")).file("Dockerfile", "FROM scratch\n")
}

const WEB: &str = "[builds.web]\nexecutor = \"docker\"\nno-push = true\n";

#[test]
fn two_registries_of_one_host_are_told() {
    project(&format!(
        "[registries.hub]\nhost = \"docker.io\"\n[registries.other]\n\
         host = \"index.docker.io:443\"\n{WEB}"
    ))
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: `registries.hub` and `registries.other` are one registry, `index.docker.io:443`
 --> kaniko.toml:5:8
  |
5 | host = "index.docker.io:443"
  |        ^^^^^^^^^^^^^^^^^^^^^ the same host
hint: write all that is said of it once"#,
    );
}

#[test]
fn a_host_is_a_name_and_a_port_and_nothing_else() {
    project(&format!(
        "[registries.a]\nhost = \"https://a.example.com:5000/v2/\"\n[registries.b]\n\
         host = \"b example com\"\n[registries.c]\nhost = \"c.example.com/shop\"\n\
         mirrors = [\"http://mirror\"]\n[registries.d]\nhost = \"\"\n{WEB}"
    ))
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: `host` must not be empty
  --> kaniko.toml:10:8
   |
10 | host = ""
   |        ^^ empty"#,
    );
    project(&format!(
        "[registries.a]\nhost = \"https://a.example.com:5000/v2/\"\n[registries.b]\n\
         host = \"b example com\"\n[registries.c]\nhost = \"c.example.com/shop\"\n\
         mirrors = [\"http://mirror\"]\n{WEB}"
    ))
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: the host `https://a.example.com:5000/v2/` must be letters, digits and `-` between dots, with a port up to 65535 after a `:`
 --> kaniko.toml:3:8
  |
3 | host = "https://a.example.com:5000/v2/"
  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not a host
hint: write the host and its port alone: `a.example.com:5000`

error: the host `b example com` must be letters, digits and `-` between dots, with a port up to 65535 after a `:`
 --> kaniko.toml:5:8
  |
5 | host = "b example com"
  |        ^^^^^^^^^^^^^^^ not a host
hint: write the host and its port alone: `registry.example.com:5000`

error: the host `c.example.com/shop` must be letters, digits and `-` between dots, with a port up to 65535 after a `:`
 --> kaniko.toml:7:8
  |
7 | host = "c.example.com/shop"
  |        ^^^^^^^^^^^^^^^^^^^^ not a host
hint: write the host and its port alone: `c.example.com`

error: the mirror `http://mirror` must start with the mirror's host, without `https://`
 --> kaniko.toml:8:12
  |
8 | mirrors = ["http://mirror"]
  |            ^^^^^^^^^^^^^^^ not a mirror
hint: write `host`, `host:port` or `host/path`"#,
    );
}

#[test]
fn a_host_that_is_none_does_not_make_what_names_it_wrong_as_well() {
    project(
        "[registries.r]\nhost = \"{{ env.HOST or '' }}\"\n[builds.web]\nexecutor = \"docker\"\n\
         image = \"{{ registries.r.host }}/web\"\ntags = [\"1\"]\n",
    )
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: the host `` must be letters, digits and `-` between dots, with a port up to 65535 after a `:`
 --> kaniko.toml:3:8
  |
3 | host = "{{ env.HOST or '' }}"
  |        ^^^^^^^^^^^^^^^^^^^^^^ not a host
hint: write the host and its port alone: `registry.example.com:5000`"#,
    );
}

#[test]
fn a_program_and_an_image_have_names() {
    project(&format!(
        "[executors.a]\ntype = \"command\"\ncommand = []\n[executors.b]\ntype = \"command\"\n\
         command = [\"\", \"x\"]\n[executors.c]\ntype = \"docker\"\nimage = \"\"\n{WEB}"
    ))
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: `command` names no program
 --> kaniko.toml:4:11
  |
4 | command = []
  |           ^^ empty
hint: write the program first, then its arguments

error: `command` names no program
 --> kaniko.toml:7:12
  |
7 | command = ["", "x"]
  |            ^^ empty
hint: write the program first, then its arguments

error: `image` must not be empty
  --> kaniko.toml:10:9
   |
10 | image = ""
   |         ^^ empty"#,
    );
}

#[test]
fn what_a_template_leaves_empty_is_refused_as_if_it_were_written_so() {
    project(
        "[executors.a]\ntype = \"command\"\ncommand = [\"{{ env.X or '' }}\"]\n[executors.b]\n\
         type = \"docker\"\nimage = \"{{ env.X or '' }}\"\n[defaults]\nno-push = true\n\
         [builds.a]\nexecutor = \"a\"\n[builds.b]\nexecutor = \"b\"\n\
         secrets = { s = { env = \"{{ env.X or '' }}\" } }\n",
    )
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: `command` names no program
 --> kaniko.toml:4:11
  |
4 | command = ["{{ env.X or '' }}"]
  |           ^^^^^^^^^^^^^^^^^^^^^ is empty
hint: write the program first, then its arguments

error: `image` is empty
 --> kaniko.toml:7:9
  |
7 | image = "{{ env.X or '' }}"
  |         ^^^^^^^^^^^^^^^^^^^ gives nothing
hint: name Kaniko's image, or leave `image` out for the pinned one

error: `secrets.s.env` names no variable
  --> kaniko.toml:14:25
   |
14 | secrets = { s = { env = "{{ env.X or '' }}" } }
   |                         ^^^^^^^^^^^^^^^^^^^ is empty"#,
    );
}

#[test]
fn a_secret_comes_from_somewhere() {
    with("secrets = { a = { env = \"\" }, b = { file = \"\" }, c = { command = [] } }\n")
        .run(["check"])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: `env` must not be empty
 --> kaniko.toml:5:25
  |
5 | secrets = { a = { env = "" }, b = { file = "" }, c = { command = [] } }
  |                         ^^ empty

error: `file` must not be empty
 --> kaniko.toml:5:44
  |
5 | secrets = { a = { env = "" }, b = { file = "" }, c = { command = [] } }
  |                                            ^^ empty

error: `command` names no program
 --> kaniko.toml:5:66
  |
5 | secrets = { a = { env = "" }, b = { file = "" }, c = { command = [] } }
  |                                                                  ^^ empty
hint: write the program first, then its arguments"#,
        );
}

#[test]
fn a_limit_of_no_time_or_of_more_than_a_century_is_none() {
    project(
        "[executors.d]\ntype = \"docker\"\nconnect-timeout = \"0s\"\nlock-timeout = \"900years\"\n\
         [builds.web]\nno-push = true\ntimeout = \"0m\"\n",
    )
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: `connect-timeout` must be a time such as `"90s"`, `"15m"` or `"1h30m"`
 --> kaniko.toml:4:19
  |
4 | connect-timeout = "0s"
  |                   ^^^^ no time at all

error: `lock-timeout` must be a time such as `"90s"`, `"15m"` or `"1h30m"`
 --> kaniko.toml:5:16
  |
5 | lock-timeout = "900years"
  |                ^^^^^^^^^^ more than a century

error: `timeout` must be a time such as `"90s"`, `"15m"` or `"1h30m"`
 --> kaniko.toml:8:11
  |
8 | timeout = "0m"
  |           ^^^^ no time at all"#,
    );
}

#[test]
fn not_to_wait_for_the_lock_is_a_choice() {
    project(
        "[executors.d]\ntype = \"docker\"\nlock-timeout = \"0s\"\n[builds.web]\nno-push = true\n",
    )
    .run(["check"])
    .code(0)
    .stdout("")
    .stderr("1 build, no mistakes");
}

#[test]
fn a_template_that_gives_none_of_the_words_of_a_key_is_told_in_its_place() {
    with(
        "cache = \"{{ env.X }}\"\nmodes = \"{{ env.X }}\"\ntimestamps = \"{{ env.X }}\"\n\
         snapshot-mode = \"{{ env.X }}\"\ntimeout = \"{{ env.X }}\"\n",
    )
    .env("X", "maybe")
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: `cache`: this gives `maybe`, which is neither `true` nor `false`
 --> kaniko.toml:5:10
  |
5 | cache = "{{ env.X }}"
  |          ^^^^^^^^^^^ here
hint: also `yes`, `no`, `on`, `off`, `1`, `0` and an empty text are understood; whether a name has a value is `{{ NAME is defined }}`

error: `modes` must be one of `"normal"`, `"keep"`
 --> kaniko.toml:6:9
  |
6 | modes = "{{ env.X }}"
  |         ^^^^^^^^^^^^^ gives `maybe`

error: `timestamps` must be one of `"fixed"`, `"keep"`
 --> kaniko.toml:7:14
  |
7 | timestamps = "{{ env.X }}"
  |              ^^^^^^^^^^^^^ gives `maybe`

error: `snapshot-mode` must be one of `"full"`, `"redo"`, `"time"`
 --> kaniko.toml:8:17
  |
8 | snapshot-mode = "{{ env.X }}"
  |                 ^^^^^^^^^^^^^ gives `maybe`

error: `timeout` must be a time such as `"15m"`
 --> kaniko.toml:9:11
  |
9 | timeout = "{{ env.X }}"
  |           ^^^^^^^^^^^^^ gives `maybe`, no such time"#,
    );
}

#[test]
fn a_misspelt_pull_is_told_in_its_place() {
    project(
        "[executors.d]\ntype = \"docker\"\npull = \"{{ env.X }}\"\n[builds.web]\nno-push = true\n",
    )
    .env("X", "allways")
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r#"error: `pull` must be one of `"missing"`, `"always"`, `"never"`
 --> kaniko.toml:4:8
  |
4 | pull = "{{ env.X }}"
  |        ^^^^^^^^^^^^^ gives `allways`"#,
    );
}

#[test]
fn the_words_of_a_ci_are_yes_and_no() {
    for (word, flag) in [("yes", "true"), ("0", "false"), ("On", "true"), ("", "false")] {
        with("cache = \"{{ env.X }}\"\n")
            .env("X", word)
            .run(["plan"])
            .code(0)
            .stdout_contains(&format!("    --cache={flag}\n"));
    }
}

#[test]
fn one_image_is_one_destination_with_and_without_latest() {
    project(
        "[builds.web]\nexecutor = \"docker\"\nimage = \"r.example.com/shop/web\"\n\
         tags = [\"1\", \"latest\"]\n\
         destinations = [\"r.example.com/shop/web\", \"other.example.com/web\", \
         \"other.example.com/web:latest\"]\n",
    )
    .run(["plan", "--push"])
    .code(0)
    .stdout_contains(
        "    --destination=r.example.com/shop/web:1\n    \
         --destination=r.example.com/shop/web:latest\n    \
         --destination=other.example.com/web\n",
    );
}

/// The lines of a plan that begin with this, sorted as they stand.
fn arguments(sandbox: &Sandbox, flag: &str, sets: &[&str]) -> Vec<String> {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let run = sandbox.run(["plan"].into_iter().chain(sets));
    run.code(0);
    run.results()
        .into_iter()
        .map(str::trim)
        .filter(|line| line.starts_with(flag))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_value_of_the_command_line_is_text_and_a_table_of_it_is_a_table() {
    let sandbox = with("build-args = { A = \"1\", B = \"2\" }\n");

    assert_eq!(
        arguments(&sandbox, "--build-arg", &["builds.web.build-args.A=false"]),
        ["--build-arg=B=2", "--build-arg=A=false"]
    );
    assert_eq!(
        arguments(&sandbox, "--build-arg", &["builds.web.build-args={ A = false, C = \"3\" }"]),
        ["--build-arg=B=2", "--build-arg=C=3"]
    );
    assert_eq!(
        arguments(&sandbox, "--build-arg", &["defaults.build-args={ Z = \"0\" }"]),
        ["--build-arg=Z=0", "--build-arg=A=1", "--build-arg=B=2"]
    );
}

#[test]
fn a_secret_is_removed_by_false() {
    let sandbox = project(
        "[defaults.secrets]\ntoken = { env = \"TOKEN\" }\nkey = { env = \"KEY\" }\n[builds.web]\n\
         executor = \"docker\"\nno-push = true\n",
    );

    assert_eq!(
        arguments(&sandbox, "--secret", &["builds.web.secrets.key=false"]),
        ["--secret=id=token,src=/kaniko/.kaniko-build/run/secrets/token"]
    );
}

#[test]
fn half_a_table_on_the_command_line_is_told() {
    with("").run(["check", "--set", "builds.web.labels={ a = false"]).code(2).stdout("").stderr(
        r"error: invalid TOML
 --> --set:1:30
  |
1 | builds.web.labels={ a = false
  |                              ^ unclosed inline table, expected `}`",
    );
}

#[test]
fn a_template_on_the_command_line_is_told_to_be_none() {
    with("")
        .run([
            "check",
            "--set",
            "builds.web.timeout={{ vars.limit }}",
            "--set",
            "builds.web.cache={{ env.X }}",
        ])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: `timeout` must be a time such as `"90s"`, `"15m"` or `"1h30m"`
 --> --set:1:20
  |
1 | builds.web.timeout={{ vars.limit }}
  |                    ^^^^^^^^^^^^^^^^ no such time
hint: `{{ … }}` is rendered in the file alone, not in values of `--set` and of variables

error: `cache` must be `true` or `false`
 --> --set:1:18
  |
1 | builds.web.cache={{ env.X }}
  |                  ^^^^^^^^^^^ a string here
hint: `{{ … }}` is rendered in the file alone, not in values of `--set` and of variables"#,
        );
}

#[test]
fn a_template_in_a_variable_is_told_where_its_text_shows() {
    project("[builds.web]\nexecutor = \"docker\"\ntags = [\"1\"]\n")
        .env("KANIKO_BUILD__DEFAULTS__IMAGE", "{{ ci.registry_image }}")
        .run(["check"])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: `{{ ci.registry_image }}:1` is no image reference: it contains white space
 --> kaniko.toml:4:9
  |
4 | tags = ["1"]
  |         ^^^ this reference
hint: `{{ … }}` is rendered in the file alone, not in values of `--set` and of variables"#,
        );
}

#[test]
fn braces_that_are_meant_are_handed_on() {
    assert_eq!(
        arguments(&with(""), "--label", &["builds.web.labels.format={{ .Name }}"]),
        ["--label=format={{ .Name }}"]
    );
}

#[test]
fn a_template_that_does_not_come_to_an_end_is_told_in_its_place() {
    with(
        "labels = { x = \"{% for a in range(1000) %}{% for b in range(1000) %}{{ '' }}\
         {% endfor %}{% endfor %}\" }\n",
    )
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr_contains(
        "error: `labels.x`: this template does not come to an end, or makes too much text on its \
         way\n --> kaniko.toml:5:",
    );
}

#[test]
fn yes_and_numbers_in_quotes_are_told_to_go_without() {
    with("cache = \"true\"\npush-retry = \"3\"\n").run(["check"]).code(2).stdout("").stderr(
        r#"error: `cache` must be `true` or `false`
 --> kaniko.toml:5:9
  |
5 | cache = "true"
  |         ^^^^^^ a string here
hint: write it without quotes

error: `push-retry` must be a whole number
 --> kaniko.toml:6:14
  |
6 | push-retry = "3"
  |              ^^^ a string here
hint: write it without quotes"#,
    );
}

#[test]
fn a_dockerfile_that_is_missing_is_told_at_its_build() {
    Sandbox::new().config(&format!("version = 1\n{WEB}")).run(["check"]).code(2).stdout("").stderr(
        r"error: there is no Dockerfile at `Dockerfile`
 --> kaniko.toml:2:9
  |
2 | [builds.web]
  |         ^^^ has no Dockerfile
hint: where it is elsewhere, name it with `dockerfile`, relative to the context or to this file",
    );
}

#[test]
fn an_app_that_is_missing_is_told_where_it_is_asked_for() {
    project("[builds.web]\nexecutor = \"cloudfoundry\"\nno-push = true\n")
        .run(["check"])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: a `cloudfoundry` executor has no `app`, and this job names none
 --> kaniko.toml:3:12
  |
3 | executor = "cloudfoundry"
  |            ^^^^^^^^^^^^^^ no `app`
hint: write `app`; it is found where the job has one Kaniko service (`WSR_SERVICE_ID_…`), or `SERVICE_PREFIX`"#,
        );
}

#[test]
fn a_registry_without_a_mirror_to_fall_back_on_is_told_at_its_name() {
    project(
        "[registries.hub]\nhost = \"docker.io\"\nmirror-fallback = false\n[builds.web]\n\
         executor = \"docker\"\nimage = \"shop/web\"\n",
    )
    .run(["check"])
    .code(2)
    .stdout("")
    .stderr(
        r"error: `[registries.hub]` has `mirror-fallback = false` and no `mirrors`, and Kaniko would pull from the registry itself
 --> kaniko.toml:2:13
  |
2 | [registries.hub]
  |             ^^^ this registry",
    );
}

#[test]
fn a_certificate_that_is_none_is_told_with_what_one_looks_like() {
    project(
        "[registries.r]\nhost = \"r.example.com\"\nca-file = \"ca.pem\"\n[builds.web]\n\
         executor = \"docker\"\nimage = \"r.example.com/shop/web\"\n",
    )
    .file("ca.pem", "nothing\n")
    .run(["run"])
    .code(2)
    .stdout("")
    .stderr(
        r"error: `[DIR]/ca.pem`, named in `[registries.r]`, holds no PEM of the kind it should
hint: a certificate begins with `-----BEGIN CERTIFICATE-----`, a key with `-----BEGIN PRIVATE KEY-----` or the like",
    );
}

#[test]
fn a_file_that_is_a_directory_is_told_so() {
    Sandbox::new().directory("ci").run(["check", "--file", "ci"]).code(2).stdout("").stderr(
        "error: `[DIR]/ci` cannot be read: Is a directory\nhint: name the file, not its directory",
    );
}
