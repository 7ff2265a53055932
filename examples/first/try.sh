#!/bin/sh
# Builds kaniko-build, and with it the image of this directory, in a container of podman or docker.
#
#   sh examples/first/try.sh [argument of `kaniko-build run` …]
#
# Where neither answers, or Kaniko's image cannot be had, it shows what would be done instead: the
# plan and the bundle. Nothing is pushed. EXAMPLE_KANIKO and EXAMPLE_BASE name other images, for
# machines that cannot reach ghcr.io and Docker Hub.
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
target=${CARGO_TARGET_DIR:-../../target}
program=$target/debug/kaniko-build

EXAMPLE_KANIKO=${EXAMPLE_KANIKO:-ghcr.io/osscontainertools/kaniko:v1.28.3}
EXAMPLE_OUTPUT=$(cd "$target" && pwd)/first
export EXAMPLE_KANIKO EXAMPLE_OUTPUT
mkdir -p "$EXAMPLE_OUTPUT"

# Prints the first engine that answers and has Kaniko's image or gets it.
engine() {
    for engine in podman docker; do
        if ! timeout 30 "$engine" info >/dev/null 2>&1; then
            echo "$engine does not answer" >&2
        elif timeout 30 "$engine" image inspect "$EXAMPLE_KANIKO" >/dev/null 2>&1 ||
            timeout 300 "$engine" pull -q "$EXAMPLE_KANIKO" >/dev/null; then
            echo "$engine"
            return
        else
            echo "$engine answers, but cannot get $EXAMPLE_KANIKO" >&2
        fi
    done
}

say "looking for podman or docker"
EXAMPLE_ENGINE=$(engine)
if [ -n "$EXAMPLE_ENGINE" ]; then
    export EXAMPLE_ENGINE
    say "building the image with $EXAMPLE_ENGINE: kaniko-build run"
    "$program" run "$@"
    say "done; to see it:"
    echo "$EXAMPLE_ENGINE load -i $EXAMPLE_OUTPUT/hello.tar && $EXAMPLE_ENGINE run --rm localhost/kaniko-build/hello"
else
    unset EXAMPLE_ENGINE
    say "NOTHING IS BUILT: there is no engine to run Kaniko in. The plan (kaniko-build plan):"
    "$program" plan
    say "the bundle that would be sent (kaniko-build context pack hello -o -):"
    "$program" context pack hello -o - | tar -tzv
fi
