#!/usr/bin/env bash
# Runs every test under the race detector, those that use a database a second time on
# PostgreSQL and those of the directory a third time on a schema one version newer, and
# closes with the count of all. Arguments go to go test. With CI set, whatever is missing or skipped is a failure; elsewhere
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

# PostgreSQL is started by the tests themselves; here only its programs matter.
postgres=1
if [ -z "${ROUNDTABLE_TEST_POSTGRES_BIN:-}" ] &&
	! scripts/need.sh postgresql "postgres $(pg_config --bindir 2>/dev/null || true)/postgres /usr/lib/postgresql/*/bin/postgres"; then
	[ -z "${CI:-}" ] || exit 1
	echo "without PostgreSQL: testing with SQLite alone" >&2
	postgres=
fi

# So is the cluster that loses its primary.
without='^$'
for program in patroni etcd; do
	if [ -n "$postgres" ] && ! scripts/need.sh "patroni etcd-server python3-etcd python3-psycopg2" "$program"; then
		[ -z "${CI:-}" ] || exit 1
		echo "without $program: no test of what is lost on several machines" >&2
		without='/test/failover$'
	fi
done

# The pages are looked at in Debian's Chromium, which playwright-core drives.
for programs in "nodejs node" "npm npm" "chromium ${ROUNDTABLE_TEST_CHROMIUM:-chromium}"; do
	# shellcheck disable=SC2086 # a package and its command
	if ! scripts/need.sh $programs; then
		[ -z "${CI:-}" ] || exit 1
		echo "without ${programs%% *}: no test of the pages in a browser" >&2
	fi
done
if command -v npm >/dev/null && ! (cd test/browser && npm ci --ignore-scripts --no-audit --no-fund >&2); then
	[ -z "${CI:-}" ] || exit 1
	echo "without the packages of test/browser: no test of the pages in a browser" >&2
fi

tests() { go test -json -timeout 15m "${race[@]}" "${again[@]}" "$@"; }

# stored lists the packages that open databases, or start servers for it, in their tests.
stored() {
	go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}} {{join .XTestImports " "}}{{end}}' ./... |
		awk '/\/internal\/(db|pgtest)(\/[a-z]+)?( |$)/ { print $1 }' | grep -v "$without"
}

passes() {
	local failed=0
	tests "$@" ./... || failed=1
	if [ -n "$postgres" ]; then
		echo "on PostgreSQL:"
		# Three at a time, and from the end: those under test/ wait more than they work.
		# shellcheck disable=SC2046 # one word a package
		ROUNDTABLE_TEST_ENGINE=postgres tests -p 3 "$@" $(stored | sort -r) || failed=1
	fi
	echo "with the schema that the next release may leave:"
	ROUNDTABLE_TEST_SCHEMA=next go test -json -short -timeout 15m "${again[@]}" "$@" ./internal/directory ./internal/api ./internal/demo || failed=1
	return "$failed"
}

# go test may fail where the count does not see it, and the other way round: with
# pipefail either is a failure.
passes "$@" | go run ./internal/testcount "${count[@]}"
