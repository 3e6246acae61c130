# What a developer does here. `make help` lists it.

.DEFAULT_GOAL := help
.PHONY: help run build test test-quick test-next test-failover lint fmt fuzz bench check

# The program needs no C compiler.
export CGO_ENABLED ?= 0

TOOL     := go tool -modfile=tools/go.mod
FUZZTIME ?= 10s

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve the demo company on http://127.0.0.1:8080
	go run ./cmd/roundtable serve --demo

build: ## the program, as bin/roundtable
	go build -trimpath -o bin/roundtable ./cmd/roundtable

test: ## every test, with the race detector; closes with the count
	@scripts/test.sh $(TESTFLAGS)

test-quick: ## every test without the race detector, long ones shortened
	go test -short ./...

test-failover: ## lose servers and machines of a cluster under load, all that we can think of (minutes)
	@scripts/need.sh postgresql "postgres /usr/lib/postgresql/*/bin/postgres"
	@scripts/need.sh "patroni etcd-server python3-etcd python3-psycopg2" patroni
	@scripts/need.sh "patroni etcd-server python3-etcd python3-psycopg2" etcd
	ROUNDTABLE_TEST_ENGINE=postgres ROUNDTABLE_TEST_FAILOVER=full go test -count 1 -timeout 20m -v ./test/failover

test-next: ## the directory's tests on a schema one version newer, as in a rolling upgrade
	ROUNDTABLE_TEST_SCHEMA=next go test ./internal/directory ./internal/api ./internal/demo

lint: ## go vet and the linters (the first run builds them, a minute or two)
	go vet ./...
	$(TOOL) golangci-lint run

fmt: ## format the sources
	$(TOOL) gofumpt -w .

fuzz: ## every fuzz test for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

bench: ## load test on this machine, beside its raw limits (docs/performance.md)
	@scripts/need.sh wrk wrk
	go run ./bench $(BENCHFLAGS)
	go run ./bench -only search -rounds 3 -seconds 2
	@scripts/need.sh postgresql "postgres $$(pg_config --bindir 2>/dev/null || true)/postgres /usr/lib/postgresql/*/bin/postgres"
	go run ./bench -only PostgreSQL -rounds 5

check: ## all that CI asks for
	@.ci/run
