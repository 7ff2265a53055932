#!/bin/sh
# Builds kaniko-build, and with it the image of this directory, into a file.
#
#   sh examples/first/try.sh [argument of `kaniko-build run` …]
#
# It needs no executor, no daemon and no network. EXAMPLE_IMAGE is the image's name; with `--push`
# it is pushed there. EXAMPLE_BASE is another base than none.
set -eu
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }

if ! command -v cc >/dev/null; then
    say "installing a C compiler, which cargo needs"
    if [ "$(id -u)" != 0 ]; then
        echo "there is none: apt-get install gcc libc6-dev, as root" >&2
        exit 1
    fi
    apt-get update -q && apt-get install -qy --no-install-recommends gcc libc6-dev
fi

say "building kaniko-build"
cargo build --locked --manifest-path ../../Cargo.toml
target=$(cd "${CARGO_TARGET_DIR:-../../target}" && pwd)
EXAMPLE_OUTPUT=$target/first
export EXAMPLE_OUTPUT
mkdir -p "$EXAMPLE_OUTPUT"

say "building the image: kaniko-build run $*"
"$target/debug/kaniko-build" run "$@"

say "the image is in $EXAMPLE_OUTPUT/hello.tar, for podman load, docker load or skopeo:"
tar -tvf "$EXAMPLE_OUTPUT/hello.tar"
