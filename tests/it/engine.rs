//! A docker that has no daemon: its containers are directories, its executor lines of shell.

use crate::fake::Fake;

/// What the digest of every image is that [`Executor::builds`].
pub(crate) const DIGEST: &str =
    "sha256:1111111111111111111111111111111111111111111111111111111111111111";

/// An executor in a container of the fake.
#[derive(Debug, Clone)]
pub(crate) struct Executor {
    flags: &'static [&'static str],
    version: &'static str,
    shell: String,
}

impl Executor {
    /// A build that ends well and says nothing.
    pub(crate) fn builds() -> Self {
        Self::does(&format!("printf %s {DIGEST} >\"$far/kaniko/.kaniko-build/run/digest\""))
    }

    /// A build that prints these lines to stderr and ends with this code.
    pub(crate) fn fails(code: u8, lines: &str) -> Self {
        Self::does(&format!("cat >&2 <<'EOF'\n{lines}\nEOF\nexit {code}"))
    }

    /// A build that runs these lines; `$far` is the container's root, `$argv` has the arguments
    /// that it was made with.
    pub(crate) fn does(shell: &str) -> Self {
        Self { flags: &["--secret"], version: "v1.28.3", shell: shell.to_owned() }
    }

    /// The archived original, which lacks what the maintained fork has.
    pub(crate) fn of_the_original(self) -> Self {
        Self { flags: &[], version: "v1.24.0", ..self }
    }
}

/// A docker whose containers run `executor`.
pub(crate) fn docker(executor: &Executor) -> Fake {
    let Executor { flags, version, shell } = executor;
    let flags: Vec<_> =
        flags.iter().map(|flag| format!("      {flag} string   What it is")).collect();
    let flags = flags.join("\n");
    let answer = |shell: &str| Fake::new().does(shell);
    Fake::new()
        .when("--version", Fake::new().prints("Docker version 28.2.2, build e6534b4"))
        .when("'image inspect'*", Fake::new().prints("[\"PATH=/kaniko\"]"))
        .when("run*' version'", Fake::new().prints(&format!("Kaniko version :  {version}")))
        .when(
            "run*' --help'",
            Fake::new().prints(&format!(
                "Usage:\n  executor [flags]\n\nFlags:\n      --context string   What it is\n{flags}"
            )),
        )
        .when(
            "'create '*",
            answer(
                "for word; do case $word in --name=*) name=${word#--name=};; esac; done\n\
                 mkdir -p \"$state/$name\"\nprintf '%s\\n' \"$@\" >\"$state/$name/argv\"\n",
            ),
        )
        .when(
            "'cp - '*",
            answer(
                "far=$state/${3%%:*}/far\nmkdir -p \"$far/kaniko\"\n\
                 tar -C \"$far/kaniko\" --no-same-owner -xf \"$call/stdin\"\n",
            ),
        )
        .when(
            "cp*' -'",
            answer(
                "path=$state/${2%%:*}/far${2#*:}\n\
                 tar -C \"${path%/*}\" -cf - \"${path##*/}\"\n",
            ),
        )
        .when(
            "'start '*",
            answer(&format!(
                "for name; do :; done\nfar=$state/$name/far argv=$(cat \"$state/$name/argv\")\n\
                 (\n{shell}\n)\ncode=$?\necho $code >\"$state/$name/code\"\nexit $code\n"
            )),
        )
        .when(
            "'container inspect --format={{json .State}}'*",
            answer(
                "for name; do :; done\ncode=$(cat \"$state/$name/code\")\n\
                 echo \"{\\\"Running\\\":false,\\\"OOMKilled\\\":false,\\\"ExitCode\\\":$code,\
                 \\\"Error\\\":\\\"\\\",\\\"StartedAt\\\":\\\"2026-11-23T20:40:38.2Z\\\"}\"\n",
            ),
        )
        .when("'rm '*", answer("for name; do :; done\nrm -rf \"$state/$name\"\n"))
}
