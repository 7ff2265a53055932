//! Handing an image to an engine of this machine.

use std::{io, path::Path, time::Duration};

use crate::{
    oci::{self, Image, Registries},
    plan::Build,
    process::{Command, Limits, ProcessError},
    registry::Reference,
    transport::container,
};

use super::problem::Problem;

/// What loading an image may take and say.
const LOADING: Limits = Limits { bytes: 64 << 10, time: Duration::from_mins(10) };

/// Hands the image to an engine of this machine.
pub(super) async fn load(
    build: &Build,
    image: &Image,
    registries: &Registries,
    engine: container::Kind,
) -> Result<(), Problem> {
    let directory = tempfile::Builder::new().prefix("kaniko-build-load-").tempdir()?;
    let archive = directory.path().join("image.tar");
    let mut names = build.destinations.clone();
    if names.is_empty() {
        names.extend(Reference::parse(&build.name));
    }
    oci::archive(image, registries, &names, &archive).await?.place().await?;
    loaded(engine.name(), &archive).await
}

async fn loaded(program: &'static str, archive: &Path) -> Result<(), Problem> {
    let command = Command::new(program).argument("load").argument("--input").argument(archive);
    let why = match command.capture(b"", LOADING).await {
        Ok(answer) if answer.code == 0 => return Ok(()),
        Ok(answer) => {
            let words = answer.stderr_text().trim().replace('\n', "; ");
            format!("ended with {}: {words}", answer.code)
        }
        Err(ProcessError::Start { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            "can't be run: it is not on PATH".to_owned()
        }
        Err(error) => format!("can't be run: {error}"),
    };
    Err(Problem::Load { program, why })
}
