//! A Kaniko app of Cloud Foundry, reached through the cf command line: a pure rule.
//!
//! Login happens once a run, in a `CF_HOME` of its own, so that neither the job's login is
//! touched nor a credential left behind. Each build is then one `cf ssh`.
//!
//! Source: cf's own help: `cf auth` reads `CF_USERNAME` and `CF_PASSWORD`; `cf ssh -T`
//! allocates no terminal and passes the remote exit status on.

use std::path::Path;

use crate::{process::Command, secret::Secret};

/// An app and the way to it.
#[derive(Debug, Clone, Copy)]
pub struct App<'a> {
    /// The API's URL.
    pub api: Option<&'a str>,
    /// The organisation.
    pub org: Option<&'a str>,
    /// The space.
    pub space: Option<&'a str>,
    /// The app's name.
    pub app: &'a str,
    /// The identity provider.
    pub origin: Option<&'a str>,
    /// Where the cf command line keeps its login; none for the user's own.
    pub home: Option<&'a Path>,
}

impl App<'_> {
    /// The commands of a login, in order; the credentials are in the environment of the second.
    #[must_use]
    pub fn login(&self, username: &Secret, password: &Secret) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(api) = self.api {
            commands.push(self.cf().argument("api").argument(api));
        }
        let mut auth = self
            .cf()
            .argument("auth")
            .set("CF_USERNAME", os_string(username))
            .set("CF_PASSWORD", os_string(password));
        if let Some(origin) = self.origin {
            auth = auth.argument("--origin").argument(origin);
        }
        commands.push(auth);
        commands
    }

    /// The command that chooses organisation and space; none where neither is said.
    #[must_use]
    pub fn target(&self) -> Option<Command> {
        let mut target = self.cf().argument("target");
        for (flag, value) in [("-o", self.org), ("-s", self.space)] {
            if let Some(value) = value {
                target = target.argument(flag).argument(value);
            }
        }
        (self.org.is_some() || self.space.is_some()).then_some(target)
    }

    /// The command of one build, to which the shell command is added as the last argument.
    #[must_use]
    pub fn ssh(&self, instance: Option<usize>) -> Command {
        let ssh = self.cf().argument("ssh").argument(self.app);
        let ssh = match instance {
            Some(index) => ssh.argument("-i").argument(index.to_string()),
            None => ssh,
        };
        ssh.argument("-T").argument("-c")
    }

    fn cf(&self) -> Command {
        let cf = Command::new("cf").set("CF_COLOR", "false");
        match self.home {
            Some(home) => cf.set("CF_HOME", home),
            None => cf,
        }
    }
}

fn os_string(secret: &Secret) -> std::ffi::OsString {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(secret.expose().to_vec())
}
