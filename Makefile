# make demo                installs what is missing, builds, tracks the sample clip into demo/
#                          (with another model: make demo MODEL=folder)
# make test                the tests that need seconds
# make test-system         those that need root or servers
# make test-long           all of make test, and those that need minutes
# make format, make format-check, make install PREFIX=/usr/local, make clean

SHELL := /bin/bash
PREFIX ?= /usr/local
MODEL ?=
# The frame of the sample clip that the demo draws: the head is rolled most there.
PICTURE_FRAME ?= 24
FORMATTED := Sources Tests Package.swift

.PHONY: all build demo dependencies toolchain test test-system test-long format \
	format-check install clean

all: build

toolchain:
	@scripts/require-swift.sh

# Nothing is installed for a machine without Swift; its version can be asked for only afterwards.
dependencies:
	@command -v swift >/dev/null || scripts/require-swift.sh
	@scripts/install-dependencies.sh

build: dependencies toolchain
	swift build -c release --product landmarkd

demo: build
	mkdir -p demo
	.build/release/landmarkd track Samples/portrait.mp4 $(if $(MODEL),--model "$(MODEL)") \
	  -o demo/portrait.csv --force --picture demo/portrait.png --picture-frame $(PICTURE_FRAME)
	@echo "Written: demo/portrait.csv and demo/portrait.png (frame $(PICTURE_FRAME))"

test: dependencies toolchain
	scripts/run-tests.sh

test-system: dependencies toolchain
	LANDMARKD_TEST_TIER=system scripts/run-tests.sh --filter SystemTests

test-long: dependencies toolchain
	LANDMARKD_TEST_TIER=long LANDMARKD_FUZZ_CASES=2500 scripts/run-tests.sh

format: toolchain
	swift format -i -r $(FORMATTED)

format-check: toolchain
	swift format lint --strict -r $(FORMATTED)

install: build
	install -D -m 755 .build/release/landmarkd "$(DESTDIR)$(PREFIX)/bin/landmarkd"

clean:
	rm -rf .build demo
