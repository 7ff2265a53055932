//! Flags that shape the image and where it goes.

use super::{Flag, Kind};

pub(super) const FLAGS: &[Flag] = &[
    Flag::new("--dockerfile", "dockerfile", Kind::Text, "The Dockerfile, relative to the context, then to the file.")
        .short('f')
        .default("Dockerfile")
        .example("\"docker/Dockerfile\"")
        .by_key("the executor gets the absolute path of the file that was sent; write `dockerfile`"),
    Flag::new("--context", "context", Kind::Text, "The local directory that is sent and built from.")
        .short('c')
        .default("/workspace/")
        .example("\"services/api\"")
        .by_key("the executor builds from what was sent and verified; write `context`"),
    Flag::new("--target", "target", Kind::Text, "The stage of the Dockerfile that becomes the image.")
        .example("\"runtime\"")
        .by_key("what is sent and pulled depends on it; write `target`"),
    Flag::new("--build-arg", "build-args", Kind::Table, "Values for the Dockerfile's `ARG`s.")
        .example("{ PROFILE = \"release\" }")
        .by_key("values are resolved here and searched for secrets; write `build-args`"),
    Flag::new("--secret", "secrets", Kind::Table, "Values for `RUN --mount=type=secret`, by id.")
        .example("{ npmrc = { env = \"NPMRC\" } }")
        .fork_only("1.26.3")
        .by_key("a secret is sent for one build and removed after it; write `secrets`"),
    Flag::new("--destination", "destinations", Kind::List, "References that are pushed to, beside `image` with `tags`.")
        .short('d')
        .example("[\"registry.example.com/api:1\"]")
        .by_key("its registry's credentials must travel and the report names it; write `destinations`"),
    Flag::new("--no-push", "no-push", Kind::Bool, "Build and push nothing.")
        .by_key("the report must know what was pushed; write `no-push`"),
    Flag::new("--label", "labels", Kind::Table, "Labels in the image's config.")
        .example("{ \"org.opencontainers.image.revision\" = \"{{ ci.commit }}\" }"),
    Flag::new("--annotation", "annotations", Kind::Table, "Annotations in the image's manifest.")
        .example("{ \"org.opencontainers.image.title\" = \"api\" }")
        .fork_only("1.25.3"),
    Flag::new("--custom-platform", "custom-platform", Kind::Text, "The platform of base images and image, where it is not the executor's own; nothing is emulated.")
        .example("\"linux/arm64\""),
    Flag::new("--image-format", "image-format", Kind::OneOf(&["docker", "oci"]), "Media types of the image; without it those of the base image.")
        .example("\"oci\"")
        .fork_only("1.28.1"),
    Flag::new("--compression", "compression", Kind::OneOf(&["gzip", "zstd"]), "How layers are compressed; zstd fits neither `tar-path` nor Docker's image format.")
        .example("\"zstd\"")
        .original_since("1.10.0"),
    Flag::new("--compression-level", "compression-level", Kind::Integer, "The compression's level; -1 leaves it to the compression.")
        .default("-1")
        .example("6")
        .original_since("1.10.0"),
    Flag::new("--reproducible", "reproducible", Kind::Bool, "Leave timestamps out, so that equal inputs give an equal digest."),
    Flag::new("--tar-path", "tar-path", Kind::Text, "A local file that the image is written to as a docker archive.")
        .example("\"dist/api.tar\"")
        .by_key("the file must be brought back from the executor; write `tar-path`"),
    Flag::new("--oci-layout-path", "oci-layout-path", Kind::Text, "A local directory that the image is written to as an OCI layout.")
        .example("\"dist/api\"")
        .by_key("the directory must be brought back from the executor; write `oci-layout-path`"),
    Flag::new("--force-build-metadata", "force-build-metadata", Kind::Bool, "Write a layer for metadata instructions too; the fork always does."),
    Flag::new("--skip-unused-stages", "skip-unused-stages", Kind::Bool, "Build only the stages that the target needs; the fork always does."),
    Flag::new("--materialize", "materialize", Kind::Bool, "Unpack the final file system even where every layer came from the cache.")
        .fork_only("1.24.1"),
];
