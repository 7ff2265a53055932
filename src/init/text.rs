//! The text of the file.

use std::fmt::Write as _;

use super::{
    CloudFoundry, Found, Image, Signs,
    quoted::{key, quoted},
};

/// What a Dockerfile is called where none is named.
const PLAIN: &str = "Dockerfile";

/// A file that builds what was `found`; `name` is that of the repository.
///
/// What all builds have in common stands once, under `[defaults]`.
///
/// In GitLab no executor is named: jobs run in Kaniko's own image, beside docker, on machines that
/// have podman, or with a Kaniko service, and `auto` finds each; `local` is the first of them
/// alone.
#[must_use]
pub fn text(found: &Found, signs: &Signs, name: &str) -> String {
    let runs = found.images.iter().filter(|image| image.needs.is_some()).count();
    let app = signs.cloud_foundry.as_ref().filter(|app| app.is_whole() && runs > 0);
    let executor = if app.is_some() {
        Some("kaniko")
    } else if signs.github && !signs.gitlab {
        Some("docker")
    } else {
        None
    };
    let executor = executor.filter(|_| runs > 0);
    let shared = executor.filter(|_| runs == found.images.len());
    let part = if found.images.len() > 1 { "/{{ build.name }}" } else { "" };
    let image = format!("{{{{ ci.registry_image or 'localhost/{name}' }}}}{part}");

    let mut text = String::from(
        "# `kaniko-build plan` shows what is built and why, `kaniko-build run` builds it.\nversion = 1\n",
    );
    if let Some(app) = app {
        text.push_str(&executor_of(app));
    }
    text.push_str("\n[defaults]\n");
    if let Some(executor) = shared {
        line(&mut text, "executor", executor);
    }
    if signs.gitlab && app.is_none() && runs > 0 {
        text.push_str(
            "# No `executor`: Kaniko's image builds in the job itself, else docker or podman; `plan` says which.\n",
        );
    }
    if !signs.gitlab && !signs.github {
        text.push_str("# Outside of GitLab and GitHub, name your registry instead of localhost.\n");
    }
    line(&mut text, "image", &image);
    text.push_str(
        "tags = [\n  \"{{ ci.commit_short or 'dev' }}\",\n  \"{{ ci.tag | semver('{version}') }}\",\n  \
         { tag = \"latest\", when = \"{{ ci.tag | semver('{major}') }}\" },\n]\n",
    );
    if signs.github {
        text.push_str("# A pull request from a fork gets no token that may push.\n");
        line(&mut text, "no-push", "{{ ci.event == 'pull_request' }}");
    }
    for image in &found.images {
        let own = executor.filter(|_| shared.is_none() && image.needs.is_some());
        build(&mut text, image, own);
    }
    text
}

fn executor_of(app: &CloudFoundry) -> String {
    let mut text = String::from("\n[executors.kaniko]\n");
    line(&mut text, "type", "cloudfoundry");
    line(&mut text, "app", &app.app);
    for (name, value) in [("api", &app.api), ("org", &app.org), ("space", &app.space)] {
        if let Some(value) = value {
            line(&mut text, name, value);
        }
    }
    if app.login.is_some() && (app.org.is_none() || app.space.is_none()) {
        text.push_str("# Add `org` and `space`: the script says them in no plain words.\n");
    }
    if let Some((user, password)) = &app.login {
        let _ = writeln!(text, "username = {{ env = {} }}", quoted(user));
        let _ = writeln!(text, "password = {{ env = {} }}", quoted(password));
    }
    text
}

fn build(text: &mut String, image: &Image, executor: Option<&str>) {
    let _ = writeln!(text, "\n[builds.{}]", key(&image.name));
    if let Some(needs) = image.needs.as_ref().filter(|_| executor.is_some()) {
        let _ = writeln!(text, "# {needs}");
    }
    if let Some(executor) = executor {
        line(text, "executor", executor);
    }
    if image.context != "." {
        line(text, "context", &image.context);
    }
    let within = match &*image.context {
        "." => Some(&*image.path),
        context => image.path.strip_prefix(context).and_then(|rest| rest.strip_prefix('/')),
    };
    if let Some(file) = within.filter(|file| *file != PLAIN) {
        line(text, "dockerfile", file);
    }
    for (source, number) in &image.missing {
        let source = quoted(source);
        let _ =
            writeln!(text, "# Not there now, so an earlier step makes it: {source}, line {number}");
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name} = {}", quoted(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str, path: &str, context: &str, needs: bool) -> Image {
        Image {
            name: name.into(),
            path: path.into(),
            context: context.into(),
            needs: needs.then(|| format!("{path}:2: `RUN`")),
            missing: Vec::new(),
        }
    }

    fn of(images: Vec<Image>, signs: &Signs) -> String {
        text(&Found { images, left_out: Vec::new() }, signs, "shop")
    }

    #[test]
    fn an_app_that_is_known_by_half_is_none() {
        let app = CloudFoundry { app: "kaniko".into(), ..CloudFoundry::default() };
        let signs = Signs { gitlab: true, github: false, cloud_foundry: Some(app) };
        let made = of(vec![image("api", "Dockerfile", ".", true)], &signs);

        assert!(!made.contains("executor = "), "{made}");
        assert!(made.contains("# No `executor`: "), "{made}");
    }

    #[test]
    fn an_app_is_written_with_its_login_by_name() {
        let app = CloudFoundry {
            app: "kaniko".into(),
            api: Some("https://api.example.com".into()),
            org: Some("o".into()),
            space: Some("s".into()),
            login: Some(("U".into(), "P".into())),
            reached: true,
            said: None,
        };
        let signs = Signs { gitlab: true, github: false, cloud_foundry: Some(app) };
        let made = of(vec![image("api", "Dockerfile", ".", true)], &signs);

        let section = "[executors.kaniko]\ntype = \"cloudfoundry\"\napp = \"kaniko\"\n\
                       api = \"https://api.example.com\"\norg = \"o\"\nspace = \"s\"\n\
                       username = { env = \"U\" }\npassword = { env = \"P\" }\n";
        assert!(made.contains(section), "{made}");
        assert!(made.contains("[defaults]\nexecutor = \"kaniko\"\n"), "{made}");
    }

    #[test]
    fn only_builds_that_run_something_have_an_executor() {
        let images = vec![
            image("site", "site/Containerfile", "site", false),
            image("api", "docker/api.Dockerfile", ".", true),
        ];
        let signs = Signs { gitlab: false, github: true, cloud_foundry: None };
        let made = of(images, &signs);
        let builds = made.split_once("\n[builds").expect("builds").1;

        assert_eq!(
            builds,
            ".site]\ncontext = \"site\"\ndockerfile = \"Containerfile\"\n\n[builds.api]\n\
             # docker/api.Dockerfile:2: `RUN`\nexecutor = \"docker\"\n\
             dockerfile = \"docker/api.Dockerfile\"\n"
        );
    }

    #[test]
    fn what_a_context_lacks_is_said() {
        let mut one = image("api", "Dockerfile", ".", false);
        one.missing.push(("dist/a\nb".into(), 3));
        let made = of(vec![one], &Signs::default());

        let end = "[builds.api]\n# Not there now, so an earlier step makes it: \"dist/a\\u000Ab\", line 3\n";
        assert!(made.ends_with(end), "{made}");
    }
}
