# The libraries and tools Postoak needs, found by pkg-config; what is missing is
# installed with apt on Debian and Ubuntu, and named elsewhere.

SUBMIT_PACKAGES := libbsd yaml-0.1
DAEMON_PACKAGES := $(SUBMIT_PACKAGES) libcurl libssl libcrypto jansson libidn2
LIB_CFLAGS = $(shell $(PKGCONF) --cflags $(DAEMON_PACKAGES) 2>/dev/null)
SUBMIT_LIBS = $(shell $(PKGCONF) --libs $(SUBMIT_PACKAGES) 2>/dev/null)
ALL_LIBS = $(shell $(PKGCONF) --libs $(DAEMON_PACKAGES) 2>/dev/null)
TEST_LIBS = -lcmocka

# Debian's own interpreter: the test libraries are Debian packages.
PYTHON ?= /usr/bin/python3
PYTEST ?= $(PYTHON) -m pytest -q -p no:cacheprovider
# Tests with a host of their own wait more than they work: more at a time than there are cores.
SIDE_BY_SIDE ?= -n 4
# Programs that ours are compared with, or that read what ours print.
UNPACKED := postfix monitoring-plugins-standard monitoring-plugins-common pflogsumm logwatch
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy

dependencies:
	@packaging/dependencies.sh build
test-dependencies:
	@packaging/dependencies.sh build test
unpacked:
	@packaging/unpack.sh build/unpacked $(UNPACKED)
lint-dependencies:
	@packaging/dependencies.sh build test lint
.PHONY: dependencies test-dependencies unpacked lint-dependencies
