//! Which CI a repository is built in, and where Kaniko runs there.

use std::collections::BTreeMap;

use super::words::commands;
use crate::ci::Provider;

/// What tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signs {
    /// A job of GitLab CI, or the file of one.
    pub gitlab: bool,
    /// A job of GitHub Actions, or the file of one.
    pub github: bool,
    /// A Kaniko app beside the job.
    pub cloud_foundry: Option<CloudFoundry>,
}

/// What is told of a Kaniko app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CloudFoundry {
    /// Its name, a template.
    pub app: String,
    /// The API's address.
    pub api: Option<String>,
    /// The organisation.
    pub org: Option<String>,
    /// The space.
    pub space: Option<String>,
    /// The variables that hold user and password.
    pub login: Option<(String, String)>,
    /// Whether a script reaches it by `cf ssh`.
    pub reached: bool,
    /// The first command of a script that names an API, as it is written.
    pub said: Option<String>,
}

impl CloudFoundry {
    /// Whether enough is told to name it: `auto` looks at what the job has, which need not show it.
    pub(super) fn is_whole(&self) -> bool {
        let has_target = self.org.is_some() && self.space.is_some();
        self.api.is_some() && (has_target || self.reached)
    }

    /// Why it is not named, where a script reaches it; a sentence.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        let said = self.said.as_deref().filter(|_| self.reached && !self.is_whole())?;
        Some(format!(
            "`.gitlab-ci.yml` reaches a Kaniko app, and says where in no plain words: `{said}`; \
             write `[executors.kaniko]` with `type = \"cloudfoundry\"`, `app`, `api`, `org` and \
             `space`"
        ))
    }
}

/// Reads the signs: `gitlab_ci` is the text of `.gitlab-ci.yml`, `workflows` whether GitHub's are
/// there. A job that runs counts more than a file.
#[must_use]
pub fn signs(
    environment: &BTreeMap<String, String>,
    gitlab_ci: Option<&str>,
    workflows: bool,
) -> Signs {
    let (gitlab, github) = match Provider::of(environment) {
        Provider::GitLab => (true, false),
        Provider::GitHub => (false, true),
        Provider::Git => (gitlab_ci.is_some(), workflows),
        _ => (false, false),
    };
    let text = gitlab_ci.filter(|_| gitlab).unwrap_or_default();
    let cloud_foundry = gitlab.then(|| cloud_foundry(environment, text)).flatten();
    Signs { gitlab, github, cloud_foundry }
}

const SERVICE: &str = "WSR_SERVICE_ID_";
const PREFIX: &str = "SERVICE_PREFIX";

/// Source: cloud.gov's GitLab runner, which gives a job `WSR_SERVICE_ID_<alias>` and
/// `SERVICE_PREFIX`.
fn cloud_foundry(environment: &BTreeMap<String, String>, text: &str) -> Option<CloudFoundry> {
    let in_text = text.split(SERVICE).skip(1).map(|rest| {
        rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
    });
    let in_job = environment.keys().filter_map(|name| name.strip_prefix(SERVICE));
    let aliases: Vec<_> = in_job.chain(in_text).filter(|alias| is_variable(alias)).collect();
    // A script may reach another app, to deploy it.
    let reached = text.contains("cf ssh") && text.to_lowercase().contains("kaniko");
    let kaniko = aliases.iter().find(|alias| alias.to_lowercase().contains("kaniko"));
    let app = if let Some(alias) = kaniko.or(aliases.first()) {
        format!("{{{{ env.{SERVICE}{alias} or 'kaniko' }}}}")
    } else if environment.contains_key(PREFIX) || text.contains(PREFIX) {
        format!("{{{{ env.{PREFIX} or '' }}}}kaniko")
    } else if environment.contains_key("VCAP_APPLICATION") || text.contains("VCAP_") || reached {
        let literal = text.lines().filter_map(app_of);
        let mut literal = literal.filter(|app| app.contains("kaniko") && app != "kaniko");
        literal.next().unwrap_or_else(|| format!("{{{{ env.{SERVICE}kaniko or 'kaniko' }}}}"))
    } else {
        return None;
    };
    let mut found = CloudFoundry { app, reached, ..CloudFoundry::default() };
    for words in text.lines().flat_map(commands) {
        command(&words, &mut found);
    }
    Some(found)
}

/// The app that a line `cf ssh …` names.
fn app_of(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("cf ssh ")?;
    let word = rest.split_whitespace().next()?.trim_matches(['"', '\'']);
    is_literal(word).then(|| word.to_owned())
}

/// Takes what a command `cf api …`, `cf target …`, `cf auth …` or `cf login …` says.
fn command(words: &[String], found: &mut CloudFoundry) {
    let Some(at) = words.iter().position(|word| word == "cf") else { return };
    let Some((what, rest)) = words[at + 1..].split_first() else { return };
    let after = |flags: &[&str]| {
        let at = rest.iter().position(|word| flags.contains(&word.as_str()))?;
        rest.get(at + 1).map(String::as_str)
    };
    let set = |place: &mut Option<String>, word: Option<&str>| {
        if let Some(word) = word.filter(|word| is_name(word)) {
            place.get_or_insert_with(|| word.to_owned());
        }
    };
    let login = |user: Option<&str>, password: Option<&str>| {
        Some((variable(user?)?.to_owned(), variable(password?)?.to_owned()))
    };
    match what.as_str() {
        "api" => {
            set(&mut found.api, rest.first().map(String::as_str));
            found.said = found.said.take().or_else(|| Some(format!("cf api {}", rest.first()?)));
        }
        "target" | "t" => {}
        "auth" => {
            let (user, password) = (rest.first(), rest.get(1));
            let login = login(user.map(String::as_str), password.map(String::as_str));
            found.login = found.login.take().or(login);
        }
        "login" | "l" => {
            set(&mut found.api, after(&["-a"]));
            found.said =
                found.said.take().or_else(|| Some(format!("cf login -a {}", after(&["-a"])?)));
            found.login = found.login.take().or_else(|| login(after(&["-u"]), after(&["-p"])));
        }
        _ => return,
    }
    set(&mut found.org, after(&["-o"]));
    set(&mut found.space, after(&["-s"]));
}

