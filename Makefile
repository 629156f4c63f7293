# make demo MODEL=folder   installs what is missing, builds, tracks the sample clip into demo/
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

.PHONY: all build demo require-model dependencies toolchain test test-system test-long format \
	format-check install clean

all: build

toolchain:
	@scripts/require-swift.sh

dependencies:
	@scripts/install-dependencies.sh

build: toolchain dependencies
	swift build -c release --product landmarkd

require-model:
	@if [[ -z "$(MODEL)" ]]; then \
	  echo "make demo needs a model: make demo MODEL=folder (an OpenFace model folder)" >&2; exit 2; \
	fi

demo: require-model build
	mkdir -p demo
	.build/release/landmarkd track Samples/portrait.mp4 --model "$(MODEL)" \
	  -o demo/portrait.csv --force --picture demo/portrait.png --picture-frame $(PICTURE_FRAME)
	@echo "Written: demo/portrait.csv and demo/portrait.png (frame $(PICTURE_FRAME))"

test: toolchain dependencies
	scripts/run-tests.sh

test-system: toolchain dependencies
	LANDMARKD_TEST_TIER=system scripts/run-tests.sh --filter SystemTests

test-long: toolchain dependencies
	LANDMARKD_TEST_TIER=long scripts/run-tests.sh

format: toolchain
	swift format -i -r $(FORMATTED)

format-check: toolchain
	swift format lint --strict -r $(FORMATTED)

install: build
	install -D -m 755 .build/release/landmarkd "$(DESTDIR)$(PREFIX)/bin/landmarkd"

clean:
	rm -rf .build demo
