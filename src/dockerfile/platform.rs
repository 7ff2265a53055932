//! The `ARG`s that say for what and on what an image is built.

/// What executors give these `ARG`s a value for unasked, in `FROM` too: `BuildKit` and the fork.
/// The original Kaniko knows none of them.
///
/// Source: `BuildKit`'s dockerfile2llb/platform.go, `defaultArgs`; the fork's
/// pkg/dockerfile/buildargs.go.
pub const PLATFORM_ARGUMENTS: [&str; 11] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

/// Whether `name` is one of [`PLATFORM_ARGUMENTS`] whose value is never empty: an image may have
/// no variant and its system no version.
#[must_use]
pub fn is_never_empty(name: &str) -> bool {
    PLATFORM_ARGUMENTS.contains(&name) && !name.ends_with("VERSION") && !name.ends_with("VARIANT")
}
