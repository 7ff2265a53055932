#!/bin/sh
# Makes the services: 40 in Go, 29 in JavaScript, 15 in Python. Those in Go are what a job before
# would have compiled.
set -eu
cd "$(dirname "$0")"
make() {
  number=1
  while [ $number -le "$2" ]; do
    service=$(printf '%s/services/%s-%02d' "$1" "$3" $number)
    mkdir -p "$service"
    for file in $4; do
      echo "$file of $service" >"$service/$file"
    done
    number=$((number + 1))
  done
}
make go 40 cart service
make node 29 shop 'package.json server.js'
make python 15 feed main.py
