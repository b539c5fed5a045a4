# The ways in. What they do is in scripts/, which explains itself.

.DEFAULT_GOAL := help
.PHONY: help run test test-postgres lint build fmt bench soak grpcurl tools stubs protoset cli-docs buf-baseline

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Serves the demo organisation on a private PostgreSQL, which is installed when missing
	@scripts/run.sh

test: ## Runs every check and every test
	@scripts/test.sh

test-postgres: ## Runs the tests of the database on PostgreSQL 14 to 18, which it installs into .tools
	@scripts/test-postgres.sh

lint: ## Runs the checks without the tests
	@scripts/test.sh lint

build: ## Builds the programs, optimised
	cargo build --release -p qairon-service -p qairon-cli

fmt: ## Formats the sources
	cargo fmt --all

cli-docs: ## Regenerates the reference of the command line, docs/cli
	UPDATE_GOLDEN=1 cargo test --quiet --workspace --test suite cli_tools::the_reference

bench: ## Measures against pgbench and psql
	@scripts/bench.sh

soak: ## Lets honest callers, faults and hostile callers loose on the service for half an hour
	@scripts/soak.sh

grpcurl: ## Installs grpcurl alone into .tools, for the tour of the readme
	@scripts/tools.sh grpcurl

tools: ## Installs what development needs into .tools: buf, grpcurl, cargo-deny, the generators of the stubs
	@scripts/tools.sh

stubs: tools ## Generates the stubs of other languages from proto/
	@scripts/stubs.sh

protoset: ## Writes target/qairon.protoset, the descriptors for clients of servers without reflection
	cargo build --workspace --bins
	target/debug/qairon-service protoset > target/qairon.protoset

buf-baseline: tools ## Takes the protos as they are for the released ones, against which changes are checked
	.tools/bin/buf build --exclude-source-info -o buf/baseline.binpb
