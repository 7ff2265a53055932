//! Outputs of a step of GitHub Actions: `image-NAME` and `digest-NAME` of each image that was
//! built.
//!
//! Source: GitHub's documentation, "Workflow commands: setting an output parameter".

use std::fmt::Write as _;

use super::Ended;

/// The lines for `GITHUB_OUTPUT`.
pub(super) fn document(run: &Ended<'_>) -> String {
    run.images().fold(String::new(), |mut text, (build, image, digest)| {
        if let Some(image) = image {
            let _ = writeln!(text, "image-{build}={image}");
        }
        let _ = writeln!(text, "digest-{build}={digest}");
        text
    })
}
