# Postoak. `make help` lists the targets.

prefix      ?= /usr/local
sbindir     ?= $(prefix)/sbin
bindir      ?= $(prefix)/bin
libdir      ?= $(prefix)/lib
datadir     ?= $(prefix)/share
mandir      ?= $(datadir)/man
sysconfdir  ?= /etc
DESTDIR     ?=

VERSION := 0.1.0

# A sanitizer build keeps objects of its own, so that both can be tested side by side.
comma := ,
ifdef SANITIZE
BUILD ?= build/$(subst $(comma),-,$(SANITIZE))
SANITIZE_FLAGS := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
else
BUILD ?= build
HARDENING_CPPFLAGS := -D_FORTIFY_SOURCE=2
endif

CC       ?= cc
PKGCONF  ?= pkg-config
WERROR   ?=
OPTIMIZE ?= -O2 -g

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough $(if $(WERROR),-Werror)
HARDENING_CFLAGS := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
HARDENING_LDFLAGS := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed
# Not every architecture and compiler has all of them.
supported = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror $(1) -x c -o /dev/null - 2>/dev/null && echo $(1))
HARDENING_CFLAGS := $(foreach flag,$(HARDENING_CFLAGS),$(call supported,$(flag)))

ALL_CPPFLAGS := -I. -D_GNU_SOURCE $(HARDENING_CPPFLAGS) \
	-DPOSTOAK_VERSION='"$(VERSION)"' -DPOSTOAK_SYSCONFDIR='"$(sysconfdir)"' \
	-DPOSTOAK_DATADIR='"$(datadir)/postoak"' -DPOSTOAK_SBINDIR='"$(sbindir)"' $(CPPFLAGS)
ALL_CFLAGS := -std=c17 $(OPTIMIZE) $(WARNINGS) $(HARDENING_CFLAGS) $(SANITIZE_FLAGS) $(CFLAGS)
ALL_LDFLAGS := $(HARDENING_LDFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS)

# `make V=1` shows the commands.
quiet = $(if $(V),,@echo '  $(1) $(patsubst $(BUILD)/%,%,$@)';)

include packaging/dependencies.mk

