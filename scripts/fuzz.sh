#!/usr/bin/env bash
# fuzz.sh TIME: runs every fuzz test for TIME (10s, 5m), one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."

# go test -list prints the names of a package, then the package.
tests=$(go test -list '^Fuzz' ./... | awk '/^Fuzz/ { names[++n] = $1 } /^ok/ { for (; n > 0; n--) print $2, names[n] }')
[ -n "$tests" ] || { echo "no fuzz test found" >&2; exit 1; }

while read -r package name; do
	echo "$package $name"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$1" "$package"
done <<<"$tests"
