# make demo                installs what is missing, builds, tracks the sample clip into demo/
#                          (with another model: make demo MODEL=folder)
# make test                installs what is missing, builds and runs the tests that need seconds
# make build               builds; installs nothing, but says what is missing
# make dependencies        installs the packages that are missing, with apt-get
# make test-system         those that need root or servers
# make test-long           all of make test, and those that need minutes
# make bench               how long things take (make bench REFERENCE=folder CLIPS=folder COMPARE=old.json JSON=new.json)
# make settings            docs/reference/settings.md, from the table that the program reads
# make dist                landmarkd-VERSION.tar.gz, the source of the last commit
# make packages            all that people install who build nothing, into packages/:
#   make deb               landmarkd_VERSION_amd64.deb, for Debian 12
#   make tarball           landmarkd-VERSION-linux-x86_64.tar.gz, for any system with glibc 2.36
#   make wheel             landmarkd-VERSION-py3-none-manylinux_2_36_x86_64.whl, with the Python module
#                          (with another program: make deb PROGRAM=file)
# make package-tools       installs what these are made with, with apt-get
# make format, make format-check, make install PREFIX=/usr/local, make clean

SHELL := /bin/bash
PREFIX ?= /usr/local
MODEL ?=
# What is installed.
PROGRAM ?= .build/release/landmarkd
# The frame of the sample clip that the demo draws: the head is rolled most there.
PICTURE_FRAME ?= 24
FORMATTED := Sources Tests Package.swift

# What packages wait for: nothing where a program is given.
PACKED := $(if $(filter command environment,$(firstword $(origin PROGRAM))),,build)

.PHONY: all build demo dependencies requirements toolchain test test-system test-long bench settings dist commit \
	packages package-tools deb tarball wheel format format-check install clean

all: build

toolchain:
	@scripts/require-swift.sh

# Nothing is installed for a machine without Swift; its version can be asked for only afterwards.
dependencies:
	@command -v swift >/dev/null || scripts/require-swift.sh
	@scripts/install-dependencies.sh
	@scripts/require-swift.sh

requirements:
	@command -v swift >/dev/null || scripts/require-swift.sh
	@scripts/install-dependencies.sh --check
	@scripts/require-swift.sh

# What the build tells the program about itself.
commit:
	@scripts/write-commit.sh

# The program brings Swift's libraries in itself: nothing of the toolchain is needed to run it.
build: requirements commit
	swift build -c release --static-swift-stdlib --product landmarkd

demo: dependencies
	@$(MAKE) --no-print-directory build
	mkdir -p demo
	.build/release/landmarkd track Samples/portrait.mp4 $(if $(MODEL),--model "$(MODEL)") \
	  -o demo/portrait.csv --force --picture demo/portrait.png --picture-frame $(PICTURE_FRAME)
	@echo "Written: demo/portrait.csv and demo/portrait.png (frame $(PICTURE_FRAME))"

test: dependencies
	scripts/run-tests.sh

test-system: build
	LANDMARKD_TEST_TIER=system scripts/run-system-tests.sh

test-long: build
	LANDMARKD_TEST_TIER=long LANDMARKD_FUZZ_CASES=2500 scripts/run-tests.sh
	LANDMARKD_TEST_TIER=long scripts/run-system-tests.sh

bench: build
	swift build -c release --product landmarkd-dev
	.build/release/landmarkd-dev bench run $(if $(REFERENCE),--reference "$(REFERENCE)") \
	  $(if $(CLIPS),--clips "$(CLIPS)") $(if $(COMPARE),--compare "$(COMPARE)") \
	  $(if $(JSON),--json "$(JSON)")

settings: build
	swift build -c release --product landmarkd-dev
	.build/release/landmarkd-dev settings docs/reference/settings.md

dist:
	@scripts/make-tarball.sh

packages: deb tarball wheel

package-tools:
	@scripts/packages/install-tools.sh

deb: $(PACKED)
	@PROGRAM="$(PROGRAM)" scripts/packages/make-deb.sh

tarball: $(PACKED)
	@PROGRAM="$(PROGRAM)" scripts/packages/make-bundle.sh

# The tarball's program and libraries.
wheel: tarball
	@PROGRAM="$(PROGRAM)" scripts/packages/make-wheel.sh

format: toolchain
	swift format -i -r $(FORMATTED)

format-check: toolchain
	swift format lint --strict -r $(FORMATTED)

# A configuration that is there is never touched.
install: build
	install -D -m 755 "$(PROGRAM)" "$(DESTDIR)$(PREFIX)/bin/landmarkd"
	for unit in landmarkd.service landmarkd@.service; do \
	  install -d "$(DESTDIR)$(PREFIX)/lib/systemd/system"; \
	  sed 's#/usr/local/bin/landmarkd#$(PREFIX)/bin/landmarkd#' "systemd/$$unit" \
	    > "$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit"; \
	done
	install -D -m 644 Samples/landmarkd.yaml "$(DESTDIR)$(PREFIX)/share/doc/landmarkd/landmarkd.yaml"
	install -D -m 644 NOTICE "$(DESTDIR)$(PREFIX)/share/doc/landmarkd/NOTICE"

clean:
	rm -rf .build demo packages
