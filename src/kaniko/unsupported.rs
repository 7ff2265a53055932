//! What a Dockerfile says that no Kaniko does, the original's last version and the fork's.
//!
//! Kaniko reads Dockerfiles with `BuildKit`'s reader, so it takes much that it then passes over
//! without a word. What only some versions do is [`super::version`]'s affair.

use std::collections::HashMap;

use crate::dockerfile::{Copy, Healthcheck, Instruction, Run, Stage, What};

/// Something that Kaniko does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Where it stands, from 1.
    pub line: usize,
    /// As it is written: `COPY --parents`.
    pub what: String,
    /// What Kaniko does instead, as the end of a sentence.
    pub instead: &'static str,
    /// What comes of it.
    pub harm: Harm,
}

/// What comes of what is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// The image is another one than the Dockerfile says, or there is none.
    Wrong,
    /// The image is the same, or as good as the same.
    None,
}

/// Finds it in stages and in the instructions that run for them.
///
/// Source: Kaniko's pkg/commands and pkg/executor/build.go, original v1.24.0 and fork v1.28.3,
/// which name none of these flags; `BuildKit`'s `dispatchRun` for here-documents.
#[must_use]
pub fn unsupported<'d>(
    stages: impl IntoIterator<Item = &'d Stage>,
    instructions: impl IntoIterator<Item = &'d Instruction>,
) -> Vec<Unsupported> {
    let mut found = Vec::new();
    let mut shells: HashMap<&str, &[String]> = HashMap::new();
    for stage in stages {
        let shell = shelled(stage, shells.get(stage.base.as_str()).copied(), &mut found);
        shells.extend(stage.name.as_deref().zip(shell));
        // A variable names the platform that is built for, or on: the right one as a rule.
        if stage.platform.as_ref().is_some_and(|platform| !platform.contains('$')) {
            found.push(Unsupported {
                line: stage.line,
                what: "FROM --platform".to_owned(),
                instead: "takes the image for its own platform, or that of `custom-platform`",
                harm: Harm::None,
            });
        }
    }
    for instruction in instructions {
        let mut add = |what: &str, instead, harm| {
            let what = what.to_owned();
            found.push(Unsupported { line: instruction.line, what, instead, harm });
        };
        match &instruction.what {
            What::Add(copy) | What::Copy(copy) => copied(copy, &mut add),
            What::Run(run) => ran(run, &mut add),
            What::Expose(ports) => {
                for port in ports.iter().filter(|port| !port.contains('$')) {
                    if port
                        .split_once('/')
                        .is_some_and(|(_, protocol)| !matches!(protocol, "tcp" | "udp"))
                    {
                        add(&format!("EXPOSE {port}"), "knows `tcp` and `udp` only", Harm::Wrong);
                    }
                }
            }
            What::Healthcheck(check) => {
                let Healthcheck::Test { start_interval: Some(_), .. } = **check else { continue };
                add("HEALTHCHECK --start-interval", "leaves it out of the image", Harm::None);
            }
            _ => {}
        }
    }
    found
}

/// Finds scripts of a stage that are not for `sh`; the `SHELL` at its end, where it has one.
///
/// Source: the fork's pkg/commands/run.go, `runCommandInExec`, which gives the script to `sh`.
fn shelled<'d>(
    stage: &'d Stage,
    of_base: Option<&'d [String]>,
    found: &mut Vec<Unsupported>,
) -> Option<&'d [String]> {
    let mut shell = of_base;
    for instruction in &stage.instructions {
        match &instruction.what {
            What::Shell(words) => shell = Some(words),
            What::Run(run) if run.is_script() => {
                let other = shell.filter(|shell| *shell != ["/bin/sh", "-c"]);
                if other.is_some() {
                    found.push(Unsupported {
                        line: instruction.line,
                        what: "RUN <<… after SHELL".to_owned(),
                        instead: "runs the here-document with `sh`, without what `SHELL` says",
                        harm: Harm::Wrong,
                    });
                }
            }
            _ => {}
        }
    }
    shell
}

