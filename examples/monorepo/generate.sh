#!/bin/sh
# Makes the services of both teams: 60 of shop and 39 of data, each with a file of its own.
set -eu
cd "$(dirname "$0")"
make() {
  number=1
  while [ $number -le "$2" ]; do
    name=$(printf '%s-%02d' "$3" $number)
    mkdir -p "teams/$1/services/$name"
    printf '{ "name": "%s", "port": %d }\n' "$name" $((8000 + number)) \
      >"teams/$1/services/$name/settings.json"
    number=$((number + 1))
  done
}
make shop 60 cart
make data 39 feed
