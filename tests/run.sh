#!/bin/sh
# Passes every test there is: formatting, lints, documentation, tests.
#
# On Debian, as root, it installs first what the tests need beside the Rust toolchain; where it
# is not root it says what is missing, and the tests that need it say that they are left out.
set -u
cd "$(dirname "$0")/.." || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=''

# Programs, each with its Debian package.
needed='cc:gcc podman:podman runc:runc docker-registry:docker-registry skopeo:skopeo
  sshd:openssh-server ssh:openssh-client busybox:busybox-static git:git unshare:util-linux
  nsenter:util-linux jsonschema:python3-jsonschema openssl:openssl'

missing() {
  for pair in $needed; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || echo "${pair##*:}"
  done | sort -u | tr '\n' ' '
}

install() {
  packages=$(missing)
  [ -n "$packages" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "missing, and not root to install it: $packages"
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    echo "missing, and no apt-get to install it: $packages"
    return 0
  fi
  echo "installing $packages"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || echo 'the lists of packages are as they were'
  # shellcheck disable=SC2086 # a list of words
  apt-get install -qq -y --no-install-recommends $packages >/dev/null 2>&1
  packages=$(missing)
  [ -z "$packages" ] || echo "still missing: $packages"
}

step() {
  echo
  echo "== $*"
  "$@" 2>&1
  code=$?
  echo "$code" >"$log.code"
}

# Runs a step; its output is kept for the end.
run() {
  step "$@" | tee -a "$log"
  read -r code <"$log.code"
  rm -f "$log.code"
  [ "$code" = 0 ] || failed="$failed
  $*"
}

install
run cargo fmt --check
run cargo clippy --locked --all-targets -- -D warnings
run env RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps
run cargo test --locked --no-fail-fast

echo
echo '== in short'
grep -E '^test result: |^(test )?.*(left out|skipped): ' "$log" | sort | uniq -c | sed 's/^ *1 //'
grep -E '^test .* FAILED$|^error(\[|:)' "$log" | sort -u
if [ -n "$failed" ]; then
  echo "FAILED:$failed"
  exit 1
fi
echo 'all passed'
