//! What the documents tell their readers to type and to write, against what the program takes.

use std::{fs, process::Command};

use crate::{repository, sandbox::Sandbox};

/// The program takes these words: whatever it makes of them here, where there is no project.
#[track_caller]
pub(crate) fn takes(words: &[String]) {
    assert_eq!(words[0], "kaniko-build");
    Sandbox::new().run(&words[1..]).never_tells("try '--help'");
}

#[test]
fn what_the_program_does_not_take_is_told_with_a_hint() {
    for wrong in [&["rnu"][..], &["run", "--reprot", "json=x"], &["auth", "web"]] {
        Sandbox::new().run(wrong).code(2).stderr_contains("try '--help'");
    }
}

#[test]
fn every_command_line_in_the_documents_is_taken() {
    let documents = [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/reference.md",
        "kaniko.toml.example",
        "examples/README.md",
        "schemas/README.md",
    ];
    let documents = documents.into_iter().map(str::to_owned).chain(pages());
    let documents: Vec<_> = documents.collect();
    let of = |document: &String| repository::commands(&repository::text(document));
    let found: Vec<_> = documents.iter().flat_map(of).collect();
    for command in [
        &["kaniko-build", "run"][..],
        &["kaniko-build", "check"],
        &["kaniko-build", "plan"],
        &["kaniko-build", "plan", "--format", "json"],
        &["kaniko-build", "run", "--report", "json=PATH"],
    ] {
        assert!(found.iter().any(|words| words == command), "{command:?} is not in {found:?}");
    }
    for words in &found {
        takes(words);
    }
}

#[test]
fn every_command_and_option_in_the_readmes_table_is_taken() {
    let readme = repository::text("README.md");
    let rows: Vec<&str> = readme
        .lines()
        .skip_while(|line| *line != "| command | does |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert!(rows.iter().any(|row| row.starts_with("| `run [BUILD…]` |")), "{rows:?}");
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        let spans = |cell: &str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        for command in spans(cells[0]) {
            let command = format!("kaniko-build {}", command.replace("SHELL", "bash"));
            takes(&repository::words(&command));
            for option in spans(cells[1]).iter().filter(|span| span.starts_with("--")) {
                takes(&repository::words(&format!("{command} {option}")));
            }
        }
    }
}

/// What `kaniko-build COMMAND --help` says, and those below it, each with its command.
fn helps(command: &str) -> Vec<(String, String)> {
    let run = Sandbox::new().run(command.split_whitespace().chain(["--help"]));
    let help = run.code(0).results().join("\n");
    let list = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
    let below = list.lines().take_while(|line| line.starts_with("  "));
    let below = below.filter_map(|line| line.split_whitespace().next()).filter(|it| *it != "help");
    let below: Vec<_> = below.flat_map(|name| helps(&format!("{command} {name}"))).collect();
    [vec![(command.trim().to_owned(), help)], below].concat()
}

#[test]
fn every_help_has_an_example_and_each_is_taken() {
    let helps = helps("");
    assert!(helps.iter().any(|(command, _)| command == "context pack"), "{helps:?}");
    for (command, help) in helps {
        let examples = repository::commands(&help);
        assert!(!examples.is_empty(), "`{command} --help` has no example:\n{help}");
        for words in &examples {
            takes(words);
        }
    }
}

#[test]
fn the_example_of_every_key_has_no_mistake() {
    let head = repository::text("kaniko.toml.example");
    let named = ["HARBOR_USER", "HARBOR_PASSWORD", "CLOUD_GOV_USER", "CLOUD_GOV_PASS"];
    let project = Sandbox::new()
        .config(&head)
        .file(
            "services/api/Dockerfile",
            "ARG FLAVOUR TOKEN_NAME PROFILE\nFROM scratch AS runtime\n",
        )
        .file("services/web/Dockerfile", "FROM scratch\nARG API\n")
        .file("services/worker/Dockerfile", "FROM scratch\nARG PYTHON OS\n")
        .file("services/web/kaniko.toml", "version = 1\n")
        .directory("dist");
    let project = named.iter().fold(project, |project, name| {
        assert!(
            head.contains(&format!("{name}, ")) || head.contains(&format!("{name}\n")),
            "{name}"
        );
        project.env(name, "some-sample-value")
    });
    let job = repository::variables("examples/cloud-foundry/ci.env");
    let project = job.iter().fold(project, |project, (name, value)| project.env(name, value));

    project.run(["check"]).code(0).stdout("").stderr("5 builds, no mistakes");
}

