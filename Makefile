# make run    build for release, decide a sample of real purchase orders, and ask a service of its own a few questions
# make serve  a service to develop against, on 127.0.0.1:7400 (PORT=…), 7480 for HTTP (HTTP_PORT=…) and in .build/serve, until it is interrupted
# make test   every test: Swift, policies, the built binary
# make check  what CI holds beside the tests: formatting, no stray paths, the static checks of policies and plugins
# make pages  docs/policies, from the declarations of the policies
# make fuzz   libFuzzer on the C that reads what clients send, for FUZZ_SECONDS or until it finds something
# make bench  speed against the bare C limit
# make bench-reload  how long a reload takes, with many policies
# make bench-service  the service's speed against the least that a server does

SWIFT ?= swift
REMIT := .build/release/remit
# Release builds: no frame pointers in C, which the decision path feels, and no debug information in the program.
RELEASE := -c release -Xcc -fomit-frame-pointer -Xlinker -s

.PHONY: run serve test check fuzz bench bench-reload bench-service build plugins pages packages clean

run: build
	@scripts/run-sample $(REMIT)

serve: build
	@scripts/serve $(REMIT)

build: packages
	@$(SWIFT) build $(RELEASE) --product remit

packages:
	@scripts/install-packages

# The examples of native plugins; a build takes one product at a time.
plugins: packages
	@$(SWIFT) build $(RELEASE) --product remit-similarity
	@$(SWIFT) build $(RELEASE) --product remit-names

test: build plugins
	@$(SWIFT) test
	@$(REMIT) test
	@scripts/test-binary $(REMIT)

check: build
	@scripts/check
	@$(REMIT) check

pages: build
	@$(REMIT) policies --markdown --output docs/policies

# Needs a clang with libFuzzer, as Swift's own has.
CLANG ?= clang
FUZZ_SECONDS ?= 0
FUZZ_INCLUDES := -ISources/CRemitJSON/include -ISources/CRemitDecimal/include

fuzz:
	@mkdir -p .build/fuzz/corpus
	@cat Tests/Fixtures/Fuzz/*.ndjson | split -l 1 -a 3 - .build/fuzz/corpus/seed-
	@$(CLANG) -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(FUZZ_INCLUDES) Tests/Fuzz/json_fuzz.c \
	  Sources/CRemitJSON/*.c Sources/CRemitDecimal/*.c -lm -o .build/fuzz/json_fuzz
	@cd .build/fuzz && ./json_fuzz -max_len=4096 -max_total_time=$(FUZZ_SECONDS) corpus

bench: build
	@$(MAKE) -s -C benchmarks/limit
	@$(SWIFT) build $(RELEASE) --product RemitBench
	@python3 benchmarks/natural/generate.py 100000 --output .build/natural.ndjson
	@.build/release/RemitBench .build/natural.ndjson
	@python3 benchmarks/compare.py $(REMIT) benchmarks/limit/limit
	@python3 benchmarks/instructions.py $(REMIT) benchmarks/limit/limit
	@$(MAKE) -s bench-service
	@python3 benchmarks/reload/run.py $(REMIT) --policies 10,1000,10000 --reloads 10 --seconds-max 1 --growth-max 1.2

bench-reload: build
	@python3 benchmarks/reload/run.py $(REMIT)

bench-service: build
	@$(MAKE) -s -C benchmarks/service
	@python3 benchmarks/service/run.py $(REMIT)

clean:
	@rm -rf .build