/// What can be the name of an organisation or a space: it may hold spaces, and no shell replaces
/// anything in it.
fn is_name(word: &str) -> bool {
    let is_plain = |letter: char| !letter.is_control() && !"$`*?{}\"\\".contains(letter);
    !word.starts_with('-') && !word.trim().is_empty() && word.chars().all(is_plain)
}

fn is_literal(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    !word.starts_with('-') && !word.is_empty() && word.bytes().all(plain)
}

/// `$NAME`, `${NAME}`.
fn variable(word: &str) -> Option<&str> {
    let name = word.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    is_variable(name).then_some(name)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(environment: &[(&str, &str)], gitlab_ci: Option<&str>) -> Signs {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        signs(&environment.iter().map(pair).collect(), gitlab_ci, false)
    }

    #[test]
    fn a_job_that_runs_counts_more_than_the_files_of_others() {
        assert!(of(&[], Some("build: {}")).gitlab);
        assert!(!of(&[("GITHUB_ACTIONS", "true")], Some("build: {}")).gitlab);
        assert!(of(&[("GITHUB_ACTIONS", "true")], None).github);
        assert_eq!(of(&[("JENKINS_URL", "x")], Some("build: {}")), Signs::default());
        assert!(signs(&BTreeMap::new(), None, true).github);
    }

    #[test]
    fn a_script_of_today_tells_what_the_executor_is() {
        let script = "\
script:
  - cf api https://api.fr.cloud.gov
  - cf auth $CLOUD_GOV_USER \"${CLOUD_GOV_PASS}\"
  - cf target -o my-org -s \"my-space\"
  - cat bundle.tar.gz | cf ssh \"${SERVICE_PREFIX}kaniko\" --command \"/kaniko/executor\"
";
        let found = of(&[], Some(script)).cloud_foundry.unwrap();

        assert_eq!(
            found,
            CloudFoundry {
                app: "{{ env.SERVICE_PREFIX or '' }}kaniko".into(),
                api: Some("https://api.fr.cloud.gov".into()),
                org: Some("my-org".into()),
                space: Some("my-space".into()),
                login: Some(("CLOUD_GOV_USER".into(), "CLOUD_GOV_PASS".into())),
                reached: true,
                said: Some("cf api https://api.fr.cloud.gov".into()),
            }
        );
    }

    #[test]
    fn a_name_may_hold_spaces_and_stand_in_quotes() {
        let script = "- cf api https://x.example.com && cf target -o 'my org' -s \"my space\"\n\
                      - cf ssh kaniko -c x\n";
        let found = of(&[], Some(script)).cloud_foundry.unwrap();

        assert_eq!((found.org, found.space), (Some("my org".into()), Some("my space".into())));
    }

    #[test]
    fn an_app_whose_api_is_a_variable_is_left_out_with_a_word() {
        let script = "- cf api $API\n- cf target -o o -s s\n- cf ssh kaniko -c x\n";
        let found = of(&[], Some(script)).cloud_foundry.unwrap();

        assert!(!found.is_whole());
        assert_eq!(
            found.left_out().as_deref(),
            Some(
                "`.gitlab-ci.yml` reaches a Kaniko app, and says where in no plain words: `cf api \
                 $API`; write `[executors.kaniko]` with `type = \"cloudfoundry\"`, `app`, `api`, \
                 `org` and `space`"
            )
        );
    }

    #[test]
    fn the_service_of_the_job_is_the_app() {
        let job =
            [("GITLAB_CI", "true"), ("WSR_SERVICE_ID_db", "a"), ("WSR_SERVICE_ID_my_kaniko", "b")];
        let found = of(&job, None).cloud_foundry.unwrap();

        assert_eq!(found.app, "{{ env.WSR_SERVICE_ID_my_kaniko or 'kaniko' }}");
        assert_eq!(of(&[("GITLAB_CI", "true")], Some("script: [cf push]")).cloud_foundry, None);
    }

    #[test]
    fn values_of_variables_are_not_guessed() {
        let script =
            "- cf login -a $API -u $U -p $P -o $ORG -s dev\nscript: cf ssh my-kaniko -c x\n";
        let found = of(&[], Some(script)).cloud_foundry.unwrap();

        assert_eq!((found.api, found.org, found.space), (None, None, Some("dev".into())));
        assert_eq!(found.login, Some(("U".into(), "P".into())));
        assert_eq!(found.app, "my-kaniko");
    }

    #[test]
    fn an_app_that_is_reached_for_another_end_is_no_executor() {
        let script =
            "- cf api https://x.example.com\n- cf target -o o -s s\n- cf ssh shop -c migrate\n";

        assert_eq!(of(&[], Some(script)).cloud_foundry, None);
    }
}
