//! What a run is for, as most providers tell it: a branch, a tag or a pull request.

use super::{Event, Fact};

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// A branch of this very repository.
    Branch(&'a str),
    /// A tag.
    Tag(&'a str),
    /// A pull or merge request, whose source branch may bear any name.
    PullRequest { number: Option<u64>, source: Option<&'a str> },
    /// Nothing that was told.
    Nothing,
}

impl<'a> Subject<'a> {
    /// From git's whole name of a ref. Servers keep pull requests under `refs/pull/7/head` or
    /// `…/merge` (GitHub, Gitea, Azure), `refs/merge-requests/7/head` (GitLab) and
    /// `refs/pull-requests/7/from` (Bitbucket).
    pub(super) fn of_ref(reference: &'a str) -> Self {
        const REQUESTS: [&str; 3] = ["refs/pull/", "refs/merge-requests/", "refs/pull-requests/"];
        if let Some(branch) = reference.strip_prefix("refs/heads/") {
            return Self::Branch(branch);
        }
        if let Some(tag) = reference.strip_prefix("refs/tags/") {
            return Self::Tag(tag);
        }
        match REQUESTS.iter().find_map(|prefix| reference.strip_prefix(prefix)) {
            Some(rest) => {
                let number = rest.split('/').next().and_then(|number| number.parse().ok());
                Self::PullRequest { number, source: None }
            }
            None => Self::Nothing,
        }
    }

    pub(super) fn is_pull_request(&self) -> bool {
        matches!(self, Self::PullRequest { .. })
    }

    /// The event of a run that was set off by git: a push, a tag or a pull request.
    pub(super) fn event(&self) -> Event {
        match self {
            Self::PullRequest { .. } => Event::PullRequest,
            Self::Tag(_) => Event::Tag,
            Self::Branch(_) | Self::Nothing => Event::Push,
        }
    }

    /// As [`Self::event`] of a provider that does not tell pushes from schedules and manual runs.
    pub(super) fn event_but_for_branches(&self, provider: &str) -> Fact {
        match self {
            Self::PullRequest { .. } | Self::Tag(_) => self.event().into(),
            Self::Branch(_) | Self::Nothing => Fact::not_told(provider, "what set it off"),
        }
    }

    pub(super) fn branch(&self, provider: &str) -> Fact {
        match self {
            Self::Branch(branch) => Fact::text(*branch),
            _ => Fact::Absent(self.rather_than("a branch", provider)),
        }
    }

    pub(super) fn tag(&self, provider: &str) -> Fact {
        match self {
            Self::Tag(tag) => Fact::text(*tag),
            _ => Fact::Absent(self.rather_than("a tag", provider)),
        }
    }

    pub(super) fn pull_request(&self, provider: &str) -> Fact {
        match self {
            Self::PullRequest { number: Some(number), .. } => Fact::number(*number),
            _ => Fact::Absent(self.rather_than("a pull request", provider)),
        }
    }

    /// The branch or tag, of a pull request its source branch.
    pub(super) fn reference(&self, provider: &str) -> Fact {
        match self {
            Self::Branch(name) | Self::Tag(name) => Fact::text(*name),
            Self::PullRequest { source: Some(source), .. } => Fact::text(*source),
            Self::PullRequest { source: None, .. } => {
                Fact::not_told(provider, "the source branch of this pull request")
            }
            Self::Nothing => Fact::not_told(provider, "which branch or tag it is for"),
        }
    }

    /// Why what was asked for is absent.
    fn rather_than(&self, wanted: &str, provider: &str) -> String {
        let subject = match self {
            Self::Branch(branch) => format!("the branch `{branch}`"),
            Self::Tag(tag) => format!("the tag `{tag}`"),
            Self::PullRequest { number: Some(number), .. } => format!("pull request #{number}"),
            Self::PullRequest { number: None, .. } => "a pull request".to_owned(),
            Self::Nothing => {
                return format!("{provider} does not say that this run is for {wanted}");
            }
        };
        format!("this run is for {subject}, not for {wanted}")
    }
}

#[cfg(test)]
mod tests {
    use super::Subject;

    #[test]
    fn a_whole_ref_tells_what_it_is() {
        let request = |number| Subject::PullRequest { number: Some(number), source: None };

        assert_eq!(Subject::of_ref("refs/heads/feature/x"), Subject::Branch("feature/x"));
        assert_eq!(Subject::of_ref("refs/tags/v1.2.3"), Subject::Tag("v1.2.3"));
        assert_eq!(Subject::of_ref("refs/pull/7/merge"), request(7));
        assert_eq!(Subject::of_ref("refs/merge-requests/12/head"), request(12));
        assert_eq!(Subject::of_ref("refs/pull-requests/3/from"), request(3));
        assert_eq!(Subject::of_ref("main"), Subject::Nothing);
    }
}
