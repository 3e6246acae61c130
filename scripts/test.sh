#!/usr/bin/env bash
# Runs every test under the race detector and closes with the count. Arguments go
# to go test. With CI set, whatever is missing or skipped is a failure; elsewhere
# the tests that can run do run, and the output says what was left out.
set -euo pipefail
cd "$(dirname "$0")/.."

count=() again=()
[ -z "${CI:-}" ] || count=(-no-skips) again=(-count=1)

# The race detector needs a C compiler. It watches our code, not the SQLite engine,
# which is C turned into Go: watched, that one runs thirty times slower. Only this one
# package is left out: others instantiate generic code of the standard library, of which
# the linker keeps a single copy, and an unwatched copy would hide the order of things.
race=(-race '-gcflags=modernc.org/sqlite/lib=-race=false')
if scripts/need.sh build-essential gcc; then
	export CGO_ENABLED=1
elif [ -n "${CI:-}" ]; then
	exit 1
else
	echo "without a C compiler: testing without the race detector" >&2
	race=()
fi

# go test may fail where the count does not see it, and the other way round: with
# pipefail either is a failure.
go test -json -timeout 15m "${race[@]}" "${again[@]}" "$@" ./... | go run ./internal/testcount "${count[@]}"