# One archive a folder; the linker takes out of it only what a program uses.
ROOMS := config oauth queue/message queue/spool queue/delivery queue sendmail
PROGRAM_SOURCES := queue/postoakd.c sendmail/sendmail.c sendmail/postoak.c
archive = $(BUILD)/lib$(subst /,-,$(1)).a
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(PROGRAM_SOURCES),$(sort $(wildcard $(1)/*.c))))

MESSAGE_ROOMS  := queue/spool queue/message config
DAEMON_ROOMS   := queue queue/delivery oauth $(MESSAGE_ROOMS)
FRONT_ROOMS    := sendmail queue $(MESSAGE_ROOMS)
ADMIN_ROOMS    := sendmail $(DAEMON_ROOMS)

PROGRAMS := $(addprefix $(BUILD)/,sendmail mailq newaliases postoakd postoak)
# tests/unit mirrors the house: a test links its own room and those below.
BELOW_config         := config
BELOW_oauth          := oauth config
BELOW_queue/message  := queue/message config
BELOW_queue/spool    := $(MESSAGE_ROOMS)
BELOW_queue/delivery := queue/delivery $(MESSAGE_ROOMS)
BELOW_queue          := $(DAEMON_ROOMS)
BELOW_sendmail       := $(ADMIN_ROOMS)
room_tests = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/$(1)/test_*.c)))
UNIT_TESTS := $(foreach r,$(ROOMS),$(call room_tests,$(r)))

all: $(PROGRAMS)

$(BUILD)/sendmail: $(BUILD)/obj/sendmail/sendmail.o $(foreach r,$(FRONT_ROOMS),$(call archive,$(r)))
	$(call quiet,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SUBMIT_LIBS)
$(BUILD)/mailq $(BUILD)/newaliases: $(BUILD)/sendmail
	@ln -sf sendmail $@
$(BUILD)/postoakd: $(BUILD)/obj/queue/postoakd.o $(foreach r,$(DAEMON_ROOMS),$(call archive,$(r)))
	$(call quiet,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)
$(BUILD)/postoak: $(BUILD)/obj/sendmail/postoak.o $(foreach r,$(ADMIN_ROOMS),$(call archive,$(r)))
	$(call quiet,LD)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)

define room_rule
$(call archive,$(1)): $(call objects,$(1))
	$$(call quiet,AR)rm -f $$@ && $(AR) rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))

# Objects depend on the flags they were made with.
$(BUILD)/flags: FORCE | dependencies
	@mkdir -p $(@D)
	@echo '$(CC) $(subst ','\'',$(ALL_CPPFLAGS) $(ALL_CFLAGS))' | cmp -s - $@ || \
	    echo '$(CC) $(subst ','\'',$(ALL_CPPFLAGS) $(ALL_CFLAGS))' > $@

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define test_rule
$(call room_tests,$(1)): $(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(foreach r,$(BELOW_$(1)),$(call archive,$(r)))
	@mkdir -p $$(@D)
	$$(call quiet,LD)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(ALL_LIBS) $$(TEST_LIBS)
endef
$(foreach room,$(ROOMS),$(eval $(call test_rule,$(room))))

unit-tests: $(UNIT_TESTS)

check: check-unit check-integration

check-unit: test-dependencies unit-tests
	@set -e; for t in $(UNIT_TESTS); do echo "== $$t"; $$t; done

check-integration: all test-dependencies unpacked
	POSTOAK_BUILD=$(abspath $(BUILD)) $(PYTEST) $(SIDE_BY_SIDE) -m "not crash" tests/integration

check-crash: all test-dependencies
	POSTOAK_BUILD=$(abspath $(BUILD)) $(PYTEST) -n 2 -m crash tests/integration

# Programs of Debian in a root directory of their own, which is kept; Postoak is installed there.
check-callers:
	@[ "$$(id -u)" = 0 ] || { echo 'make check-callers needs root: it makes a root directory' \
	    'with debootstrap, and runs daemons in it.' >&2; exit 77; }
	packaging/dependencies.sh build test callers
	$(MAKE) SANITIZE= BUILD=$(BUILD)/callers prefix=/usr all
	tests/callers/root.sh $(BUILD)/callers-root
	POSTOAK_BUILD=$(abspath $(BUILD))/callers \
	    POSTOAK_CALLERS_ROOT=$(abspath $(BUILD))/callers-root $(PYTEST) tests/callers

demo: all test-dependencies
	POSTOAK_BUILD=$(abspath $(BUILD)) $(PYTHON) tests/provider/demo.py

bench: all test-dependencies
	POSTOAK_BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/bench.py

C_FILES = $(sort $(shell git ls-files '*.c' '*.h'))

format: lint-dependencies
	$(CLANG_FORMAT) -i $(C_FILES)

lint: lint-dependencies
	$(call quiet,FORMAT)$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)
	tests/lint.sh
	$(call quiet,TIDY)printf '%s\n' $(filter-out tests/%,$(filter %.c,$(C_FILES))) | \
	    CLANG_TIDY=$(CLANG_TIDY) xargs -P $$(nproc) -n 4 tests/tidy.sh

clean:
	rm -rf build

include packaging/install.mk

# The first target is one of those included.
.DEFAULT_GOAL := all

help:
	@echo 'all           build everything into $(BUILD)/'
	@echo 'demo          send one message through everything, against a provider on loopback'
	@echo 'check         unit and integration tests (the fast ones)'
	@echo 'check-crash   kill loops and large messages (minutes)'
	@echo 'check-callers real programs (cron, mutt, PHP, ...) send mail; needs root and the network'
	@echo 'bench         measure and print a table'
	@echo 'lint format   clang-format, clang-tidy, layers, man pages, shell'
	@echo 'install       DESTDIR=, prefix= (default /usr/local)'
	@echo 'variants      make SANITIZE=address,undefined check; make WERROR=1'

FORCE:
.PHONY: all check check-unit check-integration check-crash check-callers demo bench format lint clean help \
	install unit-tests FORCE

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
