# make run    build for release, decide a sample of real purchase orders, and say what came out
# make test   every test: Swift, policies, the built binary
# make check  what CI holds beside the tests: formatting, no stray paths
# make bench  speed against the bare C limit

SWIFT ?= swift
REMIT := .build/release/remit

.PHONY: run test check bench build packages clean

run: build
	@scripts/run-sample $(REMIT)

build: packages
	@$(SWIFT) build -c release --product remit -Xlinker -s

packages:
	@scripts/install-packages

test: build
	@$(SWIFT) test
	@$(REMIT) test
	@scripts/test-binary $(REMIT)

check:
	@scripts/check

bench: build
	@$(MAKE) -s -C benchmarks/limit
	@$(SWIFT) build -c release --product RemitBench
	@.build/release/RemitBench
	@python3 benchmarks/compare.py $(REMIT) benchmarks/limit/limit

clean:
	@rm -rf .build