#[test]
fn the_files_of_the_readme_have_no_mistake() {
    let readme = repository::text("README.md");
    let files: Vec<&str> = readme
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(file, _)| file)
        .filter(|file| file.starts_with("version = 1\n"))
        .collect();
    assert!(!files.is_empty());
    for file in files {
        let project = Sandbox::new().config(file).file("app/Dockerfile", "FROM scratch\n");
        let job = repository::variables("examples/cloud-foundry/ci.env");
        let project = job.iter().fold(project, |project, (name, value)| project.env(name, value));

        project.run(["check"]).code(0).stdout("").stderr("1 build, no mistakes");
    }
}

#[test]
fn the_first_file_of_the_readme_is_planned_for_gitlab_anywhere() {
    let project = Sandbox::new()
        .config(&blocks("README.md", "toml")[0])
        .file("app/Dockerfile", "FROM scratch\n");

    project
        .run(["plan", "--ci", "gitlab", "--branch", "main"])
        .code(0)
        .stdout_contains("    --destination=registry.gitlab.example.com/group/project:latest\n");
}

/// The pages about one thing each.
fn pages() -> Vec<String> {
    let names = fs::read_dir(repository::path("docs")).expect("docs");
    let names = names.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("a plain name"));
    let mut pages: Vec<_> =
        names.filter(|name| name != "reference.md").map(|name| format!("docs/{name}")).collect();
    pages.sort();
    pages
}

/// The blocks of a language in a document.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let text = repository::text(document);
    let start = format!("```{language}\n");
    let blocks = text.split(&start).skip(1);
    blocks.filter_map(|rest| rest.split_once("```")).map(|(block, _)| block.to_owned()).collect()
}

/// A project that the pages' files are about, in their job.
fn job_of_the_pages(file: &str) -> Sandbox {
    let directories = ["", "app/", "base/", "services/api/", "services/web/"];
    let project = directories.iter().fold(Sandbox::new().config(file), |project, directory| {
        project.file(format!("{directory}Dockerfile"), "FROM scratch\n")
    });
    let job = repository::variables("examples/cloud-foundry/ci.env");
    let project = job.iter().fold(project, |project, (name, value)| project.env(name, value));
    project.file(".npmrc", "").env("HARBOR_PASSWORD", "some-sample-value")
}

#[test]
fn the_files_of_the_pages_are_planned_and_their_commands_do_it() {
    let mut planned = 0;
    for page in pages() {
        let files = blocks(&page, "toml");
        assert!(files.len() < 2, "{page} has more than one file");
        for file in files {
            let project = job_of_the_pages(&file);
            project.run(["check"]).code(0);
            project.run(["plan"]).code(0);
            let shown = blocks(&page, "sh").join("");
            for words in repository::commands(&shown) {
                let starts = ["run", "auth"].contains(&words[1].as_str());
                if !starts {
                    project.run(&words[1..]).code(0);
                }
            }
            planned += 1;
        }
    }
    assert_eq!(planned, 7, "each page but the index has its file");
}

#[test]
fn the_jobs_of_the_pages_are_yaml_and_run_what_there_is() {
    for page in pages() {
        for block in blocks(&page, "yaml") {
            assert!(block.contains("kaniko-build run"), "{page}: {block}");
            assert!(!block.contains('\t'), "{page}: {block}");
        }
    }
}

#[test]
fn every_link_of_the_readme_and_the_pages_leads_to_a_file() {
    for document in pages().into_iter().chain(["README.md".to_owned()]) {
        let text = repository::text(&document);
        let directory = repository::path(&document);
        let directory = directory.parent().expect("a directory");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.contains("://")) {
            assert!(directory.join(link).exists(), "{document} leads to {link}");
        }
    }
}

#[test]
fn the_two_commands_of_the_readme_are_scripts_of_this_repository() {
    let readme = repository::text("README.md");
    let scripts: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("sh "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(scripts, ["examples/first/try.sh", "tests/run.sh"]);
    for script in scripts {
        let read = Command::new("/bin/sh").arg("-n").arg(repository::path(script)).status();
        assert!(read.expect("a shell").success(), "{script} is no script");
    }
}