fn copied(copy: &Copy, add: &mut impl FnMut(&str, &'static str, Harm)) {
    let name = if copy.add { "ADD" } else { "COPY" };
    if copy.parents {
        add("COPY --parents", "copies without the directories, or fails", Harm::Wrong);
    }
    if !copy.excludes.is_empty() {
        add(&format!("{name} --exclude"), "copies what is excluded too, or fails", Harm::Wrong);
    }
    if copy.unpack.is_some() {
        add("ADD --unpack", "unpacks local archives only, and these always, or fails", Harm::Wrong);
    }
    let is_plain = |source: &&String| !source.contains('$') && !Copy::is_address(source);
    for source in copy.sources.iter().filter(is_plain).filter(|source| Copy::leads_out(source)) {
        let instead = if copy.from.is_some() {
            "takes what stands there in the executor, beside the stage's files"
        } else {
            "takes what stands there in the executor, beside the context"
        };
        add(&format!("{name} {}", printable(source)), instead, Harm::Wrong);
    }
    for source in copy.addresses().filter(|source| Copy::is_repository(source)) {
        add(&format!("ADD {source}"), "fetches no Git repositories", Harm::Wrong);
    }
    if copy.checksum.is_some() {
        add("ADD --checksum", "does not verify what it fetches", Harm::None);
    }
    if copy.link {
        add(&format!("{name} --link"), "copies as without it", Harm::None);
    }
}

/// The beginning of a name, on one line.
fn printable(name: &str) -> String {
    let line = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    line.take(100).collect()
}

fn ran(run: &Run, add: &mut impl FnMut(&str, &'static str, Harm)) {
    for mount in &run.mounts {
        let context = mount.from.as_deref().is_none_or(|from| from == "context");
        if mount.kind == "bind" && !context {
            add(
                "RUN --mount=type=bind,from=…",
                "mounts nothing from stages and images",
                Harm::Wrong,
            );
        }
    }
    if run.is_script() {
        let written = run.inline.first().map(|document| format!("RUN <<{}", document.name));
        let written = written.unwrap_or_default();
        let plain = matches!(&run.command, crate::dockerfile::Command::Shell(command)
            if written.strip_prefix("RUN ") == Some(command));
        if !plain {
            add(
                "RUN <<…",
                "runs nothing of such a here-document: only `RUN <<NAME` is run, without quotes, \
                 blanks and `-`",
                Harm::Wrong,
            );
        } else if run.inline.iter().any(|document| document.content.starts_with("#!")) {
            add(
                &format!("{written} with `#!`"),
                "runs the here-document with `sh` whatever its first line says",
                Harm::Wrong,
            );
        }
    }
    if run.network.as_deref().is_some_and(|network| network != "default") {
        add("RUN --network", "runs in its own network", Harm::None);
    }
    if run.security.as_deref() == Some("insecure") {
        add("RUN --security", "runs with its own privileges, or fails", Harm::None);
    }
    if !run.devices.is_empty() {
        add("RUN --device", "runs with its own devices", Harm::None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Dockerfile;

    fn found(line: &str) -> Vec<(usize, String, Harm)> {
        let file = Dockerfile::parse(&format!("FROM a\n{line}\n")).unwrap();
        let stage = &file.stages[0];
        let found = unsupported([stage], &stage.instructions).into_iter();
        found.map(|one| (one.line, one.what, one.harm)).collect()
    }

    #[test]
    fn what_would_make_another_image_is_told_as_wrong() {
        for (line, what) in [
            ("COPY --parents a /b", "COPY --parents"),
            ("COPY --exclude=x a /b", "COPY --exclude"),
            ("ADD --exclude=x a /b", "ADD --exclude"),
            ("ADD --unpack https://x/y.tgz /b", "ADD --unpack"),
            ("ADD https://x/y.git#main /b", "ADD https://x/y.git#main"),
            ("ADD git@x:y/z /b", "ADD git@x:y/z"),
            ("COPY a ../x /b/", "COPY ../x"),
            ("ADD a/../../x /b", "ADD a/../../x"),
            ("COPY --from=c ../x /b", "COPY ../x"),
            ("RUN --mount=from=x,target=/x y", "RUN --mount=type=bind,from=…"),
            ("RUN <<-E\nx\nE", "RUN <<…"),
            ("RUN <<\"E\"\nx\nE", "RUN <<…"),
            ("RUN <<E\n#!/bin/bash\nE", "RUN <<E with `#!`"),
            ("EXPOSE 80/sctp", "EXPOSE 80/sctp"),
        ] {
            assert_eq!(found(line), [(2, what.to_owned(), Harm::Wrong)], "{line}");
        }
    }

    #[test]
    fn a_script_after_a_shell_is_told_in_stages_built_upon_too() {
        let shell = "SHELL [\"/bin/bash\", \"-euc\"]";
        let file = Dockerfile::parse(&format!(
            "FROM a AS one\n{shell}\nRUN <<E\nx\nE\nFROM one AS two\nRUN <<E\nx\nE\n\
             SHELL [\"/bin/sh\", \"-c\"]\nRUN <<E\nx\nE\nFROM a\nRUN <<E\nx\nE\nRUN cat <<E\nE\n"
        ));
        let file = file.unwrap();
        let found = unsupported(&file.stages, []);
        let found: Vec<_> = found.iter().map(|one| (one.line, one.what.as_str())).collect();
        assert_eq!(found, [(3, "RUN <<… after SHELL"), (7, "RUN <<… after SHELL")]);
    }

    #[test]
    fn what_makes_the_same_image_is_told_too() {
        for (line, what) in [
            ("COPY --link a /b", "COPY --link"),
            ("ADD --checksum=sha256:a https://x/y /b", "ADD --checksum"),
            ("RUN --network=none x", "RUN --network"),
            ("RUN --security=insecure x", "RUN --security"),
            ("HEALTHCHECK --start-interval=1s CMD x", "HEALTHCHECK --start-interval"),
        ] {
            assert_eq!(found(line), [(2, what.to_owned(), Harm::None)], "{line}");
        }
        let file = Dockerfile::parse("FROM --platform=linux/arm64 a\n").unwrap();
        assert_eq!(unsupported(&file.stages, [])[0].what, "FROM --platform");
    }

    #[test]
    fn what_kaniko_does_is_not_told() {
        for line in [
            "COPY --chown=1 --chmod=644 --from=x a /b",
            "ADD https://x/y.tgz l.tgz /b",
            "RUN --mount=type=bind,target=/x --network=default x",
            "RUN <<E\nx\nE",
            "RUN cat <<\"E\" | bash\n#!x\nE",
            "EXPOSE 80 81/udp $X",
            "COPY a/../b ./c /../d $E/../../f /b/",
        ] {
            assert_eq!(found(line), [], "{line}");
        }
        let file = Dockerfile::parse("FROM --platform=$BUILDPLATFORM a\n").unwrap();
        assert_eq!(unsupported(&file.stages, []), []);
    }
}
